//! `nightdesk score`: the score card of any text, without a database or a model.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::{input_files, output};
use crate::domain::brief::Brief;
use crate::domain::problem::Problem;
use crate::domain::score::{ScoreCard, Severity};
use crate::drafting::find_channel;
use crate::files::{self, FileFault, MOST_TEXT};
use crate::intake::{Line, Lines, brief_from_value, parse_brief};
use crate::scoring;

#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    /// Brief as a JSON file.
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    brief: Option<PathBuf>,
    /// Text to score; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Multi-part copy to score, such as {"headlines":["…"],"descriptions":["…"]}; needs a channel.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    parts: Option<PathBuf>,
    /// Lines of {"brief":{…},"text":"…"}, or `parts` for `text`; prints a card a line. `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["brief", "text", "parts"])]
    jsonl: Option<PathBuf>,
    /// Channel to check against; by default the brief's own.
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
}

/// Most bytes of a line of `--jsonl`: a brief and a text.
const MOST_PAIR: usize = MOST_TEXT as usize;

pub(super) async fn score(context: &Context, args: ScoreArgs) -> Result<(), Failure> {
    if let Some(pairs) = args.jsonl {
        // On a thread of its own: a pipe may keep it waiting, and a signal has to end it all the same.
        let scored = tokio::task::spawn_blocking(move || pairs_of(&pairs, args.channel.as_deref()));
        return scored.await?;
    }
    let missing = || Problem::new("usage", "give --brief and --text or --parts, or --jsonl");
    let brief_file = args.brief.as_ref().ok_or_else(missing)?;
    let (text_file, is_parts) = match (&args.text, &args.parts) {
        (Some(file), _) => (file, false),
        (None, Some(file)) => (file, true),
        (None, None) => return Err(missing().into()),
    };
    let brief = input_files::read(brief_file, MOST_TEXT).await;
    let brief = brief.map_err(|fault| unreadable(brief_file, &fault))?;
    let brief = parse_brief(&brief, &brief_file.display().to_string())?;
    let given = input_files::read_text(text_file, MOST_TEXT).await;
    let given = given.map_err(|fault| unreadable(text_file, &fault))?;
    let copy = if is_parts {
        Copy::parts(&given).map_err(|problem| problem.file(text_file.display().to_string()))?
    } else {
        Copy::Text(given.trim().to_owned())
    };
    let card = card_of(&brief, &copy, args.channel.as_deref())?;
    if context.json {
        return output::json(&card);
    }
    print(&card)
}

/// One card a line, in the order of the pairs.
fn pairs_of(file: &Path, channel: Option<&str>) -> Result<(), Failure> {
    let name = file.display().to_string();
    let mut lines = Lines::with_most(BufReader::new(open(file)?), MOST_PAIR);
    for number in 1.. {
        let wrong = |message: String| {
            Problem::new("score.pair", message)
                .file(name.clone())
                .line(number)
                .hint("each line is {\"brief\":{…},\"text\":\"…\"}")
        };
        let line = match lines
            .next()
            .map_err(|error| unreadable(file, &error.into()))?
        {
            None => break,
            Some(Line::TooLong { bytes, .. }) => {
                return Err(wrong(format!(
                    "a line may have {MOST_PAIR} bytes, this one has {bytes}"
                ))
                .into());
            }
            Some(Line::Whole(line)) => {
                files::text(line.to_vec()).map_err(|fault| unreadable(file, &fault))?
            }
        };
        if line.trim().is_empty() {
            continue;
        }
        let mut pair: serde_json::Value =
            serde_json::from_str(&line).map_err(|error| wrong(not_json(&error)))?;
        let copy = match (pair.get("text"), pair.get("parts")) {
            (_, Some(parts @ serde_json::Value::Object(_))) => Copy::Parts(parts.clone()),
            (_, Some(_)) => return Err(wrong("`parts` is not an object".to_owned()).into()),
            (Some(serde_json::Value::String(text)), None) => Copy::Text(text.clone()),
            (Some(_), None) => return Err(wrong("`text` is not a string".to_owned()).into()),
            (None, None) => return Err(wrong("no `text`".to_owned()).into()),
        };
        let Some(brief) = pair.get_mut("brief").map(serde_json::Value::take) else {
            return Err(wrong("no `brief`".to_owned()).into());
        };
        let brief = brief_from_value(brief).map_err(|faults| {
            let fault = faults.first();
            let key = fault
                .key()
                .map_or("brief".to_owned(), |key| format!("brief.{key}"));
            let mut problem =
                wrong(faults.to_string().replace("; and `", "; and `brief.")).key(key);
            problem.hint = fault.hint().or(problem.hint);
            problem
        })?;
        let card = card_of(&brief, &copy, channel)?;
        output::line(&serde_json::json!(card).to_string())?;
    }
    Ok(())
}

/// serde_json counts lines too, and a pair is always its line 1.
fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(reason, _)| reason);
    format!("not JSON at column {}: {reason}", error.column())
}

/// What is scored.
enum Copy {
    Text(String),
    Parts(serde_json::Value),
}

impl Copy {
    fn parts(json: &str) -> Result<Self, Problem> {
        let hint = "an object of lists, such as {\"headlines\":[\"…\"],\"descriptions\":[\"…\"]}";
        match serde_json::from_str(json) {
            Ok(parts @ serde_json::Value::Object(_)) => Ok(Self::Parts(parts)),
            Ok(_) => Err(Problem::new("score.parts", "not a JSON object").hint(hint)),
            Err(error) => Err(Problem::new("score.parts", format!("not JSON: {error}")).hint(hint)),
        }
    }
}

fn card_of(brief: &Brief, copy: &Copy, channel: Option<&str>) -> Result<ScoreCard, Failure> {
    let channel = channel.or(brief.channel.as_deref());
    let channel = channel.map(find_channel).transpose()?;
    let (text, parts) = match (copy, channel) {
        (Copy::Text(text), _) => (text.clone(), None),
        (Copy::Parts(parts), Some(spec)) => (crate::channel::render(spec, parts), Some(parts)),
        (Copy::Parts(_), None) => {
            let message =
                "parts are scored for a channel, and neither the brief nor --channel names one";
            return Err(Problem::new("score.no_channel", message)
                .hint("`nightdesk channels list` shows them")
                .into());
        }
    };
    let text = text.as_str();
    let fit = channel.map(|spec| crate::channel::check(spec, text, parts));
    let text = scoring::Text {
        text,
        parts,
        finish: None,
    };
    let context = scoring::Context {
        channel: fit.as_ref(),
        ..scoring::Context::default()
    };
    Ok(scoring::score(brief, &text, &context))
}

fn print(card: &ScoreCard) -> Result<(), Failure> {
    output::heading(&format!(
        "priority {}",
        output::priority(i32::from(card.priority)).trim_start()
    ))?;
    for gate in &card.gates {
        let word = if gate.pass { "pass" } else { "FAIL" };
        let reason = gate.reason.as_deref().map(|reason| format!(": {reason}"));
        output::line(&format!(
            "  {word}  {}{}",
            gate.name,
            reason.unwrap_or_default()
        ))?;
    }
    for score in &card.scores {
        let value = score
            .value
            .map_or("–".to_owned(), |value| format!("{value:.2}"));
        output::line(&format!("  {value:>5} {}", score.name))?;
    }
    let counted = card
        .findings
        .iter()
        .filter(|finding| finding.deduction > 0 || finding.severity != Severity::Info);
    for finding in counted {
        // A blocking finding takes no points of its own: its gate takes them all.
        let points = match finding.deduction {
            0 => String::new(),
            points => format!("−{points} "),
        };
        let text = format!("{points}{} [{}]", finding.message, finding.rule);
        output::line(&output::wrapped(&text, "  "))?;
    }
    Ok(())
}

fn open(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    match File::open(file) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(unreadable(file, &error.into())),
    }
}

fn unreadable(file: &Path, fault: &FileFault) -> Failure {
    Problem::new("score.unreadable", format!("cannot be read: {fault}"))
        .file(file.display().to_string())
        .hint(input_files::hint(fault))
        .into()
}
