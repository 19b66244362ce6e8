//! Which parts of a file are shell text.

mod dockerfile;
mod kickstart;
mod makefile;
mod script;
mod template;
mod yaml;

use crate::finding::{Finding, Note, Verdict};
use crate::shell::{Fragment, LOOKS};
use crate::tool::Tool;

/// What kind of file a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A shell script.
    Shell,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A pipeline, playbook or cloud-init file.
    Yaml,
    /// A makefile.
    Makefile,
    /// A kickstart file.
    Kickstart,
}

impl Kind {
    /// Guesses the kind of a file by its name and its beginning; nothing for files that hold no shell text known here.
    pub fn of(name: &str, text: &str) -> Option<Kind> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let lower = name.to_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
        if lower.starts_with("dockerfile")
            || lower.starts_with("containerfile")
            || ends(&[".dockerfile", ".containerfile"])
        {
            return Some(Kind::Dockerfile);
        }
        if ends(&[".yml", ".yaml"])
            || text.starts_with("#cloud-config")
            || matches!(&*lower, "user-data" | "vendor-data")
        {
            return Some(if text.starts_with("#!") { Kind::Shell } else { Kind::Yaml });
        }
        if lower.starts_with("makefile") || lower.starts_with("gnumakefile") || ends(&[".mk", ".mak"]) {
            return Some(Kind::Makefile);
        }
        if ends(&[".ks", ".kickstart"]) {
            return Some(Kind::Kickstart);
        }
        let first = text.lines().next().unwrap_or_default();
        let is_shell =
            first.starts_with("#!") && (first.contains("sh") && !first.contains("fish") && !first.contains("pwsh"));
        (is_shell || ends(&[".sh", ".bash", ".bashrc", ".profile", ".ksh", ".bats"])).then_some(Kind::Shell)
    }
}

/// Finds the calls in a file, in their order.
pub fn find(kind: Kind, text: &str) -> Vec<Finding> {
    if !Tool::is_named_in(text) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    match kind {
        Kind::Shell => script::find(text, &mut findings),
        Kind::Dockerfile => dockerfile::find(text, &mut findings),
        Kind::Yaml => yaml::find(text, &mut findings),
        Kind::Makefile => makefile::find(text, &mut findings),
        Kind::Kickstart => kickstart::find(text, &mut findings),
    }
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end));
    findings.dedup_by_key(|finding| finding.range.clone());
    beside_a_choice(&mut findings);
    findings.retain(|finding| finding.verdict != Verdict::Same);
    place(text, &mut findings);
    findings
}

/// A script that looks for yum may be meant for systems that have nothing newer: then its calls of yum stay.
fn beside_a_choice(findings: &mut [Finding]) {
    let looks_for = |tool: Tool| findings.iter().any(|finding| finding.does == LOOKS && finding.tool == tool);
    let tools: Vec<Tool> = [Tool::Yum, Tool::Microdnf].into_iter().filter(|tool| looks_for(*tool)).collect();
    for finding in findings.iter_mut().filter(|finding| tools.contains(&finding.tool) && finding.does != LOOKS) {
        finding.verdict = Verdict::Person;
        finding.edits.clear();
        finding.notes.push(Note::lost(format!(
            "the script looks for {} first, and may be meant for older systems",
            finding.tool
        )));
    }
}

/// Fills in lines and columns.
fn place(text: &str, findings: &mut [Finding]) {
    let (mut line, mut start, mut at) = (1, 0, 0);
    for finding in findings {
        while let Some(end) = text[at..finding.range.start.max(at)].find('\n') {
            line += 1;
            at += end + 1;
            start = at;
        }
        finding.line = line;
        finding.column = finding.range.start - start + 1;
    }
}

/// Finds calls in a fragment in which templates may stand.
fn find_in(mut fragment: Fragment, into: &mut Vec<Finding>) {
    template::hide(&mut fragment);
    crate::shell::find(&fragment, into);
}

/// Ranges of the lines of a text, their ends included.
fn lines(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}
