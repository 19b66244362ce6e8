//! A command line taken apart: the command, its arguments, its options.

use crate::word::Word;

/// An option of an older program, and what becomes of it.
#[derive(Debug)]
pub(super) struct Known<M: 'static> {
    /// Its full name without dashes.
    pub(super) name: &'static str,
    /// Whether a value belongs to it.
    pub(super) takes_value: bool,
    /// What dnf5 makes of it.
    pub(super) means: M,
}

/// An option without a value.
pub(super) const fn flag<M: Copy>(name: &'static str, means: M) -> Known<M> {
    Known { name, takes_value: false, means }
}

/// An option with a value.
pub(super) const fn value<M: Copy>(name: &'static str, means: M) -> Known<M> {
    Known { name, takes_value: true, means }
}

/// One option as it was used.
#[derive(Debug, Clone)]
pub(super) struct OptionUse {
    /// Its full name without dashes.
    pub(super) name: &'static str,
    /// The word it stands in.
    pub(super) word: usize,
    /// Its value, and where that stands.
    pub(super) value: Option<OptionValue>,
    /// Whether the word is spelled `--name` or `--name=value`.
    pub(super) is_canonical: bool,
    /// Whether other letters share the word.
    pub(super) in_cluster: bool,
}

/// The value of an option.
#[derive(Debug, Clone)]
pub(super) struct OptionValue {
    /// With [`EXPANSION`](crate::word::EXPANSION) for what is not known.
    pub(super) text: String,
    /// The word that holds it, if that is not the option's own.
    pub(super) word: Option<usize>,
    /// What stands before it in its own word.
    pub(super) lead: String,
}

impl OptionValue {
    /// The value that ends the option's own word.
    pub(super) fn ending(word: &str, value: &str) -> Self {
        OptionValue { text: value.to_owned(), word: None, lead: word[..word.len() - value.len()].to_owned() }
    }

    /// The value that is the word at this place, if there is one.
    pub(super) fn at(words: &[Word], place: usize) -> Option<Self> {
        let word = words.get(place)?;
        Some(OptionValue { text: word.text().to_owned(), word: Some(place), lead: String::new() })
    }

    /// The value of a letter: the rest of its word, or else the next word.
    pub(super) fn of_letter(words: &[Word], index: usize, rest: &str) -> Option<Self> {
        if rest.is_empty() { Self::at(words, index + 1) } else { Some(Self::ending(words[index].text(), rest)) }
    }
}

/// A command line taken apart.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// Words that are neither options nor values, in order; the first names the command.
    pub(super) positionals: Vec<usize>,
    /// Options in order.
    pub(super) options: Vec<OptionUse>,
    /// The word `--`.
    pub(super) end_of_options: Option<usize>,
    /// What cannot be understood: the word, and why.
    pub(super) errors: Vec<(usize, String)>,
}

impl Call {
    /// Takes an option out, all its uses; the last one counts.
    pub(super) fn take(&mut self, name: &str) -> Vec<OptionUse> {
        let (taken, left) = std::mem::take(&mut self.options).into_iter().partition(|option| option.name == name);
        self.options = left;
        taken
    }

    /// Tells whether an option is used.
    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|option| option.name == name)
    }
}
