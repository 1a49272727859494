//! What is made of the command line's own description: completions for shells, and man pages.

use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use super::arguments::{Arguments, ManArguments};
use super::failure::Failure;
use super::output::print;

/// The name under which shells and manuals know the program.
const NAME: &str = "connbudget";

/// Prints the completions of `shell`.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<(), Box<Failure>> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    // The script is made of this program's own names and help.
    print(&String::from_utf8_lossy(&script))
}

/// Prints the page of a command, or writes those of all of them into a folder.
pub(super) fn man(arguments: &ManArguments) -> Result<(), Box<Failure>> {
    let mut whole = Arguments::command().disable_help_subcommand(true);
    whole.build();
    if let Some(folder) = &arguments.dir {
        return write_all(&whole, folder);
    }
    let command = match &arguments.command {
        None => &whole,
        Some(name) => whole.find_subcommand(name).ok_or_else(|| Failure::UnknownCommand(name.to_owned()))?,
    };
    print(&page(command)?)
}

fn write_all(whole: &clap::Command, folder: &Path) -> Result<(), Box<Failure>> {
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set());
    for command in std::iter::once(whole).chain(shown) {
        let path = folder.join(format!("{}.1", name(command)));
        let page = page(command)?;
        std::fs::write(&path, page).map_err(|error| Failure::Write { path, error })?;
    }
    Ok(())
}

/// `connbudget-lint` for `lint`, as man knows the pages of commands.
fn name(command: &clap::Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

fn page(command: &clap::Command) -> Result<String, Box<Failure>> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).title(name(command).to_uppercase()).section("1");
    man.source(format!("{NAME} {}", env!("CARGO_PKG_VERSION"))).render(&mut page).map_err(Failure::Output)?;
    // What stands below the help are the exit codes, and a manual has a name for those.
    Ok(String::from_utf8_lossy(&page).replace(".SH EXTRA", ".SH \"EXIT STATUS\""))
}
