//! `updateinfo`, and the options that limit `update` to advisories (reference of tdnf, section 3.10).

use std::collections::BTreeSet;

use oxidnf_core::Evr;
use oxidnf_engine::catalog::PackageSet;
use oxidnf_engine::{Advisory, AdvisoryKind, Load, Session};

use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::json::Json;
use crate::face::tdnf::{faults, spec};

/// Words for parts of the advisories; they are read and have no effect.
const SCOPES: [&str; 9] =
    ["all", "installed", "available", "extras", "obsoletes", "recent", "upgrades", "updates", "downgrades"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Summary,
    List,
    Info,
}

/// Tells whether an option limits what is updated to advisories.
pub(super) fn limits(cx: &Context) -> bool {
    cx.has("security") || cx.has("reboot-required") || cx.line.value("sec-severity").is_some()
}

/// The filters of a command line.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Filter {
    security: bool,
    severity: Option<f64>,
    reboot: bool,
}

impl Filter {
    fn of(cx: &Context) -> Self {
        Filter {
            security: cx.has("security"),
            severity: cx.line.value("sec-severity").map(number_of),
            reboot: cx.has("reboot-required"),
        }
    }

    fn wants(self, advisory: &Advisory) -> bool {
        // The type decides where both are given.
        let kind = if self.security {
            advisory.kind == AdvisoryKind::Security
        } else {
            self.severity.is_none_or(|least| number_of(&advisory.severity) >= least)
        };
        kind && (!self.reboot || needs_reboot(advisory))
    }
}

/// Some repositories say it of the advisory, others of its packages.
fn needs_reboot(advisory: &Advisory) -> bool {
    let packages = || advisory.collections.iter().flat_map(|collection| &collection.packages);
    advisory.reboot_suggested || packages().any(|package| package.reboot_suggested)
}

/// The number that a text begins with, as C's `atof` reads it; words such as `Critical` are 0.
fn number_of(text: &str) -> f64 {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].parse().unwrap_or(0.0)
}

/// An advisory with the files of it that are newer than what is installed, and their packages' names.
struct Newer {
    advisory: Advisory,
    files: Vec<(String, String)>,
}

fn newer(cx: &Context, session: &Session, among: Option<&PackageSet>) -> Result<Vec<Newer>, Failure> {
    let sack = session.sack();
    let advisories = session.advisories().map_err(|error| faults::tell(&cx.console, &error))?;
    let mut found = Vec::new();
    for advisory in advisories {
        let mut files = Vec::new();
        for package in advisory.collections.iter().flat_map(|collection| &collection.packages) {
            let evr = Evr { epoch: Some(package.epoch), version: &package.version, release: Some(&package.release) };
            let mut installed = sack
                .named(&package.name)
                .filter(|id| sack.is_installed(*id) && among.is_none_or(|among| among.contains(*id)))
                .filter(|id| package.arch == "noarch" || sack.package(*id).arch() == package.arch)
                .peekable();
            let newer = installed.peek().is_some() && installed.all(|id| sack.package(id).evr().rpm_cmp(&evr).is_lt());
            if newer {
                files.push((package.filename.clone(), package.name.clone()));
            }
        }
        if !files.is_empty() {
            found.push(Newer { advisory, files });
        }
    }
    Ok(found)
}

/// Returns the names of installed packages that matching advisories are about.
pub(super) fn names_to_update(cx: &Context, session: &Session) -> Result<BTreeSet<String>, Failure> {
    let filter = Filter::of(cx);
    let found = newer(cx, session, None)?;
    let wanted = found.into_iter().filter(|newer| filter.wants(&newer.advisory));
    Ok(wanted.flat_map(|newer| newer.files).map(|(_, name)| name).collect())
}

/// `updateinfo [summary|list|info] [SCOPE] [NAME…]`
pub(super) fn updateinfo(cx: &Context) -> Done {
    let mut words = cx.line.arguments();
    let mut shape = match () {
        () if cx.has("info") => Shape::Info,
        () if cx.has("list") => Shape::List,
        () => Shape::Summary,
    };
    if let Some(word) = words.first() {
        let named = match word.to_ascii_lowercase().as_str() {
            "summary" => Some(Shape::Summary),
            "list" => Some(Shape::List),
            "info" => Some(Shape::Info),
            _ => None,
        };
        if let Some(named) = named {
            shape = named;
            words = &words[1..];
        }
    }
    if words.first().is_some_and(|word| SCOPES.contains(&word.to_ascii_lowercase().as_str())) {
        words = &words[1..];
    }
    let session = cx.loaded(&Load { metadata: vec!["updateinfo".to_owned()], ..Load::query() })?;
    let among = installed_named(&session, words)?;
    let filter = Filter { reboot: cx.has("reboot-required") && shape != Shape::Summary, ..Filter::of(cx) };
    let mut found = newer(cx, &session, among.as_ref())?;
    found.retain(|newer| filter.wants(&newer.advisory));
    match shape {
        Shape::Summary => summary(cx, &found),
        Shape::List => details(cx, &found, false),
        Shape::Info => details(cx, &found, true),
    }
}

/// A name that is not installed is an error.
fn installed_named(session: &Session, words: &[String]) -> Result<Option<PackageSet>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let sack = session.sack();
    let mut packages = PackageSet::new();
    for word in words {
        let found = spec::find(sack, &sack.installed(), word, false);
        packages.union(&found.ok_or(Failure::new(number::NO_MATCH))?.packages);
    }
    Ok(Some(packages))
}

fn kind_name(kind: AdvisoryKind) -> &'static str {
    match kind {
        AdvisoryKind::Security => "Security",
        AdvisoryKind::Bugfix => "Bugfix",
        AdvisoryKind::Enhancement => "Enhancement",
        AdvisoryKind::NewPackage | AdvisoryKind::Unknown => "Unknown",
    }
}

fn summary(cx: &Context, found: &[Newer]) -> Done {
    let counts = ["Unknown", "Security", "Bugfix", "Enhancement"]
        .map(|name| (name, found.iter().filter(|newer| kind_name(newer.advisory.kind) == name).count()));
    if cx.console.json {
        let fields = counts.into_iter().map(|(name, count)| (name, Json::size(count as u64)));
        cx.console.document(&Json::Object(fields.collect()));
        return Ok(());
    }
    if found.is_empty() {
        cx.console.result("");
        cx.console.result("0 updates.");
        return Err(Failure::new(number::NO_DATA));
    }
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        cx.console.result(format!("{count} {name} notice(s)"));
    }
    Ok(())
}

fn details(cx: &Context, found: &[Newer], long: bool) -> Done {
    if cx.console.json {
        cx.console.document(&Json::List(found.iter().map(|newer| json(newer, long)).collect()));
        return Ok(());
    }
    if found.is_empty() {
        cx.console.result("");
        cx.console.result("0 updates.");
        return Err(Failure::new(number::NO_DATA));
    }
    for Newer { advisory, files } in found {
        for (file, _) in files {
            if !long {
                cx.console.result(format!("patch:{} {} {file}", advisory.id, kind_name(advisory.kind)));
                continue;
            }
            cx.console.result(format!("       Name : {file}"));
            cx.console.result(format!("  Update ID : patch:{}", advisory.id));
            cx.console.result(format!("       Type : {}", kind_name(advisory.kind)));
            cx.console.result(format!("    Updated : {}", updated(advisory)));
            cx.console.result(format!("Needs Reboot: {}", u8::from(needs_reboot(advisory))));
            cx.console.result(format!("Description : {}", advisory.description));
        }
    }
    Ok(())
}

/// `Sat Feb  3 04:05:06 2024`, in local time.
fn updated(advisory: &Advisory) -> String {
    let time = advisory.updated.or(advisory.issued).unwrap_or_default();
    let Ok(time) = jiff::Timestamp::from_second(time) else { return String::new() };
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%a %b %e %H:%M:%S %Y").to_string()
}

fn json(newer: &Newer, long: bool) -> Json {
    let Newer { advisory, files } = newer;
    let mut fields = vec![
        ("Type", Json::text(kind_name(advisory.kind))),
        ("UpdateID", Json::text(format!("patch:{}", advisory.id))),
    ];
    if long {
        fields.push(("Updated", Json::text(updated(advisory))));
        fields.push(("NeedsReboot", Json::Bool(needs_reboot(advisory))));
        fields.push(("Description", Json::text(&advisory.description)));
    }
    fields.push(("Packages", Json::texts(files.iter().map(|(file, _)| file))));
    Json::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    // tdnf.md 3.10: both are read with atof, so words count as 0.
    #[test]
    fn severities_are_numbers() {
        assert!((number_of("7.5") - 7.5).abs() < f64::EPSILON);
        assert!(number_of("Critical").abs() < f64::EPSILON);
        let advisory = Advisory { severity: "7.5".to_owned(), ..Advisory::default() };
        let least = |least: f64| Filter { security: false, severity: Some(least), reboot: false };
        assert!(least(7.0).wants(&advisory) && !least(8.0).wants(&advisory));
        let security = Filter { security: true, severity: Some(0.0), reboot: false };
        assert!(!security.wants(&advisory));
    }
}
