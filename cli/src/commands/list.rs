//! `list`, and what it shares with `info`

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use clap::Args;
use oxidnf_engine::catalog::{ExcludeKind, Excludes, PackageId, PackageSet, Query, SpecSettings};
use oxidnf_engine::{Load, Session};

use super::options::{InstalledFrom, Json};
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::packages::{self, Colors, Listed, Section, Standing};
use crate::face::dnf5::style::Look;
use crate::face::dnf5::{info, json};

/// List packages by their relation to the system
#[derive(Debug, Clone, Default, Args)]
pub struct ListArgs {
    #[command(flatten)]
    selection: Selection,
}

/// Which packages `list` and `info` show.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Show all versions of packages
    #[arg(long)]
    pub(super) showduplicates: bool,
    #[command(flatten)]
    pub(super) origin: InstalledFrom,
    #[command(flatten)]
    pub(super) scope: Scope,
    #[command(flatten)]
    pub(super) json: Json,
    /// Patterns for names of packages; case does not matter
    #[arg(value_name = "package-spec-NI")]
    pub(super) specs: Vec<String>,
}

/// Parts of the packages.
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
pub struct Scope {
    /// Show installed packages
    #[arg(long)]
    pub(super) installed: bool,
    /// Show available packages
    #[arg(long)]
    pub(super) available: bool,
    /// Show installed packages that no repository has
    #[arg(long)]
    pub(super) extras: bool,
    /// Show installed packages that available ones obsolete
    #[arg(long)]
    pub(super) obsoletes: bool,
    /// Show packages that came into the repositories lately
    #[arg(long)]
    pub(super) recent: bool,
    /// Show available upgrades of installed packages
    #[arg(long, visible_alias = "updates")]
    pub(super) upgrades: bool,
    /// Show packages that autoremove would remove
    #[arg(long)]
    pub(super) autoremove: bool,
}

impl ListArgs {
    /// Prints the packages.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        self.selection.run(cx, false)
    }
}

/// A part of the answer with the packages themselves.
struct Part {
    title: &'static str,
    key: &'static str,
    packages: Vec<PackageId>,
    obsoletes: HashMap<PackageId, Vec<PackageId>>,
}

impl Part {
    fn new(title: &'static str, key: &'static str, packages: Vec<PackageId>) -> Self {
        Part { title, key, packages, obsoletes: HashMap::new() }
    }
}

impl Selection {
    /// Answers `list`, or `info` when `details`.
    pub(super) fn run(&self, cx: &mut Context, details: bool) -> CommandResult {
        let Selection { showduplicates: _, origin: _, scope, json, specs } = self;
        let mut session = cx.open()?;
        let only_installed = scope.installed || scope.autoremove || self.origin.is_given();
        let load = if only_installed { Load::system_only() } else { Load::query() };
        cx.load(&mut session, &load, !json.json)?;
        let parts = self.parts(&session)?;
        if json.json {
            cx.output.line(json::render(&packages::json(&sections(&session, &parts))));
            return Ok(0);
        }
        let shown = parts.iter().any(|part| !part.packages.is_empty());
        if details {
            print_details(cx, &session, &parts);
        } else {
            packages::print_sections(&cx.output, &sections(&session, &parts), &colors(&session));
        }
        if !shown {
            cx.tell_no_matches(&session, load.available);
            return if specs.is_empty() { Ok(0) } else { Err(Failure::Silent) };
        }
        // A spec for something else than what is listed is no mistake.
        for spec in specs {
            if all(&session).resolve_spec(spec, &names_only()).packages.is_empty() {
                cx.output.info(format!("No matches found for \"{spec}\"."));
            }
        }
        Ok(0)
    }

    fn parts(&self, session: &Session) -> Result<Vec<Part>, Failure> {
        let Scope { installed, available, extras, obsoletes, recent, upgrades, autoremove } = self.scope;
        if autoremove {
            let unneeded = self.base(session).and(&session.unneeded()?).sorted();
            return Ok(vec![Part::new("Autoremove packages", "autoremove_packages", unneeded)]);
        }
        let sack = session.sack();
        let base = self.base(session);
        let part = |title, key, query: Query<'_>| vec![Part::new(title, key, query.sorted())];
        Ok(if installed || (self.origin.is_given() && !available && !extras && !obsoletes && !recent && !upgrades) {
            part("Installed packages", "installed_packages", base.installed())
        } else if available {
            part("Available packages", "available_packages", self.latest(base.available()))
        } else if extras {
            // What is extra is decided before names are looked at.
            let extra = all(session).filter_extras().into_packages();
            part("Extra packages", "extra_packages", base.and(&extra))
        } else if obsoletes {
            vec![obsoleting(session, base)]
        } else if recent {
            let days = i64::from(session.config().options.recent.value().0);
            let since = (jiff::Timestamp::now().as_second() - days * 86_400).max(0) as u64;
            let query = self.latest(base.available());
            let fresh = query.packages().iter().filter(|id| sack.package(*id).build_time() >= since).collect();
            part("Recently added packages", "recently_added_packages", query.and(&fresh))
        } else if upgrades {
            let query = without_source(session, base.available().filter_priority()).filter_upgrades();
            part("Available upgrades", "available_upgrades", query.filter_latest(1))
        } else {
            let available = self.available(session, &base);
            vec![
                Part::new("Installed packages", "installed_packages", base.installed().sorted()),
                Part::new("Available packages", "available_packages", available.sorted()),
            ]
        })
    }

    /// Packages that the specs name; all without specs.
    fn base<'s>(&self, session: &'s Session) -> Query<'s> {
        let mut query = all(session);
        if self.origin.is_given() {
            let sack = session.sack();
            query = query.filter(|id| !sack.is_installed(id) || self.origin.matches(session.from_repo(id)));
        }
        if self.specs.is_empty() {
            return query;
        }
        let mut found = PackageSet::new();
        for spec in &self.specs {
            found.union(&query.resolve_spec(spec, &names_only()).packages);
        }
        query.and(&found)
    }

    fn latest<'s>(&self, query: Query<'s>) -> Query<'s> {
        if self.showduplicates { query } else { query.filter_priority().filter_latest(1) }
    }

    /// Leaves out what is not newer than the installed package of the same name and architecture, if that is asked for, too.
    fn available<'s>(&self, session: &'s Session, base: &Query<'s>) -> Query<'s> {
        let query = base.clone().available();
        if self.showduplicates {
            return query;
        }
        let sack = session.sack();
        let mut installed: HashMap<(&str, &str), PackageId> = HashMap::new();
        for id in base.clone().installed().packages().iter() {
            let package = sack.package(id);
            let newest = installed.entry((package.name(), package.arch())).or_insert(id);
            if sack.package(*newest).evr().rpm_cmp(&package.evr()).is_lt() {
                *newest = id;
            }
        }
        let query = query.filter_priority().filter_latest(1);
        let newer = query.packages().iter().filter(|id| {
            let package = sack.package(*id);
            let own = installed.get(&(package.name(), package.arch()));
            own.is_none_or(|own| sack.package(*own).evr().rpm_cmp(&package.evr()).is_lt())
        });
        let newer = newer.collect();
        query.and(&newer)
    }
}

/// All packages, those excluded by versionlock too, as queries see them.
pub(super) fn all(session: &Session) -> Query<'_> {
    Query::with_excludes(session.sack(), Excludes::ALL.without(ExcludeKind::Versionlock))
}

/// Specs that are patterns for names and versions, whatever their case.
fn names_only() -> SpecSettings {
    SpecSettings {
        icase: true,
        with_provides: false,
        with_filenames: false,
        with_binaries: false,
        with_source: true,
        ..SpecSettings::default()
    }
}

pub(super) fn without_source<'s>(session: &'s Session, query: Query<'s>) -> Query<'s> {
    let sack = session.sack();
    let binary = query.packages().iter().filter(|id| !sack.package(*id).is_source()).collect();
    query.and(&binary)
}

/// Packages that obsolete installed ones by their names, with those that they obsolete by what they provide.
fn obsoleting(session: &Session, base: Query<'_>) -> Part {
    let sack = session.sack();
    let installed = base.clone().installed();
    let mut part = Part::new("Obsoleting packages", "obsoleting_packages", Vec::new());
    for id in base.filter_priority().sorted() {
        if !obsoleted_by(session, id, installed.packages()).is_empty() {
            let obsoletes: Vec<_> = sack.package(id).obsoletes().collect();
            let obsoleted = installed.clone().filter_provides(&obsoletes).into_packages();
            part.packages.push(id);
            part.obsoletes.insert(id, sack.in_order(&obsoleted));
        }
    }
    part
}

/// Returns the packages of `installed` that a package obsoletes.
pub(super) fn obsoleted_by(session: &Session, id: PackageId, installed: &PackageSet) -> PackageSet {
    let sack = session.sack();
    let obsoletes: Vec<_> = sack.package(id).obsoletes().collect();
    if obsoletes.is_empty() {
        return PackageSet::new();
    }
    let hit = |package: oxidnf_engine::catalog::Package<'_>| {
        let evr = package.evr().to_string();
        obsoletes.iter().any(|obsolete| {
            let own = oxidnf_core::reldep::ReldepRef {
                name: package.name(),
                sense: oxidnf_core::reldep::Sense::EQUAL,
                evr: &evr,
            };
            obsolete.matches(&own)
        })
    };
    installed.iter().filter(|other| hit(sack.package(*other))).collect()
}

/// What rows of lists are made of.
pub(super) struct Rows<'s> {
    session: &'s Session,
    /// The oldest installed version of each name and architecture.
    installed: HashMap<(&'s str, &'s str), PackageId>,
}

impl<'s> Rows<'s> {
    pub(super) fn new(session: &'s Session) -> Self {
        let sack = session.sack();
        let mut installed = HashMap::new();
        // Sorted by version, so that of several the oldest stays.
        for id in sack.sorted(&sack.installed()) {
            let package = sack.package(id);
            installed.entry((package.name(), package.arch())).or_insert(id);
        }
        Rows { session, installed }
    }

    /// A package as a row of a list.
    pub(super) fn row(&self, id: PackageId) -> Listed {
        Listed {
            nevra: self.session.nevra(id),
            repo: shown_repo(self.session, id).to_owned(),
            standing: self.standing(id),
            obsoletes: Vec::new(),
        }
    }

    fn standing(&self, id: PackageId) -> Standing {
        let sack = self.session.sack();
        let package = sack.package(id);
        let own = self.installed.get(&(package.name(), package.arch()));
        match own.map(|own| package.evr().rpm_cmp(&sack.package(*own).evr())) {
            Some(Ordering::Equal) => Standing::Same,
            Some(Ordering::Greater) => Standing::Newer,
            Some(Ordering::Less) | None => Standing::Other,
        }
    }
}

/// The configured colours of lists.
pub(super) fn colors(session: &Session) -> Colors {
    let options = &session.config().options;
    Colors {
        reinstall: Look::parse(options.color_list_available_reinstall.get()),
        upgrade: Look::parse(options.color_list_available_upgrade.get()),
        other: Look::default(),
    }
}

/// The repository that a package is shown with: where an installed one came from.
pub(super) fn shown_repo(session: &Session, id: PackageId) -> &str {
    if session.sack().is_installed(id) { session.from_repo(id).unwrap_or("<unknown>") } else { session.repo_id(id) }
}

fn sections(session: &Session, parts: &[Part]) -> Vec<Section> {
    let rows = Rows::new(session);
    let row = |part: &Part, id: PackageId| {
        let obsoleted = part.obsoletes.get(&id).map(Vec::as_slice).unwrap_or_default();
        Listed { obsoletes: obsoleted.iter().map(|other| rows.row(*other)).collect(), ..rows.row(id) }
    };
    let section = |part: &Part| Section {
        title: part.title,
        key: part.key,
        packages: part.packages.iter().map(|id| row(part, *id)).collect(),
    };
    parts.iter().map(section).collect()
}

fn print_details(cx: &Context, session: &Session, parts: &[Part]) {
    let output = Arc::clone(&cx.output);
    let (rows, colors) = (Rows::new(session), colors(session));
    let mut first = true;
    for part in parts.iter().filter(|part| !part.packages.is_empty()) {
        if !first {
            output.line("");
        }
        output.line(part.title);
        for (index, id) in part.packages.iter().enumerate() {
            if index > 0 {
                output.line("");
            }
            let obsoleted = part.obsoletes.get(id).map(Vec::as_slice).unwrap_or_default();
            let obsoleted: Vec<String> =
                obsoleted.iter().map(|other| session.nevra(*other).with_epoch().to_string()).collect();
            let look = colors.of(rows.standing(*id));
            info::print(&output, &session.sack().package(*id), origin(session, *id), &obsoleted, Some(look));
        }
        first = false;
    }
}

/// Where `info` says that a package is from.
pub(super) fn origin(session: &Session, id: PackageId) -> info::Origin<'_> {
    if session.sack().is_installed(id) {
        info::Origin::Installed(shown_repo(session, id))
    } else {
        info::Origin::Repository(session.repo_id(id))
    }
}
