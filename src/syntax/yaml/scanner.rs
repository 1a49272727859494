//! Cuts the text into tokens as yaml.v3 does: the rules are those of libyaml (YAML 1.1), of which it is a translation.
//!
//! No library is used for this on purpose: those for YAML 1.2 refuse files that compose reads (a closing bracket less
//! indented than its key) and read files that compose refuses (tabs, `%YAML 1.2`), and none tells where in the file a
//! word of a folded or escaped scalar stands.

use std::collections::VecDeque;

use super::Style;
use super::cursor::{Cursor, Mark, is_blank, is_break, is_gap};
use super::pieces::Pieced;
use super::token::{Token, TokenKind};
use crate::source::{SourceFile, Span};
use crate::syntax::SyntaxError;

pub(super) type Result<T> = std::result::Result<T, SyntaxError>;

/// A key without `?` ends on its line, and within this many bytes (yaml.v3, `yaml_simple_key_is_valid`).
const MAX_SIMPLE_KEY: usize = 1024;

/// How far behind a comment another one is looked for, in bytes (yaml.v3, `yaml_parser_scan_comments`).
const COMMENT_REACH: usize = 512;

/// A token that turns out to be a key when a `:` follows.
#[derive(Clone, Copy)]
struct SimpleKey {
    /// Nothing but a key can stand there.
    required: bool,
    /// The number of the token, counted from the start of the stream.
    token: usize,
    mark: Mark,
}

/// Tokens on demand.
pub(super) struct Scanner<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) cursor: Cursor<'a>,
    tokens: VecDeque<Token>,
    /// How many tokens were handed out.
    taken: usize,
    ended: bool,
    /// The key that may begin at each flow level, the block context first.
    simple_keys: Vec<Option<SimpleKey>>,
    pub(super) simple_key_allowed: bool,
    /// The column of the block that the cursor is in, −1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            cursor: Cursor::new(&file.text),
            tokens: VecDeque::new(),
            taken: 0,
            ended: false,
            simple_keys: vec![None],
            simple_key_allowed: true,
            indent: -1,
            indents: Vec::new(),
        }
    }

    /// The next token, left where it is. The last one is [`TokenKind::StreamEnd`].
    pub(super) fn peek(&mut self) -> Result<&Token> {
        while !self.ended && (self.tokens.is_empty() || self.first_may_be_key()?) {
            self.fetch()?;
        }
        if self.tokens.is_empty() {
            self.push(TokenKind::StreamEnd, self.cursor.mark());
        }
        Ok(&self.tokens[0])
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Token> {
        self.peek()?;
        self.taken += 1;
        let stream_end = Token { kind: TokenKind::StreamEnd, span: self.since(self.cursor.mark()) };
        Ok(self.tokens.pop_front().unwrap_or(stream_end))
    }

    /// A place from a mark to the cursor.
    pub(super) fn since(&self, start: Mark) -> Span {
        self.file.at(start.at..self.cursor.at())
    }

    /// An error at the character under the cursor.
    pub(super) fn error_here<T>(&self, message: impl Into<String>) -> Result<T> {
        let len = self.cursor.peek().filter(|&c| !is_break(c)).map_or(0, char::len_utf8);
        Err(SyntaxError::new(self.file.at(self.cursor.at()..self.cursor.at() + len), message))
    }

    pub(super) fn in_flow(&self) -> bool {
        self.simple_keys.len() > 1
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        let span = self.since(start);
        self.tokens.push_back(Token { kind, span });
    }

    fn insert(&mut self, number: usize, kind: TokenKind, mark: Mark) {
        let token = Token { kind, span: self.file.at(mark.at..mark.at) };
        let index = number.saturating_sub(self.taken).min(self.tokens.len());
        self.tokens.insert(index, token);
    }

    /// Finds the next token, which may make several.
    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.unroll_indent(self.cursor.column());
        let Some(next) = self.cursor.peek() else { return self.fetch_stream_end() };
        if self.cursor.column() == 0 && next == '%' {
            self.leave_blocks()?;
            let token = self.scan_directive()?;
            self.tokens.push_back(token);
            return Ok(());
        }
        if self.cursor.at_document_mark() {
            return self.fetch_document_mark(next);
        }
        let (flow, gap) = (self.in_flow(), is_gap(self.cursor.second()));
        match next {
            '[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            '{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            ']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            ',' => self.fetch_flow_entry(),
            '-' if gap => self.fetch_block_entry(),
            '?' if flow || gap => self.fetch_key(),
            ':' if flow || gap => self.fetch_value(),
            '*' | '&' => self.fetch_property(Self::scan_anchor),
            '!' => self.fetch_property(Self::scan_tag),
            '|' | '>' if !flow => self.fetch_block_scalar(),
            '\'' | '"' => self.fetch_scalar(Style::Quoted, Self::scan_quoted),
            '\t' => self.error_here("a tab cannot indent"),
            '#' | '|' | '>' | '%' | '@' | '`' => self.error_here(format!("nothing can start with '{next}'")),
            _ => self.fetch_scalar(Style::Plain, Self::scan_plain),
        }
    }

    /// Steps over white space and comments. A tab counts as white space only where no key can start.
    fn skip_to_token(&mut self) {
        loop {
            if self.cursor.column() == 0 {
                self.cursor.skip_byte_order_mark();
            }
            let tabs = self.in_flow() || !self.simple_key_allowed;
            self.cursor.skip_while(|c| c == ' ' || (tabs && c == '\t'));
            while self.cursor.next_is('#') {
                self.cursor.skip_while(|c| !is_break(c));
                self.skip_to_comment();
            }
            if !self.cursor.at_break() {
                return;
            }
            self.cursor.skip_break();
            if !self.in_flow() {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Goes to the comment that follows a comment, if one does; yaml.v3 takes comments together and does not mind
    /// tabs between them.
    fn skip_to_comment(&mut self) {
        let rest = self.cursor.rest();
        let gap = rest.find(|c| !is_blank(c) && !is_break(c)).unwrap_or(rest.len());
        if gap < COMMENT_REACH && rest[gap..].starts_with('#') {
            self.cursor.skip_to(self.cursor.at() + gap);
        }
    }

    fn fetch_stream_end(&mut self) -> Result<()> {
        self.leave_blocks()?;
        self.ended = true;
        self.push(TokenKind::StreamEnd, self.cursor.mark());
        Ok(())
    }

    fn fetch_document_mark(&mut self, first: char) -> Result<()> {
        self.leave_blocks()?;
        let start = self.cursor.mark();
        self.cursor.skip_while(|c| c == first);
        let kind = if first == '-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<()> {
        self.save_simple_key()?;
        self.simple_keys.push(None);
        self.simple_key_allowed = true;
        self.push_one(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<()> {
        self.remove_simple_key()?;
        if self.in_flow() {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push_one(kind);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_one(TokenKind::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        if !self.in_flow() {
            if !self.simple_key_allowed {
                return self.error_here("a list cannot start here");
            }
            self.roll_indent(self.cursor.mark(), None, TokenKind::BlockSequenceStart);
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_one(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        if !self.in_flow() {
            if !self.simple_key_allowed {
                return self.error_here("a mapping key cannot stand here");
            }
            self.roll_indent(self.cursor.mark(), None, TokenKind::BlockMappingStart);
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = !self.in_flow();
        self.push_one(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<()> {
        self.stale_simple_key(self.simple_keys.len() - 1)?;
        if let Some(key) = self.simple_keys.last_mut().and_then(Option::take) {
            self.insert(key.token, TokenKind::Key, key.mark);
            self.roll_indent(key.mark, Some(key.token), TokenKind::BlockMappingStart);
            self.simple_key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.simple_key_allowed {
                    return self.error_here("a mapping value cannot stand here");
                }
                self.roll_indent(self.cursor.mark(), None, TokenKind::BlockMappingStart);
            }
            self.simple_key_allowed = !self.in_flow();
        }
        self.push_one(TokenKind::Value);
        Ok(())
    }

    fn fetch_property(&mut self, scan: fn(&mut Self) -> Result<Token>) -> Result<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_scalar(&mut self, style: Style, read: fn(&mut Self) -> Result<(Pieced, Span)>) -> Result<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let (content, span) = read(self)?;
        self.tokens.push_back(Token { kind: TokenKind::Scalar { content, style }, span });
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Result<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let (content, span) = self.scan_block()?;
        self.tokens.push_back(Token { kind: TokenKind::Scalar { content, style: Style::Block }, span });
        Ok(())
    }

    /// Pushes the token that the next character is.
    fn push_one(&mut self, kind: TokenKind) {
        let start = self.cursor.mark();
        self.cursor.skip();
        self.push(kind, start);
    }
}

/// Keys and indentation.
impl Scanner<'_> {
    /// Whether the first token in the queue may still become a key, so that it cannot be handed out.
    fn first_may_be_key(&mut self) -> Result<bool> {
        let first = |key: &Option<SimpleKey>| key.is_some_and(|key| key.token == self.taken);
        let Some(level) = self.simple_keys.iter().position(first) else { return Ok(false) };
        self.stale_simple_key(level)?;
        Ok(self.simple_keys[level].is_some())
    }

    /// Drops the possible key of a level when the cursor has gone too far for it.
    fn stale_simple_key(&mut self, level: usize) -> Result<()> {
        let Some(key) = self.simple_keys[level] else { return Ok(()) };
        let here = self.cursor.mark();
        if key.mark.line < here.line || key.mark.at + MAX_SIMPLE_KEY < here.at {
            self.drop_simple_key(level)?;
        }
        Ok(())
    }

    fn drop_simple_key(&mut self, level: usize) -> Result<()> {
        match self.simple_keys[level].take() {
            Some(key) if key.required => {
                let line =
                    self.cursor.text(key.mark.at..self.cursor.at()).split(is_break).next().unwrap_or("");
                let span = self.file.at(key.mark.at..key.mark.at + line.trim_end().len());
                Err(SyntaxError::new(span, "a ':' is missing after this"))
            }
            _ => Ok(()),
        }
    }

    fn remove_simple_key(&mut self) -> Result<()> {
        self.drop_simple_key(self.simple_keys.len() - 1)
    }

    /// Notes that a key may start at the cursor.
    fn save_simple_key(&mut self) -> Result<()> {
        if self.simple_key_allowed {
            let mark = self.cursor.mark();
            let required = !self.in_flow() && self.indent == mark.column;
            self.remove_simple_key()?;
            let token = self.taken + self.tokens.len();
            if let Some(key) = self.simple_keys.last_mut() {
                *key = Some(SimpleKey { required, token, mark });
            }
        }
        Ok(())
    }

    /// Opens a block at `mark` when it is further in than the one around it, in front of the token `number`.
    fn roll_indent(&mut self, mark: Mark, number: Option<usize>, kind: TokenKind) {
        if self.in_flow() || self.indent >= mark.column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = mark.column;
        self.insert(number.unwrap_or(usize::MAX), kind, mark);
    }

    /// Closes the blocks that are further in than `column`.
    fn unroll_indent(&mut self, column: isize) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.cursor.mark());
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn leave_blocks(&mut self) -> Result<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }
}
