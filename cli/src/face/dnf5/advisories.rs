//! Advisories.

use oxidnf_core::Nevra;
use oxidnf_engine::advisories::{AdvisedBuild, AdvisoryMiss};
use oxidnf_engine::{Advisory, AdvisoryKind, AdvisoryPackage, Collection};
use serde_json::{Map, Value, json};

use super::columns::{Column, Wish, display_width, row, widths};
use super::history::local_time;
use super::info::print_pairs;
use super::style::Style;
use crate::output::Output;
use crate::sanitize::one_line;

/// Returns what dnf5 says about a choice that no advisory meets.
pub(crate) fn miss_sentence(miss: &AdvisoryMiss) -> String {
    match miss {
        AdvisoryMiss::Names(names) => {
            format!("No advisory found matching the requested name: \"{}\"", one_line(&names.join(", ")))
        }
        AdvisoryMiss::Bugs(bugs) => {
            format!("No advisory found fixing the Bugzilla ID: \"{}\"", one_line(&bugs.join(", ")))
        }
        AdvisoryMiss::Cves(cves) => format!("No advisory found fixing the CVE ID: \"{}\"", one_line(&cves.join(", "))),
        AdvisoryMiss::Filters => "No advisory found matching the specified filters.".to_owned(),
    }
}

/// A kind of reference that `advisory list` shows instead of the advisories' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum References {
    Bugzilla,
    Cve,
}

impl References {
    /// Returns the name of the kind in the metadata.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            References::Bugzilla => "bugzilla",
            References::Cve => "cve",
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            References::Bugzilla => "Bugzilla",
            References::Cve => "CVE",
        }
    }

    fn ids(self, advisory: &Advisory) -> impl Iterator<Item = &str> {
        let of_kind = move |kind: &str| kind == self.kind();
        advisory.references.iter().filter(move |it| of_kind(&it.kind)).map(|reference| reference.id.as_str())
    }
}

/// Prints the table of `advisory list`, nothing when there is no row.
pub(crate) fn print_list(output: &Output, builds: &[AdvisedBuild<'_>], references: Option<References>) {
    let cells = |first: &str, build: &AdvisedBuild<'_>| {
        let AdvisedBuild { advisory, package, .. } = build;
        let text = |text: &str| one_line(text).into_owned();
        [
            text(first),
            text(&advisory.kind_text),
            text(&advisory.severity),
            text(&nevra(package)),
            local_time(advisory.time()),
        ]
    };
    let mut rows: Vec<[String; 5]> = match references {
        None => builds.iter().map(|build| cells(&build.advisory.id, build)).collect(),
        Some(kind) => builds.iter().flat_map(|build| kind.ids(build.advisory).map(|id| cells(id, build))).collect(),
    };
    if rows.is_empty() {
        return;
    }
    rows.sort_by(|one, two| one[0].cmp(&two[0]));
    let first = references.map_or("Name", References::heading);
    rows.insert(0, [first, "Type", "Severity", "Package", "Issued"].map(str::to_owned));
    // Type and severity are cut on a narrow terminal, never below their headings.
    let cut = |heading: &str| Column { wish: Wish::AtLeast(heading.len()), cut: true, right: false };
    let right = Column { wish: Wish::Content, cut: false, right: true };
    let columns = [Column::CONTENT, cut("Type"), cut("Severity"), right, right];
    let lengths: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().map(|cell| display_width(cell)).collect()).collect();
    let widths = widths(&columns, &lengths, output.real_terminal().unwrap_or(usize::MAX / 2), false);
    for cells in &rows {
        output.line(row(&columns, &widths, cells, false));
    }
}

/// Returns the JSON of `advisory list`.
pub(crate) fn list_json(builds: &[AdvisedBuild<'_>], references: Option<References>) -> Value {
    let item = |build: &AdvisedBuild<'_>| {
        let AdvisedBuild { advisory, package, .. } = build;
        match references {
            None => json!({
                "name": advisory.id,
                "type": advisory.kind_text,
                "severity": advisory.severity,
                "nevra": nevra(package),
                "buildtime": advisory.time(),
            }),
            Some(kind) => {
                let reference = |id: &str| json!({"reference_id": id, "reference_type": kind.kind()});
                json!({
                    "advisory_name": advisory.id,
                    "advisory_type": advisory.kind_text,
                    // dnf5 puts the type here.
                    "advisory_severity": advisory.kind_text,
                    "advisory_buildtime": advisory.time(),
                    "nevra": nevra(package),
                    "references": kind.ids(advisory).map(reference).collect::<Value>(),
                })
            }
        }
    };
    builds.iter().map(item).collect()
}

/// Prints the counts of `advisory summary`; `scope` is the word that says which advisories are counted.
pub(crate) fn print_summary(output: &Output, scope: &str, advisories: &[&Advisory]) {
    let of_kind = |kind: AdvisoryKind| advisories.iter().filter(move |advisory| advisory.kind == kind);
    let security: Vec<&str> = of_kind(AdvisoryKind::Security).map(|advisory| advisory.severity.as_str()).collect();
    let of_severity = |severity: &str| security.iter().filter(|own| **own == severity).count();
    let named = ["Critical", "Important", "Moderate", "Low"].map(|severity| (severity, of_severity(severity)));
    let other = security.len() - named.iter().map(|(_, count)| count).sum::<usize>();
    let (bugfix, enhancement) = (of_kind(AdvisoryKind::Bugfix).count(), of_kind(AdvisoryKind::Enhancement).count());
    output.line(format!("{scope} advisory information summary:"));
    let mut pairs = vec![("Security".to_owned(), security.len())];
    pairs.extend(named.iter().chain([&("Other", other)]).map(|(severity, count)| (format!("  {severity}"), *count)));
    pairs.push(("Bugfix".to_owned(), bugfix));
    pairs.push(("Enhancement".to_owned(), enhancement));
    pairs.push(("Other".to_owned(), advisories.len() - security.len() - bugfix - enhancement));
    let pairs: Vec<(String, String)> = pairs.into_iter().map(|(key, count)| (key, count.to_string())).collect();
    print_pairs(output, &pairs);
}

/// Prints the details of one advisory and a blank line.
pub(crate) fn print_details(output: &Output, advisory: &Advisory) {
    // A newline at the end is not shown for packages, but is here.
    let text = |text: &str| if text.ends_with('\n') { format!("{text}\n") } else { text.to_owned() };
    let mut pairs: Vec<(&str, String)> = vec![
        ("Name", Style::Bold.paint(output, &advisory.id)),
        ("Title", text(&advisory.title)),
        ("Severity", advisory.severity.clone()),
        ("Type", advisory.kind_text.clone()),
        ("Status", advisory.status.clone()),
        ("Vendor", vendor(advisory).to_owned()),
        ("Issued", local_time(advisory.time())),
        ("Description", text(&advisory.description)),
        ("Message", text(&advisory.message)),
        ("Rights", text(&advisory.rights)),
    ];
    for reference in &advisory.references {
        pairs.push(("Reference", String::new()));
        pairs.push(("  Title", Style::Bold.paint(output, &reference.title)));
        pairs.push(("  Id", reference.id.clone()));
        pairs.push(("  Type", reference.kind.clone()));
        pairs.push(("  Url", reference.href.clone()));
    }
    for collection in &advisory.collections {
        pairs.push(("Collection", String::new()));
        let modules = modules(collection);
        if !modules.is_empty() {
            pairs.push(("  Modules", modules.join("\n")));
        }
        let packages: Vec<String> = collection.packages.iter().map(nevra).collect();
        if !packages.is_empty() {
            pairs.push(("  Packages", packages.join("\n")));
        }
    }
    print_pairs(output, &pairs);
    output.line("");
}

/// Returns the JSON of `advisory info`.
pub(crate) fn details_json(advisories: &[&Advisory]) -> Value {
    let item = |advisory: &&Advisory| {
        let references: Value = advisory
            .references
            .iter()
            .map(|it| json!({"Title": it.title, "Id": it.id, "Type": it.kind, "Url": it.href}))
            .collect();
        // dnf5 writes `0` where there are several collections: the same object, released, several times.
        let mut collections = Map::new();
        let modules: Vec<String> = advisory.collections.iter().flat_map(modules).collect();
        if !modules.is_empty() {
            collections.insert("modules".to_owned(), modules.into());
        }
        let packages: Vec<String> = advisory.packages().map(nevra).collect();
        if !packages.is_empty() {
            collections.insert("packages".to_owned(), packages.into());
        }
        json!({
            "Name": advisory.id,
            "Title": advisory.title,
            "Severity": advisory.severity,
            "Type": advisory.kind_text,
            "Status": advisory.status,
            "Vendor": vendor(advisory),
            "Issued": advisory.time(),
            "Description": advisory.description,
            "Message": advisory.message,
            "Rights": advisory.rights,
            "references": references,
            "collections": collections,
        })
    };
    advisories.iter().map(item).collect()
}

/// Returns who made an advisory as dnf5 shows it: what C calls a missing text.
fn vendor(advisory: &Advisory) -> &str {
    advisory.from.as_deref().unwrap_or("<NULL>")
}

fn modules(collection: &Collection) -> Vec<String> {
    let module = collection.module.as_ref();
    module.map(|m| [&*m.name, &m.stream, &m.version, &m.context, &m.arch].join(":")).into_iter().collect()
}

fn nevra(package: &AdvisoryPackage) -> String {
    let AdvisoryPackage { name, epoch, version, release, arch, .. } = package;
    Nevra { name: name.clone(), epoch: *epoch, version: version.clone(), release: release.clone(), arch: arch.clone() }
        .to_string()
}
