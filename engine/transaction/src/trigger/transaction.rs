//! File triggers that run once in a transaction (reference of rpm, 3.2 and 3.5).

use oxidnf_core::event::ScriptletKind;
use oxidnf_core::header::Header;
use oxidnf_rpmdb::Index;

use super::file::{Due, Firing};
use super::{TRANS_FILE, TriggerSense, all_flags, prefixes};
use crate::error::TransactionError;
use crate::files::state::FileState;
use crate::journal::entry::Entry;
use crate::outcome::ElementEnd;
use crate::run::phases::Run;
use crate::settings::Flags;

/// Scripts that erasures have set off and that run after the transaction: record and script.
pub(crate) type Collected = Vec<(u32, usize)>;

impl Run<'_> {
    /// Runs what is due before anything is changed: first of packages outside the transaction, then of those to go.
    pub(crate) fn trans_file_triggers_un(&mut self) -> Result<(), TransactionError> {
        if self.settings.flags.any(Flags::NOPRETRANS | Flags::NOTRIGGERUN) {
            return Ok(());
        }
        self.of_outsiders(TriggerSense::Un)?;
        for number in 0..self.members.len() {
            if !self.members[number].is_install() && self.members[number].end.is_none() {
                let count = self.count(&self.members[number].nevra.name)?;
                let arg = if self.members[number].partner.is_some() { count } else { count - 1 };
                self.of_member(number, TriggerSense::Un, arg)?;
            }
        }
        Ok(())
    }

    /// Runs what is due after all changes.
    pub(crate) fn trans_file_triggers_after(&mut self) -> Result<(), TransactionError> {
        let flags = self.settings.flags;
        if flags.any(Flags::NOPOSTTRANS) {
            return Ok(());
        }
        if !flags.any(Flags::NOTRIGGERIN) {
            self.of_outsiders(TriggerSense::In)?;
        }
        if !flags.any(Flags::NOTRIGGERPOSTUN) {
            self.of_erasures()?;
        }
        if !flags.any(Flags::NOTRIGGERIN) {
            for number in 0..self.members.len() {
                let member = &self.members[number];
                if member.is_install() && member.end == Some(ElementEnd::Done) && !member.failed_behind {
                    let replaces = self.members.iter().any(|other| other.partner == Some(number));
                    let arg = self.count(&self.members[number].nevra.name)? + i32::from(replaces);
                    self.of_member(number, TriggerSense::In, arg)?;
                }
            }
        }
        Ok(())
    }

    /// Notes which scripts are due after the transaction because of an erasure.
    pub(crate) fn collect_trans_file_triggers(&mut self, number: usize) -> Result<(), TransactionError> {
        if self.settings.flags.any(Flags::NOPOSTTRANS | Flags::NOTRIGGERPOSTUN) {
            return Ok(());
        }
        let rows = self.trigger_rows(Index::Transfiletriggername)?;
        let member = &self.members[number];
        // What was never installed or has become somebody else's does not go now.
        let present =
            |file: &usize| matches!(member.states.get(*file), Some(Some(FileState::Normal | FileState::NetShared)));
        let paths: Vec<Vec<u8>> = (0..member.files.len()).filter(present).map(|file| member.files.path(file)).collect();
        for (prefix, hnum, script) in rows {
            // Other than before and after the transaction, whole paths count here, not only directories.
            // An owner that goes, too, is not asked any more when the time comes.
            if paths.iter().any(|path| path.starts_with(&prefix)) {
                self.collected.push((hnum, script));
                self.journal.note(&Entry::Due { hnum, script });
            }
        }
        Ok(())
    }

    /// Scripts of packages outside the transaction about files of those inside.
    fn of_outsiders(&mut self, sense: TriggerSense) -> Result<(), TransactionError> {
        let rows = self.trigger_rows(Index::Transfiletriggername)?;
        if rows.is_empty() {
            return Ok(());
        }
        let inside: Vec<u32> = [self.hnums(true), self.hnums(false)].concat();
        let changed = self.hnums(sense == TriggerSense::In);
        let members = self.members.iter().filter(|member| member.hnum.is_some_and(|hnum| changed.contains(&hnum)));
        let dirs: Vec<Box<[u8]>> = members.flat_map(|member| member.files.dirs.iter().cloned()).collect();
        let set_off = rows
            .iter()
            .filter(|(prefix, hnum, _)| !inside.contains(hnum) && dirs.iter().any(|dir| dir.starts_with(prefix)));
        for Due { hnum, script, .. } in self.due(set_off.map(|(_, hnum, script)| (*hnum, *script)), true) {
            let Ok(header) = self.db.header(hnum) else { continue };
            let count = self.owner_count(&header)?;
            let wanted = |hnum: u32| changed.contains(&hnum);
            self.fire_trans((&header, hnum), script, sense, count, &wanted)?;
        }
        Ok(())
    }

    /// Scripts of one member about files of all installed packages.
    fn of_member(&mut self, number: usize, sense: TriggerSense, arg: i32) -> Result<(), TransactionError> {
        let flags = all_flags(&self.members[number].header.trans_file_triggers());
        let (header, instance) = self.seen_header(number, flags);
        let scripts = header.trans_file_triggers();
        let mut due: Vec<(std::cmp::Reverse<u32>, usize)> = scripts
            .iter()
            .filter(|script| !prefixes(script, sense).is_empty())
            .map(|script| (std::cmp::Reverse(script.priority), script.index))
            .collect();
        due.sort_unstable();
        for (_, script) in due {
            self.fire_trans((&header, instance), script, sense, arg, &|_| true)?;
        }
        Ok(())
    }

    fn fire_trans(
        &mut self,
        (header, instance): (&Header, u32),
        script: usize,
        sense: TriggerSense,
        arg: i32,
        wanted: &dyn Fn(u32) -> bool,
    ) -> Result<(), TransactionError> {
        let scripts = header.trans_file_triggers();
        let Some(script) = scripts.iter().find(|candidate| candidate.index == script) else { return Ok(()) };
        let found = self.installed_files(&prefixes(script, sense), wanted)?;
        if let Some(kind) = script.kind(TRANS_FILE)
            && !found.lines.is_empty()
        {
            self.fire(&Firing { header, instance, script, kind, args: &[arg], lines: &found.lines });
        }
        Ok(())
    }

    /// Scripts that erasures have set off; they read nothing, as the files are gone.
    fn of_erasures(&mut self) -> Result<(), TransactionError> {
        let collected = std::mem::take(&mut self.collected);
        for Due { hnum, script, .. } in self.due(collected.into_iter(), true) {
            let Ok(header) = self.db.header(hnum) else { continue };
            let scripts = header.trans_file_triggers();
            let Some(script) = scripts.iter().find(|candidate| candidate.index == script) else { continue };
            let kind = ScriptletKind::TransFileTriggerPostUn;
            if script.kind(TRANS_FILE) == Some(kind) {
                let args = [self.owner_count(&header)?];
                self.fire(&Firing { header: &header, instance: hnum, script, kind, args: &args, lines: b"" });
            }
        }
        Ok(())
    }

    fn owner_count(&self, header: &Header) -> Result<i32, TransactionError> {
        match header.nevra() {
            Ok(nevra) => self.count(&nevra.name),
            Err(_) => Ok(0),
        }
    }
}
