//! The parts of the page, each shown by itself; their forms are answered beside this folder.

mod own;
mod people;
mod token;

pub(super) use own::{password, sessions};
pub(super) use people::{form, list};
pub(super) use token::{needs_none, section};
