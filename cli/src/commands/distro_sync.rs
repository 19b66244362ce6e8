//! `distro-sync`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::{AllowErasing, DownloadOnly, InstalledFrom, Keep, PackageSource, SkipBroken, SkipUnavailable};
use crate::driver::Change;

/// Bring installed software to the versions in the repositories, up or down
#[derive(Debug, Clone, Default, Args)]
pub struct DistroSyncArgs {
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    installed: InstalledFrom,
    #[command(flatten)]
    source: PackageSource,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    /// Packages to synchronize; all when none is named
    #[arg(value_name = "package-spec-NPFB")]
    specs: Vec<String>,
}

impl DistroSyncArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let DistroSyncArgs { keep, erasing, broken, unavailable, download, installed, source, specs } = self;
        let mut request = Request::new(Operation::DistroSync, specs);
        installed.apply(&mut request.options);
        source.apply(&mut request.options);
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_broken = broken.skip_broken.then_some(true);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        Change { request, download_only: download.downloadonly, keep, ..Change::default() }
    }
}
