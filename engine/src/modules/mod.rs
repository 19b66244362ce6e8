//! Modules: what repositories offer, which streams are enabled, and which builds are active for it
//! (reference of dnf5, section 4.10).

mod change;
mod defaults;
mod filter;
mod platform;
mod spec;

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_repo::metadata::Modules;
use oxidnf_repo::metadata::modules::{ModuleDependencies, ModuleProfile, ModuleStream};
use oxidnf_solver::{ModuleGoal, ModuleResolution, ModuleUnit, ModuleWish};

use crate::error::Error;
use crate::state::ModuleState;

pub(crate) use change::SpecOutcome;
pub use change::{ModuleAction, ModuleChanges, SwitchedStream};
pub(crate) use defaults::Defaults;
pub use defaults::ProfileMismatch;
pub(crate) use platform::{of_os_release, of_provide, of_text};
pub use spec::ModuleSpec;

/// The words of the state file.
pub(crate) const AVAILABLE: &str = "Available";
pub(crate) const ENABLED: &str = "Enabled";
pub(crate) const DISABLED: &str = "Disabled";

/// What the user decided about a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleStatus {
    /// Nothing.
    Available,
    /// It is to be used.
    Enabled,
    /// Its module is not to be used.
    Disabled,
}

/// A build of a module in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleItem {
    /// Id of the repository.
    pub repo_id: String,
    /// What the metadata says.
    pub stream: ModuleStream,
    static_context: String,
}

impl ModuleItem {
    /// Returns `name:stream:version:context:arch`.
    pub fn full_identifier(&self) -> String {
        let ModuleStream { name, stream, version, context, arch, .. } = &self.stream;
        format!("{name}:{stream}:{version}:{context}:{arch}")
    }

    /// Returns the modules that are required, as `name:[stream,stream]`.
    pub fn requirements(&self) -> Vec<String> {
        requires(&self.stream).into_iter().map(|(name, streams)| format!("{name}:[{}]", streams.join(","))).collect()
    }

    /// Returns the profiles, by name.
    pub fn profiles(&self) -> Vec<&ModuleProfile> {
        let mut profiles: Vec<&ModuleProfile> = self.stream.profiles.iter().collect();
        profiles.sort_by(|one, two| one.name.cmp(&two.name));
        profiles
    }

    /// Returns the packages, sorted.
    pub fn artifacts(&self) -> BTreeSet<&str> {
        self.stream.artifacts.iter().map(String::as_str).collect()
    }
}

/// Returns what a build requires: the sets in their order, the modules of each by name.
fn requires(stream: &ModuleStream) -> Vec<(String, Vec<String>)> {
    let set = |dependencies: &ModuleDependencies| {
        let modules: BTreeMap<String, BTreeSet<String>> = dependencies
            .requires
            .iter()
            .map(|(name, streams)| (name.clone(), streams.iter().cloned().collect()))
            .collect();
        modules.into_iter().map(|(name, streams)| (name, streams.into_iter().collect::<Vec<_>>()))
    };
    stream.dependencies.iter().flat_map(set).collect()
}

/// What is stored about a module, and what is to be stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Runtime {
    original: ModuleState,
    changed: ModuleState,
    stream_changes: u32,
}

/// The modules of all repositories that are loaded.
#[derive(Debug, Clone, Default)]
pub struct ModuleSack {
    items: Vec<ModuleItem>,
    units: Vec<ModuleUnit>,
    defaults: Defaults,
    platform: Option<(String, String)>,
    arch: String,
    states: BTreeMap<String, Runtime>,
    /// Builds that the user named, by their places: one of each list.
    named: Vec<Vec<usize>>,
    resolution: ModuleResolution,
}

impl ModuleSack {
    /// Puts the modules of repositories together, in the order in which they were loaded.
    ///
    /// Fails when they disagree about the default profiles of a stream, as with dnf5.
    pub(crate) fn new(
        repos: Vec<(String, Modules)>,
        states: &BTreeMap<String, ModuleState>,
        arch: &str,
    ) -> Result<Self, ProfileMismatch> {
        let (mut items, mut without_context) = (Vec::new(), Vec::new());
        let mut defaults = Vec::with_capacity(repos.len());
        for (repo_id, modules) in repos {
            defaults.push(modules.defaults);
            let mut streams = modules.streams;
            streams.sort_by(|one, two| one.name.cmp(&two.name));
            for stream in streams {
                let list = if stream.static_context { &mut items } else { &mut without_context };
                let static_context = stream.context.clone();
                list.push(ModuleItem { repo_id: repo_id.clone(), stream, static_context });
            }
        }
        give_contexts(&mut items, without_context);
        let defaults = Defaults::merged(defaults)?;
        let mut sack = ModuleSack { defaults, arch: arch.to_owned(), ..ModuleSack::default() };
        sack.units = items.iter().map(unit).collect();
        sack.items = items;
        sack.forget_changes(states);
        Ok(sack)
    }

    /// Goes back to what is stored.
    pub(crate) fn forget_changes(&mut self, states: &BTreeMap<String, ModuleState>) {
        self.named.clear();
        let stored =
            |state: &ModuleState| Runtime { original: state.clone(), changed: state.clone(), stream_changes: 0 };
        self.states = states.iter().map(|(name, state)| (name.clone(), stored(state))).collect();
        let available = ModuleState { state: AVAILABLE.to_owned(), ..ModuleState::default() };
        for item in &self.items {
            self.states.entry(item.stream.name.clone()).or_insert_with(|| stored(&available));
        }
    }

    /// Says what the platform is that modules may require.
    pub(crate) fn set_platform(&mut self, platform: Option<(String, String)>) {
        self.platform = platform;
    }

    /// Returns all builds: those of a repository by module, and then in the order of the metadata.
    pub fn items(&self) -> impl Iterator<Item = &ModuleItem> {
        self.items.iter()
    }

    /// Tells whether no repository has modules.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns what the user decided about the stream of a build.
    pub fn status(&self, item: &ModuleItem) -> ModuleStatus {
        let Some(runtime) = self.states.get(&item.stream.name) else { return ModuleStatus::Available };
        match runtime.changed.state.as_str() {
            ENABLED if runtime.changed.enabled_stream == item.stream.stream => ModuleStatus::Enabled,
            DISABLED => ModuleStatus::Disabled,
            _ => ModuleStatus::Available,
        }
    }

    /// Tells whether a build is of the default stream of its module.
    pub fn is_default(&self, item: &ModuleItem) -> bool {
        self.defaults.stream(&item.stream.name) == Some(item.stream.stream.as_str())
    }

    /// Returns the names of the default profiles of a build's stream, sorted.
    pub fn default_profiles(&self, item: &ModuleItem) -> impl Iterator<Item = &str> {
        self.defaults.profiles(&item.stream.name, &item.stream.stream)
    }

    /// Tells whether the packages of a build are those to choose from.
    pub fn is_active(&self, item: &ModuleItem) -> bool {
        let place = self.items.iter().position(|other| std::ptr::eq(other, item));
        place.is_some_and(|place| self.resolution.active.contains(&place))
    }

    /// Returns why not all that is enabled or default is active.
    pub(crate) fn resolution(&self) -> &ModuleResolution {
        &self.resolution
    }

    /// Returns the builds that a spec names; which of its readings counts is decided by what there is.
    pub fn matching(&self, spec: &str) -> Vec<&ModuleItem> {
        self.places(spec).into_iter().map(|place| &self.items[place]).collect()
    }

    /// As [`ModuleSack::matching`], among some builds only.
    pub fn matching_among<'a>(&self, spec: &str, items: &[&'a ModuleItem]) -> Vec<&'a ModuleItem> {
        let mut readings = ModuleSpec::readings(spec).into_iter();
        let found = |reading: ModuleSpec| -> Vec<&'a ModuleItem> {
            items.iter().copied().filter(|item| reading.matches(&item.stream)).collect()
        };
        readings.find_map(|reading| Some(found(reading)).filter(|found| !found.is_empty())).unwrap_or_default()
    }

    fn places(&self, spec: &str) -> Vec<usize> {
        for reading in ModuleSpec::readings(spec) {
            let found = self.items.iter().enumerate().filter(|(_, item)| reading.matches(&item.stream));
            let found: Vec<usize> = found.map(|(place, _)| place).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Decides which builds are active.
    pub(crate) fn resolve(&mut self) -> Result<(), Error> {
        let mut wishes = Vec::new();
        for (item, unit) in self.items.iter().zip(&mut self.units) {
            let ModuleStream { name, stream, .. } = &item.stream;
            let state = self.states.get(name).map(|runtime| &runtime.changed);
            let status = state.map_or(AVAILABLE, |state| state.state.as_str());
            unit.disabled = status == DISABLED;
            let enabled = status == ENABLED;
            let wished = match status {
                ENABLED => state.is_some_and(|state| state.enabled_stream == *stream),
                DISABLED => false,
                _ => self.defaults.stream(name) == Some(stream.as_str()),
            };
            if wished {
                wishes.push(ModuleWish { name_stream: format!("{name}:{stream}"), enabled });
            }
        }
        let goal = ModuleGoal {
            units: &self.units,
            platform: self.platform.as_ref().map(|(name, stream)| (name.as_str(), stream.as_str())),
            arch: &self.arch,
            wishes: &wishes,
            // Without anything to solve dnf5 looks at nothing else either.
            named: if wishes.is_empty() { &[] } else { &self.named },
        };
        self.resolution =
            oxidnf_solver::resolve_modules(&goal).map_err(|source| Error::Solver { source: Error::boxed(source) })?;
        Ok(())
    }
}

/// Gives builds whose context says nothing the one of builds with the same requirements, or one made of these, so that a
/// newer build takes the place of an older one that needs the same.
fn give_contexts(items: &mut Vec<ModuleItem>, others: Vec<ModuleItem>) {
    let key = |item: &ModuleItem| {
        let mut requirements = item.requirements();
        requirements.sort();
        (item.stream.name.clone(), item.stream.stream.clone(), requirements.join(";"))
    };
    let mut contexts: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for item in items.iter() {
        contexts.entry(key(item)).or_insert_with(|| item.stream.context.clone());
    }
    for mut item in others {
        let key = key(&item);
        item.static_context = match contexts.get(&key) {
            Some(context) => context.clone(),
            None if key.2.is_empty() => "NoRequires".to_owned(),
            None => key.2,
        };
        items.push(item);
    }
}

fn unit(item: &ModuleItem) -> ModuleUnit {
    let ModuleStream { name, stream, version, context, arch, .. } = &item.stream;
    ModuleUnit {
        name: name.clone(),
        stream: stream.clone(),
        version: *version,
        context: context.clone(),
        static_context: item.static_context.clone(),
        arch: arch.clone(),
        requires: requires(&item.stream),
        disabled: false,
    }
}

#[cfg(test)]
mod tests;
