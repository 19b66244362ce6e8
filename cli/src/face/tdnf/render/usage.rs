//! `tdnf --help`

use crate::face::tdnf::grammar::{Command, LONG};

/// Returns the usage text.
pub fn lines() -> Vec<String> {
    let mut lines = vec![
        "Usage: tdnf [options] COMMAND".to_owned(),
        String::new(),
        "List of Main Commands".to_owned(),
        String::new(),
    ];
    for name in Command::names() {
        lines.push(format!("{name:<18}{}", about(name)));
    }
    lines.extend([String::new(), "List of Options".to_owned(), String::new()]);
    let mut line = String::new();
    for option in LONG {
        let text = if option.value { format!("[--{} <value>]", option.name) } else { format!("[--{}]", option.name) };
        if line.len() + text.len() > 76 {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&text);
    }
    lines.push(line);
    lines.extend([String::new(), "See tdnf(8) for what each of them does.".to_owned()]);
    lines
}

/// Says what a command does.
pub fn about(name: &str) -> &'static str {
    match Command::find(name) {
        Some(Command::Autoremove) => "Remove packages that nothing needs, or packages with what only they needed",
        Some(Command::Check) => "Check that everything available can be installed",
        Some(Command::CheckLocal) => "Check the package files of a directory",
        Some(Command::CheckUpdate) => "List newer versions of installed packages",
        Some(Command::Clean) => "Remove cached data",
        Some(Command::Count) => "Count the known packages",
        Some(Command::DistroSync) => "Make installed packages equal to those of the repositories",
        Some(Command::Downgrade) => "Go to an older version",
        Some(Command::Erase | Command::Remove) => "Remove packages",
        Some(Command::Help) => "Show this text",
        Some(Command::History) => "List, undo and repeat transactions",
        Some(Command::Info) => "Show details of packages",
        Some(Command::Install) => "Install packages",
        Some(Command::List) => "List packages",
        Some(Command::Makecache) => "Fetch metadata",
        Some(Command::Mark) => "Mark packages as installed by the user or automatically",
        Some(Command::Provides) => "Find what provides something",
        Some(Command::Reinstall) => "Install the same version again",
        Some(Command::Repolist) => "List repositories",
        Some(Command::Repoquery) => "Query packages",
        Some(Command::Reposync) => "Download whole repositories",
        Some(Command::Search) => "Search names, summaries and descriptions",
        Some(Command::Update) => "Install newer versions",
        Some(Command::Updateinfo) => "Show advisories",
        None => "",
    }
}
