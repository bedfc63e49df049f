//! Hints in the words of the desk: the layers below name commands, and whoever reads a page or an answer of the API has
//! no terminal beside it.

use crate::domain::problem::Problem;

/// What a command stands between in a hint.
const COMMAND: &str = "`nightdesk ";

/// The same problem; a hint that names a command says what to do at the desk instead.
pub(super) fn without_commands(mut problem: Problem) -> Problem {
    let Some(told) = problem.hint.take() else {
        return problem;
    };
    let names_one = told.contains(COMMAND) || told.contains("the same command");
    problem.hint = Some(match told.split_once(&format!("? {COMMAND}")) {
        // Which name was meant is worth more than any list.
        Some((nearest, _)) => format!("{nearest}?"),
        None if names_one => hint(problem.code).to_owned(),
        None => told,
    });
    problem
}

fn hint(code: &str) -> &'static str {
    match code {
        "not_found" => "the lists of the desk show what there is",
        "run.ended" => "nothing of it is left to stop; its page says what it did",
        "campaign.never_ran" => {
            "whoever runs Nightdesk starts its first run; after that it can be run from here"
        }
        "user.name_taken" => "capitals make no difference; Settings shows who there is",
        "user.last_admin" => "make somebody else an admin first",
        "user.no_token" => {
            "an admin sees under Settings who is disabled, and can enable them again"
        }
        "draft.not_approved" => "only an approved text can leave; its page says where it stands",
        "draft.fresh" => "take the approval back, or try again in a moment",
        "draft.no_text" => "to have the text taken down, kill it",
        "draft.too_long" => "give the corrected text alone",
        "draft.limits" => "nothing was changed; shorten what is too long",
        "export.overtaken" => "try again when the desk is quieter",
        "intake.too_many" => "send it in parts",
        "database.full" => "tell whoever runs this desk; what was committed is kept",
        _ => "tell whoever runs this desk: its log says what to do",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &'static str, hint: &str) -> String {
        let problem = without_commands(Problem::new(code, "it is not there").hint(hint));
        problem.hint.unwrap_or_default()
    }

    #[test]
    fn a_hint_at_the_desk_names_no_command() {
        assert_eq!(
            told("not_found", "`nightdesk runs list` shows what there is"),
            "the lists of the desk show what there is"
        );
        assert_eq!(
            told(
                "not_found",
                "did you mean `nightly`? `nightdesk campaigns list` shows what there is"
            ),
            "did you mean `nightly`?"
        );
        assert_eq!(
            told("database.schema_older", "run `nightdesk migrate`"),
            "tell whoever runs this desk: its log says what to do"
        );
        assert_eq!(
            told("ambiguous", "give more of the id"),
            "give more of the id"
        );
    }
}
