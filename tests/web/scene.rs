//! A morning at the desk: a database with drafts that wait, people with passwords, the real server before it.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::draft::{FinishReason, NewDraft, Timings};
use nightdesk::domain::score::{
    Finding, Gate, SCORE_CARD_VERSION, Score, ScoreCard, ScoreStatus, Severity,
};
use nightdesk::domain::user::Role;
use nightdesk::store::{ItemOutcome, LeasedItem};
use nightdesk::web::hash_password;
use serde_json::json;
use sqlx::{ConnectOptions, PgPool};
use uuid::Uuid;

use crate::chrome::Chrome;
use crate::page::Page;
use crate::support::{Desk, campaign, pins, until};

/// Everybody's.
pub(crate) const PASSWORD: &str = "a long night at the desk";
/// Made once: hashing is meant to be slow.
static HASH: LazyLock<String> = LazyLock::new(|| hash_password(PASSWORD).unwrap());

/// A brief and its drafts, best first.
pub(crate) struct Copy {
    pub(crate) brief: Brief,
    pub(crate) channel: Option<&'static str>,
    pub(crate) drafts: Vec<String>,
    /// Pieces of the first draft that something was found about: rule, quote, fact, message.
    pub(crate) findings: Vec<(
        &'static str,
        &'static str,
        Option<&'static str>,
        &'static str,
    )>,
}

/// Everything a test needs.
pub(crate) struct Scene {
    pub(crate) desk: Desk,
    pub(crate) chrome: Chrome,
    /// Items in the order of their briefs' keys.
    pub(crate) items: Vec<Uuid>,
    server: Server,
}

impl Scene {
    /// A desk with these drafts.
    pub(crate) async fn open(name: &str, pool: PgPool, copies: &[Copy]) -> Self {
        let url = pool.connect_options().to_url_lossy().to_string();
        Self::reached_by(name, pool, &url, copies).await
    }

    /// A desk whose server reaches its database another way.
    pub(crate) async fn reached_by(name: &str, pool: PgPool, url: &str, copies: &[Copy]) -> Self {
        let chrome = Chrome::start(name).await;
        let desk = Desk::open(pool).await;
        for (name, role) in [
            ("Ann", Role::Editor),
            ("Bob", Role::Editor),
            ("Sue", Role::Supervisor),
            ("Adam", Role::Admin),
        ] {
            let added = desk.store.add_user("cli:test", name, role, &HASH).await;
            added.expect("a user");
        }
        let briefs: Vec<Brief> = copies.iter().map(|copy| copy.brief.clone()).collect();
        desk.import(&briefs).await;
        if !copies.is_empty() {
            let run = desk.open_run(&campaign("morning")).await.id;
            let lease = desk.claim(run, 100).await.expect("a lease");
            let outcomes: Vec<ItemOutcome> = lease
                .items
                .iter()
                .map(|item| {
                    let of = |copy: &&Copy| copy.brief.external_ref == item.brief.external_ref;
                    drafted(item, copies.iter().find(of).expect("its copy"))
                })
                .collect();
            desk.commit(run, &lease, &outcomes).await;
        }
        desk.pass(Duration::from_hours(3));
        // The server's clock stands still as well: no lease runs out because a machine is slow, and pictures
        // show the same times every day.
        let stand = format!(
            "do $$ begin execute format('alter database %I set nightdesk.now = ''{}''', current_database()); end $$",
            desk.now().to_rfc3339()
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(stand))
            .execute(&desk.pool)
            .await
            .expect("a clock");
        let items = sqlx::query_scalar("select id from review_items order by external_ref")
            .fetch_all(&desk.pool)
            .await
            .expect("items");
        let server = Server::start(url).await;
        Self {
            desk,
            chrome,
            items,
            server,
        }
    }

    /// The desk's address.
    pub(crate) fn address(&self) -> &str {
        &self.server.address
    }

    /// Somebody at a machine of their own, signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Page {
        let page = self.window().await;
        page.sign_in(name, PASSWORD).await;
        page.shows("Queue").await;
        page
    }

    /// Somebody at a machine of their own.
    pub(crate) async fn window(&self) -> Page {
        self.chrome.window(self.address()).await
    }

    /// Runs a test on it.
    pub(crate) async fn play(&self, test: impl AsyncFnOnce(&Self)) {
        self.chrome.run(test(self)).await;
    }

    /// What was decided: who, what, and the text that was approved; in order.
    pub(crate) async fn decisions(&self) -> Vec<(String, String, Option<String>)> {
        sqlx::query_as(
            "select u.name, d.verdict, r.text from decisions d join users u on u.id = d.reviewer_id
             left join revisions r on r.id = d.revision_id order by d.created_at, d.id",
        )
        .fetch_all(&self.desk.pool)
        .await
        .expect("decisions")
    }

    /// Waits until so many decisions are stored.
    pub(crate) async fn until_decided(&self, many: usize) -> Vec<(String, String, Option<String>)> {
        until("decisions", async || {
            let decisions = self.decisions().await;
            (decisions.len() >= many).then_some(decisions)
        })
        .await
    }

    /// Everybody has left their draft alone for too long.
    pub(crate) async fn expire_leases(&self) {
        // Another had it in the meantime: the page's heartbeat would renew one that has only run out, and does so just
        // before the write that should come too late, where the machine is slow.
        let lost = "update review_leases set lease_until = nightdesk_now() - interval '1 second', token = gen_random_uuid()";
        let expired = sqlx::query(lost).execute(&self.desk.pool).await;
        expired.expect("expired");
    }
}

/// `nightdesk serve` on a free port; killed when the test ends.
struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("nightdesk.toml"), "").expect("written");
        let told: PathBuf = folder.path().join("told");
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightdesk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NIGHTDESK_")) {
            command.env_remove(name);
        }
        let child = command
            .env_remove("DATABASE_URL")
            .args(["--database-url", url, "serve", "--desk", "127.0.0.1:0"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&told).expect("a file"))
            .spawn()
            .expect("the program starts");
        let address = until("the desk to be open", async || {
            let told = std::fs::read_to_string(&told).ok()?;
            let (_, address) = told.split_once("the desk is open at ")?;
            Some(address.split_once('\n')?.0.to_owned())
        });
        let address = address.await;
        Self {
            child,
            address,
            _folder: folder,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drafted(item: &LeasedItem, copy: &Copy) -> ItemOutcome {
    let drafts = copy.drafts.iter().enumerate().map(|(place, text)| {
        let place_no = i32::try_from(place).expect("few drafts");
        NewDraft {
            id: Uuid::now_v7(),
            brief_id: item.brief_id,
            brief_revision: item.brief_revision,
            candidate_no: place_no,
            rank: place_no + 1,
            kept: true,
            channel: copy.channel.map(str::to_owned),
            text: text.clone(),
            parts: None,
            card: card(text, copy, place),
            finish_reason: FinishReason::Stop,
            template_sha256: pins().template_sha256,
            model_sha256: pins().model_sha256,
            runtime: "none 0.0".to_owned(),
            params: json!({}),
            seed: 7,
            prompt_tokens: 412,
            token_ids: vec![1, 2, 3],
            logprobs: vec![-0.5, -0.25, -1.0],
            timings_ms: Timings::default(),
        }
    });
    ItemOutcome::Done {
        brief_id: item.brief_id,
        epoch: item.epoch,
        drafts: drafts.collect(),
    }
}

/// Findings about the pieces that stand in this text.
fn card(text: &str, copy: &Copy, place: usize) -> ScoreCard {
    let found = copy
        .findings
        .iter()
        .filter_map(|(rule, quote, fact, message)| {
            let from = text.find(quote)?;
            let to = from + quote.len();
            let before = text[..from].chars().count();
            Some(Finding {
                score: "grounding".to_owned(),
                rule: (*rule).to_owned(),
                severity: if fact.is_some() {
                    Severity::Info
                } else {
                    Severity::Warn
                },
                status: Some(
                    if fact.is_some() {
                        "supported"
                    } else {
                        "unsupported"
                    }
                    .to_owned(),
                ),
                bytes: [from, to],
                chars: [before, before + quote.chars().count()],
                quote: (*quote).to_owned(),
                fact_id: fact.map(str::to_owned),
                deduction: if fact.is_some() { 0 } else { 15 },
                message: (*message).to_owned(),
            })
        });
    let findings: Vec<Finding> = found.collect();
    let lost: u8 = findings.iter().map(|finding| finding.deduction).sum();
    ScoreCard {
        version: SCORE_CARD_VERSION.to_owned(),
        priority: 100 - lost - 4 * u8::try_from(place).expect("few drafts"),
        gates: vec![Gate {
            name: "gate.clean".to_owned(),
            pass: true,
            reason: None,
        }],
        scores: vec![Score {
            name: "grounding".to_owned(),
            version: 1,
            value: Some(0.8),
            status: ScoreStatus::Ok,
        }],
        findings,
    }
}
