//! Actions on files and the states that the database keeps (reference of rpm, 5.1 and 2.4).

/// What is done with one file of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FileAction {
    /// Not decided yet.
    #[default]
    Unknown,
    /// Put in place.
    Create,
    /// Put in place; what is there becomes `.rpmorig`.
    Backup,
    /// Put in place; what is there becomes `.rpmsave`. For an erasure: becomes `.rpmsave` instead of vanishing.
    Save,
    /// Left alone.
    Skip,
    /// Put beside what is there as `.rpmnew`.
    AltName,
    /// Removed.
    Erase,
    /// Not wanted: the state says "not installed".
    SkipState,
    /// In a tree that another machine provides.
    SkipNetShared,
    /// Of a colour that lost against another one.
    SkipColor,
    /// Only owner, mode and times are set.
    Touch,
}

impl FileAction {
    /// Tells whether the file is not touched at all.
    pub(crate) const fn skips(self) -> bool {
        matches!(self, FileAction::Skip | FileAction::SkipState | FileAction::SkipNetShared | FileAction::SkipColor)
    }

    /// Tells whether new content is written.
    pub(crate) const fn creates(self) -> bool {
        matches!(self, FileAction::Create | FileAction::Backup | FileAction::Save | FileAction::AltName)
    }

    /// Returns what is put behind the name of the file that is in the way.
    pub(crate) const fn backup_suffix(self) -> Option<&'static str> {
        match self {
            FileAction::Save => Some(".rpmsave"),
            FileAction::Backup => Some(".rpmorig"),
            _ => None,
        }
    }

    /// Returns the state that FILESTATES gets.
    pub(crate) const fn state(self) -> FileState {
        match self {
            FileAction::SkipState => FileState::NotInstalled,
            FileAction::SkipNetShared => FileState::NetShared,
            FileAction::SkipColor => FileState::WrongColor,
            _ => FileState::Normal,
        }
    }
}

pub(crate) use oxidnf_core::header::FileState;

/// Bits of FILEFLAGS.
pub(crate) mod flag {
    /// `%config`.
    pub(crate) const CONFIG: u32 = 1;
    /// `%doc`.
    pub(crate) const DOC: u32 = 2;
    /// `%config(missingok)`.
    pub(crate) const MISSINGOK: u32 = 8;
    /// `%config(noreplace)`.
    pub(crate) const NOREPLACE: u32 = 16;
    /// `%ghost`.
    pub(crate) const GHOST: u32 = 64;
    /// `%license`.
    pub(crate) const LICENSE: u32 = 128;
    /// `%artifact`.
    pub(crate) const ARTIFACT: u32 = 4096;
}
