//! `${…}` in the values of a compose file, and the types that compose gives to what became of them.
//!
//! Source: compose-go v2.4.8, `interpolation/interpolation.go` and `loader/interpolate.go`.

use std::collections::HashSet;

use super::decisive;
use super::path::{ITEM, Path, Pattern};
use super::refusals::Refusals;
use super::value::{Data, Kind, Map, Scalar, Value};
use super::variables::Variables;
use crate::syntax::template::{TemplateError, substitute};
use crate::trace::{How, Origin, ProblemKind, Text, Trail};

/// The types that compose casts an interpolated string to.
#[derive(Clone, Copy)]
enum Cast {
    Integer,
    Float,
    Boolean,
}

/// `interpolateTypeCastMapping`.
const CASTS: &[(Pattern, Cast)] = &[
    (&["services", "*", "configs", ITEM, "mode"], Cast::Integer),
    (&["services", "*", "cpu_count"], Cast::Integer),
    (&["services", "*", "cpu_percent"], Cast::Float),
    (&["services", "*", "cpu_period"], Cast::Integer),
    (&["services", "*", "cpu_quota"], Cast::Integer),
    (&["services", "*", "cpu_rt_period"], Cast::Integer),
    (&["services", "*", "cpu_rt_runtime"], Cast::Integer),
    (&["services", "*", "cpus"], Cast::Float),
    (&["services", "*", "cpu_shares"], Cast::Integer),
    (&["services", "*", "init"], Cast::Boolean),
    (&["services", "*", "deploy", "replicas"], Cast::Integer),
    (&["services", "*", "deploy", "update_config", "parallelism"], Cast::Integer),
    (&["services", "*", "deploy", "update_config", "max_failure_ratio"], Cast::Float),
    (&["services", "*", "deploy", "rollback_config", "parallelism"], Cast::Integer),
    (&["services", "*", "deploy", "rollback_config", "max_failure_ratio"], Cast::Float),
    (&["services", "*", "deploy", "restart_policy", "max_attempts"], Cast::Integer),
    (&["services", "*", "deploy", "placement", "max_replicas_per_node"], Cast::Integer),
    (&["services", "*", "healthcheck", "retries"], Cast::Integer),
    (&["services", "*", "healthcheck", "disable"], Cast::Boolean),
    (&["services", "*", "oom_kill_disable"], Cast::Boolean),
    (&["services", "*", "oom_score_adj"], Cast::Integer),
    (&["services", "*", "pids_limit"], Cast::Integer),
    (&["services", "*", "ports", ITEM, "target"], Cast::Integer),
    (&["services", "*", "privileged"], Cast::Boolean),
    (&["services", "*", "read_only"], Cast::Boolean),
    (&["services", "*", "scale"], Cast::Integer),
    (&["services", "*", "secrets", ITEM, "mode"], Cast::Integer),
    (&["services", "*", "stdin_open"], Cast::Boolean),
    (&["services", "*", "tty"], Cast::Boolean),
    (&["services", "*", "ulimits", "*"], Cast::Integer),
    (&["services", "*", "ulimits", "*", "hard"], Cast::Integer),
    (&["services", "*", "ulimits", "*", "soft"], Cast::Integer),
    (&["services", "*", "volumes", ITEM, "read_only"], Cast::Boolean),
    (&["services", "*", "volumes", ITEM, "volume", "nocopy"], Cast::Boolean),
    (&["networks", "*", "external"], Cast::Boolean),
    (&["networks", "*", "internal"], Cast::Boolean),
    (&["networks", "*", "attachable"], Cast::Boolean),
    (&["networks", "*", "enable_ipv4"], Cast::Boolean),
    (&["networks", "*", "enable_ipv6"], Cast::Boolean),
    (&["volumes", "*", "external"], Cast::Boolean),
    (&["secrets", "*", "external"], Cast::Boolean),
    (&["configs", "*", "external"], Cast::Boolean),
];

/// How many bytes variables may bring into one project: a long one in a thousand places would fill any memory.
const MAX_GROWTH: usize = 64 << 20;

/// Whether `value` is nothing but a required variable that nobody set, so that it is not known.
pub(super) fn is_unknown(value: &Text) -> bool {
    !value.is_empty() && matches!(value.trail().first(), Origin::Place { how: How::Implied, .. })
}

/// Fills in strings.
pub(super) struct Interpolation<'a, 'r> {
    /// What `${…}` stands for.
    pub(super) variables: &'a Variables<'a>,
    /// What cannot be filled in.
    pub(super) refusals: &'a mut Refusals<'r>,
    /// How many bytes variables have brought so far.
    pub(super) grown: &'a mut usize,
}

impl Interpolation<'_, '_> {
    /// Fills in every string of `model`. Keys are left as they are.
    pub(super) fn run(&mut self, model: &mut Map) {
        self.map(model, &Path::TOP);
    }

    fn map(&mut self, map: &mut Map, path: &Path<'_>) {
        for (key, entry) in map {
            self.value(&mut entry.value, &path.child(key));
        }
    }

    fn value(&mut self, value: &mut Value, path: &Path<'_>) {
        match &mut value.data {
            Data::Map(map) => self.map(map, path),
            Data::List(items) => {
                let path = path.child(ITEM);
                for item in items {
                    self.value(item, &path);
                }
            }
            Data::Scalar(scalar) if scalar.kind == Kind::String => {
                if scalar.text.as_str().contains('$') {
                    let template = scalar.text.clone();
                    scalar.text = self.filled(&template, &|name| decisive::in_model(path, &template, name));
                }
                if let Some((_, cast)) = CASTS.iter().find(|(pattern, _)| path.matches(pattern)) {
                    self.cast(scalar, *cast, path);
                }
            }
            Data::Scalar(_) => {}
        }
    }

    /// The template filled in. A required variable that is missing stays `${NAME}`; what is no template stays as it is.
    /// A variable that nobody set is worth a word where it `decides` a budget.
    pub(super) fn filled(&mut self, template: &Text, decides: &dyn Fn(&str) -> bool) -> Text {
        if *self.grown > MAX_GROWTH {
            return template.clone();
        }
        let mut missing: HashSet<String> = HashSet::new();
        loop {
            let lookup = |name: &str| {
                self.variables
                    .get(name)
                    .or_else(|| missing.contains(name).then(|| placeholder(name, template)))
            };
            match substitute(template, &lookup) {
                Ok(filled) => {
                    for name in filled.unset.iter().filter(|name| decides(name.as_str())) {
                        self.refusals.unset(name);
                    }
                    *self.grown += filled.text.len().saturating_sub(template.len());
                    self.check_growth(template);
                    return filled.text;
                }
                Err(error) => {
                    self.refuse(&error);
                    let TemplateError::Required { name, .. } = error else { return template.clone() };
                    // A variable that is set but empty cannot be stood in for: it is found before the placeholder.
                    if !missing.insert(name.as_str().to_owned())
                        || self.variables.get(name.as_str()).is_some()
                    {
                        return template.clone();
                    }
                }
            }
        }
    }

    fn check_growth(&mut self, template: &Text) {
        if let (true, Some(span)) = (*self.grown > MAX_GROWTH, template.span()) {
            let message =
                format!("variables bring more than {} MiB: nothing is filled in from here", MAX_GROWTH >> 20);
            self.refusals.malformed(span, message);
        }
    }

    fn refuse(&mut self, error: &TemplateError) {
        let Some(span) = error.part().span() else { return };
        match error {
            TemplateError::Required { .. } => self.refusals.required(span, error.to_string()),
            _ => self.refusals.malformed(span, error.to_string()),
        }
    }

    fn cast(&mut self, scalar: &mut Scalar, cast: Cast, path: &Path<'_>) {
        let text = scalar.text.as_str();
        let kind = match cast {
            Cast::Integer => text.parse::<i64>().ok().map(|number| Kind::Integer(number.into())),
            Cast::Float => text.parse::<f64>().ok().map(Kind::Float),
            Cast::Boolean => boolean(text).map(Kind::Bool),
        };
        match kind {
            Some(kind) => {
                if let Kind::Integer(number) = kind {
                    scalar.text = Text::traced(number.to_string(), scalar.text.trail());
                }
                scalar.kind = kind;
            }
            None if !is_unknown(&scalar.text) => {
                let wanted = match cast {
                    Cast::Integer => "a whole number",
                    Cast::Float => "a number",
                    Cast::Boolean => "true or false",
                };
                let problem = self.refusals.problem(
                    ProblemKind::NotANumber,
                    scalar.place,
                    format!("{path} has to be {wanted}"),
                );
                self.refusals.add(problem);
            }
            None => {}
        }
    }
}

/// What stands for a required variable that is missing: itself, so that nobody takes it for a value.
fn placeholder(name: &str, template: &Text) -> Text {
    let value = format!("${{{name}}}");
    match template.span() {
        Some(span) => Text::traced(value, Trail::new(Origin::at(How::Implied, span))),
        None => Text::traced(value, template.trail()),
    }
}

/// `toBoolean`: the words of <http://yaml.org/type/bool.html>.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}
