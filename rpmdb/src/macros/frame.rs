//! What a macro is called with: `%1`, `%*`, `%{-x}` and their like.

use std::collections::BTreeMap;

/// A call of a macro that takes parameters.
#[derive(Debug)]
pub(super) struct Frame {
    name: String,
    /// All words, as they were given.
    words: Vec<String>,
    /// Those that are no options.
    parameters: Vec<String>,
    /// Options that were given, with what follows those that want it.
    options: BTreeMap<char, Option<String>>,
}

impl Frame {
    /// Sorts the words of a call as getopt(3) does, which looks for options between parameters, too.
    ///
    /// # Errors
    /// What is wrong, in the words of the C library and of rpm.
    pub(super) fn new(name: &str, letters: &str, words: Vec<String>) -> Result<Self, [String; 2]> {
        let mut frame = Frame { name: name.to_owned(), words, parameters: Vec::new(), options: BTreeMap::new() };
        // `-` alone asks that nothing is looked for.
        if letters == "-" {
            frame.parameters.clone_from(&frame.words);
            return Ok(frame);
        }
        let mut words = frame.words.iter();
        while let Some(word) = words.next() {
            let Some(given) = word.strip_prefix('-').filter(|given| !given.is_empty()) else {
                frame.parameters.push(word.clone());
                continue;
            };
            if given == "-" {
                frame.parameters.extend(words.cloned());
                break;
            }
            let mut rest = given.chars();
            while let Some(letter) = rest.next() {
                let known = letters.find(letter).filter(|_| letter != ':');
                let wrong = |what: String| [what, format!("error: Unknown option {letter} in {name}({letters})")];
                let Some(at) = known else {
                    return Err(wrong(format!("{name}: invalid option -- '{letter}'")));
                };
                if !letters[at + letter.len_utf8()..].starts_with(':') {
                    frame.options.insert(letter, None);
                    continue;
                }
                let missing = || wrong(format!("{name}: option requires an argument -- '{letter}'"));
                let value = match rest.as_str() {
                    "" => words.next().cloned().ok_or_else(missing)?,
                    attached => attached.to_owned(),
                };
                frame.options.insert(letter, Some(value));
                break;
            }
        }
        Ok(frame)
    }

    /// Returns what such a name stands for.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match name {
            "0" => Some(self.name.clone()),
            "#" => Some(self.parameters.len().to_string()),
            "*" => Some(self.parameters.join(" ")),
            "**" => Some(self.words.join(" ")),
            _ => match name.strip_prefix('-') {
                Some(option) => self.option(option),
                None => self.parameters.get(name.parse::<usize>().ok()?.checked_sub(1)?).cloned(),
            },
        }
    }

    fn option(&self, name: &str) -> Option<String> {
        let mut letters = name.chars();
        let letter = letters.next()?;
        let value = self.options.get(&letter)?;
        match letters.as_str() {
            "" => Some(value.as_ref().map_or_else(|| format!("-{letter}"), |value| format!("-{letter} {value}"))),
            "*" => value.clone(),
            _ => None,
        }
    }
}
