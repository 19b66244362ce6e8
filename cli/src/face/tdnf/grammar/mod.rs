//! tdnf's command line: GNU `getopt_long_only` with permutation, which is not what clap does.
//!
//! Options may stand anywhere, a single dash will do for long ones, and beginnings of names are enough for options
//! without a value (reference of tdnf, section 1).

mod command;
mod options;

use std::collections::BTreeSet;

use super::failure::{Failure, number};

pub use command::Command;
pub use options::{LONG, LongOption, SHORT};
use options::{Named, named};

/// A command line, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Options without value that were given.
    flags: BTreeSet<&'static str>,
    /// Options with values and the settings of `--setopt`, which are one list, in their order.
    pub recorded: Vec<(String, String)>,
    /// Everything else: the command and its arguments.
    pub words: Vec<String>,
    /// The arguments with options first, as the history shows them.
    pub reordered: Vec<String>,
}

impl Line {
    /// Tells whether an option without value was given.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// Turns an option without value on, as the name `tdnfj` does.
    pub fn add(&mut self, flag: &'static str) {
        self.flags.insert(flag);
    }

    /// Returns the last value of an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.recorded.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of an option in their order.
    pub fn values<'l>(&'l self, name: &'l str) -> impl Iterator<Item = &'l str> {
        self.recorded.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the words behind the command.
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// A mistake in the options: what tdnf prints before its error line, and the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// A line for standard output, shown even with `-q`.
    pub out: Option<String>,
    /// A line for standard error.
    pub err: Option<String>,
    /// The error.
    pub failure: Failure,
}

impl Mistake {
    fn unknown(given: &str) -> Self {
        Mistake {
            out: Some(format!("No such option: {given}. Please use /usr/bin/tdnf --help")),
            err: None,
            failure: Failure::new(number::OPTION_INVALID),
        }
    }

    fn needs_value(given: &str) -> Self {
        Mistake {
            out: None,
            err: Some(format!("Option {given} requires an argument")),
            failure: Failure::new(number::OPTION_NEEDS_VALUE),
        }
    }

    fn silent(number: u32) -> Self {
        Mistake { out: None, err: None, failure: Failure::new(number) }
    }
}

/// Takes a command line apart; the program's name is not in it.
pub fn parse(arguments: &[String]) -> Result<Line, Mistake> {
    let mut parser = Parser { arguments, at: 0, line: Line::default(), options: Vec::new() };
    while let Some(argument) = parser.next() {
        if argument == "--" {
            parser.options.push(argument);
            let rest = parser.arguments.get(parser.at..).unwrap_or_default();
            parser.line.words.extend(rest.iter().cloned());
            break;
        }
        match argument.strip_prefix("--") {
            Some(name) => parser.long(&argument, name)?,
            None if argument.len() > 1 && argument.starts_with('-') => parser.single_dash(&argument)?,
            None => parser.line.words.push(argument),
        }
    }
    let Parser { mut line, options, .. } = parser;
    if line.words.iter().any(String::is_empty) {
        let failure = Failure::new(number::INVALID_PARAMETER);
        return Err(Mistake { out: None, err: Some("argument is empty string".to_owned()), failure });
    }
    line.reordered = options.into_iter().chain(line.words.iter().cloned()).collect();
    Ok(line)
}

struct Parser<'a> {
    arguments: &'a [String],
    at: usize,
    line: Line,
    /// Option words in their order, for the reordered line.
    options: Vec<String>,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<String> {
        let argument = self.arguments.get(self.at)?;
        self.at += 1;
        Some(argument.clone())
    }

    fn long(&mut self, given: &str, name: &str) -> Result<(), Mistake> {
        let (name, attached) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (name, None),
        };
        let option = match named(name) {
            Named::Whole(option) => option,
            // tdnf looks the written name up again when it stores a value.
            Named::Abbreviated(option) if !option.value => option,
            Named::Abbreviated(_) | Named::Nothing => return Err(Mistake::unknown(given)),
        };
        self.options.push(given.to_owned());
        if !option.value {
            return match attached {
                Some(_) => Err(Mistake::silent(number::OPTION_UNEXPECTED_VALUE)),
                None => {
                    self.line.flags.insert(option.name);
                    Ok(())
                }
            };
        }
        let value = match attached {
            Some(value) => value,
            None => {
                let value = self.next().ok_or_else(|| Mistake::needs_value(&format!("--{}", option.name)))?;
                self.options.push(value.clone());
                value
            }
        };
        self.record(option.name, value)
    }

    /// A single dash: a short option when that is all, else a long option, else several short ones.
    fn single_dash(&mut self, given: &str) -> Result<(), Mistake> {
        let body = &given[1..];
        let first = body.chars().next();
        let is_short = first.is_some_and(|letter| short(letter).is_some());
        let alone = body.chars().nth(1).is_none();
        if alone && is_short {
            return self.shorts(given, body);
        }
        let name = body.split('=').next().unwrap_or_default();
        match named(name) {
            Named::Nothing if is_short => self.shorts(given, body),
            _ => self.long(given, body),
        }
    }

    fn shorts(&mut self, given: &str, body: &str) -> Result<(), Mistake> {
        self.options.push(given.to_owned());
        for (place, letter) in body.char_indices() {
            let Some((_, value, long)) = short(letter) else { return Err(Mistake::unknown(&format!("-{letter}"))) };
            if !value {
                if let Some(long) = long {
                    self.line.flags.insert(long);
                }
                continue;
            }
            let rest = &body[place + letter.len_utf8()..];
            let text = if rest.is_empty() {
                let next = self.next().ok_or_else(|| Mistake::needs_value(&format!("-{letter}")))?;
                self.options.push(next.clone());
                next
            } else {
                rest.to_owned()
            };
            return match long {
                Some(long) => self.record(long, text),
                None => Ok(()),
            };
        }
        Ok(())
    }

    fn record(&mut self, name: &str, value: String) -> Result<(), Mistake> {
        if name != "setopt" {
            self.line.recorded.push((name.to_owned(), value));
            return Ok(());
        }
        let Some((key, value)) = value.split_once('=') else {
            return Err(Mistake::silent(number::SETOPT_WITHOUT_EQUALS));
        };
        self.line.recorded.push((key.to_owned(), value.to_owned()));
        Ok(())
    }
}

fn short(letter: char) -> Option<&'static (char, bool, Option<&'static str>)> {
    SHORT.iter().find(|(name, ..)| *name == letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn parsed(line: &str) -> Result<Line, Mistake> {
        parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    fn line(text: &str) -> Line {
        parsed(text).expect("a good line")
    }

    #[test]
    fn options_stand_anywhere() {
        let line = line("install foo -y bar --releasever=3.0");
        assert_eq!(line.words, ["install", "foo", "bar"]);
        assert!(line.has("assumeyes"));
        assert_eq!(line.value("releasever"), Some("3.0"));
        assert_eq!(line.reordered, ["-y", "--releasever=3.0", "install", "foo", "bar"]);
    }

    #[rstest]
    #[case("-refresh list", "refresh")]
    #[case("--refr list", "refresh")]
    #[case("-j list", "json")]
    #[case("-l repoquery", "list")]
    #[case("-qy list", "quiet")]
    #[case("-C list", "cacheonly")]
    #[case("-b list", "best")]
    fn flags(#[case] text: &str, #[case] flag: &str) {
        assert!(line(text).has(flag), "{text}");
    }

    #[rstest]
    #[case("-releasever=3.0 list", "releasever", "3.0")]
    #[case("-releasever 3.0 list", "releasever", "3.0")]
    #[case("-i /root list", "installroot", "/root")]
    #[case("-i/root list", "installroot", "/root")]
    #[case("-c a.conf list", "config", "a.conf")]
    #[case("--setopt=reposdir=/x list", "reposdir", "/x")]
    #[case("--setopt enablerepo=x list", "enablerepo", "x")]
    fn values(#[case] text: &str, #[case] name: &str, #[case] value: &str) {
        let line = line(text);
        assert_eq!(line.value(name), Some(value));
        assert_eq!(line.words, ["list"]);
    }

    #[test]
    fn x_takes_no_value() {
        assert_eq!(line("-x foo install bar").words, ["foo", "install", "bar"]);
        assert_eq!(line("-d 3 -e 2 list").words, ["list"]);
    }

    #[test]
    fn two_dashes_end_options() {
        let line = line("install -y -- -q --json");
        assert_eq!(line.words, ["install", "-q", "--json"]);
        assert!(!line.has("json"));
    }

    #[rstest]
    #[case("--nobest list", 908)]
    #[case("-jy list", 908)]
    #[case("-yj list", 908)]
    #[case("--releasev=3 list", 908)]
    #[case("--skip list", 908)]
    #[case("list --releasever", 909)]
    #[case("list -c", 909)]
    #[case("list --refresh=1", 910)]
    #[case("list --setopt=x", 911)]
    #[case("install ", 1622)]
    fn mistakes(#[case] text: &str, #[case] number: u32) {
        assert_eq!(parsed(text).expect_err(text).failure.number(), number);
    }

    #[test]
    fn mistakes_are_told() {
        let mistake = parsed("list --bogus").expect_err("unknown");
        assert_eq!(mistake.out.as_deref(), Some("No such option: --bogus. Please use /usr/bin/tdnf --help"));
        let mistake = parsed("list --repoid").expect_err("no value");
        assert_eq!(mistake.err.as_deref(), Some("Option --repoid requires an argument"));
    }
}
