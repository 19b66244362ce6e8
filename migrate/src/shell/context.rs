//! Who looks at the output and the status of a command, by what stands around it.

use tree_sitter::Node;

use super::fragment::Fragment;
use super::syntax::{children, named, text, word};
use crate::translate::Context;

/// Programs that pass on what they read, and to people.
const PASS_ON: &[&str] = &["tee", "cat", "ts", "logger", "more", "less", "nl", "pv"];

/// Finds out who looks at what a command leaves.
pub(super) fn of(fragment: &Fragment, command: Node<'_>) -> Context {
    let mut context =
        Context { failure_ends: fragment.failure_ends || ends_at_failure(fragment), ..Context::default() };
    let mut node = command;
    look_behind(fragment, node, &mut context);
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "redirected_statement" => redirects(fragment, parent, &mut context),
            "pipeline" => pipeline(fragment, parent, node, &mut context),
            "command_substitution" | "process_substitution" => {
                context.output_is_read = true;
                context.failure_ends = false;
                break;
            }
            "list" => list(fragment, parent, node, &mut context),
            "if_statement" | "elif_clause" | "while_statement" => condition(parent, node, &mut context),
            "negated_command" => context.status_is_tested = true,
            "function_definition" | "program" | "subshell" => {
                look_behind(fragment, node, &mut context);
                break;
            }
            _ => {}
        }
        look_behind(fragment, parent, &mut context);
        node = parent;
    }
    if context.status_is_tested {
        context.failure_ends = false;
    }
    context
}

/// Tells whether the text asks the shell to end at the first failure.
fn ends_at_failure(fragment: &Fragment) -> bool {
    fragment.text.lines().any(|line| {
        let line = line.trim();
        let flags = line
            .strip_prefix("set -")
            .or_else(|| line.strip_prefix("#!").and_then(|line| line.split_once(" -")).map(|(_, flags)| flags));
        flags.is_some_and(|flags| {
            flags.split_whitespace().next().is_some_and(|flags| !flags.starts_with('-') && flags.contains('e'))
                || flags.contains("errexit")
        })
    })
}

fn redirects(fragment: &Fragment, statement: Node<'_>, context: &mut Context) {
    if writes_to_file(fragment, statement) {
        context.output_is_read = true;
    }
}

/// Tells whether standard output of a statement goes into a file.
pub(super) fn writes_to_file(fragment: &Fragment, statement: Node<'_>) -> bool {
    named(statement).into_iter().filter(|node| node.kind() == "file_redirect").any(|redirect| {
        let raw = text(fragment, redirect);
        let is_output = raw.starts_with('>') || raw.starts_with("1>") || raw.starts_with("&>");
        is_output
            && !raw.starts_with(">&2")
            && !raw.starts_with(">&1")
            && !raw.contains("/dev/null")
            && !raw.contains("/dev/stderr")
    })
}

fn pipeline(fragment: &Fragment, pipeline: Node<'_>, part: Node<'_>, context: &mut Context) {
    let parts = named(pipeline);
    let Some(place) = parts.iter().position(|other| other.id() == part.id()) else { return };
    let Some(next) = parts.get(place + 1) else { return };
    let program = first_word(*next).map(|node| word(fragment, node));
    let passes_on = program.as_ref().and_then(|word| word.literal()).is_some_and(|name| PASS_ON.contains(&name));
    if !passes_on {
        context.output_is_read = true;
    }
    context.failure_ends = false;
}

fn first_word(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "command" => node.child_by_field_name("name"),
        "redirected_statement" => first_word(node.child_by_field_name("body")?),
        _ => None,
    }
}

fn list(fragment: &Fragment, list: Node<'_>, part: Node<'_>, context: &mut Context) {
    let all = children(list);
    let Some(place) = all.iter().position(|other| other.id() == part.id()) else { return };
    let Some(operator) = all.get(place + 1) else { return };
    let right = all.get(place + 2).map(|right| text(fragment, *right)).unwrap_or_default();
    match operator.kind() {
        "&&" => context.failure_ends = true,
        "||" if matches!(right.trim(), "true" | ":" | "exit 0") => context.failure_ends = false,
        "||" => {
            context.status_is_tested = true;
            compares(right, context);
        }
        _ => {}
    }
}

fn condition(statement: Node<'_>, part: Node<'_>, context: &mut Context) {
    let is_condition = (0..statement.child_count())
        .filter_map(|at| Some((statement.child(at)?, at)))
        .take_while(|(child, _)| !matches!(child.kind(), "then" | "do_group"))
        .any(|(child, _)| child.id() == part.id());
    if is_condition {
        context.status_is_tested = true;
    }
}

/// The statement behind may look at `$?`.
fn look_behind(fragment: &Fragment, node: Node<'_>, context: &mut Context) {
    let mut next = node.next_named_sibling();
    while next.is_some_and(|next| next.kind() == "comment") {
        next = next.and_then(|next| next.next_named_sibling());
    }
    let is_statement = node.parent().is_some_and(|parent| {
        matches!(
            parent.kind(),
            "program"
                | "compound_statement"
                | "do_group"
                | "if_statement"
                | "else_clause"
                | "subshell"
                | "elif_clause"
                | "case_item"
        )
    });
    if let (true, Some(next)) = (is_statement, next) {
        let first_line = text(fragment, next).lines().next().unwrap_or_default();
        compares(first_line, context);
    }
}

fn compares(text: &str, context: &mut Context) {
    if !text.contains("$?") {
        return;
    }
    let with_zero = ["-eq 0", "-ne 0", "== 0", "!= 0", "-gt 0", "= 0"];
    if with_zero.iter().any(|comparison| text.contains(comparison)) {
        context.status_is_tested = true;
    } else {
        context.status_is_compared = true;
    }
}
