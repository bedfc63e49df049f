//! Nightdesk drafts copy overnight and hands editors a scored review queue in the morning.
//!
//! ```text
//! edges      cli                                    what a person types
//! processes  scheduler worker                       time, retries, leases; render → generate → score → commit
//!            report notify                          the night in words, and who hears of it
//!            pull                                   a newsroom's own tables → briefs
//!            release                                approved copy leaves, and is corrected or killed
//!            web                                    probes of a role, the review desk
//! store      store                                  every SQL statement
//! engines    intake prompt engine scoring channel   pure: no database, no clock
//!            schedule revision export
//!            postgres                               the private cluster
//! core       domain config telemetry files          plain values and their rules; how a file is read
//! ```
//! Imports point down only; `tests/tidy.rs` keeps it so. The modules below are in reading order.

pub mod domain;

pub mod files;

pub mod config;
pub mod telemetry;

pub mod channel;
pub mod engine;
pub mod export;
pub mod intake;
pub mod postgres;
pub mod prompt;
pub mod revision;
pub mod schedule;
pub mod scoring;

pub mod store;

pub mod pull;
pub mod release;
pub mod scheduler;
pub mod worker;

pub mod report;

pub mod notify;
pub mod web;

pub mod cli;
