//! What is open in the editor.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::position::Encoding;
use super::uri;
use super::wire::{Change, Changed, TextDocument};

/// A file as the editor has it.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) version: i64,
    pub(super) text: Arc<str>,
}

/// The open files, by their URIs.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents(BTreeMap<String, Document>);

impl Documents {
    /// Opens `document`, where it is a file.
    pub(super) fn open(&mut self, document: TextDocument) {
        if let Some(path) = uri::to_path(&document.uri) {
            let TextDocument { uri, version, text } = document;
            self.0.insert(uri, Document { path, version, text: Arc::from(text) });
        }
    }

    pub(super) fn change(&mut self, changed: Changed, encoding: Encoding) {
        let Some(document) = self.0.get_mut(&changed.text_document.uri) else { return };
        document.version = changed.text_document.version;
        for change in changed.content_changes {
            document.text = applied(&document.text, change, encoding);
        }
    }

    pub(super) fn close(&mut self, uri: &str) {
        self.0.remove(uri);
    }

    pub(super) fn get(&self, uri: &str) -> Option<&Document> {
        self.0.get(uri)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Document)> {
        self.0.iter()
    }

    /// The same with another text for `uri`.
    pub(super) fn with(&self, uri: &str, text: String) -> Self {
        let mut documents = self.clone();
        if let Some(document) = documents.0.get_mut(uri) {
            document.text = Arc::from(text);
        }
        documents
    }
}

/// `text` after `change`. Whole texts are asked for; a client that sends a part all the same means that part.
fn applied(text: &Arc<str>, change: Change, encoding: Encoding) -> Arc<str> {
    let Some(range) = change.range else { return Arc::from(change.text) };
    let (start, end) = (encoding.offset(text, range.start), encoding.offset(text, range.end));
    Arc::from([&text[..start], &change.text, &text[end.max(start)..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::position::Position;
    use crate::lsp::wire::Range;

    #[test]
    fn a_part_is_replaced_and_a_whole_too() {
        let change = |range: Option<[usize; 4]>, text: &str| Change {
            range: range.map(|[line, character, end, at]| Range {
                start: Position { line, character },
                end: Position { line: end, character: at },
            }),
            text: text.to_owned(),
        };
        let text: Arc<str> = Arc::from("🐘=5\nB=1\n");
        let after = |change| applied(&text, change, Encoding::Utf16).to_string();
        assert_eq!(after(change(Some([0, 3, 0, 4]), "7")), "🐘=7\nB=1\n");
        assert_eq!(after(change(Some([0, 4, 1, 0]), "")), "🐘=5B=1\n");
        assert_eq!(after(change(Some([2, 0, 2, 0]), "C=2\n")), "🐘=5\nB=1\nC=2\n");
        assert_eq!(after(change(Some([1, 3, 0, 0]), "x")), "🐘=5\nB=1x\n");
        assert_eq!(after(change(None, "x")), "x");
    }
}
