//! Options of the main configuration and of repositories, as actions read and change them.

use oxidnf_core::conf::Priority;
use oxidnf_engine::plugin::HookCx;
use oxidnf_engine::repo_config::glob_match;

use super::Failure;
use super::conf::capitalized;

/// A name of an option, or of one of the repositories that match a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'k> {
    Main(&'k str),
    Repo { pattern: &'k str, option: &'k str },
}

impl<'k> Key<'k> {
    /// Takes `OPTION` or `REPO.OPTION` apart at the last dot.
    pub(super) fn of(key: &'k str) -> Result<Self, Failure> {
        match key.rsplit_once('.') {
            Some((_, "")) => {
                Err(format!("Badly formatted argument value: Last key character cannot be '.': {key}").into())
            }
            Some((pattern, option)) if !pattern.is_empty() => Ok(Key::Repo { pattern, option }),
            _ => Ok(Key::Main(key)),
        }
    }
}

/// Returns the value of an option; [`None`] where there is no such option.
///
/// Options that nobody has set are empty, where dnf5 ends with an error that names neither file nor option.
pub(super) fn main_option(cx: &HookCx<'_>, name: &str) -> Option<String> {
    let (_, value) = cx.config.dump().into_iter().find(|(known, _)| *known == name)?;
    Some(value.unwrap_or_default())
}

/// Returns the repositories that match, each with its value of an option, in the order of their definition.
///
/// Repositories without a value are left out.
pub(super) fn repo_options(cx: &HookCx<'_>, pattern: &str, option: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut values = Vec::new();
    for repo in cx.repos.iter().filter(|repo| glob_match(pattern, &repo.id)) {
        let known = repo.dump().into_iter().find(|(name, _)| *name == option);
        let (_, value) = known.ok_or_else(|| format!("Unknown repo config option: {}.{option}", repo.id))?;
        values.extend(value.map(|value| (repo.id.clone(), value)));
    }
    Ok(values)
}

/// Sets an option from its text, in all repositories that match if it is one of theirs.
pub(super) fn set(cx: &mut HookCx<'_>, key: &str, value: &str) -> Result<(), Failure> {
    match Key::of(key)? {
        Key::Main(name) => match cx.config.options.set(name, Priority::PluginConfig, value) {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("Unknown config option \"{name}\"").into()),
            Err(error) => {
                let reason = capitalized(&error.to_string());
                Err(format!("Cannot set config option \"{name}={value}\": {reason}").into())
            }
        },
        Key::Repo { pattern, option } => {
            for repo in cx.repos.iter_mut().filter(|repo| glob_match(pattern, &repo.id)) {
                let id = repo.id.clone();
                match repo.set(option, value) {
                    Ok(true) => {}
                    Ok(false) => return Err(format!("Unknown repo config option: {id}.{option}").into()),
                    Err(error) => {
                        let reason = capitalized(&error.to_string());
                        let what = format!("Cannot set repo config option \"{id}.{option}={value}\": {reason}");
                        return Err(what.into());
                    }
                }
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: compat-tests/tests/actions.rs::answers
    #[test]
    fn keys() {
        assert_eq!(Key::of("best"), Ok(Key::Main("best")));
        assert_eq!(Key::of(".x"), Ok(Key::Main(".x")));
        assert_eq!(Key::of("a.b.c"), Ok(Key::Repo { pattern: "a.b", option: "c" }));
        let refused = Key::of("base.").map_err(|failure| failure.message);
        let want = "Badly formatted argument value: Last key character cannot be '.': base.";
        assert_eq!(refused, Err(want.to_owned()));
    }
}
