//! The shell grammar's tree: words, and what stands around a command.

use tree_sitter::{Node, Parser, Tree};

use super::fragment::{Fragment, HIDDEN};
use crate::word::{EXPANSION, Word};

/// Parses shell text; mistakes in it become nodes of their own.
pub(super) fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// The text of a node.
pub(super) fn text<'t>(fragment: &'t Fragment, node: Node<'_>) -> &'t str {
    &fragment.text[node.byte_range()]
}

/// Children of a node, in order.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

/// Named children of a node, in order.
pub(super) fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

/// The word that a node is, quotes taken away.
pub(super) fn word(fragment: &Fragment, node: Node<'_>) -> Word {
    let mut text = String::new();
    cook(fragment, node, &mut text);
    Word::new(shown(&text))
}

/// A text in which each hidden run is one unknown part.
fn shown(cooked: &str) -> String {
    let mut result = String::with_capacity(cooked.len());
    for c in cooked.chars() {
        if c != HIDDEN {
            result.push(c);
        } else if !result.ends_with(EXPANSION) {
            result.push(EXPANSION);
        }
    }
    result
}

fn cook(fragment: &Fragment, node: Node<'_>, into: &mut String) {
    match node.kind() {
        "word"
        | "number"
        | "variable_name"
        | "special_variable_name"
        | "command_name"
        | "test_operator"
        | "regex"
        | "extglob_pattern" => match named(node).first() {
            Some(_) if node.kind() == "command_name" => {
                for child in named(node) {
                    cook(fragment, child, into);
                }
            }
            Some(_) => into.push(EXPANSION),
            None => unescaped(text(fragment, node), into),
        },
        "raw_string" => {
            let raw = text(fragment, node);
            into.push_str(raw.strip_prefix('\'').and_then(|raw| raw.strip_suffix('\'')).unwrap_or(raw));
        }
        "string" => cook_string(fragment, node, into),
        "concatenation" => named(node).into_iter().for_each(|child| cook(fragment, child, into)),
        "string_content" => into.push_str(text(fragment, node)),
        _ => into.push(EXPANSION),
    }
}

fn cook_string(fragment: &Fragment, node: Node<'_>, into: &mut String) {
    let (mut at, end) = (node.start_byte() + 1, node.end_byte().saturating_sub(1));
    for child in named(node) {
        if child.kind() == "string_content" {
            continue;
        }
        unescaped_in_quotes(fragment.text.get(at..child.start_byte()).unwrap_or_default(), into);
        into.push(EXPANSION);
        at = child.end_byte();
    }
    unescaped_in_quotes(fragment.text.get(at..end).unwrap_or_default(), into);
}

fn unescaped(raw: &str, into: &mut String) {
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            into.push(c);
        } else if let Some(next) = rest.next().filter(|next| *next != '\n') {
            into.push(next);
        }
    }
}

fn unescaped_in_quotes(raw: &str, into: &mut String) {
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some('\n') if c == '\\' => {
                rest.next();
            }
            Some(next @ ('"' | '\\' | '$' | '`')) if c == '\\' => {
                into.push(*next);
                rest.next();
            }
            _ => into.push(c),
        }
    }
}
