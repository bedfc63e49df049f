//! Logs: to stderr, quiet by default, filtered by `NIGHTDESK_LOG` as `tracing` filters are.

use tracing_subscriber::EnvFilter;

/// Starts logging; `verbose` counts the `-v`s. Logging twice in one process changes nothing.
pub fn init(verbose: u8) {
    let default = match verbose {
        0 => "nightdesk=warn",
        1 => "nightdesk=info",
        2 => "nightdesk=debug",
        _ => "debug",
    };
    let filter =
        EnvFilter::try_from_env("NIGHTDESK_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(
            std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none(),
        )
        .try_init();
    // A test process that runs two commands has a subscriber already.
    drop(started);
}
