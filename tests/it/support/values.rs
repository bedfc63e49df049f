//! Values to put into the database. A test changes what it is about with `Brief { priority: 3, ..brief("a") }`.

use nightdesk::domain::brief::{Brief, BriefKind};
use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::draft::{FinishReason, NewDraft, Timings};
use nightdesk::domain::problem::Problem;
use nightdesk::domain::run::FailureKind;
use nightdesk::domain::score::{
    Finding, Gate, SCORE_CARD_VERSION, Score, ScoreCard, ScoreStatus, Severity,
};
use nightdesk::store::{ItemOutcome, LeasedItem, Pins};
use serde_json::json;
use uuid::Uuid;

/// A small valid brief.
pub(crate) fn brief(external_ref: &str) -> Brief {
    let json = json!({
        "external_ref": external_ref, "kind": BriefKind::Social, "topic": "a topic", "language": "en",
        "facts": [{ "id": "f1", "label": "Population", "value": "1.3 million" }],
    });
    serde_json::from_value(json).expect("a brief")
}

/// A campaign that takes every brief, two candidates each.
pub(crate) fn campaign(name: &str) -> CampaignSpec {
    let toml = format!(
        "name = \"{name}\"\n[draft]\ntemplate = \"social/post\"\nmodel = \"none\"\ncandidates = {CANDIDATES}\n"
    );
    CampaignSpec::parse(&toml, "test.toml").expect("a campaign")
}

const CANDIDATES: i32 = 2;

/// Template and model of every run here; neither exists outside the database.
pub(crate) fn pins() -> Pins {
    Pins {
        template: "social/post".to_owned(),
        template_sha256: "a".repeat(64),
        template_source: "Write about {{topic}}.".to_owned(),
        model: "none".to_owned(),
        model_sha256: "b".repeat(64),
        model_files: serde_json::json!({ "model.onnx": "c".repeat(64) }),
        context_limit: 2048,
    }
}

/// An item drafted: two candidates with scores and findings.
pub(crate) fn done(item: &LeasedItem) -> ItemOutcome {
    ItemOutcome::Done {
        brief_id: item.brief_id,
        epoch: item.epoch,
        drafts: (0..CANDIDATES)
            .map(|candidate_no| draft(item, candidate_no))
            .collect(),
    }
}

/// An item that could not be drafted.
pub(crate) fn failed(item: &LeasedItem, kind: FailureKind) -> ItemOutcome {
    ItemOutcome::Failed {
        brief_id: item.brief_id,
        epoch: item.epoch,
        kind,
        // Never twice the same words: that would be the same failure, told again.
        problem: Problem::new("test.failed", "it did not work").hint(Uuid::new_v4().to_string()),
    }
}

fn draft(item: &LeasedItem, candidate_no: i32) -> NewDraft {
    NewDraft {
        id: Uuid::now_v7(),
        brief_id: item.brief_id,
        brief_revision: item.brief_revision,
        candidate_no,
        rank: candidate_no + 1,
        kept: candidate_no == 0,
        channel: None,
        text: format!("{} at epoch {}", item.brief.external_ref, item.epoch),
        parts: None,
        card: card(),
        finish_reason: FinishReason::Stop,
        template_sha256: pins().template_sha256,
        model_sha256: pins().model_sha256,
        runtime: "none 0.0".to_owned(),
        params: json!({}),
        seed: 7,
        prompt_tokens: 12,
        token_ids: vec![1, 2, 3],
        logprobs: vec![-0.5, -0.25, -1.0],
        timings_ms: Timings::default(),
    }
}

fn card() -> ScoreCard {
    ScoreCard {
        version: SCORE_CARD_VERSION.to_owned(),
        priority: 85,
        gates: vec![Gate {
            name: "gate.clean".to_owned(),
            pass: true,
            reason: None,
        }],
        scores: vec![Score {
            name: "grounding".to_owned(),
            version: 1,
            value: Some(0.5),
            status: ScoreStatus::Ok,
        }],
        findings: vec![Finding {
            score: "grounding".to_owned(),
            rule: "number.unsupported".to_owned(),
            severity: Severity::Warn,
            status: Some("unsupported".to_owned()),
            bytes: [0, 1],
            chars: [0, 1],
            quote: "b".to_owned(),
            fact_id: None,
            deduction: 15,
            message: "no fact says so".to_owned(),
        }],
    }
}
