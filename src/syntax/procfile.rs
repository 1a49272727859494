//! Procfiles: a process type and its command line (<https://devcenter.heroku.com/articles/procfile>).

use std::ops::Range;

use crate::source::{SourceFile, Span};
use crate::trace::Text;

/// One line of a Procfile.
#[derive(Clone, Debug)]
pub struct ProcessType {
    /// Its name: `web`.
    pub name: Text,
    /// The line that a shell runs.
    pub command: Text,
    /// Where the line stands.
    pub place: Span,
}

/// The process types of a Procfile in order. As in Foreman and Heroku, a line of any other form is no process.
pub fn parse(file: &SourceFile) -> Vec<ProcessType> {
    (0..file.lines()).filter_map(|index| process_type(file, file.line_range(index)?)).collect()
}

fn process_type(file: &SourceFile, line: Range<usize>) -> Option<ProcessType> {
    let (name, command) = Text::verbatim(file, line.clone()).split_once(':')?;
    let (name, command) = (name.trim(), command.trim());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_process = !name.is_empty() && name.as_str().chars().all(plain) && !command.is_empty();
    is_process.then(|| ProcessType { name, command, place: file.at(line) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn only_lines_with_a_name_and_a_command_are_processes() {
        let text = "web: gunicorn app:app -w 3\n# worker: celery\n\nworker:\nclock-2 :  python clock.py\r\n";
        let sources = Sources::new(Memory::new([("Procfile", text)]));
        let processes = parse(&sources.load(&TreePath::new("Procfile")).unwrap());
        let read: Vec<_> = processes.iter().map(|p| (p.name.as_str(), p.command.as_str())).collect();
        assert_eq!(read, [("web", "gunicorn app:app -w 3"), ("clock-2", "python clock.py")]);
    }
}
