//! How a container comes to PgBouncer, and which file or variables configure it.

use super::image::{Flavor, Image, image};
use super::reader::Reader;
use super::{Pooler, variables};
use crate::platform::{Container, Found, Unread};
use crate::program::Value;
use crate::program::command::variable;
use crate::program::launch::{Reach, calls, reached};
use crate::program::shell::Call;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Origin, Text, Trail};

use super::build::Unset;

/// Scripts of images that start PgBouncer with what is behind them, or with their own file.
const ENTRYPOINTS: [&str; 4] = ["pgbouncer", "entrypoint.sh", "docker-entrypoint.sh", "run.sh"];

/// Where an image that is not known may have its file.
const PLACES: [&str; 6] = [
    "/etc/pgbouncer/pgbouncer.ini",
    "/bitnami/pgbouncer/conf/pgbouncer.ini",
    "/etc/pgbouncer.ini",
    "/pgbouncer/pgbouncer.ini",
    "/pgbouncer.ini",
    "/pgconf/pgbouncer.ini",
];

const MADE: &str = "a script makes PgBouncer's file when the container starts";

/// What configures a PgBouncer.
enum Start {
    /// The file at this absolute path inside.
    File { inside: TreePath, at: Text },
    /// What its image does by itself.
    Image,
    /// That is not known.
    Unknown(Count),
}

/// The PgBouncer that `container` is.
pub(super) fn pgbouncer(sources: &Sources, container: &Container) -> Option<Pooler> {
    let image = container.image.as_ref().and_then(image);
    let (start, processes) = start(sources, container, image.as_ref())?;
    let place = container.place().or_else(|| image.as_ref().and_then(|image| image.reference.span()));
    let running = Running { sources, container, image, place, processes };
    let is_the_images = matches!(start, Start::Image) || !container.has_entrypoint;
    Some(match start {
        _ if is_the_images && running.is_overwritten() => running.by_variables(),
        Start::Unknown(lost) => Pooler::unread("pgbouncer", running.processes, &lost),
        Start::File { inside, at } => running.by_file(&inside, &at),
        Start::Image => running.by_image(),
    })
}

struct Running<'a> {
    sources: &'a Sources,
    container: &'a Container,
    image: Option<Image>,
    place: Option<Span>,
    processes: Count,
}

impl Running<'_> {
    fn reader(&self) -> Reader<'_> {
        let release = self.image.as_ref().and_then(|image| image.release);
        Reader::new(self.sources, &self.container.files, &self.container.working_dir, release)
    }

    fn flavor(&self) -> Option<Flavor> {
        self.image.as_ref().map(|image| image.flavor)
    }

    /// Whether the image's entrypoint writes its file whatever stands there, and goes on: pgbouncer/pgbouncer's takes no
    /// words, writes over a mounted file, and ends without `DATABASES_HOST` (`image.rs` names what was read). Without that
    /// variable a file that the project puts there counts, lest an image that has changed be taken for one that ends.
    fn is_overwritten(&self) -> bool {
        self.flavor() == Some(Flavor::Sections)
            && variable(&self.container.environment, "DATABASES_HOST")
                .is_some_and(|host| host.is_empty() != Some(true))
    }

    /// Configured by the file at `inside`, which `at` names.
    fn by_file(self, inside: &TreePath, at: &Text) -> Pooler {
        if let Some(pooler) = self.placed(inside.as_str()) {
            return pooler;
        }
        let own = match self.flavor() {
            Some(Flavor::Bitnami) => inside.as_str() == "/opt/bitnami/pgbouncer/conf/pgbouncer.ini",
            Some(Flavor::Edoburu | Flavor::Sections | Flavor::Brainsam) => inside.as_str() == PLACES[0],
            Some(Flavor::Unknown) => PLACES.contains(&inside.as_str()),
            Some(Flavor::Plain) | None => false,
        };
        if own {
            // A script of the project's own may stand in for the image's, whatever it calls the file.
            if let Some(at) = rewritten(self.sources, self.container, "") {
                return self.lost(at, MADE.to_owned());
            }
            return self.by_variables();
        }
        self.lost(at.trail(), format!("PgBouncer reads {inside}, which is not among these files"))
    }

    /// Started without a word, as its image does.
    fn by_image(self) -> Pooler {
        let places: &[&str] = match self.flavor() {
            Some(Flavor::Bitnami) => &PLACES[1..2],
            Some(Flavor::Unknown) | None => &PLACES,
            _ => &PLACES[..1],
        };
        if let Some(pooler) = places.iter().find_map(|inside| self.placed(inside)) {
            return pooler;
        }
        self.by_variables()
    }

    /// Configured by the file that the project puts at `inside`; `None` where it puts none there.
    fn placed(&self, inside: &str) -> Option<Pooler> {
        let Some(found) = self.container.files.open(self.sources, &TreePath::new(inside)) else {
            let missing = self.container.files.missing(self.sources, inside)?;
            let trail = self.trail();
            return Some(
                self.lost(trail, format!("PgBouncer reads {missing}, which is not among these files")),
            );
        };
        if let Some(at) = rewritten(self.sources, self.container, TreePath::new(inside).file_name()) {
            return Some(self.lost(at, MADE.to_owned()));
        }
        let mut reader = self.reader();
        reader.file(&found);
        Some(reader.finish(&Unset { place: self.place, unknown: None }, self.processes.clone()))
    }

    fn by_variables(self) -> Pooler {
        let Some(image) = &self.image else {
            return self.lost(self.trail(), "nothing says what configures PgBouncer".to_owned());
        };
        let mut reader = self.reader();
        let known =
            variables::read(&mut reader, image.flavor, &self.container.environment, image.reference.span());
        let why = match image.flavor {
            Flavor::Plain => "this image reads /etc/pgbouncer/pgbouncer.ini, which is not among these files",
            _ => "how this image configures PgBouncer is not known",
        };
        let unknown = Unread::new(why.to_owned(), image.reference.trail());
        let unknown = matches!(image.flavor, Flavor::Plain | Flavor::Unknown).then_some(&unknown);
        let place = image.reference.span();
        let mut pooler = reader.finish(&Unset { place, unknown }, self.processes.clone());
        // The image adds its own to a list that is mounted.
        pooler.known_users = match (pooler.known_users.take(), known) {
            (Some(listed), Some(own)) => Some([listed, own].concat()),
            (listed, own) => listed.or(own),
        };
        if let Some(Unread { value, trail }) = unknown.filter(|_| pooler.databases.is_empty()) {
            pooler.unread = Some(Count::new(Bound::unknown("connections", value.as_str()), trail.clone()));
        }
        pooler
    }

    fn trail(&self) -> Trail {
        let default = || Trail::new(Origin::default_of("PgBouncer's configuration file"));
        self.place.map_or_else(default, Trail::written)
    }

    fn lost(&self, trail: Trail, why: String) -> Pooler {
        let lost = Count::new(Bound::unknown("connections", why), trail);
        Pooler::unread("pgbouncer", self.processes.clone(), &lost)
    }
}

/// What starts PgBouncer in `container`, and how many processes of it; `None` where nothing does.
fn start(sources: &Sources, container: &Container, image: Option<&Image>) -> Option<(Start, Count)> {
    let one = |trail| Count::new(Bound::ONE, trail);
    let Some(first) = container.words.first() else {
        if let Some(image) = image {
            return Some((Start::Image, one(image.reference.trail())));
        }
        // Nothing says what runs, but who else would read such a file?
        let found = PLACES.iter().find_map(|inside| container.files.open(sources, &TreePath::new(inside)))?;
        let trail = match found {
            Found::Text(text) => text.trail(),
            Found::File(path) => Trail::written(sources.load_lossy(&path).ok()?.at(0..0)),
        };
        return Some((Start::Image, one(trail)));
    };
    if image.is_none() && !mentions(sources, container, "pgbouncer") {
        return None;
    }
    let names = if image.is_some() { &ENTRYPOINTS[..] } else { &ENTRYPOINTS[..1] };
    let ways = calls(sources, container, names);
    let Some(most) = ways.iter().max_by_key(|way| way.len()).filter(|way| !way.is_empty()) else {
        image?;
        return match reached(sources, container, names) {
            Reach::Never => None,
            _ => Some((
                Start::Unknown(unknown(first, "what this command gives PgBouncer is not known")),
                one(first.trail()),
            )),
        };
    };
    let call = &most[0];
    let at = call.words.first().map_or_else(|| first.clone(), |word| word.beginning().clone());
    let alike = ways.iter().flatten().all(|other| other.words == call.words);
    let start = if alike {
        configured(call, &at, image.is_some())
    } else {
        Start::Unknown(unknown(&at, "PgBouncer may be started here with one file or another"))
    };
    let processes = match u64::try_from(most.len()) {
        Ok(number) if !most.iter().any(|call| call.repeated) => Bound::Exactly(number),
        _ => {
            Bound::unknown("processes", "it is started in a loop that goes round an unknown number of times")
        }
    };
    Some((start, Count::new(processes, at.trail())))
}

/// The file that `call` names (`main.c`: options, then the file).
fn configured(call: &Call, at: &Text, has_image: bool) -> Start {
    let is_script = |word: &Value| {
        word.as_str()
            .and_then(|word| word.rsplit('/').next())
            .is_some_and(|base| ENTRYPOINTS[1..].contains(&base))
    };
    let words = &call.words[call.words.iter().take_while(|word| is_script(word)).count()..];
    let mut words = words.iter();
    if words.next().is_none() {
        return Start::Image;
    }
    while let Some(word) = words.next() {
        let Some(text) = word.known() else {
            return Start::Unknown(unknown(
                word.beginning(),
                &format!("PgBouncer's file is not known: {}", word.why()),
            ));
        };
        match text.as_str() {
            // `-qu postgres`: the user's name is the next word.
            "--user" => {
                words.next();
            }
            option
                if !option.starts_with("--")
                    && option.starts_with('-')
                    && option.find('u') == Some(option.len() - 1) =>
            {
                words.next();
            }
            option if option.starts_with('-') && option != "-" => {}
            path => {
                let inside = TreePath::new("/").join(&call.working_dir).join(path);
                return Start::File { inside, at: text.clone() };
            }
        }
    }
    if has_image {
        Start::Image
    } else {
        Start::Unknown(unknown(at, "PgBouncer is given no configuration file"))
    }
}

fn unknown(at: &Text, why: &str) -> Count {
    Count::new(Bound::unknown("connections", why), at.trail())
}

/// Whether a word of the command, or the script that one names, speaks of `program`.
pub(super) fn mentions(sources: &Sources, container: &Container, program: &str) -> bool {
    container.words.iter().any(|word| word.as_str().contains(program))
        || scripts(sources, container).any(|script| script.as_str().contains(program))
}

/// The lines of scripts that the command names, the command's own among them.
fn scripts<'a>(sources: &'a Sources, container: &'a Container) -> impl Iterator<Item = Text> + 'a {
    container.words.iter().filter_map(|word| {
        let inside = TreePath::new("/").join(&container.working_dir).join(word.as_str());
        match container.files.open(sources, &inside)? {
            Found::Text(text) => Some(text),
            Found::File(path) => {
                let file = sources.load(&path).ok()?;
                Some(Text::verbatim(&file, 0..file.text.len()))
            }
        }
    })
}

/// Where a script of `container`, or a command that built its image, writes a file called `name`: what stands in the tree
/// is then not what counts.
fn rewritten(sources: &Sources, container: &Container, name: &str) -> Option<Trail> {
    const WRITERS: [&str; 9] =
        [">", "envsubst", "sed ", "tee ", "gomplate", "dockerize", "awk ", "perl ", "confd"];
    // Of these a variable mostly names the file.
    const IN_PLACE: [&str; 2] = ["envsubst", "sed -i"];
    let writes = |line: &str, in_place: &[&str]| {
        // What only goes to the terminal or nowhere writes nothing.
        let line = line.trim_start().replace(">&", "").replace("> /dev/null", "").replace(">/dev/null", "");
        let has = |writer: &&str| line.contains(*writer);
        !line.starts_with('#') && (in_place.iter().any(has) || line.contains(name) && WRITERS.iter().any(has))
    };
    let first = |text: &Text, in_place: &[&str]| {
        let line = text.as_str().lines().find(|line| writes(line, in_place))?;
        Some(text.slice_of(line.trim()).trail())
    };
    let built = || container.built_by.iter().filter(|_| !name.is_empty()).find_map(|text| first(text, &[]));
    let started = container.words.iter().cloned().chain(scripts(sources, container));
    started.into_iter().find_map(|text| first(&text, &IN_PLACE)).or_else(built)
}
