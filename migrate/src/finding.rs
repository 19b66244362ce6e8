//! What is said of one call.

use std::ops::Range;

use crate::edit::Edit;
use crate::tool::Tool;

/// One call of an older package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose call it is.
    pub tool: Tool,
    /// Where the call stands in the file, in bytes.
    pub range: Range<usize>,
    /// Line of its first word, from 1.
    pub line: usize,
    /// Column of its first word in bytes, from 1.
    pub column: usize,
    /// The call as written, its lines joined.
    pub text: String,
    /// What the call does, in a few words.
    pub does: &'static str,
    /// Whether dnf5 does the same.
    pub verdict: Verdict,
    /// The call for dnf5, where there is one.
    pub form: Option<String>,
    /// What differs, and what cannot be kept.
    pub notes: Vec<Note>,
    /// What to change in the file; empty unless the verdict is [`Verdict::Rewritten`].
    pub edits: Vec<Edit>,
}

/// Whether dnf5 does what a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// dnf5 understands the call as it stands.
    Same,
    /// The call has a form for dnf5 that does the same, but for what the notes say.
    Rewritten,
    /// Somebody has to decide; nothing is changed.
    Person,
}

/// A remark on a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub kind: NoteKind,
    /// One sentence.
    pub text: String,
}

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// Something that an observer may see, and that the call does not depend on.
    Differs,
    /// Something that cannot be kept.
    Lost,
}

impl Note {
    pub(crate) fn differs(text: impl Into<String>) -> Note {
        Note { kind: NoteKind::Differs, text: text.into() }
    }

    pub(crate) fn lost(text: impl Into<String>) -> Note {
        Note { kind: NoteKind::Lost, text: text.into() }
    }
}
