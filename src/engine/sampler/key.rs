//! Which random number is drawn for a token.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Which random number is drawn: the same key gives the same number on every machine, whatever else
/// is in the batch and however often the work was interrupted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DrawKey {
    /// Seed of the campaign.
    pub seed: u64,
    /// The brief.
    pub item: u64,
    /// Number of the candidate.
    pub candidate: u32,
}

/// Numbers in one 64-byte block of ChaCha, of which each position has one a stream.
const IN_A_BLOCK: u32 = 8;

/// The stream of latent vectors and noise; tokens take streams from 0 on.
const LATENT_STREAM: u64 = u64::MAX;

impl DrawKey {
    /// A number in `[0, 1)` for the token at this position (ChaCha8 in counter mode). A token that is
    /// drawn again, because the first ones were refused, gets a number of its own: else the draw would
    /// not follow the probabilities of what is left.
    pub fn uniform(&self, position: usize, attempt: u32) -> f64 {
        let mut random = self.generator();
        random.set_stream(u64::from(attempt / IN_A_BLOCK));
        // One block a position: 16 words, two a number.
        let word = position as u128 * 16 + u128::from(attempt % IN_A_BLOCK) * 2;
        random.set_word_pos(word);
        next_uniform(&mut random)
    }

    /// So many numbers of the standard normal distribution: the latent vector or the noise of the candidate.
    ///
    /// The transform of Box and Muller (1958), with the functions of `libm`: the operating system's own round
    /// differently from one to the next.
    pub fn normals(&self, count: usize) -> Vec<f32> {
        let mut random = self.generator();
        random.set_stream(LATENT_STREAM);
        let mut numbers = Vec::with_capacity(count + 1);
        while numbers.len() < count {
            // In (0, 1]: the logarithm of 0 is no number.
            let radius = libm::sqrt(-2.0 * libm::log(1.0 - next_uniform(&mut random)));
            let (sine, cosine) = libm::sincos(std::f64::consts::TAU * next_uniform(&mut random));
            numbers.extend([(radius * cosine) as f32, (radius * sine) as f32]);
        }
        numbers.truncate(count);
        numbers
    }

    fn generator(&self) -> ChaCha8Rng {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.item.to_le_bytes());
        key[16..20].copy_from_slice(&self.candidate.to_le_bytes());
        ChaCha8Rng::from_seed(key)
    }
}

/// The next number in `[0, 1)`: the upper 53 bits of two words.
fn next_uniform(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_every_part_of_the_key() {
        let key = DrawKey {
            seed: 7,
            item: 9,
            candidate: 0,
        };
        let base = key.uniform(3, 0);
        assert_eq!(base, key.uniform(3, 0));
        assert_ne!(base, key.uniform(4, 0));
        assert_ne!(base, DrawKey { seed: 8, ..key }.uniform(3, 0));
        assert_ne!(base, DrawKey { item: 8, ..key }.uniform(3, 0));
        assert_ne!(
            base,
            DrawKey {
                candidate: 1,
                ..key
            }
            .uniform(3, 0)
        );
        // Written down once: a change of generator would change every text ever drafted.
        assert_eq!(format!("{base:.12}"), "0.743198791709");
    }

    #[test]
    fn normals_depend_on_every_part_of_the_key_and_are_normal() {
        let key = DrawKey {
            seed: 7,
            item: 9,
            candidate: 0,
        };
        let base = key.normals(4);
        assert_eq!(base, key.normals(4));
        assert_eq!(base, key.normals(2000)[..4]);
        for other in [
            DrawKey { seed: 8, ..key },
            DrawKey { item: 8, ..key },
            DrawKey {
                candidate: 1,
                ..key
            },
        ] {
            assert_ne!(base, other.normals(4));
        }
        let many = key.normals(20_000);
        let mean = many.iter().sum::<f32>() / many.len() as f32;
        let variance = many.iter().map(|z| (z - mean).powi(2)).sum::<f32>() / many.len() as f32;
        // Four standard errors: 1/√n of the mean, √(2/n) of the variance.
        assert!(mean.abs() < 0.03, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.04, "variance {variance}");
        // Written down once: a change of generator would change every text drafted by such a model.
        assert_eq!(
            format!("{base:.5?}"),
            "[-0.12774, 0.00806, -0.81033, 0.27095]"
        );
    }

    #[test]
    fn every_attempt_has_a_number_of_its_own() {
        let key = DrawKey {
            seed: 7,
            item: 9,
            candidate: 0,
        };
        let mut numbers: Vec<u64> = (0..3)
            .flat_map(|position| {
                (0..20).map(move |attempt| key.uniform(position, attempt).to_bits())
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 60);
    }
}
