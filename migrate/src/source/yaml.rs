//! YAML: GitHub Actions, Azure Pipelines, GitLab, Ansible, cloud-init, and whatever else names its scripts so.

mod scalar;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::find_in;
use crate::finding::Finding;
use crate::shell::{Fragment, List, exec_form};
use scalar::Places;

/// Keys whose values are shell text, or lists of shell text.
const SCRIPTS: &[&str] = &[
    "run",
    "script",
    "bash",
    "sh",
    "shell",
    "command",
    "cmd",
    "raw",
    "before_script",
    "after_script",
    "inlineScript",
    "runcmd",
    "bootcmd",
    "commands",
    "command_line",
    "ansible.builtin.shell",
    "ansible.builtin.command",
    "ansible.builtin.raw",
    "ansible.legacy.shell",
    "ansible.legacy.command",
    "ansible.legacy.raw",
    "install_commands",
    "pre_build",
    "build",
    "post_build",
    "args",
    "entrypoint",
];

/// Keys whose values are lists of words.
const WORDS: &[&str] = &["argv", "command", "args", "entrypoint", "cmd", "runcmd", "bootcmd"];

/// Scripts under these keys end at the first failure: GitHub starts `bash -e`.
const END_AT_FAILURE: &[&str] = &["run", "script", "before_script", "after_script"];

/// Something that is open.
enum Open {
    /// A mapping; the key whose value comes next.
    Mapping { key: Option<String> },
    /// A list under a key, and the strings in it.
    List { key: Option<String>, words: Vec<Fragment>, only_strings: bool, is_flow: bool },
}

pub(super) fn find(text: &str, into: &mut Vec<Finding>) {
    let places = Places::new(text);
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        // What is broken further down does not undo what was found above it.
        let Ok((event, span)) = event else { break };
        match event {
            Event::MappingStart(..) => {
                not_only_strings(&mut open);
                open.push(Open::Mapping { key: None });
            }
            Event::SequenceStart(..) => {
                not_only_strings(&mut open);
                let key = key_of(&open);
                let is_flow = places.starts_with(span, '[');
                open.push(Open::List { key, words: Vec::new(), only_strings: true, is_flow });
            }
            Event::MappingEnd => {
                open.pop();
                value_done(&mut open);
            }
            Event::SequenceEnd => {
                if let Some(Open::List { key, words, only_strings, is_flow }) = open.pop() {
                    let may_be_words = only_strings.then_some(if is_flow { List::Flow } else { List::Block });
                    list(key.as_deref(), matches!(open.last(), Some(Open::List { .. })), &words, may_be_words, into);
                }
                value_done(&mut open);
            }
            Event::Alias(_) => value_done(&mut open),
            Event::Scalar(value, style, ..) => {
                if let Some(Open::Mapping { key: key @ None }) = open.last_mut() {
                    *key = Some(value.into_owned());
                    continue;
                }
                scalar(&places, &value, style, span, &mut open, into);
                value_done(&mut open);
            }
            _ => {}
        }
    }
}

/// The key that the value being read stands under, through lists.
fn key_of(open: &[Open]) -> Option<String> {
    match open.last()? {
        Open::Mapping { key } | Open::List { key, .. } => key.clone(),
    }
}

fn not_only_strings(open: &mut [Open]) {
    if let Some(Open::List { only_strings, .. }) = open.last_mut() {
        *only_strings = false;
    }
}

fn value_done(open: &mut [Open]) {
    if let Some(Open::Mapping { key }) = open.last_mut() {
        *key = None;
    }
}

fn scalar(
    places: &Places<'_>,
    value: &str,
    style: ScalarStyle,
    span: Span,
    open: &mut [Open],
    into: &mut Vec<Finding>,
) {
    let Some(mut fragment) = places.fragment(style, span) else { return };
    let Some(last) = open.last_mut() else { return };
    match last {
        Open::List { words, .. } => words.push(fragment),
        Open::Mapping { key: Some(key) } => {
            let is_script = SCRIPTS.contains(&&**key)
                || (matches!(&**key, "content" | "contents") && value.starts_with("#!") && is_shell(value));
            if is_script {
                fragment.failure_ends = END_AT_FAILURE.contains(&&**key);
                find_in(fragment, into);
            }
        }
        Open::Mapping { key: None } => {}
    }
}

fn is_shell(value: &str) -> bool {
    value.lines().next().is_some_and(|line| line.trim_end().ends_with("sh") || line.contains("sh "))
}

/// A list under a key: words of one command, or commands.
fn list(key: Option<&str>, is_inner: bool, elements: &[Fragment], form: Option<List>, into: &mut Vec<Finding>) {
    let Some(key) = key.filter(|key| SCRIPTS.contains(key) || WORDS.contains(key)) else { return };
    // Of cloud-init's runcmd, strings are commands and lists are words; elsewhere a list is one or the other as a whole.
    let is_cloud_init = matches!(key, "runcmd" | "bootcmd");
    let are_words = WORDS.contains(&key) && (!is_cloud_init || is_inner);
    if let (true, Some(form)) = (are_words, form) {
        let before = into.len();
        exec_form(elements, form, into);
        if into.len() > before {
            return;
        }
    }
    for element in elements {
        if element.text.contains(' ') {
            find_in(element.clone(), into);
        }
    }
}
