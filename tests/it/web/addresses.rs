//! The address of every form, loaded as a page: it leads to the page that the form belongs to.

use std::path::Path;

use axum::body::Body;
use axum::http::Method;
use nightdesk::domain::user::Role;
use regex::Regex;
use sqlx::PgPool;

use super::Site;

/// Addresses of the desk that take forms and have no page of their own, as its source names them.
fn forms() -> Vec<String> {
    fn read(folder: &Path, route: &Regex, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, route, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file");
                for one in route.captures_iter(&text) {
                    if &one[2] == "post" {
                        found.push(one[1].to_owned());
                    }
                }
            }
        }
    }
    let route = Regex::new(r#"\.route\(\s*"([^"]+)",\s*(get|post)\("#).expect("a pattern");
    let mut found = Vec::new();
    let desk = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/desk");
    read(&desk, &route, &mut found);
    found.sort();
    found
}

#[sqlx::test(migrations = "./migrations")]
async fn the_address_of_a_form_leads_to_its_page(pool: PgPool) {
    let site = Site::open(pool).await;
    let (run, items) = site.desk.morning_of(1).await;
    let mut adam = site.signed_in("Adam", Role::Admin).await;
    let forms = forms();
    assert!(forms.len() > 20, "the pattern is out of date: {forms:?}");
    let mut led = Vec::new();
    for form in forms {
        let id = if form.starts_with("/runs") {
            run
        } else {
            items[0]
        };
        let path = form.replace("{id}", &id.to_string());
        for method in [Method::GET, Method::HEAD] {
            let answer = adam.ask(method, &path, None, Body::empty()).await;
            assert_eq!(answer.status, 303, "{form}");
            let to = answer.header("location").expect("an address").to_owned();
            adam.get(&to).await.says(200, &["<main"]);
            let shown = to.replace(&id.to_string(), "{id}");
            led.push(format!("{form} → {shown}"));
        }
        // Writing goes on being a form's business.
        let other = adam.ask(Method::PUT, &path, None, Body::empty()).await;
        other.says(
            405,
            &["this address takes forms, and has no page of its own"],
        );
    }
    led.dedup();
    insta::assert_snapshot!(led.join("\n"));
}
