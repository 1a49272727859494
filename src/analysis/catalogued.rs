//! What the catalogue of programs says of a service whose own source is not at hand.

use std::sync::OnceLock;

use crate::client::catalogue::{Answer, Catalogue, Circumstances, Entry, Misread, OpenedGroup, Ran};
use crate::client::{Pool, Url};
use crate::deployment::{Group, Overlap};
use crate::platform::{Container, Environment, Service, Unread};
use crate::program::{Running, Started, Stranger, Value};
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Problem, ProblemKind, Text};

use super::member::Read;

/// The entries, read once.
fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    // A test holds that the built-in entries load. Were one broken, every program would stay unknown, and be said to be.
    CATALOGUE.get_or_init(|| Catalogue::built_in().unwrap_or_default())
}

/// Whether an entry tells what a program of this image opens.
pub(super) fn knows(image: &Text) -> bool {
    Catalogue::may_know(image.as_str()) && catalogue().by_image(image).is_some()
}

fn first_word(stranger: &Stranger) -> &str {
    stranger.words.first().and_then(Value::as_str).unwrap_or_default()
}

/// A service that the catalogue is asked about.
pub(super) struct Catalogued<'a> {
    pub(super) sources: &'a Sources,
    pub(super) service: &'a Service,
    pub(super) container: &'a Container,
    /// What it dials, as far as its variables and words tell.
    pub(super) database: Option<&'a Url>,
}

/// What came of asking about everything that a service runs.
#[derive(Default)]
pub(super) struct Found {
    pub(super) groups: Vec<(Group, Vec<Pool>)>,
    /// Whether something was recognised at all, perhaps as opening nothing.
    pub(super) recognised: bool,
    /// Why something that runs stays unknown, in the words of its entry or of whoever met it.
    pub(super) unknown: Option<(String, Option<Span>)>,
    /// The same of something that runs beside what is known.
    pub(super) unknown_beside: Option<(String, Option<Span>)>,
}

impl Catalogued<'_> {
    /// What runs where the image's own entrypoint hands the command's words to its program: `celery worker` of Airflow's
    /// image is no celery. `None` where the words are a command of their own.
    pub(super) fn arguments(&self) -> Option<Running> {
        let words = &self.container.words;
        let first = words.first()?;
        let is_command = first.as_str().contains('/')
            || matches!(
                first.as_str(),
                "bash" | "sh" | "python" | "python3" | "exec" | "env" | "tini" | "dumb-init"
            );
        if is_command || self.service.entrypoint.is_some() || !self.by_image()?.takes_words {
            return None;
        }
        let stranger = Stranger {
            why: Unread::new(format!("{first} is for the image's own entrypoint"), first.trail()),
            words: words.iter().cloned().map(Value::Known).collect(),
            environment: self.container.environment.clone(),
            working_dir: self.container.working_dir.clone(),
            repeated: false,
            beside: false,
        };
        Some(Running { strangers: vec![stranger], ..Running::default() })
    }

    /// What the programs open that nobody else knows.
    pub(super) fn found(&self, running: &Running, read: &mut Read) -> Found {
        let mut found = Found::default();
        let own = self.by_image();
        let is_named =
            |stranger: &Stranger| own.is_some_and(|entry| entry.is_started_by(first_word(stranger)));
        let by_name = running.strangers.iter().any(is_named);
        for (index, stranger) in running.strangers.iter().enumerate() {
            // What runs beside the image's own program is none of it: only one word may be for its entrypoint.
            let is_own = is_named(stranger) || index == 0 && !by_name;
            let entry = own.filter(|_| is_own).or_else(|| catalogue().by_command(first_word(stranger)));
            let entry = entry.or_else(|| self.library(stranger));
            let Some(entry) = entry else {
                let unknown = (stranger.why.value.clone(), stranger.why.trail.place());
                if stranger.beside {
                    found.unknown_beside.get_or_insert(unknown.clone());
                }
                found.unknown.get_or_insert(unknown);
                continue;
            };
            self.stranger(entry, stranger, &mut found, read);
        }
        let by_variables = || catalogue().by_variables(&self.container.environment);
        let silent = running.started.is_empty() && running.strangers.is_empty() && running.guests.is_empty();
        if silent
            && self.container.words.is_empty()
            && self.container.unread.is_empty()
            && let Some(entry) = self.by_image().or_else(by_variables)
        {
            let answer =
                self.ask(entry, Ran::ImageCommand, &self.container.environment, &self.container.working_dir);
            self.take(answer, false, &mut found, read);
        }
        found
    }

    /// The pools of one process of `started`, which a known program runs and whose code is not at hand, none where it
    /// opens nothing; `None` where no entry knows it.
    pub(super) fn pools(&self, started: &Started, read: &mut Read) -> Option<(Vec<Pool>, Option<Count>)> {
        let target = Text::traced(started.target(), started.trail());
        let module = started.target().split(['.', ':']).next().unwrap_or_default();
        let entry = self.by_image().or_else(|| catalogue().by_command(module))?;
        let counts = [&started.processes, &started.threads, &started.concurrency].map(Clone::clone);
        let program = started.program.split(' ').map(|word| Text::traced(word, started.trail()));
        let words = program.chain([target]).collect();
        let ran = Ran::Program { words, counts: Box::new(counts) };
        match self.ask(entry, ran, &started.environment, &started.working_dir) {
            Answer::Passes => Some((Vec::new(), None)),
            Answer::Elsewhere if self.database.is_none() => Some((Vec::new(), None)),
            Answer::Elsewhere | Answer::Unrecognised(_) => None,
            Answer::Opened(groups, misread) => {
                self.note(misread, read);
                let engines = groups.first().map(|group| group.engines.clone());
                Some((groups.into_iter().flat_map(|group| group.pools).collect(), engines))
            }
        }
    }

    fn stranger(&self, entry: &Entry, stranger: &Stranger, found: &mut Found, read: &mut Read) {
        // A word that is not known keeps its place, so that the next one is not taken for an option's value.
        let word = |word: &Value| word.known().cloned().unwrap_or_else(|| word.beginning().slice(0..0));
        let known = stranger.words.iter().map(word).collect();
        let unsure = stranger.words.iter().find(|word| word.is_anything()).map(Value::trail);
        let ran = Ran::Words { words: known, unsure };
        let answer = self.ask(entry, ran, &stranger.environment, &stranger.working_dir);
        self.take(answer, stranger.repeated, found, read);
    }

    /// The entry of the image that the service names, or else of the one that it is built from.
    fn by_image(&self) -> Option<&'static Entry> {
        let images = [&self.service.image, &self.container.image].into_iter().flatten();
        images
            .filter(|image| Catalogue::may_know(image.as_str()))
            .find_map(|image| catalogue().by_image(image))
    }

    /// The library that a program of the project's own is built on, where it dials a database at all: a project may
    /// name a library and use another database, while the variables of a library say what it dials.
    fn library(&self, stranger: &Stranger) -> Option<&'static Entry> {
        let folders = self.folders(&stranger.working_dir);
        let dials = self.database.is_some();
        let found = catalogue().by_manifest(self.sources, &folders, first_word(stranger)).filter(|_| dials);
        found.or_else(|| catalogue().by_variables(&stranger.environment))
    }

    /// The folders in which the project of a process may stand: where it starts, and what its image is built from.
    fn folders(&self, working_dir: &str) -> Vec<TreePath> {
        let starts_in = self.container.files.locate(self.sources, working_dir);
        let built_from = self.service.build.as_ref().and_then(|build| build.folder.clone());
        starts_in.into_iter().chain(built_from).collect()
    }

    fn place(&self) -> Option<Span> {
        let image = self.service.image.as_ref().or(self.container.image.as_ref());
        image.and_then(Text::span).or_else(|| self.service.name.span())
    }

    fn ask(&self, entry: &Entry, ran: Ran, environment: &Environment, working_dir: &str) -> Answer {
        entry.opened(&Circumstances {
            sources: self.sources,
            files: &self.container.files,
            folders: &self.folders(working_dir),
            environment,
            ran,
            place: self.place(),
            database: self.database,
        })
    }

    fn take(&self, answer: Answer, repeated: bool, found: &mut Found, read: &mut Read) {
        match answer {
            Answer::Passes => found.recognised = true,
            Answer::Elsewhere if self.database.is_none() => found.recognised = true,
            Answer::Elsewhere => {
                let why = "its own data is elsewhere, but a variable of it names this server".to_owned();
                found.unknown.get_or_insert((why, self.place()));
            }
            Answer::Unrecognised(why) => {
                let place = self.container.place().or_else(|| self.place());
                found.unknown.get_or_insert((why, place));
            }
            Answer::Opened(groups, misread) => {
                found.recognised = true;
                self.note(misread, read);
                let alone = groups.len() == 1;
                for group in groups {
                    found.groups.push(self.group(group, alone, repeated));
                }
            }
        }
    }

    fn group(&self, opened: OpenedGroup, alone: bool, repeated: bool) -> (Group, Vec<Pool>) {
        let service = &self.service.name;
        let mut processes = opened.processes;
        if repeated {
            let why = "it is started in a loop that goes round an unknown number of times";
            processes.value = Bound::unknown("processes", why);
        }
        let name = if alone { service.to_string() } else { format!("{service} ({})", opened.name) };
        let trail = processes.trail.clone();
        let group = Group {
            replicas: self.service.replicas.clone(),
            processes,
            threads: opened.threads,
            concurrency: opened.concurrency,
            engines: opened.engines,
            overlap: Overlap { rollout: self.service.rollout.clone(), ..Overlap::default() },
            ..Group::of_one(name, &trail)
        };
        (group, opened.pools)
    }

    /// Values that should have been counts.
    fn note(&self, misread: Vec<Misread>, read: &mut Read) {
        for Misread { setting, flaw } in misread {
            if let Some(span) = flaw.text.span() {
                let file = self.sources.file(span.file);
                let message = format!("{setting} {}", flaw.words());
                read.problems.push(Problem::at(ProblemKind::NotANumber, &file.path, span, message));
            }
        }
    }
}
