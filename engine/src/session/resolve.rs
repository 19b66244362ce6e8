//! From a request to what will be done.

use std::collections::HashMap;
use std::path::PathBuf;

use oxidnf_catalog::Query;
use oxidnf_core::{Action, Nevra, Plan, Reason, Reldep};
use oxidnf_solver::{Problem, Rule};

use super::Session;
use crate::comps::Comps;
use crate::error::Error;
use crate::goal::{self, Context};
use crate::request::{Request, RequestOptions};
use crate::resolved::{GoalNoteKind, Hints, Resolved, Sizes};
use crate::vendor_policy;

impl Session {
    pub(super) fn resolve_request(&mut self, request: &Request) -> Result<Resolved, Error> {
        let modules = self.change_modules(request)?;
        let mut resolved = self.decide(request)?;
        modules.join(&mut resolved);
        self.each_plugin(|plugin, cx| plugin.goal_resolved(cx, request, &resolved.plan))?;
        Ok(resolved)
    }

    /// Decides a request without telling plug-ins.
    pub(crate) fn decide(&self, request: &Request) -> Result<Resolved, Error> {
        let options = self.solver_options(&request.options);
        let owners = self.spec_owners(request)?;
        let advised = self.advised(request.options.advisories.as_ref())?;
        let mut comps = if request.names_groups() { self.comps()? } else { Comps::default() };
        if let Some(replay) = &request.replay {
            comps.add_stored(&replay.groups);
        }
        let cx = Context {
            sack: &self.sack,
            config: &self.config,
            state: &self.state,
            files: &self.command_line,
            owners: &owners,
            solver: &options,
            advised,
            comps: &comps,
        };
        let lowered = goal::lower(&cx, request)?;
        let mut extra = Vec::new();
        let mut failed = lowered.notes.iter().any(|note| note.fatal);
        let mut resolved = Resolved { destdir: self.destdir(), ..Resolved::default() };
        let mut plan = Plan::default();
        if !lowered.goal.is_empty() || self.has_too_many_versions(&options) {
            let vendor_policy = self.vendor_policy(&options, &lowered)?;
            let options =
                oxidnf_solver::Options { allow_erasing: lowered.allow_erasing, vendor_policy, ..options.clone() };
            let resolution = oxidnf_solver::resolve(&self.sack, &lowered.goal, &options)
                .map_err(|source| Error::Solver { source: Error::boxed(source) })?;
            // As dnf5 does, the rest of a request that fails already is looked at for problems of its own.
            resolved.problems = resolution.problems;
            resolved.strict_problems = resolution.strict_problems;
            let mut decided = resolution.plan;
            if let Some(replay) = &request.replay {
                extra = goal::judge(&cx, &mut decided, replay, &lowered);
                failed |= extra.iter().any(|note| note.fatal);
            }
            resolved.vendor_restricted = resolution.vendor_restricted;
            if !failed {
                plan = decided;
                resolved.skipped = resolution.skipped;
            }
        }
        if !failed && resolved.problems.is_empty() {
            for item in plan.items.iter_mut().filter(|item| item.reason == Reason::User) {
                let nevra = &item.package.nevra;
                let wished = matches!(item.action, Action::Install | Action::Remove);
                // What takes the place of something that the user asked for is there for the user.
                // witness: compat-tests/tests/decisions.rs::members_that_obsolete_what_the_user_wants
                let for_user = |old: &Nevra| self.state.reason(&old.name, &old.arch) == Reason::User;
                let kept = item.replaces.iter().any(for_user) || lowered.named_packages.contains(nevra);
                if wished && lowered.group_packages.contains(nevra) && !kept {
                    item.reason = Reason::Group;
                }
            }
            resolved.groups.clone_from(&lowered.groups);
            plan.items.extend(goal::reason_items(&cx, &lowered));
            self.finish_plan(&mut plan);
            resolved.sizes = self.sizes(&plan);
            resolved.plan = plan;
        }
        resolved.notes = lowered.notes;
        resolved.notes.append(&mut extra);
        let filelists = self.available.iter().any(|repo| repo.with_file_lists);
        let skip_broken = request.options.skip_broken.unwrap_or_else(|| self.config.options.skip_broken.value());
        resolved.hints = hints(&resolved, &options, skip_broken, filelists);
        Ok(resolved)
    }

    /// Tells whether more versions of an installonly package are installed than the limit lets stay; dnf5 removes the
    /// oldest then, whatever it was asked to do.
    // witness: compat-tests/tests/decisions.rs::limit_without_anything_to_do
    fn has_too_many_versions(&self, options: &oxidnf_solver::Options) -> bool {
        let Ok(limit @ 1..) = usize::try_from(options.installonly_limit) else { return false };
        let kinds: Vec<Reldep> = options.installonly.iter().filter_map(|name| Reldep::parse(name)).collect();
        let kinds: Vec<_> = kinds.iter().map(Reldep::as_ref).collect();
        let mut versions: HashMap<&str, usize> = HashMap::new();
        for id in Query::new(&self.sack).installed().filter_provides(&kinds).packages().iter() {
            *versions.entry(self.sack.package(id).name()).or_default() += 1;
        }
        versions.into_values().any(|count| count > limit)
    }

    /// Returns which changes of vendor are allowed though vendors may not change.
    fn vendor_policy(
        &self,
        options: &oxidnf_solver::Options,
        lowered: &goal::Lowered,
    ) -> Result<Option<oxidnf_solver::VendorPolicy>, Error> {
        let root = if self.config.options.use_host_config.value() { &self.roots.host } else { &self.roots.target };
        let policies = vendor_policy::read(root)?;
        if options.allow_vendor_change {
            return Ok(None);
        }
        let rules = policies.iter().filter_map(|policy| policy.rule(&self.sack)).collect();
        Ok(Some(oxidnf_solver::VendorPolicy { rules, free: lowered.of_wanted_vendors.clone() }))
    }

    /// Returns what the solver is told for a request.
    pub(crate) fn solver_options(&self, request: &RequestOptions) -> oxidnf_solver::Options {
        let arch = self.vars.get("arch").unwrap_or_default();
        goal::solver_options(&self.sack, &self.config, &self.state, request, arch)
    }

    /// Returns the installed packages that nothing needs (`list --autoremove`), those that are protected too.
    pub fn unneeded(&self) -> Result<oxidnf_catalog::PackageSet, Error> {
        let options = self.solver_options(&RequestOptions::default());
        oxidnf_solver::unneeded(&self.sack, &oxidnf_solver::Options { protected: Vec::new(), ..options })
            .map_err(|source| Error::Solver { source: Error::boxed(source) })
    }

    fn destdir(&self) -> Option<PathBuf> {
        self.config.options.destdir.get().as_ref().map(PathBuf::from)
    }

    /// Adds what only the state knows to installed packages.
    fn finish_plan(&self, plan: &mut Plan) {
        for item in plan.items.iter_mut().filter(|item| item.package.hnum.is_some()) {
            let nevra = item.package.nevra.to_string();
            item.package.from_repo = self.state.from_repo(&nevra).map(str::to_owned);
        }
    }

    fn sizes(&self, plan: &Plan) -> Sizes {
        let mut sizes = Sizes::default();
        let cache = self.cache_settings(&[]);
        let mut places = HashMap::new();
        for item in &plan.items {
            match item.action {
                Action::Install | Action::Upgrade | Action::Downgrade | Action::Reinstall => {
                    sizes.install += item.package.install_size;
                    sizes.inbound += item.package.download_size;
                    if !self.need_not_come(item, &cache, &mut places) {
                        sizes.download += item.package.download_size;
                    }
                }
                Action::Remove | Action::Replaced => sizes.remove += item.package.install_size,
                Action::ReasonChange => {}
            }
        }
        sizes
    }
}

/// Finds out which options might help; `filelists` tells whether the lists of files are loaded.
fn hints(resolved: &Resolved, options: &oxidnf_solver::Options, skip_broken: bool, filelists: bool) -> Hints {
    let mut hints = Hints::default();
    for note in resolved.notes.iter().filter(|note| note.fatal) {
        match note.kind {
            GoalNoteKind::NotFound | GoalNoteKind::ReplayNotFound { .. } => hints.skip_unavailable = true,
            GoalNoteKind::ExtraPackage { .. } => hints.ignore_extras = true,
            GoalNoteKind::ReplayNotInstalled { .. }
            | GoalNoteKind::ReplayGroupNotInstalled { .. }
            | GoalNoteKind::ReplayOtherVersion { .. } => {
                hints.ignore_installed = true;
            }
            _ => {}
        }
    }
    for problem in &resolved.problems {
        // Whatever cannot be solved could be left out.
        hints.skip_broken = !skip_broken;
        let Problem::Unsolvable { rules } = problem else { continue };
        for rule in rules {
            match rule {
                Rule::BestUpdate { .. } | Rule::BestCandidate => hints.no_best = true,
                // A conflict with what is installed has another sentence, which dnf5 knows no help for.
                Rule::Conflicts { package, other, .. } if !package.installed && !other.installed => {
                    hints.allow_erasing = !options.allow_erasing;
                }
                Rule::SelfConflict { package, .. } if !package.installed => {
                    hints.allow_erasing = !options.allow_erasing;
                }
                Rule::NothingProvides { dependency, .. } if dependency.starts_with('/') => {
                    hints.filelists = !filelists;
                }
                _ => {}
            }
        }
    }
    hints.allow_vendor_change = !resolved.vendor_restricted.is_empty() || updates_are_limited(resolved, options);
    hints
}

/// Tells whether an installed package has a part in a problem while vendors may not change: another vendor's build might
/// take its place.
// witness: compat-tests/tests/decisions.rs::vendors_may_be_why_installed_packages_stay
fn updates_are_limited(resolved: &Resolved, options: &oxidnf_solver::Options) -> bool {
    let installed = |rule: &Rule| matches!(rule, Rule::InstalledPackage { .. });
    let limited = |problem: &Problem| matches!(problem, Problem::Unsolvable { rules } if rules.iter().any(installed));
    !options.allow_vendor_change && resolved.problems.iter().any(limited)
}
