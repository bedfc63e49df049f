//! A channel's limits as read from its file.
//!
//! Files are compiled in, so a binary always has the channels it was tested with; a wrong key or
//! value is refused with the file, the line and what would be accepted.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Counting;
use super::insertion::Insertion;

/// One version of one channel, as in `channels/<name>.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSpec {
    /// Name in briefs and campaigns, such as `x-post`; equals the file's name.
    pub name: String,
    /// Raised whenever a limit changes, because a stored fit names the version it was made with.
    pub version: u32,
    /// Name for people.
    pub title: String,
    /// Where the limits are published.
    pub source: String,
    /// Day on which the limits were last read there, as `YYYY-MM-DD`.
    pub as_of: chrono::NaiveDate,
    /// What a draft consists of; one field called `text` means running text.
    pub fields: Vec<Field>,
    /// What the platform puts something else in the place of; where there is any, no other brace may occur.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insertions: Vec<Insertion>,
    /// Entries that are no text where the channel's copy is imported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<Instruction>,
    /// Keys of a brief's `meta` that leave beside the copy, checked like an entry when it leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta: Vec<Field>,
}

/// An entry that an import does not take for a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// The whole entry, such as `[]`.
    pub entry: String,
    /// What the import does, such as `erase what the account has`.
    pub means: String,
}

/// One field of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Key in a draft's `parts`; `text` stands for the text itself.
    pub name: String,
    /// Fewest entries.
    #[serde(default = "one")]
    pub min_items: usize,
    /// Most entries.
    #[serde(default = "one")]
    pub max_items: usize,
    /// Unit of `at_least` and `limit`.
    pub count: Counting,
    /// Shortest entry, in the unit of `count`, included.
    #[serde(default)]
    pub at_least: usize,
    /// Longest entry, in the unit of `count`, included.
    pub limit: usize,
    /// How much of an entry readers see before they open it, where that is less than `limit`; sets
    /// prefer entries that are seen whole.
    #[serde(default)]
    pub shown: Option<usize>,
    /// Strings that may not occur in an entry.
    #[serde(default)]
    pub forbid: Vec<String>,
    /// Whether two entries may not be equal, letter case aside.
    #[serde(default)]
    pub distinct: bool,
    /// Those of its channel.
    #[serde(skip)]
    pub(super) insertions: Vec<Insertion>,
    /// Those of its channel.
    #[serde(skip)]
    pub(super) instructions: Vec<Instruction>,
}

fn one() -> usize {
    1
}

/// Why a channel file was refused.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Not TOML, an unknown key, a missing key, or a value of the wrong kind.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// File as given to [`ChannelSpec::parse`].
        file: String,
        /// 1-based line, 1 where the whole file is meant.
        line: usize,
        /// What is wrong and what would be accepted.
        message: String,
    },
    /// Values that contradict each other.
    #[error("{file}: `{key}` is {given}, expected {expected}")]
    Value {
        /// File as given to [`ChannelSpec::parse`].
        file: String,
        /// Key with its field, such as `headlines.max_items`.
        key: String,
        /// What the file says.
        given: String,
        /// What would be accepted.
        expected: String,
    },
}

impl ChannelSpec {
    /// The built-in channel called `name`, with or without its version (`x-post`, `x-post@1`).
    pub fn find(name: &str) -> Option<&'static Self> {
        builtin()
            .iter()
            .find(|spec| spec.name == name || spec.id() == name)
    }

    /// Reads a channel file; `file` is only used in messages.
    ///
    /// # Errors
    /// [`ChannelError::Syntax`] with the line, or [`ChannelError::Value`] with the key.
    pub fn parse(toml: &str, file: &str) -> Result<Self, ChannelError> {
        let mut spec: Self = toml::from_str(toml).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(toml.len()));
            let before = toml.get(..at).unwrap_or_default();
            let line = toml
                .lines()
                .nth(before.matches('\n').count())
                .unwrap_or_default();
            let key = line.split('=').next().unwrap_or_default().trim();
            let message = error.message().to_owned();
            ChannelError::Syntax {
                file: file.to_owned(),
                line: before.matches('\n').count() + 1,
                message: if key.is_empty() || message.contains(&format!("`{key}`")) {
                    message
                } else {
                    format!("`{key}`: {message}")
                },
            }
        })?;
        spec.validate(file)?;
        for field in spec.fields.iter_mut().chain(&mut spec.meta) {
            field.insertions.clone_from(&spec.insertions);
            field.instructions.clone_from(&spec.instructions);
        }
        Ok(spec)
    }

    /// Name and version, such as `x-post@1`, as a stored fit names it.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Whether a draft for this channel consists of named parts.
    pub fn is_multi_part(&self) -> bool {
        !matches!(self.fields.as_slice(), [field] if field.name == "text")
    }

    fn validate(&self, file: &str) -> Result<(), ChannelError> {
        let refuse = |key: String, given: String, expected: &str| {
            Err(ChannelError::Value {
                file: file.to_owned(),
                key,
                given,
                expected: expected.to_owned(),
            })
        };
        if self.name.is_empty() {
            return refuse(
                "name".into(),
                "empty".into(),
                "the file's name without `.toml`",
            );
        }
        if self.fields.is_empty() {
            return refuse(
                "fields".into(),
                "empty".into(),
                "at least one `[[fields]]` table",
            );
        }
        if let Some(unnamed) = self.insertions.iter().position(|one| one.name.is_empty()) {
            return refuse(
                format!("insertions[{unnamed}].name"),
                "empty".into(),
                "what stands behind the brace, such as `keyword`",
            );
        }
        let all = self.fields.iter().chain(&self.meta).collect::<Vec<_>>();
        for (index, field) in all.iter().enumerate() {
            let key = |name: &str| format!("{}.{name}", field.name);
            if all[..index]
                .iter()
                .any(|earlier| earlier.name == field.name)
            {
                return refuse(
                    key("name"),
                    "given twice".into(),
                    "a name of its own for every field",
                );
            }
            if field.limit == 0 || field.limit < field.at_least {
                return refuse(
                    key("limit"),
                    field.limit.to_string(),
                    "more than 0 and no less than `at_least`",
                );
            }
            if let Some(shown) = field.shown
                && !(1..field.limit).contains(&shown)
            {
                return refuse(
                    key("shown"),
                    shown.to_string(),
                    "more than 0 and less than `limit`",
                );
            }
            if field.max_items == 0 || field.max_items < field.min_items {
                return refuse(
                    key("max_items"),
                    field.max_items.to_string(),
                    "more than 0 and no less than `min_items`",
                );
            }
            if field.forbid.iter().any(String::is_empty) {
                return refuse(
                    key("forbid"),
                    "an empty string".into(),
                    "strings of one character or more",
                );
            }
        }
        Ok(())
    }
}

/// Channels compiled into the binary, in alphabetical order.
pub fn builtin() -> &'static [ChannelSpec] {
    static SPECS: LazyLock<Vec<ChannelSpec>> = LazyLock::new(|| {
        [
            (
                "channels/email-subject.toml",
                include_str!("../../channels/email-subject.toml"),
            ),
            (
                "channels/google-rsa.toml",
                include_str!("../../channels/google-rsa.toml"),
            ),
            (
                "channels/linkedin.toml",
                include_str!("../../channels/linkedin.toml"),
            ),
            (
                "channels/mastodon.toml",
                include_str!("../../channels/mastodon.toml"),
            ),
            (
                "channels/meta-feed.toml",
                include_str!("../../channels/meta-feed.toml"),
            ),
            (
                "channels/microsoft-rsa.toml",
                include_str!("../../channels/microsoft-rsa.toml"),
            ),
            (
                "channels/push.toml",
                include_str!("../../channels/push.toml"),
            ),
            (
                "channels/seo-meta.toml",
                include_str!("../../channels/seo-meta.toml"),
            ),
            (
                "channels/web-article.toml",
                include_str!("../../channels/web-article.toml"),
            ),
            (
                "channels/x-post.toml",
                include_str!("../../channels/x-post.toml"),
            ),
        ]
        .into_iter()
        .map(|(file, toml)| {
            ChannelSpec::parse(toml, file).expect("built-in channel files are tested")
        })
        .collect()
    });
    &SPECS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_channel_is_found_by_name_and_by_version() {
        let names: Vec<&str> = builtin().iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "email-subject",
                "google-rsa",
                "linkedin",
                "mastodon",
                "meta-feed",
                "microsoft-rsa",
                "push",
                "seo-meta",
                "web-article",
                "x-post",
            ]
        );
        assert_eq!(ChannelSpec::find("x-post@1"), ChannelSpec::find("x-post"));
        assert_eq!(ChannelSpec::find("x-post@2"), None);
    }

    #[test]
    fn a_wrong_file_is_refused_with_file_key_and_accepted_values() {
        let good = include_str!("../../channels/x-post.toml");
        let cases = [
            (
                good.replace("limit =", "limits ="),
                "c.toml:11: unknown field `limits`, expected one of `name`, `min_items`",
            ),
            (
                good.replace("x-weighted", "bytes"),
                "c.toml:10: `count`: unknown variant `bytes`, expected one of `words`, `graphemes`, `width`, `x-weighted`",
            ),
            (
                good.replace("280", "0"),
                "c.toml: `text.limit` is 0, expected more than 0",
            ),
            (
                good.replace("280", "\"many\""),
                "c.toml:11: `limit`: invalid type: string \"many\"",
            ),
            (good.replace("limit = 280", ""), "missing field `limit`"),
            (
                good.replace("limit = 280", "limit = 280\nshown = 280"),
                "c.toml: `text.shown` is 280, expected more than 0 and less than `limit`",
            ),
            (
                good.replace("limit = 280", "limit = 280\nmin_items = 3"),
                "`text.max_items` is 1, expected",
            ),
        ];
        for (toml, expected) in cases {
            let message = ChannelSpec::parse(&toml, "c.toml")
                .expect_err("a wrong file")
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
