//! `status`

use clap::Args;
use oxidnf_core::Reason;
use oxidnf_engine::catalog::{PackageId, Query};

use super::group;
use crate::context::{CommandResult, Context};
use crate::face::dnf5::history::local_time;
use crate::face::dnf5::units;

/// Show how much is installed and available
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct StatusArgs {}

impl StatusArgs {
    /// Prints the numbers of groups, environments, packages and repositories, and when the last transaction was.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let StatusArgs {} = self;
        let (session, comps) = group::load(cx)?;
        let row = |label: &str, value: &str| cx.output.line(format!("{label:<21}: {value}"));
        let count = |title: &str, installed: usize, available: usize| {
            row(title, &(installed + available).to_string());
            row("  installed", &installed.to_string());
            row("  available", &available.to_string());
        };
        let installed = comps.groups.iter().filter(|group| group.installed).count();
        count("Groups", installed, comps.groups.len() - installed);
        let installed = comps.environments.iter().filter(|environment| environment.installed).count();
        count("Environments", installed, comps.environments.len() - installed);
        let sack = session.sack();
        let system: Vec<PackageId> = Query::new(sack).installed().packages().iter().collect();
        count("Packages", system.len(), Query::new(sack).available().len());
        let by_user = |id: &&PackageId| matches!(session.reason(**id), Reason::User | Reason::ExternalUser);
        row("  user-installed", &system.iter().filter(by_user).count().to_string());
        let size: u64 = system.iter().map(|id| sack.package(*id).install_size()).sum();
        let (value, unit) = units::scale(size as f64);
        row("Installed Size", &format!("{value:.1} {unit}"));
        row("Enabled Repositories", &session.repos().iter().filter(|repo| repo.enabled).count().to_string());
        if let Some(last) = session
            .history()?
            .transactions()
            .map_err(oxidnf_engine::Error::from)?
            .iter()
            .max_by_key(|transaction| transaction.id)
        {
            row("Last Transaction", &local_time(last.end.unwrap_or(last.begin)));
        }
        Ok(0)
    }
}
