//! `download`

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use oxidnf_core::plan::{Action, Plan, PlanItem, PlanPackage, Reason};
use oxidnf_engine::catalog::{ExcludeKind, Excludes, Match, PackageId, PackageSet, Query, SpecSettings};
use oxidnf_engine::repo_config::RepoConfig;
use oxidnf_engine::request::needs_filelists;
use oxidnf_engine::{Load, Operation, Request, Resolved, Session};

use super::options::SkipUnavailable;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::problems;
use crate::face::dnf5::progress::Progress;
use crate::grammar::{UsageError, split_list};

/// Download package files
#[derive(Debug, Clone, Default, Args)]
pub struct DownloadArgs {
    /// Limit to packages of these architectures
    #[arg(long, value_name = "ARCH,...")]
    arch: Vec<String>,
    /// Download dependencies that are not installed as well
    #[arg(long)]
    resolve: bool,
    /// With --resolve: download all dependencies, installed ones too
    #[arg(long)]
    alldeps: bool,
    /// Directory to download into; the current one when not given
    #[arg(long, value_name = "DESTDIR")]
    destdir: Option<String>,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Download source packages
    #[arg(long, visible_alias = "source")]
    srpm: bool,
    /// Print URLs instead of downloading
    #[arg(long)]
    url: bool,
    /// With --url: limit to these protocols
    #[arg(long, value_name = "{http|https|ftp|file},...")]
    urlprotocol: Vec<String>,
    /// Packages to download
    #[arg(required = true, value_name = "package-spec-NPFB")]
    specs: Vec<String>,
}

/// Protocols in the order in which `--url` prefers them.
const PROTOCOLS: [&str; 4] = ["https", "http", "ftp", "file"];

impl DownloadArgs {
    /// Finds unknown protocols.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        match split_list(&self.urlprotocol).into_iter().find(|name| !PROTOCOLS.contains(&name.as_str())) {
            Some(name) => Err(UsageError::Other(format!("Invalid urlprotocol option: {name}"))),
            None => Ok(()),
        }
    }

    /// Downloads package files, or prints where they are.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let mut session = cx.open()?;
        if self.srpm {
            enable_source_repositories(&mut session);
        }
        let mut load = Load { system: self.resolve && !self.alldeps, ..Load::available_only() };
        if self.specs.iter().any(|spec| needs_filelists(spec)) {
            load.metadata.push("filelists".to_owned());
        }
        cx.load(&mut session, &load, true)?;
        let chosen = self.choose(&session)?;
        let plan = if self.resolve {
            Self::with_dependencies(cx, &mut session, &chosen)?
        } else {
            Plan { items: chosen.into_iter().map(|id| item(&session, id)).collect() }
        };
        if self.url {
            return self.print_urls(cx, &session, &plan);
        }
        if plan.is_empty() {
            return Ok(0);
        }
        self.fetch(cx, &session, plan)
    }

    /// Returns the packages that are meant: the latest of each name and architecture in the best repositories.
    fn choose(&self, session: &Session) -> Result<Vec<PackageId>, Failure> {
        let base = Query::with_excludes(session.sack(), Excludes::ALL.without(ExcludeKind::Versionlock)).available();
        let arches = split_list(&self.arch);
        let settings =
            SpecSettings { with_source: self.srpm || arches.iter().any(|a| a == "src"), ..SpecSettings::default() };
        let mut chosen = PackageSet::new();
        for spec in &self.specs {
            let mut query = Query::from_set(session.sack(), base.resolve_spec(spec, &settings).packages);
            if self.srpm {
                query = sources_of(session, &base, query);
            }
            if !arches.is_empty() {
                query = query.filter_arch(Match::Glob, &arches);
            }
            let query = query.filter_priority().filter_latest(1);
            if query.is_empty() && !self.unavailable.skip_unavailable {
                return Err(Failure::Message(format!(
                    "No package \"{spec}\" available; You might want to use --skip-unavailable option."
                )));
            }
            chosen.union(query.packages());
        }
        Ok(session.sack().sorted(&chosen))
    }

    fn with_dependencies(cx: &Context, session: &mut Session, chosen: &[PackageId]) -> Result<Plan, Failure> {
        let specs: Vec<String> = chosen.iter().map(|id| session.nevra(*id).to_string()).collect();
        let resolved = session.resolve(&Request::new(Operation::Install, specs))?;
        if resolved.is_failed() {
            problems::print_failure(&cx.output, &resolved, &|| false, &|_| false);
            return Err(Failure::Silent);
        }
        let mut items: Vec<PlanItem> = resolved.plan.inbound().cloned().collect();
        // What is installed already was asked for all the same.
        for id in chosen {
            let own = item(session, *id);
            if !items.iter().any(|other| other.package.nevra == own.package.nevra) {
                items.push(own);
            }
        }
        Ok(Plan { items })
    }

    fn print_urls(&self, cx: &Context, session: &Session, plan: &Plan) -> CommandResult {
        let wanted = split_list(&self.urlprotocol);
        for item in &plan.items {
            let package = &item.package;
            let repo = session.repos().iter().find(|repo| repo.id == package.repo_id);
            let urls = repo.map(|repo| locations(repo, package)).unwrap_or_default();
            let usable = |url: &&String| {
                let scheme = url.split_once(':').map_or("file", |(scheme, _)| scheme);
                wanted.is_empty() || wanted.iter().any(|name| name == scheme)
            };
            match urls.iter().find(usable) {
                Some(url) => cx.output.line(url),
                None => {
                    return Err(Failure::Message(format!(
                        "Failed to get mirror for package: \"{}\"",
                        package.nevra.name
                    )));
                }
            }
        }
        Ok(0)
    }

    fn fetch(&self, cx: &Context, session: &Session, plan: Plan) -> CommandResult {
        let destdir = match &self.destdir {
            Some(dir) => cx.environment.current_dir.join(dir),
            None => cx.environment.current_dir.clone(),
        };
        if !cx.output.quiet() {
            cx.output.line("Downloading Packages:");
        }
        let resolved = Resolved { plan, destdir: Some(destdir), ..Resolved::default() };
        let progress = Progress::new(Arc::clone(&cx.output));
        progress.plain_downloads();
        let downloaded = session.download(&resolved, &progress);
        progress.end();
        downloaded?;
        Ok(0)
    }
}

/// Enables the source repositories of enabled repositories: `X` has `X-source`, `X-rpms` has `X-source-rpms`.
pub(super) fn enable_source_repositories(session: &mut Session) {
    let enabled: Vec<String> = session.repos().iter().filter(|repo| repo.enabled).map(|repo| repo.id.clone()).collect();
    let wanted: Vec<String> = enabled
        .iter()
        .map(|id| match id.strip_suffix("-rpms") {
            Some(stem) => format!("{stem}-source-rpms"),
            None => format!("{id}-source"),
        })
        .collect();
    for repo in session.repos_mut() {
        repo.enabled |= wanted.contains(&repo.id);
    }
}

/// Returns the source packages that packages were built from; source packages stay.
pub(super) fn sources_of<'s>(session: &'s Session, base: &Query<'s>, query: Query<'s>) -> Query<'s> {
    let sack = session.sack();
    let mut files: std::collections::HashSet<String> = std::collections::HashSet::new();
    for id in query.packages().iter() {
        let package = sack.package(id);
        if package.is_source() {
            files.insert(format!("{}.rpm", session.nevra(id)));
        } else {
            files.insert(package.sourcerpm().to_owned());
        }
    }
    base.clone().filter(|id| {
        let package = sack.package(id);
        // The name of a source package's file has no epoch.
        let file = || format!("{}-{}-{}.{}.rpm", package.name(), package.version(), package.release(), package.arch());
        package.is_source() && (files.contains(&file()) || files.contains(&format!("{}.rpm", session.nevra(id))))
    })
}

fn item(session: &Session, id: PackageId) -> PlanItem {
    let package = session.sack().package(id);
    PlanItem {
        action: Action::Install,
        reason: Reason::User,
        old_reason: None,
        group_id: None,
        package: PlanPackage {
            nevra: session.nevra(id),
            repo_id: session.repo_id(id).to_owned(),
            from_repo: None,
            install_size: package.install_size(),
            download_size: package.package_size(),
            location: Some(package.location().into_owned()),
            location_base: package.location_base().map(str::to_owned),
            checksum: package.checksum(),
            hnum: None,
            vendor: package.vendor().to_owned(),
        },
        replaces: Vec::new(),
        // Behind what was resolved.
        sequence: u32::MAX,
    }
}

/// Returns the addresses of a package, those of the preferred protocols first.
fn locations(repo: &RepoConfig, package: &PlanPackage) -> Vec<String> {
    let Some(location) = &package.location else { return Vec::new() };
    let bases: Vec<String> = match &package.location_base {
        Some(base) => vec![base.clone()],
        None => repo.baseurl.clone(),
    };
    let join = |base: &String| {
        let base = if Path::new(base).is_absolute() { format!("file://{base}") } else { base.clone() };
        format!("{}/{location}", base.trim_end_matches('/'))
    };
    let mut urls: Vec<String> = bases.iter().map(join).collect();
    let rank = |url: &String| PROTOCOLS.iter().position(|scheme| url.starts_with(&format!("{scheme}:")));
    urls.sort_by_key(|url| rank(url).unwrap_or(PROTOCOLS.len()));
    urls
}
