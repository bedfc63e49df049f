//! Printing: data to stdout, everything else to stderr; colours and fitting only on a terminal.

use std::io::{IsTerminal, Write};

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use owo_colors::{OwoColorize, Style};
use serde::Serialize;

use super::failure::Failure;
use crate::domain::problem::Problem;

/// Prints a line of data.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    writeln!(anstream::stdout().lock(), "{text}").map_err(unwritable)
}

/// Prints text as it comes, without a line end.
pub(super) fn part(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    write!(stdout, "{text}").map_err(unwritable)?;
    stdout.flush().map_err(unwritable)
}

/// Prints bytes as they are: a file on its way into another program, whose hash has been recorded. On a terminal
/// nothing in it may move the cursor or change a title.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    if stdout.is_terminal() {
        let shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        let text: String = String::from_utf8_lossy(bytes)
            .chars()
            .filter(shown)
            .collect();
        stdout.write_all(text.as_bytes())
    } else {
        stdout.write_all(bytes)
    }
    .and_then(|()| stdout.flush())
    .map_err(unwritable)
}

/// A reader that went away is no failure; a full disk is one, and the reader has only half of the data.
fn unwritable(error: std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return error.into();
    }
    Problem::new("output.unwritable", format!("cannot be written: {error}"))
        .file("standard output")
        .hint("make room where it goes: what is there is not the whole; anything the command changed before is kept")
        .into()
}

/// Prints a value as JSON, indented.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    line(&text)
}

/// Says something beside the data, on stderr.
pub(super) fn note(text: &str) {
    let mut stderr = anstream::stderr().lock();
    // Nobody is listening when it fails.
    let _ = if crate::telemetry::is_json() {
        let told = serde_json::json!({
            "timestamp": chrono::Utc::now(), "level": "INFO", "message": text, "target": "nightdesk::cli",
        });
        writeln!(stderr, "{told}")
    } else {
        writeln!(stderr, "{text}")
    };
}

/// Says what a long command is at.
pub(super) fn step(text: &str) {
    note(&format!(
        "{} {text}",
        paint("==>", Style::new().cyan().bold())
    ));
}

/// A heading in front of data for people.
pub(super) fn heading(text: &str) -> Result<(), Failure> {
    line(&paint(text, Style::new().bold()))
}

/// Text in a style; `anstream` takes it off where there is no terminal or NO_COLOR is set.
pub(super) fn paint(text: &str, style: Style) -> String {
    text.style(style).to_string()
}

/// A priority in the colour of how much work it promises.
pub(super) fn priority(value: i32) -> String {
    let style = match value {
        80.. => Style::new().green(),
        50..80 => Style::new().yellow(),
        _ => Style::new().red(),
    };
    paint(&format!("{value:>3}"), style.bold())
}

/// A priority as a cell of a table. Tables measure their cells, so the colour must not be in the text.
pub(super) fn priority_cell(value: i32) -> Cell {
    let color = match value {
        80.. => Color::Green,
        50..80 => Color::Yellow,
        _ => Color::Red,
    };
    Cell::new(format!("{value:>3}"))
        .fg(color)
        .add_attribute(Attribute::Bold)
}

/// Columns of the terminal on stdout; none when there is no terminal.
pub(super) fn width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    Table::new().width().filter(|width| *width > 0)
}

/// Prints a table: fitted to a terminal, or with whole cells for `grep` where there is none.
pub(super) fn table<C: Into<Cell>>(header: &[&str], rows: Vec<Vec<C>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(
        header
            .iter()
            .map(|name| Cell::new(name).add_attribute(Attribute::Bold)),
    );
    if width().is_some() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(row);
    }
    for text in table.lines() {
        line(text.trim_end())?;
    }
    Ok(())
}

/// The beginning of a text in one line of at most so many characters.
pub(super) fn first_line(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let cut: String = flat.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// A text wrapped to the terminal, or to 80 columns where there is none.
pub(super) fn wrapped(text: &str, indent: &str) -> String {
    let columns = usize::from(width().unwrap_or(80)).clamp(20, 100);
    let options = textwrap::Options::new(columns)
        .initial_indent(indent)
        .subsequent_indent(indent);
    textwrap::fill(text, options)
}

/// Bytes for people.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}
