//! What a graph says of whole texts, read at once: what every way of keeping its states is compared with, and how far from it
//! rounding may lead.

use super::trial::{BARELY_BEGUN, BEGUN, Followed, SHORT, begin, difference, whole_texts};
use crate::engine::decoder::driver::Decoder;
use crate::engine::decoder::tensor::Element;
use crate::engine::error::EngineError;
use crate::engine::folder::ModelFolder;

/// Tokens of the text beside it, before the first step.
pub(super) const LONG: usize = 15;

/// What rounding does to logits, as a share of their range: of numbers that are float32, float16 and bfloat16.
const ROUNDING: f32 = 1e-4;
const ROUNDING_OF_FLOAT16: f32 = 1e-2;
const ROUNDING_OF_BFLOAT16: f32 = 2e-2;

/// Where products are quantised, a difference in the last bit of an activation can round it to the next step, and thirty
/// layers make that a difference anybody sees: in the default model up to a twentieth of what another token in the text
/// costs, while a mistake in a cache costs about as much as the token. Where activations are scaled a tensor at a time,
/// each token rounds by what runs beside it, and no way of cutting a text is exact.
const SHARE_OF_A_TOKEN: f32 = 0.15;
const SHARE_WHERE_TENSORS_ARE_SCALED: f32 = 0.5;

/// Operators that quantise activations.
const QUANTISED: [&str; 3] = ["MatMulNBits", "GatherBlockQuantized", "QuantizeLinear"];

/// Operators that scale a whole tensor of activations at once.
const TENSOR_SCALED: [&str; 4] = [
    "DynamicQuantizeLinear",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeLSTM",
    "QAttention",
];

/// Texts, and what the graph says of each when it reads it at once.
pub(super) struct Reference {
    pub(super) short: Vec<u32>,
    pub(super) long: Vec<u32>,
    /// Logits after each of the tokens that are stepped through.
    pub(super) after_short: Followed,
    pub(super) after_beginning: Followed,
    pub(super) after_long: Followed,
    /// Largest difference that is rounding.
    pub(super) tolerance: f32,
    /// Whether activations are scaled a tensor at a time.
    pub(super) scales_whole_tensors: bool,
}

impl Reference {
    /// Reads the texts.
    ///
    /// # Errors
    /// [`EngineError::Inference`] where the graph cannot even read a whole text, and [`EngineError::ModelFileInvalid`] where
    /// all it gives is NaN.
    pub(super) fn new(decoder: &mut Decoder, folder: &ModelFolder) -> Result<Self, EngineError> {
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
        let range = (high - low).max(f32::MIN_POSITIVE);
        let rounding = range * rounding_of_numbers(decoder, folder);
        let share = if scales_whole_tensors {
            SHARE_WHERE_TENSORS_ARE_SCALED
        } else if has(&QUANTISED) {
            SHARE_OF_A_TOKEN
        } else {
            0.0
        };
        // A changed token that ends in no number says nothing about how much one is worth.
        let of_a_token = if of_a_token.is_finite() {
            of_a_token
        } else {
            0.0
        };
        tracing::debug!(
            range,
            rounding,
            share,
            of_a_token,
            "how far rounding may lead"
        );
        Ok(Self {
            short,
            long,
            after_short,
            after_beginning,
            after_long,
            tolerance: rounding.max(of_a_token * share),
            scales_whole_tensors,
        })
    }
}

/// What rounding of the numbers that go in and out does to logits, as a share of their range.
fn rounding_of_numbers(decoder: &Decoder, folder: &ModelFolder) -> f32 {
    let has = |element: Element| {
        let states = decoder.states.iter().any(|state| state.element == element);
        let name = element.as_str();
        let mut outputs = folder.facts.outputs.iter();
        states || folder.facts.precision == name || outputs.any(|output| output.element == name)
    };
    if has(Element::Bfloat16) {
        ROUNDING_OF_BFLOAT16
    } else if has(Element::Float16) {
        ROUNDING_OF_FLOAT16
    } else {
        ROUNDING
    }
}
