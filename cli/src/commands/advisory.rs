//! `advisory list`, `advisory info` and `advisory summary`

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use oxidnf_engine::advisories::{AdvisedBuild, AdvisedBuilds, SelectedAdvisories};
use oxidnf_engine::catalog::{Comparison, Match, PackageSet, Query, Sack};
use oxidnf_engine::{Advisory, Load, Session};

use super::options::{AdvisoryKinds, Json, print_misses};
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::advisories::{self, References};
use crate::face::dnf5::json;
use crate::grammar::split_words;

/// Show advisories
#[derive(Debug, Clone, Args)]
pub struct AdvisoryArgs {
    #[command(subcommand)]
    action: AdvisoryAction,
}

#[derive(Debug, Clone, Subcommand)]
enum AdvisoryAction {
    /// List advisories and the packages that they name
    #[command(before_help = "Query Commands:")]
    List(ShownAdvisories),
    /// Show details of advisories
    #[command(before_help = "Query Commands:")]
    Info(ShownAdvisories),
    /// Count advisories by type and severity
    #[command(before_help = "Query Commands:")]
    Summary(AdvisorySelection),
}

#[derive(Debug, Clone, Default, Args)]
struct ShownAdvisories {
    #[command(flatten)]
    selection: AdvisorySelection,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Clone, Default, Args)]
struct AdvisorySelection {
    #[command(flatten)]
    scope: AdvisoryScope,
    /// Only advisories that name packages of these names; patterns are allowed
    #[arg(long, value_name = "PACKAGE_NAME,...")]
    contains_pkgs: Vec<String>,
    #[command(flatten)]
    kinds: AdvisoryKinds,
    /// Only advisories that refer to a bug
    #[arg(long)]
    with_bz: bool,
    /// Only advisories that refer to a vulnerability
    #[arg(long)]
    with_cve: bool,
    /// Names of advisories
    #[arg(value_name = "advisory-spec")]
    specs: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
struct AdvisoryScope {
    /// Advisories about any version of installed packages
    #[arg(long)]
    all: bool,
    /// Advisories about newer versions of installed packages; this is the default
    #[arg(long)]
    available: bool,
    /// Advisories about installed versions and older ones
    #[arg(long)]
    installed: bool,
    /// Advisories about newer versions of packages for which there is an upgrade
    #[arg(long)]
    updates: bool,
}

impl AdvisoryArgs {
    /// Finds mistakes that need no session.
    pub fn check(&self) -> Result<(), Failure> {
        match &self.action {
            AdvisoryAction::List(shown) | AdvisoryAction::Info(shown) => shown.selection.kinds.check(),
            AdvisoryAction::Summary(selection) => selection.kinds.check(),
        }
    }

    /// Prints advisories.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let (selection, json) = match &self.action {
            AdvisoryAction::List(shown) | AdvisoryAction::Info(shown) => (&shown.selection, shown.json.json),
            AdvisoryAction::Summary(selection) => (selection, false),
        };
        let mut session = cx.open()?;
        let load = Load { metadata: vec!["updateinfo".to_owned()], ..Load::query() };
        cx.load(&mut session, &load, !json)?;
        let chosen = selection.choose(cx, &session, json)?;
        match self.action {
            AdvisoryAction::List(_) => {
                let builds = chosen.builds(session.sack());
                if json {
                    cx.output.line(json::render(&advisories::list_json(&builds, selection.references())));
                } else {
                    advisories::print_list(&cx.output, &builds, selection.references());
                }
            }
            AdvisoryAction::Info(_) => {
                let shown = chosen.advisories(session.sack());
                if json {
                    cx.output.line(json::render(&advisories::details_json(&shown)));
                } else {
                    for advisory in shown {
                        advisories::print_details(&cx.output, advisory);
                    }
                }
            }
            AdvisoryAction::Summary(_) => {
                advisories::print_summary(&cx.output, selection.scope.title(), &chosen.advisories(session.sack()));
            }
        }
        Ok(0)
    }
}

impl AdvisoryScope {
    const fn title(self) -> &'static str {
        match self {
            AdvisoryScope { all: true, .. } => "All",
            AdvisoryScope { installed: true, .. } => "Installed",
            AdvisoryScope { updates: true, .. } => "Updates",
            _ => "Available",
        }
    }
}

impl AdvisorySelection {
    /// Returns the references that stand in the place of names.
    fn references(&self) -> Option<References> {
        match self {
            AdvisorySelection { with_bz: true, .. } => Some(References::Bugzilla),
            AdvisorySelection { with_cve: true, .. } => Some(References::Cve),
            _ => None,
        }
    }

    fn choose(&self, cx: &Context, session: &Session, quiet: bool) -> Result<Chosen, Failure> {
        let mut selected = session.select_advisories(self.kinds.filter(self.specs.clone()).as_ref())?;
        if !quiet {
            print_misses(cx, &selected.misses);
        }
        let SelectedAdvisories { all, chosen, .. } = &mut selected;
        chosen.retain(|place| {
            let refers = |kind: References| all[*place].refers_to(kind.kind());
            (!self.with_bz || refers(References::Bugzilla)) && (!self.with_cve || refers(References::Cve))
        });
        let mut packages = Query::new(session.sack()).installed();
        let names = split_words(&self.contains_pkgs);
        if !names.is_empty() {
            packages = packages.filter_name(Match::GlobIcase, &names);
        }
        Ok(Chosen { scope: self.scope, selected, packages: packages.into_packages() })
    }
}

/// Advisories that the options leave, and the installed packages that they are held against.
struct Chosen {
    scope: AdvisoryScope,
    selected: SelectedAdvisories,
    packages: PackageSet,
}

impl Chosen {
    /// Returns builds that are newer than installed packages, as far as those are looked for.
    fn newer<'a>(&self, builds: &AdvisedBuilds<'a>, sack: &Sack) -> Vec<AdvisedBuild<'a>> {
        let query = Query::from_set(sack, self.packages.clone());
        let packages = match self.scope {
            AdvisoryScope { installed: true, .. } => return Vec::new(),
            AdvisoryScope { all: true, .. } => query,
            AdvisoryScope { updates: true, .. } => query.filter_upgradable(),
            _ => query.filter_latest(1),
        };
        builds.beside(sack, packages.packages(), Comparison::Greater)
    }

    /// Returns builds that are installed, or are older than what is, as far as those are looked for.
    fn settled<'a>(&self, builds: &AdvisedBuilds<'a>, sack: &Sack) -> Vec<AdvisedBuild<'a>> {
        let AdvisoryScope { all, installed, .. } = self.scope;
        if all || installed { builds.beside(sack, &self.packages, Comparison::LessEqual) } else { Vec::new() }
    }

    fn builds(&self, sack: &Sack) -> Vec<AdvisedBuild<'_>> {
        let builds = AdvisedBuilds::new(self.selected.chosen(), sack);
        let mut found = self.newer(&builds, sack);
        found.append(&mut self.settled(&builds, sack));
        found
    }

    /// Returns the advisories that name such a build, in the order of all.
    fn advisories(&self, sack: &Sack) -> Vec<&Advisory> {
        let chosen = AdvisedBuilds::new(self.selected.chosen(), sack);
        // With --all dnf5 takes every advisory about something newer, whatever the other options say.
        let newer = if self.scope.all {
            self.newer(&AdvisedBuilds::new(self.selected.all.iter().enumerate(), sack), sack)
        } else {
            self.newer(&chosen, sack)
        };
        let places: BTreeSet<usize> =
            newer.iter().chain(&self.settled(&chosen, sack)).map(|build| build.place).collect();
        places.into_iter().map(|place| &self.selected.all[place]).collect()
    }
}
