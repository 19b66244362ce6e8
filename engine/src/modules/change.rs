//! Enabling, disabling and resetting modules.

use std::collections::{BTreeMap, BTreeSet};

use super::{AVAILABLE, DISABLED, ENABLED, ModuleSack, requires};
use crate::error::Error;
use crate::state::ModuleState;

/// What a request does to modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleAction {
    /// Use a stream.
    Enable,
    /// Use no stream, not even the default one.
    Disable,
    /// Forget what was decided.
    Reset,
}

/// What will be different about modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleChanges {
    /// Modules that get an enabled stream, and which.
    pub enabled: Vec<(String, String)>,
    /// Modules that are not to be used any more.
    pub disabled: Vec<String>,
    /// Modules of which nothing is decided any more.
    pub reset: Vec<String>,
    /// Modules that get another stream.
    pub switched: Vec<SwitchedStream>,
    /// Everything that is known of modules afterwards.
    pub states: BTreeMap<String, ModuleState>,
}

impl ModuleChanges {
    /// Tells whether nothing will be different.
    pub fn is_empty(&self) -> bool {
        self.enabled.is_empty() && self.disabled.is_empty() && self.reset.is_empty() && self.switched.is_empty()
    }
}

/// A module whose enabled stream changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SwitchedStream {
    pub module: String,
    pub from: String,
    pub to: String,
}

/// What came of one spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpecOutcome {
    /// It was carried out.
    Done,
    /// No module is called so.
    NotFound,
    /// Several streams of a module are meant, none of which is enabled or the default: modules and their streams.
    SeveralStreams(BTreeMap<String, BTreeSet<String>>),
}

impl ModuleSack {
    /// Notes what is to happen to the modules that a spec names.
    ///
    /// Fails when two specs want different streams of a module.
    pub(crate) fn change(&mut self, action: ModuleAction, spec: &str) -> Result<SpecOutcome, Error> {
        let places = self.places(spec);
        if places.is_empty() {
            return Ok(SpecOutcome::NotFound);
        }
        if action == ModuleAction::Enable {
            return self.enable(&places);
        }
        let names: BTreeSet<String> = places.iter().map(|place| self.items[*place].stream.name.clone()).collect();
        let status = if action == ModuleAction::Disable { DISABLED } else { AVAILABLE };
        for name in names {
            if self.set_status(&name, status) {
                self.set_stream(&name, "")?;
                self.clear_profiles(&name);
            }
        }
        Ok(SpecOutcome::Done)
    }

    fn enable(&mut self, places: &[usize]) -> Result<SpecOutcome, Error> {
        let mut wanted: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        for place in places {
            let stream = &self.items[*place].stream;
            wanted.entry(stream.name.clone()).or_default().entry(stream.stream.clone()).or_default().push(*place);
        }
        let mut unclear = BTreeMap::new();
        for (name, streams) in &mut wanted {
            if streams.len() < 2 {
                continue;
            }
            let preferred = self.preferred_stream(name);
            if preferred.as_ref().is_some_and(|preferred| streams.contains_key(preferred)) {
                streams.retain(|stream, _| Some(stream) == preferred.as_ref());
            } else {
                unclear.insert(name.clone(), streams.keys().cloned().collect());
            }
        }
        if !unclear.is_empty() {
            return Ok(SpecOutcome::SeveralStreams(unclear));
        }
        for (name, streams) in &wanted {
            for stream in streams.keys() {
                let moved = self.set_stream(name, stream)?;
                if self.set_status(name, ENABLED) || moved {
                    self.clear_profiles(name);
                }
            }
        }
        self.named.push(wanted.into_values().flat_map(BTreeMap::into_values).flatten().collect());
        Ok(SpecOutcome::Done)
    }

    /// Returns the stream that is enabled, or that is the default where none is.
    fn preferred_stream(&self, name: &str) -> Option<String> {
        let state = self.states.get(name).map(|runtime| &runtime.changed);
        match state.filter(|state| state.state == ENABLED) {
            Some(state) => Some(state.enabled_stream.clone()),
            None => self.defaults.stream(name).map(str::to_owned),
        }
    }

    fn set_status(&mut self, name: &str, status: &str) -> bool {
        let Some(runtime) = self.states.get_mut(name) else { return false };
        let differs = runtime.changed.state != status;
        status.clone_into(&mut runtime.changed.state);
        differs
    }

    fn set_stream(&mut self, name: &str, stream: &str) -> Result<bool, Error> {
        let Some(runtime) = self.states.get_mut(name) else { return Ok(false) };
        if runtime.changed.enabled_stream == stream {
            return Ok(false);
        }
        runtime.stream_changes += 1;
        if runtime.original.enabled_stream != runtime.changed.enabled_stream && runtime.stream_changes > 1 {
            return Err(Error::SeveralStreams { module: name.to_owned() });
        }
        stream.clone_into(&mut runtime.changed.enabled_stream);
        Ok(true)
    }

    fn clear_profiles(&mut self, name: &str) {
        if let Some(runtime) = self.states.get_mut(name) {
            runtime.changed.installed_profiles.clear();
        }
    }

    /// Enables what newly enabled streams require and nothing is decided about, in the streams that are active.
    pub(crate) fn enable_required(&mut self) {
        let newly = |sack: &ModuleSack, name: &str| {
            let runtime = sack.states.get(name);
            runtime.is_some_and(|runtime| runtime.original.state != ENABLED && runtime.changed.state == ENABLED)
        };
        let mut waiting: Vec<usize> = self.resolution.active.iter().copied().collect();
        waiting.retain(|place| newly(self, &self.items[*place].stream.name));
        while let Some(place) = waiting.pop() {
            for (name, _) in requires(&self.items[place].stream) {
                if self.states.get(&name).is_none_or(|runtime| runtime.changed.state != AVAILABLE) {
                    continue;
                }
                let active = |place: &&usize| self.items[**place].stream.name == name;
                let Some(required) = self.resolution.active.iter().find(active).copied() else { continue };
                let stream = self.items[required].stream.stream.clone();
                self.set_status(&name, ENABLED);
                if let Some(runtime) = self.states.get_mut(&name) {
                    runtime.changed.enabled_stream = stream;
                }
                waiting.push(required);
            }
        }
    }

    /// Returns what is different from what is stored.
    pub(crate) fn changes(&self) -> ModuleChanges {
        let mut changes = ModuleChanges::default();
        for (name, runtime) in &self.states {
            let (original, changed) = (&runtime.original, &runtime.changed);
            changes.states.insert(name.clone(), changed.clone());
            if original.state == ENABLED && changed.state == ENABLED {
                if original.enabled_stream != changed.enabled_stream {
                    changes.switched.push(SwitchedStream {
                        module: name.clone(),
                        from: original.enabled_stream.clone(),
                        to: changed.enabled_stream.clone(),
                    });
                }
            } else if original.state != changed.state {
                match changed.state.as_str() {
                    ENABLED => changes.enabled.push((name.clone(), changed.enabled_stream.clone())),
                    DISABLED => changes.disabled.push(name.clone()),
                    _ => changes.reset.push(name.clone()),
                }
            }
        }
        changes
    }
}
