//! Which packages `repoquery` is about.

use oxidnf_core::Reason;
use oxidnf_core::reldep::Reldep;
use oxidnf_engine::advisories::AdvisedBuilds;
use oxidnf_engine::catalog::{Comparison, ExcludeKind, Excludes, Match, PackageSet, Query, Relation, SpecSettings};
use oxidnf_engine::request::needs_filelists;
use oxidnf_engine::{Load, Session};

use super::args::RepoqueryArgs;
use super::related;
use crate::commands::options::print_misses;
use crate::commands::{download, list};
use crate::context::{Context, Failure};
use crate::grammar::split_list;

impl RepoqueryArgs {
    /// What has to be loaded to answer.
    pub(super) fn load(&self) -> Load {
        let mut load = Load { system: self.needs_installed(), available: self.needs_available(), ..Load::query() };
        if self.wants_files() {
            load.metadata.push("filelists".to_owned());
        }
        if self.advisories.filter(false).is_some() {
            load.metadata.push("updateinfo".to_owned());
        }
        if self.format.changelogs {
            load.metadata.push("other".to_owned());
        }
        load
    }

    /// Returns the packages that all options together leave.
    pub(super) fn select<'s>(
        &self,
        cx: &Context,
        session: &'s Session,
        latest: Option<i32>,
    ) -> Result<PackageSet, Failure> {
        let sack = session.sack();
        // Which kinds of packages are looked at; the filters below look at all of them.
        let mut excludes = Excludes::ALL;
        if !self.upgrades {
            excludes = excludes.without(ExcludeKind::Versionlock);
        }
        if self.disable_modular_filtering {
            excludes = excludes.without(ExcludeKind::Module);
        }
        let all = Query::with_excludes(sack, excludes);
        // What is loaded is what is asked about.
        let mut query = all.clone();
        if !self.specs.is_empty() {
            query = self.named(session, query)?;
        }
        query = self.filter_installed(session, query)?;
        if self.upgrades {
            query = query.filter_upgrades();
        }
        if let Some(filter) = self.advisories.filter(false) {
            let selected = session.select_advisories(Some(&filter))?;
            print_misses(cx, &selected.misses);
            query = AdvisedBuilds::new(selected.chosen(), sack).keep(query, Comparison::GreaterEqual);
        }
        if let Some(limit) = latest.filter(|limit| *limit != 0) {
            query = query.filter_latest(limit);
        }
        query = self.filter_relations(session, query)?;
        let arches = split_list(&self.arch);
        let of_arches =
            |query: Query<'s>| if arches.is_empty() { query } else { query.filter_arch(Match::Glob, &arches) };
        query = of_arches(query);
        let files = split_list(&self.file);
        if !files.is_empty() {
            query = with_files(session, query, &files)?;
        }
        if self.recent {
            let days = i64::from(session.config().options.recent.value().0);
            let since = (jiff::Timestamp::now().as_second() - days * 86_400).max(0) as u64;
            query = query.filter(|id| sack.package(id).build_time() >= since);
        }
        // What follows makes other packages of those that were found.
        let others = of_arches(Query::new(sack));
        if self.recursive && !self.whatrequires.is_empty() {
            query = related::requirers_recursively(&others, query);
        }
        if let Some(attribute) = &self.providers_of {
            query = related::providers_of(session, &others, query, attribute, self.recursive);
        }
        if self.srpm {
            query = download::sources_of(session, &all, query);
        }
        Ok(query.into_packages())
    }

    fn named<'s>(&self, session: &'s Session, query: Query<'s>) -> Result<Query<'s>, Failure> {
        let settings = SpecSettings {
            icase: true,
            with_provides: false,
            with_filenames: false,
            with_binaries: false,
            with_source: true,
            ..SpecSettings::default()
        };
        let mut found = PackageSet::new();
        for spec in &self.specs {
            let named = query.resolve_spec(spec, &settings).packages;
            if named.is_empty() && needs_filelists(spec) {
                found.union(with_files(session, query.clone(), std::slice::from_ref(spec))?.packages());
            } else {
                found.union(&named);
            }
        }
        Ok(Query::from_set(session.sack(), found))
    }

    fn filter_installed<'s>(&self, session: &'s Session, mut query: Query<'s>) -> Result<Query<'s>, Failure> {
        if self.only_installed() {
            query = query.installed();
        }
        if self.leaves {
            let leaves = session.leaves_among(query.packages())?;
            query = query.and(&leaves.into_iter().flatten().collect());
        }
        if self.unneeded {
            query = query.and(&session.unneeded()?);
        }
        if self.origin.is_given() {
            query = query.filter(|id| self.origin.matches(session.from_repo(id)));
        }
        if self.userinstalled {
            query = query.filter(|id| !matches!(session.reason(id), Reason::Dependency | Reason::WeakDependency));
        }
        let installonly = || {
            let provides = session.config().options.installonlypkgs.get();
            let provides: Vec<Reldep> = provides.iter().filter_map(|text| Reldep::parse(text)).collect();
            let provides: Vec<_> = provides.iter().map(Reldep::as_ref).collect();
            list::all(session).installed().filter_provides(&provides).into_packages()
        };
        if self.installonly {
            query = query.and(&installonly());
        }
        if self.duplicates {
            query = query.minus(&installonly()).filter_duplicates();
        }
        if self.extras {
            let extras = list::all(session).filter_extras().into_packages();
            query = query.and(&extras);
        }
        Ok(query)
    }

    /// Each of these looks at what those before it left, also for the packages that a capability names.
    // witness: compat-tests/tests/decisions.rs::filters_follow_each_other
    fn filter_relations<'s>(&self, session: &'s Session, mut query: Query<'s>) -> Result<Query<'s>, Failure> {
        if !self.whatdepends.is_empty() {
            let kinds = [
                Relation::Requires,
                Relation::Enhances,
                Relation::Recommends,
                Relation::Suggests,
                Relation::Supplements,
            ];
            query = related::what(query, &split_list(&self.whatdepends), &kinds, self.exactdeps);
        }
        if !self.whatprovides.is_empty() {
            query = related::what_provides(session, query, &split_list(&self.whatprovides))?;
        }
        let others = [
            (&self.whatrequires, Relation::Requires, self.exactdeps),
            (&self.whatobsoletes, Relation::Obsoletes, true),
            (&self.whatconflicts, Relation::Conflicts, false),
            (&self.whatrecommends, Relation::Recommends, false),
            (&self.whatenhances, Relation::Enhances, false),
            (&self.whatsupplements, Relation::Supplements, false),
            (&self.whatsuggests, Relation::Suggests, false),
        ];
        for (values, relation, exact) in others {
            if !values.is_empty() {
                query = related::what(query, &split_list(values), &[relation], exact);
            }
        }
        Ok(query)
    }
}

/// Keeps packages that own a file of these paths or patterns, asking the loaded file lists as well.
pub(super) fn with_files<'s>(session: &'s Session, query: Query<'s>, paths: &[String]) -> Result<Query<'s>, Failure> {
    let mut owners = query.clone().filter_file(Match::Glob, paths).into_packages();
    owners.union(&session.path_owners(paths)?);
    Ok(query.and(&owners))
}
