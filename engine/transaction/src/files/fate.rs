//! What becomes of configuration files (reference of rpm, 5.5).

use super::compare::{OnDisk, same_content};
use super::state::{FileAction, flag};
use super::table::{FileInfo, FileKind, FileTable};
use crate::fsm::dirs::RootDir;

/// Decides about a file of which the old or the new version is configuration.
///
/// `all_files` asks for files that the administrator removed to come back although they are `missingok`.
pub(crate) fn of_upgraded(
    root: &RootDir,
    old: (&FileTable, usize),
    new: (&FileTable, usize),
    all_files: bool,
) -> FileAction {
    let (old_file, new_file) = (&old.0.files[old.1], &new.0.files[new.1]);
    // Whoever lists a ghost does not say what is in it, so nothing is touched.
    if new_file.has(flag::GHOST) {
        return FileAction::Skip;
    }
    let Some(mut disk) = OnDisk::look(root, new.0.path(new.1)) else {
        let missing_ok = new_file.has(flag::MISSINGOK) && !all_files;
        return if missing_ok { FileAction::Skip } else { FileAction::Create };
    };
    let save = if new_file.has(flag::NOREPLACE) { FileAction::AltName } else { FileAction::Save };
    if !matches!(old_file.kind(), FileKind::Regular | FileKind::Symlink) {
        return FileAction::Create;
    }
    // What is there now can only be one of the two versions if it is of the type of the old one.
    if disk.kind() == old_file.kind() {
        if disk.has_content_of(new.0, new.1) {
            return FileAction::Touch;
        }
        if is_known(old_file) && disk.has_content_of(old.0, old.1) {
            return FileAction::Create;
        }
    }
    if !new_file.has(flag::CONFIG) {
        return FileAction::Save;
    }
    if unchanged(old, new) { FileAction::Skip } else { save }
}

/// Tells whether a package says what is in a file: of a ghost only where a link leads.
// witness: compat-tests/tests/transactions/files.rs::links_that_are_ghosts
fn is_known(file: &FileInfo) -> bool {
    !file.has(flag::GHOST) || file.kind() == FileKind::Symlink
}

/// Tells whether old and new version are alike, so that an edited file can simply stay.
fn unchanged(old: (&FileTable, usize), new: (&FileTable, usize)) -> bool {
    let (a, b) = (&old.0.files[old.1], &new.0.files[new.1]);
    if !is_known(a) || a.kind() != b.kind() {
        return false;
    }
    match a.kind() {
        FileKind::Regular => !a.digest.is_empty() && same_content(old, new),
        FileKind::Symlink => a.link == b.link,
        _ => false,
    }
}

/// Tells whether a configuration file is there and differs from the package's.
pub(crate) fn is_edited(root: &RootDir, table: &FileTable, file: usize) -> bool {
    let info = &table.files[file];
    if !info.has(flag::CONFIG) || !matches!(info.kind(), FileKind::Regular | FileKind::Symlink) {
        return false;
    }
    // Nobody says what is in a ghost, so whatever is there is not the package's.
    let ghost = info.has(flag::GHOST);
    OnDisk::look(root, table.path(file)).is_some_and(|mut disk| ghost || !disk.has_content_of(table, file))
}

/// Decides about a new file that no installed package has.
///
/// `shared` says that another package of the transaction brings the same file.
pub(crate) fn of_new(root: &RootDir, table: &FileTable, file: usize, shared: bool) -> FileAction {
    let info = &table.files[file];
    if !is_edited(root, table, file) {
        return FileAction::Create;
    }
    match (info.has(flag::NOREPLACE), shared) {
        (true, _) => FileAction::AltName,
        (false, true) => FileAction::Skip,
        (false, false) => FileAction::Backup,
    }
}

/// Decides about a file of a package that goes, when nobody else has it.
pub(crate) fn of_erased(root: &RootDir, table: &FileTable, file: usize) -> FileAction {
    if is_edited(root, table, file) { FileAction::Save } else { FileAction::Erase }
}
