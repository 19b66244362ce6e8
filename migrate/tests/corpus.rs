//! A corpus of files of all kinds: what is found, what is rewritten, what is left to a person, and that nothing more is
//! found in what was written.

use std::fs;
use std::path::{Path, PathBuf};

use oxidnf_migrate::{Finding, Kind, Verdict, apply, find};

fn corpus() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).expect("the corpus is there").map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    files
}

fn name(file: &Path) -> String {
    file.file_name().expect("a file has a name").to_string_lossy().into_owned()
}

fn left(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter(|finding| finding.verdict == Verdict::Person).map(|finding| &*finding.text).collect()
}

fn rewrite(text: &str, findings: &[Finding]) -> String {
    let edits: Vec<_> = findings.iter().flat_map(|finding| finding.edits.clone()).collect();
    apply(text, &edits)
}

#[test]
fn what_is_found() {
    let mut table = String::new();
    let (mut files, mut totals) = (0, [0; 3]);
    for file in corpus() {
        let text = fs::read_to_string(&file).expect("it is text");
        let kind = Kind::of(&name(&file), &text).unwrap_or_else(|| panic!("{} is of no kind", file.display()));
        let findings = find(kind, &text);
        let left = left(&findings).len();
        let row = [findings.len(), findings.len() - left, left];
        table.push_str(&format!(
            "{:<24} {:<10} {:>3} {:>3} {:>3}\n",
            name(&file),
            format!("{kind:?}"),
            row[0],
            row[1],
            row[2]
        ));
        files += 1;
        totals.iter_mut().zip(row).for_each(|(total, count)| *total += count);
    }
    table.push_str(&format!("{:<35} {:>3} {:>3} {:>3}\n", format!("{files} files"), totals[0], totals[1], totals[2]));
    assert!(files >= 40);
    insta::assert_snapshot!("table", table);
}

#[test]
fn what_is_written() {
    let mut all = String::new();
    for file in corpus() {
        let text = fs::read_to_string(&file).expect("it is text");
        let findings = find(Kind::of(&name(&file), &text).expect("checked above"), &text);
        all.push_str(&format!("==== {}\n{}", name(&file), rewrite(&text, &findings)));
        for finding in findings.iter().filter(|finding| !finding.notes.is_empty()) {
            all.push_str(&format!("---- {}:{}: {}\n", finding.line, finding.column, finding.text.replace('\n', " ")));
            finding.notes.iter().for_each(|note| all.push_str(&format!("     {:?}: {}\n", note.kind, note.text)));
        }
    }
    insta::assert_snapshot!("written", all);
}

#[test]
fn nothing_more_is_found_in_what_was_written() {
    for file in corpus() {
        let text = fs::read_to_string(&file).expect("it is text");
        let kind = Kind::of(&name(&file), &text).expect("checked above");
        let first = find(kind, &text);
        let written = rewrite(&text, &first);
        let second = find(kind, &written);
        assert_eq!(left(&second), left(&first), "{}", file.display());
        assert_eq!(second.len(), left(&first).len(), "{}: {second:#?}", file.display());
        assert_eq!(rewrite(&written, &second), written);
    }
}
