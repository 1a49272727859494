//! Lists and mappings, in blocks and in brackets. The first token of each is still to be taken.

use super::parser::{NodeId, Parser, Place, RawData};
use super::scanner::Result;
use super::token::{Token, TokenKind};
use crate::source::Span;
use crate::syntax::SyntaxError;

impl Parser<'_> {
    pub(super) fn block_sequence(&mut self, start: Span) -> Result<(RawData, Span)> {
        self.scanner.next()?;
        let mut items = Vec::new();
        loop {
            let Token { kind, span } = self.scanner.next()?;
            match kind {
                TokenKind::BlockEntry => {}
                TokenKind::BlockEnd => return Ok(self.sequence(items, start)),
                _ => return Err(SyntaxError::new(span, "the list goes on with '-' or ends")),
            }
            items.push(match self.scanner.peek()?.kind {
                TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty_at(span.range().end)?,
                _ => self.node(Place::Block)?,
            });
        }
    }

    /// A list whose `-` stand below the first letter of their key.
    pub(super) fn indentless_sequence(&mut self, start: Span) -> Result<(RawData, Span)> {
        let mut items = Vec::new();
        while let TokenKind::BlockEntry = self.scanner.peek()?.kind {
            let dash = self.scanner.next()?.span;
            items.push(match self.scanner.peek()?.kind {
                TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                    self.empty_at(dash.range().end)?
                }
                _ => self.node(Place::Block)?,
            });
        }
        Ok(self.sequence(items, start))
    }

    pub(super) fn block_mapping(&mut self, start: Span) -> Result<(RawData, Span)> {
        self.scanner.next()?;
        let mut entries = Vec::new();
        loop {
            let Token { kind, span } = self.scanner.next()?;
            match kind {
                TokenKind::Key => {}
                TokenKind::BlockEnd => return Ok(self.mapping(entries, start)),
                _ => return Err(SyntaxError::new(span, "a key is expected here; check the indentation")),
            }
            let key = match self.scanner.peek()?.kind {
                TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty()?,
                _ => self.node(Place::BlockValue)?,
            };
            let value = match self.scanner.peek()?.kind {
                TokenKind::Value => {
                    let colon = self.scanner.next()?.span;
                    match self.scanner.peek()?.kind {
                        TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                            self.empty_at(colon.range().end)?
                        }
                        _ => self.node(Place::BlockValue)?,
                    }
                }
                _ => self.empty_at(self.end_of(key))?,
            };
            entries.push((key, value));
        }
    }

    pub(super) fn flow_sequence(&mut self) -> Result<(RawData, Span)> {
        self.scanner.next()?;
        let mut items = Vec::new();
        loop {
            if let TokenKind::FlowSequenceEnd = self.scanner.peek()?.kind {
                return Ok((RawData::Sequence(items), self.scanner.next()?.span));
            }
            if !items.is_empty() {
                let Token { kind, span } = self.scanner.next()?;
                if !matches!(kind, TokenKind::FlowEntry) {
                    return Err(SyntaxError::new(span, "',' or ']' is missing before this"));
                }
            }
            match self.scanner.peek()?.kind {
                TokenKind::FlowSequenceEnd => {}
                TokenKind::Key => items.push(self.flow_pair()?),
                _ => items.push(self.node(Place::Flow)?),
            }
        }
    }

    /// A single `key: value` inside brackets, which is a mapping of its own.
    fn flow_pair(&mut self) -> Result<NodeId> {
        let start = self.scanner.next()?.span;
        let key = match self.scanner.peek()?.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => self.empty()?,
            _ => self.node(Place::Flow)?,
        };
        let value = self.flow_value(key)?;
        let end = self.file.at(start.range().start..self.end_of(value));
        self.push(RawData::Mapping(vec![(key, value)]), end)
    }

    pub(super) fn flow_mapping(&mut self) -> Result<(RawData, Span)> {
        self.scanner.next()?;
        let mut entries = Vec::new();
        loop {
            if let TokenKind::FlowMappingEnd = self.scanner.peek()?.kind {
                return Ok((RawData::Mapping(entries), self.scanner.next()?.span));
            }
            if !entries.is_empty() {
                let Token { kind, span } = self.scanner.next()?;
                if !matches!(kind, TokenKind::FlowEntry) {
                    return Err(SyntaxError::new(span, "',' or '}' is missing before this"));
                }
            }
            match self.scanner.peek()?.kind {
                TokenKind::FlowMappingEnd => {}
                TokenKind::Key => {
                    self.scanner.next()?;
                    let key = match self.scanner.peek()?.kind {
                        TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                            self.empty()?
                        }
                        _ => self.node(Place::Flow)?,
                    };
                    entries.push((key, self.flow_value(key)?));
                }
                _ => {
                    let key = self.node(Place::Flow)?;
                    let at = self.end_of(key);
                    entries.push((key, self.empty_at(at)?));
                }
            }
        }
    }

    /// The value behind a key in brackets or braces.
    fn flow_value(&mut self, key: NodeId) -> Result<NodeId> {
        if !matches!(self.scanner.peek()?.kind, TokenKind::Value) {
            return self.empty_at(self.end_of(key));
        }
        let colon = self.scanner.next()?.span;
        match self.scanner.peek()?.kind {
            TokenKind::FlowEntry | TokenKind::FlowMappingEnd | TokenKind::FlowSequenceEnd => {
                self.empty_at(colon.range().end)
            }
            _ => self.node(Place::Flow),
        }
    }

    fn sequence(&self, items: Vec<NodeId>, start: Span) -> (RawData, Span) {
        let end = items.last().map_or(start, |&last| self.tree.nodes[last].span);
        (RawData::Sequence(items), end)
    }

    fn mapping(&self, entries: Vec<(NodeId, NodeId)>, start: Span) -> (RawData, Span) {
        let end = entries.last().map_or(start, |&(_, last)| self.tree.nodes[last].span);
        (RawData::Mapping(entries), end)
    }

    fn end_of(&self, node: NodeId) -> usize {
        self.tree.nodes[node].span.range().end
    }
}
