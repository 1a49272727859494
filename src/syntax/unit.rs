//! systemd's unit files (systemd 252, `src/shared/conf-parser.c`; `man systemd.syntax`).

use crate::source::SourceFile;
use crate::trace::Text;

/// One `Key=value` line.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The section it stands in: `Service`.
    pub section: String,
    /// The name as written; names are compared as they are.
    pub key: Text,
    /// The value, of several lines where they end in a backslash; empty where it takes earlier ones back.
    pub value: Text,
}

/// The assignments of `file` in order. Lines of any other form are passed over, as systemd does with a warning.
pub fn read(file: &SourceFile) -> Vec<Assignment> {
    let (mut found, mut section, mut open) = (Vec::new(), String::new(), None::<Text>);
    let last = file.lines().saturating_sub(1);
    for index in 0..file.lines() {
        let Some(range) = file.line_range(index) else { continue };
        let line = Text::verbatim(file, range);
        let line = line.slice_of(line.as_str().trim_start());
        // A comment in the middle of a continued line is left out of it.
        if line.as_str().starts_with(['#', ';']) && (open.is_none() || index < last) {
            continue;
        }
        let mut whole = open.take();
        match &mut whole {
            Some(whole) => whole.push(&line),
            None => whole = Some(line),
        }
        let Some(whole) = whole else { continue };
        if index < last && is_continued(whole.as_str()) {
            let mut kept = whole.slice(0..whole.len() - 1);
            kept.push(&Text::traced(" ", whole.trail()));
            open = Some(kept);
            continue;
        }
        let whole = whole.trim();
        if let Some(name) = whole.as_str().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = whole.split_once('=') {
            found.push(Assignment { section: section.clone(), key: key.trim(), value: value.trim() });
        }
    }
    found
}

/// Whether a line ends in a backslash that no other one escapes.
fn is_continued(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn lines_go_on_behind_a_backslash_and_over_comments() {
        let text = "[Unit]\nAfter=a\n; no\n[Service]\nExecStart=/x \\\n  -w 3 \\\n# no\n  -b :80\nnonsense\nX=\\\\\nY =\n";
        let sources = Sources::new(Memory::new([("x.service", text)]));
        let found = read(&sources.load(&TreePath::new("x.service")).unwrap());
        let read: Vec<_> =
            found.iter().map(|a| (a.section.as_str(), a.key.as_str(), a.value.as_str())).collect();
        assert_eq!(
            read,
            [
                ("Unit", "After", "a"),
                ("Service", "ExecStart", "/x  -w 3  -b :80"),
                ("Service", "X", "\\\\"),
                ("Service", "Y", "")
            ]
        );
        let three = found[1].value.slice(7..8);
        assert_eq!(sources.text(three.span().unwrap()), "3");
    }
}
