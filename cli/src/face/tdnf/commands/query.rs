//! `list`, `info`, `check-update`, `search`, `provides`, `count` (reference of tdnf, sections 3.2 to 3.9).

use oxidnf_engine::catalog::{ExcludeKind, Match, PackageId, PackageSet, Query, Sack};
use oxidnf_engine::{Load, Session};

use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::json::Json;
use crate::face::tdnf::render::listing::{self, Row};
use crate::face::tdnf::render::size;
use crate::face::tdnf::spec;

/// What part of the packages is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Installed ones, and every version in every repository.
    All,
    /// Installed ones.
    Installed,
    /// Those of repositories.
    Available,
    /// Newer than what is installed.
    Upgrades,
    /// Older than what is installed.
    Downgrades,
}

impl Scope {
    fn of_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            // The last three are accepted and mean everything.
            "all" | "extras" | "obsoletes" | "recent" => Scope::All,
            "installed" => Scope::Installed,
            "available" => Scope::Available,
            "updates" | "upgrades" => Scope::Upgrades,
            "downgrades" => Scope::Downgrades,
            _ => return None,
        })
    }

    fn of_options(cx: &Context) -> Self {
        let words = ["installed", "available", "upgrades", "updates", "downgrades"];
        let given = words.into_iter().find(|word| cx.has(word));
        given.and_then(Scope::of_word).unwrap_or(Scope::All)
    }

    /// Takes the scope from the first word, else from the options; the rest are specs.
    pub(super) fn split(cx: &Context) -> (Self, &[String]) {
        let arguments = cx.line.arguments();
        match arguments.first().and_then(|word| Scope::of_word(word)) {
            Some(scope) => (scope, &arguments[1..]),
            None => (Scope::of_options(cx), arguments),
        }
    }

    /// Returns the packages of the scope.
    pub(super) fn packages(self, sack: &Sack) -> PackageSet {
        let all = Query::new(sack).filter(|id| !sack.package(id).is_source());
        match self {
            Scope::All => all.into_packages(),
            Scope::Installed => all.installed().into_packages(),
            Scope::Available => all.available().into_packages(),
            Scope::Upgrades => compared(sack, &all, std::cmp::Ordering::Greater),
            Scope::Downgrades => compared(sack, &all, std::cmp::Ordering::Less),
        }
    }
}

/// Returns the available packages that are newer, or older, than the newest installed one of their name.
fn compared(sack: &Sack, all: &Query<'_>, wanted: std::cmp::Ordering) -> PackageSet {
    let installed = all.clone().installed().into_packages();
    let mut newest: std::collections::HashMap<&str, PackageId> = std::collections::HashMap::new();
    for id in installed.iter() {
        let package = sack.package(id);
        let other = newest.entry(package.name()).or_insert(id);
        if package.evr().rpm_cmp(&sack.package(*other).evr()).is_gt() {
            *other = id;
        }
    }
    let fits = |id: PackageId| {
        let package = sack.package(id);
        let own = newest.get(package.name());
        own.is_some_and(|own| package.evr().rpm_cmp(&sack.package(*own).evr()) == wanted)
    };
    all.clone().available().filter(fits).into_packages()
}

fn load(cx: &Context) -> Result<Session, Failure> {
    cx.loaded(&Load::query())
}

/// Finds the packages that specs mean, spec by spec.
fn chosen(cx: &Context, sack: &Sack, among: &PackageSet, specs: &[String]) -> Option<Vec<PackageId>> {
    if specs.is_empty() {
        return Some(sack.in_order(among));
    }
    let mut packages = PackageSet::new();
    for spec in specs {
        if let Some(found) = spec::find(sack, among, spec, false) {
            found.tell(&cx.console, spec);
            packages.union(&found.packages);
        }
    }
    (!packages.is_empty()).then(|| sack.in_order(&packages))
}

/// `list [SCOPE] [SPEC…]`
pub(super) fn list(cx: &Context) -> Done {
    let (scope, specs) = Scope::split(cx);
    let session = load(cx)?;
    let sack = session.sack();
    let Some(ids) = chosen(cx, sack, &scope.packages(sack), specs) else { return nothing(cx) };
    print_rows(cx, sack, &ids);
    Ok(())
}

fn print_rows(cx: &Context, sack: &Sack, ids: &[PackageId]) {
    if cx.console.json {
        cx.console.document(&Json::List(ids.iter().map(|id| Row::of(sack, *id).json()).collect()));
        return;
    }
    let width = cx.console.width();
    for id in ids {
        cx.console.result(Row::of(sack, *id).line(width));
    }
}

/// Names were given and nothing has them: an empty list in JSON, a failure else.
fn nothing(cx: &Context) -> Done {
    if cx.console.json {
        cx.console.document(&Json::List(Vec::new()));
        return Ok(());
    }
    Err(Failure::new(number::NO_MATCH))
}

/// `info [SCOPE] [SPEC…]`
pub(super) fn info(cx: &Context) -> Done {
    let (scope, specs) = Scope::split(cx);
    let session = load(cx)?;
    let sack = session.sack();
    let Some(ids) = chosen(cx, sack, &scope.packages(sack), specs) else { return nothing(cx) };
    if cx.console.json {
        cx.console.document(&Json::List(ids.iter().map(|id| listing::info_json(sack, *id)).collect()));
        return Ok(());
    }
    for line in ids.iter().flat_map(|id| listing::info(sack, *id)) {
        cx.console.result(line);
    }
    let total: u64 = ids.iter().map(|id| sack.package(*id).install_size()).sum();
    cx.console.result("");
    cx.console.result(format!("Total Size: {} ({total})", size(total)));
    Ok(())
}

/// `check-update [SPEC…]`
///
/// tdnf prints a control character and a literal `%s` here; the layout of `list` is what was meant.
pub(super) fn check_update(cx: &Context) -> Done {
    let session = load(cx)?;
    let sack = session.sack();
    let ids = chosen(cx, sack, &Scope::Upgrades.packages(sack), cx.line.arguments()).unwrap_or_default();
    if cx.console.json || !ids.is_empty() {
        print_rows(cx, sack, &ids);
    }
    if cx.conf.check_update_compat && !ids.is_empty() {
        return Err(Failure::new(number::UPDATES_AVAILABLE));
    }
    Ok(())
}

/// `search WORD…`
pub(super) fn search(cx: &Context) -> Done {
    let mut words = cx.line.arguments();
    // tdnf takes a first word that begins like the scope for the scope.
    if words.first().is_some_and(|word| word.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("all"))) {
        words = &words[1..];
    }
    let session = load(cx)?;
    let sack = session.sack();
    let all = Query::new(sack).filter(|id| !sack.package(id).is_source());
    let mut found = PackageSet::new();
    for word in words {
        let query = all.clone();
        found.union(query.clone().filter_name(Match::ContainsIcase, &[word]).packages());
        let word = word.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&word);
        let texts = query.filter(|id| {
            let package = sack.package(id);
            has(package.summary()) || has(package.description())
        });
        found.union(texts.packages());
    }
    let ids = sack.in_order(&found);
    if cx.console.json {
        let object = |id: &PackageId| {
            let package = sack.package(*id);
            Json::Object(vec![("Name", Json::text(package.name())), ("Summary", Json::text(package.summary()))])
        };
        cx.console.document(&Json::List(ids.iter().map(object).collect()));
        return Ok(());
    }
    if ids.is_empty() {
        return Err(Failure::new(number::NOTHING_FOUND));
    }
    for id in ids {
        let package = sack.package(id);
        cx.console.result(format!("{} : {}", package.name(), package.summary()));
    }
    Ok(())
}

/// `provides ITEM`
pub(super) fn provides(cx: &Context) -> Done {
    let Some(item) = cx.line.arguments().first() else { return Err(Failure::new(number::PROVIDES_NEEDS_ITEM)) };
    let is_path = item.starts_with('/') || item.starts_with("*/");
    let metadata = if is_path { vec!["filelists".to_owned()] } else { Vec::new() };
    let session = cx.loaded(&Load { metadata, ..Load::query() })?;
    let sack = session.sack();
    let among = Scope::All.packages(sack);
    let mut packages = match spec::find(sack, &among, item, false) {
        Some(found) => {
            found.tell(&cx.console, item);
            found.packages
        }
        None => PackageSet::new(),
    };
    if packages.is_empty() && is_path {
        packages = owners(cx, &session, item)?;
        if !packages.is_empty() {
            spec::Found { packages: packages.clone(), how: spec::Matched::File }.tell(&cx.console, item);
        }
    }
    if packages.is_empty() {
        return Err(Failure::new(number::NO_DATA));
    }
    print_providers(cx, sack, &packages);
    Ok(())
}

fn print_providers(cx: &Context, sack: &Sack, packages: &PackageSet) {
    let mut ids = sack.in_order(packages);
    ids.sort_by(|one, two| {
        let (one, two) = (sack.package(*one), sack.package(*two));
        one.name().cmp(two.name()).then_with(|| two.evr().rpm_cmp(&one.evr()))
    });
    if cx.console.json {
        let object = |id: &PackageId| {
            let (row, package) = (Row::of(sack, *id), sack.package(*id));
            Json::Object(vec![
                ("Name", Json::text(&row.name)),
                ("Arch", Json::text(&row.arch)),
                ("Evr", Json::text(row.evr())),
                ("Summary", Json::text(package.summary())),
            ])
        };
        cx.console.document(&Json::List(ids.iter().map(object).collect()));
        return;
    }
    for id in ids {
        let row = Row::of(sack, id);
        cx.console.result(format!("{} : {}", row.nevra(), sack.package(id).summary()));
        cx.console.result(format!("Repo\t : {}", row.repo));
    }
}

/// Returns the packages that own a path, which may be a glob.
pub(super) fn owners(cx: &Context, session: &Session, path: &str) -> Result<PackageSet, Failure> {
    let how = if oxidnf_engine::catalog::is_pattern(path) { Match::Glob } else { Match::Exact };
    let mut found = Query::new(session.sack()).filter_file(how, &[path]).into_packages();
    let listed = session.path_owners(&[path.to_owned()]);
    let listed = listed.map_err(|error| crate::face::tdnf::faults::tell(&cx.console, &error))?;
    found.union(Query::new(session.sack()).and(&listed).packages());
    Ok(found)
}

/// `count`
pub(super) fn count(cx: &Context) -> Done {
    let session = load(cx)?;
    let hidden = session.sack().excluded(ExcludeKind::User).len();
    let count = (session.sack().len() as usize).saturating_sub(hidden);
    if cx.console.json {
        cx.console.document(&Json::size(count as u64));
    } else {
        cx.console.result(format!("Package count = {count}"));
    }
    Ok(())
}
