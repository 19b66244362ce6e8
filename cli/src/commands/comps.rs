//! Installing, removing and upgrading groups and environments: `group` and `environment` have the same commands for it

use clap::Args;
use oxidnf_engine::request::GroupSearch;
use oxidnf_engine::{Operation, Request};

use super::options::{AllowDowngrade, AllowErasing, DownloadOnly, Keep, SkipBroken, SkipUnavailable};
use crate::driver::Change;

/// `--available` and `--installed`
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
pub(super) struct Scope {
    /// Show only what is available
    #[arg(long)]
    available: bool,
    /// Show only what is installed
    #[arg(long)]
    installed: bool,
}

impl Scope {
    /// Whether only installed or only available ones are wanted.
    pub(super) fn choice(self) -> Option<bool> {
        match self {
            Scope { installed: true, .. } => Some(true),
            Scope { available: true, .. } => Some(false),
            _ => None,
        }
    }
}

/// Arguments of `group install`
#[derive(Debug, Clone, Default, Args)]
pub struct InstallArgs {
    /// Install optional packages and optional groups, too
    #[arg(long)]
    with_optional: bool,
    #[command(flatten)]
    packages: NoPackages,
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    /// Ids of groups and environments, or patterns for them
    #[arg(required = true, value_name = "group-spec|environment-spec")]
    specs: Vec<String>,
}

/// Arguments of `group remove`
#[derive(Debug, Clone, Default, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    packages: NoPackages,
    #[command(flatten)]
    keep: Keep,
    /// Ids of groups and environments, or patterns for them
    #[arg(required = true, value_name = "group-spec|environment-spec")]
    specs: Vec<String>,
}

/// Arguments of `group upgrade`
#[derive(Debug, Clone, Default, Args)]
pub struct UpgradeArgs {
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    /// Ids of groups and environments, or patterns for them
    #[arg(required = true, value_name = "group-spec|environment-spec")]
    specs: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Args)]
struct NoPackages {
    /// Change only groups and environments, no packages
    #[arg(long)]
    no_packages: bool,
}

fn group_specs(specs: Vec<String>) -> impl Iterator<Item = String> {
    specs.into_iter().map(|spec| format!("@{spec}"))
}

impl InstallArgs {
    /// Lowers the arguments to what the driver carries out; `search` is what the command is called after.
    pub fn lower(self, search: GroupSearch) -> Change {
        let InstallArgs { with_optional, packages, erasing, broken, unavailable, downgrade, download, keep, specs } =
            self;
        let mut request = Request::new(Operation::Install, group_specs(specs));
        request.options.groups.with_optional = with_optional;
        request.options.groups.no_packages = packages.no_packages;
        request.options.groups.search = search;
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_broken = broken.skip_broken.then_some(true);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        Change { request, download_only: download.downloadonly, keep, ..Change::default() }
    }
}

impl RemoveArgs {
    /// Lowers the arguments to what the driver carries out; `search` is what the command is called after.
    pub fn lower(self, search: GroupSearch) -> Change {
        let RemoveArgs { packages, keep, specs } = self;
        let mut request = Request::new(Operation::Remove, group_specs(specs));
        request.options.groups.no_packages = packages.no_packages;
        request.options.groups.search = search;
        request.options.allow_erasing = true;
        Change { request, keep, ..Change::default() }
    }
}

impl UpgradeArgs {
    /// Lowers the arguments to what the driver carries out; `search` is what the command is called after.
    pub fn lower(self, search: GroupSearch) -> Change {
        let UpgradeArgs { erasing, unavailable, downgrade, download, keep, specs } = self;
        let mut request = Request::new(Operation::Upgrade, group_specs(specs));
        request.options.groups.search = search;
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        Change { request, download_only: download.downloadonly, keep, ..Change::default() }
    }
}
