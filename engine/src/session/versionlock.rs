//! `/etc/dnf/versionlock.toml` (reference of dnf5, section 4.8).

use std::path::PathBuf;

use oxidnf_catalog::{Package, PackageId, PackageSet, Query, Relation, Sack};
use oxidnf_core::Evr;
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_core::root::Root;
use oxidnf_repo::config::glob_match;
use toml::{Table, Value};

use crate::config::ConfigError;
use crate::error::Error;

/// Place of the file, below the target root.
const FILE: &str = "/etc/dnf/versionlock.toml";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Epoch,
    Evr,
    Arch,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    key: Key,
    comparator: String,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    conditions: Vec<Condition>,
}

/// Returns the available packages that are locked out.
pub(super) fn excluded(sack: &Sack, root: &Root) -> Result<PackageSet, Error> {
    let Ok(text) = root.read_to_string(FILE) else { return Ok(PackageSet::new()) };
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidData, error);
        Error::Config(ConfigError::Read { path: PathBuf::from(FILE), source })
    })?;
    Ok(locked_out(sack, &entries(&table)))
}

/// Returns the valid entries; a file of another version has none.
fn entries(table: &Table) -> Vec<Entry> {
    if table.get("version").and_then(Value::as_str) != Some("1.0") {
        return Vec::new();
    }
    let packages = table.get("packages").and_then(Value::as_array);
    packages.into_iter().flatten().filter_map(|package| entry(package.as_table()?)).collect()
}

fn entry(table: &Table) -> Option<Entry> {
    let name = table.get("name")?.as_str()?.to_owned();
    let conditions: Option<Vec<Condition>> =
        table.get("conditions")?.as_array()?.iter().map(|value| condition(value.as_table()?)).collect();
    let conditions = conditions.filter(|conditions| !conditions.is_empty())?;
    Some(Entry { name, conditions })
}

fn condition(table: &Table) -> Option<Condition> {
    let text = |key: &str| table.get(key)?.as_str();
    let key = match text("key")? {
        "epoch" => Key::Epoch,
        "evr" => Key::Evr,
        "arch" => Key::Arch,
        _ => return None,
    };
    let comparator = text("comparator")?;
    let known: &[&str] = match key {
        Key::Arch => &["=", "==", "!=", "<>"],
        _ => &["=", "==", "<", "<=", ">", ">=", "!=", "<>"],
    };
    let value = text("value")?;
    let valid = known.contains(&comparator) && !value.is_empty();
    valid.then(|| Condition { key, comparator: comparator.to_owned(), value: value.to_owned() })
}

impl Condition {
    fn holds(&self, package: &Package<'_>) -> bool {
        let order = match self.key {
            Key::Arch => package.arch().cmp(&self.value),
            Key::Epoch => match self.value.parse() {
                Ok(epoch) => package.epoch().cmp(&epoch),
                Err(_) => return false,
            },
            Key::Evr => {
                let wanted = Evr::parse(&self.value);
                let evr = package.evr();
                // A value without release stands for all releases of the version.
                let release = wanted.release.and(evr.release);
                Evr { release, ..evr }.rpm_cmp(&wanted)
            }
        };
        match self.comparator.as_str() {
            "=" | "==" => order.is_eq(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            _ => order.is_ne(),
        }
    }
}

fn locked_out(sack: &Sack, entries: &[Entry]) -> PackageSet {
    if entries.is_empty() {
        return PackageSet::new();
    }
    let mut concerned: Vec<PackageId> = Vec::new();
    let mut allowed = PackageSet::new();
    for id in sack.available().iter() {
        let package = sack.package(id);
        let of_name: Vec<&Entry> = entries.iter().filter(|entry| glob_match(&entry.name, package.name())).collect();
        if of_name.is_empty() {
            continue;
        }
        concerned.push(id);
        if of_name.iter().any(|entry| entry.conditions.iter().all(|condition| condition.holds(&package))) {
            allowed.insert(id);
        }
    }
    let mut out: PackageSet = concerned.into_iter().filter(|id| !allowed.contains(*id)).collect();
    out.union(&obsoleters(sack, &allowed));
    out.subtract(&allowed);
    out
}

/// Returns available packages that would take the place of allowed ones under another name.
fn obsoleters(sack: &Sack, allowed: &PackageSet) -> PackageSet {
    let builds: Vec<(String, String)> =
        allowed.iter().map(|id| (sack.package(id).name().to_owned(), sack.package(id).evr().to_string())).collect();
    let dependencies: Vec<ReldepRef<'_>> =
        builds.iter().map(|(name, evr)| ReldepRef { name, sense: Sense::EQUAL, evr }).collect();
    Query::from_set(sack, sack.available()).filter_relation(Relation::Obsoletes, &dependencies).into_packages()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_entries_are_left_out() {
        let text = r#"
            version = "1.0"
            [[packages]]
            name = "a"
            conditions = [{ key = "evr", comparator = ">=", value = "1" }]
            [[packages]]
            name = "b"
            [[packages]]
            name = "c"
            conditions = [{ key = "arch", comparator = "<", value = "x" }]
            [[packages]]
            conditions = [{ key = "evr", comparator = ">=", value = "1" }]
        "#;
        let table: Table = text.parse().expect("TOML");
        let found = entries(&table);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "a");
        let other: Table = text.replace("1.0", "1.1").parse().expect("TOML");
        assert!(entries(&other).is_empty());
    }
}
