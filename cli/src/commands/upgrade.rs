//! `upgrade`

use std::path::PathBuf;

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::{
    Advisories, AllowDowngrade, AllowErasing, DownloadOnly, InstalledFrom, Keep, PackageSource, SkipUnavailable,
};
use crate::context::Failure;
use crate::driver::Change;

/// Upgrade software
#[derive(Debug, Clone, Default, Args)]
pub struct UpgradeArgs {
    /// Upgrade only to the lowest versions that fix what advisories name
    #[arg(long)]
    minimal: bool,
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    installed: InstalledFrom,
    #[command(flatten)]
    source: PackageSource,
    /// Download the packages into this directory and stop
    #[arg(long, value_name = "DESTDIR")]
    destdir: Option<String>,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    advisories: Advisories,
    /// Packages to upgrade; all when none is named
    #[arg(value_name = "specs")]
    specs: Vec<String>,
}

impl UpgradeArgs {
    /// Finds mistakes that need no session.
    pub fn check(&self) -> Result<(), Failure> {
        self.advisories.kinds.check()
    }

    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let UpgradeArgs {
            keep,
            erasing,
            unavailable,
            downgrade,
            destdir,
            download,
            installed,
            source,
            advisories,
            minimal,
            specs,
        } = self;
        let mut request = Request::new(Operation::Upgrade, specs);
        installed.apply(&mut request.options);
        source.apply(&mut request.options);
        request.options.advisories = advisories.filter(minimal);
        request.options.minimal = minimal;
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        // A directory to download into means that nothing is to be installed.
        let download_only = download.downloadonly || destdir.is_some();
        Change {
            request,
            looks_up_files: true,
            download_only,
            destdir: destdir.map(PathBuf::from),
            keep,
            ..Change::default()
        }
    }
}
