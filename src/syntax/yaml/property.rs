//! What stands before a value or a document: anchors, tags and directives.

use super::cursor::{Mark, is_blank, is_break};
use super::scanner::{Result, Scanner};
use super::token::{Token, TokenKind};
use crate::syntax::SyntaxError;

impl Scanner<'_> {
    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self) -> Result<Token> {
        let start = self.cursor.mark();
        let alias = self.cursor.next_is('*');
        self.cursor.skip();
        let name = self.cursor.skip_while(is_name);
        let ends = self.cursor.at_gap() || self.cursor.peek().is_some_and(|c| "?:,]}%@`".contains(c));
        if name.is_empty() || !ends {
            return self.error_here("an anchor's name has only letters, digits, '-' and '_'");
        }
        let name = self.cursor.text(name).to_owned();
        let kind = if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        Ok(Token { kind, span: self.since(start) })
    }

    /// `!`, `!local`, `!!global`, `!handle!suffix` or `!<the whole tag>`.
    pub(super) fn scan_tag(&mut self) -> Result<Token> {
        let start = self.cursor.mark();
        let (handle, suffix) = if self.cursor.second() == Some('<') {
            self.cursor.skip();
            self.cursor.skip();
            let suffix = self.scan_tag_text(start, true)?;
            if !self.cursor.next_is('>') {
                return self.error_here("the '>' of the tag is missing");
            }
            self.cursor.skip();
            (String::new(), suffix)
        } else {
            let handle = self.scan_tag_handle();
            if handle.len() > 1 && handle.ends_with('!') {
                (handle, self.scan_tag_text(start, true)?)
            } else {
                let suffix = format!("{}{}", &handle[1..], self.scan_tag_text(start, false)?);
                if suffix.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        if !self.cursor.at_gap() {
            return self.error_here("a tag ends with a blank");
        }
        Ok(Token { kind: TokenKind::Tag { handle, suffix }, span: self.since(start) })
    }

    /// `!`, `!name` or `!name!`; the cursor stands at the first `!`.
    fn scan_tag_handle(&mut self) -> String {
        let start = self.cursor.at();
        self.cursor.skip();
        self.cursor.skip_while(is_name);
        if self.cursor.next_is('!') {
            self.cursor.skip();
        }
        self.cursor.text(start..self.cursor.at()).to_owned()
    }

    /// The characters of a tag, `%20` and the like decoded.
    fn scan_tag_text(&mut self, start: Mark, required: bool) -> Result<String> {
        let range = self.cursor.skip_while(|c| is_name(c) || ";/?:@&=+$,.!~*'()[]%".contains(c));
        if required && range.is_empty() {
            return Err(SyntaxError::new(self.since(start), "the tag has no name"));
        }
        let decoded = percent_decoded(self.cursor.text(range));
        decoded.ok_or_else(|| SyntaxError::new(self.since(start), "a '%' in this tag is no escape"))
    }

    /// `%YAML 1.1` or `%TAG !handle! prefix`, up to the end of its line.
    pub(super) fn scan_directive(&mut self) -> Result<Token> {
        let start = self.cursor.mark();
        self.cursor.skip();
        let name = self.cursor.skip_while(is_name);
        let kind = match self.cursor.text(name) {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(SyntaxError::new(self.since(start), "YAML has no such directive")),
        };
        let span = self.since(start);
        self.cursor.skip_while(is_blank);
        if self.cursor.next_is('#') {
            self.cursor.skip_while(|c| !is_break(c));
        }
        if self.cursor.at_break() {
            self.cursor.skip_break();
        } else if self.cursor.peek().is_some() {
            return self.error_here("the directive has ended before this");
        }
        Ok(Token { kind, span })
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind> {
        self.cursor.skip_while(is_blank);
        let range = self.cursor.skip_while(|c| c.is_ascii_digit() || c == '.');
        let version = self.cursor.text(range).split_once('.');
        let numbers = version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let Some((major, minor)) = numbers else {
            return Err(SyntaxError::new(self.since(start), "this is no version of YAML"));
        };
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind> {
        self.cursor.skip_while(is_blank);
        let handle = if self.cursor.next_is('!') { self.scan_tag_handle() } else { String::new() };
        if !handle.ends_with('!') || !self.cursor.at_blank() {
            return Err(SyntaxError::new(
                self.since(start),
                "a %TAG directive needs a handle such as !name!",
            ));
        }
        self.cursor.skip_while(is_blank);
        let prefix = self.scan_tag_text(start, true)?;
        Ok(TokenKind::TagDirective { handle, prefix })
    }
}

/// The characters of names: ASCII letters, digits, `_` and `-`.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// `text` with `%41` decoded; `None` when a `%` is followed by anything else or what comes out is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}
