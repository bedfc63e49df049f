//! Running short texts through a graph, in one way or another, and what logits come out.

use crate::engine::decoder::cache::Cache;
use crate::engine::decoder::driver::Decoder;
use crate::engine::decoder::step::{Step, failed};
use crate::engine::error::EngineError;
use crate::engine::sampler::DrawKey;

/// Tokens of the text that is followed, and of those the ones that run before the first step: a text in its middle, and
/// one at its beginning, where attention has little of its own to look at and empty columns weigh most.
pub(super) const SHORT: usize = 12;
pub(super) const BEGUN: usize = 8;
pub(super) const BARELY_BEGUN: usize = 1;

/// Room for either.
const CAPACITY: usize = 64;

/// Logits after each step of a trial.
pub(super) type Followed = Vec<Vec<f32>>;

/// Runs the beginning of each text by itself, then all of them together a token at a time.
pub(super) fn follow(
    decoder: &mut Decoder,
    texts: &[(&[u32], usize)],
) -> Result<Vec<Followed>, EngineError> {
    let mut batch = decoder.cache(texts.len(), CAPACITY)?;
    for (row, (text, begun)) in texts.iter().enumerate() {
        let (cache, _) = begin(decoder, text, text, &[*begun])?;
        batch
            .copy_row(row, &cache, 0, *begun)
            .map_err(failed("cache"))?;
    }
    let mut followed = vec![Vec::new(); texts.len()];
    for step in 0..SHORT - BEGUN {
        let input_ids: Vec<u32> = texts
            .iter()
            .map(|(text, begun)| text[begun + step])
            .collect();
        let lengths: Vec<usize> = texts.iter().map(|(_, begun)| begun + step + 1).collect();
        let step = Step {
            input_ids: &input_ids,
            lengths: &lengths,
            live: texts.len(),
        };
        decoder.run(&mut batch, &step, "load", |logits| {
            for (row, followed) in followed.iter_mut().enumerate() {
                followed.push(logits.row(row).to_vec());
            }
        })?;
    }
    Ok(followed)
}

/// The logits after a text that runs in pieces.
pub(super) fn in_pieces(
    decoder: &mut Decoder,
    text: &[u32],
    cuts: &[usize],
) -> Result<Vec<f32>, EngineError> {
    let ends: Vec<usize> = cuts.iter().copied().chain([text.len()]).collect();
    begin(decoder, text, text, &ends).map(|(_, logits)| logits)
}

/// Runs a text up to the last of `ends`, with a cut at each; an encoder, where there is one, reads `source` before.
pub(super) fn begin(
    decoder: &mut Decoder,
    source: &[u32],
    text: &[u32],
    ends: &[usize],
) -> Result<(Cache, Vec<f32>), EngineError> {
    let mut cache = decoder.cache(1, CAPACITY)?;
    decoder.encode(&mut cache, source)?;
    if let Some(size) = decoder.latent_size() {
        // Another one for each text: a row that is written with another's would show.
        let key = DrawKey {
            item: source.len() as u64,
            ..DrawKey::default()
        };
        decoder.set_latent(&mut cache, &key.normals(size))?;
    }
    let mut done = 0;
    let mut last = Vec::new();
    for end in ends {
        let step = Step {
            input_ids: &text[done..*end],
            lengths: &[*end],
            live: 1,
        };
        last = decoder.run(&mut cache, &step, "load", |logits| logits.row(0).to_vec())?;
        done = *end;
    }
    Ok((cache, last))
}

/// The logits after each of the tokens that are stepped through, the whole text read at once each time.
pub(super) fn whole_texts(
    decoder: &mut Decoder,
    text: &[u32],
    begun: usize,
) -> Result<Followed, EngineError> {
    let ends = begun + 1..=begun + SHORT - BEGUN;
    ends.map(|end| begin(decoder, text, &text[..end], &[end]).map(|(_, logits)| logits))
        .collect()
}

/// The largest difference of any step.
pub(super) fn furthest(given: &Followed, expected: &Followed) -> f32 {
    let pairs = given.iter().zip(expected);
    let differences = pairs.map(|(given, expected)| difference(given, expected));
    differences.fold(0.0, f32::max)
}

/// The largest difference of two rows of logits; infinite where only one of two is a number.
pub(super) fn difference(given: &[f32], expected: &[f32]) -> f32 {
    let pairs = given.iter().zip(expected);
    let differences = pairs.map(|(given, expected)| {
        if given == expected || (given.is_nan() && expected.is_nan()) {
            0.0
        } else {
            let difference = (given - expected).abs();
            if difference.is_nan() {
                f32::INFINITY
            } else {
                difference
            }
        }
    });
    differences.fold(0.0, f32::max)
}
