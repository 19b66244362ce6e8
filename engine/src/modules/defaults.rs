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
struct ModuleDefault {
    stream: Option<String>,
    profiles: BTreeMap<String, BTreeSet<String>>,
    modified: u64,
}

/// The defaults of all modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Defaults(BTreeMap<String, ModuleDefault>);

impl Defaults {
    /// Puts those of all repositories together, in the order in which they were loaded.
    ///
    /// Within a repository the last word counts. Between repositories the newest one has the say about what both name;
    /// equally old ones that name different streams have said nothing.
    // witness: compat-tests/tests/decisions.rs::defaults_of_several_repositories
    pub(crate) fn merged(repos: Vec<Vec<ModuleDefaults>>) -> Result<Self, ProfileMismatch> {
        let mut defaults = Defaults::default();
        repos.into_iter().try_for_each(|documents| defaults.add(documents))?;
        Ok(defaults)
    }

    fn add(&mut self, documents: Vec<ModuleDefaults>) -> Result<(), ProfileMismatch> {
        let last: BTreeMap<String, ModuleDefaults> =
            documents.into_iter().map(|document| (document.module.clone(), document)).collect();
        for (module, document) in last {
            let profiles = document.profiles.into_iter().map(|(stream, names)| (stream, names.into_iter().collect()));
            let new =
                ModuleDefault { stream: document.stream, profiles: profiles.collect(), modified: document.modified };
            let known = self.0.remove(&module);
            let merged = match known {
                None => new,
                Some(known) if known.modified == new.modified => known.equal(new)?,
                Some(known) if known.modified > new.modified => known.over(new),
                Some(known) => new.over(known),
            };
            self.0.insert(module, merged);
        }
        Ok(())
    }

    /// Returns the default stream of a module.
    pub(crate) fn stream(&self, module: &str) -> Option<&str> {
        self.0.get(module)?.stream.as_deref()
    }

    /// Returns the names of the default profiles of a stream, sorted.
    pub(crate) fn profiles(&self, module: &str, stream: &str) -> impl Iterator<Item = &str> {
        let profiles = self.0.get(module).and_then(|known| known.profiles.get(stream));
        profiles.into_iter().flatten().map(String::as_str)
    }
}

impl ModuleDefault {
    /// Adds what an older one says besides.
    fn over(mut self, older: ModuleDefault) -> Self {
        self.stream = self.stream.or(older.stream);
        for (stream, names) in older.profiles {
            self.profiles.entry(stream).or_insert(names);
        }
        self
    }

    /// Adds what one of the same age says.
    fn equal(mut self, other: ModuleDefault) -> Result<Self, ProfileMismatch> {
        self.stream = match (self.stream, other.stream) {
            (Some(one), Some(two)) => (one == two).then_some(one),
            (one, two) => one.or(two),
        };
        for (stream, names) in other.profiles {
            match self.profiles.get(&stream) {
                Some(known) if *known != names => return Err(ProfileMismatch { stream }),
                _ => drop(self.profiles.insert(stream, names)),
            }
        }
        Ok(self)
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

    #[test]
    fn newest_wins_and_equals_are_merged() {
        let first = vec![
            document("last", "a", 5, &[]),
            document("last", "b", 4, &[]),
            document("newer", "a", 2, &[("a", &["p1"]), ("b", &["p1"])]),
            document("older", "a", 1, &[]),
            document("silent", "a", 0, &[]),
            document("merged", "", 1, &[("a", &["p2", "p1"])]),
            document("disputed", "a", 1, &[]),
            document("third", "a", 1, &[]),
        ];
        let second = vec![
            document("newer", "b", 3, &[("b", &["p2"])]),
            document("older", "b", 0, &[]),
            document("silent", "", 1, &[]),
            document("merged", "b", 1, &[("b", &["x"])]),
            document("disputed", "b", 1, &[]),
            document("third", "b", 1, &[]),
        ];
        let third = vec![document("third", "a", 1, &[])];
        let defaults = Defaults::merged(vec![first.clone(), second, third]).expect("no mismatch");
        let streams = ["last", "newer", "older", "silent", "merged", "disputed", "third", "nope"];
        let streams = streams.map(|module| defaults.stream(module).unwrap_or("-"));
        assert_eq!(streams, ["b", "b", "a", "a", "b", "-", "a", "-"]);
        let profiles = |module, stream| defaults.profiles(module, stream).collect::<Vec<_>>();
        assert_eq!(profiles("merged", "a"), ["p1", "p2"]);
        assert_eq!([profiles("newer", "a"), profiles("newer", "b")], [["p1"], ["p2"]]);
        let other = Defaults::merged(vec![first, vec![document("merged", "b", 1, &[("a", &["p1"])])]]);
        assert_eq!(other, Err(ProfileMismatch { stream: "a".to_owned() }));
    }
}
