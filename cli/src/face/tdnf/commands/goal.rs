//! What tdnf's arguments ask the engine for: specs become exact packages here, so that the engine has nothing left to
//! interpret (reference of tdnf, sections 2 and 3.1).

use std::path::Path;

use oxidnf_core::Reason;
use oxidnf_engine::catalog::{ExcludeKind, Excludes, PackageId, PackageSet, Query, Relation, Sack};
use oxidnf_engine::request::RequestItem;
use oxidnf_engine::{Operation, Session};

use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::face::tdnf::context::Context;
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::spec::{self, Found, Matched};

/// What a command asks for, and what it has to say about single arguments.
#[derive(Debug, Default)]
pub(super) struct Goal {
    /// Wishes for the engine.
    pub(super) items: Vec<RequestItem>,
    /// Names that were asked for, for messages about them.
    pub(super) asked: Vec<String>,
}

impl Goal {
    fn want(&mut self, operation: Operation, spec: String) {
        match self.items.last_mut() {
            Some(item) if item.operation == operation => item.specs.push(spec),
            _ => self.items.push(RequestItem { operation, specs: vec![spec] }),
        }
    }
}

/// Makes goals of arguments.
pub(super) struct Lowering<'a> {
    cx: &'a Context,
    session: &'a Session,
    goal: Goal,
}

type Lowered = Result<Goal, Failure>;

/// Tells whether an argument is a package file or the URL of one.
pub(super) fn is_file(argument: &str) -> bool {
    argument.strip_suffix(".rpm").is_some()
}

/// Tells whether an argument is the file of a source package.
pub(super) fn is_source_file(argument: &str) -> bool {
    argument.strip_suffix(".src.rpm").or_else(|| argument.strip_suffix(".nosrc.rpm")).is_some()
}

/// Returns the wish to reinstall what the repositories have in another build of the same version.
pub(super) fn changed(session: &Session) -> Option<RequestItem> {
    let sack = session.sack();
    let available = Query::new(sack).available().into_packages();
    let rebuilt = |id: &PackageId| {
        let same = Query::from_set(sack, available.clone()).filter_exact_nevra(&[session.nevra(*id)]).into_packages();
        let time = sack.package(*id).build_time();
        !same.is_empty() && same.iter().all(|other| sack.package(other).build_time() != time)
    };
    let specs: Vec<String> = Query::new(sack)
        .installed()
        .into_packages()
        .iter()
        .filter(rebuilt)
        .map(|id| session.nevra(id).with_epoch().to_string())
        .collect();
    (!specs.is_empty()).then_some(RequestItem { operation: Operation::Reinstall, specs })
}

/// Returns the package files among arguments; local ones that do not exist are skipped, as tdnf does.
pub(super) fn files(arguments: &[String]) -> Vec<String> {
    let usable = |argument: &&String| is_file(argument) && (argument.contains("://") || Path::new(argument).is_file());
    arguments.iter().filter(usable).cloned().collect()
}

impl<'a> Lowering<'a> {
    /// Starts without wishes.
    pub(super) fn new(cx: &'a Context, session: &'a Session) -> Self {
        Lowering { cx, session, goal: Goal::default() }
    }

    fn sack(&self) -> &'a Sack {
        self.session.sack()
    }

    fn exact(&self, id: PackageId) -> String {
        self.session.nevra(id).with_epoch().to_string()
    }

    fn considered(&self) -> PackageSet {
        Query::new(self.sack()).into_packages()
    }

    /// Finds an argument among what is not excluded. `Ok(None)` is a name that only exclusions hide, or that
    /// `--skip-broken` leaves out.
    fn find(&mut self, argument: &str) -> Result<Option<Found>, Failure> {
        if let Some(found) = spec::find(self.sack(), &self.considered(), argument, false) {
            return Ok(Some(found));
        }
        // What a snapshot or a lowest version hides is not there at all.
        let everything = Query::with_excludes(self.sack(), Excludes::ALL.without(ExcludeKind::Config)).into_packages();
        if spec::find(self.sack(), &everything, argument, false).is_some() {
            return Ok(None);
        }
        if self.cx.has("skip-broken") {
            // The colours are part of what scripts look for.
            self.cx.console.result(format!("No package \x1b[1m\x1b[30m{argument} \x1b[0mavailable"));
            return Ok(None);
        }
        Err(self.unknown(argument))
    }

    fn unknown(&self, argument: &str) -> Failure {
        self.cx.console.error(format!("{argument} package not found or not installed"));
        Failure::new(number::NO_MATCH)
    }

    fn installed_of(&self, packages: &PackageSet) -> PackageSet {
        Query::from_set(self.sack(), packages.clone()).installed().into_packages()
    }

    fn available_of(&self, packages: &PackageSet) -> PackageSet {
        Query::from_set(self.sack(), packages.clone()).available().into_packages()
    }

    /// Sorts packages into groups of one name each, in order of the names.
    fn by_name(&self, packages: &PackageSet) -> Vec<(&'a str, PackageSet)> {
        let mut groups: std::collections::BTreeMap<&str, PackageSet> = std::collections::BTreeMap::new();
        for id in packages.iter() {
            groups.entry(self.sack().package(id).name()).or_default().insert(id);
        }
        groups.into_iter().collect()
    }

    /// Returns the best of some packages: native before others, then by priority and version.
    fn best(&self, packages: &PackageSet) -> Option<PackageId> {
        let native = self.session.vars().get("arch").unwrap_or_default();
        let foreign = |id: PackageId| {
            let arch = self.sack().package(id).arch();
            arch != native && arch != "noarch"
        };
        packages.iter().reduce(|best, id| {
            let better = match foreign(best).cmp(&foreign(id)) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => spec::is_better(self.sack(), id, best),
            };
            if better { id } else { best }
        })
    }

    /// Returns the package that takes the place of another one, if an available one says so.
    fn obsoleter(&self, id: PackageId) -> Option<PackageId> {
        let package = self.sack().package(id);
        let evr = package.evr().to_string();
        let dependency = ReldepRef { name: package.name(), sense: Sense::EQUAL, evr: &evr };
        let query = Query::new(self.sack()).available().filter_relation(Relation::Obsoletes, &[dependency]);
        let others = query.filter(|other| self.sack().package(other).name() != package.name());
        self.best(others.packages())
    }

    /// `install`
    pub(super) fn install(mut self, arguments: &[String]) -> Lowered {
        for argument in arguments {
            if is_file(argument) {
                if files(std::slice::from_ref(argument)).is_empty() {
                    continue;
                }
                self.goal.want(Operation::Install, argument.clone());
                continue;
            }
            let Some(found) = self.find(argument)? else { continue };
            found.tell(&self.cx.console, argument);
            found.tell(&self.cx.console, argument);
            if found.how == Matched::Capability {
                self.install_one(argument, &found.packages);
            } else {
                for (_, packages) in self.by_name(&found.packages) {
                    self.install_one(argument, &packages);
                }
            }
        }
        Ok(self.goal)
    }

    fn install_one(&mut self, argument: &str, packages: &PackageSet) {
        let sack = self.sack();
        let installed = self.best(&self.installed_of(packages));
        let available = self.best(&self.available_of(packages));
        let evr = |id: PackageId| sack.package(id).evr();
        match (installed, available) {
            (Some(installed), None) => self.already(argument, installed),
            (Some(installed), Some(best)) if evr(best).rpm_cmp(&evr(installed)).is_le() => {
                self.already(argument, installed);
            }
            (_, Some(best)) => {
                let best = self.obsoleter(best).unwrap_or(best);
                let name = sack.package(best).name().to_owned();
                self.goal.asked.push(name);
                let spec = self.exact(best);
                self.goal.want(Operation::Install, spec);
            }
            (None, None) => {}
        }
    }

    /// What is there already now counts as the user's.
    fn already(&mut self, argument: &str, id: PackageId) {
        self.cx.console.error(format!("Package {argument} is already installed."));
        if matches!(self.session.reason(id), Reason::Dependency | Reason::WeakDependency) {
            let spec = self.exact(id);
            self.goal.want(Operation::Mark { reason: Reason::User, group: None }, spec);
        }
    }

    /// `update SPEC…`
    pub(super) fn update(mut self, arguments: &[String]) -> Lowered {
        for argument in arguments {
            let Some(found) = self.find(argument)? else { continue };
            found.tell(&self.cx.console, argument);
            let mut known = false;
            for (name, packages) in self.by_name(&found.packages) {
                let Some(installed) = self.best_installed(name) else { continue };
                known = true;
                let evr = self.sack().package(installed).evr();
                match self.best(&self.available_of(&packages)) {
                    Some(best) if self.sack().package(best).evr().rpm_cmp(&evr).is_gt() => {
                        let spec = self.exact(best);
                        self.goal.want(Operation::Upgrade, spec);
                    }
                    _ => self.cx.console.error(format!("There is no upgrade path for {name}.")),
                }
            }
            if !known {
                return Err(self.unknown(argument));
            }
        }
        Ok(self.goal)
    }

    fn best_installed(&self, name: &str) -> Option<PackageId> {
        let installed: PackageSet = self.sack().named(name).filter(|id| self.sack().is_installed(*id)).collect();
        self.best(&installed)
    }

    /// `update` of everything.
    ///
    /// With locked names every other name is asked for by itself.
    pub(super) fn update_all(mut self, operation: Operation) -> Goal {
        let locked = &self.cx.conf.locked;
        if locked.is_empty() {
            self.goal.items.push(RequestItem { operation, specs: Vec::new() });
            return self.goal;
        }
        let installed = Query::new(self.sack()).installed().into_packages();
        let names: Vec<String> = self.by_name(&installed).into_iter().map(|(name, _)| name.to_owned()).collect();
        let specs = names.into_iter().filter(|name| !locked.contains(name)).collect();
        self.goal.items.push(RequestItem { operation, specs });
        self.goal
    }

    /// Upgrades installed packages of these names to the newest versions.
    pub(super) fn update_names<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Goal {
        for name in names {
            let Some(installed) = self.best_installed(name) else { continue };
            let considered = self.considered();
            let named: PackageSet = self.sack().named(name).filter(|id| considered.contains(*id)).collect();
            let evr = self.sack().package(installed).evr();
            if let Some(best) = self.best(&self.available_of(&named))
                && self.sack().package(best).evr().rpm_cmp(&evr).is_gt()
            {
                let spec = self.exact(best);
                self.goal.want(Operation::Upgrade, spec);
            }
        }
        self.goal
    }

    /// `downgrade`, of everything when nothing is named.
    pub(super) fn downgrade(mut self, arguments: &[String]) -> Lowered {
        if arguments.is_empty() {
            let installed = Query::new(self.sack()).installed().into_packages();
            for (name, _) in self.by_name(&installed) {
                let considered = self.considered();
                let named = self.sack().named(name).filter(|id| considered.contains(*id)).collect();
                self.downgrade_one(name, &named, false);
            }
            return Ok(self.goal);
        }
        for argument in arguments {
            let Some(found) = self.find(argument)? else { continue };
            found.tell(&self.cx.console, argument);
            for (name, packages) in self.by_name(&found.packages) {
                self.downgrade_one(name, &packages, true);
            }
        }
        Ok(self.goal)
    }

    fn downgrade_one(&mut self, name: &str, packages: &PackageSet, told: bool) {
        let sack = self.sack();
        let Some(installed) = self.best_installed(name) else { return };
        let evr = sack.package(installed).evr();
        let older = |id: &PackageId| sack.package(*id).evr().rpm_cmp(&evr).is_lt();
        let older: PackageSet = self.available_of(packages).iter().filter(older).collect();
        match self.best(&older) {
            Some(best) => {
                let spec = self.exact(best);
                self.goal.want(Operation::Downgrade, spec);
            }
            None if told => self.cx.console.error(format!("There is no downgrade path for {name}.")),
            None => {}
        }
    }

    /// `erase` and, with names, `autoremove`.
    pub(super) fn erase(mut self, arguments: &[String]) -> Lowered {
        for argument in arguments {
            let Some(found) = self.find_for_erase(argument)? else { continue };
            found.tell(&self.cx.console, argument);
            for id in self.sack().in_order(&self.installed_of(&found.packages)) {
                let name = self.sack().package(id).name().to_owned();
                self.goal.asked.push(name);
                let spec = self.exact(id);
                self.goal.want(Operation::Remove, spec);
            }
        }
        Ok(self.goal)
    }

    /// What is installed counts first, so that a capability is not looked for among what could come.
    fn find_for_erase(&mut self, argument: &str) -> Result<Option<Found>, Failure> {
        let installed = Query::new(self.sack()).installed().into_packages();
        match spec::find(self.sack(), &installed, argument, false) {
            Some(found) => Ok(Some(found)),
            None => self.find(argument),
        }
    }

    /// `reinstall`
    pub(super) fn reinstall(mut self, arguments: &[String]) -> Lowered {
        for argument in arguments {
            if is_file(argument) {
                if !files(std::slice::from_ref(argument)).is_empty() {
                    self.goal.want(Operation::Reinstall, argument.clone());
                }
                continue;
            }
            let Some(found) = self.find(argument)? else { continue };
            found.tell(&self.cx.console, argument);
            let installed = self.installed_of(&found.packages);
            let available = Query::new(self.sack()).available().into_packages();
            let same = |id: PackageId| {
                let nevra = self.session.nevra(id);
                !Query::from_set(self.sack(), available.clone()).filter_exact_nevra(&[nevra]).is_empty()
            };
            let again: Vec<PackageId> = installed.iter().filter(|id| same(*id)).collect();
            if again.is_empty() {
                return Err(Failure::new(number::NO_MATCH));
            }
            for id in again {
                let spec = self.exact(id);
                self.goal.want(Operation::Reinstall, spec);
            }
        }
        Ok(self.goal)
    }

    /// Checks that names are known, as `distro-sync` does before it ignores them.
    pub(super) fn check_names(&mut self, arguments: &[String]) -> Result<(), Failure> {
        for argument in arguments {
            self.find(argument)?;
        }
        Ok(())
    }

    /// `install --builddeps`: what source packages, by name or file, require.
    pub(super) fn build_dependencies(mut self, arguments: &[String]) -> Lowered {
        for argument in arguments {
            let sources: PackageSet = if is_file(argument) {
                self.session.command_line_package(argument).into_iter().collect()
            } else {
                let found = spec::find(self.sack(), &self.considered(), argument, true);
                found.and_then(|found| self.best(&found.packages)).into_iter().collect()
            };
            if sources.is_empty() {
                return Err(self.unknown(argument));
            }
            let sack = self.sack();
            for dependency in sources.iter().flat_map(|id| sack.package(id).requires()) {
                if dependency.name.starts_with("rpmlib(") {
                    continue;
                }
                let text = match dependency.sense.operator() {
                    Some(operator) => format!("{} {operator} {}", dependency.name, dependency.evr),
                    None => dependency.name.to_owned(),
                };
                self.goal.want(Operation::Install, text);
            }
        }
        Ok(self.goal)
    }
}
