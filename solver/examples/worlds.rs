//! Resolves universes given as JSON, one a line, and prints what comes out: the bench against dnf5.
//!
//! A universe has `installed` (packages), `repos` (`id`, `priority`, `cost`, `packages`), `command` (as for dnf5) and
//! `options`. A package has `name`, `evr`, `arch`, and lists of dependencies as texts.

#![expect(clippy::print_stdout, reason = "a tool for developers")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::BufRead;
use std::sync::Arc;

use oxidnf_catalog::{
    Catalog, CatalogBuilder, ExcludeKind, Excludes, FileKind, FileRef, PackageId, PackageSet, PackageSink, Record,
    Relation, RepoInfo, Sack,
};
use oxidnf_core::reldep::{ReldepRef, ranges_overlap};
use oxidnf_core::{Evr, Reason, Reldep};
use oxidnf_solver::{
    Goal, Job, JobFlags, Options, PackageRef, Problem, Reasons, Resolution, Rule, Skipped, resolve, unneeded,
};
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    for line in std::io::stdin().lock().lines() {
        let world: Value = serde_json::from_str(&line?)?;
        let lines = run(&world)?;
        println!("{}", serde_json::to_string(&lines)?);
    }
    Ok(())
}

fn run(world: &Value) -> Outcome<Vec<String>> {
    let sack = sack(world)?;
    let mut options = options(world, &sack);
    let flags = JobFlags { best: flag(world, "best"), weak: flag(world, "skip_broken"), clean_deps: false };
    let goal = goal(world, &sack, &options, flags)?;
    let command = text(&world["command"][0]);
    options.allow_erasing |= matches!(command, "remove" | "autoremove");
    let resolution = resolve(&sack, &goal, &options)?;
    if flag(world, "compare_whole") {
        let whole = resolve(&sack, &goal, &Options { whole_pool: true, ..options.clone() })?;
        if render(&whole) != render(&resolution) {
            return Ok(vec!["SLICE DIFFERS".to_owned(), render(&whole).join("\n"), render(&resolution).join("\n")]);
        }
    }
    Ok(render(&resolution))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn flag(world: &Value, name: &str) -> bool {
    world["options"][name].as_bool().unwrap_or(false)
}

fn sack(world: &Value) -> Outcome<Sack> {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::system(), catalog(&world["installed"])?);
    // dnf5 does not even load the repositories when it removes.
    let only_installed = matches!(text(&world["command"][0]), "remove" | "autoremove");
    for repo in list(&world["repos"]).filter(|_| !only_installed) {
        let number = |name: &str, default: i32| repo[name].as_i64().map_or(default, |value| value as i32);
        let info = RepoInfo {
            priority: number("priority", 99),
            cost: number("cost", 1000),
            ..RepoInfo::available(text(&repo["id"]))
        };
        sack.add_repo(info, catalog(&repo["packages"])?);
    }
    let excludes: Vec<&str> = list(&world["options"]["exclude"]).map(text).collect();
    let hidden = sack.all().iter().filter(|id| excludes.contains(&sack.package(*id).name())).collect();
    sack.set_excluded(hidden, ExcludeKind::Config);
    Ok(sack)
}

fn catalog(packages: &Value) -> Outcome<Arc<Catalog>> {
    let mut builder = CatalogBuilder::new();
    for package in list(packages) {
        let evr = Evr::parse(text(&package["evr"]));
        let mut record = Record {
            name: text(&package["name"]),
            arch: text(&package["arch"]),
            epoch: evr.epoch.unwrap_or(0),
            version: evr.version,
            release: evr.release.unwrap_or(""),
            vendor: text(&package["vendor"]),
            build_time: package["build_time"].as_u64().unwrap_or(1_700_000_000),
            install_size: 1000,
            package_size: 1000,
            ..Record::default()
        };
        let itself = format!("{} = {}", record.name, text(&package["evr"]));
        let deps: Vec<(Relation, Reldep)> = [
            ("provides", Relation::Provides),
            ("requires", Relation::Requires),
            ("conflicts", Relation::Conflicts),
            ("obsoletes", Relation::Obsoletes),
            ("recommends", Relation::Recommends),
            ("suggests", Relation::Suggests),
            ("supplements", Relation::Supplements),
            ("enhances", Relation::Enhances),
        ]
        .into_iter()
        .flat_map(|(name, relation)| list(&package[name]).map(move |dep| (relation, text(dep).to_owned())))
        .chain([(Relation::Provides, itself)])
        .filter_map(|(relation, dep)| Some((relation, Reldep::parse(&dep)?)))
        .collect();
        for (relation, dep) in &deps {
            record.relations_mut(*relation).push(dep.as_ref());
        }
        for path in list(&package["files"]).map(text) {
            let (dir, name) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
            record.files.push(FileRef { dir, name, kind: FileKind::File });
        }
        builder.package(&record)?;
    }
    Ok(Arc::new(Catalog::from_bytes(builder.finish(&[0; 32])?)?))
}

fn options(world: &Value, sack: &Sack) -> Options {
    let mut reasons = HashMap::new();
    for package in list(&world["installed"]) {
        if let Some(reason) = Reason::from_name(text(&package["reason"])) {
            reasons.insert(format!("{}.{}", text(&package["name"]), text(&package["arch"])), reason);
        }
    }
    let set = &world["options"];
    let kernel = list(&set["kernel"])
        .next()
        .map(text)
        .and_then(|nevra| sack.installed().iter().find(|id| sack.package(*id).nevra().to_string() == nevra));
    let mut defaults = Options::default();
    if let Some(names) = set["installonly"].as_array() {
        defaults.installonly.extend(names.iter().map(|name| text(name).to_owned()));
    }
    let unwanted: Vec<&str> = list(&set["exclude_from_weak"]).map(text).collect();
    let considered = sack.considered(Excludes::ALL);
    let unwanted =
        considered.iter().filter(|id| !sack.is_installed(*id) && unwanted.contains(&sack.package(*id).name()));
    defaults.exclude_from_weak = unwanted.collect();
    Options {
        allow_erasing: flag(world, "allowerasing"),
        install_weak_deps: set["weak"].as_bool().unwrap_or(true),
        allow_downgrade: set["allow_downgrade"].as_bool().unwrap_or(true),
        allow_vendor_change: set["allow_vendor_change"].as_bool().unwrap_or(true),
        installonly_limit: set["installonly_limit"].as_u64().map_or(defaults.installonly_limit, |limit| limit as u32),
        protected: list(&set["protected"]).map(|name| text(name).to_owned()).collect(),
        running_kernel: kernel,
        reasons: Reasons::from(reasons),
        whole_pool: flag(world, "whole_pool"),
        ..defaults
    }
}

fn goal(world: &Value, sack: &Sack, options: &Options, flags: JobFlags) -> Outcome<Goal> {
    let considered = sack.considered(Excludes::ALL);
    let command: Vec<&str> = list(&world["command"]).map(text).collect();
    let named =
        |name: &str| -> Vec<PackageId> { considered.iter().filter(|id| sack.package(*id).name() == name).collect() };
    let clean = JobFlags { clean_deps: true, ..flags };
    let mut goal = Goal::new();
    match command[0] {
        "install" => {
            for spec in &command[1..] {
                if spec.starts_with('(') {
                    let dependency = Reldep::parse(spec).ok_or("bad dependency")?;
                    goal.add(Job::InstallProvide { dependency, flags });
                    continue;
                }
                let mut candidates = named(spec);
                if candidates.is_empty() {
                    continue;
                }
                let obsoleted = if candidates.iter().any(|id| sack.is_installed(*id)) {
                    candidates.clone()
                } else {
                    latest(sack, &candidates)
                };
                add_obsoleters(sack, &considered, &obsoleted, &mut candidates);
                goal.add(Job::install(candidates, flags));
            }
        }
        "upgrade" | "distro-sync" if command.len() > 1 => {
            for spec in &command[1..] {
                let mut candidates = named(spec);
                let obsoleted = candidates.clone();
                add_obsoleters(sack, &considered, &obsoleted, &mut candidates);
                let names: Vec<&str> = candidates.iter().map(|id| sack.package(*id).name()).collect();
                let installed = considered.iter().filter(|id| sack.is_installed(*id));
                candidates.extend(installed.filter(|id| names.contains(&sack.package(*id).name())));
                candidates.sort_unstable();
                candidates.dedup();
                if command[0] == "upgrade" {
                    goal.add(Job::Upgrade { candidates, flags });
                } else {
                    goal.add(Job::DistroSync { candidates, flags });
                }
            }
        }
        "upgrade" => {
            goal.add(Job::UpgradeAll { flags });
        }
        "distro-sync" => {
            goal.add(Job::DistroSyncAll { flags });
        }
        "downgrade" => {
            for spec in &command[1..] {
                let all = named(spec);
                for installed in all.iter().filter(|id| sack.is_installed(**id)) {
                    let now = sack.package(*installed);
                    let candidates: Vec<_> = all
                        .iter()
                        .copied()
                        .filter(|id| {
                            let package = sack.package(*id);
                            !sack.is_installed(*id)
                                && package.arch() == now.arch()
                                && package.evr().rpm_cmp(&now.evr()).is_lt()
                        })
                        .collect();
                    if !candidates.is_empty() {
                        goal.add(Job::Downgrade { candidates, flags });
                    }
                }
            }
        }
        "reinstall" => {
            for spec in &command[1..] {
                let all = named(spec);
                let same = |id: &PackageId| {
                    let nevra = sack.package(*id).nevra();
                    !sack.is_installed(*id)
                        && all.iter().any(|other| sack.is_installed(*other) && sack.package(*other).nevra() == nevra)
                };
                let candidates: Vec<_> = all.iter().copied().filter(same).collect();
                if !candidates.is_empty() {
                    goal.add(Job::Reinstall { candidates, flags });
                }
            }
        }
        "remove" => {
            for spec in &command[1..] {
                let packages = named(spec).into_iter().filter(|id| sack.is_installed(*id)).collect();
                goal.add(Job::remove(packages, clean));
            }
        }
        "autoremove" => {
            let packages = unneeded(sack, options)?.iter().filter(|id| considered.contains(*id)).collect();
            goal.add(Job::remove(packages, clean));
        }
        other => return Err(format!("unknown command {other}").into()),
    }
    Ok(goal)
}

fn latest(sack: &Sack, candidates: &[PackageId]) -> Vec<PackageId> {
    let best = |id: &PackageId| sack.repo(sack.repo_of(*id)).priority;
    let priority = candidates.iter().map(best).min();
    let of_best = candidates.iter().copied().filter(|id| Some(best(id)) == priority);
    let of_best: Vec<_> = of_best.collect();
    let newer = |a: PackageId, b: PackageId| {
        let (a, b) = (sack.package(a), sack.package(b));
        a.arch() == b.arch() && a.evr().rpm_cmp(&b.evr()).is_gt()
    };
    of_best.iter().copied().filter(|id| !of_best.iter().any(|other| newer(*other, *id))).collect()
}

fn add_obsoleters(sack: &Sack, considered: &PackageSet, of: &[PackageId], candidates: &mut Vec<PackageId>) {
    for id in considered.iter() {
        let matches = sack.package(id).obsoletes().any(|dep| of.iter().any(|old| is_obsoleted(sack, &dep, *old)));
        if matches && !candidates.contains(&id) {
            candidates.push(id);
        }
    }
    candidates.sort_unstable();
}

fn is_obsoleted(sack: &Sack, dep: &ReldepRef<'_>, old: PackageId) -> bool {
    let old = sack.package(old);
    let evr = old.evr().to_string();
    old.name() == dep.name && ranges_overlap((dep.sense, dep.evr), (oxidnf_core::reldep::Sense::EQUAL, &evr))
}

fn render(resolution: &Resolution) -> Vec<String> {
    let mut lines = Vec::new();
    for item in &resolution.plan.items {
        let mut replaces: Vec<String> = item.replaces.iter().map(ToString::to_string).collect();
        replaces.sort();
        let line = format!(
            "{} [{}] {} {} <{}>",
            item.action.as_str(),
            item.reason.as_str(),
            item.package.nevra,
            item.package.repo_id,
            replaces.join(" "),
        );
        lines.push(line);
    }
    lines.extend(problems(&resolution.problems, true));
    lines.extend(problems(&resolution.strict_problems, false));
    let Skipped { conflicting, broken } = &resolution.skipped;
    let skipped = |kind: &str, package: &PackageRef| format!("Skip [{kind}] {} {}", package.nevra, package.repo);
    lines.extend(conflicting.iter().map(|package| skipped("conflicts", package)));
    lines.extend(broken.iter().map(|package| skipped("broken", package)));
    let named = |vendor: &str| if vendor.is_empty() { "(none)".to_owned() } else { vendor.to_owned() };
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for change in &resolution.vendor_restricted {
        *counts.entry((named(&change.installed_vendor), named(&change.candidate_vendor))).or_default() += 1;
    }
    for ((from, to), count) in counts {
        lines.push(format!("Vendor {count} \"{from}\" -> \"{to}\""));
    }
    lines
}

fn problems(problems: &[Problem], fatal: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if fatal && !problems.is_empty() {
        lines.push("Failed to resolve the transaction:".to_owned());
    }
    for (index, problem) in problems.iter().enumerate() {
        let head = if problems.len() > 1 { format!("Problem {}: ", index + 1) } else { "Problem: ".to_owned() };
        let sentences: Vec<String> = match problem {
            Problem::RemovesProtected { packages } => {
                vec![format!(
                    "The operation would result in removing the following protected packages: {}",
                    packages.join(", ")
                )]
            }
            Problem::BreaksProtected { packages } => vec![format!(
                "The operation would result in broken dependencies for the following protected packages: {}",
                packages.join(", ")
            )],
            Problem::RemovesRunningKernel { package } => {
                vec![format!(
                    "The operation would result in removing of running kernel: {}",
                    package.nevra.with_epoch()
                )]
            }
            Problem::Unsolvable { rules } => rules.iter().map(sentence).collect(),
        };
        for (place, text) in sentences.into_iter().enumerate() {
            lines.push(if place == 0 { format!("{head}{text}") } else { format!("  - {text}") });
        }
    }
    lines
}

fn sentence(rule: &Rule) -> String {
    let from = |package: &PackageRef| {
        if package.installed {
            format!("installed package {}", package.nevra)
        } else {
            format!("package {} from {}", package.nevra, package.repo)
        }
    };
    let bare = |package: &PackageRef| format!("{} from {}", package.nevra, package.repo);
    match rule {
        Rule::ConflictingRequests => "conflicting requests".to_owned(),
        Rule::NothingProvidesRequested { dependency } => format!("nothing provides requested {dependency}"),
        Rule::UnknownPackage { name } => format!("package {name} does not exist"),
        Rule::ProvidedBySystem { dependency } => format!("{dependency} is provided by the system"),
        Rule::UnsupportedRequest => "unsupported request".to_owned(),
        Rule::InstalledPackage { .. } => "problem with installed package".to_owned(),
        Rule::BestUpdate { package } => {
            format!("cannot install the best update candidate for package {}", package.nevra)
        }
        Rule::BestCandidate => "cannot install the best candidate for the job".to_owned(),
        Rule::Requires { package, dependency } => {
            format!("{} requires {dependency}, but none of the providers can be installed", from(package))
        }
        Rule::NothingProvides { package, dependency } => {
            format!("nothing provides {dependency} needed by {}", bare(package))
        }
        // dnf5 puts the installed package first, whichever of the two has the conflict.
        Rule::Conflicts { package, dependency, other } if other.installed && !package.installed => {
            format!("{} conflicts with {dependency} provided by {}", from(other), bare(package))
        }
        Rule::Conflicts { package, dependency, other } => {
            format!("{} conflicts with {dependency} provided by {}", from(package), bare(other))
        }
        Rule::SelfConflict { package, dependency } => {
            format!("{} conflicts with {dependency} provided by itself", from(package))
        }
        Rule::Obsoletes { package, dependency, other } => {
            format!("{} obsoletes {dependency} provided by {}", from(package), bare(other))
        }
        Rule::InstalledObsoletes { package, dependency, other } => {
            format!("installed package {} obsoletes {dependency} provided by {}", package.nevra, bare(other))
        }
        Rule::ImplicitlyObsoletes { package, dependency, other } => {
            format!("{} implicitly obsoletes {dependency} provided by {}", from(package), bare(other))
        }
        Rule::BothObsolete { package, dependency, other } => {
            format!("both package {} and {} obsolete {dependency}", bare(package), bare(other))
        }
        Rule::SameName { package, other } => format!("cannot install both {} and {}", bare(package), bare(other)),
        Rule::Excluded { package } => format!("{} is filtered out by exclude filtering", from(package)),
        Rule::IncompatibleArch { package } => format!("{} does not have a compatible architecture", from(package)),
        Rule::NotInstallable { package } => format!("{} is not installable", from(package)),
        Rule::InferiorArch { package } => format!("{} has inferior architecture", bare(package)),
        Rule::NotInDistUpgrade { package } => {
            format!("{} does not belong to a distupgrade repository", package.nevra)
        }
        Rule::SomeDependency => "some dependency problem".to_owned(),
        Rule::Other { text } => text.clone(),
        _ => "?".to_owned(),
    }
}
