//! `swap`

use clap::Args;
use oxidnf_engine::request::RequestItem;
use oxidnf_engine::{Operation, Request};

use super::options::{AllowErasing, InstalledFrom, Keep, PackageSource};
use crate::driver::Change;

/// Remove software and install other software in one transaction
#[derive(Debug, Clone, Default, Args)]
pub struct SwapArgs {
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    installed: InstalledFrom,
    #[command(flatten)]
    source: PackageSource,
    #[command(flatten)]
    keep: Keep,
    /// Installed package to remove
    #[arg(required = true, value_name = "remove_spec")]
    remove: String,
    /// Package to install
    #[arg(required = true, value_name = "install_spec")]
    install: String,
}

impl SwapArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let SwapArgs { keep, erasing, installed, source, remove, install } = self;
        // Groups are only installed.
        let package_specs = vec![remove.clone()];
        let item = |operation, spec| RequestItem { operation, specs: vec![spec] };
        let mut request = Request {
            items: vec![item(Operation::Install, install), item(Operation::Remove, remove)],
            ..Request::default()
        };
        request.options.groups.package_specs = package_specs;
        installed.apply(&mut request.options);
        source.apply(&mut request.options);
        request.options.remove_by_any_form = true;
        request.options.allow_erasing = erasing.allowerasing;
        Change { request, keep, ..Change::default() }
    }
}
