//! Nightdesk's own queue, through the calls that a worker makes.

use std::time::{Duration, Instant};

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::draft::{FinishReason, NewDraft, Timings};
use nightdesk::domain::score::{SCORE_CARD_VERSION, ScoreCard};
use nightdesk::store::{CampaignFile, ItemOutcome, LeasedItem, Pins, RunRequest, Store};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::measure::{Cost, Database, Figures};
use crate::{BATCH, Size, TEXT, tell};

const LEASE: Duration = Duration::from_secs(60);

/// Tokens of a draft of 600 bytes, for the figure that stores them too.
const TOKENS: usize = 140;

/// Everything of ours.
pub(crate) async fn run(database: &Database, size: Size, figures: &mut Figures) {
    let store = Store::connect(&database.url).await.expect("a store");
    store.migrate().await.expect("the schema");
    seed(database, 0, size.run).await;

    let mut seconds = Vec::new();
    for _ in 0..size.samples {
        database.sql("checkpoint").await;
        let began = Instant::now();
        open(&store, size.run).await;
        seconds.push(began.elapsed().as_secs_f64());
    }
    figures.add(
        &format!("queue, making a run of {} briefs", size.run),
        "s",
        &seconds,
    );

    for workers in [1, 2, 4] {
        let mut costs = Vec::new();
        for _ in 0..size.samples {
            costs.push(draft(database, &store, size.drafted, workers, 0).await);
        }
        let name = format!("queue, claim and commit, {workers} workers");
        figures.costs(&name, size.drafted, &costs);
    }
    let costs = [draft(database, &store, size.drafted, 2, TOKENS).await];
    let name = format!("queue, the same with {TOKENS} tokens a draft, 2 workers");
    figures.costs(&name, size.drafted, &costs);

    seed(database, size.run, size.backlog).await;
    let run = open(&store, size.backlog).await;
    let mut claims = Vec::new();
    for _ in 0..size.claims {
        let began = Instant::now();
        let lease = store
            .claim(run, "bench", BATCH, LEASE, 1)
            .await
            .expect("a claim");
        claims.push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(lease.map(|lease| lease.items.len()), Some(BATCH as usize));
    }
    claims.sort_by(f64::total_cmp);
    for share in [50, 99] {
        let value = claims[(claims.len() * share / 100).min(claims.len() - 1)];
        figures.add(
            &format!("queue, claim with {} waiting, p{share}", size.backlog),
            "ms",
            &[value],
        );
    }
    store.close().await;
}

/// Briefs `from` up to `to`, without the checks that `briefs import` would measure here.
async fn seed(database: &Database, from: i64, to: i64) {
    tell(&format!("==> {} briefs", to - from));
    database
        .sql(&format!(
            "set session_replication_role = replica;
             insert into briefs (id, external_ref, revision, kind, topic, language, tags, priority, sha256)
             select (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
                    'bench-' || n, 1, 'social', 'a topic of some words', 'en', array['bench'], 0, repeat('c', 64)
             from generate_series({from} + 1, {to}) as n;
             insert into brief_revisions (brief_id, revision, content, sha256)
             select id, 1, jsonb_build_object('external_ref', external_ref, 'kind', kind, 'topic', topic, 'language', language,
                        'facts', jsonb_build_array(jsonb_build_object('id', 'f1', 'label', 'Population', 'value', '1.3 million'))), sha256
             from briefs b where not exists (select from brief_revisions r where r.brief_id = b.id);
             set session_replication_role = origin;"
        ))
        .await;
    database.sql("vacuum analyze briefs").await;
    database.sql("vacuum analyze brief_revisions").await;
}

/// A new run of so many briefs; one before it is cancelled.
async fn open(store: &Store, limit: i64) -> Uuid {
    let toml = format!(
        "name = \"bench\"\n[select]\nredraft = \"always\"\nlimit = {limit}\n[draft]\ntemplate = \"social/post\"\nmodel = \"none\"\n"
    );
    let spec = CampaignSpec::parse(&toml, "bench.toml").expect("a campaign");
    let file = CampaignFile {
        spec: spec.clone(),
        file: "bench.toml".to_owned(),
    };
    let applied = store.apply_campaigns(&[file], &|_: &str| false, None).await;
    applied.expect("applied");
    let pins = pins();
    store.record_pins(&pins).await.expect("pins");
    let request = RunRequest {
        campaign_id: store.campaign("bench").await.expect("a campaign").id,
        spec: &spec,
        pins: &pins,
        limit: None,
        new: true,
        actor: "bench",
    };
    let opened = store.open_run(&request).await.expect("a run");
    assert_eq!(opened.items, limit);
    opened.id
}

/// A run drafted to its end by so many workers, each with connections of its own.
async fn draft(
    database: &Database,
    store: &Store,
    items: i64,
    workers: usize,
    tokens: usize,
) -> Cost {
    let run = open(store, items).await;
    let mut stores = Vec::new();
    for _ in 0..workers {
        stores.push(Store::connect(&database.url).await.expect("a store"));
    }
    let stretch = database.begin().await;
    let mut working = JoinSet::new();
    for (n, store) in stores.into_iter().enumerate() {
        working.spawn(async move {
            let name = format!("bench-{n}");
            while let Some(lease) = store
                .claim(run, &name, BATCH, LEASE, 1)
                .await
                .expect("a claim")
            {
                let outcomes: Vec<_> = lease.items.iter().map(|item| done(item, tokens)).collect();
                let committed = store
                    .commit(run, lease.batch_id, &outcomes, Duration::from_millis(1))
                    .await
                    .expect("a commit");
                assert_eq!(committed.done, outcomes.len());
            }
            store.close().await;
        });
    }
    working.join_all().await;
    let cost = stretch.end().await;
    let audit = store.audit(run).await.expect("an audit");
    assert_eq!(
        (audit.with_drafts, audit.inconsistent),
        (items, 0),
        "{audit:?}"
    );
    cost
}

fn pins() -> Pins {
    Pins {
        template: "social/post".to_owned(),
        template_sha256: "a".repeat(64),
        template_source: "Write about {{topic}}.".to_owned(),
        model: "none".to_owned(),
        model_sha256: "b".repeat(64),
        model_files: serde_json::json!({}),
        context_limit: 2048,
    }
}

/// One draft and no scores.
fn done(item: &LeasedItem, tokens: usize) -> ItemOutcome {
    let draft = NewDraft {
        id: Uuid::now_v7(),
        brief_id: item.brief_id,
        brief_revision: item.brief_revision,
        candidate_no: 0,
        rank: 1,
        kept: true,
        channel: None,
        text: "x".repeat(TEXT),
        parts: None,
        card: ScoreCard {
            version: SCORE_CARD_VERSION.to_owned(),
            priority: 50,
            gates: Vec::new(),
            scores: Vec::new(),
            findings: Vec::new(),
        },
        finish_reason: FinishReason::Stop,
        template_sha256: "a".repeat(64),
        model_sha256: "b".repeat(64),
        runtime: "none 0.0".to_owned(),
        params: json!({}),
        seed: 7,
        prompt_tokens: 200,
        token_ids: (0..tokens as i32).collect(),
        logprobs: vec![-0.731_25; tokens],
        timings_ms: Timings::default(),
    };
    ItemOutcome::Done {
        brief_id: item.brief_id,
        epoch: item.epoch,
        drafts: vec![draft],
    }
}
