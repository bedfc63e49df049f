//! All that is wrong with one line or row, so that it is corrected in one go and not a fault at a time.

use std::fmt;

use super::Fault;

/// Most faults of one line that are told beside the first; a line that has more is wrong as a whole.
const MOST_OTHERS: usize = 20;

/// At least one fault, the one that explains most first.
#[derive(Debug)]
pub struct Faults {
    first: Fault,
    others: Vec<Fault>,
}

impl Faults {
    /// The faults that were found, if any; the first is the one to begin with.
    ///
    /// # Errors
    /// Themselves.
    pub(in crate::intake) fn none_of(found: Vec<Fault>) -> Result<(), Self> {
        let mut found = found.into_iter();
        match found.next() {
            None => Ok(()),
            Some(first) => Err(Self {
                first,
                others: found.take(MOST_OTHERS).collect(),
            }),
        }
    }

    /// The one that explains most.
    pub fn first(&self) -> &Fault {
        &self.first
    }

    /// The others, at most 20.
    pub fn others(&self) -> &[Fault] {
        &self.others
    }

    /// All of them on a line each, as the tests of this room show them.
    #[cfg(test)]
    pub(in crate::intake) fn told(&self) -> String {
        let told = std::iter::once(&self.first)
            .chain(&self.others)
            .map(|fault| {
                let (key, hint) = (fault.key().unwrap_or_default(), fault.hint());
                format!(
                    "{} `{key}`: {fault} (hint: {})",
                    fault.code(),
                    hint.unwrap_or_default()
                )
            });
        told.collect::<Vec<_>>().join("\n")
    }

    /// Each of them, to be put into better words.
    pub(in crate::intake) fn each_mut(&mut self) -> impl Iterator<Item = &mut Fault> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }
}

/// One sentence after the other, each but the first with its key.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.others.iter().try_for_each(|other| match other.key() {
            Some(key) => write!(f, "; and `{key}`: {other}"),
            None => write!(f, "; and {other}"),
        })
    }
}

impl From<Fault> for Faults {
    fn from(first: Fault) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }
}
