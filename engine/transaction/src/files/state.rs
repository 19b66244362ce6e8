//! Actions on files and the states that the database keeps (reference of rpm, 5.1 and 2.4).

/// What is done with one file of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileAction {
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
    pub const fn skips(self) -> bool {
        matches!(
            self,
            FileAction::Skip | FileAction::SkipState | FileAction::SkipNetShared | FileAction::SkipColor
        )
    }

    /// Tells whether new content is written.
    pub const fn creates(self) -> bool {
        matches!(self, FileAction::Create | FileAction::Backup | FileAction::Save | FileAction::AltName)
    }

    /// Returns what is put behind the name of the file that is in the way.
    pub const fn backup_suffix(self) -> Option<&'static str> {
        match self {
            FileAction::Save => Some(".rpmsave"),
            FileAction::Backup => Some(".rpmorig"),
            _ => None,
        }
    }

    /// Returns the state that FILESTATES gets.
    pub const fn state(self) -> FileState {
        match self {
            FileAction::SkipState => FileState::NotInstalled,
            FileAction::SkipNetShared => FileState::NetShared,
            FileAction::SkipColor => FileState::WrongColor,
            _ => FileState::Normal,
        }
    }
}

/// One value of FILESTATES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FileState {
    /// Present.
    Normal = 0,
    /// Another package's file took its place.
    Replaced = 1,
    /// Left out on purpose.
    NotInstalled = 2,
    /// In a shared tree.
    NetShared = 3,
    /// A file of the preferred colour took its place.
    WrongColor = 4,
}

/// Bits of FILEFLAGS.
pub mod flag {
    /// `%config`.
    pub const CONFIG: u32 = 1;
    /// `%doc`.
    pub const DOC: u32 = 2;
    /// `%config(missingok)`.
    pub const MISSINGOK: u32 = 8;
    /// `%config(noreplace)`.
    pub const NOREPLACE: u32 = 16;
    /// `%ghost`.
    pub const GHOST: u32 = 64;
    /// `%license`.
    pub const LICENSE: u32 = 128;
    /// `%artifact`.
    pub const ARTIFACT: u32 = 4096;
}
