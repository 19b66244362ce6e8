//! What all files of one element have in common.

use std::sync::Arc;

use super::crew::Crew;
use super::metadata::{Dress, Metadata};
use crate::files::table::FileTable;
use crate::plugins::attributes::Attributes;
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
    /// What plug-ins give to the files.
    pub attributes: Option<Attributes>,
    /// Takes what is replaced.
    pub crew: Crew,
}

impl Context {
    /// Returns what is to be set on a file.
    pub(crate) fn metadata(&self, file: usize) -> Metadata<'_> {
        let info = &self.table.files[file];
        let owner = self.owners.get(file).copied();
        let mode = info.mode & 0o7777;
        let attributes = self.attributes.as_ref().map(|attributes| Dress { attributes, context: self, number: file });
        let mode = owner.map_or(mode, |owner| owner.restrict(mode));
        Metadata { file: info, owner, mode, caps: self.caps, attributes }
    }

    /// Returns the name under which a file is created when its own is taken.
    pub(crate) fn temporary_name(&self, file: usize) -> Vec<u8> {
        [&self.table.files[file].base, self.suffix.as_bytes()].concat()
    }
}
