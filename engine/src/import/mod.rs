//! Taking over what other package managers remember, so that the first run after a change of program loses nothing.

pub(crate) mod modules;
mod tdnf;

use std::sync::Arc;

use oxidnf_core::{Action, Nevra, Reason};

use crate::error::Error;
use crate::history::{History, NewItem, NewTransaction, TransactionState};
use crate::log::Level;
use crate::session::Session;

/// One transaction of another program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Foreign {
    /// Seconds since 1970.
    time: i64,
    /// Cookie of the rpm database afterwards.
    cookie: String,
    /// The command line.
    command: String,
    added: Vec<Nevra>,
    removed: Vec<Nevra>,
}

/// Everything that another program remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Memory {
    /// Names, and whether they were installed for others' sake only; the last word about a name counts.
    automatic: Vec<(String, bool)>,
    /// Transactions in their order.
    transactions: Vec<Foreign>,
}

impl Session {
    /// Takes over reasons and history of an older program, if this system has none of its own yet.
    ///
    /// To be called with the system locked for writing and its packages loaded. What cannot be read is noted in the
    /// log and left alone: a run must not fail because of the past.
    pub(crate) fn import_foreign_state(&mut self) -> Result<(), Error> {
        if !self.state.is_pristine() || self.has_history() || !self.is_writable() {
            return Ok(());
        }
        let dirs = self.settings.foreign_state_dirs.clone();
        let memory = match tdnf::read(&self.roots.target, &dirs) {
            Ok(Some(memory)) => memory,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.log.write(Level::Warning, &format!("the state of an older program is left alone: {error}"));
                return Ok(());
            }
        };
        self.import_reasons(&memory)?;
        self.import_history(&memory)?;
        let count = memory.transactions.len();
        self.log.write(Level::Info, &format!("{count} transactions of an older program were taken over"));
        Ok(())
    }

    /// Tells whether there is a history of transactions.
    pub fn has_history(&self) -> bool {
        self.roots.target.exists(self.config.history_file())
    }

    /// Makes an empty history if there is none; to be called with the system locked for writing.
    pub fn make_history(&mut self) -> Result<(), Error> {
        if !self.has_history() {
            History::open_write(&self.roots.target, &self.config.history_file())?;
        }
        Ok(())
    }

    fn is_writable(&self) -> bool {
        self.check_privilege().is_ok()
    }

    fn import_reasons(&mut self, memory: &Memory) -> Result<(), Error> {
        let installed: Vec<(String, String)> = self
            .sack
            .installed()
            .iter()
            .map(|id| (self.sack.package(id).name().to_owned(), self.sack.package(id).arch().to_owned()))
            .collect();
        let state = Arc::make_mut(&mut self.state);
        for (name, automatic) in &memory.automatic {
            let reason = if *automatic { Reason::Dependency } else { Reason::User };
            for (_, arch) in installed.iter().filter(|(other, _)| other == name) {
                state.set_reason(name, arch, reason);
            }
        }
        Ok(self.state.save(&self.roots.target, &self.config.state_dir())?)
    }

    fn import_history(&self, memory: &Memory) -> Result<(), Error> {
        let mut cookie = String::new();
        for past in &memory.transactions {
            let history = History::open_write(&self.roots.target, &self.config.history_file())?;
            let running = history.begin(&NewTransaction {
                begin: past.time,
                rpmdb_begin: std::mem::replace(&mut cookie, past.cookie.clone()),
                releasever: String::new(),
                // Only root could run it.
                user_id: 0,
                description: past.command.clone(),
                comment: String::new(),
                groups: Vec::new(),
                items: items(past),
            })?;
            running.finish(TransactionState::Ok, past.time, &past.cookie)?;
        }
        Ok(())
    }
}

/// Tells upgrades from installations by what was removed at the same time.
fn items(past: &Foreign) -> Vec<NewItem> {
    let same = |one: &Nevra, other: &Nevra| one.name == other.name && one.arch == other.arch;
    let item = |nevra: &Nevra, action| NewItem {
        nevra: nevra.clone(),
        action,
        reason: Reason::None,
        repo_id: oxidnf_core::plan::SYSTEM_REPO.to_owned(),
    };
    let added = past.added.iter().map(|nevra| {
        let old = past.removed.iter().find(|other| same(nevra, other));
        let action = match old.map(|old| nevra.evr().rpm_cmp(&old.evr())) {
            None => Action::Install,
            Some(order) if order.is_lt() => Action::Downgrade,
            Some(_) => Action::Upgrade,
        };
        item(nevra, action)
    });
    let removed = past.removed.iter().map(|nevra| {
        let replaced = past.added.iter().any(|other| same(nevra, other));
        item(nevra, if replaced { Action::Replaced } else { Action::Remove })
    });
    added.chain(removed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_apart() {
        let nevra = |text: &str| Nevra::parse(text).expect("a full name");
        let past = Foreign {
            added: vec![nevra("a-2-1.noarch"), nevra("b-1-1.noarch"), nevra("c-1-1.noarch")],
            removed: vec![nevra("a-1-1.noarch"), nevra("c-2-1.noarch"), nevra("d-1-1.noarch")],
            ..Foreign::default()
        };
        let actions: Vec<Action> = items(&past).iter().map(|item| item.action).collect();
        let want =
            [Action::Upgrade, Action::Install, Action::Downgrade, Action::Replaced, Action::Replaced, Action::Remove];
        assert_eq!(actions, want);
    }
}
