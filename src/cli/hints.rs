//! What to type about a problem. The layers below say what to do in words that fit a page and a program too; the
//! commands that do it are added here, at the only edge where somebody can type them.

use crate::domain::problem::Problem;
use crate::intake::{Conversion, Packing, Rejection};
use crate::prompt::lint::Remark;
use crate::publish::PublishError;
use crate::store::{AmendError, StoreError};

/// The commands that help with a problem, as half a sentence.
fn commands(code: &str) -> Option<&'static str> {
    Some(match code {
        "database.not_migrated" | "database.schema_older" => "run `nightdesk migrate`",
        "database.pooler" => {
            "run `nightdesk migrate` once with `DATABASE_URL` set to the address of Postgres itself, not of the pooler"
        }
        "database.lost" | "database.busy" => "the same command takes the rest up again",
        "database.full" => "then type the same command again",
        "user.name_taken" => "`nightdesk users list` shows who there is",
        "user.last_admin" => "`nightdesk users role NAME admin` makes one",
        "user.no_token" => {
            "`nightdesk users list` shows who is disabled, `nightdesk users enable NAME` lets them again"
        }
        "config.project" => "`--project` takes it",
        "config.invalid" => "`nightdesk doctor` prints every key with its value in effect",
        "draft.nul" => "a file has to be saved as UTF-8",
        "draft.too_long" => "`nightdesk channels list` shows what fits where",
        "notify.webhook" => "`nightdesk report --send --dry-run` prints what is sent",
        "prompt.bundle" => "`nightdesk run NAME --new` does that",
        "source.down" => "`run --no-pull` takes the briefs that are there",
        "source.none" => "briefs from files come with `nightdesk briefs import`",
        "model.ambiguous" | "model.variant" => {
            "`--variant NAME` takes one, or `variant` under `[draft]` of a campaign file"
        }
        "model.missing" => "`nightdesk models list` shows what is there",
        "model.bad_output" => "`nightdesk doctor` verifies the files",
        "run.other_model" => "`nightdesk runs cancel` does that",
        _ => return None,
    })
}

/// A problem with the commands that help with it.
pub(super) fn with_commands(problem: Problem) -> Problem {
    match commands(problem.code) {
        Some(commands) => added(problem, commands),
        None => problem,
    }
}

/// A problem of the database's, with the commands that help with it: which they are depends on what was looked for.
pub(super) fn of_store(error: &StoreError) -> Problem {
    let problem = error.problem();
    match error {
        StoreError::NotFound { what, .. } | StoreError::Unknown { what, .. } => added(
            problem,
            &format!("`nightdesk {what}s list` shows what there is"),
        ),
        StoreError::RunEnded {
            wanted: "cancelled",
            run,
            ..
        } => added(
            problem,
            &format!("`nightdesk runs show {run}` says what it did"),
        ),
        _ => problem,
    }
}

/// A problem of a correction or an export, with the commands that help with it, ready to be typed.
pub(super) fn of_publish(error: &PublishError) -> Problem {
    let commands = match error {
        PublishError::NoText { draft } => {
            format!("`nightdesk drafts kill {draft} --reason TEXT` does that")
        }
        PublishError::Limits { channel, .. } => {
            format!("`nightdesk channels show {channel}` lists the limits")
        }
        PublishError::Amend(AmendError::NotApproved { draft, .. }) => {
            format!("`nightdesk drafts show {draft}` says where it stands")
        }
        PublishError::Store(error) => return of_store(error),
        _ => return with_commands(error.problem()),
    };
    added(error.problem(), &commands)
}

/// What to do about a remark on a template, with the flag that does it.
pub(super) fn of_remark(remark: &Remark) -> String {
    match remark.rule {
        "briefs.none" => joined(Some(remark.hint), "`--briefs FILE` takes them"),
        _ => remark.hint.to_owned(),
    }
}

/// What to do about a file of text that is not UTF-8: it is likely in some other encoding, which is `name` to `iconv`.
pub(super) fn of_encoding(likely: &str, name: &str, file: &str) -> String {
    format!("save it as UTF-8; from {likely}, {}", converted(name, file))
}

fn converted(name: &str, file: &str) -> String {
    format!("`iconv -f {name} -t UTF-8 {file}` converts it")
}

/// What was refused of a file, with the command that makes UTF-8 text of it.
pub(super) fn with_conversion(mut rejection: Rejection) -> Rejection {
    if let Some(conversion) = rejection.conversion {
        let command = match conversion {
            Conversion::Encoding(name) => converted(name, "FILE"),
            Conversion::Packed(packing) => format!("`{}` unpacks it", unpacking(packing)),
        };
        rejection.hint = Some(joined(rejection.hint.as_deref(), &command));
    }
    rejection
}

/// The command that unpacks a file: from standard input, because `gunzip FILE` wants an ending of its own.
fn unpacking(packing: Packing) -> &'static str {
    match packing {
        Packing::Zip => "unzip FILE",
        Packing::Gzip => "gzip -dc < FILE",
        Packing::Bzip2 => "bzip2 -dc < FILE",
        Packing::Zstd => "zstd -dc < FILE",
        Packing::Xz => "xz -dc < FILE",
        Packing::SevenZip => "7z x FILE",
    }
}

/// What was refused of a file, with the flags of the import and the commands that help with it.
pub(super) fn of_rejection(rejection: Rejection) -> Rejection {
    let mut rejection = with_conversion(rejection);
    let others = rejection.others.iter_mut();
    let others = others.map(|other| (other.code, &mut other.hint));
    for (code, hint) in std::iter::once((rejection.code, &mut rejection.hint)).chain(others) {
        let commands = match code {
            "csv.unknown_column" => {
                "`--mapping` gives columns their keys, `--separator` says what stands between them"
            }
            "csv.repeated_column" => "or leave it out in a `--mapping` file: `\"column\" = \"\"`",
            "intake.layout" => "`jq -c 'arrays[], objects' FILE` does it; `--format csv` reads CSV",
            _ => continue,
        };
        *hint = Some(joined(hint.as_deref(), commands));
    }
    rejection
}

/// The problem with commands behind what its hint says already.
fn added(problem: Problem, commands: &str) -> Problem {
    let hint = joined(problem.hint.as_deref(), commands);
    problem.hint(hint)
}

fn joined(hint: Option<&str>, commands: &str) -> String {
    match hint {
        None => commands.to_owned(),
        // What `of_store` made comes here a second time when it becomes a `Failure`.
        Some(said) if said.contains(commands) => said.to_owned(),
        Some(said) if said.ends_with('?') => format!("{said} {commands}"),
        Some(said) => format!("{said}; {commands}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::read_jsonl;

    #[test]
    fn a_file_that_is_no_text_is_told_with_the_command_that_makes_text_of_it() {
        let files: [&[u8]; 9] = [
            b"\xFF\xFEx\0",
            b"x\0y\0",
            b"caf\xE9",
            b"PK\x03\x04",
            b"\x1F\x8B",
            b"BZh",
            b"\x28\xB5\x2F\xFD",
            b"\xFD7zXZ",
            b"7z\xBC\xAF",
        ];
        let told = files.map(|file| {
            let refused = read_jsonl(file, "b.jsonl").find_map(Result::err);
            let refused = of_rejection(refused.expect("it is refused"));
            format!("{}: {}", refused.message, refused.hint.expect("a hint"))
        });
        insta::assert_snapshot!(told.join("\n"), @"
        is UTF-16, not UTF-8 text: save it as UTF-8; `iconv -f UTF-16 -t UTF-8 FILE` converts it
        is UTF-16 without a mark, not UTF-8 text: save it as UTF-8; `iconv -f UTF-16LE -t UTF-8 FILE` converts it
        is not UTF-8: byte 0xE9 at column 4: the file is most likely Latin-1: save it as UTF-8; `iconv -f WINDOWS-1252 -t UTF-8 FILE` converts it
        is a zip archive, not UTF-8 text: unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV; `unzip FILE` unpacks it
        is gzip data, not UTF-8 text: unpack it first; `gzip -dc < FILE` unpacks it
        is bzip2 data, not UTF-8 text: unpack it first; `bzip2 -dc < FILE` unpacks it
        is zstd data, not UTF-8 text: unpack it first; `zstd -dc < FILE` unpacks it
        is xz data, not UTF-8 text: unpack it first; `xz -dc < FILE` unpacks it
        is a 7-Zip archive, not UTF-8 text: unpack it first; `7z x FILE` unpacks it
        ");
    }
}
