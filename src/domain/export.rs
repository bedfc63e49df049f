//! The ways in which copy leaves, and the words for them.

use utoipa::ToSchema;

use super::words::words;

words! {
    /// A way in which copy leaves.
    #[derive(ToSchema)]
    Format {
        /// One JSON object a line, with all that is known: for programs.
        Jsonl = "jsonl", "JSON lines, with everything that is known";
        /// One row a text, safe to open in a spreadsheet.
        Csv = "csv", "CSV, safe to open in a spreadsheet";
        /// Markdown with YAML front matter, as site generators read it.
        Markdown = "markdown", "Markdown with front matter";
        /// IPTC ninjs 3.1, one news object a text.
        Ninjs = "ninjs", "IPTC ninjs 3.1";
        /// schema.org JSON-LD, for a page's head.
        JsonLd = "json-ld", "schema.org JSON-LD";
        /// Responsive search ads for the import of Google Ads Editor.
        GoogleAdsEditor = "google-ads-editor", "Google Ads Editor CSV, ads paused";
    } else "unknown format `{}`; there are jsonl, csv, markdown, ninjs, json-ld, google-ads-editor"
}

impl Format {
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
