//! What a package argument means to tdnf (reference of tdnf, section 2).
//!
//! Names come first, then provided capabilities, then both without regard to case. Files are no packages here.

use oxidnf_core::Evr;
use oxidnf_core::reldep::{Reldep, ReldepRef, Sense};
use oxidnf_engine::catalog::{Match, Package, PackageId, PackageSet, Query, Sack, is_pattern};

use super::console::Console;

/// How an argument matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matched {
    /// By name.
    Name,
    /// By something that is provided.
    Capability,
    /// By a file; only `provides` looks there.
    File,
    /// By name or capability, whatever the case.
    IgnoringCase,
}

/// The packages that an argument means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The packages, of which there is at least one.
    pub packages: PackageSet,
    /// How they were found.
    pub how: Matched,
}

impl Found {
    /// Says how an argument matched, unless it was by name.
    pub fn tell(&self, console: &Console, spec: &str) {
        match self.how {
            Matched::Name => {}
            Matched::Capability => console.progress(format!("[using capability match for '{spec}']")),
            Matched::File => console.progress(format!("[using file list match for '{spec}']")),
            Matched::IgnoringCase => console.progress(format!("[ignoring case for '{spec}']")),
        }
    }
}

/// Finds what an argument means among packages; source packages count when `sources` is set.
pub fn find(sack: &Sack, among: &PackageSet, spec: &str, sources: bool) -> Option<Found> {
    let query = Query::from_set(sack, among.clone()).filter(|id| sack.package(id).is_source() == sources);
    let relation = relation(spec);
    let steps = [(Matched::Name, false), (Matched::Capability, false), (Matched::IgnoringCase, true)];
    for (how, icase) in steps {
        let packages = match (how, &relation) {
            (Matched::Capability, Some(dep)) => query.clone().filter_provides(&[dep.as_ref()]).into_packages(),
            (Matched::Capability, None) => capability(&query, spec, false),
            (_, Some(dep)) => named_with_version(&query, dep, icase),
            (_, None) => {
                let names = by_name(&query, spec, icase);
                if names.is_empty() && icase { capability(&query, spec, true) } else { names }
            }
        };
        if !packages.is_empty() {
            return Some(Found { packages, how });
        }
    }
    None
}

/// Reads `name OP version`, with or without blanks.
fn relation(spec: &str) -> Option<Reldep> {
    let has_operator = spec.contains(['<', '>', '=']) && !spec.starts_with('(');
    Reldep::parse(spec).filter(|dep| has_operator && dep.sense.comparison() != Sense::ANY)
}

fn how(text: &str, icase: bool) -> Match {
    match (is_pattern(text), icase) {
        (true, true) => Match::GlobIcase,
        (true, false) => Match::Glob,
        (false, true) => Match::ExactIcase,
        (false, false) => Match::Exact,
    }
}

fn named_with_version(query: &Query<'_>, dep: &Reldep, icase: bool) -> PackageSet {
    let sack = query.sack();
    let named = name_or_name_arch(query, &dep.name, icase);
    let wanted = Evr::parse(&dep.evr);
    named.iter().filter(|id| holds(dep.sense, &sack.package(*id), &wanted)).collect()
}

/// Compares as libsolv does: what the wish leaves out, be it release or epoch, is left out of the comparison.
fn holds(sense: Sense, package: &Package<'_>, wanted: &Evr<'_>) -> bool {
    let own = package.evr();
    let own =
        Evr { epoch: wanted.epoch.and(own.epoch), version: own.version, release: wanted.release.and(own.release) };
    let order = own.rpm_cmp(wanted);
    order.is_lt() && sense.any(Sense::LESS)
        || order.is_eq() && sense.any(Sense::EQUAL)
        || order.is_gt() && sense.any(Sense::GREATER)
}

fn name_or_name_arch(query: &Query<'_>, text: &str, icase: bool) -> PackageSet {
    let named = query.clone().filter_name(how(text, icase), &[text]).into_packages();
    if !named.is_empty() {
        return named;
    }
    let Some((name, arch)) = text.rsplit_once('.') else { return PackageSet::new() };
    let named = query.clone().filter_name(how(name, icase), &[name]);
    named.filter_arch(how(arch, false), &[arch]).into_packages()
}

/// `name`, `name.arch`, `name-version`, `name-version-release`, `name-version-release.arch`; all may be globs.
fn by_name(query: &Query<'_>, spec: &str, icase: bool) -> PackageSet {
    let named = name_or_name_arch(query, spec, icase);
    if !named.is_empty() {
        return named;
    }
    let mut found = PackageSet::new();
    for (body, arch) in
        [Some((spec, None)), spec.rsplit_once('.').map(|(body, arch)| (body, Some(arch)))].into_iter().flatten()
    {
        for (place, _) in body.match_indices('-') {
            let (name, evr) = (&body[..place], &body[place + 1..]);
            if name.is_empty() || evr.is_empty() || evr.matches('-').count() > 1 {
                continue;
            }
            let mut named = query.clone().filter_name(how(name, icase), &[name]);
            if let Some(arch) = arch {
                named = named.filter_arch(how(arch, false), &[arch]);
            }
            let sack = query.sack();
            found.union(&named.filter(|id| version_fits(&sack.package(id), evr)).into_packages());
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// Compares `[epoch:]version[-release]` with a package's, text or glob against text, else as versions.
fn version_fits(package: &Package<'_>, evr: &str) -> bool {
    let own = package.evr();
    if is_pattern(evr) {
        let glob = oxidnf_engine::catalog::Glob::new(evr, false);
        return glob.matches(own.version) || glob.matches(&format!("{}-{}", own.version, package.release()));
    }
    let wanted = Evr::parse(evr);
    let own =
        Evr { epoch: wanted.epoch.and(own.epoch), version: own.version, release: wanted.release.and(own.release) };
    own.rpm_cmp(&wanted).is_eq()
}

/// Packages that provide a capability of that name, in any version.
fn capability(query: &Query<'_>, text: &str, icase: bool) -> PackageSet {
    let sack = query.sack();
    if !icase && !is_pattern(text) {
        let found = query.clone().filter_provides(&[ReldepRef { name: text, sense: Sense::ANY, evr: "" }]);
        // A file is no capability for tdnf, unless a package says that it provides it.
        let said = |id: PackageId| sack.package(id).provides().any(|dep| dep.name == text);
        return found.filter(|id| !text.starts_with('/') || said(id)).into_packages();
    }
    let glob = oxidnf_engine::catalog::Glob::new(text, icase);
    let fits =
        |name: &str| if icase && !is_pattern(text) { name.eq_ignore_ascii_case(text) } else { glob.matches(name) };
    query.clone().filter(|id| sack.package(id).provides().any(|dep| fits(dep.name))).into_packages()
}

/// Returns the newest of some packages for each name and architecture; among equals that of the best priority.
pub fn newest(sack: &Sack, packages: &PackageSet) -> Vec<PackageId> {
    let mut best: std::collections::BTreeMap<(&str, &str), PackageId> = std::collections::BTreeMap::new();
    for id in packages.iter() {
        let package = sack.package(id);
        let key = (package.name(), package.arch());
        let better = best.get(&key).is_none_or(|other| is_better(sack, id, *other));
        if better {
            best.insert(key, id);
        }
    }
    best.into_values().collect()
}

/// The lower priority wins whatever the versions, then the newer version, then the repository that was read first.
pub fn is_better(sack: &Sack, one: PackageId, two: PackageId) -> bool {
    let priority = |id| sack.repo(sack.repo_of(id)).priority;
    let order = sack.package(one).evr().rpm_cmp(&sack.package(two).evr());
    priority(two).cmp(&priority(one)).then(order).is_gt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations() {
        let dep = relation("foo>=1.2").expect("a relation");
        assert_eq!((dep.name.as_str(), dep.evr.as_str()), ("foo", "1.2"));
        assert_eq!(relation("foo = 1.2-3").expect("a relation").evr, "1.2-3");
        assert_eq!(relation("foo"), None);
        assert_eq!(relation("foo-1.2-3.x86_64"), None);
    }
}
