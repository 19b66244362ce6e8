//! Finds calls in shell text, also in the text that it hands to other shells.

use std::ops::Range;

use tree_sitter::Node;

use super::exec::{self, List};
use super::fragment::{Encoding, Fragment};
use super::rewrite::{CANNOT_WRITE, Written};
use super::wrappers::{Runs, end, is_plausible, is_shell, is_text_program, runs};
use super::{context, places, syntax};
use crate::edit::Edit;
use crate::finding::{Finding, Note, Verdict};
use crate::tool::Tool;
use crate::translate::{Context, Translation, translate};
use crate::word::Word;

/// Text in text in text: deeper than this nobody means it.
const DEEPEST: usize = 4;

/// Finds the calls in a fragment.
pub(crate) fn find(fragment: &Fragment, into: &mut Vec<Finding>) {
    find_at(fragment, into, 0);
}

fn find_at(fragment: &Fragment, into: &mut Vec<Finding>, depth: usize) {
    if depth > DEEPEST || !Tool::is_named_in(&fragment.text) {
        return;
    }
    let Some(tree) = syntax::parse(&fragment.text) else { return };
    let mut pending = vec![tree.root_node()];
    while let Some(node) = pending.pop() {
        match node.kind() {
            "command" => command(fragment, node, into, depth),
            "test_command" => test(fragment, node, into),
            "variable_assignment" => assignment(fragment, node, into),
            "word" | "string" | "raw_string" | "concatenation" => places::find(fragment, node, into),
            "heredoc_body" => heredoc(fragment, node, into, depth),
            _ => {}
        }
        pending.extend(syntax::children(node).into_iter().rev());
    }
}

fn command(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>, depth: usize) {
    let nodes: Vec<Node<'_>> = syntax::named(node)
        .into_iter()
        .filter(|child| {
            !matches!(
                child.kind(),
                "variable_assignment" | "file_redirect" | "heredoc_redirect" | "herestring_redirect" | "comment"
            )
        })
        .collect();
    let words: Vec<Word> = nodes.iter().map(|node| syntax::word(fragment, *node)).collect();
    let ranges: Vec<Range<usize>> = nodes.iter().map(|node| node.byte_range()).collect();
    let written = |from: usize| Written { fragment, words: ranges[from..end(&words, from)].to_vec() };
    match runs(&words) {
        Runs::Call(at, _) if depth > 0 && !is_plausible(&words[at..]) => {}
        Runs::Call(at, tool) => {
            let context = context::of(fragment, node);
            let translation = translate(tool, &words[at..end(&words, at)], context);
            let whole = whole_statement(node);
            into.push(finding(tool, &written(at), translation, whole));
        }
        Runs::Lookup(at, tool) => {
            let mut found = lookup(fragment, tool, &words[at], ranges[at].clone());
            if let Some(finding) = found.as_mut().filter(|_| names_a_command(node)) {
                finding.verdict = Verdict::Person;
                finding.edits.clear();
                finding.form = None;
                finding.notes.push(Note::lost("what is called by way of it is not followed"));
            }
            into.extend(found);
        }
        Runs::Other => {}
    }
    let program = words.first().and_then(Word::literal).unwrap_or_default();
    let is_written_to_file = node
        .parent()
        .is_some_and(|parent| parent.kind() == "redirected_statement" && context::writes_to_file(fragment, parent));
    if program == "alias" {
        nodes.iter().skip(1).for_each(|argument| alias(fragment, *argument, into));
    }
    for argument in nodes.iter().skip(1) {
        let text_program = is_text_program(program);
        let is_script = if text_program { is_written_to_file && matches!(program, "echo" | "printf") } else { true };
        if is_script {
            inner(fragment, *argument, into, depth);
        }
    }
}

/// Text in quotes that may be shell text itself; if it is not, no call is found in it.
fn inner(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>, depth: usize) {
    let range = node.byte_range();
    let encoding = match node.kind() {
        "raw_string" => Encoding::ShellSingle,
        "string" => Encoding::ShellDouble,
        _ => return,
    };
    // A single word in quotes is a name, not a command line.
    if !syntax::text(fragment, node).contains(' ') || range.len() < 2 {
        return;
    }
    if let Some(inner) = fragment.inner(range.start + 1..range.end - 1, encoding) {
        find_at(&inner, into, depth + 1);
    }
}

fn heredoc(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>, depth: usize) {
    let statement =
        std::iter::successors(Some(node), |node| node.parent()).find(|node| node.kind() == "redirected_statement");
    let Some(statement) = statement else { return };
    let head = &fragment.text[statement.start_byte()..node.start_byte()];
    let program = head.split_whitespace().next().unwrap_or_default();
    if is_text_program(program) && !head.replace("<<", "").contains('>') && program != "tee" {
        return;
    }
    let range = node.byte_range();
    let Some(file) = fragment.file_range(range.clone()) else { return };
    if file.len() != range.len() {
        return;
    }
    let mut inner = Fragment::default();
    inner.push(&fragment.text[range], file);
    inner.encodings.clone_from(&fragment.encodings);
    find_at(&inner, into, depth + 1);
}

/// `[ -x /usr/bin/tdnf ]` and the like.
fn test(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>) {
    let mut pending = syntax::named(node);
    while let Some(child) = pending.pop() {
        if child.kind() == "word" {
            let word = syntax::word(fragment, child);
            if let Some(tool) = word.literal().filter(|text| text.starts_with('/')).and_then(Tool::of_program) {
                into.extend(lookup(fragment, tool, &word, child.byte_range()));
            }
        }
        pending.extend(syntax::named(child));
    }
}

/// A question whether a tool is there.
fn lookup(fragment: &Fragment, tool: Tool, word: &Word, range: Range<usize>) -> Option<Finding> {
    let old = word.literal()?;
    if tool == Tool::Dnf {
        return None;
    }
    let mut notes = Vec::new();
    let new = match old.rsplit_once('/') {
        Some((dir, _)) => format!("{dir}/dnf5"),
        None => "dnf5".to_owned(),
    };
    let mut edits = Vec::new();
    let file = fragment.file_range(range.clone())?;
    if tool == Tool::Tdnf {
        edits.push(Edit { range: file.clone(), text: fragment.encode(&new)? });
    } else {
        notes.push(Note::lost("the script chooses among package managers; add a branch for dnf5"));
    }
    let verdict = if edits.is_empty() { Verdict::Person } else { Verdict::Rewritten };
    let form = (!edits.is_empty()).then_some(new);
    let text = old.to_owned();
    Some(Finding { tool, range: file, line: 0, column: 0, text, does: LOOKS, verdict, form, notes, edits })
}

/// What a question whether a tool is there is said to do.
pub(crate) const LOOKS: &str = "looks whether the program is there";

/// A variable that holds the name of a tool: what is done with it is not followed.
fn assignment(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>) {
    let Some(value) = node.child_by_field_name("value") else { return };
    let word = syntax::word(fragment, value);
    into.extend(named_anew(fragment, node, word.text(), "puts the program into a variable"));
}

/// `alias t='tdnf install'`
fn alias(fragment: &Fragment, node: Node<'_>, into: &mut Vec<Finding>) {
    let word = syntax::word(fragment, node);
    if let Some((_, value)) = word.text().split_once('=') {
        into.extend(named_anew(fragment, node, value, "gives the program another name"));
    }
}

/// Tells whether what a command prints is the name of a command: `$(which tdnf) install x`.
fn names_a_command(node: Node<'_>) -> bool {
    let substitution =
        std::iter::successors(Some(node), |node| node.parent()).find(|node| node.kind() == "command_substitution");
    let parent = substitution.and_then(|substitution| substitution.parent());
    parent.is_some_and(|parent| parent.kind() == "command_name")
}

/// A name or variable that stands for the program, if a value begins with one.
fn named_anew(fragment: &Fragment, node: Node<'_>, value: &str, does: &'static str) -> Option<Finding> {
    let first = value.split_whitespace().next().unwrap_or_default();
    let tool = Tool::of_program(first).filter(|tool| *tool != Tool::Dnf)?;
    let range = fragment.file_range(node.byte_range())?;
    Some(Finding {
        tool,
        range,
        line: 0,
        column: 0,
        text: syntax::text(fragment, node).to_owned(),
        does,
        verdict: Verdict::Person,
        form: None,
        notes: vec![Note::lost("calls by way of a variable are not followed")],
        edits: Vec::new(),
    })
}

/// The command with its redirections.
fn whole_statement(node: Node<'_>) -> Range<usize> {
    match node.parent() {
        Some(parent) if parent.kind() == "redirected_statement" => parent.byte_range(),
        _ => node.byte_range(),
    }
}

fn finding(tool: Tool, written: &Written<'_>, mut translation: Translation, whole: Range<usize>) -> Finding {
    let mut verdict = translation.verdict();
    let form = written.line(&translation);
    let mut edits = Vec::new();
    if verdict == Verdict::Rewritten {
        match written.edits(&translation, whole) {
            Some(made) if form.is_some() => edits = made,
            _ => {
                verdict = Verdict::Person;
                translation.notes.push(Note::lost(CANNOT_WRITE));
            }
        }
    }
    let call = written.words.first().map_or(0, |word| word.start)..written.words.last().map_or(0, |word| word.end);
    let fragment = written.fragment;
    let range = fragment.file_range(call).unwrap_or_else(|| {
        let first = written.words.first().cloned().unwrap_or_default();
        fragment.file_range(first).unwrap_or_default()
    });
    let text: Vec<&str> = written.words.iter().map(|word| &fragment.raw[word.clone()]).collect();
    let text = text.join(" ");
    Finding {
        tool,
        range,
        line: 0,
        column: 0,
        text,
        does: translation.does,
        verdict,
        form,
        notes: translation.notes,
        edits,
    }
}

/// Finds the call in a list of words that no shell reads: each word is a fragment of its own.
pub(crate) fn exec_form(elements: &[Fragment], list: List, into: &mut Vec<Finding>) {
    let words: Vec<Word> = elements.iter().map(|element| Word::new(element.text.as_str())).collect();
    let Runs::Call(at, tool) = runs(&words) else {
        // `["sh", "-c", "…"]`
        if words.first().and_then(Word::literal).is_some_and(is_shell)
            && let Some(place) =
                words.iter().position(|word| word.text().starts_with('-') && word.text().ends_with('c'))
            && let Some(script) = elements.get(place + 1)
        {
            find_at(script, into, 1);
        }
        return;
    };
    let translation = translate(tool, &words[at..], Context { failure_ends: false, ..Context::default() });
    into.push(exec::finding(tool, &elements[at..], &words[at..], list, translation));
}
