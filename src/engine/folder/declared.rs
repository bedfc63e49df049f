//! What a folder says of its model that no exporter says: `"nightdesk"` in `config.json`.

use serde::Serialize;

use crate::domain::words::words;

words! {
    /// Kinds of generators that a folder declares under `"nightdesk"` of its `config.json`.
    DeclaredKind {
        /// A state of one size is handed from token to token (LSTM, GRU).
        Recurrent = "recurrent";
        /// A decoder that takes a latent vector beside the tokens.
        Vae = "vae";
        /// A vector of noise becomes a whole text at once.
        OneShot = "one_shot";
    }
}

/// What `config.json` says under `"nightdesk"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// The kind.
    pub kind: DeclaredKind,
    /// Numbers in the latent vector or the noise.
    pub latent: Option<usize>,
}
