//! Integration tests: one binary, each test with a Postgres database of its own.

mod commands;
mod engine;
mod mistakes;
mod queue;
mod recovery;
mod support;
