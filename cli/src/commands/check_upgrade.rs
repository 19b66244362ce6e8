//! `check-upgrade`

use clap::Args;
use oxidnf_engine::catalog::{PackageSet, Query, SpecSettings};
use oxidnf_engine::{Load, Session};

use super::list::{Rows, colors, obsoleted_by, without_source};
use super::options::Json;
use crate::context::{CommandResult, Context};
use crate::face::dnf5::json;
use crate::face::dnf5::packages::{self, Listed, Section};

/// Look for upgrades of installed packages
#[derive(Debug, Clone, Default, Args)]
pub struct CheckUpgradeArgs {
    #[command(flatten)]
    json: Json,
    /// Packages to look at; all when none is named
    #[arg(value_name = "package-spec-N>")]
    specs: Vec<String>,
}

/// Exit status when there are upgrades; with `--json` it is 0.
const UPGRADES: u8 = 100;

impl CheckUpgradeArgs {
    /// Prints available upgrades.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let CheckUpgradeArgs { json, specs } = self;
        let mut session = cx.open()?;
        cx.load(&mut session, &Load::query(), !json.json)?;
        let sections = sections(&session, &specs);
        if json.json {
            cx.output.line(json::render(&packages::json(&sections)));
            return Ok(0);
        }
        let any = packages::print_sections(&cx.output, &sections, &colors(&session));
        Ok(if any { UPGRADES } else { 0 })
    }
}

fn sections(session: &Session, specs: &[String]) -> Vec<Section> {
    let sack = session.sack();
    let mut query = Query::new(sack);
    if !specs.is_empty() {
        let settings = SpecSettings {
            with_provides: false,
            with_filenames: false,
            with_binaries: false,
            ..SpecSettings::default()
        };
        let mut named = PackageSet::new();
        for spec in specs {
            named.union(&query.resolve_spec(spec, &settings).packages);
        }
        query = query.and(&named);
    }
    let upgrades = without_source(session, query.available().filter_priority()).filter_upgrades().filter_latest(1);
    let ids = upgrades.sorted();
    let installed = sack.installed();
    let rows = Rows::new(session);
    let mut obsoleting = Vec::new();
    for id in &ids {
        let obsoleted = obsoleted_by(session, *id, &installed);
        if !obsoleted.is_empty() {
            let obsoletes = sack.sorted(&obsoleted).into_iter().map(|other| rows.row(other)).collect();
            obsoleting.push(Listed { obsoletes, ..rows.row(*id) });
        }
    }
    let packages = ids.into_iter().map(|id| rows.row(id)).collect();
    vec![
        Section { title: "Upgrades", key: "upgrades", packages },
        Section { title: "Obsoleting packages", key: "obsoleting_packages", packages: obsoleting },
    ]
}
