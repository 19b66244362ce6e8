//! Man pages: names, synopsis and options from the grammar, the rest from hand-written prose.

use clap::{Arg, Command};
use clap_mangen::Man;

use oxidnf_cli::face::tdnf;

use crate::prose;

/// Hand-written descriptions, by command.
const PROSE: &[(&str, &str)] = &[
    ("oxidnf", include_str!("../prose/oxidnf.md")),
    ("apply", include_str!("../prose/apply.md")),
    ("automatic", include_str!("../prose/automatic.md")),
    ("autoremove", include_str!("../prose/autoremove.md")),
    ("check-upgrade", include_str!("../prose/check-upgrade.md")),
    ("clean", include_str!("../prose/clean.md")),
    ("status", include_str!("../prose/status.md")),
    ("builddep", include_str!("../prose/builddep.md")),
    ("changelog", include_str!("../prose/changelog.md")),
    ("repoclosure", include_str!("../prose/repoclosure.md")),
    ("repomanage", include_str!("../prose/repomanage.md")),
    ("reposync", include_str!("../prose/reposync.md")),
    ("config-manager", include_str!("../prose/config-manager.md")),
    ("copr", include_str!("../prose/copr.md")),
    ("debuginfo-install", include_str!("../prose/debuginfo-install.md")),
    ("distro-sync", include_str!("../prose/distro-sync.md")),
    ("downgrade", include_str!("../prose/downgrade.md")),
    ("download", include_str!("../prose/download.md")),
    ("group", include_str!("../prose/group.md")),
    ("environment", include_str!("../prose/environment.md")),
    ("history", include_str!("../prose/history.md")),
    ("info", include_str!("../prose/info.md")),
    ("install", include_str!("../prose/install.md")),
    ("leaves", include_str!("../prose/leaves.md")),
    ("list", include_str!("../prose/list.md")),
    ("lock", include_str!("../prose/lock.md")),
    ("makecache", include_str!("../prose/makecache.md")),
    ("do", include_str!("../prose/do.md")),
    ("mark", include_str!("../prose/mark.md")),
    ("migrate", include_str!("../prose/migrate.md")),
    ("swap", include_str!("../prose/swap.md")),
    ("module", include_str!("../prose/module.md")),
    ("needs-restarting", include_str!("../prose/needs-restarting.md")),
    ("provides", include_str!("../prose/provides.md")),
    ("reinstall", include_str!("../prose/reinstall.md")),
    ("remove", include_str!("../prose/remove.md")),
    ("replay", include_str!("../prose/replay.md")),
    ("repo", include_str!("../prose/repo.md")),
    ("repoquery", include_str!("../prose/repoquery.md")),
    ("search", include_str!("../prose/search.md")),
    ("offline", include_str!("../prose/offline.md")),
    ("offline-distrosync", include_str!("../prose/offline-distrosync.md")),
    ("offline-upgrade", include_str!("../prose/offline-upgrade.md")),
    ("system-upgrade", include_str!("../prose/system-upgrade.md")),
    ("transaction", include_str!("../prose/transaction.md")),
    ("versionlock", include_str!("../prose/versionlock.md")),
    ("check", include_str!("../prose/check.md")),
    ("advisory", include_str!("../prose/advisory.md")),
    ("upgrade", include_str!("../prose/upgrade.md")),
    ("why", include_str!("../prose/why.md")),
    ("why-not", include_str!("../prose/why-not.md")),
];

/// Returns the page of the face of tdnf, whose grammar is its own.
pub(crate) fn tdnf() -> String {
    let mut page = head("tdnf", "oxidnf with the face of tdnf");
    page.push_str(".SH SYNOPSIS\n.B tdnf\n[OPTIONS] COMMAND [ARGUMENT ...]\n");
    let (description, sections) = prose::split(include_str!("../prose/tdnf.md"));
    page.push_str(&format!(".SH DESCRIPTION\n{}", prose::to_roff(description)));
    page.push_str(".SH COMMANDS\n");
    for name in tdnf::grammar::Command::names() {
        let about = tdnf::render::usage::about(name);
        page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", prose::escape(name), prose::escape(about)));
    }
    page.push_str(".SH OPTIONS\n");
    for option in tdnf::grammar::LONG {
        let value = if option.value { " \\fIVALUE\\fR" } else { "" };
        let name = prose::escape(&format!("--{}", option.name));
        page.push_str(&format!(".TP\n\\fB{name}\\fR{value}\n{}\n", prose::escape(option.about)));
    }
    page.push_str(&prose::to_roff(sections));
    page
}

/// Returns the page of tdnf's companion for configuration files.
pub(crate) fn tdnf_config() -> String {
    let mut page = head("tdnf-config", "reads and edits tdnf.conf and repository files");
    let synopsis = ".SH SYNOPSIS\n.B tdnf-config\n[-c CONF] [-f FILE] [-j] ACTION SECTION [ARGUMENT ...]\n";
    page.push_str(synopsis);
    let (description, sections) = prose::split(include_str!("../prose/tdnf-config.md"));
    page.push_str(&format!(".SH DESCRIPTION\n{}{}", prose::to_roff(description), prose::to_roff(sections)));
    page
}

/// Returns the names of all pages with their text.
pub(crate) fn all(root: &Command) -> Vec<(String, String)> {
    let program = root.get_name().to_owned();
    let mut pages = vec![(program.clone(), main_page(root))];
    for command in root.get_subcommands() {
        let name = format!("{program}-{}", command.get_name());
        let text = command_page(&program, &name, command);
        pages.push((name, text));
    }
    pages
}

fn main_page(root: &Command) -> String {
    let mut page = head("oxidnf", &about(root));
    page.push_str(".SH SYNOPSIS\n.B oxidnf\n[GLOBAL OPTIONS] COMMAND ...\n");
    let (description, sections) = prose::split(prose_of("oxidnf"));
    page.push_str(&format!(".SH DESCRIPTION\n{}", prose::to_roff(description)));
    page.push_str(".SH COMMANDS\n");
    for command in root.get_subcommands() {
        page.push_str(&format!(".TP\n\\fBoxidnf\\-{}\\fR(8)\n", prose::escape(command.get_name())));
        page.push_str(&format!("{}\n", prose::escape(&about(command))));
    }
    page.push_str(&options(root));
    page.push_str(&prose::to_roff(sections));
    page
}

fn command_page(program: &str, name: &str, command: &Command) -> String {
    let mut page = head(name, &about(command));
    page.push_str(".SH SYNOPSIS\n");
    let with_sub: Vec<&Command> = command.get_subcommands().collect();
    if with_sub.is_empty() {
        page.push_str(&synopsis(program, command.get_name(), command));
    }
    for sub in &with_sub {
        page.push_str(&synopsis(program, &format!("{} {}", command.get_name(), sub.get_name()), sub));
    }
    let (description, sections) = prose::split(prose_of(command.get_name()));
    page.push_str(&format!(".SH DESCRIPTION\n{}", prose::to_roff(description)));
    if has_options(command) {
        page.push_str(&options(command));
    }
    for sub in with_sub {
        page.push_str(&format!(".SH {} {}\n", upper(command.get_name()), upper(sub.get_name())));
        page.push_str(&format!("{}\n", prose::escape(&about(sub))));
        // Its options stand below its own heading.
        page.push_str(&options(sub).replace(".SH OPTIONS\n", ""));
    }
    page.push_str(&prose::to_roff(sections));
    page.push_str(".SH SEE ALSO\n\\fBoxidnf\\fR(8), which describes the global options\n");
    page
}

fn head(name: &str, about: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n.TH {} 8 \"\" \"oxidnf {version}\" \"System administration\"\n.SH NAME\n{} \\- {}\n",
        upper(name),
        prose::escape(name),
        prose::escape(about)
    )
}

fn synopsis(program: &str, path: &str, command: &Command) -> String {
    let options = if has_options(command) { " [OPTIONS]" } else { "" };
    let positionals: String = command.get_positionals().map(positional).collect();
    format!(
        "\\fB{}\\fR [GLOBAL OPTIONS] \\fB{}\\fR{options}{}\n.br\n",
        prose::escape(program),
        prose::escape(path),
        prose::escape(&positionals)
    )
}

fn positional(arg: &Arg) -> String {
    let name = match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => arg.get_id().to_string(),
    };
    match (arg.is_required_set(), arg.get_action().takes_values()) {
        (true, _) => format!(" {name}..."),
        (false, _) => format!(" [{name}...]"),
    }
}

fn options(command: &Command) -> String {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = man.render_options_section(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    // The quoting macros are defined once, at the head of the page.
    text.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el ")).fold(
        String::new(),
        |mut all, line| {
            all.push_str(line);
            all.push('\n');
            all
        },
    )
}

fn has_options(command: &Command) -> bool {
    command.get_arguments().any(|arg| !arg.is_positional())
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn upper(text: &str) -> String {
    prose::escape(&text.to_uppercase())
}

fn prose_of(name: &str) -> &'static str {
    PROSE.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_prose() {
        let root = oxidnf_cli::grammar::command("oxidnf");
        for command in root.get_subcommands() {
            assert!(!prose_of(command.get_name()).is_empty(), "{} has no prose", command.get_name());
        }
        assert_eq!(PROSE.len(), root.get_subcommands().count() + 1);
    }
}
