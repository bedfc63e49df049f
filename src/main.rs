//! The `nightdesk` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    nightdesk::cli::main()
}
