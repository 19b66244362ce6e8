//! `versionlock add`, `exclude`, `list`, `delete` and `clear`

use clap::{Args, Subcommand};
use oxidnf_engine::catalog::{ExcludeKind, Excludes, PackageId, Query, SpecSettings};
use oxidnf_engine::versionlock::VersionLocks;
use oxidnf_engine::{Load, Session};

use crate::context::{CommandResult, Context};
use crate::face::dnf5::history::local_time;
use crate::face::dnf5::versionlock;

/// Keep packages at their versions, or versions away
#[derive(Debug, Clone, Args)]
pub struct VersionlockArgs {
    #[command(subcommand)]
    action: VersionlockAction,
}

#[derive(Debug, Clone, Subcommand)]
enum VersionlockAction {
    /// Lock packages to their installed versions, or to the available ones when they are not installed
    #[command(before_help = "Versionlock Commands:")]
    Add(LockedPackages),
    /// Never take the available versions of packages
    #[command(before_help = "Versionlock Commands:")]
    Exclude(LockedPackages),
    /// Remove all entries
    #[command(before_help = "Versionlock Commands:")]
    Clear,
    /// Remove the entries with these names
    #[command(before_help = "Versionlock Commands:")]
    Delete(EntryNames),
    /// Show the entries
    #[command(before_help = "Versionlock Commands:")]
    List,
}

#[derive(Debug, Clone, Args)]
struct LockedPackages {
    /// Names and versions of packages
    #[arg(required = true, value_name = "package-spec-N")]
    specs: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct EntryNames {
    /// Names of entries as they are written
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

impl VersionlockArgs {
    /// Shows or changes the version locks.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let mut session = cx.open()?;
        match self.action {
            VersionlockAction::Add(LockedPackages { specs }) => change(cx, &mut session, &specs, add)?,
            VersionlockAction::Exclude(LockedPackages { specs }) => change(cx, &mut session, &specs, exclude)?,
            VersionlockAction::Clear => session.write_version_locks(&VersionLocks::default())?,
            VersionlockAction::Delete(EntryNames { specs }) => {
                let mut locks = session.version_locks()?;
                let mut removed = specs.iter().flat_map(|name| locks.remove(name)).peekable();
                if removed.peek().is_some() {
                    for entry in removed {
                        cx.output.line("Deleting versionlock entry:");
                        versionlock::print(&cx.output, &entry);
                    }
                    session.write_version_locks(&locks)?;
                }
            }
            VersionlockAction::List => {
                for (index, entry) in session.version_locks()?.entries.iter().enumerate() {
                    if index > 0 {
                        cx.output.line("");
                    }
                    versionlock::print(&cx.output, entry);
                }
            }
        }
        Ok(0)
    }
}

/// Adds the packages of one spec; tells whether anything was added.
type Adder = fn(&Context, &Session, &mut VersionLocks, spec: &str, packages: &[PackageId]) -> bool;

fn change(cx: &Context, session: &mut Session, specs: &[String], add: Adder) -> Result<(), crate::context::Failure> {
    cx.load(session, &Load::query(), true)?;
    let settings =
        SpecSettings { with_provides: false, with_filenames: false, with_binaries: false, ..SpecSettings::default() };
    let sack = session.sack();
    let mut locks = session.version_locks()?;
    let mut changed = false;
    for spec in specs {
        // What is locked out already can be named.
        let query = Query::with_excludes(sack, Excludes::ALL.without(ExcludeKind::Versionlock));
        let packages = sack.in_order(&query.resolve_spec(spec, &settings).packages);
        changed |= add(cx, session, &mut locks, spec, &packages);
    }
    if changed {
        session.write_version_locks(&locks)?;
    }
    Ok(())
}

fn add(cx: &Context, session: &Session, locks: &mut VersionLocks, spec: &str, packages: &[PackageId]) -> bool {
    let sack = session.sack();
    let any_installed = packages.iter().any(|id| sack.is_installed(*id));
    let mut builds: Vec<(String, String)> = Vec::new();
    for id in packages.iter().filter(|id| sack.is_installed(**id) || !any_installed) {
        let build = build(session, *id);
        if !builds.contains(&build) {
            builds.push(build);
        }
    }
    if builds.is_empty() {
        tell_no_package(cx, spec);
    }
    let mut changed = false;
    for (name, evr) in builds {
        if locks.lock(&name, &evr, &comment(session, "add")) {
            cx.output.line(format!("Adding versionlock on \"{name} = {evr}\"."));
            changed = true;
        } else {
            cx.output.error(format!("Package \"{spec}\" is already locked."));
        }
    }
    changed
}

fn exclude(cx: &Context, session: &Session, locks: &mut VersionLocks, spec: &str, packages: &[PackageId]) -> bool {
    let available = packages.iter().filter(|id| !session.sack().is_installed(**id));
    let builds: Vec<(String, String)> = available.map(|id| build(session, *id)).collect();
    if builds.is_empty() {
        tell_no_package(cx, spec);
        return false;
    }
    let added = locks.exclude(&builds, &comment(session, "exclude"));
    for (name, evr) in &added {
        cx.output.line(format!("Adding versionlock exclude on \"{name} = {evr}\"."));
    }
    if added.is_empty() {
        cx.output.error(format!("Package \"{spec}\" is already excluded."));
    }
    !added.is_empty()
}

fn tell_no_package(cx: &Context, spec: &str) {
    cx.output.error(format!("No package found for \"{spec}\"."));
}

fn build(session: &Session, id: PackageId) -> (String, String) {
    let package = session.sack().package(id);
    (package.name().to_owned(), package.evr().to_string())
}

fn comment(session: &Session, command: &str) -> String {
    format!("Added by 'versionlock {command}' command on {}", local_time(session.seconds_now()))
}
