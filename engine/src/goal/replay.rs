//! Transactions that are given: each package becomes a wish of its own.

use oxidnf_catalog::{ExcludeKind, Excludes, Match, PackageId, Query, RepoKind};
use oxidnf_core::{Action, Nevra, Plan, PlanItem, Reason};
use oxidnf_solver::{Job, JobFlags};

use super::{Context, Lowered, Lowering};
use crate::replay::{Replay, ReplayPackage};
use crate::request::Operation;
use crate::resolved::{GoalNote, GoalNoteKind};

impl<'a> Lowering<'a> {
    pub(super) fn replay(&mut self, replay: &'a Replay) {
        self.out.allow_erasing |= replay.allow_erasing;
        for problem in &replay.problems {
            self.note(&Operation::Autoremove, "", GoalNoteKind::Merge(problem.clone()), false);
        }
        // What installing says of itself comes after what is wrong with the transaction.
        let mut said = Vec::new();
        for package in &replay.packages {
            let before = self.out.notes.len();
            if self.replay_package(replay, package) == Told::Later {
                said.extend(self.out.notes.drain(before..));
            }
        }
        for group in &replay.groups {
            self.replay_group(group, replay.ignore_installed);
        }
        for (id, environment) in &replay.kept_upgrades {
            let kind = GoalNoteKind::UpgradeKept { environment: *environment };
            self.note(&Operation::Upgrade, id, kind, false);
        }
        self.out.notes.append(&mut said);
    }

    fn replay_package(&mut self, replay: &Replay, package: &'a ReplayPackage) -> Told {
        match package.action {
            Action::Install | Action::Upgrade | Action::Downgrade => self.replay_inbound(replay, package),
            Action::Reinstall => {
                self.out.known.insert(package.nevra.clone());
                self.out.reason_overrides.insert(package.nevra.clone(), package.reason);
                self.replay_reinstallation(package);
                Told::Later
            }
            Action::Remove | Action::Replaced => {
                self.replay_outbound(replay, package);
                Told::Now
            }
            Action::ReasonChange => {
                let nevra = &package.nevra;
                let of_name = self.query().filter_name(Match::Exact, &[nevra.name.as_str()]);
                let of_arch = of_name.filter_arch(Match::Exact, &[nevra.arch.as_str()]);
                if !of_arch.packages().iter().any(|id| self.is_build(id, nevra)) {
                    return self.replay_missing(package);
                }
                let operation = Operation::Mark { reason: package.reason, group: package.group_id.clone() };
                self.mark(&operation, &package.nevra.to_string(), package.reason, package.group_id.as_deref());
                Told::Later
            }
        }
    }

    /// Installs a package again, from the repository that it came from if that is enabled.
    // witness: compat-tests/tests/decisions.rs::replayed_reinstallations
    fn replay_reinstallation(&mut self, package: &'a ReplayPackage) {
        let usual = self.sources;
        if self.is_enabled(&package.repo_id) {
            self.sources.repositories = std::slice::from_ref(&package.repo_id);
        }
        self.reinstall(&package.nevra.to_string());
        self.sources = usual;
    }

    fn is_enabled(&self, repo_id: &str) -> bool {
        self.sack().repos().any(|(_, info)| info.id == repo_id && info.kind != RepoKind::System)
    }

    /// Returns the installed packages of a name and architecture.
    fn installed_of(&self, nevra: &Nevra) -> Vec<PackageId> {
        let query = self.query().installed().filter_name(Match::Exact, &[nevra.name.as_str()]);
        query.filter_arch(Match::Exact, &[nevra.arch.as_str()]).sorted()
    }

    /// Tells whether a package is the build that is meant; transactions do not write epochs of 0, and where none is
    /// written dnf5 takes any.
    // witness: compat-tests/tests/decisions.rs::replays_on_changed_systems
    fn is_build(&self, id: PackageId, nevra: &Nevra) -> bool {
        let (own, meant) = (self.sack().package(id).evr(), nevra.evr());
        own.same_text(&meant) || nevra.epoch == 0 && (own.version, own.release) == (meant.version, meant.release)
    }

    fn replay_inbound(&mut self, replay: &Replay, package: &ReplayPackage) -> Told {
        let nevra = &package.nevra;
        let text = nevra.to_string();
        let here = self.installed_of(nevra);
        let same = here.iter().copied().find(|id| self.is_build(*id, nevra));
        let available = self.available_builds(package);
        if available.is_empty() && same.is_none() {
            return self.replay_missing(package);
        }
        let leaves = |id: &PackageId| {
            let other = self.nevra(*id);
            replay.packages.iter().any(|step| step.action.is_outbound() && step.nevra == other)
        };
        let installonly = self.installonly();
        let stays_alone = !here.iter().any(|id| leaves(id) || installonly.contains(*id));
        if package.action == Action::Install && stays_alone {
            if let Some(id) = same {
                return self.replay_installed(replay, package, id);
            }
            if let Some(other) = here.first() {
                let installed = self.nevra(*other);
                let kind = GoalNoteKind::ReplayOtherVersion { action: package.action, installed: installed.clone() };
                self.note(&Operation::Install, &text, kind, !replay.ignore_installed);
                if replay.ignore_installed {
                    self.out.known.insert(installed);
                }
            }
        }
        self.out.known.insert(nevra.clone());
        if let Some(id) = same {
            self.already_installed(&text, id);
            return Told::Later;
        }
        self.out.reason_overrides.insert(nevra.clone(), package.reason);
        let flags = self.flags(true);
        self.out.goal.add(Job::install(available, flags));
        Told::Now
    }

    /// Says that a build is nowhere, or hidden.
    fn replay_missing(&mut self, package: &ReplayPackage) -> Told {
        let nevra = &package.nevra;
        let seen = |excludes| {
            let query = Query::with_excludes(self.sack(), excludes).filter_exact_nevra(std::slice::from_ref(nevra));
            !query.is_empty()
        };
        let locked = seen(Excludes::ALL.without(ExcludeKind::Versionlock));
        let kind = if seen(Excludes::NONE) && !locked {
            GoalNoteKind::ReplayExcluded { action: package.action }
        } else {
            GoalNoteKind::ReplayNotFound { action: package.action }
        };
        self.note(&Operation::Install, &nevra.to_string(), kind, !self.skip_unavailable());
        Told::Now
    }

    /// A package that is to be installed is there.
    fn replay_installed(&mut self, replay: &Replay, package: &ReplayPackage, id: PackageId) -> Told {
        let installed = self.sack().package(id);
        let nevra = package.nevra.with_epoch().to_string();
        let text = package.nevra.to_string();
        self.note(&Operation::Install, &text, GoalNoteKind::AlreadyInstalled { nevra }, !replay.ignore_installed);
        let reason = self.cx.state.reason(installed.name(), installed.arch());
        if replay.override_reasons && reason != package.reason {
            self.out.reasons.push((id, package.reason, package.group_id.clone()));
        }
        self.out.known.insert(package.nevra.clone());
        Told::Now
    }

    /// Returns the available builds of a package; of its repository, if that is enabled.
    fn available_builds(&self, package: &ReplayPackage) -> Vec<PackageId> {
        let nevra = &package.nevra;
        let of_name = self.query().available().filter_name(Match::Exact, &[nevra.name.as_str()]);
        let of_arch = of_name.filter_arch(Match::Exact, &[nevra.arch.as_str()]).into_packages();
        let all = of_arch.iter().filter(|id| self.is_build(*id, nevra)).collect();
        let repo = [package.repo_id.as_str()];
        let query = Query::from_set(self.sack(), all);
        if self.is_enabled(&package.repo_id) { query.filter_repo(Match::Exact, &repo).sorted() } else { query.sorted() }
    }

    fn replay_outbound(&mut self, replay: &Replay, package: &ReplayPackage) {
        let nevra = &package.nevra;
        let here = self.installed_of(nevra);
        self.out.known.insert(nevra.clone());
        let Some(id) = here.iter().copied().find(|id| self.is_build(*id, nevra)) else {
            // dnf5 calls both ways of leaving a removal.
            let action = Action::Remove;
            let known = self.query().filter_nevra(Match::Exact, &[nevra.to_string()]);
            if known.is_empty() {
                let fatal = !self.skip_unavailable();
                return self.note(
                    &Operation::Remove,
                    &nevra.to_string(),
                    GoalNoteKind::ReplayNotFound { action },
                    fatal,
                );
            }
            let kind = match here.first() {
                Some(other) => GoalNoteKind::ReplayOtherVersion { action, installed: self.nevra(*other) },
                None => GoalNoteKind::ReplayNotInstalled { action },
            };
            return self.note(&Operation::Remove, &nevra.to_string(), kind, !replay.ignore_installed);
        };
        if package.action == Action::Replaced && self.skip_unavailable() {
            return;
        }
        if package.action == Action::Remove {
            self.out.reason_overrides.insert(nevra.clone(), package.reason);
        }
        self.out.goal.add(Job::remove(vec![id], JobFlags::default()));
    }
}

/// When something is said about a step.
#[derive(PartialEq, Eq)]
enum Told {
    Now,
    /// After what is said about all others.
    Later,
}

/// Gives what comes and goes the reasons of the given transaction, and tells about packages that it does not name.
pub(crate) fn judge(cx: &Context<'_>, plan: &mut Plan, replay: &Replay, lowered: &Lowered) -> Vec<GoalNote> {
    let Lowered { known, reason_overrides: reasons, .. } = lowered;
    let mut notes = Vec::new();
    // They are told about in the order of libsolv's decisions.
    let mut items: Vec<&mut PlanItem> = plan.items.iter_mut().collect();
    items.sort_by_key(|item| item.sequence);
    for item in items {
        let nevra = &item.package.nevra;
        if let Some(reason) = reasons.get(nevra) {
            item.reason = replayed_reason(cx, item, *reason);
        }
        // Whoever ignores what is installed does not mind what is replaced.
        let minded = item.action != Action::Replaced || !replay.ignore_installed;
        if !known.contains(nevra) && minded {
            let kind = GoalNoteKind::ExtraPackage { nevra: nevra.clone(), action: item.action };
            let operation = Operation::Install;
            notes.push(GoalNote { operation, spec: String::new(), kind, fatal: !replay.ignore_extras });
        }
    }
    notes
}

/// Returns the reason of an item for which a transaction names one.
// witness: compat-tests/tests/decisions.rs::reasons_of_replayed_packages_that_replace
fn replayed_reason(cx: &Context<'_>, item: &PlanItem, reason: Reason) -> Reason {
    let nevra = &item.package.nevra;
    match item.action {
        Action::Remove => reason,
        // A package that comes beside another version keeps a stronger reason; groups that list what is not installed
        // do not count.
        Action::Install => {
            let mut named = cx.sack.named(&nevra.name);
            let here = named.any(|id| cx.sack.is_installed(id) && cx.sack.package(id).arch() == nevra.arch);
            let stored = cx.state.stored_reason(&nevra.name, &nevra.arch).filter(|_| here);
            stored.map_or(reason, |stored| reason.stronger(stored))
        }
        // One that takes the place of others has the strongest of theirs already.
        _ => item.reason.stronger(reason),
    }
}
