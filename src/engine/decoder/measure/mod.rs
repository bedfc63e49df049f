//! Which way of keeping a model's states is right, found by trying it: a short text a token at a time, the same text
//! beside a longer one, and in pieces. What the graph says of the whole text, read at once, is what each must give.
//!
//! Names of operators and of inputs do not decide: the same names stand for graphs that need positions and that
//! count them themselves, that heed a mask and that do not, and what goes wrong then is a text nobody notices.

mod reference;
mod trial;

use reference::{LONG, Reference};
use trial::{BARELY_BEGUN, BEGUN, Followed, difference, follow, furthest, in_pieces};

use super::driver::Decoder;
use super::handling::{CacheKind, Handling};
use super::ports::State;
use crate::engine::error::EngineError;
use crate::engine::folder::ModelFolder;

/// Where the short text is cut when it runs in pieces.
const CUTS: [usize; 2] = [3, 7];

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
    let found = kinds
        .iter()
        .find_map(|kind| try_kind(decoder, *kind, &reference));
    if let (Some(wished), Some(CacheKind::None)) = (kinds.first(), found.map(|found| found.kind))
        && *wished != CacheKind::None
    {
        tracing::warn!(
            model = folder.name,
            "none of the ways to keep its states gives the numbers of the whole text: every step reads the text again"
        );
    }
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
    let has_rows = decoder.states.iter().all(State::has_rows);
    let mut beside_long = |begun: usize, expected: &Followed| {
        let texts: [(&[u32], usize); 2] = [(&reference.short, begun), (&reference.long, LONG)];
        if !has_rows {
            return None;
        }
        let shared = follow(decoder, &texts).ok()?;
        let error = furthest(&shared[0], expected);
        let error = error.max(furthest(&shared[1], &reference.after_long));
        tracing::debug!(%kind, begun, error, pieces, "two texts together");
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
