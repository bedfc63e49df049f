//! `nightdesk drafts replay`: a draft made once more, and compared token by token.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::{output, progress, run};
use crate::domain::brief::Brief;
use crate::domain::counted::number;
use crate::domain::draft::{DraftDetail, NewDraft};
use crate::domain::problem::Problem;
use crate::domain::run::run_date;
use crate::drafting::{self, BriefInput, DraftPlan};
use crate::engine::{Engine, cpu_class};
use crate::prompt::Template;
use crate::store::Store;

pub(super) async fn replay(context: &Context, store: &Store, id: &str) -> Result<(), Failure> {
    let detail = store.draft(id).await?;
    let pinned = store.pinned_run(detail.draft.run_id).await?;
    let brief = brief(store, &detail).await?;
    let template = Template::from_source(&pinned.template, &pinned.template_source)?;
    let engine = run::load_for(context, &pinned.spec.draft).await?;
    let changed = changed(&detail, &engine);
    let plan = DraftPlan::new(
        pinned.spec,
        template,
        &engine,
        run_date(detail.draft.run_id),
    )?;
    let spinner = progress::spinner("drafting it again");
    let drafted = drafting::drafts(
        &engine,
        &plan,
        &BriefInput {
            id: detail.draft.brief_id,
            revision: detail.provenance.brief_revision,
            brief: &brief,
            note: detail.provenance.params["note"].as_str(),
        },
    )
    .await;
    spinner.finish_and_clear();
    let again = drafted?
        .into_iter()
        .find(|draft| draft.candidate_no == detail.draft.candidate_no);
    let is_alone = engine.handling().identical;
    report(context, &detail, again, &changed, is_alone)
}

/// The brief as it was when it was drafted.
async fn brief(store: &Store, detail: &DraftDetail) -> Result<Brief, Failure> {
    let wanted = detail.provenance.brief_revision;
    let revisions = store.brief_revisions(detail.draft.brief_id).await?;
    let found = revisions.into_iter().find(|found| found.revision == wanted);
    let missing = || {
        let message = format!(
            "revision {wanted} of {} is not in the database any more",
            detail.draft.external_ref
        );
        Problem::new("draft.no_brief", message)
    };
    Ok(found.ok_or_else(missing)?.brief)
}

/// What is not as it was, each in words.
fn changed(detail: &DraftDetail, engine: &Engine) -> Vec<String> {
    let was = &detail.provenance;
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let mut changed = Vec::new();
    let mut compare = |what: &str, then: &str, now: &str| {
        if then != now {
            changed.push(format!("{what}: {then} then, {now} now"));
        }
    };
    let model = engine.model();
    compare("model", &short(&was.model_sha256), &short(&model.sha256));
    if !was.files.is_empty() {
        let names: BTreeSet<&String> = was.files.keys().chain(model.files.keys()).collect();
        let hash = |files: &BTreeMap<String, String>, name: &str| {
            files
                .get(name)
                .map_or_else(|| "not there".to_owned(), |hash| short(hash))
        };
        for name in names {
            let (then, now) = (hash(&was.files, name), hash(&model.files, name));
            compare(&format!("model file {name}"), &then, &now);
        }
    }
    compare("runtime", &was.runtime, engine.runtime_version());
    if let Some(cpu) = was.params["cpu"].as_str() {
        compare("CPU", cpu, &cpu_class());
    }
    changed
}

fn report(
    context: &Context,
    detail: &DraftDetail,
    again: Option<NewDraft>,
    changed: &[String],
    is_alone: bool,
) -> Result<(), Failure> {
    let then = &detail.provenance.token_ids;
    let now = again.as_ref().map_or(&[][..], |draft| &draft.token_ids);
    let same = then
        .iter()
        .zip(now)
        .take_while(|(then, now)| then == now)
        .count();
    let is_same_text = again
        .as_ref()
        .is_some_and(|draft| draft.text == detail.draft.text);
    let is_same = same == then.len() && same == now.len() && is_same_text;
    if context.json {
        let text = again
            .as_ref()
            .map_or(Value::Null, |draft| draft.text.clone().into());
        output::json(&json!({
            "id": detail.draft.id, "same": is_same, "same_tokens": same, "tokens": then.len(), "text": text,
            "changed": changed,
        }))?;
    } else if is_same {
        output::line(&format!(
            "{}: the same {} tokens and the same text",
            detail.draft.id,
            number(then.len() as i64)
        ))?;
    }
    for change in changed {
        output::note(change);
    }
    if is_same {
        return Ok(());
    }
    let place = if same == then.len() && same == now.len() {
        "has the same tokens and another text".to_owned()
    } else {
        format!("parts after {same} of {} tokens", then.len())
    };
    let why = if !is_alone {
        "what runs beside a text changes the last bits of this model's numbers, as `models check` says: it may have been that, or the number of threads"
    } else if changed.is_empty() {
        "nothing that was recorded of it has changed; the number of threads is not recorded"
    } else {
        "put back what has changed, as said above, to get the same text"
    };
    let message = format!("draft {} {place}", detail.draft.id);
    Err(Problem::new("draft.differs", message).hint(why).into())
}
