//! The house's rules that no compiler knows, kept by tests that read the sources: each says what is in the wrong
//! place, and where it belongs.

mod circles;
mod commands;
mod files;
mod graph;
mod layers;
mod libraries;
mod messages;
mod pages;
mod paths;
mod purity;
mod repository;
mod sources;
mod test_files;
