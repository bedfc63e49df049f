//! The review desk in a real browser, as editors use it: `make test-web`.
//!
//! Every test has a database, a server and a Chromium of its own. Without a Chromium they say so and pass; under
//! `make test-web` and CI they fail.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod accessible;
mod chrome;
mod colliding;
mod copies;
mod deciding;
mod failing;
mod hostile;
mod keyboard;
mod large;
mod page;
mod pictures;
mod scene;
mod writing;
// The tests of the commands use the rest.
#[allow(dead_code, unused_imports)]
#[path = "../it/support/mod.rs"]
mod support;
