//! From the words of an older tool to those of dnf5.
//!
//! A translation says for each word whether it stays, goes or changes, so that whatever the words stand in (a script, a
//! list of strings, an argv) keeps all that need not change.

mod call;
mod companions;
mod draft;
mod draft_options;
mod specs;
mod tdnf;
mod tdnf_options;
mod yum;
mod yum_config;
mod yum_options;

use crate::finding::{Note, NoteKind, Verdict};
use crate::tool::Tool;
use crate::word::Word;

/// A piece of the translated command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A word of the old line as it was written.
    Kept(usize),
    /// A new word, not yet quoted.
    New(String),
    /// A word of the old line, with other text at its ends.
    Changed {
        /// Number of the word.
        index: usize,
        /// Text that is taken from its beginning.
        cut: String,
        /// Text that is put before what is left.
        prefix: String,
        /// Text that is put behind it.
        suffix: String,
    },
    /// A word of the old line, with blanks around an operator in it.
    Spaced {
        /// Number of the word.
        index: usize,
        /// The operator: `=`, `>=`, …
        operator: &'static str,
    },
}

/// Who looks at what a call leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// Something reads standard output.
    pub(crate) output_is_read: bool,
    /// Success and failure are told apart.
    pub(crate) status_is_tested: bool,
    /// The number of the exit status is looked at.
    pub(crate) status_is_compared: bool,
    /// Whether a failed command ends the script, as in a Dockerfile or after `set -e`.
    pub(crate) failure_ends: bool,
}

/// What became of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Translation {
    /// How many words the old line has.
    pub(crate) words: usize,
    /// The new line.
    pub(crate) parts: Vec<Part>,
    /// What to put around the call, if a group of commands is needed.
    pub(crate) behind: Option<&'static str>,
    /// What the call does.
    pub(crate) does: &'static str,
    /// Remarks.
    pub(crate) notes: Vec<Note>,
}

impl Translation {
    pub(crate) fn verdict(&self) -> Verdict {
        if self.notes.iter().any(|note| note.kind == NoteKind::Lost) {
            return Verdict::Person;
        }
        let is_same = self.behind.is_none()
            && self.parts.len() == self.words
            && self.parts.iter().enumerate().all(|(place, part)| *part == Part::Kept(place));
        if is_same { Verdict::Same } else { Verdict::Rewritten }
    }
}

/// Translates a call. The words are all of the call's, the program first.
pub(crate) fn translate(tool: Tool, words: &[Word], context: Context) -> Translation {
    let mut translation = match tool {
        Tool::Tdnf | Tool::Tdnfj => tdnf::translate(tool, words, context),
        Tool::Yum | Tool::Dnf | Tool::Dnf4 | Tool::Microdnf => yum::translate(tool, words, context),
        Tool::YumConfigManager => yum_config::program(words),
        Tool::Yumdownloader | Tool::YumBuilddep => companions::translate(tool, words, context),
    };
    // Whoever wrote the directory does not rely on PATH.
    let dir = words.first().and_then(Word::literal).and_then(|program| program.rsplit_once('/'));
    if let (Some((dir, _)), Some(Part::New(program))) = (dir, translation.parts.first_mut()) {
        *program = format!("{dir}/{program}");
    }
    translation
}

#[cfg(test)]
pub(crate) fn shown(tool: Tool, line: &str, context: Context) -> String {
    let words = crate::word::words(line);
    let translation = translate(tool, &words, context);
    let mut text: Vec<String> = translation.parts.iter().map(|part| shown_part(&words, part)).collect();
    text.extend(translation.behind.map(str::to_owned));
    let mut text = format!("{:?}: {}", translation.verdict(), text.join(" ").replace(crate::word::EXPANSION, "$"));
    for note in &translation.notes {
        text.push_str(if note.kind == NoteKind::Lost { "\n! " } else { "\n- " });
        text.push_str(&note.text);
    }
    text
}

#[cfg(test)]
fn shown_part(words: &[Word], part: &Part) -> String {
    match part {
        Part::Kept(index) => words[*index].text().to_owned(),
        Part::New(text) if text.contains(' ') => format!("'{text}'"),
        Part::New(text) => text.clone(),
        Part::Changed { index, cut, prefix, suffix } => {
            format!("{prefix}{}{suffix}", words[*index].text().strip_prefix(&**cut).expect("the cut is a prefix"))
        }
        Part::Spaced { index, operator } => {
            format!("\"{}\"", words[*index].text().replacen(operator, &format!(" {operator} "), 1))
        }
    }
}
