//! The pages of runs, campaigns and numbers.

mod campaigns;
mod numbers;
mod runs;

use nightdesk::domain::user::{Role, User};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

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
    async fn open(pool: PgPoolOptions, database: PgConnectOptions, role: Role) -> Self {
        let site = super::Site::open(pool, database).await;
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
        let events = self.desk.store.events(100).await.unwrap();
        let mine = events.iter().rev().filter(|event| event.actor == NAME);
        mine.map(|event| event.action.clone()).collect()
    }
}

/// The text of the page's main part, one element a line.
fn text(answer: &Answer) -> String {
    let main = answer.body.split_once("<main").unwrap().1;
    let main = main.split_once('>').unwrap().1;
    let main = main.split_once("</main>").unwrap().0;
    let tags = regex::Regex::new("<[^>]*>").unwrap();
    let ids = regex::Regex::new("[0-9a-f]{8}-[0-9a-f-]{27}").unwrap();
    let text = tags.replace_all(main, "\n").into_owned();
    let text = ids.replace_all(&text, "ID").into_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
