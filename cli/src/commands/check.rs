//! `check`

use clap::Args;
use oxidnf_engine::check::{Checks, PackageFault};

use crate::context::{CommandResult, Context, Failure};

/// Look for problems of the installed packages
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct CheckArgs {
    /// Show requirements that nothing meets, and conflicts
    #[arg(long)]
    dependencies: bool,
    /// Show packages of which several versions are installed
    #[arg(long)]
    duplicates: bool,
    /// Show packages that others obsolete
    #[arg(long)]
    obsoleted: bool,
}

impl CheckArgs {
    /// Prints the problems; fails when there are any.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let CheckArgs { dependencies, duplicates, obsoleted } = self;
        let chosen = Checks { dependencies, duplicates, obsoleted };
        let checks = if dependencies || duplicates || obsoleted { chosen } else { Checks::ALL };
        let mut session = cx.open()?;
        let packages = session.check(checks)?;
        for package in &packages {
            cx.output.line(package.nevra.with_epoch().to_string());
            for fault in &package.faults {
                cx.output.line(format!(" {}", sentence(fault)));
            }
        }
        if packages.is_empty() {
            return Ok(0);
        }
        let problems: usize = packages.iter().map(|package| package.faults.len()).sum();
        cx.output.error(format!("Check discovered {problems} problem(s) in {} package(s)", packages.len()));
        Err(Failure::Silent)
    }
}

fn sentence(fault: &PackageFault) -> String {
    match fault {
        PackageFault::Missing { dependency } => format!("missing require \"{dependency}\""),
        PackageFault::Conflict { dependency, from } => format!("installed conflict \"{dependency}\" from \"{from}\""),
        PackageFault::Obsoleted { dependency, by } => format!("obsoleted by \"{dependency}\" from \"{by}\""),
        PackageFault::Duplicate { other } => format!("duplicate with \"{other}\""),
    }
}
