//! Interpolating between two texts: their latent vectors, those on the straight line between, and a text for each.

use clap::Args;

use crate::domain::problem::Problem;
use crate::engine::{DeclaredKind, Engine, EngineError};

#[derive(Debug, Args)]
#[command(
    next_help_heading = "Interpolating between two texts (docs/MODELS.md: models of the kind vae)"
)]
pub(super) struct InterpolationArgs {
    /// Text at which it begins; the model's encoder turns it into a latent vector. The texts are the likeliest ones,
    /// unless --temperature says otherwise.
    #[arg(long, value_name = "TEXT", requires = "latent_to")]
    latent_from: Option<String>,
    /// Text at which it ends.
    #[arg(long, value_name = "TEXT", requires = "latent_from")]
    latent_to: Option<String>,
    /// Texts wanted, the two ends included.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "latent_from", value_parser = clap::value_parser!(u32).range(2..=64))]
    steps: u32,
}

/// An interpolation that somebody asked for.
pub(super) struct Interpolation {
    from: String,
    to: String,
    steps: u32,
}

impl InterpolationArgs {
    /// The interpolation, where one is asked for.
    pub(super) fn interpolation(self) -> Option<Interpolation> {
        let steps = self.steps;
        let ends = self.latent_from.zip(self.latent_to);
        ends.map(|(from, to)| Interpolation { from, to, steps })
    }
}

impl Interpolation {
    /// Texts wanted.
    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    /// How far along a text is, from 0 to 1.
    pub(super) fn share(&self, step: u32) -> f64 {
        f64::from(step) / f64::from(self.steps - 1)
    }

    /// The latent vector of each step.
    pub(super) fn latents(&self, engine: &Engine) -> Result<Vec<Vec<f32>>, Problem> {
        let from = latent(engine, "--latent-from", &self.from)?;
        let to = latent(engine, "--latent-to", &self.to)?;
        let between = |share: f64| {
            let pairs = from.iter().zip(&to);
            let value = |(from, to): (&f32, &f32)| {
                (f64::from(*from) * (1.0 - share) + f64::from(*to) * share) as f32
            };
            pairs.map(value).collect()
        };
        let shares = (0..self.steps).map(|step| self.share(step));
        Ok(shares.map(between).collect())
    }
}

/// The latent vector of a text that a flag gave.
fn latent(engine: &Engine, flag: &str, text: &str) -> Result<Vec<f32>, Problem> {
    let wrong = |reason: String| Problem::new("generate.latent", reason).key(flag);
    match engine.latent_of(text) {
        Ok(Some(latent)) => Ok(latent),
        Ok(None) => Err(without_encoder(engine)),
        Err(EngineError::EmptyPrompt) => Err(wrong("there is no text".to_owned())),
        Err(EngineError::PromptTooLong {
            prompt_tokens,
            limit,
            ..
        }) => Err(wrong(format!(
            "the text has {prompt_tokens} tokens, and the model reads {limit}"
        ))),
        Err(error) => Err(error.problem()),
    }
}

fn without_encoder(engine: &Engine) -> Problem {
    let name = &engine.model().name;
    let reason = if engine.model().kind() == Some(DeclaredKind::OneShot) {
        format!(
            "`{name}` makes its texts of noise and reads none, so there is nothing to interpolate between"
        )
    } else if engine.latent_size().is_some() {
        format!("`{name}` has no `encoder.onnx`, which turns a text into a latent vector")
    } else {
        format!("`{name}` takes no latent vector, so there is nothing to interpolate between")
    };
    Problem::new("generate.latent", reason)
        .hint("give a model of the kind vae with an encoder, such as `--model fiction-vae`")
}
