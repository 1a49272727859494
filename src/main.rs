//! The command `connbudget`.

use std::process::ExitCode;

fn main() -> ExitCode {
    connbudget::cli::main()
}
