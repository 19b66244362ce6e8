//! What was found as SARIF 2.1.0, which code scanning services read.

use oxidnf_migrate::{Finding, Verdict};
use serde_json::{Value, json};

use super::Found;

/// One log with one run.
pub(super) fn render(found: &[Found]) -> String {
    let results: Vec<Value> =
        found.iter().flat_map(|file| file.findings.iter().map(|finding| result(file, finding))).collect();
    let rule = |id: &str, text: &str| json!({ "id": id, "shortDescription": { "text": text } });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "oxidnf migrate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": [
                    rule("rewritten", "a call of an older package manager that has a form for dnf5"),
                    rule("person", "a call of an older package manager that somebody has to decide about"),
                ],
            } },
            "results": results,
        }],
    })
    .to_string()
}

fn result(file: &Found, finding: &Finding) -> Value {
    let mut message = format!("`{}` {}", finding.text, finding.does);
    if let (Some(form), Verdict::Rewritten) = (&finding.form, finding.verdict) {
        message.push_str(&format!("; for dnf5: `{form}`"));
    }
    for note in &finding.notes {
        message.push_str(&format!("; {}", note.text));
    }
    let place = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": file.path.to_string_lossy() },
            "region": { "startLine": finding.line, "startColumn": finding.column },
        }
    });
    let level = if finding.verdict == Verdict::Person { "warning" } else { "note" };
    json!({
        "ruleId": super::json::verdict(finding.verdict),
        "level": level,
        "message": { "text": message },
        "locations": [place],
    })
}
