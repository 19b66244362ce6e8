//! From a translation to edits of the text and to the new call in one line.

use std::ops::Range;

use super::fragment::Fragment;
use super::quote::{double_quoted, quoted};
use crate::edit::Edit;
use crate::translate::{Part, Translation};

/// The words of a call as they are written, in order.
pub(super) struct Written<'f> {
    pub(super) fragment: &'f Fragment,
    pub(super) words: Vec<Range<usize>>,
}

/// Why a call cannot be rewritten where it stands.
pub(super) const CANNOT_WRITE: &str = "the words cannot be changed inside these quotes";

impl Written<'_> {
    fn raw(&self, index: usize) -> &str {
        &self.fragment.raw[self.words[index].clone()]
    }

    /// The text of a part as it is written in the fragment.
    fn written(&self, part: &Part) -> Option<String> {
        match part {
            Part::Kept(index) => Some(self.raw(*index).to_owned()),
            Part::New(text) => {
                let single = quoted(text);
                if self.fragment.encode(&single).is_some() {
                    return Some(single);
                }
                double_quoted(text).filter(|double| self.fragment.encode(double).is_some())
            }
            Part::Changed { index, cut, prefix, suffix } => {
                let raw = self.raw(*index);
                if let Some(rest) = raw.strip_prefix(&**cut) {
                    return Some(format!("{}{rest}{}", plain(prefix)?, plain(suffix)?));
                }
                let inner = raw.strip_prefix('"')?.strip_prefix(&**cut)?;
                Some(format!("\"{}{inner}{}", plain(prefix)?, plain(suffix)?))
            }
            Part::Spaced { index, operator } => {
                let raw = self.raw(*index);
                let inner = match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
                    Some(inner) => inner,
                    None if raw.contains(['"', '\'', '\\']) => return None,
                    None => raw,
                };
                let (name, version) = inner.split_once(operator)?;
                Some(format!("\"{name} {operator} {version}\""))
            }
        }
    }

    /// The new call in one line.
    pub(super) fn line(&self, translation: &Translation) -> Option<String> {
        let words: Option<Vec<String>> = translation.parts.iter().map(|part| self.written(part)).collect();
        let line = words?.join(" ");
        Some(match translation.behind {
            Some(behind) => format!("{{ {line} {behind}; }}"),
            None => line,
        })
    }

    /// The edits of the file; nothing if one of them cannot be made.
    pub(super) fn edits(&self, translation: &Translation, call: Range<usize>) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        let stay = rising(&translation.parts);
        let mut last = None;
        let mut pending: Vec<String> = Vec::new();
        for (place, part) in translation.parts.iter().enumerate() {
            match part.index().filter(|_| stay.contains(&place)) {
                None => pending.push(self.moved(part)?),
                Some(index) => {
                    self.gap(&mut edits, last, Some(index), &mut pending)?;
                    self.change(&mut edits, part)?;
                    last = Some(index);
                }
            }
        }
        self.gap(&mut edits, last, None, &mut pending)?;
        if let Some(behind) = translation.behind {
            self.replace(&mut edits, call.start..call.start, "{ ")?;
            self.replace(&mut edits, call.end..call.end, &format!(" {behind}; }}"))?;
        }
        Some(merged(edits))
    }

    /// A part that goes to another place. What was decoded from the file cannot be told from what stands in it as it is.
    fn moved(&self, part: &Part) -> Option<String> {
        let text = self.written(part)?;
        let is_decoded =
            !self.fragment.encodings.is_empty() && part.index().is_some_and(|_| text.contains(['$', '\\', '"', '\'']));
        (!is_decoded).then_some(text)
    }

    /// Changes a word that stays: only what is new in it is written.
    fn change(&self, edits: &mut Vec<Edit>, part: &Part) -> Option<()> {
        match part {
            Part::Kept(_) | Part::New(_) => {}
            Part::Changed { index, cut, prefix, suffix } => {
                let word = self.words[*index].clone();
                let raw = self.raw(*index);
                let quote = usize::from(
                    !raw.starts_with(&**cut) || (raw.starts_with('"') && cut.is_empty() && !prefix.is_empty()),
                );
                if !raw[quote..].starts_with(&**cut) || (quote == 1 && !raw.starts_with('"')) {
                    return None;
                }
                let start = word.start + quote;
                if *cut != *prefix {
                    self.replace(edits, start..start + cut.len(), plain(prefix)?)?;
                }
                if !suffix.is_empty() {
                    self.replace(edits, word.end..word.end, plain(suffix)?)?;
                }
            }
            Part::Spaced { index, operator } => {
                let word = self.words[*index].clone();
                let raw = self.raw(*index);
                let is_quoted = raw.len() > 1 && raw.starts_with('"') && raw.ends_with('"');
                if !is_quoted && raw.contains(['"', '\'', '\\']) {
                    return None;
                }
                let at = word.start + raw.find(operator)?;
                if !is_quoted {
                    self.replace(edits, word.start..word.start, "\"")?;
                }
                self.replace(edits, at..at + operator.len(), &format!(" {operator} "))?;
                if !is_quoted {
                    self.replace(edits, word.end..word.end, "\"")?;
                }
            }
        }
        Some(())
    }

    /// Takes out the words between two that stay, and puts new ones there.
    fn gap(
        &self,
        edits: &mut Vec<Edit>,
        last: Option<usize>,
        next: Option<usize>,
        new: &mut Vec<String>,
    ) -> Option<()> {
        let gone = last.map_or(0, |last| last + 1)..next.unwrap_or(self.words.len());
        let text = std::mem::take(new).join(" ");
        let mut text = (!text.is_empty()).then_some(text);
        for index in gone {
            let word = self.words[index].clone();
            if let Some(text) = text.take() {
                self.replace(edits, word, &text)?;
            } else {
                self.replace(edits, self.with_blanks(word), "")?;
            }
        }
        match (text, last) {
            (None, _) => {}
            (Some(text), Some(last)) => {
                let end = self.words[last].end;
                self.replace(edits, end..end, &format!(" {text}"))?;
            }
            (Some(text), None) => {
                let start = self.words.first()?.start;
                self.replace(edits, start..start, &format!("{text} "))?;
            }
        }
        Some(())
    }

    /// A word with the blanks before it, and with a line that it had for itself.
    fn with_blanks(&self, word: Range<usize>) -> Range<usize> {
        let before = &self.fragment.text[..word.start];
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        let start = word.start - blanks;
        let after = &self.fragment.text[word.end..];
        // A word alone on a continued line goes with its line.
        if before[..start].ends_with('\n')
            && let Some(rest) = after.trim_start_matches([' ', '\t']).strip_prefix("\\\n")
        {
            return start..self.fragment.text.len() - rest.len();
        }
        start..word.end
    }

    fn replace(&self, edits: &mut Vec<Edit>, range: Range<usize>, text: &str) -> Option<()> {
        let text = self.fragment.encode(text)?;
        let file = if range.is_empty() {
            // An insertion belongs to the word that it touches, not to the blanks beside it.
            let at = if self.words.iter().any(|word| word.end == range.start) || range.start == self.fragment.text.len()
            {
                self.fragment.file_range(range.start.checked_sub(1)?..range.start)?.end
            } else {
                self.fragment.file_range(range.start..range.start + 1)?.start
            };
            at..at
        } else {
            self.fragment.file_range(range)?
        };
        edits.push(Edit { range: file, text });
        Some(())
    }
}

impl Part {
    pub(super) fn index(&self) -> Option<usize> {
        match self {
            Part::Kept(index) | Part::Changed { index, .. } | Part::Spaced { index, .. } => Some(*index),
            Part::New(_) => None,
        }
    }
}

/// Text that needs no quotes.
fn plain(text: &str) -> Option<&str> {
    (text.is_empty() || quoted(text) == text || text == "--setopt=disable_excludes=*").then_some(text)
}

/// Places of parts that may stay where they are: a longest rising run of the old words.
fn rising(parts: &[Part]) -> Vec<usize> {
    let old: Vec<(usize, usize)> =
        parts.iter().enumerate().filter_map(|(place, part)| part.index().map(|index| (place, index))).collect();
    let mut best: Vec<Vec<usize>> = Vec::new();
    for (at, (place, index)) in old.iter().enumerate() {
        let before = (0..at).filter(|before| old[*before].1 < *index).max_by_key(|before| best[*before].len());
        let mut run = before.map_or_else(Vec::new, |before| best[before].clone());
        run.push(*place);
        best.push(run);
    }
    best.into_iter().max_by_key(Vec::len).unwrap_or_default()
}

/// Joins insertions at one place, in their order.
fn merged(edits: Vec<Edit>) -> Vec<Edit> {
    let mut result: Vec<Edit> = Vec::new();
    for edit in edits {
        match result.iter_mut().find(|other| other.range.is_empty() && other.range == edit.range) {
            Some(other) => other.text.push_str(&edit.text),
            None => result.push(edit),
        }
    }
    result
}
