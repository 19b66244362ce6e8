//! Options of tdnf, how they are spelled, and what becomes of each.

use super::call::{Call, Known, OptionUse, OptionValue, flag, value};
use crate::word::Word;

/// What dnf5 makes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// The same, wherever it stands.
    Global,
    /// The same under another name; the text is the whole new word but for the value.
    Renamed(&'static str),
    /// Nothing is lost without it.
    Nothing(&'static str),
    /// Somebody has to decide.
    Lost(&'static str),
    /// What the command says.
    Command,
}

const JSON: Means =
    Means::Lost("dnf5 has other JSON, and none for most commands; called as tdnf, oxidnf prints tdnf's");
const SNAPSHOT: Means = Means::Lost("dnf5 has no point in time; oxidnf knows --snapshottime under every name");
const NO_EFFECT: Means = Means::Nothing("tdnf accepts it and does nothing with it");
const PLUGINS: Means = Means::Nothing("tdnf's plug-ins are part of dnf5");

/// All long options; those without a dnf5 meaning of their own are for the commands.
pub(super) const OPTIONS: &[Known<Means>] = &[
    flag("4", NO_EFFECT),
    flag("6", NO_EFFECT),
    flag("x", NO_EFFECT),
    value("e", NO_EFFECT),
    flag("all", Means::Command),
    flag("alldeps", Means::Command),
    flag("allowerasing", Means::Command),
    value("arch", Means::Command),
    flag("assumeno", Means::Global),
    flag("assumeyes", Means::Global),
    flag("available", Means::Command),
    flag("best", Means::Global),
    flag("builddeps", Means::Command),
    flag("cacheonly", Means::Command),
    flag("changelogs", Means::Command),
    value("config", Means::Lost("tdnf.conf and dnf.conf have different keys; see MIGRATION in tdnf(8)")),
    flag("conflicts", Means::Command),
    value("debuglevel", NO_EFFECT),
    flag("debugsolver", Means::Global),
    flag("delete", Means::Command),
    flag("depends", Means::Command),
    flag("disableexcludes", Means::Renamed("--setopt=disable_excludes=*")),
    value("disableplugin", PLUGINS),
    value("disablerepo", Means::Global),
    flag("download-metadata", Means::Command),
    value("download-path", Means::Command),
    value("downloaddir", Means::Command),
    flag("downloadonly", Means::Command),
    flag("downgrades", Means::Command),
    flag("duplicates", Means::Command),
    value("enableplugin", PLUGINS),
    value("enablerepo", Means::Global),
    flag("enhances", Means::Command),
    value("exclude", Means::Command),
    flag("extras", Means::Command),
    value("file", Means::Command),
    value("from", Means::Command),
    flag("gpgcheck", Means::Command),
    flag("help", Means::Global),
    flag("info", Means::Command),
    flag("installed", Means::Command),
    value("installroot", Means::Command),
    flag("json", JSON),
    flag("list", Means::Command),
    value("metadata-path", Means::Command),
    flag("newest-only", Means::Command),
    flag("noautoremove", Means::Command),
    flag("nodeps", Means::Command),
    flag("nogpgcheck", Means::Renamed("--no-gpgchecks")),
    flag("noplugins", PLUGINS),
    flag("norepopath", Means::Command),
    flag("obsoletes", Means::Command),
    flag("provides", Means::Command),
    value("qf", Means::Command),
    flag("quiet", Means::Global),
    flag("reboot-required", Means::Lost("dnf5 does not select advisories that need a reboot")),
    flag("recent", Means::Command),
    flag("recommends", Means::Command),
    flag("refresh", Means::Global),
    value("releasever", Means::Global),
    value("repo", Means::Global),
    value("repofromdir", Means::Lost("dnf5 wants metadata; run createrepo_c on the directory and use --repofrompath")),
    value("repofrompath", Means::Command),
    value("repoid", Means::Renamed("--repo")),
    flag("requires", Means::Command),
    flag("requires-pre", Means::Command),
    flag("reverse", Means::Command),
    value("rpmdefine", Means::Lost("dnf5 defines no rpm macros; put it into a file in /etc/rpm/macros.d")),
    value("rpmverbosity", Means::Nothing("dnf5 does not set how much rpm says")),
    value("sec-severity", Means::Lost("dnf5 knows severities as words: --advisory-severities=critical,important")),
    flag("security", Means::Command),
    value("setopt", Means::Command),
    flag("skip-broken", Means::Command),
    flag("skipconflicts", Means::Lost("dnf5 does not leave conflicts out of sight")),
    flag("skipdigest", Means::Lost("dnf5 always checks digests; rpm's %_pkgverify_level decides")),
    flag("skipobsoletes", Means::Lost("dnf5 does not leave obsoletes out of sight")),
    flag("skipsignature", Means::Renamed("--no-gpgchecks")),
    value("snapshotexcluderepos", SNAPSHOT),
    value("snapshottime", SNAPSHOT),
    flag("source", Means::Command),
    flag("suggests", Means::Command),
    flag("summary", Means::Command),
    flag("supplements", Means::Command),
    flag("testonly", Means::Renamed("--setopt=tsflags=test")),
    value("to", Means::Command),
    flag("updates", Means::Command),
    flag("upgrades", Means::Command),
    flag("urls", Means::Command),
    flag("userinstalled", Means::Command),
    flag("verbose", Means::Nothing("dnf5 has no --verbose")),
    flag("version", Means::Global),
    value("whatconflicts", Means::Command),
    value("whatdepends", Means::Command),
    value("whatenhances", Means::Command),
    value("whatobsoletes", Means::Command),
    value("whatprovides", Means::Command),
    value("whatrecommends", Means::Command),
    value("whatrequires", Means::Command),
    value("whatsuggests", Means::Command),
    value("whatsupplements", Means::Command),
];

/// Letters and the options they stand for.
const LETTERS: &[(char, &str)] = &[
    ('4', "4"),
    ('6', "6"),
    ('b', "best"),
    ('C', "cacheonly"),
    ('c', "config"),
    ('d', "debuglevel"),
    ('e', "e"),
    ('h', "help"),
    ('i', "installroot"),
    ('q', "quiet"),
    ('v', "verbose"),
    ('x', "x"),
    ('y', "assumeyes"),
];

fn named(name: &str) -> Option<&'static Known<Means>> {
    OPTIONS.iter().find(|option| option.name == name)
}

/// What dnf5 makes of an option.
pub(super) fn means(name: &str) -> Means {
    named(name).map_or(Means::Command, |option| option.means)
}

/// Takes a line apart by the rules of `getopt_long_only`.
pub(super) fn read(words: &[Word]) -> Call {
    let mut call = Call::default();
    let mut index = 1;
    while index < words.len() {
        let text = words[index].text();
        if call.end_of_options.is_none() && text == "--" {
            call.end_of_options = Some(index);
        } else if call.end_of_options.is_some() || !text.starts_with('-') || text == "-" || words[index].is_unknown() {
            call.positionals.push(index);
        } else {
            index = read_option(&mut call, words, index);
        }
        index += 1;
    }
    call
}

/// Reads the option in a word and returns the last word that belongs to it.
fn read_option(call: &mut Call, words: &[Word], index: usize) -> usize {
    let text = words[index].text();
    let is_long = text.starts_with("--");
    let bare = text.trim_start_matches('-');
    let (name, inline) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (bare, None),
    };
    let is_letter =
        !is_long && name.chars().count() == 1 && LETTERS.iter().any(|(letter, _)| name.starts_with(*letter));
    if is_letter || (!is_long && find_long(name).is_none()) {
        return read_letters(call, words, index, bare);
    }
    let Some(option) = find_long(name) else {
        call.errors.push((index, format!("tdnf has no option {text}")));
        return index;
    };
    let is_canonical = is_long && option.name == name;
    if !option.takes_value {
        call.options.push(OptionUse { name: option.name, word: index, value: None, is_canonical, in_cluster: false });
        return index;
    }
    let (value, last) = match inline {
        Some(value) => (OptionValue::ending(text, value), index),
        None => match OptionValue::at(words, index + 1) {
            Some(value) => (value, index + 1),
            None => {
                call.errors.push((index, format!("{text} has no value")));
                return index;
            }
        },
    };
    call.options.push(OptionUse {
        name: option.name,
        word: index,
        value: Some(value),
        is_canonical,
        in_cluster: false,
    });
    last
}

/// The option of that name, or the only one that begins so and takes no value.
fn find_long(name: &str) -> Option<&'static Known<Means>> {
    if let Some(option) = named(name) {
        return Some(option);
    }
    if name.is_empty() {
        return None;
    }
    let mut candidates = OPTIONS.iter().filter(|option| option.name.starts_with(name));
    let first = candidates.next()?;
    (candidates.next().is_none() && !first.takes_value).then_some(first)
}

fn read_letters(call: &mut Call, words: &[Word], index: usize, letters: &str) -> usize {
    let in_cluster = letters.chars().count() > 1;
    for (at, letter) in letters.char_indices() {
        let Some((_, name)) = LETTERS.iter().find(|(known, _)| *known == letter) else {
            call.errors.push((index, format!("tdnf has no option -{letter}")));
            return index;
        };
        let option = named(name).expect("every letter stands for an option");
        let mut value = None;
        if option.takes_value {
            let rest = &letters[at + letter.len_utf8()..];
            value = OptionValue::of_letter(words, index, rest);
            if value.is_none() {
                call.errors.push((index, format!("-{letter} has no value")));
                return index;
            }
        }
        let takes_value = option.takes_value;
        let last = value.as_ref().and_then(|value| value.word).unwrap_or(index);
        call.options.push(OptionUse { name: option.name, word: index, value, is_canonical: false, in_cluster });
        if takes_value {
            return last;
        }
    }
    index
}
