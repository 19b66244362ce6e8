//! Computed tags with one element for each file.

use std::collections::HashMap;

use super::column::{Column, Kind};
use super::computed::relation;
use crate::header::{DepKind, FileEntry, FileFlags, FileState, Header, HeaderDep, Tag};

/// Tags of base names, directories and which directory each file is in.
pub(super) type Places = (Tag, Tag, Tag);
pub(super) const PLACES: Places = (Tag::BASENAMES, Tag::DIRNAMES, Tag::DIRINDEXES);
pub(super) const ORIGINAL_PLACES: Places = (Tag::ORIGBASENAMES, Tag::ORIGDIRNAMES, Tag::ORIGDIRINDEXES);

/// Returns the paths, on request only those of files that are there; none when the arrays do not fit together.
pub(super) fn names(header: &Header, (bases, dirs, indexes): Places, installed: bool) -> Option<Column> {
    let count = header.get(bases)?.count();
    let dirs = header.string_array(dirs);
    let fits = header.numbers(indexes).len() == count && (1..=count).contains(&dirs.len());
    let states = if installed { Some(header.bin(Tag::FILESTATES)?) } else { None };
    if !fits || states.is_some_and(|states| states.len() != count) {
        return None;
    }
    let there = |at: usize| {
        let state = states.map(|states| FileState::from_number(states[at]));
        state.is_none_or(|state| matches!(state, Some(FileState::Normal | FileState::NetShared)))
    };
    let files = header.strings(bases).zip(header.numbers(indexes)).enumerate().filter(|(at, _)| there(*at));
    let paths: Option<Vec<Vec<u8>>> =
        files.map(|(_, (base, dir))| Some([dirs.get(usize::try_from(dir).ok()?)?, base].concat())).collect();
    Some(Column::Texts(Kind::Array, paths?))
}

/// Returns what libmagic said of each file, or what its type says.
pub(super) fn classes(header: &Header) -> Option<Column> {
    each(header, Tag::FILECLASS, Tag::CLASSDICT, |file| match type_words(file) {
        Some(("symbolic link", _)) => [b"symbolic link to `", file.linkto, b"'"].concat(),
        words => words.map(|(class, _)| class.into()).unwrap_or_default(),
    })
}

/// Returns the MIME type of each file, or what its type says.
pub(super) fn mimes(header: &Header) -> Option<Column> {
    each(header, Tag::FILEMIMEINDEX, Tag::MIMEDICT, |file| {
        type_words(file).map(|(_, mime)| mime.into()).unwrap_or_default()
    })
}

/// Names the type of what is no regular file, as class and as MIME type.
fn type_words(file: &FileEntry<'_>) -> Option<(&'static str, &'static str)> {
    Some(match file.file_type() {
        0o060_000 => ("block special", "inode/blockdevice"),
        0o020_000 => ("character special", "inode/chardevice"),
        0o040_000 => ("directory", "inode/directory"),
        0o010_000 => ("fifo (named pipe)", "inode/fifo"),
        0o140_000 => ("socket", "inode/socket"),
        0o120_000 => ("symbolic link", "inode/symlink"),
        _ => return None,
    })
}

/// Looks up each file's text in a dictionary; without one, its type speaks.
fn each(header: &Header, indexes: Tag, dict: Tag, by_type: impl Fn(&FileEntry<'_>) -> Vec<u8>) -> Option<Column> {
    let files = header.files().ok()?;
    let (indexes, dict) = (header.numbers(indexes), header.string_array(dict));
    let text = |file: FileEntry<'_>| {
        let known = indexes.get(file.index).and_then(|index| dict.get(usize::try_from(index).ok()?));
        known.filter(|known| !known.is_empty()).map_or_else(|| by_type(&file), <[u8]>::to_vec)
    };
    Column::array(files.iter().map(text).collect())
}

/// Returns how many names each file has.
pub(super) fn link_counts(header: &Header) -> Option<Column> {
    let files = header.files().ok().filter(|files| !files.is_empty())?;
    let linked = |file: &FileEntry<'_>| file.is_regular() && !file.flags.any(FileFlags::GHOST) && file.inode > 0;
    let mut sets: HashMap<(u32, u32), u64> = HashMap::new();
    for file in files.iter().filter(linked) {
        *sets.entry((file.dev, file.inode)).or_default() += 1;
    }
    let count = |file: FileEntry<'_>| if linked(&file) { sets[&(file.dev, file.inode)] } else { 1 };
    Some(Column::Numbers(files.iter().map(count).collect()))
}

/// Returns what each file provides or requires, separated by spaces.
pub(super) fn dependencies(header: &Header, kind: DepKind) -> Option<Column> {
    let files = header.files().ok()?;
    let letter = if kind == DepKind::Provides { b'P' } else { b'R' };
    let dict: Vec<u32> = header.u32s(Tag::DEPENDSDICT).collect();
    let deps: Vec<HeaderDep<'_>> = header.deps(kind).collect();
    let (starts, counts) = (header.numbers(Tag::FILEDEPENDSX), header.numbers(Tag::FILEDEPENDSN));
    let text = |index: usize| {
        let place = |numbers: &crate::header::Numbers<'_>| numbers.get(index).unwrap_or(0) as usize;
        let entries = dict.iter().skip(place(&starts)).take(place(&counts));
        let own = entries.filter(|entry| (**entry >> 24) as u8 == letter);
        let texts = own.filter_map(|entry| deps.get((entry & 0x00ff_ffff) as usize)).map(relation);
        texts.collect::<Vec<_>>().join(&b' ')
    };
    Column::array((0..files.len()).map(text).collect())
}
