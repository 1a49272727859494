//! How deep a syntax tree would get, told from its tokens alone.
//!
//! ruff's parser grows its stack as it goes, but the tree it returns is walked and dropped by recursion. Python has
//! limits of its own, so that nothing is lost: 200 brackets (`MAXLEVEL`) and 100 indentations (`MAXINDENT`) in
//! CPython's `Parser/lexer/state.h`, and a recursion limit in its compiler for everything else.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

use crate::source::{SourceFile, Span};

const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;
/// Operators, attributes and calls in a row, over all open brackets: each may be one level of the tree.
const MAX_CHAIN: usize = 1000;

/// The first line in which the tree of `file` would be too deep.
///
/// The lexer does not tell where its tokens stand, so the line is searched for by halves; only a file that is refused
/// pays for that, and a prefix of a text is never deeper than the text.
pub(super) fn place_too_deep(file: &SourceFile) -> Option<Span> {
    if is_surely_flat(&file.text) || !is_too_deep(&file.text) {
        return None;
    }
    let (mut first, mut last) = (0, file.lines().saturating_sub(1));
    while first < last {
        let middle = first + (last - first) / 2;
        let end = file.line_range(middle).map_or(0, |range| range.end);
        if is_too_deep(file.text.get(..end).unwrap_or_default()) { last = middle } else { first = middle + 1 }
    }
    Some(file.at(file.line_range(first).unwrap_or_default()))
}

/// Whether a file has so few brackets, operators and words that it cannot be deep, however they are arranged. Most
/// files are so small, and need not be read twice.
fn is_surely_flat(source: &str) -> bool {
    let nests = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b',' | b'#' | 0x80..));
    let line = |line: &str| line.trim_start().bytes().filter(nests).count();
    source.len() < 20_000 && source.lines().map(line).sum::<usize>() <= MAX_CHAIN * 3
}

fn is_too_deep(source: &str) -> bool {
    let mut lexer = lex(source, Mode::Module);
    let mut indents = 0_usize;
    // The length of the chain that is being read, for each open bracket.
    let mut chains = vec![0_usize];
    let mut total = 0_usize;
    loop {
        let kind = lexer.next_token();
        match step(kind) {
            Step::End => return false,
            Step::Open => {
                chains.push(0);
                total += lengthen(&mut chains);
            }
            Step::Close => {
                if chains.len() > 1 {
                    total -= chains.pop().unwrap_or(0);
                }
                total += lengthen(&mut chains);
            }
            Step::Item => total -= chains.last_mut().map_or(0, std::mem::take),
            Step::Line => {
                chains.truncate(1);
                chains[0] = 0;
                total = 0;
            }
            Step::Indent => indents += 1,
            Step::Dedent => indents = indents.saturating_sub(1),
            Step::Deeper => total += lengthen(&mut chains),
            Step::Same => {}
        }
        if indents > MAX_INDENTS || chains.len() > MAX_BRACKETS || total > MAX_CHAIN {
            return true;
        }
    }
}

fn lengthen(chains: &mut [usize]) -> usize {
    chains.last_mut().map_or(0, |chain| {
        *chain += 1;
        1
    })
}

enum Step {
    End,
    Open,
    Close,
    Item,
    Line,
    Indent,
    Dedent,
    Deeper,
    Same,
}

fn step(kind: TokenKind) -> Step {
    match kind {
        TokenKind::EndOfFile => Step::End,
        TokenKind::Lpar
        | TokenKind::Lsqb
        | TokenKind::Lbrace
        | TokenKind::FStringStart
        | TokenKind::TStringStart => Step::Open,
        TokenKind::Rpar
        | TokenKind::Rsqb
        | TokenKind::Rbrace
        | TokenKind::FStringEnd
        | TokenKind::TStringEnd => Step::Close,
        TokenKind::Comma => Step::Item,
        TokenKind::Newline => Step::Line,
        TokenKind::Indent => Step::Indent,
        TokenKind::Dedent => Step::Dedent,
        TokenKind::Dot
        | TokenKind::Lambda
        | TokenKind::Await
        | TokenKind::Not
        | TokenKind::If
        | TokenKind::Yield => Step::Deeper,
        // A soft keyword or a name is a leaf; anything else that is an operator may nest.
        kind if kind.is_operator()
            || kind.is_unary_arithmetic_operator()
            || matches!(kind, TokenKind::And | TokenKind::Or) =>
        {
            Step::Deeper
        }
        _ => Step::Same,
    }
}
