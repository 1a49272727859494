//! Suppressions as comments spell them: `# connbudget: ignore[near-limit] until 2027-01-31: nightly job is off`.

use std::ops::Range;

use super::date::Date;
use crate::rule::nearest::nearest;
use crate::source::{SourceFile, Span};

/// What a comment begins with that speaks to connbudget.
const MARK: &str = "connbudget:";

const FORM: &str = "a suppression is `connbudget: ignore[RULE] until DATE: REASON`, without `until DATE` where it has no end";

/// A comment that suppresses something.
#[derive(Debug)]
pub(super) struct Comment {
    /// The comment, without what stands before and after it in its line.
    pub(super) span: Span,
    pub(super) rules: Vec<(String, Span)>,
    /// The last day on which it holds.
    pub(super) until: Option<Date>,
    pub(super) reason: String,
    /// The line (from 0) that it is for; all of them where there is none.
    pub(super) line: Option<usize>,
}

/// A comment that speaks to connbudget and cannot be understood.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
}

/// The comments of `file` that speak to connbudget.
pub(super) fn comments(file: &SourceFile) -> Vec<Result<Comment, Mistake>> {
    let Some(syntax) = Syntax::of(file) else { return Vec::new() };
    if !file.text.contains(MARK) {
        return Vec::new();
    }
    let lines = (0..file.lines()).filter_map(|line| file.line_range(line).map(|range| (line, range)));
    let mut found = Vec::new();
    for (line, range) in lines.filter(|(_, range)| file.text[range.clone()].contains(MARK)) {
        let Some((at, alone)) = syntax.comment(&file.text[range.clone()]) else { continue };
        let comment = range.start + at..range.start + file.text[range].trim_end().len();
        let target = if alone { next_line(file, &syntax, line) } else { line };
        if speaks_of_suppression(&file.text[comment.clone()]) {
            found.push(parse(file, comment, target));
        }
    }
    found
}

/// Whether a comment wants to suppress something, however it is spelled: others may speak of connbudget too.
fn speaks_of_suppression(comment: &str) -> bool {
    let order = comment.split_once(MARK).map_or("", |(_, order)| order).trim_start();
    let end = order.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(order.len());
    nearest(&order[..end], &["ignore", "ignore-file", "file-ignore", "disable", "suppress", "noqa"]).is_some()
}

/// The first line behind `line` that is no comment.
fn next_line(file: &SourceFile, syntax: &Syntax, line: usize) -> usize {
    let is_comment = |line: &usize| {
        file.line_range(*line).is_some_and(|range| syntax.starts_comment(file.text[range].trim_start()))
    };
    (line + 1..file.lines()).find(|line| !is_comment(line)).unwrap_or(line + 1)
}

/// How comments are written in a kind of file.
struct Syntax {
    /// The characters that begin one.
    marks: &'static [char],
    /// Whether one may stand behind something else.
    inline: bool,
}

impl Syntax {
    /// Docker, systemd and PgBouncer know comments that have a line of their own, and take a `#` behind a value for a part
    /// of it; JSON knows none.
    fn of(file: &SourceFile) -> Option<Self> {
        let name = file.path.file_name().to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if ends(&[".json", ".lock", ".md", ".html", ".js", ".mjs", ".cjs", ".ts"]) {
            return None;
        }
        let is_docker = name.contains("dockerfile") || name.contains("containerfile");
        let is_unit = ends(&[".service", ".socket", ".timer", ".target"]);
        if is_docker || name.contains("procfile") {
            return Some(Self { marks: &['#'], inline: false });
        }
        if is_unit || ends(&[".ini", ".cfg"]) {
            return Some(Self { marks: &['#', ';'], inline: false });
        }
        if name.contains("supervisor") {
            return Some(Self { marks: &['#', ';'], inline: true });
        }
        Some(Self { marks: &['#'], inline: true })
    }

    fn starts_comment(&self, text: &str) -> bool {
        text.starts_with(self.marks)
    }

    /// Where the comment with the mark begins in `line`, and whether it has the line for itself.
    fn comment(&self, line: &str) -> Option<(usize, bool)> {
        let mark = line.find(MARK)?;
        let before = line[..mark].trim_end();
        let at = before.trim_end_matches(self.marks).len();
        if at == before.len() {
            return None;
        }
        let alone = line[..at].trim().is_empty();
        let apart = line[..at].ends_with(char::is_whitespace);
        (alone || (self.inline && apart)).then_some((at, alone))
    }
}

/// Reads the comment at `range` of `file`, which is for the line `target`.
fn parse(file: &SourceFile, range: Range<usize>, target: usize) -> Result<Comment, Mistake> {
    let span = file.at(range.clone());
    let wrong =
        |at: Range<usize>, message: &str| Err(Mistake { span: file.at(at), message: message.to_owned() });
    let text = &file.text[range.clone()];
    let start = text.find(MARK).map_or(0, |at| at + MARK.len());
    let order = text[start..].trim_start();
    let (whole, rest) = if let Some(rest) = order.strip_prefix("ignore-file") {
        (true, rest)
    } else if let Some(rest) = order.strip_prefix("ignore") {
        (false, rest)
    } else {
        return wrong(range, FORM);
    };
    let Some((names, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return wrong(range, FORM);
    };
    // Both are parts of the file's text, so the difference of their lengths from its end is their place.
    let place = |part: &str| {
        let at = part.as_ptr() as usize - file.text.as_ptr() as usize;
        at..at + part.len()
    };
    let rules: Vec<(String, Span)> = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| (name.to_owned(), file.at(place(name))))
        .collect();
    if rules.is_empty() {
        return wrong(place(names), "a suppression names the rules that it is for: ignore[near-limit]");
    }
    let (head, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let mut until = None;
    if let Some(date) = head.trim().strip_prefix("until") {
        let date = date.trim();
        let Ok(day) = date.parse() else {
            return wrong(
                place(if date.is_empty() { head } else { date }),
                "a suppression ends on a day like 2027-01-31",
            );
        };
        until = Some(day);
    } else if !head.trim().is_empty() {
        return wrong(place(head.trim()), FORM);
    }
    let reason = reason.trim();
    if reason.is_empty() {
        return wrong(
            range,
            "a suppression says why, behind a colon: ignore[near-limit]: the nightly job is off",
        );
    }
    Ok(Comment { span, rules, until, reason: reason.to_owned(), line: (!whole).then_some(target) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    fn read(path: &str, text: &str) -> Vec<Result<Comment, String>> {
        let sources = Sources::new(Memory::new([(path, text)]));
        let file = sources.load(&TreePath::new(path)).unwrap();
        let found = comments(&file).into_iter();
        found
            .map(|one| one.map_err(|mistake| format!("{}: {}", sources.text(mistake.span), mistake.message)))
            .collect()
    }

    #[test]
    fn a_comment_is_for_its_line_or_the_next_that_is_none() {
        for (path, text, line) in [
            ("compose.yaml", "a: 1\nb: 2 # connbudget: ignore[x]: why\n", Some(1)),
            ("compose.yaml", "a: 1\n  # connbudget: ignore[x]: why\n\n", Some(2)),
            (".env", "# connbudget: ignore[x]: why\n# more\nA=1\n", Some(2)),
            ("app.py", "x = 1  #connbudget:ignore[x]: why\n", Some(0)),
            ("pgbouncer.ini", "; connbudget: ignore[x]: why\na = 1\n", Some(1)),
            ("pgbouncer.ini", "a = 1 ; connbudget: ignore[x]: why\n", None),
            ("Dockerfile", "# connbudget: ignore[x]: why\nENV A=1\n", Some(1)),
            ("Dockerfile", "ENV A=1 # connbudget: ignore[x]: why\n", None),
            ("compose.yaml", "a: \"no#connbudget: ignore[x]: why\"\n", None),
            ("compose.yaml", "a: the connbudget: ignore[x]: why\n", None),
            (".env", "# connbudget: reads this too\nA=1\n", None),
            ("x.json", "// connbudget: ignore[x]: why\n", None),
        ] {
            let found = read(path, text);
            let lines: Vec<_> = found.iter().map(|one| one.as_ref().unwrap().line).collect();
            assert_eq!(lines, line.map(Some).into_iter().collect::<Vec<_>>(), "{path} {text}");
        }
    }

    #[test]
    fn what_it_says_is_read() {
        let text = "# connbudget: ignore[near-limit, x] until 2027-01-31: nightly job: off \nA=1";
        let found = read(".env", text);
        let [Ok(comment)] = found.as_slice() else { panic!("{found:?}") };
        let names: Vec<&str> = comment.rules.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, comment.reason.as_str()), (vec!["near-limit", "x"], "nightly job: off"));
        assert_eq!(comment.until.map(|date| date.to_string()).as_deref(), Some("2027-01-31"));
        assert_eq!(&text[comment.rules[1].1.range()], "x");
        let found = read(".env", "A=1\n# connbudget: ignore-file[x]: why\n");
        assert_eq!(found[0].as_ref().unwrap().line, None);
    }

    #[test]
    fn what_it_does_not_say_is_told_at_its_place() {
        for (text, says) in [
            ("# connbudget: ignore[x]", "# connbudget: ignore[x]: a suppression says why"),
            ("# connbudget: ignore[x]: ", "# connbudget: ignore[x]:: a suppression says why"),
            ("# connbudget: ignore[ ]: why", " : a suppression names"),
            ("# connbudget: ignore: why", "# connbudget: ignore: why: a suppression is"),
            ("# connbudget: disable[x]: why", "# connbudget: disable[x]: why: a suppression is"),
            ("# connbudget: ignore[x] until soon: why", "soon: a suppression ends"),
            ("# connbudget: ignore[x] until 2027-02-30: why", "2027-02-30: a suppression ends"),
            ("# connbudget: ignore[x] because: why", "because: a suppression is"),
        ] {
            let found = read(".env", text);
            let [Err(said)] = found.as_slice() else { panic!("{text}: {found:?}") };
            assert!(said.starts_with(says), "{said}");
        }
    }
}
