//! Kickstart files: scripts stand between `%pre`, `%post` and the like and `%end`.

use super::{find_in, lines};
use crate::finding::Finding;
use crate::shell::Fragment;

const SECTIONS: &[&str] = &["%pre", "%post", "%pre-install", "%onerror", "%traceback"];

pub(super) fn find(text: &str, into: &mut Vec<Finding>) {
    let mut body: Option<(usize, bool)> = None;
    for line in lines(text) {
        let words: Vec<&str> = text[line.clone()].split_whitespace().collect();
        match (words.first(), body) {
            (Some(&"%end"), Some((start, ends))) => {
                section(text, start, line.start, ends, into);
                body = None;
            }
            (Some(word), None) if SECTIONS.contains(word) && is_shell(&words) => {
                body = Some((line.end, words.contains(&"--erroronfail")));
            }
            _ => {}
        }
    }
    if let Some((start, ends)) = body {
        section(text, start, text.len(), ends, into);
    }
}

fn section(text: &str, start: usize, end: usize, failure_ends: bool, into: &mut Vec<Finding>) {
    let mut fragment = Fragment::of_file(text, start..end);
    fragment.failure_ends = failure_ends;
    find_in(fragment, into);
}

/// Tells whether the section is run by a shell: so unless another interpreter is named.
fn is_shell(words: &[&str]) -> bool {
    let interpreter = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--interpreter") {
        Some("") => words.get(at + 1).copied(),
        Some(rest) => rest.strip_prefix('='),
        None => None,
    });
    interpreter.is_none_or(|program| program.ends_with("sh"))
}
