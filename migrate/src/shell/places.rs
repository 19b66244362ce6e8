//! Files and directories of the older tools that scripts name.

use std::ops::Range;

use tree_sitter::Node;

use super::fragment::Fragment;
use super::syntax;
use crate::edit::Edit;
use crate::finding::{Finding, Note, Verdict};
use crate::tool::Tool;

/// Directories of caches.
const CACHES: &[(&str, Tool)] =
    &[("/var/cache/tdnf", Tool::Tdnf), ("/var/cache/yum", Tool::Yum), ("/var/cache/dnf", Tool::Dnf)];

/// The cache of dnf5.
pub(crate) const CACHE: &str = "/var/cache/libdnf5";

/// Looks at a word that is no part of another one.
pub(super) fn find(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>) {
    if node.parent().is_some_and(|parent| matches!(parent.kind(), "concatenation" | "string")) {
        return;
    }
    let raw = syntax::text(fragment, node);
    if raw.contains("/etc/tdnf/") {
        into.extend(configuration(fragment, node));
    } else if let Some((dir, tool)) = CACHES.iter().find(|(dir, _)| names(raw, dir)) {
        into.extend(cache(fragment, node, dir, *tool));
    }
}

/// Tells whether a word is a directory or something in it.
fn names(word: &str, dir: &str) -> bool {
    word.trim_matches(['"', '\'']).strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn cache(fragment: &Fragment, node: Node<'_>, dir: &str, tool: Tool) -> Option<Finding> {
    let raw = syntax::text(fragment, node);
    let at = node.start_byte() + raw.find(dir)?;
    let range = fragment.file_range(at..at + dir.len())?;
    let removes = program(fragment, node) == Some("rm");
    let mut notes = Vec::new();
    let mut edits = Vec::new();
    let verdict = if removes {
        edits.push(Edit { range, text: fragment.encode(CACHE)? });
        Verdict::Rewritten
    } else {
        notes.push(Note::lost(format!("dnf5 keeps its cache in {CACHE}, in other directories and with other names")));
        Verdict::Person
    };
    Some(Finding {
        tool,
        range: fragment.file_range(node.byte_range())?,
        line: 0,
        column: 0,
        text: raw.to_owned(),
        does: if removes { "removes the cache" } else { "names the cache" },
        verdict,
        form: removes.then(|| raw.replace(dir, CACHE)),
        notes,
        edits,
    })
}

/// The directory of an older tool's cache in a text that names it for its own sake.
pub(crate) fn cache_directory(fragment: &Fragment, range: Range<usize>, does: &'static str) -> Option<Finding> {
    let raw = &fragment.text[range.clone()];
    let (dir, tool) = CACHES.iter().find(|(dir, _)| raw.contains(dir))?;
    let at = range.start + raw.find(dir)?;
    let place = fragment.file_range(at..at + dir.len())?;
    Some(Finding {
        tool: *tool,
        range: fragment.file_range(range.clone())?,
        line: 0,
        column: 0,
        text: raw.to_owned(),
        does,
        verdict: Verdict::Rewritten,
        form: Some(raw.replace(dir, CACHE)),
        notes: Vec::new(),
        edits: vec![Edit { range: place, text: fragment.encode(CACHE)? }],
    })
}

fn configuration(fragment: &Fragment, node: Node<'_>) -> Option<Finding> {
    Some(Finding {
        tool: Tool::Tdnf,
        range: fragment.file_range(node.byte_range())?,
        line: 0,
        column: 0,
        text: syntax::text(fragment, node).to_owned(),
        does: "names tdnf's configuration",
        verdict: Verdict::Person,
        form: None,
        notes: vec![Note::lost(
            "dnf5 reads /etc/dnf/dnf.conf, where keys and defaults differ; see MIGRATION in tdnf(8)",
        )],
        edits: Vec::new(),
    })
}

/// The program to whose words a node belongs.
fn program<'f>(fragment: &'f Fragment, node: Node<'_>) -> Option<&'f str> {
    let command = std::iter::successors(Some(node), |node| node.parent()).find(|node| node.kind() == "command")?;
    let name = syntax::text(fragment, command.child_by_field_name("name")?);
    if name != "sudo" {
        return Some(name);
    }
    syntax::named(command).get(1).map(|word| syntax::text(fragment, *word))
}
