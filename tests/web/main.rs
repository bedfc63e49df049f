//! The review desk in a real browser, as editors use it: `make test-web`.
//!
//! Every test has a database, a server and a Chromium of its own. Where Chromium's driver or axe-core is missing they
//! are reported as ignored, which `cargo test` cannot do while it runs, so the harness is one of this binary's own;
//! under `make test-web` and CI they fail instead.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use std::collections::BTreeSet;
use std::io::{Write, stderr};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[macro_use]
mod trials;

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

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut lacks = BTreeSet::new();
    let mut trials = Vec::new();
    for trial in all() {
        let missing = chrome::missing(trial.name());
        lacks.extend(missing);
        trials.push(trial.with_ignored_flag(missing.is_some()));
    }
    if !arguments.list {
        for missing in lacks {
            let _ = writeln!(
                stderr(),
                "{missing} (scripts/setup-browser.sh): tests are ignored"
            );
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn all() -> Vec<Trial> {
    [
        accessible::trials(),
        colliding::trials(),
        deciding::trials(),
        failing::trials(),
        hostile::trials(),
        keyboard::trials(),
        large::trials(),
        pictures::trials(),
        writing::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
