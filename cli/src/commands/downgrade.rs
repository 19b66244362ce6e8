//! `downgrade`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::{
    AllowDowngrade, AllowErasing, DownloadOnly, InstalledFrom, Keep, PackageSource, SkipBroken, SkipUnavailable,
};
use crate::driver::Change;

/// Downgrade software
#[derive(Debug, Clone, Default, Args)]
pub struct DowngradeArgs {
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    installed: InstalledFrom,
    #[command(flatten)]
    source: PackageSource,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    /// Packages to downgrade
    #[arg(required = true, value_name = "package-spec-NPFB")]
    specs: Vec<String>,
}

impl DowngradeArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let DowngradeArgs { keep, erasing, broken, unavailable, downgrade, download, installed, source, specs } = self;
        let mut request = Request::new(Operation::Downgrade, specs);
        installed.apply(&mut request.options);
        source.apply(&mut request.options);
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_broken = broken.skip_broken.then_some(true);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        Change { request, download_only: download.downloadonly, keep, ..Change::default() }
    }
}
