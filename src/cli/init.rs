//! `connbudget init`: a configuration to begin with.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::check::Read;
use crate::config::FILE_NAME;
use crate::report;

use super::arguments::InitArguments;
use super::failure::Failure;
use super::output::print;
use super::{PASSED, complain, nothing, read};

/// Writes `connbudget.toml` for what is found, and never over one that is there.
pub(super) fn init(arguments: &InitArguments) -> Result<u8, Box<Failure>> {
    let is_printed = arguments.dry_run || arguments.path.as_os_str() == "-";
    let folder = if arguments.path.as_os_str() == "-" { PathBuf::from(".") } else { arguments.path.clone() };
    if !folder.is_dir() {
        let error = std::fs::metadata(&folder).err().unwrap_or(io::ErrorKind::NotADirectory.into());
        return Err(Box::new(Failure::Path { path: folder, error }));
    }
    let path = folder.join(FILE_NAME);
    // A link that leads nowhere is there too.
    if !is_printed && path.symlink_metadata().is_ok() {
        return Err(Box::new(Failure::Initialised(path)));
    }
    let read = Read::whole(read::open(&folder)?).map_err(Failure::from)?;
    if read.found_nothing() {
        return Ok(nothing());
    }
    let text = report::starter(&read.sources, &read.projects, &read.budgets());
    if is_printed {
        print(&text)?;
        return Ok(PASSED);
    }
    write(&path, &text)?;
    complain(&format!("connbudget: wrote {}; nothing in it counts yet", path.display()));
    Ok(PASSED)
}

/// Writes `text` where nothing is, also where something came to be since that was looked at.
fn write(path: &Path, text: &str) -> Result<(), Box<Failure>> {
    let mut file = match File::options().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Box::new(Failure::Initialised(path.to_owned())));
        }
        Err(error) => return Err(Box::new(Failure::Write { path: path.to_owned(), error })),
    };
    file.write_all(text.as_bytes()).map_err(|error| Box::new(Failure::Write { path: path.to_owned(), error }))
}
