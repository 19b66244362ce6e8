//! `updateinfo`: advisories.

use super::error::XmlError;
use super::xml::{Element, Xml};

/// One advisory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advisory {
    /// Its id: `FEDORA-2026-0123456789`.
    pub id: String,
    /// What it is for.
    pub kind: AdvisoryKind,
    /// The kind as written; empty when missing.
    pub kind_text: String,
    /// `Critical`, `Important`, …; empty when not given.
    pub severity: String,
    /// Title.
    pub title: String,
    /// `final`, `stable`, …
    pub status: String,
    /// Who made it, if that is said.
    pub from: Option<String>,
    /// Its version.
    pub version: String,
    /// The release of the distribution that it belongs to.
    pub release: String,
    /// Copyright.
    pub rights: String,
    /// Summary.
    pub summary: String,
    /// Description.
    pub description: String,
    /// What to do.
    pub solution: String,
    /// What the update system has to say.
    pub message: String,
    /// Whether a push count of the update system was given.
    pub pushcount: String,
    /// When it was issued, in seconds since 1970; `None` also for dates that libsolv does not read.
    pub issued: Option<i64>,
    /// When it was last changed, in seconds since 1970; `None` also for dates that libsolv does not read.
    pub updated: Option<i64>,
    /// Whether the system should be rebooted after it.
    pub reboot_suggested: bool,
    /// Bugs, CVEs and pages.
    pub references: Vec<Reference>,
    /// The packages, by collection.
    pub collections: Vec<Collection>,
}

impl Advisory {
    /// Returns the time that dnf5 shows as the one of issue: the later of both; 0 when there is none.
    pub fn time(&self) -> i64 {
        self.issued.max(self.updated).unwrap_or(0)
    }

    /// Returns the builds that it names, of all collections.
    pub fn packages(&self) -> impl Iterator<Item = &AdvisoryPackage> {
        self.collections.iter().flat_map(|collection| &collection.packages)
    }

    /// Tells whether it refers to something of this kind: `bugzilla`, `cve`.
    pub fn refers_to(&self, kind: &str) -> bool {
        self.references.iter().any(|reference| reference.kind == kind)
    }
}

/// What an advisory is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AdvisoryKind {
    /// It closes holes.
    Security,
    /// It repairs.
    Bugfix,
    /// It adds.
    Enhancement,
    /// It brings something new.
    NewPackage,
    /// Missing or unknown.
    #[default]
    Unknown,
}

impl AdvisoryKind {
    /// Recognises the `type` attribute.
    pub fn from_name(name: &str) -> Self {
        match name {
            "security" => AdvisoryKind::Security,
            "bugfix" => AdvisoryKind::Bugfix,
            "enhancement" => AdvisoryKind::Enhancement,
            "newpackage" => AdvisoryKind::NewPackage,
            _ => AdvisoryKind::Unknown,
        }
    }

    /// Returns the name of the `type` attribute.
    pub const fn name(self) -> &'static str {
        match self {
            AdvisoryKind::Security => "security",
            AdvisoryKind::Bugfix => "bugfix",
            AdvisoryKind::Enhancement => "enhancement",
            AdvisoryKind::NewPackage => "newpackage",
            AdvisoryKind::Unknown => "unknown",
        }
    }
}

/// Something that an advisory points at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// Address.
    pub href: String,
    /// Id: `CVE-2026-1234`, or the number of a bug.
    pub id: String,
    /// Title.
    pub title: String,
    /// `bugzilla`, `cve`, `vendor`, `self`, …
    pub kind: String,
}

/// Packages that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection {
    /// Short name.
    pub short: String,
    /// Name.
    pub name: String,
    /// The module that the packages are from.
    pub module: Option<AdvisoryModule>,
    /// The packages.
    pub packages: Vec<AdvisoryPackage>,
}

/// The module build that a collection is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of a module's parts")]
pub struct AdvisoryModule {
    pub name: String,
    pub stream: String,
    pub version: String,
    pub context: String,
    pub arch: String,
}

/// A package build that an advisory ships.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdvisoryPackage {
    /// Package name.
    pub name: String,
    /// Epoch, 0 when not given.
    pub epoch: u32,
    /// Version.
    pub version: String,
    /// Release.
    pub release: String,
    /// Architecture.
    pub arch: String,
    /// File of the source package.
    pub src: String,
    /// File name.
    pub filename: String,
    /// The system should be rebooted.
    pub reboot_suggested: bool,
    /// The updated program should be restarted.
    pub restart_suggested: bool,
    /// Users should log in anew.
    pub relogin_suggested: bool,
}

/// Parses the XML of an `updateinfo` file.
pub fn parse(bytes: &[u8]) -> Result<Vec<Advisory>, XmlError> {
    let mut xml = Xml::new(bytes)?;
    let root = xml.root("updates")?;
    let mut advisories = Vec::new();
    while let Some(element) = xml.child(&root)? {
        match element.name() {
            "update" => advisories.push(parse_update(&mut xml, &element)?),
            _ => xml.skip(&element)?,
        }
    }
    Ok(advisories)
}

fn attribute(element: &Element<'_>, name: &str) -> String {
    element.attribute(name).map(|value| value.into_owned()).unwrap_or_default()
}

fn parse_update(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Advisory, XmlError> {
    let kind_text = attribute(parent, "type");
    let mut advisory = Advisory {
        kind: AdvisoryKind::from_name(&kind_text),
        kind_text,
        from: parent.attribute("from").map(|value| value.into_owned()),
        status: attribute(parent, "status"),
        version: attribute(parent, "version"),
        ..Advisory::default()
    };
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "id" => advisory.id = xml.text(&element)?,
            "title" => advisory.title = xml.raw_text(&element)?,
            "severity" => advisory.severity = xml.raw_text(&element)?,
            "release" => advisory.release = xml.raw_text(&element)?,
            "rights" => advisory.rights = xml.raw_text(&element)?,
            "summary" => advisory.summary = xml.raw_text(&element)?,
            "description" => advisory.description = xml.raw_text(&element)?,
            "message" => advisory.message = xml.raw_text(&element)?,
            "solution" => advisory.solution = xml.raw_text(&element)?,
            "pushcount" => advisory.pushcount = xml.text(&element)?,
            "reboot_suggested" => advisory.reboot_suggested = flag(xml, &element)?,
            "issued" => {
                advisory.issued = element.attribute("date").and_then(|date| parse_time(&date));
                xml.skip(&element)?;
            }
            "updated" => {
                advisory.updated = element.attribute("date").and_then(|date| parse_time(&date));
                xml.skip(&element)?;
            }
            "references" => {
                while let Some(reference) = xml.child(&element)? {
                    if reference.name() == "reference" {
                        advisory.references.push(Reference {
                            href: attribute(&reference, "href"),
                            id: attribute(&reference, "id"),
                            title: attribute(&reference, "title"),
                            kind: attribute(&reference, "type"),
                        });
                    }
                    xml.skip(&reference)?;
                }
            }
            "pkglist" => {
                while let Some(collection) = xml.child(&element)? {
                    match collection.name() {
                        "collection" => advisory.collections.push(parse_collection(xml, &collection)?),
                        _ => xml.skip(&collection)?,
                    }
                }
            }
            _ => xml.skip(&element)?,
        }
    }
    Ok(advisory)
}

/// A flag is set by being there; its text may take it back.
fn flag(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<bool, XmlError> {
    let text = xml.text(element)?;
    Ok(!matches!(text.as_str(), "0" | "False" | "false" | "no"))
}

fn parse_collection(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Collection, XmlError> {
    let mut collection = Collection { short: attribute(parent, "short"), ..Collection::default() };
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "name" => collection.name = xml.text(&element)?,
            "module" => {
                collection.module = Some(AdvisoryModule {
                    name: attribute(&element, "name"),
                    stream: attribute(&element, "stream"),
                    version: attribute(&element, "version"),
                    context: attribute(&element, "context"),
                    arch: attribute(&element, "arch"),
                });
                xml.skip(&element)?;
            }
            "package" => collection.packages.push(parse_package(xml, &element)?),
            _ => xml.skip(&element)?,
        }
    }
    Ok(collection)
}

fn parse_package(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<AdvisoryPackage, XmlError> {
    let mut package = AdvisoryPackage {
        name: attribute(parent, "name"),
        // Amazon's and SUSE's tools leave the epoch out or empty.
        epoch: parent.attribute("epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or(0),
        version: attribute(parent, "version"),
        release: attribute(parent, "release"),
        arch: attribute(parent, "arch"),
        src: attribute(parent, "src"),
        ..AdvisoryPackage::default()
    };
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "filename" => package.filename = xml.text(&element)?,
            "reboot_suggested" => package.reboot_suggested = flag(xml, &element)?,
            "restart_suggested" => package.restart_suggested = flag(xml, &element)?,
            "relogin_suggested" => package.relogin_suggested = flag(xml, &element)?,
            _ => xml.skip(&element)?,
        }
    }
    Ok(package)
}

/// Reads a time as libsolv does: `2026-11-22 11:30:39`, whatever follows it, or seconds since 1970; times are UTC.
fn parse_time(text: &str) -> Option<i64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, time) = text.split_at_checked(10)?;
    let time = time.trim_start();
    let time = &time[..time.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(time.len())];
    // A date alone is none to libsolv, and the time must have all its parts.
    let complete = !date.contains(' ') && time.split(':').filter(|part| !part.is_empty()).count() == 3;
    if complete { parse_date(&format!("{date} {time}")) } else { None }
}

/// Reads `2026-11-22 11:30:39`, the same without seconds or without time, or seconds since 1970; times are UTC.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let time = time.trim_end_matches("UTC").trim_end_matches(['Z', ' ']);
    let mut seconds = 0;
    for (part, unit) in time.split(':').zip([3600, 60, 1]) {
        let digits = part.split('.').next().unwrap_or_default();
        if !digits.is_empty() {
            seconds += digits.parse::<u32>().ok().filter(|part| *part <= 60)? as i64 * unit;
        }
    }
    Some(days_from_civil(year, month, day) * 86400 + seconds)
}

/// Returns the days from 1970-01-01 to a day of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March, so that the leap day is the last one of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // witness: the column `Issued` of `dnf5 advisory list`.
    #[rstest]
    #[case("2024-02-03 04:05:06", Some(1_706_933_106))]
    #[case("2024-05-03 04:05:06 UTC", Some(1_714_709_106))]
    #[case("1700000000", Some(1_700_000_000))]
    #[case("2024-05-03T04:05:06Z", None)]
    #[case("2024-05-03 04:05", None)]
    #[case("2025-01-02", None)]
    #[case("bad", None)]
    #[case("ü-ü-ü-ü 1:2:3", None)]
    fn reads_times_as_libsolv(#[case] text: &str, #[case] want: Option<i64>) {
        assert_eq!(parse_time(text), want);
    }

    #[rstest]
    #[case("2026-11-22 11:30:39", Some(1_795_347_039))]
    #[case("1970-01-01", Some(0))]
    #[case("2024-02-29 00:00", Some(1_709_164_800))]
    #[case("2024-02-29T00:00:00Z", Some(1_709_164_800))]
    #[case("1700000000", Some(1_700_000_000))]
    #[case("yesterday", None)]
    #[case("", None)]
    #[case("2024-13-01", None)]
    fn reads_dates(#[case] text: &str, #[case] want: Option<i64>) {
        assert_eq!(parse_date(text), want);
    }
}
