//! Default streams and profiles, put together from all repositories.

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_repo::metadata::modules::ModuleDefaults;

/// Two repositories name different default profiles for a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Profile default mismatch in stream: {stream}")]
pub struct ProfileMismatch {
    /// The stream.
    pub stream: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum DefaultStream {
    #[default]
    None,
    Is(String),
    /// Repositories disagree, so that there is none whatever a third one says.
    Disputed,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ModuleDefault {
    stream: DefaultStream,
    profiles: BTreeMap<String, BTreeSet<String>>,
    modified: u64,
}

/// The defaults of all modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Defaults(BTreeMap<String, ModuleDefault>);

impl Defaults {
    /// Adds those of a repository: within it the last word counts, between repositories the newest one; equally old
    /// ones are put together.
    pub(crate) fn add(&mut self, documents: Vec<ModuleDefaults>) -> Result<(), ProfileMismatch> {
        let last: BTreeMap<String, ModuleDefaults> =
            documents.into_iter().map(|document| (document.module.clone(), document)).collect();
        for (module, document) in last {
            let stream = document.stream.map_or(DefaultStream::None, DefaultStream::Is);
            let profiles = document.profiles.into_iter().map(|(stream, names)| (stream, names.into_iter().collect()));
            let new = ModuleDefault { stream, profiles: profiles.collect(), modified: document.modified };
            match self.0.get_mut(&module) {
                Some(known) if known.modified == new.modified => known.merge(new)?,
                Some(known) if known.modified > new.modified => {}
                _ => drop(self.0.insert(module, new)),
            }
        }
        Ok(())
    }

    /// Returns the default stream of a module.
    pub(crate) fn stream(&self, module: &str) -> Option<&str> {
        match &self.0.get(module)?.stream {
            DefaultStream::Is(stream) => Some(stream),
            DefaultStream::None | DefaultStream::Disputed => None,
        }
    }

    /// Returns the names of the default profiles of a stream, sorted.
    pub(crate) fn profiles(&self, module: &str, stream: &str) -> impl Iterator<Item = &str> {
        let profiles = self.0.get(module).and_then(|known| known.profiles.get(stream));
        profiles.into_iter().flatten().map(String::as_str)
    }
}

impl ModuleDefault {
    fn merge(&mut self, other: ModuleDefault) -> Result<(), ProfileMismatch> {
        match (&self.stream, other.stream) {
            (DefaultStream::Is(one), DefaultStream::Is(two)) if *one != two => self.stream = DefaultStream::Disputed,
            (DefaultStream::None, two) => self.stream = two,
            _ => {}
        }
        for (stream, names) in other.profiles {
            match self.profiles.get(&stream) {
                Some(known) if *known != names => return Err(ProfileMismatch { stream }),
                _ => drop(self.profiles.insert(stream, names)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(module: &str, stream: &str, modified: u64, profiles: &[(&str, &[&str])]) -> ModuleDefaults {
        let own = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        ModuleDefaults {
            module: module.to_owned(),
            stream: (!stream.is_empty()).then(|| stream.to_owned()),
            profiles: profiles.iter().map(|(stream, names)| ((*stream).to_owned(), own(names))).collect(),
            modified,
        }
    }

    // witness: compat-tests/tests/modules.rs
    #[test]
    fn newest_wins_and_equals_are_merged() {
        let mut defaults = Defaults::default();
        let first = vec![
            document("last", "a", 5, &[]),
            document("last", "b", 4, &[]),
            document("newer", "a", 2, &[]),
            document("older", "a", 1, &[]),
            document("merged", "", 1, &[("a", &["p2", "p1"])]),
            document("disputed", "a", 1, &[]),
        ];
        let second = vec![
            document("newer", "b", 3, &[]),
            document("older", "b", 0, &[]),
            document("merged", "b", 1, &[("b", &["x"])]),
            document("disputed", "b", 1, &[]),
        ];
        defaults.add(first).expect("no mismatch");
        defaults.add(second).expect("no mismatch");
        defaults.add(vec![document("disputed", "b", 1, &[])]).expect("no mismatch");
        let streams = ["last", "newer", "older", "merged", "disputed", "nope"].map(|module| defaults.stream(module));
        assert_eq!(streams, [Some("b"), Some("b"), Some("a"), Some("b"), None, None]);
        assert_eq!(defaults.profiles("merged", "a").collect::<Vec<_>>(), ["p1", "p2"]);
        let other = defaults.add(vec![document("merged", "b", 1, &[("a", &["p1"])])]);
        assert_eq!(other, Err(ProfileMismatch { stream: "a".to_owned() }));
    }
}
