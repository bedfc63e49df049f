//! Why a row of a query's result is no brief.

/// Why a row is no brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRejection {
    /// Stable word for programs, as in [`super::Rejection`].
    pub code: &'static str,
    /// Key path inside the brief.
    pub key: Option<String>,
    /// What was wrong, with the column where its name is another.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl RowRejection {
    /// A key that several rows of one result have: importing all would keep one of them, and which one
    /// would be chance.
    pub fn repeated() -> Self {
        Self {
            code: "brief.repeated",
            key: Some("external_ref".to_owned()),
            message: "the query gives several rows with this key".to_owned(),
            hint: Some(
                "a join repeats rows: put the joined ones into one, with `jsonb_agg` or `string_agg`, or take one of them"
                    .to_owned(),
            ),
        }
    }
}
