//! Which random number is drawn for a token.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Which random number is drawn: the same key gives the same number on every machine, whatever else
/// is in the batch and however often the work was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl DrawKey {
    /// A number in `[0, 1)` for the token at this position (ChaCha8 in counter mode). A token that is
    /// drawn again, because the first ones were refused, gets a number of its own: else the draw would
    /// not follow the probabilities of what is left.
    pub fn uniform(&self, position: usize, attempt: u32) -> f64 {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.item.to_le_bytes());
        key[16..20].copy_from_slice(&self.candidate.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(u64::from(attempt / IN_A_BLOCK));
        // One block a position: 16 words, two a number.
        let word = position as u128 * 16 + u128::from(attempt % IN_A_BLOCK) * 2;
        random.set_word_pos(word);
        (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
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
