//! One solve: jobs in, decisions or problems out.

use std::ptr::NonNull;

use libsolv_sys::ffi;

use super::pool::{Pool, PoolError, copied};
use super::queue::{Queue, borrowed};
use super::transaction::Transaction;
use super::{DepId, OneOf, SolvId};
use crate::minimal::Clause;

/// What a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Select {
    /// One package.
    Package(SolvId),
    /// One of a set of packages.
    OneOf(OneOf),
    /// The packages that satisfy a dependency.
    Provides(DepId),
}

/// A list of jobs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jobs(Vec<ffi::Id>);

impl Jobs {
    pub(crate) const INSTALL: u32 = ffi::SOLVER_INSTALL;
    pub(crate) const ERASE: u32 = ffi::SOLVER_ERASE;
    pub(crate) const UPDATE: u32 = ffi::SOLVER_UPDATE;
    pub(crate) const DISTUPGRADE: u32 = ffi::SOLVER_DISTUPGRADE;
    pub(crate) const MULTIVERSION: u32 = ffi::SOLVER_MULTIVERSION;
    pub(crate) const USERINSTALLED: u32 = ffi::SOLVER_USERINSTALLED;
    pub(crate) const ALLOWUNINSTALL: u32 = ffi::SOLVER_ALLOWUNINSTALL;
    pub(crate) const EXCLUDEFROMWEAK: u32 = ffi::SOLVER_EXCLUDEFROMWEAK;
    pub(crate) const WEAK: u32 = ffi::SOLVER_WEAK;
    pub(crate) const FORCEBEST: u32 = ffi::SOLVER_FORCEBEST;
    pub(crate) const CLEANDEPS: u32 = ffi::SOLVER_CLEANDEPS;
    pub(crate) const TARGETED: u32 = ffi::SOLVER_TARGETED;
    pub(crate) const SETARCH: u32 = ffi::SOLVER_SETARCH;
    pub(crate) const SETEVR: u32 = ffi::SOLVER_SETEVR;

    /// Adds a job: an action with its modifiers, and what it is about.
    pub(crate) fn push(&mut self, how: u32, what: Select) {
        let (select, id) = match what {
            Select::Package(id) => (ffi::SOLVER_SOLVABLE, id.0),
            Select::OneOf(set) => (ffi::SOLVER_SOLVABLE_ONE_OF, set.0),
            Select::Provides(dep) => (ffi::SOLVER_SOLVABLE_PROVIDES, dep.0),
        };
        self.0.extend([(how | select) as ffi::Id, id]);
    }

    /// Adds other jobs behind.
    pub(crate) fn extend(&mut self, others: &Jobs) {
        self.0.extend(&others.0);
    }

    /// Returns the same jobs, none of them weak and all of them insisting on the best candidate.
    pub(crate) fn strict(&self) -> Jobs {
        let strict = |pair: &[ffi::Id]| [(pair[0] as u32 & !Self::WEAK | Self::FORCEBEST) as ffi::Id, pair[1]];
        Jobs(self.0.chunks_exact(2).flat_map(strict).collect())
    }
}

/// A switch of the solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    KeepOrphans,
    BestObeyPolicy,
    YumObsoletes,
    UrpmReorder,
    FocusNew,
    IgnoreRecommended,
    AllowDowngrade,
    AllowVendorChange,
    DupAllowVendorChange,
}

impl Flag {
    fn raw(self) -> i32 {
        let raw = match self {
            Flag::KeepOrphans => ffi::SOLVER_FLAG_KEEP_ORPHANS,
            Flag::BestObeyPolicy => ffi::SOLVER_FLAG_BEST_OBEY_POLICY,
            Flag::YumObsoletes => ffi::SOLVER_FLAG_YUM_OBSOLETES,
            Flag::UrpmReorder => ffi::SOLVER_FLAG_URPM_REORDER,
            Flag::FocusNew => ffi::SOLVER_FLAG_FOCUS_NEW,
            Flag::IgnoreRecommended => ffi::SOLVER_FLAG_IGNORE_RECOMMENDED,
            Flag::AllowDowngrade => ffi::SOLVER_FLAG_ALLOW_DOWNGRADE,
            Flag::AllowVendorChange => ffi::SOLVER_FLAG_ALLOW_VENDORCHANGE,
            Flag::DupAllowVendorChange => ffi::SOLVER_FLAG_DUP_ALLOW_VENDORCHANGE,
        };
        raw as i32
    }
}

/// Why the solver decided about a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A job, or the rule that asks for the best candidate of one.
    Job,
    /// Nothing needs the package any more.
    CleanDeps,
    /// A recommendation or supplement.
    Weak,
    /// Anything else.
    Dependency,
}

/// The kinds of rules that can be part of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Package,
    NotInstallable,
    NothingProvides,
    Requires,
    SelfConflict,
    Conflicts,
    SameName,
    Obsoletes,
    ImplicitObsoletes,
    InstalledObsoletes,
    Update,
    Job,
    JobNothingProvides,
    JobProvidedBySystem,
    JobUnknownPackage,
    JobUnsupported,
    DistUpgrade,
    InferiorArch,
    Best,
    YumObsoletes,
    Other,
}

impl RuleKind {
    fn new(raw: ffi::SolverRuleinfo) -> Self {
        match raw {
            ffi::SolverRuleinfo_SOLVER_RULE_PKG => RuleKind::Package,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_NOT_INSTALLABLE => RuleKind::NotInstallable,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP => RuleKind::NothingProvides,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_REQUIRES => RuleKind::Requires,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_SELF_CONFLICT => RuleKind::SelfConflict,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_CONFLICTS => RuleKind::Conflicts,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_SAME_NAME => RuleKind::SameName,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_OBSOLETES => RuleKind::Obsoletes,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_IMPLICIT_OBSOLETES => RuleKind::ImplicitObsoletes,
            ffi::SolverRuleinfo_SOLVER_RULE_PKG_INSTALLED_OBSOLETES => RuleKind::InstalledObsoletes,
            ffi::SolverRuleinfo_SOLVER_RULE_UPDATE => RuleKind::Update,
            ffi::SolverRuleinfo_SOLVER_RULE_JOB => RuleKind::Job,
            ffi::SolverRuleinfo_SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP => RuleKind::JobNothingProvides,
            ffi::SolverRuleinfo_SOLVER_RULE_JOB_PROVIDED_BY_SYSTEM => RuleKind::JobProvidedBySystem,
            ffi::SolverRuleinfo_SOLVER_RULE_JOB_UNKNOWN_PACKAGE => RuleKind::JobUnknownPackage,
            ffi::SolverRuleinfo_SOLVER_RULE_JOB_UNSUPPORTED => RuleKind::JobUnsupported,
            ffi::SolverRuleinfo_SOLVER_RULE_DISTUPGRADE => RuleKind::DistUpgrade,
            ffi::SolverRuleinfo_SOLVER_RULE_INFARCH => RuleKind::InferiorArch,
            ffi::SolverRuleinfo_SOLVER_RULE_BEST => RuleKind::Best,
            ffi::SolverRuleinfo_SOLVER_RULE_YUMOBS => RuleKind::YumObsoletes,
            _ => RuleKind::Other,
        }
    }
}

/// One cause within a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleInfo {
    pub(crate) kind: RuleKind,
    /// The package that the rule comes from.
    pub(crate) source: Option<SolvId>,
    /// The package that it concerns.
    pub(crate) target: Option<SolvId>,
    /// The dependency at stake.
    pub(crate) dep: Option<DepId>,
    /// libsolv's own sentence, for [`RuleKind::Other`] only.
    pub(crate) text: String,
}

/// One rule of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProblemRule {
    /// What it demands.
    pub(crate) clause: Clause,
    /// Where it comes from; one rule may have several causes.
    pub(crate) infos: Vec<RuleInfo>,
}

/// A solver over a pool.
pub(crate) struct Solver<'p> {
    raw: NonNull<ffi::Solver>,
    pool: &'p mut Pool,
}

impl<'p> Solver<'p> {
    /// Creates a solver; the pool's provider table must be there.
    pub(crate) fn new(pool: &'p mut Pool) -> Result<Self, PoolError> {
        // SAFETY: the pool is live and stays so while the solver borrows it.
        let raw = unsafe { ffi::solver_create(pool.raw()) };
        Ok(Solver { raw: NonNull::new(raw).ok_or(PoolError::TooMany)?, pool })
    }

    pub(super) fn raw(&self) -> *mut ffi::Solver {
        self.raw.as_ptr()
    }

    /// Returns the pool for reading.
    pub(crate) fn pool(&self) -> &Pool {
        self.pool
    }

    /// Returns the pool for looking up providers, which fills a cache.
    pub(crate) fn pool_mut(&mut self) -> &mut Pool {
        self.pool
    }

    /// Sets a switch.
    pub(crate) fn set(&mut self, flag: Flag, value: bool) {
        // SAFETY: the solver is live.
        unsafe { ffi::solver_set_flag(self.raw(), flag.raw(), i32::from(value)) };
    }

    /// Solves, and returns the number of problems; may be called again with other jobs.
    pub(crate) fn solve(&mut self, jobs: &Jobs) -> usize {
        let mut queue = borrowed(&jobs.0);
        // SAFETY: the solver is live; it copies the jobs. Ids in them come from this pool, as no other way makes them.
        let problems = unsafe { ffi::solver_solve(self.raw(), &raw mut queue) };
        usize::try_from(problems).unwrap_or(0)
    }

    /// Tells whether the last solve wants the package installed (or kept).
    pub(crate) fn is_chosen(&self, package: SolvId) -> bool {
        // SAFETY: the solver is live and the id is of its pool.
        (unsafe { ffi::solver_get_decisionlevel(self.raw(), package.0) }) > 0
    }

    /// Returns the packages that the last solve wants installed or kept.
    pub(crate) fn chosen(&self) -> Vec<SolvId> {
        // SAFETY: the solver is live; the queue is filled by libsolv.
        let decided = Pool::collect(|queue| unsafe { ffi::solver_get_decisionqueue(self.raw(), queue) });
        decided.ids().iter().filter(|id| **id > 0).map(|id| SolvId(*id)).collect()
    }

    /// Tells whether the last solve had to take decisions back, from which it learns rules.
    pub(crate) fn has_learned(&self) -> bool {
        // SAFETY: the solver is live; a number that no rule has is of an unknown class.
        let classes = (1..).map(|rule| unsafe { ffi::solver_ruleclass(self.raw(), rule) });
        // Learned rules are the last ones.
        let rules = classes.take_while(|class| *class != ffi::SolverRuleinfo_SOLVER_RULE_UNKNOWN);
        rules.last() == Some(ffi::SolverRuleinfo_SOLVER_RULE_LEARNT)
    }

    /// Returns why the solver decided about a package as it did.
    pub(crate) fn reason(&self, package: SolvId) -> Reason {
        let mut info = 0;
        // SAFETY: the solver is live, the id is of its pool, and `info` is writable.
        let reason = unsafe { ffi::solver_describe_decision(self.raw(), package.0, &raw mut info) };
        match reason as u32 {
            ffi::SOLVER_REASON_UNIT_RULE | ffi::SOLVER_REASON_RESOLVE_JOB => {
                // SAFETY: `info` is the number of a rule of this solver in these two cases.
                match unsafe { ffi::solver_ruleclass(self.raw(), info) } {
                    ffi::SolverRuleinfo_SOLVER_RULE_JOB | ffi::SolverRuleinfo_SOLVER_RULE_BEST => Reason::Job,
                    _ => Reason::Dependency,
                }
            }
            ffi::SOLVER_REASON_CLEANDEPS_ERASE => Reason::CleanDeps,
            ffi::SOLVER_REASON_WEAKDEP => Reason::Weak,
            _ => Reason::Dependency,
        }
    }

    /// Returns the packages that go because nothing needs them any more.
    pub(crate) fn clean_deps(&self) -> Vec<SolvId> {
        // SAFETY: the solver is live; the queue is filled by libsolv.
        Pool::collect(|queue| unsafe { ffi::solver_get_cleandeps(self.raw(), queue) }).solvables()
    }

    /// Returns the installed packages that nothing user-installed needs.
    pub(crate) fn unneeded(&self) -> Vec<SolvId> {
        // SAFETY: as above.
        Pool::collect(|queue| unsafe { ffi::solver_get_unneeded(self.raw(), queue, 0) }).solvables()
    }

    /// Returns every problem of the last solve with all rules that take part in it, in libsolv's order.
    pub(crate) fn problems(&self) -> Vec<Vec<ProblemRule>> {
        // SAFETY: the solver is live.
        let count = unsafe { ffi::solver_problem_count(self.raw()) };
        let count = ffi::Id::try_from(count).unwrap_or(ffi::Id::MAX);
        (1..=count)
            .map(|problem| {
                // SAFETY: problems are numbered from 1 to the count.
                let rules =
                    Pool::collect(|queue| unsafe { ffi::solver_findallproblemrules(self.raw(), problem, queue) });
                rules
                    .ids()
                    .iter()
                    .map(|rule| ProblemRule { clause: self.clause(*rule), infos: self.rule_infos(*rule) })
                    .collect()
            })
            .collect()
    }

    /// Returns what a rule demands: one of packages to be installed (positive) or absent (negative).
    fn clause(&self, rule: ffi::Id) -> Clause {
        // SAFETY: `rule` is the number of a rule of this solver.
        Pool::collect(|queue| unsafe { ffi::solver_ruleliterals(self.raw(), rule, queue) }).ids().to_vec()
    }

    fn rule_infos(&self, rule: ffi::Id) -> Vec<RuleInfo> {
        let infos: Queue = Pool::collect(|queue| {
            // SAFETY: `rule` is the number of a rule of this solver.
            unsafe { ffi::solver_allruleinfos(self.raw(), rule, queue) };
        });
        infos.ids().chunks_exact(4).map(|info| self.rule_info(info)).collect()
    }

    fn rule_info(&self, info: &[ffi::Id]) -> RuleInfo {
        let raw_kind = info[0] as ffi::SolverRuleinfo;
        let kind = RuleKind::new(raw_kind);
        let package = |id: ffi::Id| (id > 0).then_some(SolvId(id));
        let text = if kind == RuleKind::Other {
            // SAFETY: the four values were just made by this solver; the text is copied at once.
            copied(unsafe { ffi::solver_problemruleinfo2str(self.raw(), raw_kind, info[1], info[2], info[3]) })
        } else {
            String::new()
        };
        let dep = (info[3] != 0).then_some(DepId(info[3]));
        RuleInfo { kind, source: package(info[1]), target: package(info[2]), dep, text }
    }

    /// Returns what the last solve changes on the system.
    pub(crate) fn transaction(&self) -> Result<Transaction<'_>, PoolError> {
        Transaction::new(self)
    }
}

impl Drop for Solver<'_> {
    fn drop(&mut self) {
        // SAFETY: made by solver_create and freed only here, before the pool that it borrows.
        unsafe { ffi::solver_free(self.raw()) }
    }
}
