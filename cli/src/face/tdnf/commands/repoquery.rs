//! `repoquery` (reference of tdnf, section 3.7).

use std::collections::{BTreeSet, HashMap};

use oxidnf_core::reldep::Sense;
use oxidnf_engine::catalog::{Match, PackageId, PackageSet, Query, Relation, Sack};
use oxidnf_engine::session::ChangelogEntry;
use oxidnf_engine::{Load, Session};

use super::query::owners;
use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::faults;
use crate::face::tdnf::json::Json;
use crate::face::tdnf::render::listing::Row;
use crate::face::tdnf::render::size;
use crate::face::tdnf::spec;

/// Kinds of dependencies that can be shown: option, key in JSON, relations.
const SHOWN: &[(&str, &str, &[Relation])] = &[
    ("provides", "Provides", &[Relation::Provides]),
    ("obsoletes", "Obsoletes", &[Relation::Obsoletes]),
    ("conflicts", "Conflicts", &[Relation::Conflicts]),
    ("requires", "Requires", &[Relation::Requires]),
    ("recommends", "Recommends", &[Relation::Recommends]),
    ("suggests", "Suggests", &[Relation::Suggests]),
    ("supplements", "Supplements", &[Relation::Supplements]),
    ("enhances", "Enhances", &[Relation::Enhances]),
    ("depends", "Depends", DEPENDS),
    ("requires-pre", "RequiresPre", &[Relation::Requires]),
];

const DEPENDS: &[Relation] =
    &[Relation::Requires, Relation::Recommends, Relation::Suggests, Relation::Supplements, Relation::Enhances];

/// Options that choose by dependencies.
const WHAT: &[(&str, &[Relation])] = &[
    ("whatprovides", &[Relation::Provides]),
    ("whatobsoletes", &[Relation::Obsoletes]),
    ("whatconflicts", &[Relation::Conflicts]),
    ("whatrequires", &[Relation::Requires]),
    ("whatrecommends", &[Relation::Recommends]),
    ("whatsuggests", &[Relation::Suggests]),
    ("whatsupplements", &[Relation::Supplements]),
    ("whatenhances", &[Relation::Enhances]),
    ("whatdepends", DEPENDS),
];

/// What is shown of the packages.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shown {
    Names,
    Files,
    Changelogs,
    Source,
    Dependencies(&'static str, &'static str, &'static [Relation]),
    Format(String),
}

/// `repoquery [SPEC]`
pub(super) fn repoquery(cx: &Context) -> Done {
    let specs = cx.line.arguments();
    if specs.len() > 1 {
        return Err(Failure::new(number::CLI_INVALID_ARGUMENT));
    }
    let shown = shown(cx)?;
    let narrow = cx.has("extras") || cx.has("duplicates");
    if narrow && (cx.has("available") || cx.has("installed") || cx.has("extras") && cx.has("duplicates")) {
        return Err(Failure::new(number::INVALID_PARAMETER));
    }
    let mut metadata = Vec::new();
    if shown == Shown::Files || cx.line.value("file").is_some() {
        metadata.push("filelists".to_owned());
    }
    if shown == Shown::Changelogs {
        metadata.push("other".to_owned());
    }
    let mut session = cx.loaded(&Load { metadata, ..Load::query() })?;
    let packages = select(cx, &session, specs.first().map(String::as_str))?;
    if packages.is_empty() {
        return Err(Failure::new(number::NO_DATA));
    }
    print(cx, &mut session, &packages, &shown)
}

fn shown(cx: &Context) -> Result<Shown, Failure> {
    let mut dependencies = SHOWN.iter().filter(|(option, ..)| cx.has(option));
    let first = dependencies.next();
    if dependencies.next().is_some() {
        return Err(Failure::new(number::ONE_DEPENDENCY));
    }
    if let Some(format) = cx.line.value("qf") {
        let last = cx.line.recorded.last().is_some_and(|(key, _)| key == "qf");
        if !last || first.is_some() {
            return Err(Failure::new(number::MIXED_QUERY));
        }
        return Ok(Shown::Format(format.to_owned()));
    }
    Ok(match first {
        Some((option, key, relations)) => Shown::Dependencies(option, key, relations),
        None if cx.has("list") => Shown::Files,
        None if cx.has("changelogs") => Shown::Changelogs,
        None if cx.has("source") => Shown::Source,
        None => Shown::Names,
    })
}

fn select(cx: &Context, session: &Session, argument: Option<&str>) -> Result<PackageSet, Failure> {
    let sack = session.sack();
    let mut query = Query::new(sack);
    let scoped = cx.has("extras") || cx.has("duplicates") || cx.has("userinstalled");
    // Both together mean what is available.
    let installed = cx.has("installed") && !cx.has("available") || scoped;
    query = if installed { query.installed() } else { query.available() };
    if let Some(argument) = argument {
        let mut found = PackageSet::new();
        for source in [false, true] {
            if let Some(one) = spec::find(sack, query.packages(), argument, source) {
                one.tell(&cx.console, argument);
                found = one.packages;
                break;
            }
        }
        query = Query::from_set(sack, found);
    }
    if cx.has("extras") {
        query = query.filter_extras();
    }
    if cx.has("duplicates") {
        query = query.filter_duplicates();
    }
    if cx.has("userinstalled") {
        query = query.filter(|id| {
            use oxidnf_core::Reason;
            !matches!(session.reason(id), Reason::Dependency | Reason::WeakDependency)
        });
    }
    let arches: Vec<&str> = cx.line.values("arch").collect();
    if !arches.is_empty() {
        query = query.filter_arch(Match::Exact, &arches);
    }
    if let Some(file) = cx.line.value("file") {
        query = query.and(&owners(cx, session, file)?);
    }
    for (option, relations) in WHAT {
        let wanted: Vec<String> =
            cx.line.values(option).flat_map(|value| value.split(',')).map(|item| item.trim().to_owned()).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut found = PackageSet::new();
        for relation in *relations {
            found.union(query.clone().filter_relation_text(*relation, &wanted).packages());
        }
        query = query.and(&found);
    }
    Ok(query.into_packages())
}

fn print(cx: &Context, session: &mut Session, packages: &PackageSet, shown: &Shown) -> Done {
    let tell = |error| faults::tell(&cx.console, &error);
    let files = match shown {
        Shown::Files => session.file_lists(packages).map_err(tell)?,
        _ => HashMap::new(),
    };
    let mut logs = match shown {
        Shown::Changelogs => session.changelogs(packages).map_err(tell)?,
        _ => HashMap::new(),
    };
    let sack = session.sack();
    let ids = sack.in_order(packages);
    if cx.console.json {
        let object = |id: &PackageId| json(sack, *id, shown, files.get(id), logs.remove(id));
        cx.console.document(&Json::List(ids.iter().map(object).collect()));
        return Ok(());
    }
    match shown {
        Shown::Names => ids.iter().for_each(|id| cx.console.result(Row::of(sack, *id).nvra())),
        Shown::Source => ids.iter().for_each(|id| cx.console.result(sack.package(*id).sourcerpm())),
        Shown::Files => {
            let all: BTreeSet<&String> = files.values().flatten().collect();
            for path in all {
                cx.console.result(path);
            }
        }
        Shown::Dependencies(option, _, relations) => {
            let all: BTreeSet<String> = ids.iter().flat_map(|id| dependencies(sack, *id, option, relations)).collect();
            for text in all {
                cx.console.result(text);
            }
        }
        Shown::Changelogs => {
            for entry in ids.iter().filter_map(|id| logs.get(id)).flatten() {
                cx.console.result(format!("{} {}", date(entry.date), entry.author));
                cx.console.result(&entry.text);
            }
        }
        Shown::Format(format) => {
            for id in &ids {
                let line = formatted(sack, *id, format).map_err(|attribute| {
                    cx.console.error(format!("Package doesn't have attribute {attribute}"));
                    Failure::new(number::INVALID_PARAMETER)
                })?;
                cx.console.result(line);
            }
        }
    }
    Ok(())
}

/// `Tue Jul 06 2021`
fn date(seconds: i64) -> String {
    let Ok(time) = jiff::Timestamp::from_second(seconds) else { return String::new() };
    time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %b %d %Y").to_string()
}

fn dependencies(sack: &Sack, id: PackageId, option: &str, relations: &[Relation]) -> Vec<String> {
    let package = sack.package(id);
    // What must be there before the package's own scriptlets run.
    let before = Sense(
        Sense::PREREQ.0 | Sense::SCRIPT_PRE.0 | Sense::SCRIPT_POST.0 | Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0,
    );
    let all = relations.iter().flat_map(|relation| package.relations(*relation));
    all.filter(|dep| option != "requires-pre" || dep.sense.any(before)).map(|dep| dep.to_string()).collect()
}

fn json(
    sack: &Sack,
    id: PackageId,
    shown: &Shown,
    files: Option<&Vec<String>>,
    log: Option<Vec<ChangelogEntry>>,
) -> Json {
    let row = Row::of(sack, id);
    let mut fields = vec![
        ("Nevra", Json::text(row.nvra())),
        ("Name", Json::text(&row.name)),
        ("Arch", Json::text(&row.arch)),
        ("Evr", Json::text(row.evr())),
        ("Repo", Json::text(&row.repo)),
    ];
    match shown {
        Shown::Names | Shown::Format(_) => {}
        Shown::Files => fields.push(("Files", Json::texts(files.into_iter().flatten()))),
        Shown::Source => fields.push(("Source", Json::text(sack.package(id).sourcerpm()))),
        Shown::Dependencies(option, key, relations) => {
            fields.push((key, Json::texts(dependencies(sack, id, option, relations))));
        }
        Shown::Changelogs => {
            let entry = |entry: ChangelogEntry| {
                Json::Object(vec![
                    ("Time", Json::text(date(entry.date))),
                    ("Author", Json::text(entry.author)),
                    ("Text", Json::text(entry.text)),
                ])
            };
            fields.push(("ChangeLogs", Json::List(log.into_iter().flatten().map(entry).collect())));
        }
    }
    Json::Object(fields)
}

/// Replaces `%{tag}`; the error is the tag that does not exist.
fn formatted(sack: &Sack, id: PackageId, format: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find("%{") {
        out.push_str(&rest[..at]);
        let Some((tag, behind)) = rest[at + 2..].split_once('}') else { break };
        out.push_str(&attribute(sack, id, tag).ok_or_else(|| tag.to_owned())?);
        rest = behind;
    }
    Ok(out + rest)
}

fn attribute(sack: &Sack, id: PackageId, tag: &str) -> Option<String> {
    let (row, package) = (Row::of(sack, id), sack.package(id));
    Some(match tag.to_ascii_lowercase().as_str() {
        "name" => row.name,
        "arch" => row.arch,
        "version" => row.version,
        "release" => row.release,
        "evr" => row.evr(),
        "reponame" => row.repo,
        "sourcename" => source_name(package.sourcerpm()).to_owned(),
        "sourcerpm" => package.sourcerpm().to_owned(),
        "size" | "installsize" => size(package.install_size()),
        "downloadsize" => size(package.package_size()),
        "description" => package.description().to_owned(),
        "summary" => package.summary().to_owned(),
        "license" => package.license().to_owned(),
        "url" => package.url().to_owned(),
        other => {
            let (option, _, relations) = SHOWN.iter().find(|(option, ..)| *option == other)?;
            dependencies(sack, id, option, relations).join("\n")
        }
    })
}

/// The name in `name-version-release.src.rpm`.
fn source_name(file: &str) -> &str {
    file.rsplitn(3, '-').nth(2).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_things() {
        assert_eq!(date(1_625_529_600), "Tue Jul 06 2021");
        assert_eq!(source_name("python3-lxml-4.9-1.src.rpm"), "python3-lxml");
    }
}
