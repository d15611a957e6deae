//! The binary: parse the arguments, run one command, print what went wrong.

use std::process::ExitCode;

fn main() -> ExitCode {
    privatestack::cli::run()
}
