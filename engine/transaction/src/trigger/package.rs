//! Triggers set off by packages (reference of rpm, 3.3 and 3.4).

use std::collections::HashSet;

use oxidnf_core::event::ScriptletKind;
use oxidnf_core::header::{DepKind, Header, TriggerCondition, TriggerFamily};
use oxidnf_core::reldep::ranges_overlap;
use oxidnf_rpmdb::Index;

use super::{TriggerSense, all_flags, conditions};
use crate::error::TransactionError;
use crate::run::phases::Run;
use crate::script::Script;

/// An owner of triggers and a package that may set them off.
struct Pair<'h> {
    owner: &'h Header,
    /// Number of the owner's record, 0 when it has none yet.
    instance: u32,
    source: &'h Header,
    sense: TriggerSense,
    /// Added to the number of the owner's instances for `$1`.
    correction: i32,
    /// `$2`.
    count: i32,
}

impl Run<'_> {
    /// Runs what other installed packages want to do about this element; false if the element must fail.
    pub(crate) fn triggers_of_others(
        &mut self,
        number: usize,
        sense: TriggerSense,
        count: i32,
    ) -> Result<bool, TransactionError> {
        let source = self.members[number].header.clone();
        let name = self.members[number].nevra.name.clone();
        let failed = TransactionError::database("search");
        let found = self.db.find(Index::Triggername, name.as_bytes()).map_err(failed)?;
        // A package may also watch itself.
        let mut hnums: Vec<u32> = found.into_iter().map(|found| found.hnum).collect();
        hnums.dedup();
        let mut ok = true;
        for hnum in hnums {
            let Ok(owner) = self.db.header(hnum) else { continue };
            let pair = Pair { owner: &owner, instance: hnum, source: &source, sense, correction: 0, count };
            ok &= self.trigger(&pair, &mut HashSet::new())?;
        }
        Ok(ok)
    }

    /// Runs what this element wants to do about packages that are installed already; false if it must fail.
    pub(crate) fn own_triggers(
        &mut self,
        number: usize,
        sense: TriggerSense,
        correction: i32,
    ) -> Result<bool, TransactionError> {
        let flags = all_flags(&self.members[number].header.triggers());
        let (owner, instance) = self.seen_header(number, flags);
        let scripts = owner.triggers();
        if scripts.is_empty() {
            return Ok(true);
        }
        let mut names: Vec<&[u8]> = Vec::new();
        // The names stand in the order of all conditions, also of those for other moments.
        for (condition, _) in conditions(&scripts) {
            if !names.contains(&condition.name) {
                names.push(condition.name);
            }
        }
        let mut done = HashSet::new();
        let mut ok = true;
        for name in names {
            let found = self.db.find(Index::Name, name).map_err(TransactionError::database("search"))?;
            let count = i32::try_from(found.len()).unwrap_or(i32::MAX);
            for hit in found {
                let Ok(source) = self.db.header(hit.hnum) else { continue };
                let pair = Pair { owner: &owner, instance, source: &source, sense, correction, count };
                ok &= self.trigger(&pair, &mut done)?;
            }
        }
        Ok(ok)
    }

    /// Runs at most one script of a pair: that of the first condition which holds.
    fn trigger(&mut self, pair: &Pair<'_>, done: &mut HashSet<usize>) -> Result<bool, TransactionError> {
        let scripts = pair.owner.triggers();
        let Ok(owner) = pair.owner.nevra() else { return Ok(true) };
        let holds = |condition: &TriggerCondition<'_>| {
            condition.sense.any(pair.sense.bit()) && matches_package(condition, pair.source)
        };
        let pairs = conditions(&scripts);
        let Some((_, script)) = pairs.iter().find(|(condition, _)| holds(condition)) else { return Ok(true) };
        if !done.insert(script.index) {
            return Ok(true);
        }
        let count = self.count(&owner.name)? + pair.correction;
        let kind = match pair.sense {
            TriggerSense::PreIn => ScriptletKind::TriggerPreIn,
            TriggerSense::In => ScriptletKind::TriggerIn,
            TriggerSense::Un => ScriptletKind::TriggerUn,
            TriggerSense::PostUn => ScriptletKind::TriggerPostUn,
        };
        debug_assert!(script.kind(TriggerFamily::Package).is_some(), "a condition held");
        let scriptlet = script.script.clone();
        let args = [count, pair.count];
        let (header, instance) = (pair.owner, pair.instance);
        let ok =
            self.scripts.run(&Script { owner: &owner, header, instance, kind, scriptlet, args: &args, stdin: b"" });
        self.users.refresh();
        Ok(ok)
    }
}

/// Tells whether a condition names a package, and its versions one of the package's provides of that name.
fn matches_package(condition: &TriggerCondition<'_>, package: &Header) -> bool {
    if package.text(oxidnf_core::header::Tag::NAME) != Some(condition.name) {
        return false;
    }
    let wanted = String::from_utf8_lossy(condition.evr);
    let mut provides = package.deps(DepKind::Provides).filter(|dep| dep.name == condition.name);
    provides.any(|dep| ranges_overlap((dep.sense, &dep.evr_str()), (condition.sense, &wanted)))
}
