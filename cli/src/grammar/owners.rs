//! Commands that have an option which was given to another one, in dnf5's order.

use clap::{Arg, Command};
use oxidnf_core::string_set::unordered;

/// dnf5's commands in the order in which they come into being.
// witness: `dnf5 OPTION install` for all options of 5.4.6.
const REGISTERED: [&str; 60] = [
    "do",
    "install",
    "upgrade",
    "remove",
    "distro-sync",
    "debuginfo-install",
    "downgrade",
    "reinstall",
    "swap",
    "mark",
    "autoremove",
    "provides",
    "replay",
    "check",
    "leaves",
    "repoquery",
    "search",
    "list",
    "info",
    "check-upgrade",
    "group list",
    "group info",
    "group install",
    "group remove",
    "group upgrade",
    "environment list",
    "environment info",
    "environment install",
    "environment remove",
    "environment upgrade",
    "module list",
    "module info",
    "module enable",
    "module reset",
    "module disable",
    "history list",
    "history info",
    "history undo",
    "history redo",
    "history rollback",
    "history store",
    "repo list",
    "repo info",
    "advisory list",
    "advisory info",
    "advisory summary",
    "clean",
    "download",
    "makecache",
    "system-upgrade download",
    "offline",
    "status",
    "builddep",
    "changelog",
    "config-manager",
    "copr",
    "needs-restarting",
    "repoclosure",
    "repomanage",
    "reposync",
];

/// Returns the commands that have an option, and those with aliases of it, as dnf5 lists them; what dnf5 does not know
/// comes behind.
pub(super) fn owners(
    root: &Command,
    test: &dyn Fn(&Arg) -> bool,
    aliases: impl Iterator<Item = String>,
) -> Vec<String> {
    let mut owners = Vec::new();
    collect(root, "", &mut owners, test);
    // dnf5 does not look into these.
    owners.retain(|owner| !owner.starts_with("offline-"));
    let place = |owner: &String| REGISTERED.iter().position(|known| known == owner);
    let (mut known, own): (Vec<String>, Vec<String>) = owners.into_iter().partition(|owner| place(owner).is_some());
    known.sort_by_key(place);
    let mut listed = unordered(known.into_iter().chain(aliases));
    listed.extend(own);
    listed
}

fn collect(command: &Command, path: &str, owners: &mut Vec<String>, test: &dyn Fn(&Arg) -> bool) {
    for sub in command.get_subcommands() {
        let path = format!("{path} {}", sub.get_name());
        if sub.get_arguments().filter(|arg| !arg.is_positional()).any(test) {
            owners.push(path.trim_start().to_owned());
        }
        collect(sub, &path, owners, test);
    }
}
