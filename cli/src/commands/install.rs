//! `install`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::{
    Advisories, AllowDowngrade, AllowErasing, DownloadOnly, Keep, PackageSource, SkipBroken, SkipUnavailable,
};
use crate::context::Failure;
use crate::driver::Change;

/// Install software
#[derive(Debug, Clone, Default, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    source: PackageSource,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    advisories: Advisories,
    /// Packages to install: names, provides, files, paths or URLs of package files
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

impl InstallArgs {
    /// Finds mistakes that need no session.
    pub fn check(&self) -> Result<(), Failure> {
        self.advisories.kinds.check()
    }

    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let InstallArgs { keep, erasing, broken, unavailable, downgrade, download, source, advisories, specs } = self;
        let mut request = Request::new(Operation::Install, specs);
        source.apply(&mut request.options);
        request.options.advisories = advisories.filter(false);
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_broken = broken.skip_broken.then_some(true);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        Change { request, looks_up_files: true, download_only: download.downloadonly, keep, ..Change::default() }
    }
}
