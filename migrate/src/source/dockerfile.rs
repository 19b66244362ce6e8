//! Dockerfiles: `RUN`, and the commands that an image starts.

use std::ops::Range;

use super::{Kind, find_in, lines};
use crate::finding::Finding;
use crate::shell::{Encoding, Fragment, List, cache_directory, exec_form};

pub(super) fn find(text: &str, into: &mut Vec<Finding>) {
    let escape = escape(text);
    let mut all = lines(text);
    while let Some(line) = all.next() {
        let Some((name, rest)) = instruction(text, line.clone()) else { continue };
        let takes_shell = matches!(&*name, "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK");
        let mut parts = vec![rest];
        while let Some(last) = parts.last()
            && text[last.clone()].trim_end().ends_with(escape)
            && let Some(next) = next_line(text, &mut all)
        {
            parts.push(next);
        }
        let here = here_documents(text, &parts);
        let bodies = here.iter().map(|end| body(text, &mut all, end)).collect::<Vec<_>>();
        if matches!(&*name, "COPY" | "ADD") {
            scripts(text, &parts, bodies, into);
            continue;
        }
        let sets = matches!(&*name, "ARG" | "ENV") && assigns(text, &parts);
        if !takes_shell && !sets {
            continue;
        }
        let mut fragment = Fragment { failure_ends: true, ..Fragment::default() };
        for part in parts {
            push_line(&mut fragment, text, part, escape);
        }
        cache_mounts(&fragment, into);
        strip_flags(&mut fragment);
        for body in bodies {
            let runs_it = fragment.text.trim_start().starts_with("<<");
            if runs_it {
                find_in(Fragment::of_file(text, body), into);
            } else {
                fragment.push_range(text, body);
            }
        }
        if fragment.text.trim_start().starts_with('[') {
            json(&fragment, into);
        } else if !fragment.text.trim_start().starts_with("<<") {
            find_in(fragment, into);
        }
    }
}

/// Tells whether an instruction has the form `NAME=VALUE`, which is also a shell's.
fn assigns(text: &str, parts: &[Range<usize>]) -> bool {
    let first = parts.first().and_then(|part| text[part.clone()].split_whitespace().next());
    first.is_some_and(|word| word.contains('='))
}

/// Here-documents of COPY and ADD are files; those that are shell scripts are looked at.
fn scripts(text: &str, parts: &[Range<usize>], bodies: Vec<Range<usize>>, into: &mut Vec<Finding>) {
    let target = parts.last().and_then(|part| text[part.clone()].split_whitespace().last()).unwrap_or_default();
    for body in bodies {
        if Kind::of(target, &text[body.clone()]) == Some(Kind::Shell) {
            find_in(Fragment::of_file(text, body), into);
        }
    }
}

/// The character that joins lines: a directive at the top may change it.
fn escape(text: &str) -> char {
    let directive = text.lines().take_while(|line| line.starts_with('#')).find_map(|line| {
        line.trim_start_matches(['#', ' ']).to_lowercase().strip_prefix("escape=").and_then(|rest| rest.chars().next())
    });
    directive.unwrap_or('\\')
}

/// The name of the instruction that a line begins, and where its rest is.
fn instruction(text: &str, line: Range<usize>) -> Option<(String, Range<usize>)> {
    let shown = &text[line.clone()];
    let start = shown.len() - shown.trim_start().len();
    let word = shown[start..].split_whitespace().next().filter(|word| !word.starts_with('#'))?;
    let end = start + word.len();
    let name = word.to_uppercase();
    let rest = line.start + end..line.end;
    if name == "ONBUILD" { instruction(text, rest) } else { Some((name, rest)) }
}

/// The next line that is no comment: comments inside an instruction are taken out before a shell sees it.
fn next_line(text: &str, lines: &mut impl Iterator<Item = Range<usize>>) -> Option<Range<usize>> {
    lines.find(|line| {
        let shown = text[line.clone()].trim_start();
        !shown.starts_with('#') && !shown.is_empty()
    })
}

fn push_line(fragment: &mut Fragment, text: &str, line: Range<usize>, escape: char) {
    if escape == '\\' {
        fragment.push_range(text, line);
        return;
    }
    let shown = &text[line.clone()];
    let end = line.start + shown.trim_end().trim_end_matches(escape).len();
    fragment.push_range(text, line.start..end);
    fragment.push(" ", end..line.end);
}

/// Options of RUN stand before the command.
fn strip_flags(fragment: &mut Fragment) {
    let mut at = fragment.text.len() - fragment.text.trim_start_matches([' ', '\t', '\\', '\n']).len();
    while fragment.text[at..].starts_with("--") {
        let Some(len) = fragment.text[at..].find(char::is_whitespace) else { return };
        fragment.text.replace_range(at..at + len, &" ".repeat(len));
        at += len;
        at += fragment.text[at..].len() - fragment.text[at..].trim_start_matches([' ', '\t', '\\', '\n']).len();
    }
}

/// `--mount=type=cache,target=/var/cache/tdnf` keeps the cache between builds.
fn cache_mounts(fragment: &Fragment, into: &mut Vec<Finding>) {
    let flags = fragment
        .text
        .split([' ', '\t', '\n', '\\'])
        .filter(|word| !word.is_empty())
        .take_while(|word| word.starts_with("--"));
    for flag in flags.filter(|flag| flag.contains("type=cache")) {
        let start = flag.as_ptr() as usize - fragment.text.as_ptr() as usize;
        into.extend(cache_directory(fragment, start..start + flag.len(), "keeps the cache between builds"));
    }
}

/// The words that end the here-documents of an instruction.
fn here_documents(text: &str, parts: &[Range<usize>]) -> Vec<String> {
    let shown: String = parts.iter().map(|part| &text[part.clone()]).collect();
    let mut ends = Vec::new();
    let mut rest = &*shown;
    while let Some(at) = rest.find("<<") {
        rest = &rest[at + 2..];
        let word: String =
            rest.trim_start_matches('-').chars().take_while(|c| !c.is_whitespace() && !";&|>)".contains(*c)).collect();
        let word = word.trim_matches(['"', '\'']).to_owned();
        if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            ends.push(word);
        }
    }
    ends
}

/// Takes the lines of a here-document; its last line is not part of what is returned if a shell runs the rest.
fn body(text: &str, lines: &mut impl Iterator<Item = Range<usize>>, end: &str) -> Range<usize> {
    let mut range: Option<Range<usize>> = None;
    for line in lines {
        let is_end = text[line.clone()].trim() == end;
        let start = range.as_ref().map_or(line.start, |range| range.start);
        range = Some(start..line.end);
        if is_end {
            break;
        }
    }
    range.unwrap_or(text.len()..text.len())
}

/// A list of strings.
fn json(fragment: &Fragment, into: &mut Vec<Finding>) {
    let mut elements = Vec::new();
    let mut at = 0;
    while let Some(open) = fragment.text[at..].find('"') {
        let start = at + open + 1;
        let mut end = start;
        let bytes = fragment.text.as_bytes();
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= bytes.len() {
            return;
        }
        let Some(mut element) = fragment.inner(start..end, Encoding::ShellDouble) else { return };
        element.encodings = vec![Encoding::YamlDouble];
        elements.push(element);
        at = end + 1;
    }
    exec_form(&elements, List::Flow, into);
}
