//! What `${NAME}` means in a compose file: what was given on the command line, before what dotenv files say.

use indexmap::IndexMap;

use super::decisive;
use super::refusals::Refusals;
use crate::source::SourceFile;
use crate::syntax::dotenv::{self, Dialect, End};
use crate::trace::{Origin, Problem, ProblemKind, Text};

/// The name of the project, which compose always sets.
const PROJECT_NAME: &str = "COMPOSE_PROJECT_NAME";

/// The length from which a value has one origin. No URL, no list of options is that long.
const MAX_PIECED: usize = 4096;

/// Variables for interpolation.
pub(super) struct Variables<'a> {
    above: Above<'a>,
    own: IndexMap<String, Text>,
    project_name: Option<Text>,
}

/// What beats the variables of the files.
enum Above<'a> {
    /// What was given on connbudget's command line: the shell's part.
    Given(&'a dyn Fn(&str) -> Option<Text>),
    /// The variables of the file that includes this one.
    Including(&'a Variables<'a>),
}

impl<'a> Variables<'a> {
    /// Nothing but what was given on the command line.
    pub(super) fn given(given: &'a dyn Fn(&str) -> Option<Text>) -> Self {
        Self { above: Above::Given(given), own: IndexMap::new(), project_name: None }
    }

    /// The variables of an included file: its own dotenv files fill what the including one does not set.
    pub(super) fn included(including: &'a Variables<'a>) -> Self {
        Self { above: Above::Including(including), own: IndexMap::new(), project_name: None }
    }

    /// The value of `name`.
    pub(super) fn get(&self, name: &str) -> Option<Text> {
        if name == PROJECT_NAME && self.project_name.is_some() {
            return self.project_name.clone();
        }
        let above = match &self.above {
            Above::Given(given) => given(name),
            Above::Including(variables) => variables.get(name),
        };
        above.or_else(|| self.own.get(name).cloned())
    }

    /// Reads `files` one after the other, a later one beating the earlier ones, and adds what is not set yet
    /// (`dotenv.GetEnvFromFile` and `Mapping.Merge`). With `step`, every value takes it: the file stands in for another.
    pub(super) fn add_files(
        &mut self,
        files: &[std::sync::Arc<SourceFile>],
        step: Option<&Origin>,
        refusals: &mut Refusals<'_>,
    ) {
        let mut added: IndexMap<String, Text> = IndexMap::new();
        for file in files {
            let lookup = |name: &str| self.get(name).or_else(|| added.get(name).cloned());
            let (read, _) = read_file(file, Dialect::Compose, &lookup, refusals);
            for (name, value) in read {
                if name.is_empty()
                    && let (Above::Given(_), Some(span)) = (&self.above, value.text.span())
                {
                    // `setEnvWithDotEnv` puts every variable of the project's files into its own environment.
                    refusals.malformed(
                        span,
                        "this is a value without a name, with which docker compose does not start",
                    );
                }
                let value = step.map_or_else(|| value.text.clone(), |step| value.text.clone().then(step));
                added.insert(name, in_one_piece(value));
            }
        }
        for (name, value) in added {
            self.own.entry(name).or_insert(value);
        }
    }

    /// Sets the project's name.
    pub(super) fn set_project_name(&mut self, name: Text) {
        self.project_name = Some(name);
    }

    /// The name that a variable gives to the project.
    pub(super) fn given_project_name(&self) -> Option<Text> {
        self.get(PROJECT_NAME).filter(|name| !name.is_empty())
    }
}

/// A long value with one origin for all of it: put together out of thousands of others (`B=$A$A`, `C=$B$B`), it would bring
/// all of theirs wherever it is used.
fn in_one_piece(value: Text) -> Text {
    if value.len() > MAX_PIECED { Text::traced(value.as_str(), value.trail()) } else { value }
}

/// A variable of a dotenv file.
pub(super) struct Assigned {
    /// Its name, in the file.
    pub(super) name: Text,
    /// Its value.
    pub(super) text: Text,
}

/// What `file` sets, and whether compose refuses it; its faults go among `refusals`.
pub(super) fn read_file(
    file: &SourceFile,
    dialect: Dialect,
    lookup: &dyn Fn(&str) -> Option<Text>,
    refusals: &mut Refusals<'_>,
) -> (IndexMap<String, Assigned>, bool) {
    dotenv::note_reader(refusals.sources, &file.path, dialect);
    let reading = dotenv::read(file, dialect, lookup);
    for error in &reading.errors {
        let problem = Problem::at(ProblemKind::MalformedFile, &file.path, error.span, error.message.clone());
        refusals.add(if reading.end == End::Refused {
            problem.help("docker compose does not start with this file")
        } else {
            problem
        });
    }
    for name in reading.unset.iter().filter(|name| decisive::in_dotenv(&reading, name)) {
        refusals.unset(name);
    }
    let refused = reading.end == End::Refused;
    let assigned = reading.entries.into_iter().filter_map(|entry| {
        let text = entry.value.known()?.clone();
        Some((entry.name.as_str().to_owned(), Assigned { name: entry.name, text }))
    });
    (assigned.collect(), refused)
}
