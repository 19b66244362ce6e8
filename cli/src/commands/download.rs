//! `download`

use std::collections::HashSet;
use std::sync::Arc;

use clap::Args;
use oxidnf_core::plan::{Plan, PlanItem};
use oxidnf_engine::catalog::{ExcludeKind, Excludes, Match, Package, PackageId, PackageSet, Query, SpecSettings};
use oxidnf_engine::log::Level;
use oxidnf_engine::request::needs_filelists;
use oxidnf_engine::{Load, Operation, Request, Resolved, Session};

use super::options::{PackageSource, SkipUnavailable};
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::problems;
use crate::face::dnf5::progress::Progress;
use crate::grammar::{UsageError, split_list, split_words};
use crate::settings::check_arch;

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
    #[command(flatten)]
    source: PackageSource,
    /// Directory to download into; the current one when not given
    #[arg(long, value_name = "DESTDIR")]
    destdir: Option<String>,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Download source packages
    #[arg(long, visible_alias = "source")]
    srpm: bool,
    /// Download the debuginfo packages of these packages
    #[arg(long)]
    debuginfo: bool,
    /// Download the debugsource packages of these packages
    #[arg(long)]
    debugsource: bool,
    /// Print URLs instead of downloading
    #[arg(long)]
    url: bool,
    /// With --url: limit to these protocols
    #[arg(long, value_name = "{http|https|ftp|file},...")]
    urlprotocol: Vec<String>,
    /// With --url: print the URLs of all mirrors
    #[arg(long)]
    allmirrors: bool,
    /// Packages to download
    #[arg(required = true, value_name = "package-spec-NPFB")]
    specs: Vec<String>,
}

/// What `--urlprotocol` accepts.
const PROTOCOLS: [&str; 4] = ["https", "http", "ftp", "file"];

impl DownloadArgs {
    /// Finds unknown protocols and architectures, and options without those that they belong to.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        if let Some(name) = self.urlprotocol.iter().find(|name| !PROTOCOLS.contains(&name.as_str())) {
            return Err(UsageError::Other(format!("Invalid urlprotocol option: {name}")));
        }
        split_list(&self.arch).iter().try_for_each(|arch| check_arch(arch))?;
        if self.alldeps && !self.resolve {
            return Err(UsageError::Other("Option \"--alldeps\" should be used with \"--resolve\"".to_owned()));
        }
        Ok(())
    }

    /// Downloads package files, or prints where they are.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        cx.from_repos = split_words(&self.source.from_repo);
        let mut session = cx.open()?;
        if self.srpm {
            enable_source_repositories(&mut session);
        }
        if self.debuginfo || self.debugsource {
            enable_debug_repositories(&mut session);
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
            Plan { items: chosen.into_iter().map(|id| session.download_item(id)).collect() }
        };
        if self.url {
            self.print_urls(cx, &session, &plan);
            return Ok(0);
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
        let settings = SpecSettings { with_source: self.srpm, ..SpecSettings::default() };
        let mut named = PackageSet::new();
        let (repos, vendors) = (split_words(&self.source.from_repo), split_words(&self.source.from_vendor));
        for spec in &self.specs {
            let mut query = Query::from_set(session.sack(), base.resolve_spec(spec, &settings).packages);
            if !arches.is_empty() {
                query = query.filter_arch(Match::Glob, &arches);
            }
            if !repos.is_empty() {
                query = query.filter_repo(Match::Glob, &repos);
            }
            if !vendors.is_empty() {
                query = query.filter(|id| vendors.iter().any(|vendor| vendor == session.sack().package(id).vendor()));
            }
            let query = query.filter_priority().filter_latest(1);
            if query.is_empty() && !self.unavailable.skip_unavailable {
                return Err(Failure::Message(format!(
                    "No package \"{spec}\" available; You might want to use --skip-unavailable option."
                )));
            }
            named.union(query.packages());
        }
        let mut chosen = session.sack().sorted(&self.instead(session, &base, named));
        // The same package of several repositories is one; the repository that comes first has it.
        let mut seen = HashSet::new();
        chosen.retain(|id| seen.insert(session.nevra(*id)));
        Ok(chosen)
    }

    /// Returns the packages that are wanted instead of those that were named, if any kind is.
    fn instead<'s>(&self, session: &'s Session, base: &Query<'s>, named: PackageSet) -> PackageSet {
        if !self.srpm && !self.debuginfo && !self.debugsource {
            return named;
        }
        let named = Query::from_set(session.sack(), named);
        let mut found = PackageSet::new();
        if self.srpm {
            found.union(sources_of(session, base, named.clone()).filter_priority().filter_latest(1).packages());
        }
        for (wanted, kind, name) in [
            (self.debuginfo, "debuginfo", debuginfo_name as fn(&Package<'_>) -> String),
            (self.debugsource, "debugsource", debugsource_name),
        ] {
            if !wanted {
                continue;
            }
            let query = beside(session, base, &named, name);
            if query.is_empty() {
                let warning = format!("No {kind} packages found for any of the specified packages");
                session.log().write(Level::Warning, &warning);
            }
            found.union(query.filter_priority().filter_latest(1).packages());
        }
        found
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
            let own = session.download_item(*id);
            if !items.iter().any(|other| other.package.nevra == own.package.nevra) {
                items.push(own);
            }
        }
        Ok(Plan { items })
    }

    fn print_urls(&self, cx: &Context, session: &Session, plan: &Plan) {
        for item in &plan.items {
            let package = &item.package;
            let mut urls = session.locations(package);
            urls.retain(|url| {
                let scheme = url.split_once(':').map_or("file", |(scheme, _)| scheme);
                self.urlprotocol.is_empty() || self.urlprotocol.iter().any(|name| name == scheme)
            });
            if urls.is_empty() {
                let warning = format!("Failed to get mirror for package: \"{}\"", package.nevra.name);
                session.log().write(Level::Warning, &warning);
                continue;
            }
            if !self.allmirrors {
                urls.truncate(1);
            }
            cx.output.line(urls.join(" "));
        }
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
pub(crate) fn enable_source_repositories(session: &mut Session) {
    enable_beside(session, |id| match id.strip_suffix("-rpms") {
        Some(stem) => format!("{stem}-source-rpms"),
        None => format!("{id}-source"),
    });
}

/// Enables the repositories of debug packages of enabled ones: `X` has `X-debuginfo`, `X-rpms` has `X-debug-rpms`.
pub(crate) fn enable_debug_repositories(session: &mut Session) {
    enable_beside(session, |id| match id.strip_suffix("-rpms") {
        Some(stem) => format!("{stem}-debug-rpms"),
        None => format!("{id}-debuginfo"),
    });
}

fn enable_beside(session: &mut Session, name: impl Fn(&str) -> String) {
    let enabled = session.repos().iter().filter(|repo| repo.enabled);
    let wanted: Vec<String> = enabled.map(|repo| name(&repo.id)).collect();
    for repo in session.repos_mut() {
        repo.enabled |= wanted.contains(&repo.id);
    }
}

/// Returns the packages of the same version and architecture as the given ones and of another name.
fn beside<'s>(
    session: &'s Session,
    base: &Query<'s>,
    named: &Query<'s>,
    name: impl Fn(&Package<'_>) -> String,
) -> Query<'s> {
    let sack = session.sack();
    let key = |package: &Package<'_>, name: String| (name, package.evr().to_string(), package.arch().to_owned());
    let wanted: HashSet<_> = named.packages().iter().map(|id| sack.package(id)).map(|p| key(&p, name(&p))).collect();
    base.clone().filter(|id| {
        let package = sack.package(id);
        wanted.contains(&key(&package, package.name().to_owned()))
    })
}

/// Returns the name of a package without the ending of debug packages.
fn stem(name: &str) -> &str {
    name.strip_suffix("-debuginfo").or_else(|| name.strip_suffix("-debugsource")).unwrap_or(name)
}

fn debuginfo_name(package: &Package<'_>) -> String {
    format!("{}-debuginfo", stem(package.name()))
}

/// The sources are those of the whole source package.
fn debugsource_name(package: &Package<'_>) -> String {
    let file = package.sourcerpm();
    // NAME-VERSION-RELEASE.src.rpm
    let name = file.rsplitn(3, '-').nth(2);
    format!("{}-debugsource", name.unwrap_or_else(|| stem(package.name())))
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
