//! `repolist`, `makecache` and `clean` (reference of tdnf, sections 3.4 and 3.9).

use std::path::{Path, PathBuf};

use oxidnf_engine::repo_config::RepoConfig;
use oxidnf_engine::{Load, Session};

use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::json::Json;

/// `repolist [all|enabled|disabled]`
pub(super) fn repolist(cx: &Context) -> Done {
    let word = cx.line.arguments().first().map(|word| word.to_ascii_lowercase());
    let (enabled, disabled) = match word.as_deref() {
        None if cx.has("all") => (true, true),
        None | Some("enabled") => (true, false),
        Some("all") => (true, true),
        Some("disabled") => (false, true),
        Some(_) => return Err(Failure::new(number::NO_SEARCH_MATCH)),
    };
    let session = cx.open()?;
    let mut rows: Vec<(&str, &str, bool)> = session
        .repos()
        .iter()
        .filter(|repo| if repo.enabled { enabled } else { disabled })
        .map(|repo| (repo.id.as_str(), repo.name.as_str(), repo.enabled))
        .collect();
    if disabled {
        rows.insert(0, ("@cmdline", "@cmdline", false));
    }
    if cx.console.json {
        let object = |(id, name, enabled): &(&str, &str, bool)| {
            Json::Object(vec![
                ("Repo", Json::text(*id)),
                ("RepoName", Json::text(*name)),
                ("Enabled", Json::Bool(*enabled)),
            ])
        };
        cx.console.document(&Json::List(rows.iter().map(object).collect()));
        return Ok(());
    }
    if !rows.is_empty() {
        cx.console.result(format!("{:<20}{:<41}{:<9}", "repo id", "repo name", "status"));
    }
    for (id, name, enabled) in rows {
        let status = if enabled { "enabled" } else { "disabled" };
        cx.console.result(format!("{id:<19} {name:<40} {status:<9}"));
    }
    Ok(())
}

/// `makecache`
///
/// As with `--refresh` the index of every enabled repository is fetched again. Everything comes that other commands
/// may want, so that `-C` works afterwards whatever it is asked.
pub(super) fn makecache(cx: &mut Context) -> Done {
    cx.line.add("refresh");
    let metadata = ["filelists", "updateinfo", "other"].map(str::to_owned).to_vec();
    cx.loaded(&Load { metadata, ..Load::available_only() })?;
    cx.console.result("Metadata cache created.");
    Ok(())
}

/// Parts of the cache, in the order in which they are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Parts {
    metadata: bool,
    dbcache: bool,
    packages: bool,
    keys: bool,
    expire: bool,
}

impl Parts {
    fn of_word(word: &str) -> Option<Self> {
        let none = Parts::default();
        Some(match word.to_ascii_lowercase().as_str() {
            "metadata" => Parts { metadata: true, ..none },
            "dbcache" => Parts { dbcache: true, ..none },
            "packages" => Parts { packages: true, ..none },
            "keys" => Parts { keys: true, ..none },
            "expire-cache" => Parts { expire: true, ..none },
            "all" => Parts { metadata: true, dbcache: true, packages: true, keys: true, expire: true },
            _ => return None,
        })
    }

    fn words(self) -> String {
        let all = [
            (self.metadata, "metadata"),
            (self.dbcache, "dbcache"),
            (self.packages, "packages"),
            (self.keys, "keys"),
            (self.expire, "expire-cache"),
        ];
        all.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    }

    fn is_all(self) -> bool {
        self.metadata && self.dbcache && self.packages && self.keys && self.expire
    }
}

/// `clean TYPE`
pub(super) fn clean(cx: &Context) -> Done {
    let Some(word) = cx.line.arguments().first() else { return Err(Failure::new(number::CLEAN_NEEDS_TYPE)) };
    if word.eq_ignore_ascii_case("plugins") {
        return Err(Failure::new(number::CLEAN_UNSUPPORTED));
    }
    let parts = Parts::of_word(word).ok_or(Failure::new(number::NO_SEARCH_MATCH))?;
    let session = cx.open()?;
    for repo in session.repos() {
        cx.console.progress(format!("cleaning {}: {}", repo.id, parts.words()));
        clean_repo(cx, &session, repo, parts)?;
    }
    if parts.is_all() {
        // What belongs to no repository: the list of installed packages as it was last read.
        remove_matching(&cx.conf.cachedir, |name| name.starts_with("oxidnf-") || name == "temporary_files.toml")?;
    }
    cx.console.progress("Done.");
    Ok(())
}

fn clean_repo(cx: &Context, session: &Session, repo: &RepoConfig, parts: Parts) -> Done {
    let dir = session.repo_cache_dir(repo);
    let packages = cx.conf.cachedir.join(&repo.id);
    let mut places: Vec<PathBuf> = Vec::new();
    let mut add = |on: bool, names: &[&str]| {
        if on {
            places.extend(names.iter().map(|name| dir.join(name)));
        }
    };
    add(parts.metadata, &["repodata", "metalink.xml", "mirrorlist", "tmp", "attrs"]);
    add(parts.dbcache || parts.metadata, &["solv", "solvcache", "oxidnf"]);
    add(parts.keys, &["keys", "pubring", "oxidnf-keys"]);
    add(parts.expire, &["lastrefresh"]);
    add(parts.packages, &["packages"]);
    if parts.packages {
        places.push(packages.join("rpms"));
    }
    for place in &places {
        remove(place)?;
    }
    if parts.expire && !parts.metadata {
        expire(&dir)?;
    }
    if parts.is_all() {
        for dir in [&dir, &packages] {
            match std::fs::remove_dir(dir) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                    cx.console.error(format!("Cache directory for {} not removed because it's not empty.", repo.id));
                }
                Err(error) => return Err(Failure::system(&error)),
            }
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Done {
    let gone = match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match gone {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::system(&error)),
        _ => Ok(()),
    }
}

fn remove_matching(dir: &Path, wanted: impl Fn(&str) -> bool) -> Done {
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(()) };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(&wanted)) {
        remove(&entry.path())?;
    }
    Ok(())
}

/// Marks metadata as expired, as dnf5's cache has it.
fn expire(dir: &Path) -> Done {
    if !dir.is_dir() {
        return Ok(());
    }
    let marked =
        std::fs::create_dir_all(dir.join("attrs")).and_then(|()| std::fs::File::create(dir.join("attrs/expired")));
    marked.map(drop).map_err(|error| Failure::system(&error))
}
