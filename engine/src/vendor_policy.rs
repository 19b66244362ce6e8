//! Vendor policy files: which packages may be replaced by which of another vendor though `allow_vendor_change` is off
//! (dnf5.conf-vendorpolicy(5)).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use oxidnf_catalog::{Package, PackageSet, RepoKind, Sack};
use oxidnf_core::Evr;
use oxidnf_core::root::Root;
use oxidnf_repo::config::glob_match;
use oxidnf_solver::VendorRule;
use regex::{Regex, RegexBuilder};
use toml::{Table, Value};

use crate::config::ConfigError;

/// Directories of the files; a file masks one of the same name in a directory before its own.
const DIRS: [&str; 2] = ["/usr/share/dnf5/vendors.d", "/etc/dnf/vendors.d"];

/// One file.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    outgoing_vendors: Option<Vec<Entry>>,
    incoming_vendors: Option<Vec<Entry>>,
    outgoing_packages: Option<Vec<Entry>>,
    incoming_packages: Option<Vec<Entry>>,
}

/// An entry of a list: the first one that matches decides.
#[derive(Debug)]
struct Entry {
    /// All must match.
    conditions: Vec<Condition>,
    exclude: bool,
}

#[derive(Debug)]
struct Condition {
    attribute: Attribute,
    test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Vendor,
    Name,
    SourceName,
    Evr,
    Epoch,
    Version,
    Release,
    Arch,
    RepoId,
    CommandLine,
}

#[derive(Debug)]
enum Test {
    Text { how: TextTest, icase: bool, negated: bool, value: String },
    Regex { regex: Regex, negated: bool },
    Order { wanted: &'static [Ordering], value: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextTest {
    Exact,
    Glob,
    Contains,
    Starts,
    Ends,
}

/// Reads all policy files below a root, sorted by name.
pub(crate) fn read(root: &Root) -> Result<Vec<Policy>, ConfigError> {
    let mut files: BTreeMap<std::ffi::OsString, PathBuf> = BTreeMap::new();
    for dir in DIRS.map(Path::new) {
        // A directory that is not there has no files.
        for entry in root.read_dir(dir).into_iter().flatten() {
            let name = Path::new(&entry.name);
            if name.extension().is_some_and(|extension| extension == "conf") {
                files.insert(entry.name.clone(), dir.join(name));
            }
        }
    }
    let read = |path: PathBuf| {
        let text = root.read_to_string(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        Policy::parse(&text).map_err(|reason| {
            let source = IoError::new(ErrorKind::InvalidData, reason);
            ConfigError::Read { path: path.clone(), source }
        })
    };
    files.into_values().map(read).collect()
}

impl Policy {
    fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let version = table.get("version").ok_or("missing \"version\" key")?;
        let minor = match version.as_str() {
            Some("1.0") => 0,
            Some("1.1") => 1,
            Some("1.2") => 2,
            _ => return Err(format!("unsupported version {version}; supported versions: 1.0, 1.1, 1.2")),
        };
        const VENDORS: [&str; 3] = ["equivalent_vendors", "outgoing_vendors", "incoming_vendors"];
        const PACKAGES: [&str; 2] = ["outgoing_packages", "incoming_packages"];
        for key in table.keys().filter(|key| *key != "version") {
            match key.as_str() {
                key if VENDORS.contains(&key) => {}
                key if PACKAGES.contains(&key) && minor > 0 => {}
                key => return Err(format!("version 1.{minor} does not know the key {key:?}")),
            }
        }
        let [equivalent, outgoing, incoming] = VENDORS.map(|key| table.contains_key(key));
        if minor == 0 && equivalent && (outgoing || incoming) {
            return Err("version 1.0 does not combine equivalent_vendors with other lists".to_owned());
        }
        if minor == 0 && outgoing != incoming {
            return Err("version 1.0 needs both outgoing_vendors and incoming_vendors".to_owned());
        }
        let vendors = |own: &str| -> Result<Option<Vec<Entry>>, String> {
            let own = entries(&table, own, minor, vendor_entry)?;
            let both = entries(&table, "equivalent_vendors", minor, vendor_entry)?;
            Ok(match (own, both) {
                (None, None) => None,
                (own, both) => Some(own.into_iter().chain(both).flatten().collect()),
            })
        };
        let packages = entries(&table, "outgoing_packages", minor, package_entry)?;
        if packages
            .iter()
            .flatten()
            .flat_map(|entry| &entry.conditions)
            .any(|it| it.attribute == Attribute::CommandLine)
        {
            return Err("the filter cmdline_repo is only for incoming_packages".to_owned());
        }
        Ok(Policy {
            outgoing_vendors: vendors("outgoing_vendors")?,
            incoming_vendors: vendors("incoming_vendors")?,
            outgoing_packages: packages,
            incoming_packages: entries(&table, "incoming_packages", minor, package_entry)?,
        })
    }

    /// Returns what the file allows among packages; `None` when it says nothing.
    pub(crate) fn rule(&self, sack: &Sack) -> Option<VendorRule> {
        let lists = [&self.outgoing_vendors, &self.incoming_vendors, &self.outgoing_packages, &self.incoming_packages];
        if lists.iter().all(|list| list.is_none()) {
            return None;
        }
        let keep = |among: PackageSet, lists: [&Option<Vec<Entry>>; 2]| -> PackageSet {
            let listed =
                |id: &oxidnf_catalog::PackageId| lists.iter().all(|list| is_listed(list.as_deref(), sack, *id));
            among.iter().filter(listed).collect()
        };
        Some(VendorRule {
            outgoing: keep(sack.installed(), [&self.outgoing_vendors, &self.outgoing_packages]),
            incoming: keep(sack.available(), [&self.incoming_vendors, &self.incoming_packages]),
        })
    }
}

/// Tells whether a list takes a package; a list that is missing takes all.
fn is_listed(list: Option<&[Entry]>, sack: &Sack, id: oxidnf_catalog::PackageId) -> bool {
    let Some(entries) = list else { return true };
    let package = sack.package(id);
    let repo = sack.repo(sack.repo_of(id));
    let matches =
        |entry: &&Entry| entry.conditions.iter().all(|condition| condition.holds(&package, &repo.id, repo.kind));
    entries.iter().find(matches).is_some_and(|entry| !entry.exclude)
}

type Reader = fn(&Table, u8) -> Result<Vec<Condition>, String>;

fn entries(table: &Table, key: &str, minor: u8, read: Reader) -> Result<Option<Vec<Entry>>, String> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| format!("{key} is no list of tables"))?;
    let entry = |value: &Value| -> Result<Entry, String> {
        let table = value.as_table().ok_or_else(|| format!("{key} is no list of tables"))?;
        let exclude = match table.get("exclude") {
            None => false,
            Some(value) => value.as_bool().ok_or("\"exclude\" is neither true nor false")?,
        };
        Ok(Entry { conditions: read(table, minor)?, exclude })
    };
    list.iter().map(entry).collect::<Result<_, String>>().map(Some)
}

fn vendor_entry(table: &Table, minor: u8) -> Result<Vec<Condition>, String> {
    let value = text(table, "vendor")?.ok_or("missing \"vendor\" key")?;
    known(table, &["vendor", "comparator", "exclude"])?;
    let test = text_test(text(table, "comparator")?.unwrap_or("EXACT"), value, minor)?;
    Ok(vec![Condition { attribute: Attribute::Vendor, test }])
}

fn package_entry(table: &Table, minor: u8) -> Result<Vec<Condition>, String> {
    known(table, &["filters", "exclude"])?;
    let filters = table.get("filters").and_then(Value::as_array).filter(|filters| !filters.is_empty());
    let filters = filters.ok_or("missing package filter definition")?;
    filters.iter().map(|filter| condition(filter.as_table().ok_or("a filter is no table")?, minor)).collect()
}

fn condition(table: &Table, minor: u8) -> Result<Condition, String> {
    known(table, &["filter", "value", "comparator"])?;
    let name = text(table, "filter")?.ok_or("missing \"filter\" key")?;
    let value = text(table, "value")?.ok_or("missing \"value\" key")?;
    let comparator = text(table, "comparator")?.unwrap_or("EXACT");
    let attribute = match name {
        "name" => Attribute::Name,
        "source_name" => Attribute::SourceName,
        "evr" => Attribute::Evr,
        "epoch" => Attribute::Epoch,
        "version" => Attribute::Version,
        "release" => Attribute::Release,
        "arch" => Attribute::Arch,
        "repoid" => Attribute::RepoId,
        "cmdline_repo" => Attribute::CommandLine,
        other => return Err(format!("unknown filter {other:?}")),
    };
    let test = match attribute {
        Attribute::Evr | Attribute::Epoch | Attribute::Version | Attribute::Release => {
            if attribute == Attribute::Epoch && value.parse::<u32>().is_err() {
                return Err(format!("invalid epoch value {value:?}"));
            }
            order_test(comparator, value)
                .ok_or_else(|| format!("filter {name:?} does not support comparator {comparator:?}"))?
        }
        Attribute::CommandLine => {
            if comparator != "EXACT" || !matches!(value, "true" | "1" | "false" | "0") {
                return Err("the filter cmdline_repo takes true, 1, false or 0, and no comparator".to_owned());
            }
            let value = if matches!(value, "true" | "1") { "1" } else { "0" };
            text_test("EXACT", value, minor)?
        }
        _ => text_test(comparator, value, minor)?,
    };
    Ok(Condition { attribute, test })
}

fn known(table: &Table, keys: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("unknown key {key:?}")),
    }
}

fn text<'t>(table: &'t Table, key: &str) -> Result<Option<&'t str>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| format!("{key:?} is no text")),
    }
}

fn order_test(comparator: &str, value: &str) -> Option<Test> {
    let wanted: &[Ordering] = match comparator {
        "EXACT" => &[Ordering::Equal],
        "NOT_EXACT" => &[Ordering::Less, Ordering::Greater],
        "GT" => &[Ordering::Greater],
        "GTE" => &[Ordering::Greater, Ordering::Equal],
        "LT" => &[Ordering::Less],
        "LTE" => &[Ordering::Less, Ordering::Equal],
        _ => return None,
    };
    Some(Test::Order { wanted, value: value.to_owned() })
}

fn text_test(comparator: &str, value: &str, minor: u8) -> Result<Test, String> {
    let unknown = || format!("unknown comparator {comparator:?}");
    let (negated, rest) = comparator.strip_prefix("NOT_").map_or((false, comparator), |rest| (true, rest));
    let plain = ["EXACT", "GLOB", "REGEX", "CONTAINS", "STARTSWITH", "ENDSWITH"];
    let (icase, kind) = match rest.strip_prefix('I').filter(|kind| plain.contains(kind)) {
        Some(kind) => (true, kind),
        None => (false, rest),
    };
    if negated && minor < 2 && matches!(kind, "REGEX" | "STARTSWITH" | "ENDSWITH") {
        return Err(format!("version 1.{minor} does not support comparator {comparator:?}"));
    }
    let how = match kind {
        "EXACT" => TextTest::Exact,
        "GLOB" => TextTest::Glob,
        "CONTAINS" => TextTest::Contains,
        "STARTSWITH" => TextTest::Starts,
        "ENDSWITH" => TextTest::Ends,
        "REGEX" => {
            let whole = format!("^(?:{value})$");
            let regex = RegexBuilder::new(&whole).case_insensitive(icase).build();
            return regex
                .map(|regex| Test::Regex { regex, negated })
                .map_err(|error| format!("invalid regex: {error}"));
        }
        _ => return Err(unknown()),
    };
    let value = if icase { value.to_ascii_lowercase() } else { value.to_owned() };
    Ok(Test::Text { how, icase, negated, value })
}

impl Condition {
    fn holds(&self, package: &Package<'_>, repo: &str, kind: RepoKind) -> bool {
        match (&self.test, self.attribute) {
            (Test::Order { wanted, value }, attribute) => {
                let order = match attribute {
                    Attribute::Epoch => package.epoch().cmp(&value.parse().unwrap_or(0)),
                    Attribute::Version => oxidnf_core::evr::vercmp(package.version(), value),
                    Attribute::Release => oxidnf_core::evr::vercmp(package.release(), value),
                    _ => package.evr().rpm_cmp(&Evr::parse(value)),
                };
                wanted.contains(&order)
            }
            (Test::Regex { regex, negated }, _) => regex.is_match(&self.attribute_of(package, repo, kind)) != *negated,
            (Test::Text { how, icase, negated, value }, _) => {
                let mut own = self.attribute_of(package, repo, kind);
                if *icase {
                    own.make_ascii_lowercase();
                }
                let holds = match how {
                    TextTest::Exact => own == *value,
                    TextTest::Glob => glob_match(value, &own),
                    TextTest::Contains => own.contains(value.as_str()),
                    TextTest::Starts => own.starts_with(value.as_str()),
                    TextTest::Ends => own.ends_with(value.as_str()),
                };
                holds != *negated
            }
        }
    }

    fn attribute_of(&self, package: &Package<'_>, repo: &str, kind: RepoKind) -> String {
        match self.attribute {
            Attribute::Name => package.name().to_owned(),
            // name-version-release.src.rpm; without a source the package is its own.
            Attribute::SourceName => package.sourcerpm().rsplitn(3, '-').nth(2).unwrap_or(package.name()).to_owned(),
            Attribute::Arch => package.arch().to_owned(),
            Attribute::RepoId => repo.to_owned(),
            Attribute::CommandLine => if kind == RepoKind::CommandLine { "1" } else { "0" }.to_owned(),
            _ => package.vendor().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // dnf5.conf-vendorpolicy-v1_0(5) and -v1_1(5) say what each version has.
    #[rstest]
    #[case("version = '1.0'", true)]
    #[case("version = '1.3'", false)]
    #[case("", false)]
    #[case("version = '1.0'\n[[outgoing_vendors]]\nvendor = 'a'", false)]
    #[case("version = '1.1'\n[[outgoing_vendors]]\nvendor = 'a'", true)]
    #[case("version = '1.0'\n[[equivalent_vendors]]\nvendor = 'a'", true)]
    #[case("version = '1.1'\n[[equivalent_vendors]]\nvendor = 'a'\ncomparator = 'NOT_REGEX'", false)]
    #[case("version = '1.2'\n[[equivalent_vendors]]\nvendor = 'a'\ncomparator = 'NOT_REGEX'", true)]
    #[case("version = '1.2'\n[[equivalent_vendors]]\nvendor = 'a'\ncomparator = 'IREGEXX'", false)]
    #[case("version = '1.2'\n[[equivalent_vendors]]\ncomparator = 'EXACT'", false)]
    #[case("version = '1.2'\n[[incoming_packages]]\nfilters = [{filter = 'cmdline_repo', value = 'true'}]", true)]
    #[case("version = '1.2'\n[[outgoing_packages]]\nfilters = [{filter = 'cmdline_repo', value = 'true'}]", false)]
    #[case("version = '1.2'\n[[incoming_packages]]\nfilters = []", false)]
    #[case("version = '1.2'\n[[incoming_packages]]\nfilters = [{filter = 'epoch', value = 'x'}]", false)]
    #[case("version = '1.2'\nother = 1", false)]
    fn versions_have_their_keys(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(Policy::parse(text).is_ok(), valid, "{text}");
    }
}
