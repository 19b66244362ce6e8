//! `repo list` and `repo info`

use std::path::Path;
use std::time::UNIX_EPOCH;

use clap::{Args, Subcommand};
use oxidnf_core::conf::Seconds;
use oxidnf_engine::catalog::Excludes;
use oxidnf_engine::repo_config::{RepoConfig, glob_match};
use oxidnf_engine::{Load, Session};

use super::options::Json;
use crate::context::{CommandResult, Context, no_repository_is_enabled};
use crate::face::dnf5::json;
use crate::face::dnf5::repos::{self, Contents, Repository};

/// Show repositories
#[derive(Debug, Clone, Args)]
pub struct RepoArgs {
    #[command(subcommand)]
    action: RepoAction,
}

#[derive(Debug, Clone, Subcommand)]
enum RepoAction {
    /// List repositories
    #[command(before_help = "Query Commands:")]
    List(RepoSelection),
    /// Show details of repositories
    #[command(before_help = "Query Commands:")]
    Info(RepoSelection),
}

#[derive(Debug, Clone, Default, Args)]
struct RepoSelection {
    #[command(flatten)]
    scope: RepoScope,
    #[command(flatten)]
    json: Json,
    /// Patterns for ids of repositories
    #[arg(value_name = "repo-spec")]
    specs: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
struct RepoScope {
    /// Show all repositories
    #[arg(long)]
    all: bool,
    /// Show enabled repositories; this is the default
    #[arg(long)]
    enabled: bool,
    /// Show disabled repositories
    #[arg(long)]
    disabled: bool,
}

impl RepoArgs {
    /// Prints repositories.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let RepoArgs { action } = self;
        let mut session = cx.open()?;
        match action {
            RepoAction::List(selection) => {
                let shown = selection.choose(&session);
                let nothing = selection.nothing(&session);
                if selection.json.json {
                    cx.output.line(json::render(&repos::list_json(&shown)));
                } else {
                    if shown.is_empty() && !cx.tell_about_empty_installroot(&session) {
                        cx.output.info(nothing);
                    }
                    repos::print_list(&cx.output, &shown, selection.scope.all);
                }
            }
            RepoAction::Info(selection) => {
                let json = selection.json.json;
                let chosen = selection.choose(&session);
                let nothing = selection.nothing(&session);
                // Only what is shown is loaded.
                for repo in session.repos_mut() {
                    repo.enabled &= chosen.iter().any(|shown| shown.id == repo.id);
                }
                cx.load(&mut session, &Load::available_only(), !json)?;
                if chosen.is_empty() && !json && !cx.tell_about_empty_installroot(&session) {
                    cx.output.info(nothing);
                }
                let shown: Vec<Repository> = chosen.into_iter().map(|repo| with_contents(&session, repo)).collect();
                if json {
                    cx.output.line(json::render(&repos::details_json(&shown)));
                } else {
                    for repo in &shown {
                        repos::print_details(&cx.output, repo);
                    }
                }
            }
        }
        Ok(0)
    }
}

impl RepoSelection {
    /// Returns what is said when no repository is meant.
    fn nothing(&self, session: &Session) -> &'static str {
        let of_enabled = !self.scope.all && !self.scope.disabled;
        if of_enabled && no_repository_is_enabled(session) {
            "No matches found: no repositories are enabled."
        } else {
            "No matches found."
        }
    }

    /// Returns the repositories that are meant, by id.
    fn choose(&self, session: &Session) -> Vec<Repository> {
        let RepoScope { all, enabled: _, disabled } = self.scope;
        let named =
            |repo: &RepoConfig| self.specs.is_empty() || self.specs.iter().any(|spec| glob_match(spec, &repo.id));
        let wanted = |repo: &&RepoConfig| (all || repo.enabled != disabled) && named(repo);
        let mut chosen: Vec<Repository> = session.repos().iter().filter(wanted).map(describe).collect();
        chosen.sort_by(|one, two| one.id.cmp(&two.id));
        chosen
    }
}

fn describe(repo: &RepoConfig) -> Repository {
    Repository {
        id: repo.id.clone(),
        name: repo.name.clone(),
        enabled: repo.enabled,
        priority: repo.priority,
        cost: repo.cost,
        excludes: repo.excludepkgs.clone(),
        includes: repo.includepkgs.clone(),
        timestamp: None,
        metadata_expire: match repo.options.metadata_expire {
            Seconds::Of(seconds) => Some(i64::try_from(seconds).unwrap_or(i64::MAX)),
            Seconds::Never => None,
        },
        skip_if_unavailable: repo.options.skip_if_unavailable,
        file: repo.file.as_deref().map(|file| file.display().to_string()).unwrap_or_default(),
        baseurl: repo.baseurl.clone(),
        metalink: repo.metalink.clone().unwrap_or_default(),
        mirrorlist: repo.mirrorlist.clone().unwrap_or_default(),
        gpgkey: repo.gpgkey.clone(),
        repo_gpgcheck: repo.options.repo_gpgcheck,
        pkg_gpgcheck: repo.options.pkg_gpgcheck,
        contents: None,
    }
}

/// Adds what the loaded metadata tells.
fn with_contents(session: &Session, repo: Repository) -> Repository {
    if !repo.enabled {
        return repo;
    }
    let sack = session.sack();
    let mut contents = Contents::default();
    if let Some(index) = sack.find_repo(&repo.id) {
        let packages = sack.repo_packages(index);
        let mut available = packages.clone();
        available.intersect(&sack.considered(Excludes::ALL));
        contents.available = available.len();
        contents.total = packages.len();
        contents.size = packages.iter().map(|id| sack.package(id).package_size()).sum();
    }
    let mut timestamp = None;
    if let Some(metadata) = session.metadata(&repo.id) {
        let repomd = metadata.repomd();
        contents.revision.clone_from(&repomd.revision);
        contents.content_tags.clone_from(&repomd.content_tags);
        contents.distro_tags = repomd.distro_tags.iter().map(|tag| tag.name.clone()).collect();
        contents.updated = repomd.records.iter().map(|record| record.timestamp).max().unwrap_or(0);
        timestamp = metadata.path("primary").ok().and_then(|path| modified(&path));
    }
    Repository { contents: Some(contents), timestamp, ..repo }
}

/// Seconds since 1970 of the last change of a file; dnf5 takes the age of metadata from that of the primary file.
fn modified(path: &Path) -> Option<i64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok()
}
