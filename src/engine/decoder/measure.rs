//! Which way of keeping a model's states is right, found by trying it: a short text a token at a time, the same text
//! beside a longer one, and in pieces. What the graph says of the whole text, read at once, is what each must give.
//!
//! Names of operators and of inputs do not decide: the same names stand for graphs that need positions and that
//! count them themselves, that heed a mask and that do not, and what goes wrong then is a text nobody notices.

use super::cache::Cache;
use super::driver::Decoder;
use super::handling::{CacheKind, Handling};
use super::step::{Step, failed};
use crate::engine::error::EngineError;
use crate::engine::folder::ModelFolder;
use crate::engine::sampler::DrawKey;

/// Tokens of the text that is followed, and of those the ones that run before the first step: a text in its middle, and
/// one at its beginning, where attention has little of its own to look at and empty columns weigh most.
const SHORT: usize = 12;
const BEGUN: usize = 8;
const BARELY_BEGUN: usize = 1;

/// Tokens of the text beside it, before the first step.
const LONG: usize = 15;

/// Room for either.
const CAPACITY: usize = 64;

/// Where the short text is cut when it runs in pieces.
const CUTS: [usize; 2] = [3, 7];

/// What rounding does to logits, as a share of their range: where weights and numbers are float32, and where some
/// are not and a step of another height rounds otherwise.
const ROUNDING: f32 = 1e-4;
const COARSE_ROUNDING: f32 = 3e-2;

/// A mistake in a cache costs at least what losing a token costs; this share of it is no mistake. Where activations
/// are scaled a tensor at a time, each token rounds by what runs beside it, and no way of cutting a text is exact.
const SHARE_OF_A_TOKEN: f32 = 0.05;
const SHARE_WHERE_TENSORS_ARE_SCALED: f32 = 0.5;

/// Operators whose results depend on rounding that a float32 graph does not have.
const COARSE: [&str; 3] = ["MatMulNBits", "GatherBlockQuantized", "QuantizeLinear"];

/// Operators that scale a whole tensor of activations at once.
const TENSOR_SCALED: [&str; 4] = [
    "DynamicQuantizeLinear",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeLSTM",
    "QAttention",
];

/// Texts, and what the graph says of each when it reads it at once.
struct Reference {
    short: Vec<u32>,
    long: Vec<u32>,
    /// Logits after each of the tokens that are stepped through.
    after_short: Followed,
    after_beginning: Followed,
    after_long: Followed,
    /// Largest difference that is rounding.
    tolerance: f32,
    /// Whether activations are scaled a tensor at a time.
    scales_whole_tensors: bool,
}

/// Logits after each step of a trial.
type Followed = Vec<Vec<f32>>;

/// Tries the ways of keeping states, the fastest first.
///
/// # Errors
/// [`EngineError::Inference`] where the graph cannot even read a whole text, and
/// [`EngineError::ModelFileInvalid`] where all it gives is NaN.
pub(super) fn measure(
    decoder: &mut Decoder,
    folder: &ModelFolder,
) -> Result<Handling, EngineError> {
    let kinds = kinds(decoder, folder);
    let reference = reference(decoder, folder, &kinds)?;
    let mut kinds = kinds.into_iter();
    let found = kinds.find_map(|kind| try_kind(decoder, kind, &reference));
    // Whole texts, one at a time, are what everything was compared with.
    Ok(found.unwrap_or_default())
}

/// Tries one way of keeping states; none where the graph cannot be driven so.
///
/// # Errors
/// Those of [`measure`].
pub(super) fn measure_one(
    decoder: &mut Decoder,
    folder: &ModelFolder,
    kind: CacheKind,
) -> Result<Option<Handling>, EngineError> {
    let kinds = kinds(decoder, folder);
    let reference = reference(decoder, folder, &kinds)?;
    let is_open = kinds.contains(&kind);
    Ok(is_open
        .then(|| try_kind(decoder, kind, &reference))
        .flatten())
}

/// What the graph says of whole texts, read at once.
fn reference(
    decoder: &mut Decoder,
    folder: &ModelFolder,
    kinds: &[CacheKind],
) -> Result<Reference, EngineError> {
    decoder.set_handling(Handling::default());
    match Reference::new(decoder, folder) {
        // Attention with a window can ask for room that a text read at once has not.
        Err(EngineError::Inference { .. }) if kinds.first() == Some(&CacheKind::InPlace) => {
            decoder.set_handling(Handling {
                kind: CacheKind::InPlace,
                ..Handling::default()
            });
            Reference::new(decoder, folder)
        }
        reference => reference,
    }
}

/// Ways that a graph with these states can be driven in, the fastest first.
fn kinds(decoder: &Decoder, folder: &ModelFolder) -> Vec<CacheKind> {
    let mut kinds = Vec::new();
    let carried = decoder.states.iter().any(|state| state.output.is_some());
    let grows = decoder.states.iter().any(|state| state.grows());
    // Where no operator writes in place, present is another tensor than past, and binding both to one would be
    // refused in every step.
    let may_write_in_place = folder.facts.operators.contains_key("GroupQueryAttention");
    let is_one_graph = decoder.graphs.first.is_none() && !decoder.has_encoder();
    if carried && grows && may_write_in_place && is_one_graph {
        kinds.push(CacheKind::InPlace);
    }
    if carried {
        kinds.push(if grows {
            CacheKind::Append
        } else {
            CacheKind::Recurrent
        });
    }
    kinds.push(CacheKind::None);
    kinds
}

/// How a kind is to be handled, or nothing where it gives other numbers even for a text alone.
fn try_kind(decoder: &mut Decoder, kind: CacheKind, reference: &Reference) -> Option<Handling> {
    let alone = Handling {
        kind,
        together: false,
        pieces: false,
        identical: true,
    };
    decoder.set_handling(alone);
    // ONNX Runtime refusing a step is an answer like any other: this way is not open.
    let short = |begun: usize| [(&reference.short[..], begun)];
    let followed = follow(decoder, &short(BEGUN)).ok()?.remove(0);
    let beginning = follow(decoder, &short(BARELY_BEGUN)).ok()?.remove(0);
    let error = furthest(&followed, &reference.after_short);
    let error = error.max(furthest(&beginning, &reference.after_beginning));
    let tolerance = reference.tolerance;
    tracing::debug!(%kind, error, tolerance, "a text alone");
    if error > tolerance {
        return None;
    }
    if reference.scales_whole_tensors {
        // What runs beside a token changes how it is rounded: nothing but the text itself may.
        return Some(alone);
    }
    let whole = in_pieces(decoder, &reference.short, &CUTS);
    let last = reference.after_short.last()?;
    let pieces = whole.is_ok_and(|logits| difference(&logits, last) <= tolerance);
    decoder.set_handling(Handling {
        together: true,
        ..alone
    });
    let has_rows = decoder.states.iter().all(super::ports::State::has_rows);
    let mut beside_long = |begun: usize, expected: &Followed| {
        let texts: [(&[u32], usize); 2] = [(&reference.short, begun), (&reference.long, LONG)];
        if !has_rows {
            return None;
        }
        let shared = follow(decoder, &texts).ok()?;
        let error = furthest(&shared[0], expected);
        let error = error.max(furthest(&shared[1], &reference.after_long));
        tracing::debug!(%kind, begun, error, tolerance, pieces, "two texts together");
        (error <= tolerance).then_some(shared)
    };
    let shared = beside_long(BARELY_BEGUN, &reference.after_beginning)
        .and_then(|_| beside_long(BEGUN, &reference.after_short));
    let bits = |followed: &Followed| -> Vec<u32> {
        followed
            .iter()
            .flatten()
            .map(|value| value.to_bits())
            .collect()
    };
    Some(Handling {
        kind,
        together: shared.is_some(),
        pieces,
        identical: shared.is_none_or(|shared| bits(&shared[0]) == bits(&followed)),
    })
}

/// Runs the beginning of each text by itself, then all of them together a token at a time.
fn follow(decoder: &mut Decoder, texts: &[(&[u32], usize)]) -> Result<Vec<Followed>, EngineError> {
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
fn in_pieces(decoder: &mut Decoder, text: &[u32], cuts: &[usize]) -> Result<Vec<f32>, EngineError> {
    let ends: Vec<usize> = cuts.iter().copied().chain([text.len()]).collect();
    begin(decoder, text, text, &ends).map(|(_, logits)| logits)
}

/// Runs a text up to the last of `ends`, with a cut at each; an encoder, where there is one, reads `source` before.
fn begin(
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
fn whole_texts(decoder: &mut Decoder, text: &[u32], begun: usize) -> Result<Followed, EngineError> {
    let ends = begun + 1..=begun + SHORT - BEGUN;
    ends.map(|end| begin(decoder, text, &text[..end], &[end]).map(|(_, logits)| logits))
        .collect()
}

impl Reference {
    fn new(decoder: &mut Decoder, folder: &ModelFolder) -> Result<Self, EngineError> {
        if decoder.vocab_size == 0 {
            let (_, logits) = begin(decoder, &[0], &[0], &[1])?;
            decoder.vocab_size = logits.len();
        }
        let known = folder.configuration.vocab_size.unwrap_or(usize::MAX);
        let vocab_size = decoder.vocab_size.min(known).max(1);
        let token = |at: usize| (at.wrapping_mul(2_654_435_761) % vocab_size) as u32;
        let short: Vec<u32> = (1..=SHORT).map(token).collect();
        let long: Vec<u32> = (101..=101 + LONG + SHORT - BEGUN).map(token).collect();
        let after_short = whole_texts(decoder, &short, BEGUN)?;
        let after_beginning = whole_texts(decoder, &short, BARELY_BEGUN)?;
        let after_long = whole_texts(decoder, &long, LONG)?;
        let all = || after_short.iter().flatten().copied();
        if all().all(f32::is_nan) {
            return Err(EngineError::ModelFileInvalid {
                file: folder.decoder(),
                reason: "all it gives is NaN: its weights are damaged, or the export made them so"
                    .to_owned(),
            });
        }
        let (low, high) = all()
            .filter(|value| value.is_finite())
            .fold((f32::MAX, f32::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let mut of_a_token = 0f32;
        for position in [0, SHORT / 2, SHORT - 3] {
            let mut other = short.clone();
            other[position] = (other[position] + 1) % vocab_size as u32;
            let changed = begin(decoder, &short, &other, &[SHORT])?.1;
            let last = after_short.last().map_or(&[][..], Vec::as_slice);
            of_a_token = of_a_token.max(difference(&changed, last));
        }
        let operators = &folder.facts.operators;
        let has = |names: &[&str]| names.iter().any(|name| operators.contains_key(*name));
        let scales_whole_tensors = has(&TENSOR_SCALED);
        let is_coarse = has(&COARSE)
            || scales_whole_tensors
            || decoder.states.iter().any(|state| state.element.bytes() < 4)
            || folder.facts.precision.ends_with("float16");
        let rounding = if is_coarse { COARSE_ROUNDING } else { ROUNDING };
        let share = if scales_whole_tensors {
            SHARE_WHERE_TENSORS_ARE_SCALED
        } else {
            SHARE_OF_A_TOKEN
        };
        let range = (high - low).max(f32::MIN_POSITIVE);
        // A changed token that ends in no number says nothing about how much one is worth.
        let of_a_token = if of_a_token.is_finite() {
            of_a_token
        } else {
            0.0
        };
        Ok(Self {
            short,
            long,
            after_short,
            after_beginning,
            after_long,
            // Rounding of float32 is far below what any mistake costs, however little a token matters to the model.
            tolerance: if is_coarse {
                (range * rounding).max(of_a_token * share)
            } else {
                range * rounding
            },
            scales_whole_tensors,
        })
    }
}

/// The largest difference of any step.
fn furthest(given: &Followed, expected: &Followed) -> f32 {
    let pairs = given.iter().zip(expected);
    let differences = pairs.map(|(given, expected)| difference(given, expected));
    differences.fold(0.0, f32::max)
}

/// The largest difference of two rows of logits; infinite where only one of two is a number.
fn difference(given: &[f32], expected: &[f32]) -> f32 {
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
