//! What a `$` begins.
//!
//! compose-go's pattern takes a braced expression up to the *last* `}` of the line and then looks for the brace that closes it,
//! so an operand with a `{` too many swallows the line.

use std::ops::Range;

/// What an expression asks for besides the value.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    /// `-`: the operand where there is no value.
    Default,
    /// `+`: the operand where there is a value.
    Alternative,
    /// `?`: an error where there is no value.
    Required,
}

/// What a `$` begins.
pub(super) enum Expression {
    /// A mere `$`.
    Literal,
    /// `$$`.
    Escaped,
    /// `${` and nothing that makes sense.
    Invalid,
    /// `$NAME` or `${NAME}`.
    Plain { name: Range<usize> },
    /// `${NAME-operand}`.
    Operated(Operated),
}

/// `${NAME-operand}`, where `-` may be another operator.
pub(super) struct Operated {
    pub(super) name: Range<usize>,
    pub(super) operator: Operator,
    /// The one of `:-`, which takes an empty value for none.
    pub(super) colon: bool,
    pub(super) operand: Range<usize>,
}

/// The line that is being read, so that its last brace is looked for only once.
#[derive(Default)]
pub(super) struct Line {
    end: usize,
    last_brace: Option<usize>,
}

impl Line {
    /// Where the last `}` of the line of `at` stands, if it does not stand before `at`.
    fn last_brace(&mut self, source: &str, at: usize) -> Option<usize> {
        if at >= self.end {
            let rest = &source.as_bytes()[at.min(source.len())..];
            let len = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            self.end = at + len;
            self.last_brace = rest[..len].iter().rposition(|&byte| byte == b'}').map(|found| at + found);
        }
        self.last_brace.filter(|&brace| brace >= at)
    }
}

impl Expression {
    /// The expression that the `$` at `start` begins, and where it ends.
    pub(super) fn at(source: &str, start: usize, line: &mut Line) -> (Self, usize) {
        let after = start + 1;
        match source.as_bytes().get(after) {
            Some(b'$') => (Self::Escaped, after + 1),
            Some(b'{') => Self::braced(source, start, line),
            _ => match name_end(source, after) {
                end if end == after => (Self::Literal, after),
                end => (Self::Plain { name: after..end }, end),
            },
        }
    }

    fn braced(source: &str, start: usize, line: &mut Line) -> (Self, usize) {
        let bytes = source.as_bytes();
        let name = start + 2..name_end(source, start + 2);
        if name.is_empty() {
            return (Self::Invalid, name.end);
        }
        if bytes.get(name.end) == Some(&b'}') {
            return (Self::Plain { name: name.clone() }, name.end + 1);
        }
        let colon = bytes.get(name.end) == Some(&b':');
        let at = name.end + usize::from(colon);
        let operator = match bytes.get(at) {
            Some(b'-') => Operator::Default,
            Some(b'+') => Operator::Alternative,
            Some(b'?') => Operator::Required,
            _ => return (Self::Invalid, name.end),
        };
        let Some(last) = line.last_brace(source, at + 1) else { return (Self::Invalid, name.end) };
        let end = closing_brace(bytes, start, last).unwrap_or(last);
        (Self::Operated(Operated { name, operator, colon, operand: at + 1..end }), end + 1)
    }
}

/// Where the name that begins at `start` ends; `start` itself where no name begins.
///
/// `[_a-z][_a-z0-9]*` without regard to case, which in Go's `regexp` takes in `ſ` and the Kelvin sign `K`: they fold
/// to `s` and `k`.
fn name_end(source: &str, start: usize) -> usize {
    let rest = source.get(start..).unwrap_or_default();
    let is_letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | 'ſ' | '\u{212a}');
    if !rest.starts_with(is_letter) {
        return start;
    }
    start + rest.find(|c: char| !is_letter(c) && !c.is_ascii_digit()).unwrap_or(rest.len())
}

/// The brace that closes the expression from its `$` at `start`, not after `last`. The byte behind a `{` is passed
/// over, as `getFirstBraceClosingIndex` does, whatever it is.
fn closing_brace(bytes: &[u8], start: usize, last: usize) -> Option<usize> {
    let (mut open, mut at) = (0_usize, start);
    while at <= last {
        match bytes.get(at)? {
            b'}' if open == 1 => return Some(at),
            b'}' => open = open.saturating_sub(1),
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}
