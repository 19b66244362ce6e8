//! `info`

use clap::Args;

use super::list::Selection;
use crate::context::{CommandResult, Context};

/// Show details of packages by their relation to the system
#[derive(Debug, Clone, Default, Args)]
pub struct InfoArgs {
    #[command(flatten)]
    selection: Selection,
}

impl InfoArgs {
    /// Prints details of the packages.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        self.selection.run(cx, true)
    }
}
