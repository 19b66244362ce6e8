//! What all files of one element have in common.

use std::sync::Arc;

use super::graveyard::Graveyard;
use super::metadata::Metadata;
use crate::files::table::FileTable;
use crate::users::Owner;

/// What is known about the files of one element when its turn has come.
pub(crate) struct Context {
    /// The header's files.
    pub table: Arc<FileTable>,
    /// Owner of each file; empty when only root could set them and we are not root.
    pub owners: Vec<Owner>,
    /// What is put behind temporary names.
    pub suffix: Arc<str>,
    /// Whether capabilities are set.
    pub caps: bool,
    /// Takes what is replaced.
    pub graveyard: Graveyard,
}

impl Context {
    /// Returns what is to be set on a file.
    pub(crate) fn metadata(&self, file: usize) -> Metadata<'_> {
        let info = &self.table.files[file];
        let owner = self.owners.get(file).copied();
        let mode = info.mode & 0o7777;
        Metadata { file: info, owner, mode: owner.map_or(mode, |owner| owner.restrict(mode)), caps: self.caps }
    }

    /// Returns the name under which a file is created when its own is taken.
    pub(crate) fn temporary_name(&self, file: usize) -> Vec<u8> {
        [&self.table.files[file].base, self.suffix.as_bytes()].concat()
    }
}
