//! `needs-restarting`

mod processes;

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use oxidnf_engine::catalog::{PackageId, Query};
use oxidnf_engine::{Advisory, Load, Session};
use serde_json::json;

use super::options::Json;
use crate::context::{CommandResult, Context};
use crate::face::dnf5::json;

/// Find out what should be started again because of what was updated, the system or processes
#[derive(Debug, Clone, Default, Args)]
pub struct NeedsRestartingArgs {
    /// List processes started before their dependencies were updated
    #[arg(short = 'p', long)]
    processes: bool,
    /// Exclude processes managed by systemd services (use with --processes)
    #[arg(short = 'e', long)]
    exclude_services: bool,
    /// Has no effect; dnf 4 needed it to ask this question
    #[arg(short = 'r', long)]
    reboothint: bool,
    #[command(flatten)]
    json: Json,
}

/// Packages whose old versions stay in use until the system is booted (reference of dnf5, section 9.2).
pub(crate) const CORE: [&str; 17] = [
    "kernel",
    "kernel-core",
    "kernel-rt",
    "kernel-smp",
    "kernel-PAE",
    "kernel-xen",
    "linux-firmware",
    "microcode_ctl",
    "dbus",
    "dbus-broker",
    "dbus-daemon",
    "glibc",
    "hal",
    "systemd",
    "udev",
    "gnutls",
    "openssl-libs",
];

/// Where it is said why.
const MORE: &str = "https://access.redhat.com/solutions/27943";

/// Exit status when the system should be booted again.
const REBOOT: u8 = 1;
/// Exit status when there are processes to start again.
const RESTART: u8 = 1;

impl NeedsRestartingArgs {
    /// Prints the packages that were updated since the system was booted and are in use.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let mut session = cx.open()?;
        if self.processes {
            return self.list_processes(cx, session);
        }
        let mut load = Load::query();
        load.metadata = vec!["updateinfo".to_owned()];
        cx.load(&mut session, &load, !self.json.json)?;
        let names = updated_since(&session, boot_time(Path::new("/proc")))?;
        let status = if names.is_empty() { 0 } else { REBOOT };
        if self.json.json {
            let document = json!([{
                "type": "reboot",
                "reboot_required": !names.is_empty(),
                "packages": names,
                "documentation": MORE,
            }]);
            cx.output.line(json::render_with_slashes(&document));
            return Ok(status);
        }
        if names.is_empty() {
            cx.output.line("No core libraries or services have been updated since boot-up.");
            cx.output.line("Reboot should not be necessary.");
            return Ok(status);
        }
        cx.output.line("Core libraries or services have been updated since boot-up:");
        for name in &names {
            cx.output.line(format!("  * {name}"));
        }
        cx.output.line("");
        cx.output.line("Reboot is required to fully utilize these updates.");
        cx.output.line(format!("More information: {MORE}"));
        Ok(status)
    }

    /// Prints the processes that should be started again.
    fn list_processes(self, cx: &mut Context, mut session: Session) -> CommandResult {
        cx.load(&mut session, &Load::query(), !self.json.json)?;
        let proc = Path::new("/proc");
        let excluded = if self.exclude_services { processes::of_services() } else { Vec::new() };
        let found = processes::outdated(&session, proc, boot_time(proc), &excluded);
        if self.json.json {
            let entries = found.iter().map(|process| {
                json!({
                    "type": "process",
                    "pid": process.pid,
                    "cmdline": process.words,
                    "package": process.package,
                })
            });
            cx.output.line(json::render_with_slashes(&entries.collect()));
        } else {
            for process in &found {
                cx.output.line(format!("{}\t{}", process.pid, process.words.join(" ")));
            }
        }
        Ok(if found.is_empty() { 0 } else { RESTART })
    }
}

/// Returns the names of core packages, and of those that the configuration or advisories want a reboot for, that came
/// after a time.
fn updated_since(session: &Session, time: u64) -> Result<BTreeSet<String>, oxidnf_engine::Error> {
    let sack = session.sack();
    let fresh = Query::new(sack).installed().filter(|id| sack.package(id).install_time() > time).into_packages();
    let advised = if fresh.is_empty() { BTreeSet::new() } else { advised(&session.advisories()?) };
    let configured = session.suggested_reboots()?;
    let counts = |id: &PackageId| {
        let name = sack.package(*id).name();
        CORE.contains(&name)
            || configured.contains(name)
            || advised.contains(&session.nevra(*id).with_epoch().to_string())
    };
    Ok(fresh.iter().filter(counts).map(|id| sack.package(id).name().to_owned()).collect())
}

/// Returns the builds of advisories after which the system should be booted.
pub(crate) fn advised(advisories: &[Advisory]) -> BTreeSet<String> {
    let builds = advisories.iter().flat_map(|advisory| {
        let wanted = advisory.packages().filter(|package| advisory.reboot_suggested || package.reboot_suggested);
        wanted.map(|package| {
            let (name, arch) = (&package.name, &package.arch);
            format!("{name}-{}:{}-{}.{arch}", package.epoch, package.version, package.release)
        })
    });
    builds.collect()
}

/// Returns when the system was booted, in seconds since 1970.
///
/// A container has a first process of its own, which is younger than the machine; systemd, which knows best, is not
/// asked, as it needs a bus.
fn boot_time(proc: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let first = std::fs::metadata(proc.join("1")).map_or(0, |metadata| u64::try_from(metadata.mtime()).unwrap_or(0));
    let text = std::fs::read_to_string(proc.join("stat")).unwrap_or_default();
    let kernel = text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok()).unwrap_or(0);
    first.max(kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_two_times() {
        let dir = std::env::temp_dir().join(format!("oxidnf-boot-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("writable");
        let nothing = boot_time(&dir);
        std::fs::write(dir.join("stat"), "cpu 1\nbtime 1700000000\nprocesses 5\n").expect("writable");
        let kernel = boot_time(&dir);
        std::fs::create_dir(dir.join("1")).expect("writable");
        let first = boot_time(&dir);
        std::fs::remove_dir_all(&dir).expect("writable");
        assert_eq!((nothing, kernel), (0, 1_700_000_000));
        assert!(first > kernel);
    }
}
