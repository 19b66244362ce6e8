//! Which builds of modules can be active together (reference of dnf5, section 4.10).
//!
//! dnf5 puts every build of a module into a pool of its own: it provides its module and its stream, conflicts with all
//! other streams of its module, and requires others. What is enabled and what is the default is then asked for in up to
//! four ways, the strictest first.

use std::collections::BTreeSet;

use crate::error::SolverError;
use crate::sys::{
    Connective, DepId, Dependencies, Jobs, Pool, RuleInfo, RuleKind, Select, SolvId, SolvableParts, Solver,
};

/// A build of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleUnit {
    /// Name of the module.
    pub name: String,
    /// Stream.
    pub stream: String,
    /// Number of the build; larger is newer.
    pub version: u64,
    /// Context as the metadata has it.
    pub context: String,
    /// What makes builds of one stream exchangeable: newer ones replace older ones of the same.
    pub static_context: String,
    /// Architecture; empty counts as `noarch`.
    pub arch: String,
    /// Modules that it needs, each with the streams of which one will do; see [`ModuleUnit::conflicts`].
    pub requires: Vec<(String, Vec<String>)>,
    /// Whether it must not be taken.
    pub disabled: bool,
}

impl ModuleUnit {
    /// Returns `name:stream:version:context.arch`, as problems name it.
    pub fn identifier(&self) -> String {
        let ModuleUnit { name, stream, version, context, .. } = self;
        format!("{name}:{stream}:{version}:{context}.{}", self.arch_or_noarch())
    }

    fn arch_or_noarch(&self) -> &str {
        if self.arch.is_empty() { "noarch" } else { &self.arch }
    }

    /// Returns what it must not meet: `-stream` among the streams that it requires.
    ///
    /// dnf5 takes any stream with a hyphen for one of these, and leaves the parenthesis open, so that nothing is ever
    /// hit; which streams are not required is all that is left of them.
    fn conflicts(&self) -> impl Iterator<Item = String> {
        self.requires.iter().flat_map(|(name, streams)| {
            let excluded = streams.iter().filter(|stream| stream.contains('-'));
            excluded.map(move |stream| format!("module({name}:{}", stream.chars().skip(1).collect::<String>()))
        })
    }
}

/// A stream that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleWish {
    /// `name:stream`.
    pub name_stream: String,
    /// Whether it is enabled, and not only the default.
    pub enabled: bool,
}

/// What is there and what is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ModuleGoal<'a> {
    /// All builds; their order decides between equal ones.
    pub units: &'a [ModuleUnit],
    /// Name and stream of the platform, if it is known.
    pub platform: Option<(&'a str, &'a str)>,
    /// Architecture of the machine.
    pub arch: &'a str,
    /// Streams, one for each build of them.
    pub wishes: &'a [ModuleWish],
    /// Builds, by their places in `units`, of which one each was named by the user.
    pub named: &'a [Vec<usize>],
}

/// How much had to be given up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModuleTrouble {
    /// Nothing.
    #[default]
    None,
    /// Streams that are only defaults.
    Defaults,
    /// The newest builds.
    Latest,
    /// Enabled streams.
    Enabled,
    /// Everything.
    All,
}

/// What came of a [`ModuleGoal`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleResolution {
    /// The active builds, by their places.
    pub active: BTreeSet<usize>,
    /// What had to be given up.
    pub trouble: ModuleTrouble,
    /// Why.
    pub problems: Vec<ModuleProblem>,
}

/// One reason why streams cannot be active together: facts that contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleProblem {
    /// The facts, in libsolv's order.
    pub rules: Vec<ModuleRule>,
}

/// A fact about modules, which are named as [`ModuleUnit::identifier`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each fact is a sentence of its names")]
pub enum ModuleRule {
    ConflictingRequests,
    NothingProvidesRequested { dependency: String },
    BestUpdate { module: String },
    BestCandidate,
    Disabled { module: String },
    IncompatibleArch { module: String },
    NotInstallable { module: String },
    NothingProvides { module: String, dependency: String },
    Requires { module: String, dependency: String },
    Conflicts { module: String, dependency: String, other: String },
    SelfConflict { module: String, dependency: String },
    SameName { module: String, other: String },
    SomeDependency,
    Other { text: String },
}

/// Finds the builds that are active.
pub fn resolve_modules(goal: &ModuleGoal<'_>) -> Result<ModuleResolution, SolverError> {
    if goal.wishes.is_empty() && goal.named.is_empty() {
        return Ok(ModuleResolution::default());
    }
    let mut pool = Pool::for_modules(goal.arch)?;
    let ids = fill(&mut pool, goal)?;
    pool.index_providers();
    let disabled = ids.iter().zip(goal.units).filter(|(_, unit)| unit.disabled);
    let disabled: BTreeSet<SolvId> = disabled.map(|(id, _)| *id).collect();
    pool.set_considered(|id| !disabled.contains(&id));
    let mut run = Run { pool, ids, goal };
    let mut resolution = ModuleResolution::default();
    let attempts = [
        (ModuleTrouble::None, Manner { weak: Weak::Nothing, best: true }),
        (ModuleTrouble::Defaults, Manner { weak: Weak::Defaults, best: true }),
        (ModuleTrouble::Latest, Manner { weak: Weak::Defaults, best: false }),
        (ModuleTrouble::Enabled, Manner { weak: Weak::All, best: false }),
    ];
    for (trouble, manner) in attempts {
        match run.attempt(manner)? {
            Ok(active) => {
                resolution.active = active;
                resolution.trouble = trouble;
                return Ok(resolution);
            }
            // What is told is why the strictest attempt failed.
            Err(problems) if trouble == ModuleTrouble::None => resolution.problems = problems,
            Err(_) => {}
        }
    }
    resolution.trouble = ModuleTrouble::All;
    Ok(resolution)
}

/// Which wishes may stay unfulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weak {
    Nothing,
    Defaults,
    All,
}

#[derive(Debug, Clone, Copy)]
struct Manner {
    weak: Weak,
    best: bool,
}

/// Puts the builds and the platform into the pool; returns the numbers of the builds.
fn fill(pool: &mut Pool, goal: &ModuleGoal<'_>) -> Result<Vec<SolvId>, SolverError> {
    let repo = pool.add_repo("modules", 0, 0)?;
    let mut ids = Vec::with_capacity(goal.units.len());
    for unit in goal.units {
        let mut deps = own_dependencies(pool, &unit.name, &unit.stream);
        let conflicts: Vec<DepId> = unit.conflicts().map(|text| pool.intern(&text).into()).collect();
        deps.conflicts.extend(conflicts);
        for (name, streams) in &unit.requires {
            deps.requires.push(requirement(pool, name, streams));
        }
        let name = format!("{}:{}:{}", unit.name, unit.stream, unit.static_context);
        let evr = unit.version.to_string();
        let arch = unit.arch_or_noarch();
        ids.push(pool.add_package(
            repo,
            SolvableParts { name: &name, evr: &evr, arch, vendor: "", build_time: 0 },
            &deps,
        ));
    }
    if let Some((name, stream)) = goal.platform {
        let repo = pool.add_repo("@System", 0, 0)?;
        let deps = own_dependencies(pool, name, stream);
        let name = format!("{name}:{stream}:00000000");
        let parts = SolvableParts { name: &name, evr: "0", arch: "noarch", vendor: "", build_time: 0 };
        pool.add_package(repo, parts, &deps);
    }
    Ok(ids)
}

/// Returns what every build has: it is its module and its stream, and no other stream may be beside it.
fn own_dependencies(pool: &mut Pool, name: &str, stream: &str) -> Dependencies {
    let module = DepId::from(pool.intern(&format!("module({name})")));
    let with_stream = DepId::from(pool.intern(&format!("module({name}:{stream})")));
    Dependencies { provides: vec![module, with_stream], conflicts: vec![module], ..Dependencies::default() }
}

fn requirement(pool: &mut Pool, name: &str, streams: &[String]) -> DepId {
    let wanted = streams.iter().filter(|stream| !stream.contains('-')).rev();
    let mut joined: Option<DepId> = None;
    for stream in wanted {
        let one = DepId::from(pool.intern(&format!("module({name}:{stream})")));
        joined = Some(joined.map_or(one, |rest| pool.join(one, Connective::Or, rest)));
    }
    joined.unwrap_or_else(|| pool.intern(&format!("module({name})")).into())
}

struct Run<'a> {
    pool: Pool,
    ids: Vec<SolvId>,
    goal: &'a ModuleGoal<'a>,
}

impl Run<'_> {
    /// Solves once; what is chosen, or why nothing can be.
    fn attempt(&mut self, manner: Manner) -> Result<Result<BTreeSet<usize>, Vec<ModuleProblem>>, SolverError> {
        let jobs = self.jobs(manner);
        let mut solver = Solver::new(&mut self.pool)?;
        if solver.solve(&jobs) > 0 {
            let units = Units { ids: &self.ids, units: self.goal.units };
            let problems = solver.problems().into_iter().map(|rules| {
                let infos = rules.into_iter().flat_map(|rule| rule.infos);
                ModuleProblem { rules: infos.map(|info| units.rule(solver.pool(), &info)).collect() }
            });
            return Ok(Err(problems.collect()));
        }
        let chosen = |unit: &ModuleUnit| (unit.name.clone(), unit.stream.clone(), unit.static_context.clone());
        let places = self.ids.iter().zip(self.goal.units).filter(|(id, _)| solver.is_chosen(**id));
        let names: BTreeSet<_> = places.map(|(_, unit)| chosen(unit)).collect();
        // All builds that could take the place of the chosen one are active with it.
        let units = self.goal.units.iter().enumerate();
        Ok(Ok(units.filter(|(_, unit)| names.contains(&chosen(unit))).map(|(place, _)| place).collect()))
    }

    fn jobs(&mut self, manner: Manner) -> Jobs {
        let mut jobs = Jobs::default();
        let how = |weak: bool| {
            Jobs::INSTALL
                | Jobs::SETARCH
                | Jobs::SETEVR
                | if weak { Jobs::WEAK } else { 0 }
                | if manner.best { Jobs::FORCEBEST } else { 0 }
        };
        for wish in self.goal.wishes {
            let weak = match manner.weak {
                Weak::Nothing => false,
                Weak::Defaults => !wish.enabled,
                Weak::All => true,
            };
            let dependency = self.pool.intern(&format!("module({})", wish.name_stream));
            jobs.push(how(weak), Select::Provides(dependency.into()));
        }
        for named in self.goal.named {
            let ids: Vec<SolvId> = named.iter().filter_map(|place| self.ids.get(*place).copied()).collect();
            let one_of = self.pool.one_of(&ids);
            jobs.push(how(manner.weak == Weak::All), Select::OneOf(one_of));
        }
        jobs
    }
}

/// Finds builds by their numbers.
struct Units<'a> {
    ids: &'a [SolvId],
    units: &'a [ModuleUnit],
}

impl Units<'_> {
    fn named(&self, id: Option<SolvId>) -> String {
        let place = self.ids.iter().position(|unit| Some(*unit) == id);
        place.map(|place| self.units[place].identifier()).unwrap_or_default()
    }

    fn rule(&self, pool: &Pool, info: &RuleInfo) -> ModuleRule {
        let dependency = info.dep.map(|dep| pool.dep_text(dep)).unwrap_or_default();
        let (module, other) = (self.named(info.source), self.named(info.target));
        match info.kind {
            RuleKind::Job => ModuleRule::ConflictingRequests,
            RuleKind::JobNothingProvides => ModuleRule::NothingProvidesRequested { dependency },
            RuleKind::Best if info.source.is_some() => ModuleRule::BestUpdate { module },
            RuleKind::Best => ModuleRule::BestCandidate,
            RuleKind::NotInstallable => self.not_installable(pool, info.source, module),
            RuleKind::NothingProvides => ModuleRule::NothingProvides { module, dependency },
            RuleKind::Requires => ModuleRule::Requires { module, dependency },
            RuleKind::Conflicts => ModuleRule::Conflicts { module, dependency, other },
            RuleKind::SelfConflict => ModuleRule::SelfConflict { module, dependency },
            RuleKind::SameName => ModuleRule::SameName { module, other },
            RuleKind::Package => ModuleRule::SomeDependency,
            _ => ModuleRule::Other { text: info.text.clone() },
        }
    }

    fn not_installable(&self, pool: &Pool, id: Option<SolvId>, module: String) -> ModuleRule {
        let place = self.ids.iter().position(|unit| Some(*unit) == id);
        if place.is_some_and(|place| self.units[place].disabled) {
            ModuleRule::Disabled { module }
        } else if id.is_some_and(|id| pool.has_bad_arch(id)) {
            ModuleRule::IncompatibleArch { module }
        } else {
            ModuleRule::NotInstallable { module }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, stream: &str, version: u64, requires: &[(&str, &[&str])]) -> ModuleUnit {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        ModuleUnit {
            name: name.to_owned(),
            stream: stream.to_owned(),
            version,
            context: "c".to_owned(),
            static_context: "c".to_owned(),
            arch: "x86_64".to_owned(),
            requires: requires.iter().map(|(name, streams)| ((*name).to_owned(), own(streams))).collect(),
            disabled: false,
        }
    }

    fn resolve(units: &[ModuleUnit], wishes: &[(&str, bool)]) -> ModuleResolution {
        let wishes: Vec<ModuleWish> = wishes
            .iter()
            .map(|(text, enabled)| ModuleWish { name_stream: (*text).to_owned(), enabled: *enabled })
            .collect();
        let platform = Some(("platform", "f38"));
        resolve_modules(&ModuleGoal { units, platform, arch: "x86_64", wishes: &wishes, named: &[] })
            .expect("libsolv works")
    }

    // witness: compat-tests/tests/modules.rs
    #[test]
    fn requirements_become_active() {
        let units = [
            unit("nodejs", "10", 1, &[("platform", &["f38"])]),
            unit("nodejs", "12", 1, &[]),
            unit("postgresql", "5", 1, &[("nodejs", &["10", "9"])]),
        ];
        let found = resolve(&units, &[("postgresql:5", true)]);
        assert_eq!(found, ModuleResolution { active: BTreeSet::from([0, 2]), ..ModuleResolution::default() });
    }

    #[test]
    fn defaults_give_way_and_enabled_streams_fail() {
        let units = [
            unit("nodejs", "10", 1, &[("platform", &["f39"])]),
            unit("nodejs", "12", 1, &[]),
            unit("postgresql", "6", 1, &[("nodejs", &["12"])]),
        ];
        let found = resolve(&units, &[("nodejs:10", false), ("postgresql:6", true)]);
        assert_eq!((found.trouble, found.active), (ModuleTrouble::Defaults, BTreeSet::from([1, 2])));
        let found = resolve(&units, &[("nodejs:10", true)]);
        assert_eq!((found.trouble, found.active), (ModuleTrouble::Enabled, BTreeSet::new()));
        let nothing = ModuleRule::NothingProvides {
            module: "nodejs:10:1:c.x86_64".to_owned(),
            dependency: "module(platform:f39)".to_owned(),
        };
        assert_eq!(found.problems[0].rules, [ModuleRule::ConflictingRequests, nothing]);
    }

    #[test]
    fn two_streams_of_a_module_exclude_each_other() {
        let units = [unit("a", "1", 1, &[]), unit("a", "2", 1, &[]), unit("b", "1", 1, &[])];
        let found = resolve(&units, &[("a:1", true), ("a:2", true), ("b:1", true)]);
        assert_eq!(found.trouble, ModuleTrouble::Enabled);
        let mut disabled = units.clone();
        disabled[2].disabled = true;
        let found = resolve(&disabled, &[("b:1", true)]);
        let rules: Vec<_> = found.problems.into_iter().flat_map(|problem| problem.rules).collect();
        assert!(rules.contains(&ModuleRule::Disabled { module: "b:1:1:c.x86_64".to_owned() }), "{rules:?}");
    }

    #[test]
    fn a_newer_build_stands_for_the_older_ones() {
        let units = [unit("a", "1", 1, &[]), unit("a", "1", 2, &[("nope", &[])])];
        let found = resolve(&units, &[("a:1", true), ("a:1", true)]);
        assert_eq!(found.active, BTreeSet::from([0, 1]));
    }
}
