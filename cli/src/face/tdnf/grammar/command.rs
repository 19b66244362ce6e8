//! The commands that tdnf knows.

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are tdnf's and documented in tdnf(8)")]
pub enum Command {
    Autoremove,
    Check,
    CheckLocal,
    CheckUpdate,
    Clean,
    Count,
    DistroSync,
    Downgrade,
    Erase,
    Help,
    History,
    Info,
    Install,
    List,
    Makecache,
    Mark,
    Provides,
    Reinstall,
    Remove,
    Repolist,
    Repoquery,
    Reposync,
    Search,
    Update,
    Updateinfo,
}

/// Names with what they mean; the only aliases there are.
const NAMES: &[(&str, Command)] = &[
    ("autoerase", Command::Autoremove),
    ("autoremove", Command::Autoremove),
    ("check", Command::Check),
    ("check-local", Command::CheckLocal),
    ("check-update", Command::CheckUpdate),
    ("clean", Command::Clean),
    ("count", Command::Count),
    ("distro-sync", Command::DistroSync),
    ("downgrade", Command::Downgrade),
    ("erase", Command::Erase),
    ("help", Command::Help),
    ("history", Command::History),
    ("info", Command::Info),
    ("install", Command::Install),
    ("list", Command::List),
    ("makecache", Command::Makecache),
    ("mark", Command::Mark),
    ("provides", Command::Provides),
    ("reinstall", Command::Reinstall),
    ("remove", Command::Remove),
    ("repolist", Command::Repolist),
    ("repoquery", Command::Repoquery),
    ("reposync", Command::Reposync),
    ("search", Command::Search),
    ("update", Command::Update),
    ("update-to", Command::Update),
    ("updateinfo", Command::Updateinfo),
    ("upgrade", Command::Update),
    ("upgrade-to", Command::Update),
    ("whatprovides", Command::Provides),
];

impl Command {
    /// Finds a command; names are compared letter by letter.
    pub fn find(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, command)| *command)
    }

    /// Returns all names, aliases included, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Tells whether only root may run the command.
    ///
    /// Azure Linux 3.0 has `clean` and `makecache` here, too; without rights they fail at the cache anyway.
    pub fn needs_root(self) -> bool {
        matches!(
            self,
            Command::Autoremove
                | Command::DistroSync
                | Command::Downgrade
                | Command::Erase
                | Command::History
                | Command::Install
                | Command::Reinstall
                | Command::Remove
                | Command::Update
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_names() {
        assert_eq!(NAMES.len(), 30);
        assert!(Command::names().is_sorted());
        assert_eq!(Command::find("upgrade-to"), Some(Command::Update));
        assert_eq!(Command::find("groupinstall"), None);
    }
}
