//! Nightdesk drafts copy overnight and hands editors a scored review queue in the morning.
//!
//! ```text
//! edges      cli                                    what a person types
//! processes  scheduler worker                       time, retries, leases; claim → draft → commit
//!            report notify                          the night in words, and who hears of it
//!            source                                 a newsroom's own tables → briefs
//!            publish                                approved copy leaves, and is corrected or killed
//!            web                                    probes of a role, the review desk
//! store      store                                  every SQL statement
//! drafting   drafting                               a brief becomes drafts: prompt, texts, scores
//! engines    intake prompt engine scoring channel   pure: no database, no clock
//!            schedule diff export
//!            postgres                               the private cluster
//! core       domain config telemetry files          plain values and their rules; how a file is read
//! ```
//! Imports point down only; `tests/tidy.rs` keeps it so. The modules below are in reading order.

pub mod domain;

pub mod files;

pub mod config;
pub mod telemetry;

pub mod channel;
pub mod diff;
pub mod engine;
pub mod export;
pub mod intake;
pub mod postgres;
pub mod prompt;
pub mod schedule;
pub mod scoring;

pub mod drafting;

pub mod store;

pub mod publish;
pub mod scheduler;
pub mod source;
pub mod worker;

pub mod report;

pub mod notify;
pub mod web;

pub mod cli;
