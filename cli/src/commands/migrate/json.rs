//! What was found, for programs.

use oxidnf_migrate::{Finding, NoteKind, Verdict};
use serde_json::{Value, json};

use super::Found;

/// One document: the number of files, and each call.
pub(super) fn render(found: &[Found], files: usize) -> String {
    let calls: Vec<Value> =
        found.iter().flat_map(|file| file.findings.iter().map(|finding| call(file, finding))).collect();
    json!({ "files": files, "calls": calls }).to_string()
}

fn call(file: &Found, finding: &Finding) -> Value {
    json!({
        "file": file.path.to_string_lossy(),
        "line": finding.line,
        "column": finding.column,
        "tool": finding.tool.to_string(),
        "call": finding.text,
        "does": finding.does,
        "verdict": verdict(finding.verdict),
        "dnf5": finding.form,
        "differs": notes(finding, NoteKind::Differs),
        "lost": notes(finding, NoteKind::Lost),
    })
}

/// The name of a verdict.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Rewritten => "rewritten",
        Verdict::Person => "person",
    }
}

fn notes(finding: &Finding, kind: NoteKind) -> Vec<&str> {
    finding.notes.iter().filter(|note| note.kind == kind).map(|note| &*note.text).collect()
}
