//! What came of a request: a plan, or the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use oxidnf_core::{Action, Nevra, Plan, Reason};
use oxidnf_solver::{ModuleProblem, ModuleTrouble, Problem, Skipped, VendorChange};

use crate::comps::{Environment, Group, PackageKind};
use crate::modules::ModuleChanges;
use crate::replay::MergeProblem;
use crate::request::Operation;

/// A request, decided.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// What to do, in dnf5's order of display.
    pub plan: Plan,
    /// What happens to groups and environments, in the order in which the history has it.
    pub groups: Vec<GroupChange>,
    /// What happens to modules.
    pub modules: ModuleChanges,
    /// What the goal has to say about single specs, in the order of the specs.
    pub notes: Vec<GoalNote>,
    /// Why there is no solution.
    pub problems: Vec<Problem>,
    /// Why the best candidates were not taken, or wishes dropped, although there is a solution.
    pub strict_problems: Vec<Problem>,
    /// What was left out.
    pub skipped: Skipped,
    /// Replacements that a change of vendor prevented.
    pub vendor_restricted: Vec<VendorChange>,
    /// Sums of sizes.
    pub sizes: Sizes,
    /// What might help.
    pub hints: Hints,
    /// Where packages are downloaded to instead of the cache.
    pub destdir: Option<PathBuf>,
    /// Whether packages are only to be downloaded, so that nobody asks for digests beyond those of the metadata.
    pub download_only: bool,
}

impl Resolved {
    /// Tells whether the run ends here: no solution, or a spec that had to match did not.
    pub fn is_failed(&self) -> bool {
        !self.problems.is_empty() || self.notes.iter().any(|note| note.fatal)
    }

    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty() && self.groups.is_empty() && self.modules.is_empty()
    }
}

/// What happens to a group or an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupChange {
    /// Which one, as it will be, or as it was when it leaves.
    pub subject: GroupSubject,
    /// What happens: [`Action::Install`], [`Action::Upgrade`], [`Action::Remove`] or [`Action::ReasonChange`].
    pub action: Action,
    /// [`Reason::User`], or [`Reason::Dependency`] when it is for an environment.
    pub reason: Reason,
    /// For a reason change: the old reason.
    pub old_reason: Option<Reason>,
    /// Which packages of a group were wished for; none for a removal.
    pub kinds: Vec<PackageKind>,
}

/// A group or an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum GroupSubject {
    Group(Group),
    Environment(Environment),
}

impl GroupChange {
    /// Makes a change without an old reason and kinds of packages.
    pub fn new(subject: GroupSubject, action: Action, reason: Reason) -> Self {
        GroupChange { subject, action, reason, old_reason: None, kinds: Vec::new() }
    }

    /// Returns the id of its repository; the first one by name when several know it.
    pub fn repo_id(&self) -> &str {
        let repos = match &self.subject {
            GroupSubject::Group(group) => &group.repos,
            GroupSubject::Environment(environment) => &environment.repos,
        };
        repos.first().map_or(oxidnf_core::plan::SYSTEM_REPO, String::as_str)
    }
}

impl GroupSubject {
    /// Returns its id.
    pub fn id(&self) -> &str {
        match self {
            GroupSubject::Group(group) => &group.id,
            GroupSubject::Environment(environment) => &environment.id,
        }
    }

    /// Returns its name, empty if it has none.
    pub fn name(&self) -> &str {
        match self {
            GroupSubject::Group(group) => group.name(),
            GroupSubject::Environment(environment) => environment.name(),
        }
    }
}

/// Sums over a plan, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// All inbound package files.
    pub inbound: u64,
    /// Those of them that are not at hand yet.
    pub download: u64,
    /// Files that will be installed.
    pub install: u64,
    /// Files that will go.
    pub remove: u64,
}

/// Which options might help; each face knows how it calls them and which of them its command has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// `--skip-unavailable`.
    pub skip_unavailable: bool,
    /// `--no-best`.
    pub no_best: bool,
    /// `--allowerasing`.
    pub allow_erasing: bool,
    /// `--setopt=optional_metadata_types=filelists`.
    pub filelists: bool,
    /// `--skip-broken`.
    pub skip_broken: bool,
    /// `--allow-vendor-change`.
    pub allow_vendor_change: bool,
    /// `--ignore-extras`.
    pub ignore_extras: bool,
    /// `--ignore-installed`.
    pub ignore_installed: bool,
}

/// One remark about one spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalNote {
    /// The operation that the spec was given to.
    pub operation: Operation,
    /// The spec as written; empty when the remark is about no spec.
    pub spec: String,
    /// What is to be said.
    pub kind: GoalNoteKind,
    /// Whether the request fails because of it.
    pub fatal: bool,
}

/// The remarks of dnf5's goal (reference of dnf5, section 5.8); a face has the sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoalNoteKind {
    /// No match for argument: X
    NotFound,
    /// Nothing to remove for argument: X
    NothingToRemove,
    /// No installed group or environment to remove for argument: X
    NoGroupsToRemove,
    /// The operation is not for groups.
    NotForGroups,
    /// The group is installed.
    GroupInstalled,
    /// The environment is installed.
    EnvironmentInstalled,
    /// A group names a package that is not there.
    NoGroupPackage,
    /// An environment names a group that is not there.
    NoGroupOfEnvironment,
    /// Nothing installed is called so, but something available is.
    AvailableNotInstalled,
    /// Installed for another architecture.
    InstalledOtherArch,
    /// Installed, but in no repository.
    InstalledNotAvailable,
    /// For a reinstall: available in other versions only; which, as `name-evr.arch`.
    OtherVersions(Vec<String>),
    /// Already installed; NEVRA without an epoch of 0.
    AlreadyInstalled {
        /// The installed package.
        nevra: String,
    },
    /// For a downgrade: the lowest available version is installed; `name.arch`.
    LowestInstalled {
        /// `name.arch` of the package.
        name_arch: String,
    },
    /// No match in the repositories of `--from-repo`.
    NotInRepositories {
        /// The repositories as given.
        repositories: Vec<String>,
    },
    /// Nothing that the wanted advisories name.
    NotAdvised,
    /// Matches only excluded packages.
    OnlyExcluded,
    /// Matches only packages excluded by versionlock.
    OnlyVersionlocked,
    /// Matches only source packages.
    OnlySource,
    /// Packages of the spec without a package with their debug information.
    NoDebuginfo {
        /// NEVRAs of the packages, with their epochs.
        nevras: BTreeSet<String>,
    },
    /// Packages of the spec without a package with the sources that debug information refers to.
    NoDebugsource {
        /// NEVRAs of the packages, with their epochs.
        nevras: BTreeSet<String>,
    },
    /// Differs from a package's name only in case; which name.
    MaybeYouMeant {
        /// The right name.
        name: String,
    },
    /// Packages that say of themselves that they are an alternative for what was asked for.
    Alternatives {
        /// Their names.
        names: Vec<String>,
    },
    /// A mark that changes nothing: the reason is what was asked for already.
    ReasonUnchanged {
        /// NEVRA of the package, without an epoch of 0.
        nevra: String,
        /// The reason.
        reason: oxidnf_core::Reason,
    },
    /// The running kernel is kept although it is old.
    RunningKernelKept {
        /// Its NEVRA.
        nevra: String,
    },
    /// A protected package that nothing needs is kept.
    ProtectedKept {
        /// Its NEVRA with its epoch.
        nevra: String,
    },
    /// A given transaction brings a package in that is not to be found.
    ReplayNotFound {
        /// What was to happen to it.
        action: Action,
    },
    /// A given transaction brings a package in of which only excluded builds are there.
    ReplayExcluded {
        /// What was to happen to it.
        action: Action,
    },
    /// A given transaction is about a package that is not installed.
    ReplayNotInstalled {
        /// What was to happen to it.
        action: Action,
    },
    /// A given transaction is about a group or environment that is not installed.
    ReplayGroupNotInstalled {
        /// What was to happen to it.
        action: Action,
        /// Whether it is an environment.
        environment: bool,
    },
    /// The upgrade of a group or environment cannot be taken back.
    UpgradeKept {
        /// Whether it is an environment.
        environment: bool,
    },
    /// A given transaction is about a package that is installed in another version.
    ReplayOtherVersion {
        /// What was to happen to it.
        action: Action,
        /// The installed version.
        installed: Nevra,
    },
    /// Something would happen to a package that the given transaction does not name.
    ExtraPackage {
        /// The package.
        nevra: Nevra,
        /// What would happen to it.
        action: Action,
    },
    /// Several streams of a module are meant, none of which is enabled or the default: modules and their streams.
    SeveralStreams {
        /// The streams of each module.
        streams: BTreeMap<String, BTreeSet<String>>,
    },
    /// A module would get another stream, which the configuration does not allow.
    StreamSwitch {
        /// The enabled stream.
        from: String,
        /// The wanted one.
        to: String,
    },
    /// Not everything that is enabled or the default can be active.
    ModuleProblems {
        /// What has to be given up.
        trouble: ModuleTrouble,
        /// Why.
        problems: Vec<ModuleProblem>,
    },
    /// Transactions could not be put together as they are.
    Merge(MergeProblem),
}
