//! What a transaction will do, as data: made by the solver, shown by a face, run by the engine.

use crate::checksum::Checksum;
use crate::nevra::Nevra;

/// What happens to one package in a transaction.
///
/// Names and numbers are those of dnf5's history database (`trans_item_action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Action {
    /// A package of this name (and architecture) is new, or another version comes beside it.
    Install = 1,
    /// A newer version takes the place of an installed one.
    Upgrade = 2,
    /// An older version takes the place of an installed one.
    Downgrade = 3,
    /// The same version is installed again.
    Reinstall = 4,
    /// The package leaves the system.
    Remove = 5,
    /// The package makes room for another item, which lists it in [`PlanItem::replaces`].
    Replaced = 6,
    /// Only the stored reason changes.
    ReasonChange = 7,
}

impl Action {
    /// Tells whether the item brings a package file in.
    pub const fn is_inbound(self) -> bool {
        matches!(self, Action::Install | Action::Upgrade | Action::Downgrade | Action::Reinstall)
    }

    /// Tells whether the item takes an installed package away.
    pub const fn is_outbound(self) -> bool {
        matches!(self, Action::Remove | Action::Replaced)
    }

    /// Returns dnf5's name of the action, as written into history, JSON and `transaction.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Install => "Install",
            Action::Upgrade => "Upgrade",
            Action::Downgrade => "Downgrade",
            Action::Reinstall => "Reinstall",
            Action::Remove => "Remove",
            Action::Replaced => "Replaced",
            Action::ReasonChange => "Reason Change",
        }
    }
}

/// Why a package is, or will be, on the system.
///
/// Names and numbers are those of dnf5's history database (`trans_item_reason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Nothing is known.
    None = 0,
    /// Another package requires it.
    Dependency = 1,
    /// The user asked for it.
    User = 2,
    /// It is removed because nothing needs it any more.
    Clean = 3,
    /// Another package recommends or is supplemented by it.
    WeakDependency = 4,
    /// It belongs to an installed group.
    Group = 5,
    /// Something other than dnf5 installed it.
    ExternalUser = 6,
}

impl Reason {
    /// Returns the place in dnf5's order of strength: None < Clean < Weak < Dependency < External User < Group < User.
    pub const fn strength(self) -> u8 {
        match self {
            Reason::None => 0,
            Reason::Clean => 1,
            Reason::WeakDependency => 2,
            Reason::Dependency => 3,
            Reason::ExternalUser => 4,
            Reason::Group => 5,
            Reason::User => 6,
        }
    }

    /// Returns the stronger of two reasons.
    #[must_use]
    pub const fn stronger(self, other: Reason) -> Reason {
        if other.strength() > self.strength() { other } else { self }
    }

    /// Returns dnf5's name of the reason, as in packages.toml, history and `%{reason}`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::None => "None",
            Reason::Dependency => "Dependency",
            Reason::User => "User",
            Reason::Clean => "Clean",
            Reason::WeakDependency => "Weak Dependency",
            Reason::Group => "Group",
            Reason::ExternalUser => "External User",
        }
    }

    /// Parses dnf5's name of a reason.
    pub fn from_name(name: &str) -> Option<Reason> {
        const ALL: [Reason; 7] = [
            Reason::None,
            Reason::Dependency,
            Reason::User,
            Reason::Clean,
            Reason::WeakDependency,
            Reason::Group,
            Reason::ExternalUser,
        ];
        ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// The id that dnf5 gives to the installed system as a repository.
pub const SYSTEM_REPO: &str = "@System";
/// The id that dnf5 gives to package files named on the command line.
pub const COMMANDLINE_REPO: &str = "@commandline";

/// One package as a plan needs it: enough to show, download, check and record it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPackage {
    /// Full name.
    pub nevra: Nevra,
    /// Repository the package comes from; [`SYSTEM_REPO`] for an installed one.
    pub repo_id: String,
    /// For an installed package: the repository it once came from, if known.
    pub from_repo: Option<String>,
    /// Bytes on disk once installed.
    pub install_size: u64,
    /// Bytes of the package file.
    pub download_size: u64,
    /// Where the file is: `href` relative to the repository, or an absolute path for command line packages.
    pub location: Option<String>,
    /// `xml:base` of the location, when the metadata gave one.
    pub location_base: Option<String>,
    /// Checksum of the package file from the metadata.
    pub checksum: Option<Checksum>,
    /// Record number in the rpm database of an installed package.
    pub hnum: Option<u32>,
    /// Vendor, as dnf5's notes about vendor changes need it.
    pub vendor: String,
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanItem {
    /// What happens.
    pub action: Action,
    /// Why (for a reason change: the new reason).
    pub reason: Reason,
    /// For a reason change: the old reason.
    pub old_reason: Option<Reason>,
    /// For a reason change to [`Reason::Group`] or an install for a group: the group's id.
    pub group_id: Option<String>,
    /// The package.
    pub package: PlanPackage,
    /// Installed packages that this inbound item replaces (older version, obsoleted ones); each also has an item of
    /// its own with [`Action::Replaced`].
    pub replaces: Vec<Nevra>,
    /// Place in the order in which dnf5 downloads packages and hands them to rpm: by action (installs, reinstalls,
    /// upgrades, downgrades, removals), then in the order of the solver's decisions.
    pub sequence: u32,
}

/// Everything a transaction will do, in dnf5's order of display within each action (name, arch, EVR).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The items.
    pub items: Vec<PlanItem>,
}

impl Plan {
    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Iterates over the items that bring package files in.
    pub fn inbound(&self) -> impl Iterator<Item = &PlanItem> {
        self.items.iter().filter(|item| item.action.is_inbound())
    }

    /// Returns all items in the order in which they are worked on; see [`PlanItem::sequence`].
    pub fn in_sequence(&self) -> Vec<&PlanItem> {
        let mut items: Vec<&PlanItem> = self.items.iter().collect();
        items.sort_by_key(|item| item.sequence);
        items
    }

    /// Iterates over the items that take installed packages away.
    pub fn outbound(&self) -> impl Iterator<Item = &PlanItem> {
        self.items.iter().filter(|item| item.action.is_outbound())
    }
}
