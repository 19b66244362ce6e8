//! Changelogs, of `changelog` and with `--changelogs`

use std::collections::{BTreeMap, HashMap};

use oxidnf_engine::Session;
use oxidnf_engine::catalog::{PackageId, PackageSet, Query};
use oxidnf_engine::session::ChangelogEntry;

use crate::context::{Context, Failure};

/// Which entries of a changelog are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All.
    All,
    /// Those since this time, in seconds since 1970.
    Since(i64),
    /// So many of the newest; when negative, all but so many of the oldest.
    Count(i32),
    /// Those that the installed package of the same name has not.
    New,
}

/// Prints the changelogs of packages, once for those that were built together.
pub(super) fn print(cx: &Context, session: &mut Session, packages: &PackageSet, part: &Part) -> Result<(), Failure> {
    let logs = session.changelogs(packages)?;
    let known = if *part == Part::New { installed_times(session)? } else { HashMap::new() };
    let sack = session.sack();
    let mut builds: BTreeMap<String, Vec<PackageId>> = BTreeMap::new();
    for id in sack.sorted(packages) {
        let package = sack.package(id);
        // name-version-release.src.rpm; what names no source, as source packages do, counts as built from one.
        let source = package.sourcerpm().rsplitn(3, '-').nth(2).unwrap_or_default();
        builds.entry(format!("{source}-{}", package.evr())).or_default().push(id);
    }
    for ids in builds.values() {
        let names: Vec<String> = ids.iter().map(|id| sack.package(*id).nevra().to_string()).collect();
        cx.output.line(format!("Changelogs for {}", names.join(", ")));
        let entries = ids.iter().find_map(|id| logs.get(id)).map(Vec::as_slice).unwrap_or_default();
        let installed = ids.first().and_then(|id| known.get(sack.package(*id).name()));
        for entry in chosen(entries, part, installed.copied()) {
            cx.output.line(format!("* {} {}", time(entry.date), entry.author));
            cx.output.line(&entry.text);
            cx.output.line("");
        }
    }
    Ok(())
}

/// Returns the entries that are shown; `installed` is the time of the installed package's newest entry.
fn chosen<'e>(entries: &'e [ChangelogEntry], part: &Part, installed: Option<i64>) -> &'e [ChangelogEntry] {
    let newer_than = |test: &dyn Fn(i64) -> bool| entries.iter().take_while(|entry| test(entry.date)).count();
    let count = match part {
        Part::All => entries.len(),
        Part::Since(time) => newer_than(&|date| date >= *time),
        Part::New => newer_than(&|date| installed.is_none_or(|known| date > known)),
        Part::Count(count) => {
            let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            if *count > 0 { size.min(entries.len()) } else { entries.len().saturating_sub(size) }
        }
    };
    &entries[..count]
}

/// Returns for each installed name when the newest entry of its changelogs was written.
fn installed_times(session: &mut Session) -> Result<HashMap<String, i64>, Failure> {
    let installed = Query::new(session.sack()).installed().into_packages();
    let logs = session.changelogs(&installed)?;
    let mut times: HashMap<String, i64> = HashMap::new();
    for (id, entries) in &logs {
        let Some(entry) = entries.first() else { continue };
        let time = times.entry(session.sack().package(*id).name().to_owned()).or_insert(entry.date);
        *time = entry.date.max(*time);
    }
    Ok(times)
}

/// `Wed Jan 01 12:00:00 2025`, in universal time wherever the machine is.
fn time(seconds: i64) -> String {
    let Ok(time) = jiff::Timestamp::from_second(seconds) else { return String::new() };
    time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %b %d %H:%M:%S %Y").to_string()
}
