//! `autoremove`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use crate::driver::Change;

/// Remove dependencies that nothing needs any more
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct AutoremoveArgs {}

impl AutoremoveArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let request = Request::new(Operation::Autoremove, Vec::<String>::new());
        Change { request, system_only: true, ..Change::default() }
    }
}
