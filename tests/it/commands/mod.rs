//! Whole commands as a person or a program meets them: exit status, stdout and stderr of the binary.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod briefs;
mod campaigns;
mod doctor;
mod encodings;
mod folder;
mod generators;
mod intake;
mod models;
mod next;
mod night;
mod people;
mod record;
mod retention;
mod runs;
mod scoring;
mod serving;
mod sets;
mod sources;
mod surface;
mod templates;
mod windows;

pub(crate) use folder::{Folder, MODEL, Said, fixture, keys};
pub(crate) use templates::folder as own_template;
