//! What compose takes without a word and makes something else of than is written: commands that it cuts, words that look
//! like comments, numbers in octal (facts, B3 and G, each seen with docker compose 2.26.1).

use super::refusals::Refusals;
use super::value::{Data, Entry, Kind, Scalar, Value};
use crate::source::Sources;
use crate::syntax::words::split_command;
use crate::trace::{ProblemKind, Text};

/// Tells of the traps that the service at `entry` is in.
pub(super) fn tell(entry: &Entry, sources: &Sources, refusals: &mut Refusals<'_>) {
    for key in ["entrypoint", "command"] {
        if let Some(scalar) =
            entry.value.get(key).and_then(Value::as_scalar).filter(|s| s.kind == Kind::String)
        {
            command(&scalar.text, key, refusals);
        }
    }
    if let Some(Data::Map(variables)) = entry.value.get("environment").map(|value| &value.data) {
        for variable in variables.values() {
            if let Some(scalar) = variable.value.as_scalar() {
                octal(&variable.key, scalar, sources, refusals);
            }
        }
    }
}

/// No shell reads a command that is a string: compose cuts it into words itself.
fn command(text: &Text, key: &str, refusals: &mut Refusals<'_>) {
    let Ok(split) = split_command(text) else { return };
    if let Some(dropped) = &split.dropped {
        let rest = dropped.trim();
        if let Some(span) = rest.span() {
            let message = format!("docker compose drops the rest of this {key}: no shell reads it");
            let problem = refusals.problem(ProblemKind::CommandCut, span, message);
            let help =
                format!("{key}: [\"sh\", \"-c\", \"…\"], with `exec` before the program that keeps running");
            refusals.add(problem.help(help));
        }
    }
    let kept = split.dropped.as_ref().map_or(text.len(), |dropped| text.len() - dropped.len());
    let is_word = |word: &Text| word.as_str().starts_with('#');
    let at = text.as_str()[..kept].match_indices('#').map(|(at, _)| at).find(|at| {
        let before = &text.as_str()[..*at];
        before.ends_with([' ', '\t', '\r', '\n'])
            && split_command(&text.slice(0..*at)).is_ok_and(|before| before.dropped.is_none())
    });
    if let Some(at) = at.filter(|_| split.words.iter().any(is_word))
        && let Some(span) = text.slice(at..at + 1).span()
    {
        let message =
            format!("this is no comment: docker compose gives it and what follows to the {key} as words");
        refusals.add(refusals.problem(ProblemKind::CommentInCommand, span, message));
    }
}

/// `010` is eight to YAML 1.1, and the container gets `8`.
fn octal(name: &Text, scalar: &Scalar, sources: &Sources, refusals: &mut Refusals<'_>) {
    let Kind::Integer(number) = scalar.kind else { return };
    let file = sources.file(scalar.place.file);
    let Some(written) = file.text.get(scalar.place.range()).map(str::trim) else { return };
    let reads_as = written.parse::<i128>();
    if written.starts_with('0') && reads_as.is_ok_and(|decimal| decimal != number) {
        let message = format!("{name} is {number}: YAML takes {written} for a number in octal");
        let problem = refusals.problem(ProblemKind::YamlTypedNumber, scalar.place, message);
        refusals.add(problem.help(format!("write \"{written}\" in quotes, or without the zero in front")));
    }
}
