//! Nightdesk drafts copy overnight and hands editors a scored review queue in the morning.
//!
//! ```text
//! edges      cli                                    what a person types; puts the rest together
//! cluster    postgres                               the private cluster, for the edges
//! processes  scheduler worker                       time, retries, leases; claim → draft → commit
//!            notify                                 who hears of the night
//!            web                                    probes of a role, the review desk
//! services   report                                 the night in words
//!            source                                 a newsroom's own tables → briefs
//!            review                                 what somebody decides, held against the rules
//!            publish                                approved copy leaves, and is corrected or killed
//! store      store                                  every SQL statement
//! drafting   drafting                               a brief becomes drafts: prompt, texts, scores
//! engines    intake prompt engine scoring channel   pure: no database, no wall clock
//!            schedule diff export
//! core       domain config telemetry files          plain values and their rules; how a file is read
//! ```
//! Imports point down only, and engines, services and processes do not name their neighbours; `tests/tidy/` keeps it
//! so. The modules below are in reading order.

pub mod domain;

pub mod files;

pub mod config;
pub mod telemetry;

pub mod intake;

pub mod prompt;

pub mod engine;

pub mod channel;

pub mod scoring;

pub mod schedule;

pub mod diff;

pub mod export;

pub mod drafting;

pub mod store;

pub mod source;

pub mod review;

pub mod publish;

pub mod report;

pub mod scheduler;

pub mod worker;

pub mod notify;

pub mod web;

pub mod postgres;

pub mod cli;
