//! Files that are left out on purpose (reference of rpm, 5.2).

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::state::{FileAction, flag};
use super::table::{FileInfo, FileKind, FileTable};
use crate::settings::{FileSelection, Flags, Settings};

/// Marks the files of a package to be installed that are not wanted.
pub(crate) fn skip_at_install(settings: &Settings, table: &FileTable, actions: &mut [FileAction]) {
    let mut skipped = false;
    for (file, action) in actions.iter_mut().enumerate().take(table.len()) {
        if !action.skips()
            && let Some(reason) = reason_to_skip(settings, table, file)
        {
            *action = reason;
            skipped = true;
        }
    }
    if skipped {
        skip_emptied_directories(table, actions);
    }
}

/// Marks the files of a package to be erased that are not ours to touch.
pub(crate) fn skip_at_erase(settings: &Settings, table: &FileTable, actions: &mut [FileAction]) {
    for (file, action) in actions.iter_mut().enumerate().take(table.len()) {
        if is_shared(table.dirname(file), &table.files[file].base, &settings.selection.netshared) {
            *action = FileAction::SkipNetShared;
        }
    }
}

fn reason_to_skip(settings: &Settings, table: &FileTable, file: usize) -> Option<FileAction> {
    let (info, selection, flags) = (&table.files[file], &settings.selection, settings.flags);
    if !selection.exclude_paths.is_empty() && is_below(&table.path(file), &selection.exclude_paths) {
        return Some(FileAction::SkipState);
    }
    if settings.color != 0 && info.color != 0 && info.color & settings.color == 0 {
        return Some(FileAction::SkipColor);
    }
    if is_shared(table.dirname(file), &info.base, &selection.netshared) {
        return Some(FileAction::SkipNetShared);
    }
    if info.has(flag::LICENSE) {
        return None;
    }
    let unwanted = !wants_language(selection, info)
        || flags.any(Flags::NOCONFIGS) && info.has(flag::CONFIG)
        || (flags.any(Flags::NODOCS) || selection.exclude_docs) && info.has(flag::DOC)
        || flags.any(Flags::NOARTIFACTS) && info.has(flag::ARTIFACT);
    unwanted.then_some(FileAction::SkipState)
}

/// Tells whether a path is one of these or lies below one.
fn is_below(path: &[u8], trees: &[PathBuf]) -> bool {
    trees.iter().any(|tree| {
        let tree = tree.as_os_str().as_bytes();
        let tree = tree.strip_suffix(b"/").unwrap_or(tree);
        !tree.is_empty() && path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    })
}

/// Tells whether a file is on another machine.
///
/// A slash at the end of a shared path is part of it for rpm, so that it covers what is directly in the directory and
/// nothing below that.
fn is_shared(dir: &[u8], base: &[u8], shared: &[PathBuf]) -> bool {
    shared.iter().any(|tree| {
        let tree = tree.as_os_str().as_bytes();
        match dir.strip_prefix(tree) {
            Some(rest) => rest.is_empty() || rest[0] == b'/',
            None => tree.strip_prefix(dir).is_some_and(|name| name.strip_suffix(b"/").unwrap_or(name) == base),
        }
    })
}

/// A file of language `de` is wanted by one who wants `de_DE`, not the other way round.
fn wants_language(selection: &FileSelection, info: &FileInfo) -> bool {
    let mut langs = info.langs.split(|byte| *byte == b'|').filter(|lang| !lang.is_empty()).peekable();
    if langs.peek().is_none() || selection.langs.iter().any(|wanted| wanted == "all") {
        return true;
    }
    langs.any(|lang| selection.langs.iter().any(|wanted| wanted.as_bytes().starts_with(lang)))
}

/// Leaves out directories all of whose packaged content was left out.
fn skip_emptied_directories(table: &FileTable, actions: &mut [FileAction]) {
    // Files inside each directory, and how many of them stay.
    let mut inside: HashMap<&[u8], (usize, usize)> = HashMap::new();
    for (file, action) in actions.iter().enumerate() {
        let (all, kept) = inside.entry(table.dirname(file)).or_default();
        *all += 1;
        *kept += usize::from(!action.skips());
    }
    let directories = (0..table.len()).filter(|file| table.files[*file].kind() == FileKind::Directory);
    let mut order: Vec<(Vec<u8>, usize)> =
        directories.map(|file| ([&table.path(file), &b"/"[..]].concat(), file)).collect();
    // Deepest first, so that a directory of emptied directories goes, too.
    order.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    for (path, directory) in order {
        let emptied = inside.get(&path[..]).is_some_and(|(all, kept)| *all > 0 && *kept == 0);
        if emptied && !actions[directory].skips() {
            actions[directory] = FileAction::SkipState;
            if let Some((_, kept)) = inside.get_mut(table.dirname(directory)) {
                *kept = kept.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Clock;

    fn table(files: &[(&str, &str, u32, u32, &str)]) -> FileTable {
        let dirs: Vec<Box<[u8]>> = files.iter().map(|file| file.0.as_bytes().into()).collect();
        let make = |(index, (_, base, mode, flags, langs)): (usize, &(&str, &str, u32, u32, &str))| FileInfo {
            dir: index as u32,
            base: base.as_bytes().into(),
            mode: *mode,
            flags: *flags,
            langs: langs.as_bytes().into(),
            ..FileInfo::default()
        };
        FileTable::new(dirs, files.iter().enumerate().map(make).collect(), vec!["root".into()], None)
    }

    #[test]
    fn documents_go_with_their_directories() {
        let table = table(&[
            ("/usr/share/doc/", "a", 0o40755, 0, ""),
            ("/usr/share/doc/a/", "README", 0o100_644, flag::DOC, ""),
            ("/usr/share/doc/a/", "COPYING", 0o100_644, flag::DOC | flag::LICENSE, ""),
            ("/usr/share/doc/", "b", 0o40755, 0, ""),
            ("/usr/share/doc/b/", "README", 0o100_644, flag::DOC, ""),
            ("/usr/", "empty", 0o40755, 0, ""),
        ]);
        let mut settings = Settings::new(1, Clock::Epoch(1));
        settings.selection.exclude_docs = true;
        let mut actions = vec![FileAction::Unknown; table.len()];
        skip_at_install(&settings, &table, &mut actions);
        let skipped: Vec<bool> = actions.iter().map(|action| action.skips()).collect();
        assert_eq!(skipped, [false, true, false, true, true, false]);
    }

    #[test]
    fn languages_match_by_prefix() {
        let selection = FileSelection { langs: vec!["de_DE".into()], ..FileSelection::default() };
        let file = |langs: &str| FileInfo { langs: langs.as_bytes().into(), ..FileInfo::default() };
        assert!(wants_language(&selection, &file("de")));
        assert!(wants_language(&selection, &file("fr|de")));
        assert!(wants_language(&selection, &file("")));
        assert!(!wants_language(&selection, &file("de_DE.UTF-8")));
    }
}
