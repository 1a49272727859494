//! Options of the program's own command line: argparse, click and typer. Where the words are known that it is started with,
//! an option is what they say, else its default; where they are not, it is unknown, with the default as what is known.

use crate::source::Span;
use crate::trace::{Bound, How, Text, Traced, Unknown};

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::{Code, Machine};
use super::value::{FunctionId, Gap, Value};

/// A parser of argparse, also a group or subparser of one.
const PARSER: &str = "argparse.ArgumentParser()";
/// What it parses.
const NAMESPACE: &str = "argparse.Namespace()";
/// A decorator that adds an option to a command.
const OPTION: &str = "click.option()";

/// Whether calling a function of this name registers commands of which a process runs one.
pub(super) fn is_command(name: &str) -> bool {
    let package = name.split('.').next().unwrap_or_default();
    matches!(package, "click" | "typer" | "asyncclick" | "rich_click" | "cyclopts")
        && ["command()", "command", "group()", "group", "callback()"].iter().any(|tail| name.ends_with(tail))
}

impl Machine<'_> {
    /// What a function of these libraries gives; `None` where it is none of theirs.
    pub(super) fn command_line_function(
        &mut self,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let (package, last) = name.rsplit_once('.')?;
        match (package.split('.').next()?, last) {
            ("argparse" | "configargparse", "ArgumentParser" | "ArgParser" | "Parser") => {
                Some(Value::Object(self.heap.create(Kind::Known(PARSER.into()))))
            }
            ("click" | "asyncclick" | "rich_click", "option" | "argument") => {
                let option = self.heap.create(Kind::Known(OPTION.into()));
                self.keep(option, arguments);
                Some(Value::Object(option))
            }
            ("typer", "run") => {
                let function = arguments.positional.first().cloned()?;
                self.decorate_command(name, None, &function, span);
                self.at_start.push(function);
                Some(Value::unknown("it returns nothing", span))
            }
            ("typer", "Option" | "Argument") => {
                let first = arguments.positional.first().cloned();
                let default = first.or_else(|| arguments.get(None, "default"));
                let flags: Vec<Text> =
                    arguments.positional.iter().skip(1).filter_map(|flag| flag.as_text().cloned()).collect();
                let default = self.or_variable(default, arguments, span);
                Some(self.option_value(&flags, default, None, span))
            }
            _ => None,
        }
    }

    /// A method of a parser; `None` where it is another object's.
    pub(super) fn command_line_method(
        &mut self,
        object: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        if !matches!(self.heap.kind(object), Kind::Known(class) if &**class == PARSER) {
            return None;
        }
        match name {
            "add_argument" | "add" | "add_arg" => {
                self.add_argument(object, arguments, span);
                Some(Value::unknown("it describes an option", span))
            }
            "add_argument_group" | "add_mutually_exclusive_group" | "add_subparsers" | "add_parser" => {
                Some(Value::Object(object))
            }
            "set_defaults" => {
                for (key, value) in &arguments.keywords {
                    self.heap.set(object, key.clone(), value.clone());
                }
                Some(Value::unknown("it returns nothing", span))
            }
            "parse_args" | "parse_known_args" | "parse_intermixed_args" => {
                let parsed = self.heap.create(Kind::Known(NAMESPACE.into()));
                for (key, value) in self.heap.slots(object).clone() {
                    self.heap.set(parsed, key, value.then(How::Read, span));
                }
                let parsed = Value::Object(parsed);
                if name == "parse_known_args" {
                    let rest = Value::unknown("what else the command line says is not known", span);
                    return Some(Value::Object(self.heap.list([parsed, rest])));
                }
                Some(parsed)
            }
            _ => None,
        }
    }

    fn add_argument(&mut self, parser: ObjectId, arguments: &Arguments, span: Span) {
        let flags: Vec<Text> =
            arguments.positional.iter().filter_map(|flag| flag.as_text().cloned()).collect();
        let named = arguments.get(None, "dest").and_then(|dest| dest.key());
        let Some(dest) = named.or_else(|| destination(&flags)) else { return };
        let is_switch = arguments.get(None, "action").is_some();
        let default = self.or_variable(arguments.get(None, "default"), arguments, span);
        let value = if is_switch {
            Value::unknown("whether the command line names it is not known", span)
        } else {
            self.option_value(&flags, default, arguments.get(None, "type"), span)
        };
        let value = match self.heap.get(parser, &dest).cloned() {
            // Two subcommands have an option of one name.
            Some(known) => known.join(value),
            None => value,
        };
        self.heap.set(parser, dest, value);
    }

    /// The variable that stands in for an option where `envvar=` or `env_var=` names one, else the default.
    fn or_variable(&mut self, default: Option<Value>, arguments: &Arguments, span: Span) -> Option<Value> {
        let name = arguments.get(None, "envvar").or_else(|| arguments.get(None, "env_var"));
        match name {
            Some(name @ Value::Text(_)) => Some(self.variable(&name, default, span)),
            _ => default,
        }
    }

    /// What the option `flags` comes to.
    fn option_value(
        &mut self,
        flags: &[Text],
        default: Option<Value>,
        kind: Option<Value>,
        span: Span,
    ) -> Value {
        let default = default.map(|value| self.converted(value, kind.clone(), span));
        let words = self.arguments.map(<[Text]>::to_vec);
        let name = flags.iter().find(|flag| flag.as_str().starts_with('-'));
        let why = |what: &str| match name {
            Some(name) => format!("the command line may say `{name}`, and {what}"),
            None => format!("the command line may say otherwise, and {what}"),
        };
        match words {
            Some(words) if !words.iter().any(|word| word.as_str().starts_with('-')) && name.is_some() => {
                default.unwrap_or_else(|| Value::unknown("the option has no default", span))
            }
            Some(words) if name.is_some() => match given(&words, flags) {
                Named::With(word) => self.converted(Value::text(word).then(How::Read, span), kind, span),
                Named::Bare => Value::unknown(why("its value is missing"), span),
                Named::Not => default.unwrap_or_else(|| Value::unknown("the option has no default", span)),
            },
            _ => at_least(default, why("nothing tells its words"), span),
        }
    }

    fn converted(&mut self, value: Value, kind: Option<Value>, span: Span) -> Value {
        match (&value, kind) {
            (Value::Text(_), Some(kind @ (Value::Outside(_) | Value::Function(_)))) => {
                self.call(kind, Arguments::of([value]), span)
            }
            _ => value,
        }
    }

    /// Whether `object` is an option that decorates a function of the tree; the parameter gets what it comes to.
    pub(super) fn decorate_option(&mut self, object: ObjectId, function: &Value, span: Span) {
        let is_option = matches!(self.heap.kind(object), Kind::Known(class) if &**class == OPTION);
        let (true, Value::Function(id)) = (is_option, function) else { return };
        let flags: Vec<Text> =
            (0..4).filter_map(|index| self.slot(object, &format!("({index}"))?.as_text().cloned()).collect();
        let Some(parameter) = destination(&flags) else { return };
        let mut arguments = Arguments::default();
        if let Some(name) = self.slot(object, "(envvar") {
            arguments.set(Key::new_static("envvar"), name);
        }
        let default = self.slot(object, "(default");
        let default = self.or_variable(default, &arguments, span);
        // Without a type that of the default (click 8.1, `types.py`, `convert_type`).
        let guessed = || match default {
            Some(Value::Int(_)) => Some(Value::outside("builtins.int", None)),
            _ => None,
        };
        let kind = self.slot(object, "(type").or_else(guessed);
        let value = if self.slot(object, "(is_flag").is_some() {
            Value::unknown("whether the command line names it is not known", span)
        } else {
            let default = default.or_else(|| Some(Value::None(crate::trace::Trail::written(span))));
            self.option_value(&flags, default, kind, span)
        };
        self.set_default(*id, parameter, value);
    }

    /// `function` is a command, chosen by the word `called` or its own name (click 8.1, `decorators.py`, `command`: with dashes
    /// for underscores). Of a command of typer every default is an option's.
    pub(super) fn decorate_command(
        &mut self,
        name: &str,
        called: Option<&str>,
        function: &Value,
        span: Span,
    ) {
        let Value::Function(id) = function else { return };
        let own = || match self.functions.get(id.0).map(|function| function.code) {
            Some(Code::Def(def)) => Some(def.name.as_str().replace('_', "-")),
            _ => None,
        };
        let is_chosen = name.ends_with("command()") || name.ends_with("command");
        let word = is_chosen.then(|| called.map(str::to_owned).or_else(own)).flatten();
        self.commands.insert(*id, word);
        if !name.starts_with("typer.") {
            return;
        }
        let defaults = self.functions.get(id.0).map(|function| function.defaults.clone());
        for (parameter, value) in defaults.unwrap_or_default() {
            if matches!(value, Value::Int(_) | Value::Text(_)) {
                let flag = Text::decoded(format!("--{}", parameter.as_str().replace('_', "-")), span);
                // The type is that of the default where no annotation says more.
                let kind = matches!(value, Value::Int(_)).then(|| Value::outside("builtins.int", None));
                let value = self.option_value(&[flag], Some(value), kind, span);
                self.set_default(*id, parameter, value);
            }
        }
    }

    fn set_default(&mut self, id: FunctionId, parameter: Key, value: Value) {
        if let Some(function) = self.functions.get_mut(id.0) {
            function.defaults.retain(|(known, _)| *known != parameter);
            function.defaults.push((parameter, value));
        }
    }

    /// Whether the words choose another command than this one: by the first of them, since a later one may be an option's value.
    pub(super) fn is_passed_over(&self, id: FunctionId) -> bool {
        let Some(words) = self.arguments else { return false };
        let is_said = |word: &str| words.iter().any(|said| said.as_str() == word);
        let Some(Some(own)) = self.commands.get(&id) else { return false };
        let is_first = |word: &String| words.first().is_some_and(|first| first.as_str() == word.as_str());
        !is_said(own) && self.commands.values().flatten().any(is_first)
    }

    /// A member of a command: a group's decorators make commands of it.
    pub(super) fn command_member(&self, id: FunctionId, name: &Key, span: Span) -> Option<Value> {
        self.commands.contains_key(&id).then(|| Value::outside(format!("click.Group.{name}"), Some(span)))
    }

    /// Whether a command of the program's own command line ran already, as `main()` at the end of a script.
    pub(super) fn has_run_command(&self, id: FunctionId) -> bool {
        let Some(function) = self.functions.get(id.0) else { return false };
        let Code::Def(def) = function.code else { return false };
        self.commands.contains_key(&id) && self.ran.contains(&(function.module, def.range.start().to_u32()))
    }
}

/// The name of the attribute or parameter that flags mean: a word without a dash, else the first long one, else a short one.
fn destination(flags: &[Text]) -> Option<Key> {
    let plain = flags.iter().find(|flag| !flag.as_str().starts_with('-'));
    let long = || flags.iter().find(|flag| flag.as_str().starts_with("--"));
    let flag = plain.or_else(long).or(flags.first())?;
    let name = flag.as_str().trim_start_matches('-').split('/').next().unwrap_or_default();
    Some(Key::new(name.replace('-', "_")))
}

/// What the words of a command line say of an option.
enum Named {
    /// They do not name it.
    Not,
    /// This is its value.
    With(Text),
    /// Its value is missing.
    Bare,
}

/// What the words give an option.
fn given(words: &[Text], flags: &[Text]) -> Named {
    let mut found = Named::Not;
    for (index, word) in words.iter().enumerate() {
        for flag in flags.iter().map(Text::as_str).filter(|flag| flag.starts_with('-')) {
            let string = word.as_str();
            let value = word.split_once('=').filter(|(name, _)| name.as_str().starts_with("--"));
            // argparse takes the beginning of a long option for the option.
            let is_meant = |name: &str| {
                name == flag || (name.len() > 3 && name.starts_with("--") && flag.starts_with(name))
            };
            match value {
                Some((name, value)) if is_meant(name.as_str()) => found = Named::With(value),
                None if is_meant(string) => {
                    found = words.get(index + 1).cloned().map_or(Named::Bare, Named::With);
                }
                None if flag.len() == 2 && string.starts_with(flag) && string.len() > 2 => {
                    found = Named::With(word.slice(2..word.len()));
                }
                _ => {}
            }
        }
    }
    found
}

/// A value of which a default is known, and that it may be another.
fn at_least(default: Option<Value>, why: String, span: Span) -> Value {
    match default {
        Some(Value::Int(number)) if number.value > 0 => {
            let floor = number.value.unsigned_abs();
            let value = Bound::Unknown(Unknown { floor, term: None, why: why.into() });
            Value::Counted(Traced::new(value, number.trail))
        }
        Some(other) if other.trail().is_some() => {
            let gap = Gap::of(&other, span);
            Value::Unknown(Gap { why: why.into(), shape: None, ..gap })
        }
        _ => Value::unknown(why, span),
    }
}
