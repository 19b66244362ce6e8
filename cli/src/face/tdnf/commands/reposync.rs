//! `reposync`, and the downloads that need no solver (reference of tdnf, sections 3.12 and 4).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use oxidnf_core::plan::{Plan, PlanItem};
use oxidnf_engine::catalog::{Match, PackageId, PackageSet, Query};
use oxidnf_engine::{Load, Resolved, Session};

use super::{change, goal};
use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::{faults, spec};

/// `reposync`
pub(super) fn reposync(cx: &Context) -> Done {
    let refuse = |text: &str| {
        cx.console.result(text);
        Failure::new(number::INVALID_PARAMETER)
    };
    let flat = cx.has("norepopath");
    if cx.has("delete") && flat {
        return Err(refuse("cannot use --delete with --norepopath"));
    }
    if cx.has("source") && cx.line.value("arch").is_some() {
        return Err(refuse("cannot use --source with --arch"));
    }
    let mut session = cx.loaded(&Load::available_only())?;
    let repos: Vec<String> = session.repos().iter().filter(|repo| repo.enabled).map(|repo| repo.id.clone()).collect();
    if flat && repos.len() > 1 {
        return Err(refuse("cannot use --norepopath with multiple repositories"));
    }
    for repo in &repos {
        sync(cx, &mut session, repo, flat)?;
    }
    Ok(())
}

fn sync(cx: &Context, session: &mut Session, repo: &str, flat: bool) -> Done {
    let base = cx.environment.current_dir.join(cx.line.value("download-path").unwrap_or("."));
    let dir = if flat { base } else { base.join(repo) };
    let ids = chosen(cx, session, repo);
    let items: Vec<PlanItem> = ids.iter().map(|id| session.download_item(*id)).collect();
    if cx.has("urls") {
        let config = session.repos().iter().find(|other| other.id == repo);
        let root = config.and_then(|config| config.baseurl.first()).map_or("", |url| url.trim_end_matches('/'));
        for item in &items {
            cx.console.result(format!("{root}/{}", item.package.location.as_deref().unwrap_or_default()));
        }
        return Ok(());
    }
    if cx.has("download-metadata") {
        let place = cx
            .line
            .value("metadata-path")
            .map_or_else(|| dir.clone(), |path| cx.environment.current_dir.join(path).join(repo));
        copy_metadata(session, repo, &place).map_err(|error| Failure::system(&error))?;
    }
    let mut kept: BTreeSet<PathBuf> = BTreeSet::new();
    for group in by_directory(&items) {
        let place = dir.join(&group.0);
        std::fs::create_dir_all(&place).map_err(|error| Failure::system(&error))?;
        let names = group.1.iter().filter_map(|item| Path::new(item.package.location.as_deref()?).file_name());
        kept.extend(names.map(|name| place.join(name)));
        let plan = Plan { items: group.1 };
        let resolved = Resolved { plan, destdir: Some(place), ..Resolved::default() };
        session.download(&resolved, cx.progress.as_ref()).map_err(|error| faults::tell(&cx.console, &error))?;
    }
    if cx.has("gpgcheck") {
        drop_unsigned(cx, session, &mut kept)?;
    }
    if cx.has("delete") {
        delete_others(cx, &dir, &kept).map_err(|error| Failure::system(&error))?;
    }
    Ok(())
}

/// Sorts items by the directories of their locations; locations that lead out of a directory are refused later, by
/// whoever downloads them.
fn by_directory(items: &[PlanItem]) -> Vec<(PathBuf, Vec<PlanItem>)> {
    let mut groups: std::collections::BTreeMap<PathBuf, Vec<PlanItem>> = std::collections::BTreeMap::new();
    for item in items {
        let location = Path::new(item.package.location.as_deref().unwrap_or_default());
        let parent = location.parent().unwrap_or(Path::new(""));
        let safe = parent.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let parent = if safe { parent } else { Path::new("") };
        groups.entry(parent.to_owned()).or_default().push(item.clone());
    }
    groups.into_iter().collect()
}

fn chosen(cx: &Context, session: &Session, repo: &str) -> Vec<PackageId> {
    let sack = session.sack();
    let Some(index) = sack.find_repo(repo) else { return Vec::new() };
    let mut query = Query::new(sack).and(&sack.repo_packages(index));
    let arches: Vec<&str> = cx.line.values("arch").collect();
    if cx.has("source") {
        query = query.filter(|id| sack.package(id).is_source());
    } else if !arches.is_empty() {
        query = query.filter_arch(Match::Exact, &arches);
    }
    if cx.has("newest-only") {
        return spec::newest(sack, query.packages());
    }
    sack.in_order(query.packages())
}

fn copy_metadata(session: &Session, repo: &str, place: &Path) -> std::io::Result<()> {
    let Some(config) = session.repos().iter().find(|other| other.id == repo) else { return Ok(()) };
    let from = session.repo_cache_dir(config).join("repodata");
    let to = place.join("repodata");
    std::fs::create_dir_all(&to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Removes downloaded packages whose signature does not hold.
fn drop_unsigned(cx: &Context, session: &mut Session, kept: &mut BTreeSet<PathBuf>) -> Done {
    let tell = |error| faults::tell(&cx.console, &error);
    let paths: Vec<PathBuf> = kept.iter().cloned().collect();
    for (path, trusted) in paths.iter().zip(session.are_signed(&paths).map_err(tell)?) {
        if !trusted {
            cx.console.error(format!("removing {}: its signature cannot be verified", path.display()));
            std::fs::remove_file(path).map_err(|error| Failure::system(&error))?;
            kept.remove(path);
        }
    }
    Ok(())
}

/// Removes package files that the repository does not have any more.
fn delete_others(cx: &Context, dir: &Path, kept: &BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            delete_others(cx, &path, kept)?;
        } else if path.extension().is_some_and(|extension| extension == "rpm") && !kept.contains(&path) {
            cx.console.progress(format!("deleting {}", path.display()));
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// `install --downloadonly --nodeps`
pub(super) fn only_named(cx: &Context, arguments: &[String]) -> Done {
    let session = cx.loaded(&Load::query())?;
    let plan = Plan { items: named(cx, &session, arguments, false)? };
    change::download(cx, &session, plan)
}

/// `install --source`: source packages are downloaded, or unpacked where rpm unpacks them.
pub(super) fn sources(cx: &Context, arguments: &[String]) -> Done {
    let mut load = Load::query();
    load.command_line_packages = goal::files(arguments);
    let mut session = cx.loaded(&load)?;
    let (files, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| goal::is_file(argument));
    let names: Vec<String> = names.into_iter().cloned().collect();
    let mut items = named(cx, &session, &names, true)?;
    let files = files.into_iter().filter_map(|file| session.command_line_package(file));
    items.extend(files.filter(|id| session.sack().package(*id).is_source()).map(|id| session.download_item(id)));
    let plan = Plan { items };
    if cx.has("downloadonly") {
        return change::download(cx, &session, plan);
    }
    change::unpack(cx, &mut session, plan)
}

fn named(cx: &Context, session: &Session, arguments: &[String], source: bool) -> Result<Vec<PlanItem>, Failure> {
    let sack = session.sack();
    let available = Query::new(sack).available().into_packages();
    let mut items: Vec<PlanItem> = Vec::new();
    for argument in arguments {
        let Some(found) = spec::find(sack, &available, argument, source) else {
            cx.console.error(format!("{argument} package not found or not installed"));
            return Err(Failure::new(number::NO_MATCH));
        };
        let packages: PackageSet = found.packages;
        for id in spec::newest(sack, &packages) {
            let item = session.download_item(id);
            if !items.iter().any(|other| other.package.nevra == item.package.nevra) {
                items.push(item);
            }
        }
    }
    Ok(items)
}
