//! Copy leaves: approved texts → bytes, recorded as left; and what is said of them afterwards.
//!
//! The bytes are made first and recorded on the condition that every text still stands: what was killed in
//! between leaves in no file. Recording comes before handing out, because a file that nobody knows of could not be
//! called back.

mod correct;
mod error;

use sha2::{Digest, Sha256};

use crate::channel::{self, ChannelSpec};
use crate::domain::export::Format;
use crate::domain::publication::{Action, ExportRecord, Publication, Selection};
use crate::export::{self, File, Held};
use crate::store::{NewExport, Recorded, Store};

pub use correct::{Correction, correct, kill};
pub use error::PublishError;

/// An export that has been recorded and may be handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// Format.
    pub format: Format,
    /// The whole export in one file; empty where no text is in it.
    pub bytes: Vec<u8>,
    /// The whole export as one file a text, for a folder; none for formats that are one file by nature.
    pub files: Vec<File>,
    /// A name for the one file, such as `nightdesk-harbours.jsonl`.
    pub file_name: String,
    /// The record; none where no text is in it.
    pub record: Option<ExportRecord>,
    /// Whether the very same bytes had been exported before.
    pub again: bool,
    /// Texts in it, by what is said about them.
    pub counts: Counts,
    /// Texts that cannot leave in this format as they are.
    pub held: Vec<Held>,
    /// Texts of channels that the format has no place for.
    pub others: usize,
    /// Texts whose approval can still be taken back.
    pub waiting: i64,
    /// What a person has to do before it can be used; a sentence each.
    pub warnings: Vec<String>,
}

/// How many texts an export says what about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Counts {
    /// To publish.
    pub publish: usize,
    /// That replace what left before.
    pub correct: usize,
    /// To take down.
    pub cancel: usize,
}

impl Counts {
    fn of(texts: &[Publication]) -> Self {
        let count = |action| texts.iter().filter(|text| text.action == action).count();
        Self {
            publish: count(Action::Publish),
            correct: count(Action::Correct),
            cancel: count(Action::Cancel),
        }
    }
}

/// Tries before an export gives up because texts change while it is made.
const TRIES: usize = 5;

/// Makes an export of approved texts and records it, in the name of `actor`.
///
/// # Errors
/// [`PublishError`]; then nothing has left.
pub async fn export(
    store: &Store,
    format: Format,
    selection: &Selection,
    actor: &str,
) -> Result<Exported, PublishError> {
    for _ in 0..TRIES {
        let found = store.publishable(format, selection).await?;
        let (texts, held) = fitting(format, found.texts);
        let rendered = export::render(format, texts)?;
        let mut exported = Exported {
            format,
            bytes: rendered.bytes,
            files: rendered.files,
            file_name: file_name(format, selection),
            record: None,
            again: false,
            counts: Counts::of(&rendered.texts),
            held: [held, rendered.held].concat(),
            others: rendered.others,
            waiting: found.waiting,
            warnings: rendered.warnings,
        };
        if rendered.texts.is_empty() {
            exported.bytes.clear();
            return Ok(exported);
        }
        let sha256 = hex::encode(Sha256::digest(&exported.bytes));
        let new = NewExport {
            format,
            selection,
            sha256: &sha256,
            bytes: exported.bytes.len(),
            texts: &rendered.texts,
        };
        match store.record_export(&new, actor).await? {
            Recorded::New(record) => exported.record = Some(record),
            Recorded::Again(record) => {
                exported.record = Some(record);
                exported.again = true;
            }
            Recorded::Overtaken => continue,
        }
        return Ok(exported);
    }
    Err(PublishError::Overtaken { tries: TRIES })
}

/// Ads that an import would refuse stay behind; they were checked when they were approved, but a channel's limits
/// change.
fn fitting(format: Format, texts: Vec<Publication>) -> (Vec<Publication>, Vec<Held>) {
    if format != Format::GoogleAdsEditor {
        return (texts, Vec::new());
    }
    let mut held = Vec::new();
    let fits = |text: &Publication| {
        if text.action == Action::Cancel || !export::is_ad(text) {
            return true;
        }
        let spec = text.channel.as_deref().and_then(ChannelSpec::find);
        let violations = spec.map(|spec| {
            let copy = channel::check(spec, &text.copy.text, text.copy.parts.as_ref()).violations;
            [copy, channel::check_meta(spec, &text.brief.meta)].concat()
        });
        match violations.unwrap_or_default().into_iter().next() {
            None => true,
            Some(violation) => {
                held.push(Held::new(text, violation.message));
                false
            }
        }
    };
    let texts = texts.into_iter().filter(fits).collect();
    (texts, held)
}

fn file_name(format: Format, selection: &Selection) -> String {
    let mut name = "nightdesk".to_owned();
    // Letters, digits and hyphens, as every campaign's name.
    if let Some(campaign) = &selection.campaign {
        name = format!("{name}-{campaign}");
    }
    if let Some(run) = selection.run_id {
        name = format!("{name}-run-{run}");
    }
    if selection.new {
        name.push_str("-new");
    }
    format!("{name}.{}", format.extension())
}
