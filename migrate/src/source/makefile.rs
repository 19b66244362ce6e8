//! Makefiles: recipes, in which `$$` is the shell's `$`, and `$(shell …)`.

use std::ops::Range;

use super::{find_in, lines};
use crate::finding::Finding;
use crate::shell::{Encoding, Fragment};

pub(super) fn find(text: &str, into: &mut Vec<Finding>) {
    let mut recipe: Option<Fragment> = None;
    for line in lines(text) {
        let shown = &text[line.clone()];
        if let Some(fragment) = &mut recipe {
            push(fragment, text, line.clone());
        } else if shown.starts_with('\t') {
            let start = line.start + (shown.len() - shown.trim_start_matches(['\t', ' ', '@', '-', '+']).len());
            let mut fragment = Fragment { encodings: vec![Encoding::Make], failure_ends: true, ..Fragment::default() };
            push(&mut fragment, text, start..line.end);
            recipe = Some(fragment);
        } else {
            functions(text, line, into);
            continue;
        }
        if !shown.trim_end_matches(['\n', '\r']).ends_with('\\')
            && let Some(fragment) = recipe.take()
        {
            find_in(fragment, into);
        }
    }
    if let Some(fragment) = recipe {
        find_in(fragment, into);
    }
}

/// Adds a part of a recipe as the shell sees it; make's own variables are not known.
fn push(fragment: &mut Fragment, text: &str, range: Range<usize>) {
    let mut at = range.start;
    while at < range.end {
        let rest = &text[at..range.end];
        if rest.starts_with("$$") {
            fragment.push_char('$', at..at + 2);
            at += 2;
        } else if let Some(len) = variable(rest) {
            let start = fragment.text.len();
            fragment.push(&rest[..len], at..at + len);
            fragment.hide(start..start + len);
            at += len;
        } else {
            let first = rest.chars().next().expect("the range is not at its end");
            fragment.push_char(first, at..at + first.len_utf8());
            at += first.len_utf8();
        }
    }
}

/// Length of make's variable or function that the text begins with.
fn variable(text: &str) -> Option<usize> {
    let mut rest = text.char_indices().skip(1);
    if !text.starts_with('$') {
        return None;
    }
    let (_, open) = rest.next()?;
    let close = match open {
        '(' => ')',
        '{' => '}',
        c if c.is_ascii_alphanumeric() || "@<^+*?".contains(c) => return Some(2),
        _ => return None,
    };
    let mut depth = 1;
    for (at, c) in rest {
        depth += i32::from(c == open);
        depth -= i32::from(c == close);
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// `$(shell …)` outside of recipes.
fn functions(text: &str, line: Range<usize>, into: &mut Vec<Finding>) {
    const OPEN: &str = "$(shell ";
    let mut at = line.start;
    while let Some(found) = text[at..line.end].find(OPEN) {
        let start = at + found;
        let Some(len) = variable(&text[start..line.end]) else { return };
        let mut fragment = Fragment { encodings: vec![Encoding::Make], ..Fragment::default() };
        push(&mut fragment, text, start + OPEN.len()..start + len - 1);
        let before = into.len();
        find_in(fragment, into);
        // Make reads the output.
        for finding in &mut into[before..] {
            finding.edits.clear();
            finding.verdict = crate::finding::Verdict::Person;
            finding.notes.push(crate::finding::Note::lost("make reads the output"));
        }
        at = start + len;
    }
}
