//! The label that a path gets, by the rules of libselinux (selabel_file(5)).
//!
//! A text that names just one path wins over every pattern. Of patterns the last one in the order of the files wins, and
//! only those are tried whose first components are those of the path. This is what libselinux does since 3.8; before, of
//! patterns with different first components `<<none>>` counted only if it was the last one.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use regex::bytes::Regex;

use super::parse::{self, Kind, Line, Substitution};
use super::pattern;

/// Components by which patterns are put together, as with libselinux.
const DEPTH: usize = 3;

/// A label; none leaves the file as it is.
type Context = Option<Arc<[u8]>>;

#[derive(Debug)]
struct Literal {
    /// Number of the file that has it.
    file: usize,
    kind: Kind,
    context: Context,
}

#[derive(Debug)]
struct Pattern {
    /// Place in the order of all lines.
    order: usize,
    kind: Kind,
    context: Context,
    text: Box<[u8]>,
    /// With what every path begins that can match.
    start: Box<[u8]>,
    /// Compiled for the first path that may match; none when it cannot be.
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn matches(&self, path: &[u8]) -> bool {
        path.starts_with(&self.start)
            && self.regex.get_or_init(|| pattern::compile(&self.text).ok()).as_ref().is_some_and(|it| it.is_match(path))
    }
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<Vec<u8>, Vec<Literal>>,
    patterns: Vec<Pattern>,
    children: HashMap<Vec<u8>, Node>,
}

/// The file contexts of a policy.
#[derive(Debug, Default)]
pub(super) struct FileContexts {
    root: Node,
    lines: usize,
    substitutions: Vec<Substitution>,
    distribution: Vec<Substitution>,
    known: HashMap<Vec<u8>, Arc<[u8]>>,
}

/// The texts of a policy's files.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// `file_contexts`, `file_contexts.homedirs` and `file_contexts.local`, those that are there.
    pub(super) contexts: Vec<(&'static str, Vec<u8>)>,
    /// `file_contexts.subs`.
    pub(super) substitutions: Vec<u8>,
    /// `file_contexts.subs_dist`.
    pub(super) distribution: Vec<u8>,
}

impl FileContexts {
    /// Reads a policy; the error names the file and the line that make no sense.
    pub(super) fn read(texts: &Texts) -> Result<Self, (&'static str, String)> {
        let mut all = FileContexts {
            substitutions: parse::substitutions(&texts.substitutions),
            distribution: parse::substitutions(&texts.distribution),
            ..FileContexts::default()
        };
        for (file, (name, text)) in texts.contexts.iter().enumerate() {
            for line in parse::contexts(text).map_err(|reason| (*name, reason))? {
                all.add(file, &line);
            }
        }
        all.known = HashMap::new();
        Ok(all)
    }

    fn add(&mut self, file: usize, line: &Line<'_>) {
        let context = line.context.map(|text| {
            Arc::clone(self.known.entry(text.to_vec()).or_insert_with(|| text.iter().copied().chain([0]).collect()))
        });
        let order = self.lines;
        self.lines += 1;
        let mut node = &mut self.root;
        for stem in parse::stems(line.pattern, DEPTH) {
            node = node.children.entry(stem).or_default();
        }
        if let Some(path) = pattern::plain(line.pattern) {
            let literals = node.literals.entry(path).or_default();
            // A later file wins, but within a file the first line, other than with patterns.
            let at = literals.iter().take_while(|literal| literal.file == file).count();
            literals.insert(at, Literal { file, kind: line.kind, context });
            return;
        }
        let start = if pattern::has_alternatives(line.pattern) {
            Box::default()
        } else {
            pattern::plain_start(line.pattern).0.into()
        };
        let text = line.pattern.into();
        node.patterns.push(Pattern { order, kind: line.kind, context, text, start, regex: OnceLock::new() });
    }

    /// Returns the label of a path with a type, with the NUL that the attribute ends with; none when it gets none.
    pub(super) fn of(&self, path: &[u8], mode: u32) -> Context {
        let mut path = parse::clean(path);
        for list in [&self.substitutions, &self.distribution] {
            if let Some(other) = parse::substituted(list, &path) {
                path = other;
            }
        }
        let kind = Kind::of_mode(mode);
        let way = self.way(&path);
        let deepest = way.last()?;
        let literals = deepest.literals.get(&path).map(Vec::as_slice).unwrap_or_default();
        if let Some(literal) = literals.iter().find(|literal| literal.kind.suits(kind)) {
            return literal.context.clone();
        }
        let mut found: Option<&Pattern> = None;
        for node in way.iter().rev() {
            let later = |pattern: &&Pattern| found.is_none_or(|found| pattern.order > found.order);
            let mut patterns = node.patterns.iter().rev().take_while(later).filter(|pattern| pattern.kind.suits(kind));
            if let Some(pattern) = patterns.find(|pattern| pattern.matches(&path)) {
                // One that leaves the file alone ends the search.
                pattern.context.as_ref()?;
                found = Some(pattern);
            }
        }
        found.and_then(|pattern| pattern.context.clone())
    }

    /// Returns the nodes of a path, from the top to the deepest.
    fn way(&self, path: &[u8]) -> Vec<&Node> {
        let mut way = vec![&self.root];
        let mut rest = path;
        while let Some(node) = way.last()
            && let Some(end) = rest.get(1..).and_then(|rest| rest.iter().position(|byte| *byte == b'/'))
            && let Some(child) = node.children.get(&rest[1..=end])
        {
            way.push(child);
            rest = &rest[1 + end..];
        }
        way
    }
}
