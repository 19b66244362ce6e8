//! Finds calls of tdnf, yum, dnf 4 and microdnf in scripts, and says what dnf5 makes of each.
//!
//! Text in, findings out: no file is opened here and nothing is printed. [`find`] cuts the shell out of a file
//! (`source/`), parses it (`shell/`) and translates each call (`translate/`); [`apply`] writes the edits into the text.
//! The translation of a plain command line, [`legacy`], also serves the faces that accept older spellings.

mod edit;
mod finding;
pub mod legacy;
mod shell;
mod source;
mod tool;
mod translate;
mod word;

pub use edit::{Edit, apply};
pub use finding::{Finding, Note, NoteKind, Verdict};
pub use shell::is_command;
pub use source::{Kind, find};
pub use tool::Tool;
