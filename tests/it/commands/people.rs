//! `users`: who may review, from the command line.

use sqlx::PgPool;

use super::Folder;

const PASSWORD: &str = "three plain words\n";

fn add(folder: &Folder, name: &str, role: &str) {
    let args = ["users", "add", name, "--role", role, "--password-stdin"];
    let said = folder.fed(PASSWORD, &args);
    assert_eq!(said.status, 0, "{said}");
}

#[sqlx::test(migrations = "./migrations")]
async fn people_are_added_listed_and_changed(pool: PgPool) {
    let folder = Folder::new(&pool);
    insta::assert_snapshot!(folder.run(&["users", "list"]), @"
    exit 0
    -- stdout --
    no users yet: nightdesk users add NAME --role admin
    ");
    insta::assert_snapshot!(
        folder.fed(PASSWORD, &["users", "add", "Kim Okafor", "--role", "admin", "--password-stdin"]), @"
        exit 0
        -- stdout --
        Kim Okafor is an admin
        ");
    insta::assert_snapshot!(folder.fed("another password", &["users", "add", "lee", "--password-stdin"]), @"
    exit 0
    -- stdout --
    lee is an editor
    ");
    let changes = [
        folder.run(&["users", "role", "LEE", "supervisor"]),
        folder.fed(PASSWORD, &["users", "password", "lee", "--password-stdin"]),
        folder.run(&["users", "token", "lee"]),
        folder.run(&["users", "disable", "lee"]),
    ];
    let told = changes.map(|said| said.to_string()).join("\n");
    let days = regex::Regex::new(r"\d{4}-\d\d-\d\d").unwrap();
    insta::assert_snapshot!(days.replace_all(&told, "DAY"), @"
    exit 0
    -- stdout --
    lee is a supervisor now
    exit 0
    -- stdout --
    lee has a new password, is signed out everywhere and has no token
    exit 0
    -- stdout --
    SHA256
    -- stderr --
    keep it safe: it is not shown again, and ends on DAY
    exit 0
    -- stdout --
    lee cannot sign in any more
    ");
    insta::assert_snapshot!(folder.run(&["users", "list"]), @"
    exit 0
    -- stdout --
     name        role        state     sessions  token  last used
     Kim Okafor  admin       active    0         no
     lee         supervisor  disabled  0         no
    ");
    let changes = [
        folder.run(&["users", "enable", "lee"]),
        folder.run(&["users", "token", "lee", "--revoke"]),
    ];
    insta::assert_snapshot!(changes.map(|said| said.to_string()).join("\n"), @"
    exit 0
    -- stdout --
    lee can sign in again
    exit 0
    -- stdout --
    lee has no token now
    ");

    let users = folder.json(&["users", "list"]);
    assert_eq!(
        super::keys(&users[0]),
        "id name role disabled_at has_token token_made_at token_expires_at token_expired token_last_used_at sessions created_at"
    );
    let token = folder.json(&["users", "token", "lee"]);
    assert_eq!(super::keys(&token), "name token expires_at");
    let hash = nightdesk::web::token_hash(token["token"].as_str().unwrap());
    let store = nightdesk::store::Store::from_pool(pool.clone());
    let user = store.user_of_token(&hash).await.unwrap().unwrap();
    assert_eq!(user.name, "lee");
    let listed = folder.run(&["users", "list"]).stdout;
    let listed = days.replace_all(&listed, "DAY");
    assert!(listed.contains("until DAY  DAY"), "{listed}");
    sqlx::query("update users set api_token_expires_at = now() where name = 'lee'")
        .execute(&pool)
        .await
        .unwrap();
    let listed = folder.run(&["users", "list"]).stdout;
    assert!(listed.contains("expired "), "{listed}");
    assert_eq!(folder.json(&["users", "list"])[1]["token_expired"], true);
    for days in ["0", "366", "many"] {
        let said = folder.run(&["users", "token", "lee", "--days", days]);
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        assert!(said.stderr.contains("--days"), "{said}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn what_cannot_be_done_to_people_is_told(pool: PgPool) {
    let folder = Folder::new(&pool);
    add(&folder, "kim", "admin");
    add(&folder, "lee", "editor");
    let told = [
        folder.fed(PASSWORD, &["users", "add", "KIM", "--password-stdin"]),
        folder.fed(PASSWORD, &["users", "add", " ann", "--password-stdin"]),
        folder.fed("hunter2", &["users", "add", "ann", "--password-stdin"]),
        folder.fed("", &["users", "add", "ann", "--password-stdin"]),
        folder.run(&["users", "add", "ann"]),
        folder.run(&["users", "password", "lee"]),
        folder.run(&["users", "role", "nobody", "admin"]),
        folder.run(&["users", "role", "kim", "editor"]),
        folder.run(&["users", "disable", "kim"]),
    ];
    for said in &told {
        said.refuses(&[]);
    }
    insta::assert_snapshot!(told.map(|said| said.stderr).concat(), @"
    error: `name`: there is a user `KIM` already

    hint: capitals make no difference; `nightdesk users list` shows who there is
    error: `name`: a name has 1 to 80 characters, none of them a control character, and no blanks around it

    hint: such as `kim` or `Kim Okafor`
    error: `password`: a password has 10 to 200 characters, this one has 7

    hint: three words that do not belong together are long and easy to keep
    error: `password`: a password has 10 to 200 characters, this one has 0

    hint: three words that do not belong together are long and easy to keep
    error: there is no terminal to ask for a password on

    hint: give it by `--password-stdin`, as the first line of stdin
    error: there is no terminal to ask for a password on

    hint: give it by `--password-stdin`, as the first line of stdin
    error: no user `nobody`

    hint: `nightdesk users list` shows what there is
    error: `kim` is the last admin who can sign in

    hint: make another admin first; `nightdesk users role NAME admin` makes one
    error: `kim` is the last admin who can sign in

    hint: make another admin first; `nightdesk users role NAME admin` makes one
    ");
    let error = folder.run(&["users", "disable", "kim", "--json"]).error();
    assert_eq!(error["code"], "user.last_admin");

    // Nothing of it was done.
    let users = folder.json(&["users", "list"]);
    assert_eq!(users.as_array().unwrap().len(), 2);
    add(&folder, "ann", "admin");
    assert_eq!(folder.run(&["users", "disable", "kim"]).status, 0);
    folder
        .run(&["users", "role", "ann", "editor"])
        .refuses(&["last admin"]);
}
