//! What `models check` has found so far.

use serde_json::{Map, Value};

use crate::domain::problem::Problem;

/// Lines for people, figures for programs, and the first thing that is wrong.
#[derive(Default)]
pub(super) struct Found {
    pub(super) checks: Vec<(&'static str, String)>,
    pub(super) figures: Map<String, Value>,
    pub(super) problem: Option<Problem>,
}
