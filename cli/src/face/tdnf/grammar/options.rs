//! The options that tdnf knows.

/// One long option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongOption {
    /// Its name without dashes.
    pub name: &'static str,
    /// Whether it takes a value.
    pub value: bool,
}

const fn flag(name: &'static str) -> LongOption {
    LongOption { name, value: false }
}

const fn value(name: &'static str) -> LongOption {
    LongOption { name, value: true }
}

/// Every long option; all of them are accepted with every command.
pub const LONG: &[LongOption] = &[
    flag("4"),
    flag("6"),
    flag("all"),
    flag("alldeps"),
    flag("allowerasing"),
    value("arch"),
    flag("assumeno"),
    flag("assumeyes"),
    flag("available"),
    flag("best"),
    flag("builddeps"),
    flag("cacheonly"),
    flag("changelogs"),
    value("config"),
    flag("conflicts"),
    value("debuglevel"),
    flag("debugsolver"),
    flag("delete"),
    flag("depends"),
    flag("disableexcludes"),
    value("disableplugin"),
    value("disablerepo"),
    flag("download-metadata"),
    value("download-path"),
    value("downloaddir"),
    flag("downloadonly"),
    flag("downgrades"),
    flag("duplicates"),
    value("enableplugin"),
    value("enablerepo"),
    flag("enhances"),
    value("exclude"),
    flag("extras"),
    value("file"),
    value("from"),
    flag("gpgcheck"),
    flag("help"),
    flag("info"),
    flag("installed"),
    value("installroot"),
    flag("json"),
    flag("list"),
    value("metadata-path"),
    flag("newest-only"),
    flag("noautoremove"),
    flag("nodeps"),
    flag("nogpgcheck"),
    flag("noplugins"),
    flag("norepopath"),
    flag("obsoletes"),
    flag("provides"),
    value("qf"),
    flag("quiet"),
    flag("reboot-required"),
    flag("recent"),
    flag("recommends"),
    flag("refresh"),
    value("releasever"),
    value("repo"),
    value("repofromdir"),
    value("repofrompath"),
    value("repoid"),
    flag("requires"),
    flag("requires-pre"),
    flag("reverse"),
    value("rpmdefine"),
    value("rpmverbosity"),
    value("sec-severity"),
    flag("security"),
    value("setopt"),
    flag("skip-broken"),
    flag("skipconflicts"),
    flag("skipdigest"),
    flag("skipobsoletes"),
    flag("skipsignature"),
    value("snapshotexcluderepos"),
    value("snapshottime"),
    flag("source"),
    flag("suggests"),
    flag("summary"),
    flag("supplements"),
    flag("testonly"),
    value("to"),
    flag("updates"),
    flag("upgrades"),
    flag("urls"),
    flag("userinstalled"),
    flag("verbose"),
    flag("version"),
    value("whatconflicts"),
    value("whatdepends"),
    value("whatenhances"),
    value("whatobsoletes"),
    value("whatprovides"),
    value("whatrecommends"),
    value("whatrequires"),
    value("whatsuggests"),
    value("whatsupplements"),
];

/// Short options and the long ones that they stand for; `None` has no effect.
pub const SHORT: &[(char, bool, Option<&str>)] = &[
    ('4', false, Some("4")),
    ('6', false, Some("6")),
    ('b', false, Some("best")),
    ('C', false, Some("cacheonly")),
    ('c', true, Some("config")),
    ('d', true, Some("debuglevel")),
    ('e', true, None),
    ('h', false, Some("help")),
    ('i', true, Some("installroot")),
    ('q', false, Some("quiet")),
    ('v', false, Some("verbose")),
    ('x', false, None),
    ('y', false, Some("assumeyes")),
];

/// What a text in the place of a long option's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// An option, written in full.
    Whole(LongOption),
    /// The only option that begins so.
    Abbreviated(LongOption),
    /// None, or several.
    Nothing,
}

/// Finds an option by its name or by the beginning of it.
pub(super) fn named(name: &str) -> Named {
    if let Some(option) = LONG.iter().find(|option| option.name == name) {
        return Named::Whole(*option);
    }
    let mut candidates = LONG.iter().filter(|option| option.name.starts_with(name));
    match (candidates.next(), candidates.next()) {
        (Some(option), None) => Named::Abbreviated(*option),
        _ => Named::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = LONG.iter().map(|option| option.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for (_, _, long) in SHORT {
            assert!(long.is_none_or(|long| matches!(named(long), Named::Whole(_))));
        }
    }
}
