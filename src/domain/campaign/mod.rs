//! A campaign: which briefs it takes, how they are drafted, and what reaches the queue.
//!
//! One TOML file in `jobs/` each. A spec that parsed has been checked against every rule that needs
//! no other file; whether its template, model and channel exist is checked when it is applied.

use serde::{Deserialize, Serialize};

mod draft;
mod hints;
mod query;
mod range;
mod review;
mod select;
mod source;
mod window;

pub use draft::{DraftSettings, MAX_CANDIDATES};
pub use review::Review;
pub use select::{Redraft, Select};
pub use source::Source;
pub use window::Window;

use super::problem::Problem;
use range::in_range;

/// A campaign file, parsed and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignSpec {
    /// Unique name: lower-case letters, digits and hyphens.
    pub name: String,
    /// Five-field crontab; `None` for campaigns that only run by hand.
    #[serde(default)]
    pub schedule: Option<String>,
    /// IANA time zone of the schedule.
    #[serde(default = "default_timezone")]
    pub timezone: String,
    /// Where a time fires that a day does not have; by default as its hour says.
    #[serde(default)]
    pub gap: Option<Gap>,
    /// Which of two passes of an hour fires; by default as its hour says.
    #[serde(default)]
    pub fold: Option<Fold>,
    /// What happens to instants missed while nothing was running.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// Most instants made up for with `catch_up = "all"`.
    #[serde(default)]
    pub max_catch_up: Option<u32>,
    /// What happens when an instant comes while the run before is still going.
    #[serde(default)]
    pub overlap: Overlap,
    /// How long after its start a run may still claim work.
    #[serde(default)]
    pub window: Option<Window>,
    /// Where briefs are pulled from when a run starts; `None` for campaigns that take what is imported.
    /// Not stored where there is none: a spec that was stored before it existed stays equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Which briefs a run takes.
    #[serde(default)]
    pub select: Select,
    /// How each is drafted.
    pub draft: DraftSettings,
    /// What reaches the review queue.
    #[serde(default)]
    pub review: Review,
}

/// What becomes of a time that a day does not have, because clocks are put forward over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gap {
    /// It fires at the first time that exists again.
    End,
    /// It does not fire.
    Skip,
}

/// Which one fires of a time that a day has twice, because clocks are put back over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fold {
    /// The first.
    First,
    /// The second.
    Last,
    /// Both.
    Both,
}

/// What happens to instants missed while nothing was running.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatchUp {
    /// None of them fires.
    Skip,
    /// The last one fires.
    #[default]
    Latest,
    /// All of them fire, up to `max_catch_up`.
    All,
}

/// What happens when an instant comes while the run before is still going.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// The instant is skipped.
    #[default]
    Skip,
    /// One run waits.
    Buffer,
    /// Both run.
    Allow,
}

fn default_timezone() -> String {
    "UTC".to_owned()
}

impl CampaignSpec {
    /// Parses a campaign file.
    ///
    /// # Errors
    /// A [`Problem`] that names the file, the line, the key and the accepted values.
    pub fn parse(source: &str, file: &str) -> Result<Self, Problem> {
        let deserializer = toml::Deserializer::parse(source)
            .map_err(|error| syntax_problem(&error, source, file, None))?;
        let spec: Self = serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let path = error.path().to_string();
            let key = (path != ".").then_some(path);
            syntax_problem(error.inner(), source, file, key)
        })?;
        spec.check()
            .map_err(|(key, message)| rule_problem(source, file, key, message))?;
        if let Some(from) = &spec.source {
            from.check()
                .map_err(|problem| Self::source_problem(problem, source, file))?;
        }
        Ok(spec)
    }

    /// A problem with a key of `[source]`, with the file and the line it stands on.
    pub fn source_problem(mut problem: Problem, source: &str, file: &str) -> Problem {
        problem.line = problem
            .key
            .as_deref()
            .and_then(|key| source::line(source, key));
        problem.file(file)
    }

    /// Rules beyond types; the key and a message with the limit and the given value.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 63 || !self.name.chars().all(slug) {
            let given = &self.name;
            return Err((
                "name",
                format!("must be 1 to 63 lower-case letters, digits or hyphens, given `{given}`"),
            ));
        }
        if let Some(most) = self.max_catch_up {
            in_range("max_catch_up", most, 1, 1000)?;
        }
        self.select.check()?;
        self.draft.check()?;
        self.review.check(self.draft.candidates)
    }
}

/// A problem from the TOML reader: its own words already list the accepted keys and values.
fn syntax_problem(
    error: &toml::de::Error,
    source: &str,
    file: &str,
    key: Option<String>,
) -> Problem {
    let mut problem = Problem::from_toml("campaign.invalid", error, source, file);
    let hint = hints::hint(&problem.message, key.as_deref(), &every_section());
    problem.key = key;
    problem.hint(
        hint.as_deref()
            .unwrap_or("docs/CAMPAIGNS.md explains every key of a campaign file"),
    )
}

/// A campaign with every section, as JSON: where each key belongs.
fn every_section() -> serde_json::Value {
    let smallest = "name = \"a\"\n[draft]\ntemplate = \"a\"\nmodel = \"a\"\n\
        variant = \"a\"\ntemperature = 0.5\ntop_k = 1\ntop_p = 0.5\nmin_p = 0.1\ntypical_p = 0.5\n\
        repetition_penalty = 1.0\n[source]\nconnection_env = \"A\"\nquery = \"select\"\ncursor = \"a\"\n";
    let spec: Option<CampaignSpec> = toml::from_str(smallest).ok();
    serde_json::to_value(spec).unwrap_or_default()
}

fn rule_problem(source: &str, file: &str, key: &str, message: String) -> Problem {
    let last = key.rsplit('.').next().unwrap_or(key);
    let line = source
        .lines()
        .position(|line| line.split('=').next().is_some_and(|k| k.trim() == last))
        .map(|index| index + 1);
    let mut problem = Problem::new("campaign.value", message);
    problem.file = Some(file.to_owned());
    problem.line = line;
    problem.key = Some(key.to_owned());
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str =
        "name = \"ads\"\n[draft]\ntemplate = \"ad/product\"\nmodel = \"smollm2-135m-instruct\"\n";

    fn message(source: &str) -> String {
        CampaignSpec::parse(source, "jobs/ads.toml")
            .expect_err("a bad campaign file")
            .to_string()
    }

    #[test]
    fn the_smallest_file_gets_the_documented_defaults() {
        let spec = CampaignSpec::parse(SMALLEST, "jobs/ads.toml").expect("valid");
        assert_eq!(spec.catch_up, CatchUp::Latest);
        assert_eq!(spec.select.redraft, Redraft::Changed);
        assert_eq!((spec.draft.candidates, spec.review.keep), (3, 1));
    }

    #[test]
    fn messages_name_file_line_key_and_accepted_values() {
        let bad_key = SMALLEST.replace("model =", "modle =");
        insta::assert_snapshot!(message(&bad_key), @"
        jobs/ads.toml:4: `draft.modle`: unknown field `modle`, expected one of `template`, `model`, `variant`, `channel`, `candidates`, `max_tokens`, `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`, `repetition_penalty`, `frequency_penalty`, `presence_penalty`, `no_repeat_ngram`, `logit_bias`, `banned_words`, `min_tokens`, `stop`, `targets`, `seed`

        hint: did you mean `model`?
        ");
        let bad_word = format!("catch_up = \"newest\"\n{SMALLEST}");
        insta::assert_snapshot!(message(&bad_word), @r#"
        jobs/ads.toml:1: `catch_up`: unknown variant `newest`, expected one of `skip`, `latest`, `all`

        hint: docs/CAMPAIGNS.md explains every key of a campaign file
        "#);
        let bad_type = format!("{SMALLEST}candidates = \"three\"\n");
        insta::assert_snapshot!(message(&bad_type), @r#"
        jobs/ads.toml:5: `draft.candidates`: invalid type: string "three", expected a whole number

        hint: docs/CAMPAIGNS.md explains every key of a campaign file
        "#);
        let bad_value = format!("{SMALLEST}top_p = 0\n");
        insta::assert_snapshot!(message(&bad_value), @"jobs/ads.toml:5: `draft.top_p`: must be above 0 and at most 1, given 0");
        let negative = format!("{SMALLEST}temperature = -1.0\n");
        insta::assert_snapshot!(message(&negative), @"jobs/ads.toml:5: `draft.temperature`: must be from 0 to 5, given -1");
        let catch_up = format!("catch_up = \"all\"\nmax_catch_up = 0\n{SMALLEST}");
        insta::assert_snapshot!(message(&catch_up), @"jobs/ads.toml:2: `max_catch_up`: must be from 1 to 1000, given 0");
        let keep = format!("{SMALLEST}[review]\nkeep = 9\n");
        insta::assert_snapshot!(message(&keep), @"jobs/ads.toml:6: `review.keep`: must be from 1 to 3, given 9");
        insta::assert_snapshot!(message("name = \"a b\"\n[draft]\ntemplate=\"t\"\nmodel=\"m\"\n"), @"jobs/ads.toml:1: `name`: must be 1 to 63 lower-case letters, digits or hyphens, given `a b`");
        insta::assert_snapshot!(message("name = \n"), @r#"
        jobs/ads.toml:1: string values must be quoted, expected literal string

        hint: docs/CAMPAIGNS.md explains every key of a campaign file
        "#);
    }
}
