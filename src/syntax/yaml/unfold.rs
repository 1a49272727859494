//! Follows aliases, carries out merge keys and types scalars, in the order of yaml.v3's decoder.

use std::collections::{HashMap, HashSet};

use super::parser::{MAX_DEPTH, NodeId, RawData, RawNode, Tree};
use super::scanner::Result;
use super::{Data, Node, Scalar, Style, Type, as_string, resolve};
use crate::source::{SourceFile, Span};
use crate::syntax::SyntaxError;
use crate::trace::{How, Origin, Text};

/// How much memory the copies that aliases make may take, in rough bytes. Compose has no limit: it follows aliases before
/// yaml.v3 could count them, and a file of a kilobyte takes all the memory there is (measured on 2.26.1).
const MAX_BROUGHT: usize = 64 << 20;

/// What a node weighs besides its text, in rough bytes.
const NODE_WEIGHT: usize = 128;

/// The documents of `tree` as they are after all aliases.
pub(super) fn unfold(file: &SourceFile, tree: &Tree) -> Result<Vec<Node>> {
    let unfolded = |&root: &NodeId| {
        let mut unfold = Unfold { file, tree, aliases: Vec::new(), depth: 0, brought: 0 };
        unfold.node(root)
    };
    tree.documents.iter().map(unfolded).collect()
}

struct Unfold<'a> {
    file: &'a SourceFile,
    tree: &'a Tree,
    /// The aliases being followed, the outermost first: what each names, and where it stands.
    aliases: Vec<(NodeId, Span)>,
    depth: usize,
    /// What aliases have brought so far, in rough bytes.
    brought: usize,
}

/// What makes two keys one: the type and the content.
type Identity = (bool, String);

impl Unfold<'_> {
    fn node(&mut self, id: NodeId) -> Result<Node> {
        let raw = &self.tree.nodes[id];
        self.count(raw)?;
        self.depth += 1;
        let data = match &raw.data {
            RawData::Scalar { content, style } => Data::Scalar(self.scalar(raw, &content.text, *style)?),
            RawData::Sequence(items) => {
                Data::Sequence(items.iter().map(|&item| self.node(item)).collect::<Result<_>>()?)
            }
            RawData::Mapping(_) => Data::Mapping(self.mapping(id)?),
            &RawData::Alias { target, .. } => {
                self.depth -= 1;
                return self.follow(target, raw.span, |unfold| unfold.node(target));
            }
        };
        self.depth -= 1;
        let span = self.aliases.first().map_or(raw.span, |&(_, alias)| alias);
        Ok(Node { data, span, tag: raw.tag.clone() })
    }

    /// Does `work` on the node `target` that an alias at `span` names.
    fn follow<T>(
        &mut self,
        target: NodeId,
        span: Span,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if self.aliases.iter().any(|&(open, _)| open == target) {
            return Err(SyntaxError::new(span, "the alias is inside of what it names"));
        }
        self.aliases.push((target, span));
        let done = work(self);
        self.aliases.pop();
        done
    }

    /// Counts a node, and gives up where the document becomes too deep or too large.
    fn count(&mut self, raw: &RawNode) -> Result<()> {
        let alias = self.aliases.first().map(|&(_, span)| span);
        if self.depth >= MAX_DEPTH {
            let message = format!("values are nested deeper than {MAX_DEPTH} levels");
            return Err(SyntaxError::new(alias.unwrap_or(raw.span), message));
        }
        let Some(alias) = alias else { return Ok(()) };
        self.brought += match &raw.data {
            RawData::Scalar { content, .. } => content.weight * self.aliases.len(),
            _ => NODE_WEIGHT,
        };
        if self.brought > MAX_BROUGHT {
            return Err(SyntaxError::new(alias, "the aliases of this file unfold to too many values"));
        }
        Ok(())
    }

    fn scalar(&self, raw: &RawNode, text: &Text, style: Style) -> Result<Scalar> {
        let typed = resolve::resolve(raw.tag.as_deref(), style, text.as_str())
            .map_err(|message| SyntaxError::new(raw.span, message))?;
        let mut text = text.clone();
        for &(_, alias) in self.aliases.iter().rev() {
            text = text.then(&Origin::at(How::Alias, alias));
        }
        Ok(Scalar { text, style, typed })
    }

    fn mapping(&mut self, id: NodeId) -> Result<Vec<(Node, Node)>> {
        let (mut entries, mut seen) = (Vec::new(), HashSet::new());
        self.entries(id, &mut entries, &mut seen)?;
        Ok(entries)
    }

    /// Adds the entries of the mapping `id` whose keys are not there yet, first its own and then those that it merges.
    fn entries(
        &mut self,
        id: NodeId,
        into: &mut Vec<(Node, Node)>,
        seen: &mut HashSet<Identity>,
    ) -> Result<()> {
        let tree = self.tree;
        let RawData::Mapping(entries) = &tree.nodes[id].data else { return Ok(()) };
        self.check_unique(entries)?;
        let mut merge = None;
        for &(key, value) in entries {
            if is_merge(&tree.nodes[key]) {
                merge = Some(value);
                continue;
            }
            let key = self.node(key)?;
            if seen.insert(identity(&key)?) {
                into.push((key, self.node(value)?));
            }
        }
        merge.map_or(Ok(()), |merge| self.merge(merge, into, seen))
    }

    /// Merges a mapping, an alias of one, or each of a list of these: what comes first wins.
    fn merge(
        &mut self,
        id: NodeId,
        into: &mut Vec<(Node, Node)>,
        seen: &mut HashSet<Identity>,
    ) -> Result<()> {
        let tree = self.tree;
        match &tree.nodes[id].data {
            RawData::Sequence(items) => {
                items.iter().try_for_each(|&item| self.merge_mapping(item, into, seen))
            }
            _ => self.merge_mapping(id, into, seen),
        }
    }

    fn merge_mapping(
        &mut self,
        id: NodeId,
        into: &mut Vec<(Node, Node)>,
        seen: &mut HashSet<Identity>,
    ) -> Result<()> {
        let raw = &self.tree.nodes[id];
        self.count(raw)?;
        match raw.data {
            RawData::Mapping(_) => {
                self.depth += 1;
                self.entries(id, into, seen)?;
                self.depth -= 1;
                Ok(())
            }
            RawData::Alias { target, .. } if matches!(self.tree.nodes[target].data, RawData::Mapping(_)) => {
                self.follow(target, raw.span, |unfold| unfold.merge_mapping(target, into, seen))
            }
            _ => Err(SyntaxError::new(raw.span, "'<<' takes a mapping or a list of mappings")),
        }
    }

    /// Refuses a mapping that has a key twice, as written: `010` and `8` are two keys here, in yaml.v3 as well.
    fn check_unique(&self, entries: &[(NodeId, NodeId)]) -> Result<()> {
        let mut lines: HashMap<(u8, &str), usize> = HashMap::with_capacity(entries.len());
        for &(key, _) in entries {
            let raw = &self.tree.nodes[key];
            let written = match &raw.data {
                RawData::Scalar { content, .. } => (0, content.text.as_str()),
                RawData::Alias { name, .. } => (1, name.as_str()),
                RawData::Sequence(_) | RawData::Mapping(_) => continue,
            };
            let line = self.file.line_of(raw.span.range().start) + 1;
            if let Some(first) = lines.insert(written, line) {
                let message = format!("the mapping has this key already, on line {first}");
                return Err(SyntaxError::new(raw.span, message));
            }
        }
        Ok(())
    }
}

fn is_merge(key: &RawNode) -> bool {
    let RawData::Scalar { content, style } = &key.data else { return false };
    let tagged = match key.tag.as_deref() {
        None | Some("!") => *style == Style::Plain,
        Some(tag) => tag == "!!merge",
    };
    tagged && content.text.as_str() == "<<"
}

fn identity(key: &Node) -> Result<Identity> {
    match &key.data {
        Data::Scalar(scalar) => {
            let content = as_string(scalar).map(|text| text.as_str().to_owned());
            Ok((scalar.typed == Type::String, content.unwrap_or_default()))
        }
        Data::Sequence(_) | Data::Mapping(_) => {
            Err(SyntaxError::new(key.span, "a list or mapping cannot be a key"))
        }
    }
}
