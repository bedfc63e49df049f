//! What is refused before it waits for its turn: requests that the model could not complete.

use super::Engine;
use crate::engine::error::EngineError;
use crate::engine::folder::DeclaredKind;
use crate::engine::request::GenerateRequest;

impl Engine {
    /// Whether the model can be asked for this.
    pub(super) fn check(&self, request: &GenerateRequest) -> Result<(), EngineError> {
        request.params.check()?;
        if request.candidates == 0 {
            return Err(EngineError::InvalidParameter {
                key: "candidates",
                expected: "at least 1",
                given: "0".to_owned(),
            });
        }
        self.check_latents(request)?;
        if self.folder.kind() == Some(DeclaredKind::OneShot) {
            return Ok(());
        }
        if request.prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        self.check_tokens(&request.prompt)?;
        let (prompt_tokens, max_tokens) =
            (request.prompt.len(), request.params.max_tokens as usize);
        let together = if self.has_encoder() {
            // The answer has positions of its own, behind the token it begins with.
            prompt_tokens.max(max_tokens + 1)
        } else {
            prompt_tokens + max_tokens
        };
        match self.context_limit().filter(|limit| together > *limit) {
            None => Ok(()),
            Some(limit) => Err(EngineError::PromptTooLong {
                prompt_tokens,
                max_tokens,
                limit,
            }),
        }
    }

    /// Whether the model knows these tokens.
    pub(super) fn check_tokens(&self, tokens: &[u32]) -> Result<(), EngineError> {
        let beyond = |token: &&u32| **token as usize >= self.known_tokens;
        match tokens.iter().find(beyond) {
            None => Ok(()),
            Some(token) => Err(EngineError::TokenBeyondModel {
                token: *token,
                text: self.tokenizer.token(*token).unwrap_or_default(),
                known: self.known_tokens,
            }),
        }
    }

    fn check_latents(&self, request: &GenerateRequest) -> Result<(), EngineError> {
        let latents = &request.latents;
        let has_size = |latent: &Vec<f32>| Some(latent.len()) == self.latent_size;
        let fits = latents.len() == request.candidates as usize && latents.iter().all(has_size);
        if latents.is_empty() || fits {
            return Ok(());
        }
        let sizes: Vec<usize> = latents.iter().map(Vec::len).collect();
        Err(EngineError::InvalidParameter {
            key: "latents",
            expected: "one vector a candidate, each as long as the model takes",
            given: format!(
                "vectors of {sizes:?} values for {} candidates and a model that takes {}",
                request.candidates,
                self.latent_size.unwrap_or(0)
            ),
        })
    }
}
