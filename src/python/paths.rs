//! Paths of files, as `os.path`, `pathlib` and django-environ's `Path` put them together: strings, of which those that
//! lead into the tree are looked at.

use crate::source::Span;
use crate::trace::{Text, Traced, Trail};

use super::call::Arguments;
use super::machine::Machine;
use super::search::{join, parent};
use super::value::Value;

impl Machine<'_> {
    /// What a function of `os.path`, `pathlib` or `environ` makes of paths; `None` where it is none of theirs.
    pub(super) fn path_function(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Value> {
        let last = match name {
            "os.getcwd" | "pathlib.Path.cwd" => return Some(self.working_directory(span)),
            "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "environ.Path" => "join",
            _ => name.strip_prefix("os.path.").or_else(|| name.strip_prefix("posixpath."))?,
        };
        if last == "join" {
            return join_all(&arguments.positional, span);
        }
        let path = arguments.positional.first()?.as_text()?.clone();
        match last {
            "abspath" | "realpath" | "normpath" => {
                Some(Value::text(moved(&path, join(self.working_dir, path.as_str()))))
            }
            "dirname" => Some(Value::text(above(&path))),
            "basename" => Some(Value::text(path.slice_of(file_name(path.as_str())))),
            "exists" | "isfile" | "isdir" | "lexists" => Some(self.exists(&path, span)),
            _ => None,
        }
    }

    /// An attribute that only a path has.
    pub(super) fn path_attribute(&mut self, path: &Text, name: &str) -> Option<Value> {
        let string = path.as_str();
        match name {
            "parent" => Some(Value::text(above(path))),
            "parents" => {
                let mut all = Vec::new();
                let mut folder = path.clone();
                while folder.as_str().trim_end_matches('/').contains('/') {
                    folder = above(&folder);
                    all.push(Value::text(folder.clone()));
                }
                Some(Value::Object(self.heap.list(all)))
            }
            "name" => Some(Value::text(path.slice_of(file_name(string)))),
            "stem" => {
                let name = file_name(string);
                Some(Value::text(path.slice_of(name.rsplit_once('.').map_or(name, |(stem, _)| stem))))
            }
            _ => None,
        }
    }

    /// A method that only a path has.
    pub(super) fn path_method(
        &mut self,
        path: &Text,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        match name {
            "resolve" | "absolute" | "expanduser" => {
                Some(Value::text(moved(path, join(self.working_dir, path.as_str()))))
            }
            "as_posix" | "__fspath__" => Some(Value::text(path.clone())),
            "joinpath" | "path" => {
                let first = Value::text(path.clone());
                let all: Vec<Value> =
                    std::iter::once(first).chain(arguments.positional.iter().cloned()).collect();
                join_all(&all, span)
            }
            "exists" | "is_file" | "is_dir" => Some(self.exists(path, span)),
            _ => self.reading_method(path, name, span),
        }
    }

    /// Whether a path is there. One that the tree does not hold may be there all the same: a `.env` that nobody checks in.
    fn exists(&self, path: &Text, span: Span) -> Value {
        if self.search.is_there(&join(self.working_dir, path.as_str())) {
            return Value::Bool(Traced::written(true, span));
        }
        Value::unknown("the file is not among these; whether it is there is not known", span)
    }

    fn working_directory(&self, span: Span) -> Value {
        Value::text(Text::traced(join(self.working_dir, ""), Trail::written(span)))
    }
}

/// `a / b`: a path that begins with `/` takes the place of all before it.
pub(super) fn joined(base: &Text, rest: &Text) -> Text {
    if rest.as_str().starts_with('/') {
        return rest.clone();
    }
    let mut whole = base.clone();
    if !base.is_empty() && !base.as_str().ends_with('/') {
        whole.push(&Text::traced("/", base.trail()));
    }
    whole.push(rest);
    whole
}

/// The folder `levels` above a path: `environ.Path(__file__) - 3`.
pub(super) fn up(path: &Text, levels: i64) -> Text {
    (0..levels.clamp(0, 64)).fold(path.clone(), |path, _| above(&path))
}

pub(super) fn join_all(parts: &[Value], span: Span) -> Option<Value> {
    let mut whole: Option<Text> = None;
    for part in parts {
        let Value::Text(part) = part else {
            return match part {
                Value::Unknown(gap) => Some(Value::Unknown(super::value::Gap { shape: None, ..gap.clone() })),
                _ => None,
            };
        };
        whole = Some(match whole {
            None => part.clone(),
            Some(base) => joined(&base, part),
        });
    }
    Some(Value::text(whole.unwrap_or_else(|| Text::decoded("", span))))
}

fn above(path: &Text) -> Text {
    match path.as_str().trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => moved(path, "/".to_owned()),
        Some((folder, _)) => path.slice_of(folder),
        None => moved(path, parent(path.as_str())),
    }
}

fn moved(path: &Text, to: String) -> Text {
    if to == path.as_str() { path.clone() } else { Text::traced(to, path.trail()) }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
