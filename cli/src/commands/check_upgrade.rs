//! `check-upgrade`

use clap::Args;
use oxidnf_engine::advisories::AdvisedBuilds;
use oxidnf_engine::catalog::{PackageSet, Query, SpecSettings};
use oxidnf_engine::{Load, Session};

use super::list::{Rows, colors, obsoleted_by, without_source};
use super::options::{Advisories, Json, print_misses};
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::json;
use crate::face::dnf5::packages::{self, Listed, Section};

/// Look for upgrades of installed packages
#[derive(Debug, Clone, Default, Args)]
pub struct CheckUpgradeArgs {
    /// Show only the lowest versions that fix what advisories name
    #[arg(long)]
    minimal: bool,
    /// Show changelogs, too
    #[arg(long)]
    changelogs: bool,
    #[command(flatten)]
    advisories: Advisories,
    #[command(flatten)]
    json: Json,
    /// Packages to look at; all when none is named
    #[arg(value_name = "package-spec-N>")]
    specs: Vec<String>,
}

/// Exit status when there are upgrades; with `--json` it is 0.
const UPGRADES: u8 = 100;

impl CheckUpgradeArgs {
    /// Finds mistakes that need no session.
    pub fn check(&self) -> Result<(), Failure> {
        self.advisories.kinds.check()
    }

    /// Prints available upgrades.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let mut session = cx.open()?;
        let mut load = Load::query();
        if self.changelogs {
            load.metadata.push("other".to_owned());
        }
        let filter = self.advisories.filter(self.minimal);
        if filter.is_some() {
            load.metadata.push("updateinfo".to_owned());
        }
        let json = self.json.json;
        cx.load(&mut session, &load, !json)?;
        let all = upgrades(&session, &self.specs);
        let mut shown = all.clone();
        if let Some(filter) = &filter {
            let selected = session.select_advisories(Some(filter))?;
            if !json {
                print_misses(cx, &selected.misses);
            }
            let query = Query::from_set(session.sack(), shown);
            shown = AdvisedBuilds::new(selected.chosen(), session.sack()).keep_resolving(query).into_packages();
        }
        let query = Query::from_set(session.sack(), shown.clone());
        let query = if self.minimal { query.filter_earliest(1) } else { query.filter_latest(1) };
        let sections = sections(&session, &query);
        let shown = query.into_packages();
        if json {
            cx.output.line(json::render(&packages::json(&sections)));
            return Ok(0);
        }
        if !packages::print_sections(&cx.output, &sections, &colors(&session)) {
            // witness: compat-tests/tests/decisions.rs::answers_without_advisories
            if filter.is_some() && !self.advisories.only_enhancements() && !all.is_empty() {
                cx.output.line(format!("No security updates needed, but {} update(s) available", all.len()));
            }
            return Ok(0);
        }
        if self.changelogs {
            super::changelogs::print(cx, &mut session, &shown, &super::changelogs::Part::All)?;
        }
        Ok(UPGRADES)
    }
}

/// Returns all upgrades of installed packages that the specs leave.
fn upgrades(session: &Session, specs: &[String]) -> PackageSet {
    let mut query = Query::new(session.sack());
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
    without_source(session, query.available().filter_priority()).filter_upgrades().into_packages()
}

fn sections(session: &Session, upgrades: &Query<'_>) -> Vec<Section> {
    let sack = session.sack();
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
