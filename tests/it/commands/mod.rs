//! Whole commands as a person or a program meets them: exit status, stdout and stderr of the binary.

mod briefs;
mod campaigns;
mod folder;
mod night;
mod scoring;
mod surface;

pub(crate) use folder::{Folder, MODEL, Said, fixture, keys};
