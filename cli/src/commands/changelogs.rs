//! `--changelogs` of `repoquery` and `check-upgrade`

use std::collections::BTreeMap;

use oxidnf_engine::Session;
use oxidnf_engine::catalog::{PackageId, PackageSet};

use crate::context::{Context, Failure};

/// Prints the changelogs of packages, once for those that were built together.
pub(super) fn print(cx: &Context, session: &mut Session, packages: &PackageSet) -> Result<(), Failure> {
    let logs = session.changelogs(packages)?;
    let sack = session.sack();
    let mut builds: BTreeMap<String, Vec<PackageId>> = BTreeMap::new();
    for id in sack.sorted(packages) {
        let package = sack.package(id);
        // name-version-release.src.rpm; a source package is its own source.
        let source = package.sourcerpm().rsplitn(3, '-').nth(2).unwrap_or(package.name());
        builds.entry(format!("{source}-{}", package.evr())).or_default().push(id);
    }
    for ids in builds.values() {
        let names: Vec<String> = ids.iter().map(|id| sack.package(*id).nevra().to_string()).collect();
        cx.output.line(format!("Changelogs for {}", names.join(", ")));
        for entry in ids.iter().find_map(|id| logs.get(id)).into_iter().flatten() {
            cx.output.line(format!("* {} {}", time(entry.date), entry.author));
            cx.output.line(&entry.text);
            cx.output.line("");
        }
    }
    Ok(())
}

/// `Wed Jan 01 12:00:00 2025`, in universal time wherever the machine is.
fn time(seconds: i64) -> String {
    let Ok(time) = jiff::Timestamp::from_second(seconds) else { return String::new() };
    time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %b %d %H:%M:%S %Y").to_string()
}
