//! What becomes of the words of an option.

use super::Part;
use super::call::{OptionUse, OptionValue};
use super::draft::Draft;

/// Letters that dnf5 reads as the older tools do.
const SHARED_LETTERS: &[(&str, char)] = &[("quiet", 'q'), ("assumeyes", 'y'), ("cacheonly", 'C'), ("help", 'h')];

impl Draft<'_> {
    pub(super) fn keep(&mut self, option: &OptionUse) {
        let letter = SHARED_LETTERS.iter().find(|(name, _)| *name == option.name).map(|(_, letter)| *letter);
        if option.in_cluster {
            let text = letter.map_or_else(|| format!("--{}", option.name), |letter| format!("-{letter}"));
            self.cluster(option, Some(&text));
        } else if !option.is_canonical {
            let word = self.words[option.word].text();
            if letter.is_none_or(|letter| word != format!("-{letter}")) {
                self.rename(option, &format!("--{}", option.name));
            }
        }
    }

    pub(super) fn keep_for_command(&mut self, option: &OptionUse) {
        self.keep(option);
        self.behind_command(option);
    }

    pub(super) fn behind_command(&mut self, option: &OptionUse) {
        self.belongs_behind_command(option.word);
        if let Some(word) = option.value.as_ref().and_then(|value| value.word) {
            self.belongs_behind_command(word);
        }
    }

    pub(super) fn rename_for_command(&mut self, option: &OptionUse, to: &str) {
        self.rename(option, to);
        self.behind_command(option);
    }

    pub(super) fn rename(&mut self, option: &OptionUse, to: &str) {
        let current = self.words[option.word].text();
        match &option.value {
            Some(OptionValue { word: None, lead, .. }) => {
                let prefix = format!("{to}=");
                if *lead != prefix {
                    let part = Part::Changed { index: option.word, cut: lead.clone(), prefix, suffix: String::new() };
                    self.becomes(option.word, vec![part]);
                }
            }
            _ if option.in_cluster => self.cluster(option, Some(to)),
            _ if current != to => self.becomes(option.word, vec![Part::New(to.to_owned())]),
            _ => {}
        }
    }

    pub(super) fn replace(&mut self, option: &OptionUse, text: &str) {
        if option.in_cluster {
            self.cluster(option, Some(text));
        } else {
            self.becomes(option.word, vec![Part::New(text.to_owned())]);
        }
    }

    pub(super) fn drop(&mut self, option: &OptionUse) {
        if option.in_cluster {
            self.cluster(option, None);
        } else {
            self.goes(option.word);
        }
        if let Some(word) = option.value.as_ref().and_then(|value| value.word) {
            self.goes(word);
        }
    }

    /// Writes what is left of a word of several letters: single letters stay together.
    pub(super) fn cluster(&mut self, option: &OptionUse, text: Option<&str>) {
        let parts = self.clusters.entry(option.word).or_default();
        let Some(text) = text else { return };
        if let (Some(Part::New(last)), false) = (parts.last_mut(), text.starts_with("--"))
            && !last.starts_with("--")
        {
            last.push_str(text.trim_start_matches('-'));
            return;
        }
        parts.push(Part::New(text.to_owned()));
    }
}
