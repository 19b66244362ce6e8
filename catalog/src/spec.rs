//! What a user may call a package.

use std::collections::BTreeSet;

use oxidnf_core::nevra::{NevraForm, NevraSpec};
use oxidnf_core::reldep::{Reldep, ReldepRef, Sense};

use crate::glob::is_pattern;
use crate::query::{Match, Matcher, Query};
use crate::record::Relation;
use crate::sack::{ExcludeKind, Excludes, Sack};
use crate::set::PackageSet;

/// Which readings of a spec are tried (reference of dnf5, section 5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecSettings {
    /// Names and NEVRAs match whatever their case.
    pub icase: bool,
    /// Try the name and NEVRA forms.
    pub with_nevra: bool,
    /// Try as provide.
    pub with_provides: bool,
    /// Try as file name.
    pub with_filenames: bool,
    /// Try as program in `/usr/bin` and `/usr/sbin`.
    pub with_binaries: bool,
    /// Take `*`, `?` and `[` as wildcards.
    pub expand_globs: bool,
    /// Match source packages, too.
    pub with_source: bool,
    /// Forms to try; empty means all of them, and the whole-NEVRA glob after them.
    pub forms: Vec<NevraForm>,
}

impl Default for SpecSettings {
    /// Everything but `icase`, as `install` does it.
    fn default() -> Self {
        SpecSettings {
            icase: false,
            with_nevra: true,
            with_provides: true,
            with_filenames: true,
            with_binaries: true,
            expand_globs: true,
            with_source: false,
            forms: Vec::new(),
        }
    }
}

/// The reading under which a spec matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecForm {
    /// As name, possibly with version and architecture.
    Nevra(NevraForm),
    /// As a pattern for the whole NEVRA.
    WholeNevra,
    /// As provide.
    Provides,
    /// As file name.
    File,
    /// As program in `/usr/bin` or `/usr/sbin`.
    Binary,
}

/// What a spec matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecMatch {
    /// The packages; empty when nothing matched.
    pub packages: PackageSet,
    /// The reading that matched.
    pub form: Option<SpecForm>,
}

/// Why a spec matched nothing, for the hint that dnf5 prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecHint {
    /// It matches when upper and lower case are the same; the names, the one that dnf5 would show first.
    OnlyIcase(Vec<String>),
    /// It matches source packages only.
    OnlySource,
    /// It matches packages that versionlock excludes only.
    OnlyVersionlocked,
    /// It matches excluded packages only.
    OnlyExcluded,
    /// It names an architecture of which there are no packages; which others there are.
    OtherArch(Vec<String>),
}

/// Finds what a spec means among all considered packages.
pub fn resolve_spec(sack: &Sack, text: &str, settings: &SpecSettings) -> SpecMatch {
    Query::new(sack).resolve_spec(text, settings)
}

/// Finds out why a spec matches nothing, the most telling reason first.
pub fn spec_hints(sack: &Sack, text: &str, settings: &SpecSettings) -> Vec<SpecHint> {
    let matches =
        |excludes, settings: &SpecSettings| Query::with_excludes(sack, excludes).resolve_spec(text, settings).packages;
    let mut hints = Vec::new();
    if !matches(Excludes::NONE, settings).is_empty() {
        let unlocked = matches(Excludes::ALL.without(ExcludeKind::Versionlock), settings);
        hints.push(if unlocked.is_empty() { SpecHint::OnlyExcluded } else { SpecHint::OnlyVersionlocked });
    }
    let with_source = SpecSettings { with_source: true, ..settings.clone() };
    if !settings.with_source && !matches(Excludes::ALL, &with_source).is_empty() {
        hints.push(SpecHint::OnlySource);
    }
    if !settings.icase {
        let icase = SpecSettings { icase: true, with_provides: false, with_filenames: false, ..settings.clone() };
        let names: BTreeSet<&str> = matches(Excludes::ALL, &icase).iter().map(|id| sack.package(id).name()).collect();
        if !names.is_empty() {
            hints.push(SpecHint::OnlyIcase(names.into_iter().map(str::to_owned).collect()));
        }
    }
    hints.extend(other_arches(sack, text, settings));
    hints
}

/// Tries the spec without its architecture.
fn other_arches(sack: &Sack, text: &str, settings: &SpecSettings) -> Option<SpecHint> {
    let (rest, arch) = text.rsplit_once('.')?;
    if arch.is_empty() || arch.contains(['-', '/']) {
        return None;
    }
    let only_names = SpecSettings {
        with_provides: false,
        with_filenames: false,
        with_binaries: false,
        forms: vec![NevraForm::Name, NevraForm::Nevr, NevraForm::Nev],
        ..settings.clone()
    };
    let found = resolve_spec(sack, rest, &only_names).packages;
    let arches: BTreeSet<&str> = found.iter().map(|id| sack.package(id).arch()).collect();
    let arches: Vec<String> = arches.into_iter().map(str::to_owned).collect();
    (!arches.is_empty()).then_some(SpecHint::OtherArch(arches))
}

impl Query<'_> {
    /// Finds what a spec means among the packages of the query.
    ///
    /// The readings are tried in dnf5's order, and the first that yields something is taken: the forms of NEVRA, the
    /// whole NEVRA as a pattern, provides, files, programs.
    pub fn resolve_spec(&self, text: &str, settings: &SpecSettings) -> SpecMatch {
        let finder = Finder { query: self, text, settings, glob: settings.expand_globs && is_pattern(text) };
        finder.find().unwrap_or_default()
    }
}

struct Finder<'a, 's> {
    query: &'a Query<'s>,
    text: &'a str,
    settings: &'a SpecSettings,
    glob: bool,
}

impl<'s> Finder<'_, 's> {
    fn find(&self) -> Option<SpecMatch> {
        if self.settings.with_nevra {
            let forms = if self.settings.forms.is_empty() { &NevraForm::ALL[..] } else { &self.settings.forms };
            for form in forms {
                let Some(spec) = NevraSpec::parse(self.text, *form) else { continue };
                if let Some(found) = self.found(self.nevra(&spec), SpecForm::Nevra(*form)) {
                    return Some(found);
                }
            }
            // No NEVRA holds a slash; patterns for files need not be tried on all of them.
            if self.settings.forms.is_empty() && self.glob && !self.text.contains('/') {
                let how = if self.settings.icase { Match::GlobIcase } else { Match::Glob };
                let packages = self.query().filter_nevra(how, &[self.text]).into_packages();
                if let Some(found) = self.found(packages, SpecForm::WholeNevra) {
                    return Some(found);
                }
            }
        }
        let provides = || self.settings.with_provides.then(|| self.found(self.provides()?, SpecForm::Provides))?;
        let files = || {
            let path = self.text.starts_with('/') || self.text.starts_with("*/");
            (self.settings.with_filenames && path).then(|| self.found(self.files(self.text), SpecForm::File))?
        };
        let binaries = || {
            let plain = self.settings.with_binaries && !self.text.contains('/');
            plain.then(|| self.found(self.binaries(), SpecForm::Binary))?
        };
        provides().or_else(files).or_else(binaries)
    }

    fn query(&self) -> Query<'s> {
        self.query.clone()
    }

    fn found(&self, mut packages: PackageSet, form: SpecForm) -> Option<SpecMatch> {
        packages.intersect(self.query.packages());
        if !self.settings.with_source {
            let sack = self.query.sack();
            packages = packages.iter().filter(|id| !sack.package(*id).is_source()).collect();
        }
        (!packages.is_empty()).then_some(SpecMatch { packages, form: Some(form) })
    }

    fn matcher(&self, pattern: &str) -> Matcher {
        Matcher::new(
            match (self.glob, self.settings.icase) {
                (true, true) => Match::GlobIcase,
                (true, false) => Match::Glob,
                (false, true) => Match::ExactIcase,
                (false, false) => Match::Exact,
            },
            pattern,
        )
    }

    fn nevra(&self, spec: &NevraSpec<'_>) -> PackageSet {
        let sack = self.query.sack();
        let mut named = PackageSet::new();
        sack.matching_names(&self.matcher(spec.name), &mut named);
        let part = |text: Option<&str>| text.map(|text| self.matcher(text));
        let (version, release, arch) = (part(spec.version), part(spec.release), part(spec.arch));
        // Epochs are compared as texts: `00:1.0` matches nothing.
        let epoch = part(spec.epoch);
        let fits = |matcher: &Option<Matcher>, text: &str| matcher.as_ref().is_none_or(|matcher| matcher.matches(text));
        named.intersect(self.query.packages());
        let hits = named.iter().filter(|id| {
            let package = sack.package(*id);
            fits(&arch, package.arch())
                && fits(&version, package.version())
                && fits(&release, package.release())
                && (epoch.is_none() || fits(&epoch, &package.epoch().to_string()))
        });
        hits.collect()
    }

    fn provides(&self) -> Option<PackageSet> {
        let dep = parse_dependency(self.text)?;
        let sack = self.query.sack();
        Some(if self.glob {
            sack.related_by_pattern(Relation::Provides, &dep.as_ref(), false)
        } else {
            sack.related(Relation::Provides, &dep.as_ref())
        })
    }

    fn files(&self, pattern: &str) -> PackageSet {
        let mut found = PackageSet::new();
        let how = if self.glob { Match::Glob } else { Match::Exact };
        self.query.sack().matching_files(&Matcher::new(how, pattern), &mut found);
        found
    }

    fn binaries(&self) -> PackageSet {
        let mut found = PackageSet::new();
        for dir in ["/usr/bin/", "/usr/sbin/"] {
            found.union(&self.files(&format!("{dir}{}", self.text)));
        }
        found
    }
}

/// Parses a dependency as dnf5 takes it from users: `name`, `name >= 1`, or a rich one.
///
/// Unlike rpm, dnf5 wants a blank before the operator, which is `<`, `<=`, `=`, `>=` or `>`; `libx=2` is a name.
/// Returns `None` for a text that is neither.
pub fn parse_dependency(text: &str) -> Option<Reldep> {
    let text = text.trim();
    if text.starts_with('(') {
        return Some(Reldep { name: text.to_owned(), ..Reldep::default() });
    }
    let Some((name, rest)) = text.split_once(char::is_whitespace) else {
        return (!text.is_empty()).then(|| Reldep { name: text.to_owned(), ..Reldep::default() });
    };
    let rest = rest.trim_start();
    let (operator, evr) = rest.split_at(rest.find(|c| !matches!(c, '<' | '=' | '>')).unwrap_or(rest.len()));
    let sense = match operator {
        "<" => Sense::LESS,
        "<=" => Sense::LESS | Sense::EQUAL,
        "=" => Sense::EQUAL,
        ">=" => Sense::GREATER | Sense::EQUAL,
        ">" => Sense::GREATER,
        _ => return None,
    };
    let evr = evr.trim();
    let plain = !evr.is_empty() && !evr.contains(char::is_whitespace);
    plain.then(|| Reldep { name: name.to_owned(), sense, evr: evr.to_owned() })
}

/// Returns the packages that obsolete a package of a name, whatever its version.
pub fn obsoleters(sack: &Sack, name: &str) -> PackageSet {
    sack.related(Relation::Obsoletes, &ReldepRef { name, sense: Sense::ANY, evr: "" })
}
