//! The command line as a whole: what clap checks of its definition, and the advice that messages give.

mod advice;

use clap::CommandFactory;

use super::Cli;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}
