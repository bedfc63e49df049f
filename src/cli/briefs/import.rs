//! `nightdesk briefs import`: files of briefs into the database, and what was refused into a file of its own.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::sync::mpsc;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::hints::of_rejection;
use super::super::{input_files, output, progress};
use super::rejects::Rejects;
use crate::domain::problem::Problem;
use crate::files::MOST_SETTINGS;
use crate::intake::{Mapping, Record, Rejection, check_separator, read_csv, read_jsonl};
use crate::store::{Imported, Store};

/// Briefs sent to the database together.
const CHUNK: usize = 500;

/// Shown below the flags of `briefs import --help`.
pub(super) const IMPORT_HELP: &str = "\
A row of CSV is a brief; its header row names keys by their path:
  external_ref,kind,topic,language,facts.0.label,facts.0.value,tags
  p-1,ad,A kettle that waits,en,Volume,1.7 l,kitchen; kettles

  nightdesk briefs import tonight.jsonl
  nightdesk briefs import products.csv --mapping products.toml --dry-run
docs/BRIEFS.md has the rest.";

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// Files of one brief a line or row; `-` reads standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the files are; by default CSV where the name ends in .csv or .tsv, else JSON lines.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// TOML file that says which key each column of a CSV file fills.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// What stands between the columns of a CSV file, such as `;`, or `tab`; by default the header row tells it.
    #[arg(long, value_name = "SIGN", value_parser = separator)]
    separator: Option<char>,
    /// Import nothing when any line of any file is refused.
    #[arg(long)]
    strict: bool,
    /// Say what would be refused, and import nothing.
    #[arg(long)]
    dry_run: bool,
}

fn separator(word: &str) -> Result<char, String> {
    let mut signs = word.chars();
    let sign = match (word, signs.next(), signs.next()) {
        ("tab" | "\\t", ..) => '\t',
        (_, Some(sign), None) => sign,
        _ => return Err("expected one sign such as `;`, or `tab`".to_owned()),
    };
    check_separator(sign).map_err(|problem| problem.message)?;
    Ok(sign)
}

/// What a file of briefs is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// One brief a row, with a header row.
    Csv,
}

/// How files of briefs are read.
#[derive(Debug, Default)]
pub(in crate::cli) struct Reading {
    format: Option<Format>,
    mapping: Mapping,
}

impl Reading {
    async fn of(args: &ImportArgs) -> Result<Self, Failure> {
        let mut mapping = match &args.mapping {
            None => Mapping::default(),
            Some(path) => {
                let file = path.display().to_string();
                let source = input_files::read_text(path, MOST_SETTINGS).await;
                let source = source.map_err(|fault| {
                    let hint =
                        "a mapping is a TOML file with `[columns]`; docs/BRIEFS.md shows one";
                    Problem::new("mapping.unreadable", format!("cannot be read: {fault}"))
                        .file(&file)
                        .hint(fault.hint().unwrap_or(hint))
                })?;
                Mapping::parse(&source, &file)?
            }
        };
        // What is typed is meant for this file, whatever the mapping says of others.
        mapping.separator = args.separator.or(mapping.separator);
        Ok(Self {
            format: args.format,
            mapping,
        })
    }

    fn is_csv(&self, file: &Path) -> bool {
        let ending = file.extension().map(|ending| ending.to_ascii_lowercase());
        match self.format {
            Some(format) => format == Format::Csv,
            None => ending.is_some_and(|ending| ending == "csv" || ending == "tsv"),
        }
    }
}

pub(super) async fn import(context: &Context, args: &ImportArgs) -> Result<(), Failure> {
    let reading = Reading::of(args).await?;
    let for_csv = [
        ("--mapping", args.mapping.is_some()),
        ("--separator", args.separator.is_some()),
    ];
    let flag = for_csv.iter().find(|(_, given)| *given);
    if let Some((flag, _)) = flag
        && !args.files.iter().any(|file| reading.is_csv(file))
    {
        let message = match *flag {
            "--mapping" => "a mapping is for CSV, and no file is read as CSV",
            _ => "a separator is for CSV, and no file is read as CSV",
        };
        return Err(Problem::new("usage", message)
            .key(*flag)
            .hint("add `--format csv` where the ending is another")
            .into());
    }
    let outcome = || Outcome::new(&context.config.data().join("rejects"));
    let mut all = outcome();
    if args.strict || args.dry_run {
        // Everything is read twice, so that nothing has to be taken back.
        if let Some(stdin) = args.files.iter().find(|file| file.as_os_str() == "-") {
            return Err(Problem::new("briefs.stdin", "standard input cannot be read twice")
                .file(stdin.display().to_string())
                .hint("write it to a file first: `--strict` and `--dry-run` look at all of it before anything is imported")
                .into());
        }
        for file in &args.files {
            read_file(file, &reading, &mut all, async |_| Ok(Imported::default())).await?;
        }
        if args.dry_run || !all.rejects.is_empty() {
            return told(context, &mut all, true);
        }
        all = outcome();
    }
    // Where there is nothing to read, no database is started to say so.
    if args.files.iter().all(|file| readable(file).is_err()) {
        args.files.first().map_or(Ok(()), |file| readable(file))?;
    }
    let store = context.store().await?;
    let mut failure = None;
    for file in &args.files {
        // One file that is not there keeps none of those behind it out.
        if let Err(problem) = readable(file) {
            all.unread.push(problem);
            continue;
        }
        if let Err(error) = import_file(&store, file, &reading, &mut all).await {
            failure = Some(error);
            break;
        }
    }
    // What was imported and refused before a failure is told all the same.
    if let Some(failure) = failure.take_if(|_| all.is_empty()) {
        return Err(failure);
    }
    let told = told(context, &mut all, false);
    // The last error is the command's; those before it are told here, and under --json above.
    let failure = failure.or_else(|| all.unread.pop().map(Failure::from));
    if !context.json {
        for problem in &all.unread {
            output::note(&format!("error: {problem}"));
        }
    }
    failure.map_or(told, Err)
}

/// Says what became of the files. Good rows are in; the status still says when somebody has to look.
fn told(context: &Context, all: &mut Outcome, checked_only: bool) -> Result<(), Failure> {
    // What is in and what is not is told even where the rejects cannot be kept.
    let kept = all.rejects.close();
    let rejects_file = kept.as_ref().ok().cloned().flatten();
    let rejected = all.rejects.count();
    if context.json {
        let mut told = serde_json::json!({
            "new": all.imported.new, "revised": all.imported.revised, "unchanged": all.imported.unchanged,
            "cleaned": all.cleaned, "rejected": rejected, "rejects_file": rejects_file, "rejections": all.rejects.first(),
        });
        if !all.unread.is_empty() {
            told["unread"] = serde_json::json!(all.unread);
        }
        if checked_only {
            told["valid"] = all.valid.into();
        }
        output::json(&told)?;
    } else {
        let Imported {
            new,
            revised,
            unchanged,
        } = all.imported;
        output::line(&if checked_only {
            format!("{} valid, {rejected} rejected, nothing imported", all.valid)
        } else {
            format!("{new} new, {revised} revised, {unchanged} unchanged, {rejected} rejected")
        })?;
        if all.cleaned > 0 {
            output::note(&format!(
                "texts of {} were cleaned; `nightdesk briefs show ID` says what was changed",
                all.cleaned
            ));
        }
        for rejection in all.rejects.first().iter().take(10) {
            output::note(&rejection.to_string());
        }
        if let Some(file) = &rejects_file {
            output::note(&format!("every rejected line with its reason: {file}"));
        }
    }
    kept?;
    if all.rejects.is_empty() {
        Ok(())
    } else {
        Err(Failure::Output)
    }
}

/// What became of files.
#[derive(Debug)]
pub(in crate::cli) struct Outcome {
    /// What was written.
    pub(in crate::cli) imported: Imported,
    /// What was not.
    pub(in crate::cli) rejects: Rejects,
    /// Files that could not be read.
    unread: Vec<Problem>,
    /// Briefs that passed, whether they were written or not.
    valid: u64,
    /// Those of them whose texts were cleaned.
    cleaned: u64,
}

impl Outcome {
    /// Nothing yet; what is refused goes to a file of this folder.
    pub(in crate::cli) fn new(rejects: &Path) -> Self {
        Self {
            imported: Imported::default(),
            rejects: Rejects::in_folder(rejects),
            unread: Vec::new(),
            valid: 0,
            cleaned: 0,
        }
    }

    /// Whether there is nothing to tell: nothing imported, refused or missed.
    fn is_empty(&self) -> bool {
        self.imported == Imported::default() && self.rejects.is_empty() && self.unread.is_empty()
    }
}

/// Imports one file as a stream. The outcome is right after a failure too.
pub(in crate::cli) async fn import_file(
    store: &Store,
    file: &Path,
    reading: &Reading,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    read_file(file, reading, outcome, async |records| {
        let briefs: Vec<_> = records.iter().map(Record::with_changes).collect();
        Ok(store.import_records(&briefs).await?)
    })
    .await
}

/// Reads one file as a stream and hands its briefs on in chunks; of what is behind it, only the keys are
/// kept, because the same key twice in one file is refused.
async fn read_file(
    file: &Path,
    reading: &Reading,
    outcome: &mut Outcome,
    mut take: impl AsyncFnMut(&[Record]) -> Result<Imported, Failure>,
) -> Result<(), Failure> {
    let name = file.display().to_string();
    readable(file)?;
    // A thread of its own reads: a pipe may keep it waiting, and a signal has to end the command all the same.
    let (give, mut given) = mpsc::channel(1);
    let stream = Stream {
        file: file.to_path_buf(),
        mapping: reading.is_csv(file).then(|| reading.mapping.clone()),
    };
    let read = tokio::task::spawn_blocking(move || stream.read(&give));
    let mut lines: HashMap<String, usize> = HashMap::new();
    while let Some(chunk) = given.recv().await {
        let mut briefs: Vec<Record> = Vec::with_capacity(CHUNK);
        for record in chunk {
            match record {
                Ok(record) => match lines.get(&record.brief.external_ref) {
                    Some(first) => outcome.rejects.keep(Rejection::repeated(
                        &name,
                        record.line,
                        *first,
                        &record.brief.external_ref,
                    )),
                    None => {
                        lines.insert(record.brief.external_ref.clone(), record.line);
                        outcome.valid += 1;
                        outcome.cleaned += u64::from(!record.cleaned.is_empty());
                        briefs.push(record);
                    }
                },
                Err(rejection) => outcome.rejects.keep(of_rejection(rejection)),
            }
        }
        if !briefs.is_empty() {
            outcome.imported += take(&briefs).await?;
        }
    }
    read.await??;
    Ok(())
}

/// Lines or rows that were judged, in order.
type Chunk = Vec<Result<Record, Rejection>>;

/// A file as it is read: at most two chunks are held, however long it is.
struct Stream {
    file: PathBuf,
    /// Of CSV; none of JSON lines.
    mapping: Option<Mapping>,
}

impl Stream {
    fn read(self, give: &mpsc::Sender<Chunk>) -> Result<(), Problem> {
        let name = self.file.display().to_string();
        let (reader, size): (Box<dyn Read>, u64) = if name == "-" {
            (Box::new(std::io::stdin().lock()), 0)
        } else {
            let opened = File::open(&self.file).map_err(|error| unreadable(&self.file, &error))?;
            let size = opened.metadata().map_or(0, |metadata| metadata.len());
            (Box::new(opened), size)
        };
        let bar = progress::bytes(&format!("importing {name}"), size);
        let reader = BufReader::new(bar.wrap_read(reader));
        let records: Box<dyn Iterator<Item = Result<Record, Rejection>>> = match self.mapping {
            Some(mapping) => Box::new(read_csv(reader, &name, mapping)),
            None => Box::new(read_jsonl(reader, &name)),
        };
        let mut chunk = Chunk::with_capacity(CHUNK);
        for record in records {
            chunk.push(record);
            // Nobody takes it any more where the command has failed.
            if chunk.len() == CHUNK && give.blocking_send(std::mem::take(&mut chunk)).is_err() {
                break;
            }
        }
        let _ = give.blocking_send(chunk);
        bar.finish_and_clear();
        Ok(())
    }
}

/// Whether a file can be read. A pipe is not opened to find out: whoever writes to it would see it close.
fn readable(file: &Path) -> Result<(), Problem> {
    if file.as_os_str() == "-" {
        return Ok(());
    }
    let metadata = std::fs::metadata(file).map_err(|error| unreadable(file, &error))?;
    if metadata.is_dir() {
        let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(unreadable(file, &error));
    }
    if metadata.is_file() {
        File::open(file).map_err(|error| unreadable(file, &error))?;
    }
    Ok(())
}

fn unreadable(file: &Path, error: &std::io::Error) -> Problem {
    Problem::new("briefs.unreadable", format!("cannot be read: {error}"))
        .file(file.display().to_string())
        .hint("name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input")
}
