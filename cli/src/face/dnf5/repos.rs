//! Repositories.

use serde_json::{Value, json};

use super::columns::{Column, Wish, display_width, fitted, widths};
use super::history::local_time;
use super::info::print_pairs;
use super::style::Style;
use super::units::size;
use crate::output::Output;
use crate::sanitize::one_line;

/// What is shown of a repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repository {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) priority: i32,
    pub(crate) cost: i32,
    pub(crate) excludes: Vec<String>,
    pub(crate) includes: Vec<String>,
    /// Seconds since 1970 of the cached metadata.
    pub(crate) timestamp: Option<i64>,
    /// Seconds; `None` is never.
    pub(crate) metadata_expire: Option<i64>,
    pub(crate) skip_if_unavailable: bool,
    pub(crate) file: String,
    pub(crate) baseurl: Vec<String>,
    pub(crate) metalink: String,
    pub(crate) mirrorlist: String,
    pub(crate) gpgkey: Vec<String>,
    pub(crate) repo_gpgcheck: bool,
    pub(crate) pkg_gpgcheck: bool,
    /// Facts about loaded metadata; `None` when the repository is disabled.
    pub(crate) contents: Option<Contents>,
}

/// What is in the metadata of a repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    pub(crate) available: usize,
    pub(crate) total: usize,
    pub(crate) size: u64,
    pub(crate) revision: String,
    pub(crate) content_tags: Vec<String>,
    pub(crate) distro_tags: Vec<String>,
    /// Newest timestamp in the metadata.
    pub(crate) updated: i64,
}

/// Prints the table of `repo list`, nothing when there is no repository.
pub(crate) fn print_list(output: &Output, repos: &[Repository], with_status: bool) {
    if repos.is_empty() {
        return;
    }
    let mut rows = vec![vec!["repo id".to_owned(), "repo name".to_owned(), "status".to_owned()]];
    for repo in repos {
        let status = if repo.enabled { "enabled" } else { "disabled" };
        rows.push(vec![repo.id.clone(), one_line(&repo.name).into_owned(), status.to_owned()]);
    }
    let count = if with_status { 3 } else { 2 };
    let columns = [
        Column { wish: Wish::Share(0.4), cut: false, right: false },
        Column { wish: Wish::Share(0.5), cut: true, right: false },
        Column { wish: Wish::Share(0.1), cut: false, right: true },
    ];
    let lengths: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().take(count).map(|cell| display_width(cell)).collect()).collect();
    let columns = &columns[..count];
    // Without a terminal dnf5 neither cuts nor stretches.
    let fill = output.real_terminal().is_some();
    let widths = widths(columns, &lengths, output.real_terminal().unwrap_or(usize::MAX / 2), fill);
    for (index, cells) in rows.iter().enumerate() {
        let mut cells = fitted(columns, &widths, &cells[..count], fill);
        if let (Some(status), Some(repo)) = (cells.get_mut(2), index.checked_sub(1).and_then(|index| repos.get(index)))
        {
            *status = status_style(repo).paint(output, status);
        }
        output.line(cells.join(" "));
    }
}

fn status_style(repo: &Repository) -> Style {
    if repo.enabled { Style::Green } else { Style::Red }
}

/// Returns the JSON of `repo list`.
pub(crate) fn list_json(repos: &[Repository]) -> Value {
    repos.iter().map(|repo| json!({"id": repo.id, "name": repo.name, "is_enabled": repo.enabled})).collect()
}

/// Prints the details of one repository and a blank line.
pub(crate) fn print_details(output: &Output, repo: &Repository) {
    let yes_no = |value: bool| value.to_string();
    let mut pairs: Vec<(&str, String)> = vec![
        ("Repo ID", Style::Bold.paint(output, &repo.id)),
        ("Name", repo.name.clone()),
        ("Status", status_style(repo).paint(output, if repo.enabled { "enabled" } else { "disabled" })),
        ("Priority", repo.priority.to_string()),
        ("Cost", repo.cost.to_string()),
        ("Type", "available".to_owned()),
    ];
    let list = |pairs: &mut Vec<(&str, String)>, key: &'static str, values: &[String]| {
        if !values.is_empty() {
            pairs.push((key, values.join(" ")));
        }
    };
    list(&mut pairs, "Exclude packages", &repo.excludes);
    list(&mut pairs, "Include packages", &repo.includes);
    let last = repo.timestamp.map_or_else(|| "unknown".to_owned(), local_time);
    let expire = repo.metadata_expire.map_or_else(|| "Never".to_owned(), |seconds| format!("{seconds} seconds"));
    pairs.push(("Metadata expire", format!("{expire} (last: {last})")));
    pairs.push(("Skip if unavailable", yes_no(repo.skip_if_unavailable)));
    if !repo.file.is_empty() {
        pairs.push(("Config file", repo.file.clone()));
    }
    pairs.push(("URLs", String::new()));
    list(&mut pairs, "  Base URL", &repo.baseurl);
    if !repo.metalink.is_empty() {
        pairs.push(("  Metalink", repo.metalink.clone()));
    } else if !repo.mirrorlist.is_empty() {
        pairs.push(("  Mirrorlist", repo.mirrorlist.clone()));
    }
    pairs.push(("OpenPGP", String::new()));
    list(&mut pairs, "  Keys", &repo.gpgkey);
    pairs.push(("  Verify repodata", yes_no(repo.repo_gpgcheck)));
    pairs.push(("  Verify packages", yes_no(repo.pkg_gpgcheck)));
    if let Some(contents) = &repo.contents {
        pairs.push(("Repodata info", String::new()));
        pairs.push(("  Available packages", contents.available.to_string()));
        pairs.push(("  Total packages", contents.total.to_string()));
        pairs.push(("  Size", size(contents.size)));
        list(&mut pairs, "  Content tags", &contents.content_tags);
        list(&mut pairs, "  Distro tags", &contents.distro_tags);
        pairs.push(("  Revision", contents.revision.clone()));
        pairs.push(("  Updated", local_time(contents.updated)));
    }
    print_pairs(output, &pairs);
    output.line("");
}

/// Returns the JSON of `repo info`.
pub(crate) fn details_json(repos: &[Repository]) -> Value {
    let item = |repo: &Repository| {
        let contents = repo.contents.clone().unwrap_or_default();
        json!({
            "id": repo.id,
            "name": repo.name,
            "is_enabled": repo.enabled,
            "priority": repo.priority,
            "cost": repo.cost,
            "type": "available",
            "exclude_pkgs": repo.excludes,
            "include_pkgs": repo.includes,
            "timestamp": repo.timestamp.unwrap_or(0),
            "metadata_expire": repo.metadata_expire.unwrap_or(-1),
            "skip_if_unavailable": repo.skip_if_unavailable,
            "repo_file_path": repo.file,
            "base_url": repo.baseurl,
            "metalink": repo.metalink,
            "mirrorlist": repo.mirrorlist,
            "gpg_key": repo.gpgkey,
            "repo_gpgcheck": repo.repo_gpgcheck,
            "pkg_gpgcheck": repo.pkg_gpgcheck,
            "available_pkgs": contents.available,
            "pkgs": contents.total,
            "size": contents.size,
            "content_tags": contents.content_tags,
            "distro_tags": contents.distro_tags,
            "revision": contents.revision,
            "max_timestamp": contents.updated,
        })
    };
    repos.iter().map(item).collect()
}
