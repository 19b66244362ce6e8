//! yumdownloader and yum-builddep: commands of dnf5.

use super::draft::Draft;
use super::{Context, Part, Translation};
use crate::tool::Tool;
use crate::word::Word;

/// Translates a call of a program of yum-utils.
pub(super) fn translate(tool: Tool, words: &[Word], _context: Context) -> Translation {
    let mut draft = Draft::new(tool, words);
    let (command, does) = match tool {
        Tool::Yumdownloader => ("download", "downloads packages"),
        _ => ("builddep", "installs what a build needs"),
    };
    draft.becomes(0, vec![Part::New("dnf5".to_owned()), Part::New(command.to_owned())]);
    for (index, word) in words.iter().enumerate().skip(1) {
        match word.text() {
            "--urls" => draft.renamed(index, "--url"),
            "-v" | "--verbose" => draft.goes(index),
            "--archlist" => draft.renamed(index, "--arch"),
            text if text.starts_with("--archlist=") => {
                let part =
                    Part::Changed { index, cut: "--archlist=".into(), prefix: "--arch=".into(), suffix: String::new() };
                draft.becomes(index, vec![part]);
            }
            _ => {}
        }
    }
    if tool == Tool::YumBuilddep {
        draft.differs("builddep is a plug-in of dnf5 (package dnf5-plugins)");
    }
    draft.finish(does)
}
