//! Modules of a session: which are there, what they hide, and what a request does to them.

use std::collections::BTreeSet;
use std::path::Path;

use oxidnf_catalog::{ExcludeKind, PackageSet, Query, Relation, RepoKind};
use oxidnf_core::Plan;
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_repo::catalog_cache::CatalogSettings;
use oxidnf_repo::modules_cache;
use oxidnf_solver::ModuleTrouble;

use super::Session;
use crate::error::Error;
use crate::log::Level;
use crate::modules::{self, ModuleAction, ModuleChanges, ModuleSack, SpecOutcome};
use crate::request::{Operation, Request, RequestOptions};
use crate::resolved::{GoalNote, GoalNoteKind, Resolved};

/// Files that say what the platform is, the first one that does.
const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

impl Session {
    /// Returns the modules of the loaded repositories.
    pub fn modules(&self) -> &ModuleSack {
        &self.modules
    }

    /// Reads the modules of the loaded repositories, and hides what they hide.
    pub(super) fn load_modules(&mut self) -> Result<(), Error> {
        if self.settings.ignore_modules {
            return Ok(());
        }
        let mut repos = Vec::new();
        for (_, info) in self.sack.repos().filter(|(_, info)| info.kind == RepoKind::Available) {
            let Some(metadata) = self.metadata(&info.id) else { continue };
            let failed = |source| Error::Modules { id: info.id.clone(), source };
            let keep = self.repos.iter().all(|repo| repo.id != info.id || repo.options.build_cache);
            let settings = CatalogSettings { keep, ..CatalogSettings::default() };
            let found = modules_cache::load(metadata, settings).map_err(|error| failed(Error::boxed(error)))?;
            for failure in &found.failures {
                self.log.write(Level::Error, &format!("Module yaml error: {failure}"));
            }
            if let Some(failure) = found.unreadable {
                return Err(failed(Error::boxed(failure)));
            }
            repos.push((info.id.clone(), found));
        }
        let arch = self.vars.get("arch").unwrap_or_default();
        self.modules = ModuleSack::new(repos, self.state.modules(), arch)?;
        if self.modules.is_empty() {
            return Ok(());
        }
        let platform = self.platform();
        if platform.is_none() {
            self.log.write(Level::Debug, "No valid Platform ID detected");
        }
        self.modules.set_platform(platform);
        self.modules.resolve()?;
        self.apply_module_excludes();
        Ok(())
    }

    /// Hides the packages that the active builds leave no room for.
    fn apply_module_excludes(&mut self) {
        let hotfixes = |id: &str| self.repos.iter().any(|repo| repo.id == id && repo.enabled && repo.module_hotfixes);
        let mut targets = PackageSet::new();
        for (index, info) in self.sack.repos() {
            if info.kind == RepoKind::Available && !hotfixes(&info.id) {
                targets.union(&self.sack.repo_packages(index));
            }
        }
        // What a lock hides is no matter of modules, so that it shows wherever locks are not obeyed.
        // witness: compat-tests/tests/decisions.rs::locked_and_of_another_stream
        targets.subtract(self.sack.excluded(ExcludeKind::Versionlock));
        let hidden = self.modules.filtered().hidden(&self.sack, &targets);
        self.sack.set_excluded(hidden, ExcludeKind::Module);
    }

    /// Finds out for which platform modules are wanted: what is configured, what packages say of themselves, what the
    /// system says.
    fn platform(&self) -> Option<(String, String)> {
        let configured = self.config.options.module_platform_id.get().as_ref().map(|id| id.0.clone());
        if let Some(found) = configured.as_deref().and_then(modules::of_text) {
            return Some(found);
        }
        let release = ReldepRef { name: "system-release", sense: Sense::ANY, evr: "" };
        let releases = Query::new(&self.sack).filter_relation(Relation::Provides, &[release]).filter_latest(1);
        let releases = releases.into_packages();
        for installed in [false, true] {
            let packages = releases.iter().filter(|id| self.sack.is_installed(*id) == installed);
            let platforms: BTreeSet<String> = packages
                .filter_map(|id| {
                    let mut provides = self.sack.package(id).provides();
                    let first = provides.find(|provide| provide.name.starts_with("base-module"))?;
                    modules::of_provide(first.name).map(str::to_owned)
                })
                .collect();
            if let (1, Some(found)) = (platforms.len(), platforms.first().and_then(|text| modules::of_text(text))) {
                return Some(found);
            }
        }
        let read = |path: &&str| self.roots.target.read_to_string(Path::new(path)).ok();
        OS_RELEASE.iter().filter_map(read).find_map(|text| modules::of_os_release(&text))
    }

    /// Carries out what a request wants of modules, so that its packages are those of the streams that will be active.
    pub(crate) fn change_modules(&mut self, request: &Request) -> Result<ModuleDecision, Error> {
        let mut decision = ModuleDecision::default();
        let wishes: Vec<(ModuleAction, &String)> = request
            .items
            .iter()
            .filter_map(|item| match item.operation {
                Operation::Module(action) => Some((action, &item.specs)),
                _ => None,
            })
            .flat_map(|(action, specs)| specs.iter().map(move |spec| (action, spec)))
            .collect();
        if self.modules.is_empty() && wishes.is_empty() {
            return Ok(decision);
        }
        self.modules.forget_changes(self.state.modules());
        for (action, spec) in &wishes {
            let outcome = self.modules.change(*action, spec)?;
            decision.notes.extend(self.judge_outcome(*action, spec, outcome, &request.options));
        }
        if !wishes.is_empty() {
            self.modules.resolve()?;
        }
        let mut changes = self.modules.changes();
        if !self.config.options.module_stream_switch.value() {
            let note = |switch: &modules::SwitchedStream| GoalNote {
                operation: Operation::Module(ModuleAction::Enable),
                spec: switch.module.clone(),
                kind: GoalNoteKind::StreamSwitch { from: switch.from.clone(), to: switch.to.clone() },
                fatal: true,
            };
            decision.notes.extend(changes.switched.iter().map(note));
        }
        decision.notes.extend(self.module_problems());
        let failed = decision.notes.iter().any(|note| note.fatal);
        if !wishes.is_empty() && !failed {
            self.modules.enable_required();
            changes = self.modules.changes();
        }
        if !wishes.is_empty() {
            self.apply_module_excludes();
        }
        if !failed {
            decision.changes = changes;
        }
        Ok(decision)
    }

    /// Takes back what was only tried.
    pub(crate) fn forget_module_changes(&mut self) -> Result<(), Error> {
        self.modules.forget_changes(self.state.modules());
        self.modules.resolve()?;
        self.apply_module_excludes();
        Ok(())
    }

    fn judge_outcome(
        &self,
        action: ModuleAction,
        spec: &str,
        outcome: SpecOutcome,
        options: &RequestOptions,
    ) -> Option<GoalNote> {
        let config = &self.config.options;
        let (kind, fatal) = match outcome {
            SpecOutcome::Done => return None,
            SpecOutcome::NotFound => {
                let skip = options.skip_unavailable.unwrap_or_else(|| config.skip_unavailable.value());
                (GoalNoteKind::NotFound, !skip)
            }
            SpecOutcome::SeveralStreams(streams) => {
                let skip = options.skip_broken.unwrap_or_else(|| config.skip_broken.value());
                (GoalNoteKind::SeveralStreams { streams }, !skip)
            }
        };
        Some(GoalNote { operation: Operation::Module(action), spec: spec.to_owned(), kind, fatal })
    }

    /// Returns why not everything that is enabled or the default can be active; without what is enabled no transaction
    /// goes on.
    fn module_problems(&self) -> Option<GoalNote> {
        let resolution = self.modules.resolution();
        let (trouble, problems) = (resolution.trouble, resolution.problems.clone());
        let fatal = match trouble {
            ModuleTrouble::None => return None,
            ModuleTrouble::Defaults | ModuleTrouble::Latest => false,
            ModuleTrouble::Enabled | ModuleTrouble::All => true,
        };
        let kind = GoalNoteKind::ModuleProblems { trouble, problems };
        Some(GoalNote { operation: Operation::Module(ModuleAction::Enable), spec: String::new(), kind, fatal })
    }
}

/// What a request comes to for modules.
#[derive(Debug, Default)]
pub(crate) struct ModuleDecision {
    notes: Vec<GoalNote>,
    changes: ModuleChanges,
}

impl ModuleDecision {
    /// Tells whether it ends the request.
    pub(crate) fn is_failed(&self) -> bool {
        self.notes.iter().any(|note| note.fatal)
    }

    /// Tells whether a module gets another stream.
    pub(crate) fn switches(&self) -> bool {
        !self.changes.switched.is_empty()
    }

    /// Puts it in front of what the request comes to for packages.
    pub(super) fn join(self, resolved: &mut Resolved) {
        let failed = self.is_failed();
        let ModuleDecision { mut notes, changes } = self;
        if failed {
            resolved.plan = Plan::default();
            resolved.groups.clear();
        }
        let missing = |note: &GoalNote| note.fatal && note.kind == GoalNoteKind::NotFound;
        resolved.hints.skip_unavailable |= notes.iter().any(missing);
        notes.append(&mut resolved.notes);
        resolved.notes = notes;
        resolved.modules = changes;
    }
}
