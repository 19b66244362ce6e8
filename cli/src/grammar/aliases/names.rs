//! Which of several languages a text is shown in.

use crate::environment::Environment;

/// The locale of messages: `cs_CZ`, or `C`.
pub(super) struct Locale(String);

impl Locale {
    /// Finds it in the environment, where the first of these variables that is set counts.
    pub(super) fn of(environment: &Environment) -> Self {
        let set = |name: &&str| environment.get(name).is_some_and(|text| !text.is_empty());
        let name = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
        let text = name.and_then(|name| environment.get(name)).unwrap_or("C");
        // What is behind the dot is the character set.
        Locale(text.split(['.', '@']).next().unwrap_or("C").to_owned())
    }

    /// Returns the text for this locale, or else that for `C`.
    pub(super) fn choose<'t>(&self, text_of: impl Fn(&str) -> Option<&'t str>) -> Option<&'t str> {
        text_of(&self.0).or_else(|| text_of("C"))
    }
}
