//! What a form of the draft page says.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::channel::{self, ChannelSpec};
use crate::domain::draft::Draft;
use crate::domain::line_ends::with_line_feeds;
use crate::domain::problem::Problem;
use crate::domain::review::{NewDecision, Verdict};
use crate::domain::visible::is_blank;
use crate::store::ReviewDetail;
use crate::web::decision::{DecisionRequest, NoDecision, without_blanks};
use crate::web::desk::draft::Typed;
use crate::web::desk::error_page::ErrorPage;
use crate::web::guard::Posted;
use crate::web::state::WebState;

/// The decision in a form.
///
/// # Errors
/// A page for a form that no page of the desk has sent; what was typed is in it.
pub(super) fn decision(posted: &Posted, detail: &ReviewDetail) -> Result<NewDecision, ErrorPage> {
    let verdict: Verdict = word(posted, "verdict")?;
    let draft_id: Uuid = posted.value("draft_id")?;
    let reasons = posted
        .all("reasons")
        .into_iter()
        .filter(|reason| !reason.is_empty())
        .map(|reason| {
            reason
                .parse()
                .map_err(|why: String| odd(posted, "reasons", why))
        })
        .collect::<Result<_, _>>()?;
    let draft = detail
        .candidates
        .iter()
        .map(|candidate| &candidate.draft)
        .find(|draft| draft.id == draft_id);
    let request = DecisionRequest {
        verdict,
        draft_id,
        token: posted.value("token")?,
        text: Some(posted.text("text")),
        parts: draft.and_then(|draft| parts(posted, draft)),
        reasons,
        note: Some(posted.text("note")),
    };
    request
        .decision(detail.item.id, posted.value("key")?, draft)
        .map_err(|none| {
            let why = match none {
                NoDecision::Undo => "a decision is taken back by a form of its own",
                NoDecision::NoText => "the form has no text",
            };
            odd(posted, "verdict", why.to_owned())
        })
}

fn word<T: std::str::FromStr<Err = String>>(posted: &Posted, name: &str) -> Result<T, ErrorPage> {
    let parsed = posted.text(name).parse();
    parsed.map_err(|why: String| odd(posted, name, why))
}

fn odd(posted: &Posted, name: &str, why: String) -> ErrorPage {
    let problem = Problem::new("web.word", why)
        .key(name)
        .hint("go back to the page and send its form as it is");
    ErrorPage::bad_form(&posted.viewer, problem).keeping(posted)
}

/// The fields as they were stored, with the entries of the form. What the channel does not know stays as it is. None
/// for a draft without parts.
fn parts(posted: &Posted, draft: &Draft) -> Option<Map<String, Value>> {
    let before = draft.parts.as_ref()?.as_object()?;
    let spec = draft.channel.as_deref().and_then(ChannelSpec::find)?;
    let mut parts = before.clone();
    for field in &spec.fields {
        let entries = posted.all(&part_name(&field.name));
        let value = match before.get(&field.name) {
            Some(Value::String(_)) => {
                let shown = entries.into_iter().filter_map(without_blanks);
                json!(shown.collect::<Vec<_>>().join("\n"))
            }
            _ => json!(entries),
        };
        parts.insert(field.name.clone(), value);
    }
    Some(parts)
}

/// The name of a part's inputs.
pub(super) fn part_name(field: &str) -> String {
    format!("part.{field}")
}

/// What was typed, for a page that shows it again.
pub(super) fn typed(posted: &Posted) -> Typed {
    let mut parts: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in &posted.fields {
        let Some(field) = name.strip_prefix("part.") else {
            continue;
        };
        match parts.iter_mut().find(|(known, _)| known == field) {
            Some((_, entries)) => entries.push(value.clone()),
            None => parts.push((field.to_owned(), vec![value.clone()])),
        }
    }
    Typed {
        text: posted.text("text"),
        parts,
        note: posted.text("note"),
        reasons: posted
            .all("reasons")
            .into_iter()
            .map(str::to_owned)
            .collect(),
        verdict: posted.text("verdict"),
    }
}

/// Measures an edit as its channel counts: the page asks while somebody types.
pub(super) async fn check(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let draft_id: Uuid = posted.value("draft_id")?;
    let channel = state.store.draft_channel(item, draft_id).await?;
    let Some(spec) = channel.as_deref().and_then(ChannelSpec::find) else {
        return Ok(Json(json!({ "fields": [] })).into_response());
    };
    let fields: Vec<Value> = spec
        .fields
        .iter()
        .flat_map(|field| {
            let name = if spec.is_multi_part() {
                part_name(&field.name)
            } else {
                "text".to_owned()
            };
            let entries: Vec<String> = posted
                .all(&name)
                .into_iter()
                .map(with_line_feeds)
                .collect();
            let measured = entries.into_iter().enumerate().map(move |(place, entry)| {
                let entry = entry.trim();
                let length = field.measure(entry);
                let lengths = ["channel.too_long", "channel.too_short"];
                let broken = channel::check_entry(field, entry).into_iter();
                let problems: Vec<String> = broken
                    .filter(|violation| !is_blank(entry) && !lengths.contains(&violation.rule.as_str()))
                    .map(|violation| violation.message)
                    .collect();
                json!({
                    "name": name, "place": place, "length": length, "limit": field.limit, "unit": field.count.unit(),
                    "over": length > field.limit, "short": length < field.at_least, "problems": problems,
                })
            });
            measured.collect::<Vec<_>>()
        })
        .collect();
    Ok(Json(json!({ "fields": fields })).into_response())
}
