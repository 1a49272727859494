//! What a formula comes to in a deployment.

use std::cell::RefCell;

use super::Formula;
use super::formula::Setting;
use super::in_file::{self, Says};
use super::opened::Circumstances;
use crate::trace::{Bound, Count, Flaw, Term, Text, Trail, Unknown, count_from, python_int};

/// A setting whose value is no count.
#[derive(Clone, Debug)]
pub struct Misread {
    /// The setting: a variable, an option or a parameter.
    pub setting: String,
    /// What is wrong with its value.
    pub flaw: Flaw,
}

/// Evaluates the formulas of one entry.
pub(super) struct Evaluator<'a> {
    pub(super) title: &'a str,
    pub(super) circumstances: &'a Circumstances<'a>,
    /// The database URL, where it is known.
    pub(super) url: Option<&'a Text>,
    /// The configuration file that the deployment brings and that is not read.
    pub(super) unread: Option<String>,
    pub(super) misread: RefCell<Vec<Misread>>,
}

impl Evaluator<'_> {
    /// What `formula` comes to: a number of `symbol`, which the program calls `name`.
    pub(super) fn count(&self, formula: &Formula, symbol: &str, name: &str) -> Count {
        match formula {
            Formula::Number(number) => self.default(Bound::Exactly(*number), name),
            Formula::Unbounded => self.default(Bound::Unbounded, name),
            Formula::Unknown { why, symbol: own, floor } => {
                let symbol = own.as_deref().unwrap_or(symbol);
                let term = Some(Term { symbol: symbol.into(), times: 1 });
                self.default(Bound::Unknown(Unknown { floor: *floor, term, why: why.as_str().into() }), name)
            }
            Formula::Cpus { times, plus, least } => self.default(cpus(*times, *plus, *least, name), name),
            Formula::Setting(setting) => self.setting(setting, symbol),
            Formula::OneUnless { files, says, why, symbol: own } => {
                let symbol = own.as_deref().unwrap_or(symbol);
                match in_file::says(self.circumstances, files, says) {
                    Says::NotSo => self.default(Bound::ONE, name),
                    Says::So(place) => Count::new(Bound::unknown(symbol, why.as_str()), place),
                    Says::NoFile => self.default(Bound::unknown(symbol, why.as_str()), name),
                }
            }
            Formula::InFile { files, key, default } => {
                in_file::number(self.circumstances, files, key, symbol, &self.misread)
                    .unwrap_or_else(|| self.count(default, symbol, name))
            }
            Formula::Sum(parts) => self.fold(parts, symbol, name, |a, b| a + b),
            Formula::Product(parts) => self.fold(parts, symbol, name, |a, b| a * b),
            Formula::Largest(parts) => self.largest(parts, symbol, name),
        }
    }

    fn fold(&self, parts: &[Formula], symbol: &str, name: &str, join: fn(Bound, Bound) -> Bound) -> Count {
        let counts: Vec<Count> = parts.iter().map(|part| self.count(part, symbol, name)).collect();
        // The place that a person would change: of the parts that somebody wrote, the first.
        let written = counts.iter().find(|count| count.trail.default().is_none()).or(counts.first());
        let trail = written.map_or_else(|| self.trail(name), |count| count.trail.clone());
        let bound = counts.into_iter().map(|count| count.value).reduce(join);
        Count::new(bound.unwrap_or(Bound::ZERO), trail)
    }

    /// The largest of `parts`, with the way of the one that decides.
    fn largest(&self, parts: &[Formula], symbol: &str, name: &str) -> Count {
        let counts: Vec<Count> = parts.iter().map(|part| self.count(part, symbol, name)).collect();
        let decides = counts.iter().rev().max_by_key(|count| count.value.floor());
        let trail = decides.map_or_else(|| self.trail(name), |count| count.trail.clone());
        let bound = counts.into_iter().map(|count| count.value).reduce(largest);
        Count::new(bound.unwrap_or(Bound::ZERO), trail)
    }

    fn setting(&self, setting: &Setting, symbol: &str) -> Count {
        if let Some((name, value)) = self.on_line(setting) {
            return self.written(setting, &name, &value, symbol);
        }
        if let Some(unsure) = self.circumstances.ran.unsure().filter(|_| !setting.options.is_empty()) {
            let why = format!("{} may be among words that are not known", setting.options.join(" or "));
            return Count::new(Bound::unknown(symbol, why), unsure.clone());
        }
        for name in &setting.variables {
            if let Some(value) = self.circumstances.environment.get(name).filter(|value| !value.is_empty()) {
                return self.written(setting, name, value, symbol);
            }
            if let Some(count) = self.circumstances.environment.unknown(name) {
                return Count::new(named(count.value, symbol), count.trail);
            }
        }
        if let Some((name, value)) = self.parameter(setting) {
            return self.written(setting, &name, &value, symbol);
        }
        if let Some(count) = setting.of.as_ref().and_then(|name| self.circumstances.environment.unknown(name))
        {
            return Count::new(named(count.value, symbol), count.trail);
        }
        if let Some(file) = &self.unread {
            let why = format!("{} may be set in {file}, which is not read", setting.name);
            return self.default(Bound::unknown(symbol, why), &setting.name);
        }
        self.count(&setting.default, symbol, &setting.name)
    }

    fn written(&self, setting: &Setting, name: &str, value: &Text, symbol: &str) -> Count {
        let text = value.as_str().trim();
        if text.is_empty() {
            // A word of the command line that is not known.
            return Count::new(
                Bound::unknown(symbol, format!("what {name} is given is not known")),
                value.trail(),
            );
        }
        if setting.unset.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return self.count(&setting.default, symbol, &setting.name);
        }
        if python_int(text).is_ok_and(|number| setting.unlimited.contains(&number)) {
            return Count::new(Bound::Unbounded, value.trail());
        }
        let bound = match count_from(value) {
            Ok(number) => Bound::Exactly(number),
            Err(flaw) => {
                let why = format!("{name} {}", flaw.words());
                self.misread.borrow_mut().push(Misread { setting: name.to_owned(), flaw });
                Bound::unknown(symbol, why)
            }
        };
        Count::new(bound, value.trail())
    }

    /// `--option=value` or `--option value`, the last one.
    fn on_line(&self, setting: &Setting) -> Option<(String, Text)> {
        let find = |option: &String| {
            option_value(self.circumstances.ran.words(), option).map(|value| (option.clone(), value))
        };
        setting.options.iter().find_map(find)
    }

    /// `?name=value` of the database URL, or of the variable that holds it.
    fn parameter(&self, setting: &Setting) -> Option<(String, Text)> {
        let name = setting.parameter.as_ref()?;
        let holder = match &setting.of {
            Some(variable) => self.circumstances.environment.get(variable)?,
            None => self.url?,
        };
        let (_, query) = holder.split_once('?')?;
        let pair = query.as_str().split('&').find(|pair| pair.split('=').next() == Some(name))?;
        let (_, value) = query.slice_of(pair).split_once('=')?;
        Some((name.clone(), value))
    }

    fn default(&self, bound: Bound, name: &str) -> Count {
        Count::new(bound, self.trail(name))
    }

    fn trail(&self, name: &str) -> Trail {
        Trail::default_of(format!("{} {name}", self.title), self.circumstances.place)
    }
}

/// The value that `words` give `option`, the last where it is given twice.
pub(super) fn option_value(words: &[Text], option: &str) -> Option<Text> {
    let at = |(index, word): (usize, &Text)| match word.strip_prefix(option) {
        Some(rest) if rest.is_empty() => words.get(index + 1).cloned(),
        Some(rest) => rest.strip_prefix("="),
        None => None,
    };
    words.iter().enumerate().filter_map(at).next_back()
}

fn cpus(times: u64, plus: u64, least: u64, name: &str) -> Bound {
    let why = format!("{name} depends on the number of CPUs, and nothing says how many there are");
    if least > times + plus {
        // The larger of the two is no sum: what is certain is said, and no value from which on it breaks.
        return Bound::Unknown(Unknown { floor: least, term: None, why: why.into() });
    }
    let term = Some(Term { symbol: "CPUs".into(), times });
    Bound::Unknown(Unknown { floor: plus, term, why: why.into() })
}

fn largest(a: Bound, b: Bound) -> Bound {
    match (&a, &b) {
        (Bound::Exactly(one), Bound::Exactly(other)) => Bound::Exactly(*one.max(other)),
        (Bound::Unknown(one), Bound::Unknown(_) | Bound::Exactly(_) | Bound::AtMost(_))
        | (Bound::Exactly(_) | Bound::AtMost(_), Bound::Unknown(one)) => {
            let floor = a.floor().max(b.floor());
            Bound::Unknown(Unknown { floor, term: None, why: one.why.clone() })
        }
        _ => a.or(b),
    }
}

/// The same bound; one that counts nothing in particular counts `symbol` from here on.
fn named(bound: Bound, symbol: &str) -> Bound {
    match bound {
        Bound::Unknown(Unknown { floor: 0, term: None, why }) => Bound::unknown(symbol, why),
        other => other,
    }
}
