//! A translation in the making: what becomes of each word, and what is added.

use std::collections::BTreeMap;

use super::{Part, Translation};
use crate::finding::Note;
use crate::tool::Tool;
use crate::word::Word;

/// What becomes of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    Becomes(Vec<Part>),
}

/// A translation in the making.
pub(super) struct Draft<'w> {
    pub(super) words: &'w [Word],
    fates: Vec<Fate>,
    /// Words that belong behind the command, wherever they stand.
    behind_command: Vec<bool>,
    /// The word that names the command.
    pub(super) command: Option<usize>,
    after_command: Vec<Part>,
    end: Vec<Part>,
    behind: Option<&'static str>,
    notes: Vec<Note>,
    /// Words that hold several letters: what is left of them.
    pub(super) clusters: BTreeMap<usize, Vec<Part>>,
}

impl<'w> Draft<'w> {
    /// Starts with all words as they are, but for the name of the program.
    pub(super) fn new(tool: Tool, words: &'w [Word]) -> Draft<'w> {
        let mut draft = Draft {
            words,
            fates: vec![Fate::Stays; words.len()],
            behind_command: vec![false; words.len()],
            command: None,
            after_command: Vec::new(),
            end: Vec::new(),
            behind: None,
            notes: Vec::new(),
            clusters: BTreeMap::new(),
        };
        if words.first().and_then(Word::literal) != Some(tool.successor()) {
            draft.becomes(0, vec![Part::New(tool.successor().to_owned())]);
        }
        draft
    }

    pub(super) fn goes(&mut self, word: usize) {
        self.fates[word] = Fate::Goes;
    }

    pub(super) fn becomes(&mut self, word: usize, parts: Vec<Part>) {
        self.fates[word] = Fate::Becomes(parts);
    }

    /// The word becomes one or more plain words.
    pub(super) fn renamed(&mut self, word: usize, text: &str) {
        self.becomes(word, text.split(' ').map(|word| Part::New(word.to_owned())).collect());
    }

    /// The word has to stand behind the command, where dnf5 wants the options of commands.
    pub(super) fn belongs_behind_command(&mut self, word: usize) {
        self.behind_command[word] = true;
    }

    /// Adds a word right behind the command.
    pub(super) fn add(&mut self, text: &str) {
        self.after_command.push(Part::New(text.to_owned()));
    }

    pub(super) fn add_part(&mut self, part: Part) {
        self.after_command.push(part);
    }

    /// Adds words at the end of the line.
    pub(super) fn add_at_end(&mut self, text: &str) {
        self.end.extend(text.split(' ').map(|word| Part::New(word.to_owned())));
    }

    /// Puts shell text behind the call; it and the call then become a group.
    pub(super) fn follow_with(&mut self, text: &'static str) {
        self.behind = Some(text);
    }

    pub(super) fn differs(&mut self, text: impl Into<String>) {
        self.note(Note::differs(text));
    }

    pub(super) fn lost(&mut self, text: impl Into<String>) {
        self.note(Note::lost(text));
    }

    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Ends the work.
    pub(super) fn finish(mut self, does: &'static str) -> Translation {
        for (word, parts) in std::mem::take(&mut self.clusters) {
            self.becomes(word, parts);
        }
        let mut parts = Vec::new();
        let mut late = Vec::new();
        for (index, fate) in self.fates.iter().enumerate() {
            let becomes = match fate {
                Fate::Stays => vec![Part::Kept(index)],
                Fate::Goes => Vec::new(),
                Fate::Becomes(parts) => parts.clone(),
            };
            let is_early = self.command.is_some_and(|command| index < command);
            if is_early && self.behind_command[index] {
                late.extend(becomes);
                continue;
            }
            parts.extend(becomes);
            if self.command == Some(index) {
                parts.extend(self.after_command.iter().cloned());
                parts.append(&mut late);
            }
        }
        parts.extend(self.end);
        Translation { words: self.words.len(), parts, behind: self.behind, does, notes: self.notes }
    }
}
