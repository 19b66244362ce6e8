//! YAML documents as small trees, one document at a time.
//!
//! Built from the parser's events, so that what a document may become is bounded here: its depth, its number of nodes,
//! and no aliases, with which a few lines could name billions of nodes (libmodulemd refuses them, too).

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// How deep collections may be nested; module documents need about ten levels.
const DEPTH_MAX: usize = 64;
/// How many nodes a document may have; the largest module build has some ten thousand artifacts.
const NODES_MAX: usize = 1 << 20;

/// A value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    /// Nothing: an empty plain scalar, `null` or `~`.
    Null,
    /// Any other scalar, as written: what it means is for the reader of the field to say.
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// Keys in the order of the document.
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Returns the value of a key; the last one if it is repeated, as with libmodulemd.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entries().iter().rfind(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns the entries of a map, none of anything else.
    pub(crate) fn entries(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        if let Node::Map(entries) = self { entries } else { &[] }
    }

    /// Returns the items of a list, none of anything else.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        if let Node::List(items) = self { items } else { &[] }
    }

    /// Returns the text of a scalar; nothing is no text.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }
}

/// Why a text is not read, or not further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YamlError {
    /// Line of the text, from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// One document of a stream, with the line where it starts.
pub(crate) struct Document<'a> {
    pub(crate) line: usize,
    /// The content; an error when this document, but not the stream, is beyond what is taken.
    pub(crate) root: Result<Node<'a>, YamlError>,
}

/// A collection that is not complete.
enum Open<'a> {
    List(Vec<Node<'a>>),
    Map { entries: Vec<(Cow<'a, str>, Node<'a>)>, key: Option<Cow<'a, str>> },
}

/// The documents of a stream.
pub(crate) struct Documents<'a> {
    parser: Parser<'a, StrInput<'a>>,
    failed: bool,
}

impl<'a> Documents<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Documents { parser: Parser::new_from_str(text), failed: false }
    }

    /// Returns the next document; after an error of the stream itself there is none.
    pub(crate) fn next(&mut self) -> Result<Option<Document<'a>>, YamlError> {
        while let Some((event, line)) = self.event()? {
            if matches!(event, Event::DocumentStart(_)) {
                return self.document(line).map(Some);
            }
        }
        Ok(None)
    }

    fn event(&mut self) -> Result<Option<(Event<'a>, usize)>, YamlError> {
        if self.failed {
            return Ok(None);
        }
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, span.start.line()))),
            Some(Err(error)) => {
                self.failed = true;
                Err(YamlError { line: error.marker().line(), reason: error.info().to_owned() })
            }
        }
    }

    fn document(&mut self, start: usize) -> Result<Document<'a>, YamlError> {
        let mut tree = Tree::default();
        let mut refused = None;
        while let Some((event, line)) = self.event()? {
            if matches!(event, Event::DocumentEnd) {
                break;
            }
            if let (None, Err(reason)) = (&refused, tree.add(event)) {
                // The nesting may go on without end, and only the parser would remember it.
                if tree.open.len() >= DEPTH_MAX {
                    self.failed = true;
                    return Err(YamlError { line, reason });
                }
                refused = Some(YamlError { line, reason });
                tree = Tree::default();
            }
        }
        let root = refused.map_or(Ok(tree.root), Err);
        Ok(Document { line: start, root })
    }
}

struct Tree<'a> {
    root: Node<'a>,
    open: Vec<Open<'a>>,
    nodes: usize,
}

impl Default for Tree<'_> {
    fn default() -> Self {
        Tree { root: Node::Null, open: Vec::new(), nodes: 0 }
    }
}

impl<'a> Tree<'a> {
    fn add(&mut self, event: Event<'a>) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(format!("more than {NODES_MAX} nodes in a document"));
        }
        match event {
            Event::Scalar(text, style, _, _) => self.put(scalar(text, style)),
            Event::SequenceStart(..) => self.start(Open::List(Vec::new())),
            Event::MappingStart(..) => self.start(Open::Map { entries: Vec::new(), key: None }),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(items)) => self.put(Node::List(items)),
                Some(Open::Map { entries, .. }) => self.put(Node::Map(entries)),
                None => Ok(()),
            },
            Event::Alias(_) => Err("aliases are not taken".to_owned()),
            _ => Ok(()),
        }
    }

    fn start(&mut self, open: Open<'a>) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("collections are nested more than {DEPTH_MAX} deep"));
        }
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            return Err("a key that is not a scalar".to_owned());
        }
        self.open.push(open);
        Ok(())
    }

    fn put(&mut self, node: Node<'a>) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.root = node,
            Some(Open::List(items)) => items.push(node),
            Some(Open::Map { entries, key }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => match node {
                    Node::Text(text) => *key = Some(text),
                    Node::Null => *key = Some(Cow::Borrowed("")),
                    Node::List(_) | Node::Map(_) => return Err("a key that is not a scalar".to_owned()),
                },
            },
        }
        Ok(())
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Node<'_> {
    if style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL") {
        return Node::Null;
    }
    Node::Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn only(text: &str) -> Result<Node<'_>, YamlError> {
        Documents::new(text).next()?.expect("a document").root
    }

    #[test]
    fn keeps_scalars_as_written() {
        let root = only("a: 1.10\nb: '1'\nc: [yes, ~, \"\"]\nd: |\n  x\n  y\ne:\n").expect("valid");
        assert_eq!(root.get("a").and_then(Node::text), Some("1.10"));
        assert_eq!(root.get("b").and_then(Node::text), Some("1"));
        let items = [Node::Text("yes".into()), Node::Null, Node::Text("".into())];
        assert_eq!(root.get("c").map(Node::items), Some(items.as_slice()));
        assert_eq!(root.get("d").and_then(Node::text), Some("x\ny\n"));
        assert_eq!(root.get("e"), Some(&Node::Null));
    }

    #[test]
    fn refuses_bombs() {
        let aliases = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert_eq!(only(aliases).expect_err("aliases").reason, "aliases are not taken");
        let deep = "[".repeat(DEPTH_MAX + 1);
        assert!(only(&deep).expect_err("depth").reason.contains("nested"));
        assert!(only(&"[".repeat(100_000)).is_err());
        assert!(only(&"- ".repeat(100_000)).is_err());
        let many = format!("[{}]", "a,".repeat(NODES_MAX));
        assert!(only(&many).expect_err("nodes").reason.contains("nodes"));
    }

    #[test]
    fn a_refused_document_does_not_hide_the_next() {
        let mut documents = Documents::new("---\n- &a b\n- *a\n---\nc: d\n");
        assert!(documents.next().expect("reads").expect("first").root.is_err());
        let second = documents.next().expect("reads").expect("second");
        assert_eq!(second.root.expect("valid").get("c").and_then(Node::text), Some("d"));
        assert!(documents.next().expect("reads").is_none());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-\\[\\]{}:,&*!|>'\"#%@a-c0 \n\t]{0,60}") {
            let mut documents = Documents::new(&text);
            while let Ok(Some(_)) = documents.next() {}
        }
    }
}
