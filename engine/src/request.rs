//! What a face asks for.

use std::path::PathBuf;

use oxidnf_core::Reason;

use crate::modules::ModuleAction;
use crate::replay::Replay;

/// Everything that one command asks for; it becomes one goal.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The wishes in the order of the command line.
    pub items: Vec<RequestItem>,
    /// A transaction that is to be carried out as it is given.
    pub replay: Option<Replay>,
    /// How they are carried out.
    pub options: RequestOptions,
}

impl Request {
    /// Makes a request of one operation on some specs.
    pub fn new(operation: Operation, specs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let specs = specs.into_iter().map(Into::into).collect();
        Request { items: vec![RequestItem { operation, specs }], ..Request::default() }
    }

    /// Tells whether groups or environments are among what is asked for.
    pub fn names_groups(&self) -> bool {
        let named = |item: &RequestItem| item.specs.iter().any(|spec| self.group_of(&item.operation, spec).is_some());
        self.items.iter().any(named) || self.replay.as_ref().is_some_and(|replay| !replay.groups.is_empty())
    }

    /// Returns the id of the group or environment that a spec names, if the operation takes any.
    pub fn group_of<'a>(&self, operation: &Operation, spec: &'a str) -> Option<&'a str> {
        let takes_groups = matches!(
            operation,
            Operation::Install
                | Operation::InstallDebug
                | Operation::Remove
                | Operation::Upgrade
                | Operation::Downgrade
                | Operation::Reinstall
        );
        let is_package = self.options.groups.package_specs.iter().any(|known| known == spec);
        spec.strip_prefix('@').filter(|id| !id.is_empty() && takes_groups && !is_package)
    }
}

/// One operation and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestItem {
    /// What is to happen.
    pub operation: Operation,
    /// Package specs, `@group` ids, paths of package files and URLs. Empty means everything, where that makes sense.
    pub specs: Vec<String>,
}

/// What is to happen to packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Install, or upgrade to a named version.
    Install,
    /// Install what meets a requirement: specs are dependencies, and never names of packages or patterns.
    InstallRequirement,
    /// Install the debug information and the sources that belong to packages.
    InstallDebug,
    /// Remove installed packages.
    Remove,
    /// Upgrade; without specs everything.
    Upgrade,
    /// Go one version down.
    Downgrade,
    /// Install the same version again.
    Reinstall,
    /// Make installed packages equal to the repositories'; without specs all of them.
    DistroSync,
    /// Remove what nothing needs any more; takes no specs.
    Autoremove,
    /// Change the stored reason only.
    Mark {
        /// The new reason.
        reason: Reason,
        /// The group, for [`Reason::Group`].
        group: Option<String>,
    },
    /// Remove old versions of installonly packages, keeping so many of each; takes no specs.
    RemoveOldInstallonly {
        /// How many stay; `installonly_limit` if not given.
        limit: Option<u32>,
    },
    /// Remove all but the newest of several installed versions, and reinstall the newest.
    RemoveDuplicates,
    /// Enable, disable or reset modules.
    Module(ModuleAction),
}

/// How a request is carried out; `None` takes what the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOptions {
    /// `--allowerasing`.
    pub allow_erasing: bool,
    /// `--best`, `--no-best`.
    pub best: Option<bool>,
    /// `--skip-broken`.
    pub skip_broken: Option<bool>,
    /// `--skip-unavailable`.
    pub skip_unavailable: Option<bool>,
    /// `--allow-downgrade`, `--no-allow-downgrade`.
    pub allow_downgrade: Option<bool>,
    /// `--no-autoremove` is `Some(false)`.
    pub clean_requirements: Option<bool>,
    /// `--from-repo`: ids and globs of repositories that candidates come from.
    pub from_repo: Vec<String>,
    /// `--from-vendor`.
    pub from_vendor: Vec<String>,
    /// `--installed-from-repo`: only packages that once came from these repositories.
    pub installed_from_repo: Vec<String>,
    /// Packages to remove may also be named by what they provide and by their programs.
    pub remove_by_any_form: bool,
    /// `--minimal`: the lowest version that fixes what the advisories name.
    pub minimal: bool,
    /// Problems name only facts that are needed for the contradiction, where dnf5 names all that libsolv came across.
    pub smallest_problems: bool,
    /// Advisory filters; packages outside of them are not upgraded.
    pub advisories: Option<AdvisoryFilter>,
    /// How groups and environments are treated.
    pub groups: GroupOptions,
}

/// How `@group` specs are carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupOptions {
    /// `--with-optional`: optional packages of groups and optional groups of environments come, too.
    pub with_optional: bool,
    /// `--no-packages`: no packages come or go.
    pub no_packages: bool,
    /// Specs that name packages although they begin as those of groups do.
    pub package_specs: Vec<String>,
    /// What specs are looked for among.
    pub search: GroupSearch,
}

/// What a spec of groups and environments may name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupSearch {
    /// Groups and environments.
    #[default]
    Both,
    /// Groups, and environments only where no group matches.
    Groups,
    /// Environments, and groups only where no environment matches.
    Environments,
}

/// Which advisories count; an advisory matches when any of the non-empty lists names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdvisoryFilter {
    /// Names.
    pub names: Vec<String>,
    /// Types: `security`, `bugfix`, `enhancement`, `newpackage`.
    pub types: Vec<String>,
    /// Severities.
    pub severities: Vec<String>,
    /// Bugzilla numbers.
    pub bugs: Vec<String>,
    /// CVE identifiers.
    pub cves: Vec<String>,
}

/// A package file that counts as one of a repository, configured or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPackage {
    /// Id of the repository.
    pub repo_id: String,
    /// The file, on the host.
    pub path: PathBuf,
}

/// What a session has to load before it can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The installed packages.
    pub system: bool,
    /// The enabled repositories.
    pub available: bool,
    /// Metadata types besides those of the configuration: `filelists`, `updateinfo`, `comps`, `other`.
    pub metadata: Vec<String>,
    /// The system-repository lock: taken for writing by what changes the system, for reading otherwise.
    pub exclusive: bool,
    /// Package files and URLs of the command line, to be read into the repository `@commandline`.
    pub command_line_packages: Vec<String>,
}

impl Load {
    /// Loads installed and available packages for a query.
    pub fn query() -> Self {
        Load {
            system: true,
            available: true,
            metadata: Vec::new(),
            exclusive: false,
            command_line_packages: Vec::new(),
        }
    }

    /// Loads what a change of the system needs.
    pub fn transaction() -> Self {
        Load { exclusive: true, ..Load::query() }
    }

    /// Loads only the installed packages.
    pub fn system_only() -> Self {
        Load { available: false, ..Load::query() }
    }

    /// Loads only the available packages.
    pub fn available_only() -> Self {
        Load { system: false, ..Load::query() }
    }
}

/// Tells whether a spec of the command line is a package file or the URL of one.
pub fn is_package_file(spec: &str) -> bool {
    let url = ["http://", "https://", "ftp://", "file://"].iter().any(|scheme| spec.starts_with(scheme));
    url || spec.strip_suffix(".rpm").is_some_and(|name| !name.is_empty())
}

/// Tells whether a spec can only be answered with lists of files: an absolute path or `*/…`, not a package file.
pub fn needs_filelists(spec: &str) -> bool {
    (spec.starts_with('/') || spec.starts_with("*/")) && !is_package_file(spec)
}
