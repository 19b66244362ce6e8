//! Groups and environments: those of the repositories, put together by id, and those that are installed.

mod installed;
mod kept;
mod merge;
mod xml;

pub(crate) use installed::{environment_copy, group_copy, write_copies};

pub use oxidnf_repo::metadata::comps::{Field, GroupPackage, PackageKind, Texts};

/// A group as all repositories together describe it, or as it was when it was installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name, what it is for, and both in other languages.
    pub texts: Texts,
    /// Place in lists as it is written, usually a number, smallest first.
    pub display_order: Option<String>,
    /// Whether it is preselected.
    pub default: bool,
    /// Whether it is kept from users who do not ask for hidden groups.
    pub hidden: bool,
    /// The language that it is for.
    pub langonly: Option<String>,
    /// Its packages, in dnf5's order; one that repositories list as of different kinds is there several times.
    pub packages: Vec<GroupPackage>,
    /// Ids of the repositories that describe it, sorted; `@System` for an installed one.
    pub repos: Vec<String>,
    /// Whether it is an installed one.
    pub installed: bool,
}

/// An environment, as [`Group`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// Its name, what it is for, and both in other languages.
    pub texts: Texts,
    /// Place in lists as it is written, usually a number, smallest first.
    pub display_order: Option<String>,
    /// Ids of the groups that belong to it, sorted.
    pub groups: Vec<String>,
    /// Ids of the groups that may be added, and whether they are without being asked for; sorted.
    pub option_groups: Vec<(String, bool)>,
    /// Ids of the repositories that describe it, sorted; `@System` for an installed one.
    pub repos: Vec<String>,
    /// Whether it is an installed one.
    pub installed: bool,
}

/// All groups and environments that a session knows, the installed ones first, sorted by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comps {
    /// The groups.
    pub groups: Vec<Group>,
    /// The environments.
    pub environments: Vec<Environment>,
}

impl Group {
    /// Returns its name, empty if it has none.
    pub fn name(&self) -> &str {
        self.texts.name.as_deref().unwrap_or_default()
    }

    /// Returns the names of its packages of one kind, in dnf5's order.
    pub fn packages_of(&self, kind: PackageKind) -> impl Iterator<Item = &str> {
        self.packages.iter().filter(move |package| package.kind == kind).map(|package| package.name.as_str())
    }
}

impl Environment {
    /// Returns its name, empty if it has none.
    pub fn name(&self) -> &str {
        self.texts.name.as_deref().unwrap_or_default()
    }

    /// Returns the ids of the groups that are added without being asked for, or of those that are not.
    pub fn options(&self, default: bool) -> impl Iterator<Item = &str> {
        self.option_groups.iter().filter(move |(_, known)| *known == default).map(|(id, _)| id.as_str())
    }
}

impl Comps {
    /// Returns the installed or the available group of an id.
    pub fn group(&self, id: &str, installed: bool) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id && group.installed == installed)
    }

    /// Returns the installed or the available environment of an id.
    pub fn environment(&self, id: &str, installed: bool) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.id == id && environment.installed == installed)
    }
}
