//! The options that tdnf knows.

/// One long option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongOption {
    /// Its name without dashes.
    pub name: &'static str,
    /// Whether it takes a value.
    pub value: bool,
    /// What it does, for the manual.
    pub about: &'static str,
}

const fn flag(name: &'static str, about: &'static str) -> LongOption {
    LongOption { name, value: false, about }
}

const fn value(name: &'static str, about: &'static str) -> LongOption {
    LongOption { name, value: true, about }
}

/// Every long option; all of them are accepted with every command.
pub const LONG: &[LongOption] = &[
    flag("4", "Accepted, without effect"),
    flag("6", "Accepted, without effect"),
    flag("all", "Look at everything"),
    flag("alldeps", "With --downloadonly: resolve as if nothing were installed"),
    flag("allowerasing", "Allow removals while installing"),
    value("arch", "Only this architecture"),
    flag("assumeno", "Answer questions with no"),
    flag("assumeyes", "Answer questions with yes"),
    flag("available", "Look at packages of repositories"),
    flag("best", "Only the best candidates will do"),
    flag("builddeps", "Install what source packages need for building"),
    flag("cacheonly", "Use metadata from the cache only"),
    flag("changelogs", "Show changelogs"),
    value("config", "Use this configuration file"),
    flag("conflicts", "Show conflicts"),
    value("debuglevel", "Accepted, without effect"),
    flag("debugsolver", "Give the solver every package"),
    flag("delete", "Delete packages that the repository has no more"),
    flag("depends", "Show dependencies of all kinds"),
    flag("disableexcludes", "Ignore excludepkgs of tdnf.conf"),
    value("disableplugin", "Disable plug-ins by name or glob"),
    value("disablerepo", "Disable repositories by id or glob"),
    flag("download-metadata", "Download metadata, too"),
    value("download-path", "Directory for repositories"),
    value("downloaddir", "With --downloadonly: directory for packages"),
    flag("downloadonly", "Download packages only"),
    flag("downgrades", "Look at older versions"),
    flag("duplicates", "Look at packages installed in several versions"),
    value("enableplugin", "Enable plug-ins by name or glob"),
    value("enablerepo", "Enable repositories by id or glob"),
    flag("enhances", "Show enhances"),
    value("exclude", "Exclude packages by name or glob"),
    flag("extras", "Look at installed packages that no repository has"),
    value("file", "Only owners of this file"),
    value("from", "First transaction"),
    flag("gpgcheck", "Remove packages whose signature does not hold"),
    flag("help", "Show the usage"),
    flag("info", "Show details"),
    flag("installed", "Look at installed packages"),
    value("installroot", "Work in this root"),
    flag("json", "Write JSON"),
    flag("list", "Show files, or a list"),
    value("metadata-path", "Directory for metadata"),
    flag("newest-only", "Only the newest versions"),
    flag("noautoremove", "Keep dependencies that nothing needs"),
    flag("nodeps", "With --downloadonly: only the named packages"),
    flag("nogpgcheck", "Check neither signatures nor digests"),
    flag("noplugins", "Disable all plug-ins"),
    flag("norepopath", "No directory for the repository"),
    flag("obsoletes", "Show obsoletes"),
    flag("provides", "Show provides"),
    value("qf", "Format of the output"),
    flag("quiet", "Hide progress"),
    flag("reboot-required", "Only advisories that need a reboot"),
    flag("recent", "Accepted as a scope"),
    flag("recommends", "Show recommends"),
    flag("refresh", "Fetch the index of repositories again"),
    value("releasever", "Value of $releasever"),
    value("repo", "Only these repositories"),
    value("repofromdir", "Add a directory of packages as a repository: ID,DIR"),
    value("repofrompath", "Add a repository: ID,PATH or ID,URL"),
    value("repoid", "Only these repositories"),
    flag("requires", "Show requires"),
    flag("requires-pre", "Show what scriptlets require"),
    flag("reverse", "Last transaction first"),
    value("rpmdefine", "Define an rpm macro: \"NAME BODY\""),
    value("rpmverbosity", "How much rpm says: emergency alert critical error warning notice info debug"),
    value("sec-severity", "Only advisories of at least this number"),
    flag("security", "Only security advisories"),
    value("setopt", "Set an option: KEY=VALUE"),
    flag("skip-broken", "Skip unknown and broken packages"),
    flag("skipconflicts", "Ignore conflicts"),
    flag("skipdigest", "Do not check digests"),
    flag("skipobsoletes", "Ignore obsoletes"),
    flag("skipsignature", "Do not check signatures"),
    value("snapshotexcluderepos", "Repositories that --snapshottime leaves alone"),
    value("snapshottime", "Hide packages that came after this time (seconds since 1970)"),
    flag("source", "Source packages"),
    flag("suggests", "Show suggests"),
    flag("summary", "Show numbers only"),
    flag("supplements", "Show supplements"),
    flag("testonly", "Test the transaction only"),
    value("to", "Last transaction"),
    flag("updates", "Look at newer versions"),
    flag("upgrades", "Look at newer versions"),
    flag("urls", "Show URLs only"),
    flag("userinstalled", "Look at what the user installed"),
    flag("verbose", "Say more"),
    flag("version", "Show the version"),
    value("whatconflicts", "Only what conflicts with this"),
    value("whatdepends", "Only what depends on this"),
    value("whatenhances", "Only what enhances this"),
    value("whatobsoletes", "Only what obsoletes this"),
    value("whatprovides", "Only what provides this"),
    value("whatrecommends", "Only what recommends this"),
    value("whatrequires", "Only what requires this"),
    value("whatsuggests", "Only what suggests this"),
    value("whatsupplements", "Only what supplements this"),
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
