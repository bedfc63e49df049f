//! The ways in which copy leaves, and the words for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A way in which copy leaves.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub enum Format {
    /// One JSON object a line, with all that is known: for programs.
    #[serde(rename = "jsonl")]
    Jsonl,
    /// One row a text, safe to open in a spreadsheet.
    #[serde(rename = "csv")]
    Csv,
    /// Markdown with YAML front matter, as site generators read it.
    #[serde(rename = "markdown")]
    Markdown,
    /// IPTC ninjs 3.1, one news object a text.
    #[serde(rename = "ninjs")]
    Ninjs,
    /// schema.org JSON-LD, for a page's head.
    #[serde(rename = "json-ld")]
    JsonLd,
    /// Responsive search ads for the import of Google Ads Editor.
    #[serde(rename = "google-ads-editor")]
    GoogleAdsEditor,
}

impl Format {
    /// Every format, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Jsonl,
        Self::Csv,
        Self::Markdown,
        Self::Ninjs,
        Self::JsonLd,
        Self::GoogleAdsEditor,
    ];

    /// The word on the command line, in SQL, and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Ninjs => "ninjs",
            Self::JsonLd => "json-ld",
            Self::GoogleAdsEditor => "google-ads-editor",
        }
    }

    /// What it is, for a list of choices.
    pub fn said(self) -> &'static str {
        match self {
            Self::Jsonl => "JSON lines, with everything that is known",
            Self::Csv => "CSV, safe to open in a spreadsheet",
            Self::Markdown => "Markdown with front matter",
            Self::Ninjs => "IPTC ninjs 3.1",
            Self::JsonLd => "schema.org JSON-LD",
            Self::GoogleAdsEditor => "Google Ads Editor CSV, ads paused",
        }
    }

    /// Media type of the whole export in one file.
    pub fn media_type(self) -> &'static str {
        match self {
            // Registered by nobody; what most programs send.
            Self::Jsonl | Self::Ninjs => "application/x-ndjson",
            Self::Csv | Self::GoogleAdsEditor => "text/csv; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::JsonLd => "application/ld+json",
        }
    }

    /// End of the name of the whole export in one file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Ninjs => "ninjs.jsonl",
            Self::JsonLd => "jsonld",
            Self::GoogleAdsEditor => "google-ads.csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == word);
        known.ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|format| format.as_str()).collect();
            format!("unknown format `{word}`; there are {}", all.join(", "))
        })
    }
}
