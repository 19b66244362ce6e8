//! `leaves`

use clap::Args;
use oxidnf_engine::Load;

use crate::context::{CommandResult, Context};

/// List installed packages that no other installed package requires
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct LeavesArgs {}

impl LeavesArgs {
    /// Prints the leaves; packages of a cycle follow the first of them.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let LeavesArgs {} = self;
        let mut session = cx.open()?;
        cx.load(&mut session, &Load::system_only(), true)?;
        for group in session.leaves()? {
            for (index, id) in group.into_iter().enumerate() {
                let mark = if index == 0 { '-' } else { ' ' };
                cx.output.line(format!("{mark} {}", session.nevra(id).with_epoch()));
            }
        }
        Ok(0)
    }
}
