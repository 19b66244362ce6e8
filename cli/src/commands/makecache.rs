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
        if !session.repos().iter().any(|repo| repo.enabled) {
            let dirs = session.config().options.reposdir.get().iter().map(|dir| format!("\"{dir}\""));
            let dirs = dirs.collect::<Vec<_>>().join(", ");
            cx.output.line(format!("There are no enabled repositories in {dirs}."));
        }
        cx.load(&mut session, &Load::available_only(), true)?;
        cx.output.line("Metadata cache created.");
        Ok(0)
    }
}
