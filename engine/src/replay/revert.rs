//! From the history to what is to be done.

use std::collections::BTreeSet;

use oxidnf_catalog::Query;
use oxidnf_core::{Action, Reason};

use super::merge::{self, Present};
use super::{Past, Replay, ReplayGroup, ReplayPackage};
use crate::comps::PackageKind;
use crate::error::Error;
use crate::history::{History, PastGroup, PastPackage};
use crate::session::Session;

impl Session {
    /// Returns a transaction of the past as it was.
    pub fn stored(&self, id: i64) -> Result<Replay, Error> {
        let history = self.history()?;
        let packages = history.packages(id)?.into_iter().map(again).collect();
        let groups = history.groups(id)?.into_iter().map(group_again).collect();
        Ok(Replay { packages, groups, ..Replay::default() })
    }

    /// Makes a transaction of what the history knows; the installed packages have to be loaded.
    pub fn replay_of(&self, past: Past) -> Result<Replay, Error> {
        let history = self.history()?;
        match past {
            Past::Redo(id) => {
                let (ignore_extras, ignore_installed, override_reasons) = (true, true, true);
                let stored = self.stored(id)?;
                Ok(Replay { ignore_extras, ignore_installed, override_reasons, ..stored })
            }
            Past::Undo(id) => self.reverted(&history, &[id]),
            Past::Rollback(id) => {
                let later = history.transactions()?.into_iter().map(|past| past.id).filter(|later| *later > id);
                let mut later: Vec<i64> = later.collect();
                later.reverse();
                self.reverted(&history, &later)
            }
        }
    }

    /// Turns transactions round, the newest first, and puts them together.
    fn reverted(&self, history: &History, ids: &[i64]) -> Result<Replay, Error> {
        let mut transactions = Vec::new();
        let (mut groups, mut kept_upgrades) = (Vec::new(), Vec::new());
        for id in ids {
            for group in history.groups(*id)? {
                match reverse_group(history, *id, group)? {
                    Ok(group) => groups.push(group),
                    Err(kept) => kept_upgrades.push(kept),
                }
            }
            let turned = history.packages(*id)?.into_iter().map(|package| reverse(history, *id, package));
            transactions.push(turned.collect::<Result<Vec<_>, Error>>()?);
        }
        let installonly = self.installonly_names();
        let (packages, problems) = merge::merge(transactions, self.present(), &installonly);
        let groups = merge::merge_groups(groups);
        Ok(Replay { packages, groups, kept_upgrades, problems, allow_erasing: true, ..Replay::default() })
    }

    fn present(&self) -> Present {
        let mut present = Present::new();
        for id in self.sack().installed().iter() {
            let nevra = self.sack().package(id).nevra();
            present.entry((nevra.name.clone(), nevra.arch.clone())).or_default().push(nevra);
        }
        present
    }

    /// Returns the names of packages, available or installed, that may be installed in several versions.
    fn installonly_names(&self) -> BTreeSet<String> {
        let provides = self.config().options.installonlypkgs.get();
        let sense = oxidnf_core::reldep::Sense::ANY;
        let wanted: Vec<_> =
            provides.iter().map(|name| oxidnf_core::reldep::ReldepRef { name, sense, evr: "" }).collect();
        let packages = Query::new(self.sack()).filter_provides(&wanted).into_packages();
        packages.iter().map(|id| self.sack().package(id).name().to_owned()).collect()
    }
}

fn group_again(group: PastGroup) -> ReplayGroup {
    let PastGroup { id, name: _, environment, action, reason, repo_id, package_types } = group;
    ReplayGroup { id, environment, action, reason, repo_id, kinds: PackageKind::of_bits(package_types), path: None }
}

/// Turns what happened to a group round; an upgrade cannot be, and is returned as what is kept.
fn reverse_group(
    history: &History,
    transaction: i64,
    group: PastGroup,
) -> Result<Result<ReplayGroup, (String, bool)>, Error> {
    let group = group_again(group);
    let action = match group.action {
        Action::Install => Action::Remove,
        Action::Remove => Action::Install,
        Action::ReasonChange => Action::ReasonChange,
        _ => return Ok(Err((group.id, group.environment))),
    };
    let before = history.group_before(&group.id, transaction)?;
    let (mut reason, mut kinds) = (group.reason, group.kinds.clone());
    if action == Action::Remove && reason == Reason::Dependency {
        reason = Reason::Clean;
    }
    if let Some(before) = before {
        if action == Action::ReasonChange {
            reason = before.reason;
        }
        if action == Action::Install {
            kinds = PackageKind::of_bits(before.package_types);
        }
    }
    Ok(Ok(ReplayGroup { action, reason, kinds, repo_id: String::new(), ..group }))
}

fn again(package: PastPackage) -> ReplayPackage {
    let PastPackage { nevra, action, reason, repo_id } = package;
    ReplayPackage { nevra, action, reason, repo_id, group_id: None, path: None }
}

fn reverse(history: &History, id: i64, package: PastPackage) -> Result<ReplayPackage, Error> {
    let PastPackage { nevra, action, reason, .. } = package;
    let before = |unknown| -> Result<Reason, Error> {
        Ok(history.reason_before(&nevra.name, &nevra.arch, id)?.unwrap_or(unknown))
    };
    let (action, reason) = match action {
        Action::Install => (Action::Remove, reason),
        Action::Upgrade | Action::Downgrade => (Action::Replaced, reason),
        Action::Reinstall => (Action::Reinstall, reason),
        // Why something came that no transaction brought is not known.
        // witness: compat-tests/tests/decisions.rs::replays_of_reasons_and_of_several_versions
        Action::Remove | Action::Replaced if reason == Reason::Clean => (Action::Install, before(Reason::None)?),
        Action::Remove | Action::Replaced => (Action::Install, reason),
        // dnf5 wants to note no reason at all then, and dies of it when the transaction has run.
        Action::ReasonChange => (Action::ReasonChange, before(Reason::ExternalUser)?),
    };
    // A dependency that goes because nothing needs it any more.
    let reason = match (action, reason) {
        (Action::Remove, Reason::Dependency | Reason::WeakDependency) => Reason::Clean,
        (_, reason) => reason,
    };
    // Where it came from says nothing about where the reverse comes from.
    Ok(ReplayPackage { nevra, action, reason, repo_id: String::new(), group_id: None, path: None })
}
