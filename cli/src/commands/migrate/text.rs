//! What was found, for people.

use oxidnf_migrate::{Finding, NoteKind, Verdict};
use similar::TextDiff;

use super::Found;
use crate::output::Output;
use crate::sanitize::sanitize;

/// Prints each call with what becomes of it, and a line of totals.
pub(super) fn print(output: &Output, found: &[Found], files: usize) {
    for file in found {
        for finding in &file.findings {
            print_finding(output, file, finding);
        }
    }
    let all = || found.iter().flat_map(|found| &found.findings);
    let left = all().filter(|finding| finding.verdict == Verdict::Person).count();
    let calls = all().count();
    output.line(format!(
        "{}, {}: {} rewritten, {left} for a person.",
        counted(files, "file"),
        counted(calls, "call"),
        calls - left
    ));
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn print_finding(output: &Output, file: &Found, finding: &Finding) {
    let text = one_line(&finding.text);
    output.line(format!("{}:{}:{}: {}", file.path.display(), finding.line, finding.column, sanitize(&text)));
    output.line(format!("    {}", finding.does));
    match (&finding.form, finding.verdict) {
        (Some(form), Verdict::Rewritten) => output.line(format!("    dnf5: {}", sanitize(&one_line(form)))),
        (Some(form), Verdict::Person) => output.line(format!("    dnf5, perhaps: {}", sanitize(&one_line(form)))),
        _ => {}
    }
    for note in &finding.notes {
        let label = match note.kind {
            NoteKind::Differs => "differs",
            NoteKind::Lost => "decide",
        };
        output.line(format!("    {label}: {}", sanitize(&note.text)));
    }
}

/// A call in one line: continued lines are joined.
fn one_line(text: &str) -> String {
    text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints a diff that `patch` understands.
pub(super) fn print_diff(output: &Output, found: &Found) {
    let rewritten = found.rewritten();
    if rewritten == found.text {
        return;
    }
    let path = found.path.display().to_string();
    let name = path.trim_start_matches('/');
    let diff = TextDiff::from_lines(&found.text, &rewritten);
    let text = diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string();
    output.text(&text);
}
