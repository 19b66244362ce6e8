//! Small universes as text, for tests that read from top to bottom.
//!
//! One package a line: `repository name-version-release.arch key value, value; key value`, where the keys are the kinds
//! of dependencies, also `requires(post)` and `requires(preun)`, `files`, `vendor`, `reason` and `built`. The repository `system` holds what is installed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use oxidnf_catalog::{
    Catalog, CatalogBuilder, ExcludeKind, Excludes, FileKind, FileRef, PackageId, PackageSink, Record, Relation,
    RepoInfo, Sack,
};
use oxidnf_core::reldep::Sense;
use oxidnf_core::{Nevra, Reason, Reldep};

use crate::{Goal, Job, JobFlags, Options, Problem, Reasons, Resolution, Rule, resolve};

/// A universe, what is wanted of it, and how.
pub(crate) struct World {
    pub(crate) sack: Sack,
    pub(crate) options: Options,
    pub(crate) flags: JobFlags,
    pub(crate) goal: Goal,
}

/// Starts with the packages of `text`.
pub(crate) fn given(text: &str) -> World {
    let mut repos: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    let mut reasons = HashMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (repo, rest) = line.split_once(' ').expect("a repository and a package");
        let line = Line::parse(rest.trim());
        if let Some(reason) = line.text("reason") {
            reasons.insert(line.nevra.name_arch(), Reason::from_name(reason).expect("a reason"));
        }
        repos.entry(repo).or_default().push(line);
    }
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::system(), catalog(&repos.remove("system").unwrap_or_default()));
    for (repo, lines) in repos {
        // "cheap@10" is a repository of priority 10.
        let (id, priority) = repo.split_once('@').unwrap_or((repo, "99"));
        let info = RepoInfo { priority: priority.parse().expect("a number"), ..RepoInfo::available(id) };
        sack.add_repo(info, catalog(&lines));
    }
    let options = Options { reasons: Reasons::from(reasons), ..Options::default() };
    World { sack, options, flags: JobFlags::default(), goal: Goal::new() }
}

struct Line {
    nevra: Nevra,
    values: BTreeMap<String, Vec<String>>,
}

impl Line {
    fn parse(text: &str) -> Self {
        let (nevra, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut values = BTreeMap::new();
        for part in rest.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, list) = part.split_once(' ').expect("a key and values");
            values.insert(key.to_owned(), list.split(',').map(|value| value.trim().to_owned()).collect());
        }
        Line { nevra: Nevra::parse(nevra).expect("a full name"), values }
    }

    fn list(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.list(key).first().map(String::as_str)
    }
}

fn catalog(lines: &[Line]) -> Arc<Catalog> {
    const KINDS: [(&str, Relation); 8] = [
        ("provides", Relation::Provides),
        ("requires", Relation::Requires),
        ("conflicts", Relation::Conflicts),
        ("obsoletes", Relation::Obsoletes),
        ("recommends", Relation::Recommends),
        ("suggests", Relation::Suggests),
        ("supplements", Relation::Supplements),
        ("enhances", Relation::Enhances),
    ];
    let mut builder = CatalogBuilder::new();
    for line in lines {
        let nevra = &line.nevra;
        let mut deps = vec![(Relation::Provides, format!("{} = {}", nevra.name, nevra.evr()))];
        for (key, relation) in KINDS {
            deps.extend(line.list(key).iter().map(|dep| (relation, dep.clone())));
        }
        let parsed = |dep: &str| Reldep::parse(dep).expect("a dependency");
        let mut deps: Vec<(Relation, Reldep)> = deps.iter().map(|(relation, dep)| (*relation, parsed(dep))).collect();
        for (key, sense) in [("requires(post)", Sense::SCRIPT_POST), ("requires(preun)", Sense::SCRIPT_PREUN)] {
            let of_scriptlet = |dep: &String| {
                let dep = parsed(dep);
                (Relation::Requires, Reldep { sense: dep.sense | sense, ..dep })
            };
            deps.extend(line.list(key).iter().map(of_scriptlet));
        }
        let mut record = Record {
            name: &nevra.name,
            arch: &nevra.arch,
            epoch: nevra.epoch,
            version: &nevra.version,
            release: &nevra.release,
            vendor: line.text("vendor").unwrap_or_default(),
            build_time: line.text("built").map_or(1, |time| time.parse().expect("a number")),
            ..Record::default()
        };
        for (relation, dep) in &deps {
            record.relations_mut(*relation).push(dep.as_ref());
        }
        for path in line.list("files") {
            let (dir, name) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
            record.files.push(FileRef { dir, name, kind: FileKind::File });
        }
        builder.package(&record).expect("a well-formed record");
    }
    Arc::new(Catalog::from_bytes(builder.finish(&[0; 32]).expect("a small catalog")).expect("what was just made"))
}

impl World {
    /// Changes the options.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// Insists on the best candidates.
    pub(crate) fn best(mut self) -> Self {
        self.flags.best = true;
        self
    }

    /// Lets jobs be dropped.
    pub(crate) fn skip_broken(mut self) -> Self {
        self.flags.weak = true;
        self
    }

    /// Hides the packages of a name.
    pub(crate) fn excluding(mut self, name: &str) -> Self {
        let hidden = self.sack.all().iter().filter(|id| self.sack.package(*id).name() == name).collect();
        self.sack.set_excluded(hidden, ExcludeKind::Config);
        self
    }

    /// Returns the packages of a name that are not excluded.
    pub(crate) fn named(&self, name: &str) -> Vec<PackageId> {
        let considered = self.sack.considered(Excludes::ALL);
        considered.iter().filter(|id| self.sack.package(*id).name() == name).collect()
    }

    fn wants(mut self, job: Job) -> Self {
        self.goal.add(job);
        self
    }

    /// Wants a package of the name.
    pub(crate) fn install(self, name: &str) -> Self {
        let job = Job::install(self.named(name), self.flags);
        self.wants(job)
    }

    /// Wants a package of the name for a group's sake.
    pub(crate) fn install_for(self, group: &str, name: &str) -> Self {
        let job = Job::Install { candidates: self.named(name), flags: self.flags, group: Some(group.to_owned()) };
        self.wants(job)
    }

    /// Wants a dependency met.
    pub(crate) fn install_provide(self, dependency: &str) -> Self {
        let dependency = Reldep::parse(dependency).expect("a dependency");
        let flags = self.flags;
        self.wants(Job::InstallProvide { dependency, flags })
    }

    /// Wants everything upgraded.
    pub(crate) fn upgrade(self) -> Self {
        let flags = self.flags;
        self.wants(Job::UpgradeAll { flags })
    }

    /// Wants a name upgraded.
    pub(crate) fn upgrade_only(self, name: &str) -> Self {
        let job = Job::Upgrade { candidates: self.named(name), flags: self.flags };
        self.wants(job)
    }

    /// Wants everything as in the repositories.
    pub(crate) fn distro_sync(self) -> Self {
        let flags = self.flags;
        self.wants(Job::DistroSyncAll { flags })
    }

    /// Wants the packages of a name and version.
    pub(crate) fn exactly(self, nevra: &str) -> Self {
        let candidates: Vec<PackageId> =
            self.sack.available().iter().filter(|id| self.sack.package(*id).nevra().to_string() == nevra).collect();
        let flags = self.flags;
        self.wants(Job::Downgrade { candidates, flags })
    }

    /// Wants the installed packages of a name gone, as dnf5's remove does.
    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.options.allow_erasing = true;
        let packages = self.named(name).into_iter().filter(|id| self.sack.is_installed(*id)).collect();
        let flags = JobFlags { clean_deps: true, ..self.flags };
        self.wants(Job::remove(packages, flags))
    }

    /// Resolves.
    pub(crate) fn resolution(&self) -> Resolution {
        resolve(&self.sack, &self.goal, &self.options).expect("libsolv works")
    }

    /// Resolves and returns what comes out, a line each.
    pub(crate) fn then(self) -> Vec<String> {
        lines(&self.resolution())
    }
}

/// Writes a resolution as lines: the plan, problems, strict problems (marked `but`) and what is skipped.
pub(crate) fn lines(resolution: &Resolution) -> Vec<String> {
    let mut lines = Vec::new();
    for item in &resolution.plan.items {
        let mut line = format!("{} {} ({}", item.action.as_str(), item.package.nevra, item.reason.as_str());
        if let Some(group) = &item.group_id {
            line += &format!(" {group}");
        }
        line += ")";
        if !item.replaces.is_empty() {
            let replaces: Vec<String> = item.replaces.iter().map(ToString::to_string).collect();
            line += &format!(" for {}", replaces.join(", "));
        }
        lines.push(line);
    }
    lines.extend(resolution.problems.iter().flat_map(problem));
    lines.extend(resolution.strict_problems.iter().flat_map(problem).map(|line| format!("but {line}")));
    lines.extend(resolution.skipped.conflicting.iter().map(|package| format!("skipped {} (conflicts)", package.nevra)));
    lines.extend(resolution.skipped.broken.iter().map(|package| format!("skipped {} (broken)", package.nevra)));
    for change in &resolution.vendor_restricted {
        lines.push(format!("not {} -> {}", change.installed.nevra, change.candidate.nevra));
    }
    lines
}

fn problem(problem: &Problem) -> Vec<String> {
    match problem {
        Problem::RemovesProtected { packages } => vec![format!("removes protected {}", packages.join(" "))],
        Problem::BreaksProtected { packages } => vec![format!("breaks protected {}", packages.join(" "))],
        Problem::RemovesRunningKernel { package } => vec![format!("removes running kernel {}", package.nevra)],
        Problem::Unsolvable { rules } => rules.iter().map(rule).collect(),
    }
}

fn rule(rule: &Rule) -> String {
    match rule {
        Rule::ConflictingRequests => "conflicting requests".to_owned(),
        Rule::NothingProvidesRequested { dependency } => format!("nothing provides requested {dependency}"),
        Rule::InstalledPackage { package } => format!("installed {}", package.nevra),
        Rule::BestUpdate { package } => format!("best update of {}", package.nevra),
        Rule::BestCandidate => "best candidate".to_owned(),
        Rule::Requires { package, dependency } => format!("{} requires {dependency}", package.nevra),
        Rule::NothingProvides { package, dependency } => format!("{} needs absent {dependency}", package.nevra),
        Rule::Conflicts { package, dependency, other } => {
            format!("{} conflicts with {dependency} of {}", package.nevra, other.nevra)
        }
        Rule::Obsoletes { package, dependency, other } => {
            format!("{} obsoletes {dependency} of {}", package.nevra, other.nevra)
        }
        Rule::InstalledObsoletes { package, dependency, other } => {
            format!("installed {} obsoletes {dependency} of {}", package.nevra, other.nevra)
        }
        Rule::BothObsolete { package, dependency, other } => {
            format!("{} and {} obsolete {dependency}", package.nevra, other.nevra)
        }
        Rule::SameName { package, other } => format!("not both {} and {}", package.nevra, other.nevra),
        Rule::Excluded { package } => format!("{} is excluded", package.nevra),
        Rule::IncompatibleArch { package } => format!("{} has a foreign architecture", package.nevra),
        Rule::InferiorArch { package } => format!("{} has an inferior architecture", package.nevra),
        Rule::NotInDistUpgrade { package } => format!("{} is in no repository", package.nevra),
        other => format!("{other:?}"),
    }
}
