//! `debuginfo-install`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::{AllowErasing, Keep, SkipBroken, SkipUnavailable};
use crate::driver::Change;

/// Install debug information of packages
#[derive(Debug, Clone, Default, Args)]
pub struct DebuginfoInstallArgs {
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    keep: Keep,
    /// Packages whose debug information is to be installed
    #[arg(required = true, value_name = "package-spec-NPFB")]
    specs: Vec<String>,
}

impl DebuginfoInstallArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let DebuginfoInstallArgs { erasing, broken, unavailable, keep, specs } = self;
        let mut request = Request::new(Operation::InstallDebug, specs);
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_broken = broken.skip_broken.then_some(true);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        Change { request, keep, debug_repositories: true, ..Change::default() }
    }
}
