//! The pages of runs, campaigns and numbers.

mod campaigns;
mod numbers;
mod runs;

use nightdesk::domain::user::{Role, User};
use sqlx::PgPool;

use super::{Answer, Browser};
use crate::support::Desk;

/// A name that would be seen if it were not escaped.
const NAME: &str = "<b>Kim</b>";

/// A desk, and somebody who is signed in at it.
struct Site {
    desk: Desk,
    user: User,
    browser: Browser,
}

impl Site {
    async fn open(pool: PgPool, role: Role) -> Self {
        let site = super::Site::open(pool).await;
        let user = site.user(NAME, role).await;
        let mut browser = site.browser();
        browser.sign_in(NAME).await;
        let desk = site.desk;
        Self {
            desk,
            user,
            browser,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let answer = self.browser.clone().get(path).await;
        answer.hides("<b>");
        answer
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.browser.clone().post(path, fields).await
    }

    /// What is in the record of whoever is signed in, oldest first.
    async fn recorded(&self) -> Vec<String> {
        let events = self.desk.store.events(None, 100).await.unwrap();
        let mine = events.iter().rev().filter(|event| event.actor == NAME);
        mine.map(|event| event.action.clone()).collect()
    }
}

/// Asserts that the page's main part has these texts; a line break stands for the end of an element.
#[track_caller]
fn holds(answer: &Answer, texts: &[&str]) {
    let main = answer.body.split_once("<main").unwrap().1;
    let main = main.split_once('>').unwrap().1;
    let main = main.split_once("</main>").unwrap().0;
    let tags = regex::Regex::new("<[^>]*>").unwrap();
    let text = tags.replace_all(main, "\n").into_owned();
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let text = lines.join("\n");
    for part in texts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}
