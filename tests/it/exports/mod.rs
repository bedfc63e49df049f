//! Approved copy leaves: what is in an export, what is recorded of it, and how corrections and kills reach whoever
//! has it.

mod afterwards;
mod commands;
mod leaving;
mod mistakes;

use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::export::Format;
use nightdesk::domain::publication::Selection;
use nightdesk::domain::review::{EditedText, NewDecision, Verdict};
use nightdesk::domain::user::{Role, User};
use nightdesk::publish::{self, Exported, PublishError};
use nightdesk::review;
use nightdesk::store::ItemOutcome;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, brief, campaign, done};

const ACTOR: &str = "cli:test";

/// A desk with drafts that wait, and an editor.
struct Outbox {
    desk: Desk,
    run: Uuid,
    /// Items by external_ref, `b-00` first.
    items: Vec<Uuid>,
    ann: User,
}

impl Outbox {
    /// So many drafts of running text, none of them decided.
    async fn of(pool: PgPool, drafts: usize) -> Self {
        let briefs = (0..drafts).map(|n| brief(&format!("b-{n:02}"))).collect();
        Self::with(pool, briefs, |_| None).await
    }

    /// Drafts of these briefs; `parts` gives the ad set of each, and `None` running text.
    async fn with(
        pool: PgPool,
        briefs: Vec<Brief>,
        parts: impl Fn(usize) -> Option<Value>,
    ) -> Self {
        let desk = Desk::open(pool).await;
        desk.import(&briefs).await;
        let run = desk.open_run(&campaign("nightly")).await.id;
        let lease = desk.claim(run, 100).await.expect("a lease");
        let mut outcomes: Vec<ItemOutcome> = lease.items.iter().map(done).collect();
        for (n, outcome) in outcomes.iter_mut().enumerate() {
            let (Some(parts), ItemOutcome::Done { drafts, .. }) = (parts(n), outcome) else {
                continue;
            };
            for draft in drafts {
                draft.channel = Some("google-rsa".to_owned());
                draft.text = rendered(&parts);
                draft.parts = Some(parts.clone());
            }
        }
        desk.commit(run, &lease, &outcomes).await;
        let items = desk.review_items(run).await;
        let ann = desk.reviewer("ann", Role::Editor).await;
        Self {
            desk,
            run,
            items,
            ann,
        }
    }

    /// Ann decides about an item's best draft.
    async fn decide(&self, item: Uuid, verdict: Verdict, edited: Option<&str>) {
        let store = &self.desk.store;
        let lease = store.claim_review(item, &self.ann, false).await.unwrap();
        let decision = NewDecision {
            item_id: item,
            draft_id: item,
            token: lease.token,
            key: Uuid::new_v4(),
            verdict,
            edited: edited.map(|text| EditedText {
                text: text.to_owned(),
                parts: None,
                ratio: 0.5,
            }),
            reasons: Vec::new(),
            note: Some("a note".to_owned()),
        };
        review::decide(store, &self.ann, &decision).await.unwrap();
    }

    /// Ann approves the first so many items, and the time for taking it back passes.
    async fn approve(&self, items: usize) {
        for item in &self.items[..items] {
            self.decide(*item, Verdict::Approve, None).await;
        }
        self.desk.pass(Duration::from_secs(11));
    }

    /// An export of everything.
    async fn export(&self, format: Format) -> Exported {
        self.try_export(format, Selection::default()).await.unwrap()
    }

    async fn try_export(
        &self,
        format: Format,
        selection: Selection,
    ) -> Result<Exported, PublishError> {
        publish::export(&self.desk.store, format, &selection, ACTOR).await
    }

    /// Action, version and text of each line of a JSON lines export.
    async fn lines(&self) -> Vec<(String, i64, Option<String>)> {
        lines(&self.export(Format::Jsonl).await)
    }

    async fn state(&self, draft: Uuid) -> String {
        sqlx::query_scalar("select state from drafts where id = $1")
            .bind(draft)
            .fetch_one(&self.desk.pool)
            .await
            .unwrap()
    }

    async fn count(&self, table: &'static str) -> i64 {
        sqlx::query_scalar(table)
            .fetch_one(&self.desk.pool)
            .await
            .unwrap()
    }

    /// Actions of the audit that are about what leaves, with who did it, in order.
    async fn events(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "select actor, action from events
             where action like 'export.%' or action in ('draft.killed', 'draft.corrected') order by seq",
        )
        .fetch_all(&self.desk.pool)
        .await
        .unwrap()
    }
}

fn lines(exported: &Exported) -> Vec<(String, i64, Option<String>)> {
    let text = std::str::from_utf8(&exported.bytes).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        (
            line["action"].as_str().unwrap().to_owned(),
            line["version"].as_i64().unwrap(),
            line["text"].as_str().map(str::to_owned),
        )
    };
    text.lines().map(line).collect()
}

fn told(action: &str, version: i64, text: &str) -> (String, i64, Option<String>) {
    (action.to_owned(), version, Some(text.to_owned()))
}

fn ad_parts(first: &str) -> Value {
    json!({
        "headlines": [first, "From the Harbour", "Open at Six"],
        "descriptions": ["Landed this morning.", "No farmed fish."],
    })
}

fn rendered(parts: &Value) -> String {
    let spec = nightdesk::channel::ChannelSpec::find("google-rsa").unwrap();
    nightdesk::channel::render(spec, parts)
}
