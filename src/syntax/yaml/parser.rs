//! Tokens → a tree in which aliases still stand as such.

use std::collections::HashMap;

use super::Style;
use super::pieces::{Pieced, Pieces};
use super::scanner::{Result, Scanner};
use super::token::{Token, TokenKind};
use crate::source::{SourceFile, Span};
use crate::syntax::SyntaxError;

/// How deep values may be nested. yaml.v3 goes to 10,000; real files stay under 20, and this keeps every recursion over
/// a document, here and later, off the end of the stack.
pub(super) const MAX_DEPTH: usize = 200;

/// How many values a file may have, so that it fits into memory.
const MAX_NODES: usize = 1_000_000;

/// Names a node of a [`Tree`].
pub(super) type NodeId = usize;

/// The documents of a file.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<RawNode>,
    pub(super) documents: Vec<NodeId>,
}

pub(super) struct RawNode {
    pub(super) data: RawData,
    pub(super) span: Span,
    pub(super) tag: Option<String>,
}

pub(super) enum RawData {
    Scalar { content: Pieced, style: Style },
    Sequence(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
    Alias { name: String, target: NodeId },
}

/// Reads all documents of `file`.
pub(super) fn parse(file: &SourceFile) -> Result<Tree> {
    let mut parser = Parser {
        file,
        scanner: Scanner::new(file),
        tree: Tree::default(),
        anchors: HashMap::new(),
        handles: HashMap::new(),
        depth: 0,
    };
    parser.documents()?;
    Ok(parser.tree)
}

pub(super) struct Parser<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) scanner: Scanner<'a>,
    pub(super) tree: Tree,
    /// The last node of each anchor. They outlive their document, as in yaml.v3.
    anchors: HashMap<String, NodeId>,
    /// What `%TAG` says of the document.
    handles: HashMap<String, String>,
    depth: usize,
}

/// What stands before a value.
#[derive(Default)]
struct Properties {
    tag: Option<String>,
    anchor: Option<String>,
    span: Option<Span>,
}

/// Where a value stands, which decides what it can be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Inside brackets or braces.
    Flow,
    /// Behind `-` or at the start.
    Block,
    /// Behind a key, where a list needs no indentation.
    BlockValue,
}

impl Parser<'_> {
    fn documents(&mut self) -> Result<()> {
        let mut implicit = true;
        loop {
            while !implicit && matches!(self.scanner.peek()?.kind, TokenKind::DocumentEnd) {
                self.scanner.next()?;
            }
            let explicit = self.directives()?;
            let token = self.scanner.peek()?;
            let root = match token.kind {
                TokenKind::StreamEnd if !explicit => return Ok(()),
                TokenKind::DocumentStart => {
                    self.scanner.next()?;
                    self.document_content()?
                }
                _ if implicit && !explicit => self.node(Place::Block)?,
                _ => return Err(SyntaxError::new(token.span, "a document starts with '---'")),
            };
            self.tree.documents.push(root);
            if matches!(self.scanner.peek()?.kind, TokenKind::DocumentEnd) {
                self.scanner.next()?;
            }
            implicit = false;
            self.handles.clear();
        }
    }

    /// Reads directives; says whether there were any.
    fn directives(&mut self) -> Result<bool> {
        let mut version = false;
        loop {
            let token = self.scanner.peek()?;
            let span = token.span;
            match &token.kind {
                TokenKind::VersionDirective { .. } if version => {
                    return Err(SyntaxError::new(span, "the version is given twice"));
                }
                // yaml.v3 knows YAML 1.1 alone and refuses a file that says 1.2.
                TokenKind::VersionDirective { major: 1, minor: 1 } => version = true,
                TokenKind::VersionDirective { .. } => {
                    return Err(SyntaxError::new(span, "docker compose reads YAML 1.1 only"));
                }
                TokenKind::TagDirective { handle, prefix } => {
                    if self.handles.insert(handle.clone(), prefix.clone()).is_some() {
                        return Err(SyntaxError::new(span, "this %TAG handle is given twice"));
                    }
                }
                _ => return Ok(version || !self.handles.is_empty()),
            }
            self.scanner.next()?;
        }
    }

    fn document_content(&mut self) -> Result<NodeId> {
        match self.scanner.peek()?.kind {
            TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => self.empty(),
            _ => self.node(Place::Block),
        }
    }

    pub(super) fn node(&mut self, place: Place) -> Result<NodeId> {
        if let TokenKind::Alias(_) = self.scanner.peek()?.kind {
            return self.alias();
        }
        let properties = self.properties()?;
        self.depth += 1;
        let span = self.scanner.peek()?.span;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::new(span, format!("values are nested deeper than {MAX_DEPTH} levels")));
        }
        let start = properties.span.unwrap_or(span);
        // The node comes before its children, so that an alias inside can name it (and be refused later).
        let id = self.push(RawData::Sequence(Vec::new()), start)?;
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, id);
        }
        let (data, end) = self.content(place, properties.span)?;
        let node = &mut self.tree.nodes[id];
        node.data = data;
        node.span = start.hull(end).unwrap_or(start);
        node.tag = properties.tag;
        self.depth -= 1;
        Ok(id)
    }

    /// What the node is, and where it ends; `properties` stand before it.
    fn content(&mut self, place: Place, properties: Option<Span>) -> Result<(RawData, Span)> {
        let token = self.scanner.peek()?;
        let span = token.span;
        match &token.kind {
            TokenKind::BlockEntry if place == Place::BlockValue => self.indentless_sequence(span),
            TokenKind::Scalar { .. } => match self.scanner.next()?.kind {
                TokenKind::Scalar { content, style } => Ok((RawData::Scalar { content, style }, span)),
                _ => Err(SyntaxError::new(span, "a value is missing here")),
            },
            TokenKind::FlowSequenceStart => self.flow_sequence(),
            TokenKind::FlowMappingStart => self.flow_mapping(),
            TokenKind::BlockSequenceStart if place != Place::Flow => self.block_sequence(span),
            TokenKind::BlockMappingStart if place != Place::Flow => self.block_mapping(span),
            _ => match properties {
                Some(before) => Ok((self.nothing_at(before.range().end), before)),
                None => Err(SyntaxError::new(span, "a value is missing here")),
            },
        }
    }

    fn alias(&mut self) -> Result<NodeId> {
        let Token { kind, span } = self.scanner.next()?;
        let TokenKind::Alias(name) = kind else {
            return Err(SyntaxError::new(span, "a value is missing here"));
        };
        let Some(&target) = self.anchors.get(&name) else {
            return Err(SyntaxError::new(span, "no anchor before this has the alias' name"));
        };
        self.push(RawData::Alias { name, target }, span)
    }

    /// An anchor and a tag, in either order.
    fn properties(&mut self) -> Result<Properties> {
        let mut found = Properties::default();
        loop {
            match &self.scanner.peek()?.kind {
                TokenKind::Anchor(_) if found.anchor.is_none() => {}
                TokenKind::Tag { .. } if found.tag.is_none() => {}
                _ => return Ok(found),
            }
            let token = self.scanner.next()?;
            found.span = Some(found.span.and_then(|span| span.hull(token.span)).unwrap_or(token.span));
            match token.kind {
                TokenKind::Tag { handle, suffix } => found.tag = Some(self.tag(&handle, suffix, token.span)?),
                TokenKind::Anchor(name) => found.anchor = Some(name),
                _ => {}
            }
        }
    }

    /// The tag that is meant, the long names of YAML's own types made short.
    fn tag(&self, handle: &str, suffix: String, span: Span) -> Result<String> {
        let tag = match (self.handles.get(handle), handle) {
            (Some(prefix), _) => format!("{prefix}{suffix}"),
            (None, "") => suffix,
            (None, "!" | "!!") => format!("{handle}{suffix}"),
            (None, _) => return Err(SyntaxError::new(span, "no %TAG directive explains this tag")),
        };
        Ok(tag.strip_prefix("tag:yaml.org,2002:").map(|name| format!("!!{name}")).unwrap_or(tag))
    }

    pub(super) fn push(&mut self, data: RawData, span: Span) -> Result<NodeId> {
        if self.tree.nodes.len() >= MAX_NODES {
            return Err(SyntaxError::new(span, format!("the file has more than {MAX_NODES} values")));
        }
        self.tree.nodes.push(RawNode { data, span, tag: None });
        Ok(self.tree.nodes.len() - 1)
    }

    fn nothing_at(&self, at: usize) -> RawData {
        RawData::Scalar { content: Pieces::new(self.file, at).finish(at), style: Style::Plain }
    }

    /// The null that stands where nothing is written, in front of the next token.
    pub(super) fn empty(&mut self) -> Result<NodeId> {
        let at = self.scanner.peek()?.span.range().start;
        self.empty_at(at)
    }

    pub(super) fn empty_at(&mut self, at: usize) -> Result<NodeId> {
        let data = self.nothing_at(at);
        self.push(data, self.file.at(at..at))
    }
}
