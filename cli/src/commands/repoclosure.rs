//! `repoclosure`

use std::collections::{BTreeSet, HashMap};

use clap::Args;
use oxidnf_core::reldep::ReldepRef;
use oxidnf_core::rich::RichDep;
use oxidnf_engine::catalog::{Excludes, Match, PackageId, PackageSet, Query, SpecSettings};
use oxidnf_engine::{Load, Session};
use serde_json::json;

use super::options::Json;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::json;
use crate::grammar::split_list;

/// List what packages of repositories require and nothing provides
#[derive(Debug, Clone, Default, Args)]
pub struct RepoclosureArgs {
    /// Check the packages of these repositories only; all enabled ones may provide
    #[arg(long, value_name = "<REPO_ID>,...")]
    check: Vec<String>,
    /// Check packages of these architectures only
    #[arg(long, value_name = "<ARCH>,...")]
    arch: Vec<String>,
    /// Look at the latest version of each package in each repository only
    #[arg(long)]
    newest: bool,
    #[command(flatten)]
    json: Json,
    /// Packages to check; all without this
    #[arg(value_name = "specs")]
    specs: Vec<String>,
}

/// A package and what it requires in vain, sorted.
type Unresolved = (PackageId, BTreeSet<String>);

impl RepoclosureArgs {
    /// Prints the packages with requirements that nothing meets; the status is 1 when there are any.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let mut session = cx.open()?;
        let load = Load { metadata: vec!["filelists".to_owned()], ..Load::available_only() };
        cx.load(&mut session, &load, !self.json.json)?;
        let available = self.available(&session);
        let checked = self.checked(cx, &session, &available)?;
        // Whatever is checked, with `best` only the newest versions of all repositories together count as providers.
        // witness: compat-tests/tests/decisions.rs::repoclosure_asks_the_newest
        let mut providers = Query::from_set(session.sack(), available);
        if session.config().options.best.value() {
            providers = providers.filter_latest(1);
        }
        let unresolved = unresolved(&session, providers.packages(), &checked);
        if self.json.json {
            print_json(cx, &session, &unresolved);
        } else {
            print(cx, &session, &unresolved);
        }
        Ok(u8::from(!unresolved.is_empty()))
    }

    /// Returns the packages that may provide something.
    fn available(&self, session: &Session) -> PackageSet {
        let sack = session.sack();
        let all = Query::with_excludes(sack, Excludes::ALL).available();
        if !self.newest {
            return all.into_packages();
        }
        let mut newest = PackageSet::new();
        for repo in session.repos().iter().filter(|repo| repo.enabled) {
            let own = all.clone().filter_repo(Match::Exact, &[&repo.id]);
            newest.union(own.filter_latest(1).packages());
        }
        newest
    }

    fn checked(&self, cx: &Context, session: &Session, available: &PackageSet) -> Result<PackageSet, Failure> {
        let sack = session.sack();
        let mut query = Query::from_set(sack, available.clone());
        let (repos, arches) = (split_list(&self.check), split_list(&self.arch));
        if !repos.is_empty() {
            query = query.filter_repo(Match::Glob, &repos);
        }
        if !arches.is_empty() {
            query = query.filter_arch(Match::Exact, &arches);
        }
        if self.specs.is_empty() {
            return Ok(query.into_packages());
        }
        let settings = SpecSettings {
            with_provides: false,
            with_filenames: false,
            with_binaries: false,
            ..SpecSettings::default()
        };
        let mut named = PackageSet::new();
        let mut missing = false;
        for spec in &self.specs {
            let found = query.resolve_spec(spec, &settings).packages;
            if found.is_empty() {
                cx.output.error(format!("No match for argument \"{spec}\"."));
                missing = true;
            }
            named.union(&found);
        }
        if missing { Err(Failure::Message("Failed to resolve package specifications.".to_owned())) } else { Ok(named) }
    }
}

/// Returns the checked packages with what they require and nothing provides.
fn unresolved(session: &Session, available: &PackageSet, checked: &PackageSet) -> Vec<Unresolved> {
    let sack = session.sack();
    let providers = |dep: &ReldepRef<'_>| -> BTreeSet<u64> {
        let found = sack.what_provides(dep).into_iter().filter(|id| available.contains(*id));
        found.map(|id| u64::from(id.0)).collect()
    };
    // Most requirements are those of many packages.
    let mut known: HashMap<String, bool> = HashMap::new();
    let mut provided = |dep: &ReldepRef<'_>| {
        *known.entry(dep.to_string()).or_insert_with(|| match RichDep::parse(dep.name) {
            // As if everything were installed.
            Ok(rich) if dep.is_rich() => rich.holds(&mut |operand| providers(&operand.as_ref())),
            _ => !providers(dep).is_empty(),
        })
    };
    let mut found = Vec::new();
    for id in sack.sorted(checked) {
        let vain: BTreeSet<String> = sack
            .package(id)
            .requires()
            // What rpm itself can do is no package's business.
            .filter(|dep| !dep.name.starts_with("rpmlib("))
            .filter(|dep| !provided(dep))
            .map(|dep| dep.to_string())
            .collect();
        if !vain.is_empty() {
            found.push((id, vain));
        }
    }
    found
}

fn print(cx: &Context, session: &Session, unresolved: &[Unresolved]) {
    for (id, dependencies) in unresolved {
        cx.output.line(format!("package: {} from {}", session.nevra(*id), session.repo_id(*id)));
        cx.output.line(format!("  unresolved deps ({}):", dependencies.len()));
        for dependency in dependencies {
            cx.output.line(format!("    {dependency}"));
        }
    }
    if !unresolved.is_empty() {
        cx.output.flush();
        let count: usize = unresolved.iter().map(|(_, dependencies)| dependencies.len()).sum();
        cx.output.error(format!(
            "Error: Repoclosure ended with unresolved dependencies ({count}) across {} packages.",
            unresolved.len()
        ));
    }
}

fn print_json(cx: &Context, session: &Session, unresolved: &[Unresolved]) {
    let item = |(id, dependencies): &Unresolved| {
        json!({
            "package": session.nevra(*id).to_string(),
            "repo": session.repo_id(*id),
            "unresolved_dependencies": dependencies,
        })
    };
    cx.output.line(json::render(&unresolved.iter().map(item).collect()));
}
