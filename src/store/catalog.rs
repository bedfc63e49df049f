//! Templates and models by hash: what drafts say they were made with.

use super::{Store, StoreError};

/// What a run is pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pins {
    /// Template name.
    pub template: String,
    /// Hash of the template.
    pub template_sha256: String,
    /// Text of the template file.
    pub template_source: String,
    /// Model name.
    pub model: String,
    /// Hash of the model folder.
    pub model_sha256: String,
    /// The files it stands for: an object of their names and hashes.
    pub model_files: serde_json::Value,
    /// Tokens of prompt and answer together.
    pub context_limit: i32,
}

impl Store {
    /// Keeps the template's text and the model's name under their hashes.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn record_pins(&self, pins: &Pins) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into templates (sha256, name, source) values ($1, $2, $3) on conflict do nothing",
            pins.template_sha256,
            pins.template,
            pins.template_source
        )
        .execute(&self.pool)
        .await?;
        sqlx::query!(
            r#"insert into models (sha256, name, context_limit, files) values ($1, $2, $3, $4)
               on conflict (sha256) do update set files = excluded.files where models.files = '{}'"#,
            pins.model_sha256,
            pins.model,
            pins.context_limit,
            pins.model_files
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The template text that a run is pinned to.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn template_source(&self, sha256: &str) -> Result<(String, String), StoreError> {
        let row = sqlx::query!(
            "select name, source from templates where sha256 = $1",
            sha256
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| (row.name, row.source))
            .ok_or_else(|| StoreError::NotFound {
                what: "template",
                name: sha256.to_owned(),
            })
    }
}
