//! Asking a person before something is changed for good.

use std::io::{BufRead, IsTerminal};

use super::failure::Failure;
use super::output;

/// Whether somebody is there to be asked; nothing ever waits for an answer elsewhere.
pub(super) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Asks on the terminal; anything but yes is no.
pub(super) async fn confirmed(question: &str) -> Result<bool, Failure> {
    output::part(&format!("{question} [y/N] "))?;
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    });
    let answer = answer.await??;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
