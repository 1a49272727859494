//! Where supervisord finds its configuration, and what that includes (supervisor 4.3.0, `options.py`).

use super::percent::Refusal;
use crate::platform::Unread;
use crate::program::Value;
use crate::program::shell::{Call, World};
use crate::source::TreePath;
use crate::syntax::ini::{self, Ini};
use crate::trace::Text;

/// Where it looks without `-c`, seen from the folder it starts in, when it is installed as `/usr/bin/supervisord`.
const PLACES: [&str; 6] = [
    "/usr/etc/supervisord.conf",
    "/usr/supervisord.conf",
    "supervisord.conf",
    "etc/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
];

/// What the configuration that a distribution installs includes: Debian's `supervisor`, Alpine's, Fedora's.
const INSTALLED: [(&str, &str); 3] = [
    ("/etc/supervisor/supervisord.conf", "/etc/supervisor/conf.d/*.conf"),
    ("/etc/supervisord.conf", "/etc/supervisor.d/*.ini"),
    ("/etc/supervisord.conf", "/etc/supervisord.d/*.ini"),
];

/// Options that take the next word.
const VALUED: [&str; 24] = [
    "-u",
    "-m",
    "-d",
    "-l",
    "-y",
    "-z",
    "-e",
    "-j",
    "-i",
    "-q",
    "-a",
    "--user",
    "--umask",
    "--directory",
    "--logfile",
    "--logfile_maxbytes",
    "--logfile_backups",
    "--loglevel",
    "--pidfile",
    "--identifier",
    "--childlogdir",
    "--minfds",
    "--minprocs",
    "--profile_options",
];

/// What supervisord is configured with.
pub(super) struct Config {
    /// All of it, included files laid over the first.
    pub(super) ini: Ini,
    /// The folder of the file, as the process sees it: `%(here)s`.
    pub(super) folder: String,
    /// Whether the first file is the one that a distribution installs, which is not at hand.
    installed: bool,
}

impl Config {
    /// The configuration that `call` is started with.
    pub(super) fn of(world: &World<'_>, call: &Call) -> Result<Self, Unread> {
        let named = option(call)?;
        let wanted: Vec<&str> = named.as_ref().map_or_else(|| PLACES.to_vec(), |path| vec![path.as_str()]);
        let found = wanted.iter().find(|path| world.locate(&call.working_dir, path).is_some());
        if let Some(path) = found {
            let inside = TreePath::new(&call.working_dir).join(path);
            let at = named.as_ref().unwrap_or_else(|| call.words[0].beginning());
            return Self::read(world, &inside, call, at);
        }
        let installed = INSTALLED.iter().filter(|(path, _)| wanted.contains(path));
        let files: Vec<String> = installed.flat_map(|(_, pattern)| world.glob("/", pattern)).collect();
        let place = named.as_ref().unwrap_or_else(|| call.words[0].beginning());
        if files.is_empty() {
            let why = match &named {
                Some(path) => format!("supervisord's configuration {path} is not among these files"),
                None => "no configuration of supervisord is among these files".to_owned(),
            };
            return Err(Unread::new(why, place.trail()));
        }
        let mut config = Self { ini: Ini::default(), folder: "/etc/supervisor".to_owned(), installed: true };
        config.include(world, &files, place)?;
        Ok(config)
    }

    /// The group that `program` belongs to: one of its own name where no other names it.
    pub(super) fn group_of<'c>(&'c self, program: &'c str) -> &'c str {
        let names = |section: &ini::Section| {
            let programs = section.options.get("programs");
            programs
                .is_some_and(|programs| programs.value.as_str().split(',').any(|name| name.trim() == program))
        };
        let groups = self
            .ini
            .sections
            .iter()
            .filter_map(|(name, section)| Some((name.strip_prefix("group:")?, section)));
        groups.into_iter().find(|(_, section)| names(section)).map_or(program, |(name, _)| name)
    }

    /// What supervisord refuses of the whole; `at` is the place of what no section says.
    pub(super) fn refusals(&self, at: &Text) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if !self.installed && !self.ini.sections.contains_key("supervisord") {
            let at = self.ini.sections.values().next().map_or(at, |section| &section.name).clone();
            refusals.push(Refusal { at, why: "wants a [supervisord] section".to_owned() });
        }
        for (name, section) in &self.ini.sections {
            let programs = section.options.get("programs").filter(|_| name.starts_with("group:"));
            for program in programs.iter().flat_map(|programs| programs.value.as_str().split(',')) {
                let known =
                    |kind: &str| self.ini.sections.contains_key(&format!("{kind}:{}", program.trim()));
                if !known("program") && !known("fcgi-program") {
                    let why = format!("knows no program `{}` for this group", program.trim());
                    refusals.push(Refusal { at: section.name.clone(), why });
                }
            }
        }
        refusals
    }

    fn read(world: &World<'_>, path: &TreePath, call: &Call, at: &Text) -> Result<Self, Unread> {
        let mut config = Self { ini: Ini::default(), folder: path.parent().to_string(), installed: false };
        config.include(world, &[path.to_string()], at)?;
        let Some(files) = config.ini.get("include", "files").cloned() else { return Ok(config) };
        let lookup = |name: &str, _: &Text| {
            let variable = call.environment.get(name.strip_prefix("ENV_")?)?;
            Some(super::percent::Argument::Word(Value::Known(variable.clone())))
        };
        let patterns = match super::percent::format(&files, &lookup) {
            Ok(Value::Known(patterns)) => patterns,
            Ok(unknown) => return Err(Unread::new(unknown.why(), files.trail())),
            Err(Refusal { at, why }) => {
                return Err(Unread::new(
                    format!("supervisord does not start with this: it {why}"),
                    at.trail(),
                ));
            }
        };
        for pattern in patterns.as_str().split_whitespace() {
            // A pattern that matches nothing is a warning to supervisord, no error.
            let found = world.glob(&config.folder, pattern);
            config.include(world, &found, &patterns.slice_of(pattern))?;
        }
        Ok(config)
    }

    /// Lays `files` over what was read.
    fn include(&mut self, world: &World<'_>, files: &[String], at: &Text) -> Result<(), Unread> {
        for inside in files {
            let Some(found) = world.locate("/", inside) else { continue };
            world.note(&found);
            let file =
                world.sources.load(&found).map_err(|error| Unread::new(error.to_string(), at.trail()))?;
            let mut ini = ini::read(&file, ini::SUPERVISOR);
            let folder = TreePath::new(inside).parent().to_string();
            for setting in ini.sections.values_mut().flat_map(|section| section.options.values_mut()) {
                setting.value = with_here(&setting.value, &folder);
            }
            self.ini.merge(ini);
        }
        Ok(())
    }
}

/// The word behind `-c`; an error where it is not known.
fn option(call: &Call) -> Result<Option<Text>, Unread> {
    let mut words = call.words.iter().skip(1);
    while let Some(word) = words.next() {
        let text = word.beginning().as_str();
        let value = match text {
            "-c" | "--configuration" => words.next().cloned(),
            _ if text.starts_with("--configuration=") => Some(word.behind("--configuration=".len())),
            _ if text.starts_with("-c") => Some(word.behind(2)),
            _ if VALUED.contains(&text) => {
                words.next();
                continue;
            }
            // Flags may stand together: `-nc file`.
            _ if text.starts_with('-') && !text.starts_with("--") && text.ends_with('c') => {
                words.next().cloned()
            }
            _ => continue,
        };
        return match value {
            Some(Value::Known(path)) => Ok(Some(path)),
            Some(unknown) => {
                let why = format!("which configuration supervisord reads is not known: {}", unknown.why());
                Err(Unread::new(why, unknown.trail()))
            }
            None => Ok(None),
        };
    }
    Ok(None)
}

/// `%(here)s` replaced by the folder of the file it stands in.
fn with_here(text: &Text, folder: &str) -> Text {
    const HERE: &str = "%(here)s";
    let Some(at) = text.as_str().find(HERE) else { return text.clone() };
    let mut whole = text.slice(0..at);
    whole.push(&Text::traced(folder, text.slice(at..at + HERE.len()).trail()));
    whole.push(&with_here(&text.slice(at + HERE.len()..text.len()), folder));
    whole
}

/// `A="b",C=d` as names and values, as `dict_of_key_value_pairs` cuts them: Python's `shlex.shlex` without its POSIX
/// mode and with `/.+-():` as letters. Where something in it is not known, it is cut before it is expanded.
pub(super) fn pairs(
    written: &Text,
    expand: &dyn Fn(&Text) -> Result<Value, Refusal>,
) -> Result<Vec<(String, Value)>, Refusal> {
    let (text, expanded) = match expand(written)? {
        Value::Known(text) => (text, true),
        Value::Partly { .. } => (written.clone(), false),
    };
    let tokens = tokens(&text, expanded);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(name) = tokens.get(at) {
        let (Some(sign), Some(value)) = (tokens.get(at + 1), tokens.get(at + 2)) else {
            return Err(refused(name));
        };
        if sign.as_str() != "=" {
            return Err(refused(name));
        }
        let bare = value.slice_of(value.as_str().trim_matches(['\'', '"']));
        let bare = if expanded { Value::Known(bare) } else { expand(&bare)? };
        found.push((name.as_str().to_owned(), bare));
        at += 4;
    }
    Ok(found)
}

fn refused(at: &Text) -> Refusal {
    Refusal { at: at.clone(), why: "cannot cut this into names and values".to_owned() }
}

fn tokens(text: &Text, expanded: bool) -> Vec<Text> {
    let string = text.as_str();
    let letter = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '/' | '.' | '+' | '-' | '(' | ')' | ':')
            || (!expanded && c == '%')
    };
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(first) = string.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &string[at..];
        let length = match first {
            ' ' | '\t' | '\r' | '\n' => {
                at += 1;
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            quote @ ('"' | '\'') => rest[1..].find(quote).map_or(rest.len(), |end| end + 2),
            c if letter(c) => {
                // Quotes inside a word are letters of it.
                rest.find(|c: char| !letter(c) && !matches!(c, '"' | '\'')).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        found.push(text.slice(at..at + length));
        at += length;
    }
    found
}
