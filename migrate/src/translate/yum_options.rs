//! Options of yum, dnf 4 and microdnf, how they are spelled, and what becomes of each.

use super::call::{Call, Known, OptionUse, OptionValue, flag, value};
use crate::word::Word;

/// What dnf5 makes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// The same under the same name.
    Same,
    /// The same, but only behind the command.
    OfCommand,
    /// The same under another name.
    Renamed(&'static str),
    /// Nothing is lost without it.
    Nothing,
    /// Somebody has to decide.
    Lost(&'static str),
    /// What the command says.
    Command,
}

/// Options that dnf5 spells otherwise, or that take a value, or that belong behind the command.
const OPTIONS: &[Known<Means>] = &[
    flag("4", Means::Renamed("--setopt=ip_resolve=4")),
    flag("6", Means::Renamed("--setopt=ip_resolve=6")),
    value("add-repo", Means::Command),
    value("advisories", Means::OfCommand),
    value("advisory", Means::OfCommand),
    flag("allowerasing", Means::OfCommand),
    flag("best", Means::Same),
    flag("bugfix", Means::OfCommand),
    value("bz", Means::OfCommand),
    value("bzs", Means::OfCommand),
    flag("cacheonly", Means::Same),
    value("color", Means::Same),
    value("comment", Means::Same),
    value("config", Means::Same),
    value("cve", Means::OfCommand),
    value("cves", Means::OfCommand),
    value("debuglevel", Means::Nothing),
    value("destdir", Means::Command),
    flag("disable", Means::Command),
    value("disableexcludes", Means::Renamed("--setopt=disable_excludes")),
    value("disableexcludepkgs", Means::Renamed("--setopt=disable_excludes")),
    value("disableplugin", Means::Same),
    value("disablerepo", Means::Same),
    value("downloaddir", Means::Command),
    flag("downloadonly", Means::Command),
    flag("dump", Means::Command),
    flag("enable", Means::Command),
    value("enableplugin", Means::Same),
    value("enablerepo", Means::Same),
    flag("enhancement", Means::OfCommand),
    value("errorlevel", Means::Nothing),
    value("exclude", Means::Same),
    value("excludepkgs", Means::Renamed("--exclude")),
    value("forcearch", Means::Same),
    value("installroot", Means::Same),
    flag("newpackage", Means::OfCommand),
    flag("noautoremove", Means::Command),
    flag("nobest", Means::Renamed("--no-best")),
    flag("nodocs", Means::Same),
    flag("nogpgcheck", Means::Renamed("--no-gpgchecks")),
    flag("noplugins", Means::Renamed("--no-plugins")),
    flag("obsoletes", Means::Command),
    value("queryformat", Means::OfCommand),
    value("qf", Means::OfCommand),
    value("randomwait", Means::Lost("dnf5 does not wait at random; use sleep")),
    value("releasever", Means::Same),
    value("repo", Means::Same),
    value("repofrompath", Means::Same),
    value("repoid", Means::Renamed("--repo")),
    value("rpmverbosity", Means::Nothing),
    flag("save", Means::Command),
    value("sec-severity", Means::Renamed("--advisory-severities")),
    value("secseverity", Means::Renamed("--advisory-severities")),
    flag("security", Means::OfCommand),
    flag("set-disabled", Means::Command),
    flag("set-enabled", Means::Command),
    value("setopt", Means::Same),
    flag("showduplicates", Means::OfCommand),
    flag("skip-broken", Means::OfCommand),
    flag("tolerant", Means::Nothing),
    flag("verbose", Means::Nothing),
    value("whatconflicts", Means::OfCommand),
    value("whatdepends", Means::OfCommand),
    value("whatobsoletes", Means::OfCommand),
    value("whatprovides", Means::OfCommand),
    value("whatrequires", Means::OfCommand),
    value("arch", Means::OfCommand),
    value("file", Means::OfCommand),
];

const LETTERS: &[(char, &str)] = &[
    ('4', "4"),
    ('6', "6"),
    ('b', "best"),
    ('C', "cacheonly"),
    ('c', "config"),
    ('d', "debuglevel"),
    ('e', "errorlevel"),
    ('R', "randomwait"),
    ('t', "tolerant"),
    ('v', "verbose"),
    ('x', "exclude"),
];

fn named(name: &str) -> Option<&'static Known<Means>> {
    OPTIONS.iter().find(|option| option.name == name)
}

/// What dnf5 makes of an option.
pub(super) fn means(name: &str) -> Means {
    named(name).map_or(Means::Same, |option| option.means)
}

/// Takes a line apart; options that are not in the table take no value and stay.
pub(super) fn read(words: &[Word]) -> Call {
    let mut call = Call::default();
    let mut index = 1;
    while index < words.len() {
        let text = words[index].text();
        if call.end_of_options.is_none() && text == "--" {
            call.end_of_options = Some(index);
        } else if call.end_of_options.is_some() || !text.starts_with('-') || text == "-" || words[index].is_unknown() {
            call.positionals.push(index);
        } else if let Some(long) = text.strip_prefix("--") {
            index = read_long(&mut call, words, index, long);
        } else {
            index = read_letters(&mut call, words, index);
        }
        index += 1;
    }
    call
}

fn read_long(call: &mut Call, words: &[Word], index: usize, long: &str) -> usize {
    let (name, inline) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    let Some(option) = named(name) else { return index };
    let text = words[index].text();
    let value = match (option.takes_value, inline) {
        (_, Some(value)) => Some(OptionValue::ending(text, value)),
        (true, None) => OptionValue::at(words, index + 1),
        (false, None) => None,
    };
    let last = value.as_ref().and_then(|value| value.word).unwrap_or(index);
    call.options.push(OptionUse { name: option.name, word: index, value, is_canonical: true, in_cluster: false });
    last
}

fn read_letters(call: &mut Call, words: &[Word], index: usize) -> usize {
    let text = words[index].text();
    let letters = &text[1..];
    let in_cluster = letters.chars().count() > 1;
    for (at, letter) in letters.char_indices() {
        let Some(option) = LETTERS.iter().find(|(known, _)| *known == letter).and_then(|(_, name)| named(name)) else {
            // Letters that dnf5 knows too stand in a word of several only if somebody says so.
            if in_cluster && let Some(name) = shared_letter(letter) {
                call.options.push(OptionUse { name, word: index, value: None, is_canonical: false, in_cluster });
            }
            continue;
        };
        let mut value = None;
        if option.takes_value {
            value = OptionValue::of_letter(words, index, &letters[at + letter.len_utf8()..]);
        }
        // The value makes the word long, not a second letter.
        let in_cluster = in_cluster && (at > 0 || !option.takes_value);
        let last = value.as_ref().and_then(|value| value.word).unwrap_or(index);
        let takes_value = option.takes_value;
        call.options.push(OptionUse { name: option.name, word: index, value, is_canonical: false, in_cluster });
        if takes_value {
            return last;
        }
    }
    index
}

fn shared_letter(letter: char) -> Option<&'static str> {
    [('y', "assumeyes"), ('q', "quiet"), ('h', "help")]
        .into_iter()
        .find(|(known, _)| *known == letter)
        .map(|(_, name)| name)
}
