//! The elements of a transaction: packages to install and records to erase.

use std::collections::HashMap;
use std::sync::Arc;

use oxidnf_core::header::{DepKind, Header, HeaderError, Tag};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::{Action, Checksum, Nevra, Verified};

use crate::error::TransactionError;
use crate::files::state::{FileAction, FileState};
use crate::files::table::{FileInfo, FileTable};
use crate::outcome::ElementEnd;

/// One thing that a transaction is asked to do.
#[derive(Debug)]
pub enum Element {
    /// Install a package file.
    Install {
        /// The file, after its signature was judged.
        package: Verified<PackageFile>,
        /// What the installation means to the user; only shown, as what happens follows from `replaces`.
        action: Action,
        /// Records of installed packages that make room: former versions and obsoleted packages.
        replaces: Vec<u32>,
    },
    /// Erase an installed package.
    Erase {
        /// Number of its record.
        hnum: u32,
    },
}

/// A file of an installed package whose state changes because of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangedState {
    /// Record of the other package.
    pub(crate) hnum: u32,
    /// Index of the file there.
    pub(crate) file: usize,
    /// The new state.
    pub(crate) state: FileState,
}

/// What is still to be done to bring the files of a package in place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Placement {
    /// Everything.
    #[default]
    Fresh,
    /// Everything, and an interrupted run may have done it in part.
    Again,
    /// Only these; the machine went down before they were on the disk.
    Repair(Vec<FileAction>),
    /// Nothing.
    Done,
}

/// An element as the executor works with it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) nevra: Nevra,
    pub(crate) header: Header,
    /// Only of an installation.
    pub(crate) package: Option<PackageFile>,
    pub(crate) action: Action,
    /// Record: of an erasure from the beginning, of an installation once it is written.
    pub(crate) hnum: Option<u32>,
    /// For an erasure: the installation that replaces it.
    pub(crate) partner: Option<usize>,
    pub(crate) files: Arc<FileTable>,
    pub(crate) actions: Vec<FileAction>,
    /// States of an installed package's files; empty when its record knows none.
    pub(crate) states: Vec<Option<FileState>>,
    pub(crate) changed: Vec<ChangedState>,
    /// Files that the package brings under another path already, and those other ones: both ways are one.
    pub(crate) doubles: HashMap<usize, usize>,
    pub(crate) color: u32,
    pub(crate) end: Option<ElementEnd>,
    /// Its critical %posttrans failed: what rpm would run later for it, or for what it replaced, is not run.
    pub(crate) failed_behind: bool,
    /// Digests of the whole package file, for its record.
    pub(crate) package_digests: Vec<Checksum>,
    /// What an interrupted run has left to do with its files.
    pub(crate) placement: Placement,
}

impl Member {
    /// Makes the member of a package to install.
    pub(crate) fn install(package: PackageFile, action: Action) -> Result<Self, TransactionError> {
        let name = package.path().display().to_string();
        let header = package.header().clone();
        Member::new(header, &name, action).map(|member| Member { package: Some(package), ..member })
    }

    /// Makes the member of a record to erase.
    pub(crate) fn erase(hnum: u32, header: Header, partner: Option<usize>) -> Result<Self, TransactionError> {
        let action = if partner.is_some() { Action::Replaced } else { Action::Remove };
        let member = Member::new(header, &format!("record {hnum}"), action)?;
        Ok(Member { hnum: Some(hnum), partner, ..member })
    }

    fn new(header: Header, name: &str, action: Action) -> Result<Self, TransactionError> {
        let damaged = |source: HeaderError| TransactionError::Header { package: name.to_owned(), source };
        let nevra = header.nevra().map_err(damaged)?;
        let (files, states) = read_files(&header).map_err(damaged)?;
        let color = DependencyColors::read(&header, &files).all();
        Ok(Member {
            actions: vec![FileAction::Unknown; files.len()],
            files: Arc::new(files),
            states,
            nevra,
            header,
            package: None,
            action,
            hnum: None,
            partner: None,
            changed: Vec::new(),
            doubles: HashMap::new(),
            color,
            end: None,
            failed_behind: false,
            package_digests: Vec::new(),
            placement: Placement::Fresh,
        })
    }

    /// Tells whether this is an installation.
    pub(crate) fn is_install(&self) -> bool {
        self.package.is_some()
    }

    /// Returns what is done with its files while they are unpacked.
    pub(crate) fn unpacking(&self) -> &[FileAction] {
        match &self.placement {
            Placement::Repair(actions) => actions,
            _ => &self.actions,
        }
    }

    /// Tells whether a file of an installed package is really there.
    pub(crate) fn is_present(&self, file: usize) -> bool {
        self.states.get(file).copied().flatten() == Some(FileState::Normal)
    }
}

/// Reads the files of a header with their states.
pub(crate) fn read_files(header: &Header) -> Result<(FileTable, Vec<Option<FileState>>), HeaderError> {
    let list = header.files()?;
    let dirs = list.directories().iter().map(Box::from).collect();
    let mut names: Vec<Box<str>> = Vec::new();
    let mut known: HashMap<&[u8], u32> = HashMap::new();
    let mut name_index = |name| {
        *known.entry(name).or_insert_with(|| {
            names.push(String::from_utf8_lossy(name).into());
            (names.len() - 1) as u32
        })
    };
    let mut files = Vec::with_capacity(list.len());
    let mut states = Vec::new();
    for entry in list.iter() {
        files.push(FileInfo {
            dir: entry.dir_index as u32,
            base: entry.basename.into(),
            mode: u32::from(entry.mode),
            size: entry.size,
            mtime: entry.mtime,
            user: name_index(entry.user),
            group: name_index(entry.group),
            flags: entry.flags.0,
            digest: hex_digest(entry.digest),
            link: entry.linkto.into(),
            rdev: entry.rdev,
            inode: (entry.dev, entry.inode),
            color: entry.color,
            langs: entry.langs.into(),
            caps: entry.caps.into(),
        });
        if list.has_states() {
            states.push(entry.state);
        }
    }
    Ok((FileTable::new(dirs, files, names, list.digest_kind()), states))
}

/// Reads a digest in hex; one that is no hex is kept as text, so that it matches no content.
fn hex_digest(text: &[u8]) -> Box<[u8]> {
    let nibble = |digit: &u8| char::from(*digit).to_digit(16).map(|value| value as u8);
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().map_or_else(|| text.into(), Vec::into_boxed_slice)
}

/// Colours of single dependencies: those of the files which made them.
#[derive(Debug, Default)]
pub(crate) struct DependencyColors(HashMap<u32, u32>);

impl DependencyColors {
    /// Reads them from a header.
    pub(crate) fn read(header: &Header, files: &FileTable) -> Self {
        let mut colors = HashMap::new();
        if files.files.iter().any(|file| file.color != 0) {
            let dict: Vec<u32> = header.u32s(Tag::DEPENDSDICT).collect();
            let ranges = header.u32s(Tag::FILEDEPENDSX).zip(header.u32s(Tag::FILEDEPENDSN));
            for (file, (first, count)) in files.files.iter().zip(ranges).filter(|(file, _)| file.color != 0) {
                for entry in dict.iter().skip(first as usize).take(count as usize) {
                    *colors.entry(*entry).or_default() |= file.color & 0xf;
                }
            }
        }
        DependencyColors(colors)
    }

    /// Returns the colour of everything that the package provides and requires.
    fn all(&self) -> u32 {
        // The high byte says what kind of dependency the entry is.
        let counted = self.0.iter().filter(|(entry, _)| matches!((**entry >> 24) as u8, b'P' | b'R'));
        counted.fold(0, |all, (_, color)| all | color)
    }

    /// Returns the colour of one dependency.
    pub(crate) fn of(&self, kind: DepKind, index: usize) -> u32 {
        let letter = match kind {
            DepKind::Provides => b'P',
            DepKind::Requires => b'R',
            _ => return 0,
        };
        self.0.get(&(u32::from(letter) << 24 | index as u32 & 0x00ff_ffff)).copied().unwrap_or(0)
    }
}
