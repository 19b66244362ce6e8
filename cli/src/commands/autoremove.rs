//! `autoremove`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::Keep;
use crate::driver::Change;

/// Remove dependencies that nothing needs any more
#[derive(Debug, Clone, Default, Args)]
pub struct AutoremoveArgs {
    #[command(flatten)]
    keep: Keep,
}

impl AutoremoveArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let request = Request::new(Operation::Autoremove, Vec::<String>::new());
        Change { request, system_only: true, keep: self.keep, ..Change::default() }
    }
}
