//! Changes of a text.

use std::ops::Range;

/// Replaces a range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub range: Range<usize>,
    /// What takes its place.
    pub text: String,
}

/// Returns the text with all edits made. Edits must not overlap; those that do are left out, the first one stays.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let Some(kept) = text.get(done..edit.range.start) else { continue };
        if text.get(edit.range.clone()).is_none() {
            continue;
        }
        result.push_str(kept);
        result.push_str(&edit.text);
        done = edit.range.end;
    }
    result.push_str(&text[done..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_in_order() {
        let edits = [
            Edit { range: 8..8, text: " -y".into() },
            Edit { range: 0..4, text: "dnf5".into() },
            Edit { range: 2..3, text: "overlaps".into() },
        ];
        assert_eq!(apply("tdnf list", &edits), "dnf5 lis -yt");
    }
}
