//! The states of sequences, whichever way a graph wants them kept.

use ort::value::DynTensor;

use super::carried::CarriedCache;
use super::in_place::InPlaceCache;

/// States of several sequences, each of its own length.
pub enum Cache {
    /// Written where they lie.
    InPlace(Box<InPlaceCache>),
    /// Handed from step to step.
    Carried(CarriedCache),
}

impl Cache {
    /// Number of sequences.
    pub fn rows(&self) -> usize {
        match self {
            Self::InPlace(cache) => cache.rows(),
            Self::Carried(cache) => cache.rows(),
        }
    }

    /// Tokens a sequence has room for; none where it takes as much as it needs.
    pub fn capacity(&self) -> Option<usize> {
        match self {
            Self::InPlace(cache) => Some(cache.capacity()),
            Self::Carried(_) => None,
        }
    }

    /// Whether the first tokens of a sequence can go on as if those behind them had never run.
    pub fn can_go_back(&self) -> bool {
        match self {
            Self::InPlace(cache) => cache.only_grows(),
            Self::Carried(_) => false,
        }
    }

    /// Sets the latent vector of the only row, which has not begun.
    pub fn set_latent(&mut self, index: usize, latent: DynTensor) -> Result<(), ort::Error> {
        match self {
            Self::InPlace(cache) => cache.set(index, &latent),
            Self::Carried(cache) => cache.begin(Some((index, latent)), 0),
        }
    }

    /// Copies a sequence of `tokens` tokens of another cache of the same model into a row of this one.
    pub fn copy_row(
        &mut self,
        row: usize,
        from: &Self,
        from_row: usize,
        tokens: usize,
    ) -> Result<(), ort::Error> {
        match (self, from) {
            (Self::InPlace(to), Self::InPlace(from)) => to.copy_row(row, from, from_row, tokens),
            (Self::Carried(to), Self::Carried(from)) => to.copy_row(row, from, from_row, tokens),
            _ => Err(ort::Error::new("two caches of one model differ in kind")),
        }
    }

    /// Puts one row of `tokens` tokens in the place of another.
    pub fn move_row(&mut self, from: usize, to: usize, tokens: usize) -> Result<(), ort::Error> {
        match self {
            Self::InPlace(cache) => cache.move_row(from, to, tokens),
            Self::Carried(cache) => cache.move_row(from, to),
        }
    }

    /// Whether so many rows lie as they should, of which the first have `tokens` each.
    pub fn fits(&self, rows: usize, capacity: usize, tokens: &[usize]) -> bool {
        match self {
            Self::InPlace(cache) => cache.fits(rows, capacity),
            Self::Carried(cache) => cache.fits(rows, tokens),
        }
    }

    /// Takes another size; the first `tokens[i]` of each row `i` stay. When the memory cannot be had, nothing that
    /// ran in it can go on, and another `resize` makes it good again.
    pub fn resize(
        &mut self,
        rows: usize,
        capacity: usize,
        tokens: &[usize],
    ) -> Result<(), ort::Error> {
        match self {
            Self::InPlace(cache) => cache.resize(rows, capacity, tokens),
            Self::Carried(cache) => cache.resize(rows, tokens),
        }
    }
}
