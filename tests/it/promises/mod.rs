//! The promises of ../shared/design/40-queue-and-schedule.md, each brought about and counted. `make test`
//! runs them short; `make chaos` sets NIGHTDESK_CHAOS and runs the same at length. Each prints what it did
//! to the night, and what it found; `mutants` shows that they can fail.

mod briefs;
mod clocks;
mod edits;
mod fairness;
mod firing;
mod kills;
mod mutants;
mod poison;
mod restart;

/// A number for `make test`, and one for `make chaos`.
fn scale<T>(short: T, long: T) -> T {
    match std::env::var_os("NIGHTDESK_CHAOS") {
        Some(_) => long,
        None => short,
    }
}

/// Prints what a test did and counted.
#[expect(clippy::print_stdout, reason = "`make chaos` shows it")]
fn say(promise: &str, what: &str) {
    println!("{promise}: {what}");
}
