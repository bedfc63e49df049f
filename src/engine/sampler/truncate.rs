//! Which tokens are drawn from: temperature, then top-k, top-p, min-p and locally typical sampling,
//! in transformers' order; then the draw.

use super::SamplingParams;

/// Draws by `uniform` in `[0, 1)` from what the truncations leave of the softmax.
///
/// `max` is the largest logit, which is finite. A token whose logit is −∞ is never drawn.
pub(super) fn draw(
    nucleus: &mut Vec<(u32, f64)>,
    logits: &[f32],
    max: f32,
    params: &SamplingParams,
    uniform: f64,
) -> u32 {
    truncate(nucleus, logits, max, params);
    let kept: f64 = nucleus.iter().map(|(_, weight)| weight).sum();
    let mut left = uniform * kept;
    for (id, weight) in nucleus.iter() {
        left -= weight;
        if left < 0.0 {
            return *id;
        }
    }
    // Rounding can leave a crumb after the last one.
    nucleus.last().map_or(0, |(id, _)| *id)
}

/// Fills `nucleus` with what may be drawn, likeliest first: ids and weights relative to the likeliest.
pub(super) fn truncate(
    nucleus: &mut Vec<(u32, f64)>,
    logits: &[f32],
    max: f32,
    params: &SamplingParams,
) {
    let temperature = f64::from(params.temperature);
    let weight = |logit: f32| (f64::from(logit - max) / temperature).exp();
    let total: f64 = logits.iter().map(|logit| weight(*logit)).sum();
    let limited = params.top_k > 0 && (params.top_k as usize) < logits.len();
    let wanted_mass = f64::from(params.top_p) * if limited { 0.0 } else { total };
    // Sorting 49,152 entries for the few that matter would cost more than the model's own head: take
    // those above a floor, and lower the floor until they hold enough of them and enough of the mass.
    let mut floor: f64 = 1e-3;
    loop {
        // Skips most exponentials; a little below the floor, so that rounding decides nothing.
        let lowest = floor.ln() * temperature - 1e-3;
        nucleus.clear();
        nucleus.extend(
            logits
                .iter()
                .enumerate()
                .filter(|(_, logit)| f64::from(**logit - max) >= lowest)
                .map(|(id, logit)| (id as u32, weight(*logit)))
                .filter(|(_, weight)| *weight >= floor && *weight > 0.0),
        );
        let mass: f64 = nucleus.iter().map(|(_, weight)| weight).sum();
        let enough = if limited {
            nucleus.len() >= params.top_k as usize
        } else {
            mass >= wanted_mass
        };
        if enough || floor == 0.0 {
            break;
        }
        floor = if floor < 1e-12 { 0.0 } else { floor * 1e-3 };
    }
    // Ties by id, so that the order, and with it the draw, is the same everywhere.
    nucleus.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    if limited {
        nucleus.truncate(params.top_k as usize);
    }
    let base: f64 = if limited {
        nucleus.iter().map(|(_, weight)| weight).sum()
    } else {
        total
    };
    top_p(nucleus, f64::from(params.top_p) * base);
    // The likeliest weighs 1, so min-p's threshold is its own value (Nguyen et al. 2024).
    if params.min_p > 0.0 {
        let least = f64::from(params.min_p);
        let keep = nucleus.partition_point(|(_, weight)| *weight >= least);
        nucleus.truncate(keep.max(1));
    }
    if params.typical_p < 1.0 {
        typical(nucleus, f64::from(params.typical_p));
    }
}

/// Keeps the likeliest that make up this mass (Holtzman et al. 2020).
fn top_p(nucleus: &mut Vec<(u32, f64)>, wanted: f64) {
    let mut mass = 0.0;
    let keep = nucleus
        .iter()
        .position(|(_, weight)| {
            mass += weight;
            mass >= wanted
        })
        .map_or(nucleus.len(), |last| last + 1);
    nucleus.truncate(keep);
}

/// Keeps the tokens whose information is nearest to the entropy until they make up `share` of the
/// probability (Meister et al. 2022, as in transformers), in the order they were in.
fn typical(nucleus: &mut Vec<(u32, f64)>, share: f64) {
    let total: f64 = nucleus.iter().map(|(_, weight)| weight).sum();
    let surprise = |weight: f64| total.ln() - weight.ln();
    let entropy: f64 = nucleus
        .iter()
        .map(|(_, weight)| weight / total * surprise(*weight))
        .sum();
    let distance = |weight: f64| (surprise(weight) - entropy).abs();
    let mut nearest: Vec<f64> = nucleus.iter().map(|(_, weight)| *weight).collect();
    nearest.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    let mut mass = 0.0;
    let farthest = nearest
        .iter()
        .find(|weight| {
            mass += **weight / total;
            mass >= share
        })
        .map_or(f64::INFINITY, |weight| distance(*weight));
    // Equals of the farthest stay, so that the choice does not hang on the order of the vocabulary.
    nucleus.retain(|(_, weight)| distance(*weight) <= farthest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open() -> SamplingParams {
        SamplingParams {
            temperature: 1.0,
            top_p: 1.0,
            ..SamplingParams::default()
        }
    }

    fn left(probabilities: &[f64], params: &SamplingParams) -> Vec<u32> {
        let logits: Vec<f32> = probabilities.iter().map(|p| p.ln() as f32).collect();
        ids(&logits, params)
    }

    fn ids(logits: &[f32], params: &SamplingParams) -> Vec<u32> {
        let mut nucleus = Vec::new();
        let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        truncate(&mut nucleus, logits, max, params);
        nucleus.iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn min_p_keeps_what_is_that_share_as_likely_as_the_likeliest() {
        let probabilities = [0.5, 0.26, 0.14, 0.06, 0.04];
        let with = |min_p| left(&probabilities, &SamplingParams { min_p, ..open() });
        // Thresholds 0.05, 0.15, 0.25 and 0.5.
        assert_eq!(with(0.1), [0, 1, 2, 3]);
        assert_eq!(with(0.3), [0, 1]);
        assert_eq!(with(0.5), [0, 1]);
        assert_eq!(with(1.0), [0]);
    }

    #[test]
    fn typical_keeps_what_is_as_surprising_as_expected() {
        // Information in nats: 0.916, 1.204, 1.609, 2.303; entropy 1.280. Distances: 0.364, 0.076,
        // 0.330, 1.023. So token 1 comes first (0.3), then 2 (0.5), then 0 (0.9), then 3.
        let probabilities = [0.4, 0.3, 0.2, 0.1];
        let with = |typical_p| {
            left(
                &probabilities,
                &SamplingParams {
                    typical_p,
                    ..open()
                },
            )
        };
        assert_eq!(with(0.2), [1]);
        assert_eq!(with(0.45), [1, 2]);
        assert_eq!(with(0.8), [0, 1, 2]);
        assert_eq!(with(0.95), [0, 1, 2, 3]);
    }

    #[test]
    fn typical_looks_at_what_top_k_left() {
        // Of the two left, 0.6 and 0.4 with entropy 0.673: distances 0.162 and 0.243.
        let params = SamplingParams {
            top_k: 2,
            typical_p: 0.5,
            ..open()
        };
        assert_eq!(left(&[0.3, 0.2, 0.17, 0.17, 0.16], &params), [0]);
    }

    proptest! {
        #[test]
        fn no_truncation_leaves_nothing_takes_the_forbidden_or_changes_the_order(
            mut logits in proptest::collection::vec(-20.0f32..20.0, 2..60),
            forbidden in proptest::collection::vec(0usize..60, 0..20),
            (top_k, top_p, min_p, typical_p) in (0u32..70, 0.01f32..=1.0, 0.0f32..=1.0, 0.01f32..=1.0),
            temperature in 0.1f32..3.0, uniform in 0.0f64..1.0,
        ) {
            let spared = logits.len() - 1;
            for id in forbidden.into_iter().filter(|id| *id < spared) {
                logits[id] = f32::NEG_INFINITY;
            }
            let params = SamplingParams { temperature, top_k, top_p, min_p, typical_p, ..open() };
            let left = ids(&logits, &params);
            prop_assert!(!left.is_empty());
            prop_assert!(left.iter().all(|id| logits[*id as usize].is_finite()));
            prop_assert!(left.windows(2).all(|pair| logits[pair[0] as usize] >= logits[pair[1] as usize]));
            let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let drawn = draw(&mut Vec::new(), &logits, max, &params, uniform);
            prop_assert!(left.contains(&drawn));
        }

        #[test]
        fn a_truncation_that_is_off_takes_nothing_away(
            logits in proptest::collection::vec(-20.0f32..20.0, 1..60),
            top_k in 0u32..70, top_p in 0.01f32..=1.0,
        ) {
            let before = SamplingParams { top_k, top_p, ..open() };
            let off = SamplingParams { min_p: 0.0, typical_p: 1.0, ..before.clone() };
            prop_assert_eq!(ids(&logits, &before), ids(&logits, &off));
        }
    }
}
