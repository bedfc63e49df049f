//! Integration tests: one binary, each test with a Postgres database of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod commands;
mod encryption;
mod engine;
mod exports;
mod mistakes;
mod operations;
mod promises;
mod queue;
mod recovery;
mod report;
mod review;
mod source;
mod support;
mod web;
