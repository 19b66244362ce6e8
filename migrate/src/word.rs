//! Words of a command line as the shell hands them over, as far as that can be told from the text.

/// Stands in a word for whatever an expansion will put there.
pub(crate) const EXPANSION: char = '\u{FFFC}';

/// A word after quotes are taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    text: String,
}

impl Word {
    /// Makes a word; [`EXPANSION`] stands for each part that is not known.
    pub(crate) fn new(text: impl Into<String>) -> Word {
        Word { text: text.into() }
    }

    /// The text, with [`EXPANSION`] for what is not known.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text, if all of it is known.
    pub(crate) fn literal(&self) -> Option<&str> {
        (!self.text.contains(EXPANSION)).then_some(&*self.text)
    }

    /// Tells whether nothing of the word is known.
    pub(crate) fn is_unknown(&self) -> bool {
        self.text.starts_with(EXPANSION)
    }
}

#[cfg(test)]
pub(crate) fn words(line: &str) -> Vec<Word> {
    line.split_whitespace().map(|word| Word::new(word.replace('$', "\u{FFFC}"))).collect()
}
