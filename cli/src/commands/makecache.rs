//! `makecache`

use clap::Args;
use oxidnf_engine::Load;

use crate::context::{CommandResult, Context};

/// Fetch the metadata of all enabled repositories
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct MakecacheArgs {}

impl MakecacheArgs {
    /// Fetches what is missing or expired.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let MakecacheArgs {} = self;
        let mut session = cx.open()?;
        cx.load(&mut session, &Load::available_only(), true)?;
        cx.output.line("Metadata cache created.");
        Ok(0)
    }
}
