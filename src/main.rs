//! The command `connbudget`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Parsing allocates by the million, on two threads. glibc's allocator spends a quarter of the run of a large application on
/// growing its second heap page by page (`mprotect`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    connbudget::cli::main()
}
