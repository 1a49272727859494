//! Lines of painted text: built once, then printed with colours or without. What comes from a file cannot carry a
//! control character through it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a run of text is, which decides its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Paint {
    #[default]
    Plain,
    Strong,
    Dim,
    Error,
    Warning,
    Good,
    Border,
}

impl Paint {
    /// The ANSI codes; the basic sixteen colours, which every terminal's theme defines.
    fn codes(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Good => "32",
            Self::Border => "34",
        }
    }
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) runs: Vec<(Paint, String)>,
}

/// Lines in the order in which they are printed.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    pub(super) lines: Vec<Line>,
}

/// `c` as it may reach a terminal: control characters as their pictures, characters that change the order or the
/// visibility of others as a replacement character.
pub(super) fn visible(c: char) -> char {
    match c {
        '\t' | '\n' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// How many columns `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How many columns `c` takes.
pub(super) fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

impl Line {
    pub(super) fn of(paint: Paint, text: &str) -> Self {
        let mut line = Self::default();
        line.push(paint, text);
        line
    }

    pub(super) fn push(&mut self, paint: Paint, text: &str) -> &mut Self {
        let text: String = text.chars().map(visible).collect();
        match self.runs.last_mut() {
            Some((last, run)) if *last == paint => run.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.runs.push((paint, text)),
        }
        self
    }

    /// Fills with spaces up to `column`.
    pub(super) fn pad(&mut self, column: usize) -> &mut Self {
        let missing = column.saturating_sub(self.width());
        self.push(Paint::Plain, &" ".repeat(missing))
    }

    pub(super) fn width(&self) -> usize {
        self.runs.iter().map(|(_, text)| width(text)).sum()
    }
}

impl Canvas {
    pub(super) fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(super) fn blank(&mut self) {
        self.push(Line::default());
    }

    /// Writes `text` behind `start`, in lines of at most `limit` columns, each further one behind `indent`.
    pub(super) fn flow(&mut self, start: Line, indent: &Line, paint: Paint, text: &str, limit: usize) {
        let room = |line: &Line| limit.saturating_sub(line.width()).max(MIN_ROOM);
        let mut line = start;
        let mut rest = wrap(text, room(&line), room(indent)).into_iter().peekable();
        while let Some(part) = rest.next() {
            line.push(paint, &part);
            if rest.peek().is_some() {
                self.push(std::mem::replace(&mut line, indent.clone()));
            }
        }
        self.push(line);
    }

    pub(super) fn print(&self, color: bool) -> String {
        let mut out = String::new();
        for line in &self.lines {
            let plain_end = line.runs.iter().rposition(|(_, text)| !text.trim_end().is_empty());
            for (index, (paint, text)) in line.runs.iter().enumerate() {
                let text = match plain_end {
                    Some(last) if index < last => text.as_str(),
                    Some(last) if index == last => text.trim_end(),
                    _ => break,
                };
                match paint.codes() {
                    codes if color && !codes.is_empty() => {
                        out.extend(["\u{1b}[", codes, "m", text, "\u{1b}[0m"]);
                    }
                    _ => out.push_str(text),
                }
            }
            out.push('\n');
        }
        out
    }
}

/// Below this a column is no column: a line is rather too long than one word wide.
const MIN_ROOM: usize = 12;

/// `text` in parts of at most `first`, then `room` columns, broken at spaces, and before an operator rather than behind
/// it. A word that is longer stays whole.
pub(super) fn wrap(text: &str, first: usize, room: usize) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    for word in words(text) {
        let limit = if parts.len() == 1 { first } else { room };
        // There is always a last part: one is put in at the start.
        let Some(last) = parts.last_mut() else { break };
        if last.is_empty() {
            last.push_str(&word);
        } else if width(last) + 1 + width(&word) <= limit {
            last.push(' ');
            last.push_str(&word);
        } else {
            parts.push(word);
        }
    }
    parts
}

/// The words of `text`, an operator together with what follows it.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut operator: Option<&str> = None;
    for word in text.split(' ') {
        match operator.take() {
            Some(before) => words.push(format!("{before} {word}")),
            None if matches!(word, "=" | "≤" | "×" | "+" | "−" | "→" | "·") => operator = Some(word),
            None => words.push(word.to_owned()),
        }
    }
    words.extend(operator.map(str::to_owned));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_file_controls_the_terminal() {
        let hostile = "\u{1b}[31mred\u{7}\u{9b}31m\u{202e}x\u{7f}";
        let printed = Line::of(Paint::Plain, hostile);
        assert_eq!(printed.runs[0].1, "␛[31mred␇\u{fffd}31m\u{fffd}x␡");
    }

    #[test]
    fn text_flows_behind_its_indent() {
        let mut canvas = Canvas::default();
        let indent = Line::of(Paint::Plain, "   ");
        canvas.flow(Line::of(Paint::Strong, "ab "), &indent, Paint::Plain, "one two three four five", 15);
        assert_eq!(canvas.print(false), "ab one two\n   three four\n   five\n");
    }

    #[test]
    fn colours_are_closed_and_ends_are_trimmed() {
        let mut canvas = Canvas::default();
        let mut line = Line::of(Paint::Error, "x");
        line.push(Paint::Plain, "  ");
        canvas.push(line);
        assert_eq!(canvas.print(true), "\u{1b}[1;31mx\u{1b}[0m\n");
        assert_eq!(canvas.print(false), "x\n");
    }
}
