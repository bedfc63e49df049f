//! The queue alone, against a real Postgres that is durable: making a run, claim and commit with a drafter
//! that does nothing, claims at a million waiting briefs, and two plain-SQL peers beside it.
//!
//! `DATABASE_URL=… cargo bench --bench queue`; `make bench` puts the figures into docs/BENCHMARKS.md. It makes
//! a database of its own on that server and drops it. `--json` prints the figures for a program, `--quick` takes
//! a tenth of everything.

mod measure;
mod ours;
mod peers;

use std::io::Write;

use measure::{Database, Figures};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Briefs of the run that is made.
    run: i64,
    /// Briefs waiting while claims are timed.
    backlog: i64,
    /// Briefs that each measurement of throughput drafts.
    drafted: i64,
    /// Claims that are timed.
    claims: usize,
    /// Measurements of each figure.
    samples: usize,
}

const FULL: Size = Size {
    run: 100_000,
    backlog: 1_000_000,
    drafted: 12_800,
    claims: 1_000,
    samples: 3,
};

const QUICK: Size = Size {
    run: 10_000,
    backlog: 100_000,
    drafted: 3_200,
    claims: 200,
    samples: 1,
};

/// Items that a claim asks for.
const BATCH: i64 = 32;

/// Length of a draft in bytes.
const TEXT: usize = 600;

fn main() {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    let size = if has("--quick") { QUICK } else { FULL };
    let Ok(url) = std::env::var("DATABASE_URL") else {
        tell(
            "error: DATABASE_URL is not set\n\nhint: `make bench` sets it, and `nightdesk postgres exec -- cargo bench --bench queue` does",
        );
        std::process::exit(1);
    };
    // Two threads, as the two cores that the targets are for.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let figures = runtime.block_on(async {
        let database = Database::make(&url).await;
        let mut figures = Figures::new();
        ours::run(&database, size, &mut figures).await;
        peers::run(&database, size, &mut figures).await;
        database.drop().await;
        figures
    });
    if has("--json") {
        let _ = writeln!(std::io::stdout(), "{}", figures.json());
    }
}

/// What it is at, beside the figures.
fn tell(text: &str) {
    // Nobody is listening when it fails.
    let _ = writeln!(std::io::stderr(), "{text}");
}
