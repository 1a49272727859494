//! Scripts that change a server's settings before it serves: those of `/docker-entrypoint-initdb.d`, and the `RUN` lines
//! of its image. What they set plainly counts; where they may set a limit in another way, it is not known.

use super::steps::{Assignment, By, Step};
use crate::program::Value;
use crate::trace::{Bound, Count, Text};

/// The settings that are looked for.
const LIMITS: [&str; 3] = ["superuser_reserved_connections", "reserved_connections", "max_connections"];
/// Names of the files that a server reads or is set up from.
const FILES: [&str; 4] = ["postgresql.conf", "postgresql.auto.conf", "pg.conf", "postgres.conf"];

/// What a script sets, in the file that the server reads and by `ALTER SYSTEM`.
#[derive(Default)]
pub(super) struct Changes {
    /// Lines that it appends to the configuration file.
    pub(super) file: Vec<Step>,
    /// What it sets by `ALTER SYSTEM`.
    pub(super) system: Vec<Step>,
}

/// The dialect of a script.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Sql,
    Shell,
}

impl Changes {
    /// Takes in what `script` changes.
    pub(super) fn read(&mut self, script: &Text, language: Language) {
        let mut here: Option<Document> = None;
        let mut start = 0;
        for line in script.as_str().split_inclusive('\n') {
            let text = script.slice(start..start + line.len());
            start += line.len();
            if let Some(document) = &here {
                if line.trim() == document.end {
                    here = None;
                } else if document.into_file {
                    self.appended(&text, document.certain);
                } else {
                    self.sql(&text, document.certain);
                }
            } else if language == Language::Sql {
                self.sql(&text, true);
            } else if !line.trim_start().starts_with('#') {
                self.command(&text);
                here = Document::begin(line);
            }
        }
    }

    /// A line of a shell script.
    fn command(&mut self, line: &Text) {
        let written = line.as_str();
        let certain = is_certain(written);
        if find(written, "ALTER SYSTEM").is_some() {
            return self.sql(line, certain);
        }
        if !FILES.iter().any(|file| written.contains(file))
            || !LIMITS.iter().any(|name| written.contains(name))
        {
            return;
        }
        let words: Vec<&str> = written.split_whitespace().collect();
        let appends = matches!(words.first(), Some(&("echo" | "printf"))) && written.contains(">>");
        if appends && let Some(at) = written.find(">>") {
            return self.appended(&line.slice(0..at), certain);
        }
        for name in LIMITS.iter().filter(|name| mention(written, name).is_some()) {
            self.file.push(unclear(name, line));
        }
    }

    /// A line that goes into the configuration file: `max_connections = 200`, also inside `echo "…"`.
    fn appended(&mut self, line: &Text, certain: bool) {
        for name in LIMITS {
            let Some(at) = mention(line.as_str(), name) else { continue };
            if line.as_str()[..at].contains('#') {
                continue;
            }
            let rest = line.slice(at + name.len()..line.len());
            self.file.push(match plain_number(&rest).filter(|_| certain) {
                Some(value) => Step::Set(Assignment::new(name, Value::Known(value), By::File)),
                None => unclear(name, line),
            });
        }
    }

    /// `ALTER SYSTEM SET max_connections = 200`, one or several in a line.
    fn sql(&mut self, line: &Text, certain: bool) {
        let written = line.as_str();
        let code = written.find("--").map_or(written, |comment| &written[..comment]);
        let mut from = 0;
        while let Some(at) = find(&code[from..], "ALTER SYSTEM").map(|at| from + at) {
            let end = code[at..].find(';').map_or(code.len(), |end| at + end);
            self.statement(&line.slice(at..end), certain);
            from = end;
        }
    }

    fn statement(&mut self, statement: &Text, certain: bool) {
        let written = statement.as_str();
        for name in LIMITS {
            let Some(at) = mention(&written.to_ascii_lowercase(), name) else { continue };
            if find(written, "RESET").is_some_and(|reset| reset < at) {
                self.system.retain(|step| !matches!(step, Step::Set(set) if set.name == name));
                continue;
            }
            let rest = statement.slice(at + name.len()..statement.len());
            self.system.push(match plain_number(&rest).filter(|_| certain) {
                Some(value) => Step::Set(Assignment::new(name, Value::Known(value), By::System)),
                None => unclear(name, statement),
            });
        }
    }
}

/// A here document that is being read.
struct Document {
    end: String,
    /// Whether it goes into a configuration file, and not to `psql`.
    into_file: bool,
    certain: bool,
}

impl Document {
    fn begin(line: &str) -> Option<Self> {
        let at = line.find("<<")?;
        let word = line[at + 2..].trim_start_matches(['-', ' ']);
        let end = word.split([' ', '\t', '\n', ';', '|', '>', ')']).next().unwrap_or_default();
        let end = end.trim_matches(['"', '\'', '\\']).to_owned();
        let into_file = FILES.iter().any(|file| line.contains(file)) && line.contains('>');
        let certain = is_certain(line);
        (!end.is_empty() && !word.starts_with('<')).then_some(Self { end, into_file, certain })
    }
}

/// Whether a line of a shell script is run whatever happens: it stands at the margin and begins with a plain command.
fn is_certain(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    !line.starts_with([' ', '\t'])
        && !line.contains("||")
        && !matches!(first, "if" | "[" | "[[" | "test" | "for" | "while" | "case" | "elif" | "else")
        && !first.ends_with(')')
}

/// Where `name` stands as a word of its own.
fn mention(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name)
        .map(|(at, _)| at)
        .find(|&at| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

/// Where `words` stand in `text`, whatever their case.
fn find(text: &str, words: &str) -> Option<usize> {
    text.to_ascii_uppercase().find(words)
}

/// The number in ` = 200`, ` TO '200';`, ` 200"`: digits and nothing that a shell would put something else for.
fn plain_number(rest: &Text) -> Option<Text> {
    let written = rest.as_str();
    let blank = |text: &str| text.len() - text.trim_start().len();
    let mut at = blank(written);
    if written[at..].starts_with('=') {
        at += 1;
    } else if written[at..].get(..2).is_some_and(|word| word.eq_ignore_ascii_case("to")) {
        at += 2;
    }
    at += blank(&written[at..]);
    at += written[at..].len() - written[at..].trim_start_matches(['\'', '\\']).len();
    let digits = written[at..].bytes().take_while(u8::is_ascii_digit).count();
    let behind = written[at + digits..].chars().next();
    let ends = behind.is_none_or(|c| c.is_whitespace() || matches!(c, '\'' | '"' | '\\' | ';' | '#'));
    (digits > 0 && ends).then(|| rest.slice(at..at + digits))
}

fn unclear(name: &str, line: &Text) -> Step {
    let why = "a script may set it in a way that is not followed";
    let at = line.trim();
    let rest = Count::new(Bound::unknown("connections", why), at.trail());
    Step::Set(Assignment::new(name, Value::Partly { prefix: at.slice(0..0), rest }, By::File))
}

#[cfg(test)]
mod tests {
    use super::{Changes, Language};
    use crate::program::postgres::steps::{By, Step};
    use crate::source::{Memory, Sources, TreePath};
    use crate::trace::Text;

    /// Each thing that `script` sets, with who sets it and the number, where there is one.
    fn read(script: &str, language: Language) -> Vec<(String, By, Option<String>)> {
        let sources = Sources::new(Memory::new([("x", script)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let mut changes = Changes::default();
        changes.read(&Text::verbatim(&file, 0..script.len()), language);
        let steps = changes.file.into_iter().chain(changes.system);
        let shown = |step| match step {
            Step::Set(set) => (set.name, set.by, set.value.as_str().map(str::to_owned)),
            Step::Open(_) | Step::Refused(_) => panic!("nothing else is made"),
        };
        steps.map(shown).collect()
    }

    #[test]
    fn plain_settings_count() {
        let max = |by, number: &str| vec![("max_connections".to_owned(), by, Some(number.to_owned()))];
        for script in [
            "ALTER SYSTEM SET max_connections = 200;\n",
            "alter system set MAX_CONNECTIONS to '200';",
            "CREATE TABLE x (); ALTER SYSTEM SET max_connections=200; SELECT 1;",
        ] {
            assert_eq!(read(script, Language::Sql), max(By::System, "200"), "{script}");
        }
        for script in [
            "echo \"max_connections = 300\" >> \"$PGDATA/postgresql.conf\"\n",
            "#!/bin/sh\nset -e\ncat >> $PGDATA/postgresql.conf <<EOF\nshared_buffers = 1GB\nmax_connections 300\nEOF\n",
            "cat <<-'END' >>/usr/share/postgresql/postgresql.conf.sample\nmax_connections='300' # many\nEND\n",
        ] {
            assert_eq!(read(script, Language::Shell), max(By::File, "300"), "{script}");
        }
        let psql = "psql -v ON_ERROR_STOP=1 <<-EOSQL\n\tALTER SYSTEM SET max_connections TO 400;\nEOSQL\n";
        assert_eq!(read(psql, Language::Shell), max(By::System, "400"));
        let inline = "psql -c \"ALTER SYSTEM SET max_connections = 400\"\n";
        assert_eq!(read(inline, Language::Shell), max(By::System, "400"));
    }

    #[test]
    fn what_is_not_plain_is_not_known() {
        for script in [
            "sed -i 's/max_connections = 100/max_connections = 500/' $PGDATA/postgresql.conf\n",
            "echo \"max_connections = ${MAX:-300}\" >> $PGDATA/postgresql.conf\n",
            "if [ -n \"$BIG\" ]; then\n  echo 'max_connections = 300' >> $PGDATA/postgresql.conf\nfi\n",
        ] {
            let found = read(script, Language::Shell);
            assert_eq!(found.len(), 1, "{script}");
            assert_eq!(found[0].2, None, "{script}");
        }
    }

    #[test]
    fn other_lines_say_nothing() {
        for script in [
            "# ALTER SYSTEM SET max_connections = 5\n",
            "echo \"max_connections is $(psql -tc 'SHOW max_connections')\"\n",
            "echo '# max_connections = 5' >> $PGDATA/postgresql.conf\n",
            "export PG_MAX_CONNECTIONS=5\n",
        ] {
            assert_eq!(read(script, Language::Shell), [], "{script}");
        }
        assert_eq!(
            read("-- ALTER SYSTEM SET max_connections = 5;\nSHOW max_connections;\n", Language::Sql),
            []
        );
    }

    proptest::proptest! {
        #[test]
        fn any_script_is_taken(script in "(max_connections|ALTER SYSTEM|SET|TO|=|'|;|>>|<<EOF|\nEOF\n|postgresql.conf|echo| |é|5|\n|--|#){0,20}") {
            read(&script, Language::Sql);
            read(&script, Language::Shell);
        }
    }
}
