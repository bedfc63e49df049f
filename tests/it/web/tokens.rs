//! How sure the model was of each word: read with the vocabulary of the very model that wrote the draft.

use nightdesk::domain::user::Role;
use nightdesk::engine::{ModelFolder, Tokenizer};
use nightdesk::web::SignIn;
use sqlx::PgPool;

use super::{Site, models};
use crate::support::Desk;

const MODEL: &str = "smollm2-135m-instruct";

#[sqlx::test(migrations = "./migrations")]
async fn tokens_are_shown_with_the_model_that_wrote_them(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let item = desk.morning_of(1).await.1[0];
    let site = Site::with(desk, SignIn::Password);
    let pool = &site.desk.pool;
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let shown = ann.get(&format!("/items/{item}")).await;
    assert!(shown.body.contains("view=tokens"), "{}", shown.body);

    let page = format!("/items/{item}?view=tokens");
    let nowhere = ann.get(&page).await;
    assert!(
        nowhere.body.contains("is not on the desk&#39;s machine")
            || nowhere.body.contains("is not on the desk's machine"),
        "{}",
        nowhere.body
    );

    let of_model = async |sha256: &str, ids: &[i32], logprobs: &[f32]| {
        sqlx::query("insert into models (sha256, name, context_limit) values ($1, $2, 2048)")
            .bind(sha256)
            .bind(MODEL)
            .execute(pool)
            .await
            .unwrap();
        sqlx::query("update drafts set model_sha256 = $1, token_ids = $2, logprobs = $3")
            .bind(sha256)
            .bind(ids)
            .bind(logprobs)
            .execute(pool)
            .await
            .unwrap();
    };
    of_model(&"c".repeat(64), &[1], &[0.0]).await;
    let changed = ann.get(&page).await;
    let told = "has changed since this draft was made, and its tokens would say something else";
    assert!(changed.body.contains(told), "{}", changed.body);

    let folder =
        ModelFolder::open(&models().join(MODEL), None).expect("`make setup-model` has run");
    let vocabulary = Tokenizer::from_file(&models().join(MODEL).join("tokenizer.json")).unwrap();
    let text = "Rain fell in <b>Åre</b> 👩‍🚀.";
    let ids = vocabulary.encode(text);
    let pieces = vocabulary.pieces(&ids);
    let joined: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(joined, text, "nothing of the text is lost");
    let tokens: usize = pieces.iter().map(|(tokens, _)| tokens).sum();
    assert_eq!(tokens, ids.len());
    assert!(
        pieces.len() < ids.len(),
        "a character of several tokens is one piece"
    );

    let mut logprobs = vec![-0.01_f32; ids.len()];
    logprobs[1] = 0.03_f32.ln();
    let ids: Vec<i32> = ids.iter().map(|id| *id as i32).collect();
    of_model(&folder.sha256, &ids, &logprobs).await;
    let tokens = ann.get(&page).await;
    let least = r#"<span class="token least" title="3 %"> fell</span>"#;
    assert!(tokens.body.contains(least), "{}", tokens.body);
    assert!(!tokens.body.contains("<b>"), "{}", tokens.body);
    assert!(tokens.body.contains("Show the findings in the text"));
}
