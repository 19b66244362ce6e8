//! Calls as lists of strings: in `RUN ["tdnf", …]`, `argv:` and the like.

use super::fragment::{Encoding, Fragment};
use crate::edit::Edit;
use crate::finding::{Finding, Note, Verdict};
use crate::tool::Tool;
use crate::translate::{Part, Translation};
use crate::word::Word;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// In brackets, with commas.
    Flow,
    /// One element a line.
    Block,
}

/// Makes the finding; the list is rewritten as long as no element has to go.
pub(super) fn finding(
    tool: Tool,
    elements: &[Fragment],
    words: &[Word],
    list: List,
    mut translation: Translation,
) -> Finding {
    let texts: Option<Vec<String>> = translation.parts.iter().map(|part| text(words, part)).collect();
    let mut verdict = translation.verdict();
    let mut edits = Vec::new();
    if verdict == Verdict::Rewritten {
        match in_place(elements, words, list, &translation) {
            Some(made) if translation.behind.is_none() => edits = made,
            _ => {
                verdict = Verdict::Person;
                translation.notes.push(Note::lost("write the list anew: its elements change in number"));
            }
        }
    }
    let place = |element: Option<&Fragment>| {
        element.and_then(|element| element.segments.first().map(|segment| segment.file_at))
    };
    let start = place(elements.first()).unwrap_or_default();
    let end = elements
        .last()
        .and_then(|element| element.segments.last().map(|segment| segment.file_at + segment.file_len))
        .unwrap_or(start);
    Finding {
        tool,
        range: start..end,
        line: 0,
        column: 0,
        text: words.iter().map(Word::text).collect::<Vec<_>>().join(" "),
        does: translation.does,
        verdict,
        form: texts.map(|texts| texts.join(" ")),
        notes: translation.notes,
        edits,
    }
}

fn text(words: &[Word], part: &Part) -> Option<String> {
    match part {
        Part::Kept(index) => Some(words[*index].text().to_owned()),
        Part::New(text) => Some(text.clone()),
        Part::Changed { index, cut, prefix, suffix } => {
            Some(format!("{prefix}{}{suffix}", words[*index].text().strip_prefix(&**cut)?))
        }
        Part::Spaced { index, operator } => Some(words[*index].text().replacen(operator, &format!(" {operator} "), 1)),
    }
}

/// Edits of the elements: the new words are shared out among the old ones, in order.
fn in_place(elements: &[Fragment], words: &[Word], list: List, translation: &Translation) -> Option<Vec<Edit>> {
    let mut shares: Vec<Vec<String>> = vec![Vec::new(); elements.len()];
    let mut at = 0;
    for part in &translation.parts {
        if let Some(index) = part.index() {
            if index < at || (at..index).any(|skipped| shares[skipped].is_empty()) {
                return None;
            }
            at = index;
        } else if !shares[at].is_empty() && at + 1 < elements.len() && !is_kept(translation, at + 1) {
            at += 1;
        }
        shares[at].push(text(words, part)?);
    }
    if shares.iter().any(Vec::is_empty) {
        return None;
    }
    let mut edits = Vec::new();
    for ((element, word), share) in elements.iter().zip(words).zip(&shares) {
        if let [only] = &**share
            && only == word.text()
        {
            continue;
        }
        let encoded: Option<Vec<String>> = share.iter().map(|text| element.encode(text)).collect();
        let range = element.file_range(0..element.text.len())?;
        edits.push(Edit { range, text: encoded?.join(separator(element, list, share.len())?) });
    }
    Some(edits)
}

fn is_kept(translation: &Translation, index: usize) -> bool {
    translation.parts.iter().any(|part| part.index() == Some(index))
}

/// What stands between two elements in the place of one.
fn separator(element: &Fragment, list: List, count: usize) -> Option<&'static str> {
    match (list, element.encodings.first()) {
        _ if count == 1 => Some(""),
        (List::Block, _) => None,
        (List::Flow, Some(Encoding::YamlDouble)) => Some("\", \""),
        (List::Flow, Some(Encoding::YamlSingle)) => Some("', '"),
        (List::Flow, _) => Some(", "),
    }
}
