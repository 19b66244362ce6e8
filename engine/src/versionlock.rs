//! `/etc/dnf/versionlock.toml`: which versions of packages may be had (reference of dnf5, section 4.8).

use std::path::{Path, PathBuf};

use oxidnf_core::root::Root;
use rustix::fs::{FileType, Mode, OFlags};
use toml::{Table, Value};

use crate::config::ConfigError;
use crate::error::Error;

/// Place of the file, below the target root.
pub(crate) const FILE: &str = "/etc/dnf/versionlock.toml";

/// The entries of the file, valid or not, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionLocks {
    /// The entries.
    pub entries: Vec<LockEntry>,
}

/// What may be had of packages with a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockEntry {
    /// Name of packages, a shell pattern; empty when it is missing.
    pub name: String,
    /// A remark; empty when there is none.
    pub comment: String,
    /// All of them must hold; those that are not valid hold.
    pub conditions: Vec<LockCondition>,
}

/// One condition, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockCondition {
    /// `evr`, `epoch` or `arch`.
    pub key: String,
    /// `=`, `!=`, `<`, …
    pub comparator: String,
    /// What the package's own value is compared with.
    pub value: String,
}

/// What is wrong with a part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LockFault {
    MissingName,
    MissingConditions,
    MissingKey,
    UnknownKey,
    MissingComparator,
    UnknownComparator,
    /// Architectures are equal or not.
    ArchComparator,
    MissingValue,
    EpochNotNumber,
}

impl LockEntry {
    /// Returns what keeps the entry from counting; faults of its conditions do not.
    pub fn faults(&self) -> Vec<LockFault> {
        let faults = [
            (self.name.is_empty(), LockFault::MissingName),
            (self.conditions.is_empty(), LockFault::MissingConditions),
        ];
        faults.into_iter().filter(|(wrong, _)| *wrong).map(|(_, fault)| fault).collect()
    }

    /// Tells whether the entry lets packages of this name have this very version.
    fn locks(&self, name: &str, evr: &str) -> bool {
        let locks = |condition: &LockCondition| {
            condition.key == "evr" && matches!(&*condition.comparator, "=" | "==") && condition.value == evr
        };
        self.name == name && self.conditions.iter().any(locks)
    }

    /// Tells whether the entry only takes versions away from packages of this name.
    fn only_excludes(&self, name: &str) -> bool {
        let excludes =
            |condition: &LockCondition| condition.key == "evr" && matches!(&*condition.comparator, "!=" | "<>");
        self.name == name && !self.conditions.is_empty() && self.conditions.iter().all(excludes)
    }
}

impl LockCondition {
    /// Makes a condition on the version.
    fn evr(comparator: &str, value: &str) -> Self {
        LockCondition { key: "evr".to_owned(), comparator: comparator.to_owned(), value: value.to_owned() }
    }

    /// Returns what keeps the condition from counting.
    pub fn faults(&self) -> Vec<LockFault> {
        let mut faults = Vec::new();
        match &*self.key {
            "" => faults.push(LockFault::MissingKey),
            "evr" | "epoch" | "arch" => {}
            _ => faults.push(LockFault::UnknownKey),
        }
        match &*self.comparator {
            "" => faults.push(LockFault::MissingComparator),
            "=" | "==" | "!=" | "<>" => {}
            "<" | "<=" | ">" | ">=" if self.key == "arch" => faults.push(LockFault::ArchComparator),
            "<" | "<=" | ">" | ">=" => {}
            _ => faults.push(LockFault::UnknownComparator),
        }
        if self.value.is_empty() {
            faults.push(LockFault::MissingValue);
        } else if self.key == "epoch" && self.epoch().is_none() {
            faults.push(LockFault::EpochNotNumber);
        }
        faults
    }

    /// Reads the value as a number as C does: what follows its digits does not matter, and -1 is the highest.
    pub(crate) fn epoch(&self) -> Option<u64> {
        let text = self.value.trim_start();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number: u64 = digits[..end].parse().ok()?;
        Some(if negative { number.wrapping_neg() } else { number })
    }
}

impl VersionLocks {
    /// Reads the file below a root; a file that is missing, or is of another version, has no entries.
    pub(crate) fn read(root: &Root) -> Result<Self, Error> {
        let failed = |source| Error::Config(ConfigError::Read { path: PathBuf::from(FILE), source });
        let text = match root.read_to_string(FILE) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(VersionLocks::default()),
            Err(error) => return Err(failed(error)),
        };
        let invalid = |error: toml::de::Error| failed(std::io::Error::new(std::io::ErrorKind::InvalidData, error));
        Ok(Self::of_table(&text.parse::<Table>().map_err(invalid)?))
    }

    fn of_table(table: &Table) -> Self {
        if table.get("version").and_then(Value::as_str) != Some("1.0") {
            return VersionLocks::default();
        }
        let packages = table.get("packages").and_then(Value::as_array);
        VersionLocks { entries: packages.into_iter().flatten().filter_map(Value::as_table).map(entry).collect() }
    }

    /// Locks packages of a name to a version; tells whether they were not locked to it before.
    pub fn lock(&mut self, name: &str, evr: &str, comment: &str) -> bool {
        if self.entries.iter().any(|entry| entry.locks(name, evr)) {
            return false;
        }
        let conditions = vec![LockCondition::evr("=", evr)];
        self.entries.push(LockEntry { name: name.to_owned(), comment: comment.to_owned(), conditions });
        true
    }

    /// Takes versions of packages away, in the first entry that does only that, or in a new one; returns those that were
    /// not taken away before.
    ///
    /// As in dnf5 a version that is given twice is added twice.
    pub fn exclude(&mut self, builds: &[(String, String)], comment: &str) -> Vec<(String, String)> {
        let known = |(name, evr): &&(String, String)| {
            let entry = self.entries.iter().find(|entry| entry.only_excludes(name));
            !entry.is_some_and(|entry| entry.conditions.iter().any(|condition| condition.value == *evr))
        };
        let added: Vec<(String, String)> = builds.iter().filter(known).cloned().collect();
        for (name, evr) in &added {
            let condition = LockCondition::evr("!=", evr);
            match self.entries.iter_mut().find(|entry| entry.only_excludes(name)) {
                Some(entry) => entry.conditions.push(condition),
                None => self.entries.push(LockEntry {
                    name: name.clone(),
                    comment: comment.to_owned(),
                    conditions: vec![condition],
                }),
            }
        }
        added
    }

    /// Removes the entries with this very name and returns them; entries that do not count stay.
    pub fn remove(&mut self, name: &str) -> Vec<LockEntry> {
        self.entries.extract_if(.., |entry| entry.name == name && entry.faults().is_empty()).collect()
    }

    /// Renders the file, byte for byte as dnf5 does.
    fn render(&self) -> String {
        if self.entries.is_empty() {
            return "packages = []\nversion = \"1.0\"\n\n".to_owned();
        }
        let mut text = "version = \"1.0\"\n\n".to_owned();
        for LockEntry { name, comment, conditions } in &self.entries {
            text += &format!("[[packages]]\nname = {}\n", quoted(name));
            if !comment.is_empty() {
                text += &format!("comment = {}\n", quoted(comment));
            }
            if conditions.is_empty() {
                text += "conditions = []\n";
            }
            text.push('\n');
            for LockCondition { key, comparator, value } in conditions {
                let (key, comparator, value) = (quoted(key), quoted(comparator), quoted(value));
                text +=
                    &format!("[[packages.conditions]]\nkey = {key}\ncomparator = {comparator}\nvalue = {value}\n\n");
            }
        }
        text
    }

    /// Writes the file below a root, with its directory if that is missing.
    pub(crate) fn write(&self, root: &Root) -> Result<(), Error> {
        let failed = |source| Error::Io { operation: "write", path: PathBuf::from(FILE), source };
        let directory = Path::new(FILE).parent().unwrap_or(Path::new("/"));
        root.create_dir_all(directory, 0o755).map_err(failed)?;
        let text = self.render();
        let link = root.lstat(FILE).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
        if !link {
            return root.write_atomic(FILE, text.as_bytes(), 0o644).map_err(failed);
        }
        // An administrator's link stays one; what it leads to is written in place.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
        let mut file = root.open_file(FILE, flags, Mode::from_raw_mode(0o644)).map_err(failed)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)
    }
}

fn entry(table: &Table) -> LockEntry {
    let conditions = table.get("conditions").and_then(Value::as_array);
    let condition = |table: &Table| LockCondition {
        key: text(table, "key"),
        comparator: text(table, "comparator"),
        value: text(table, "value"),
    };
    LockEntry {
        name: text(table, "name"),
        comment: text(table, "comment"),
        conditions: conditions.into_iter().flatten().filter_map(Value::as_table).map(condition).collect(),
    }
}

/// Returns a text, empty when it is missing or is none.
fn text(table: &Table, key: &str) -> String {
    table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\u{8}' => quoted += "\\b",
            '\t' => quoted += "\\t",
            '\n' => quoted += "\\n",
            '\u{c}' => quoted += "\\f",
            '\r' => quoted += "\\r",
            control if control.is_ascii_control() => quoted += &format!("\\u{:04X}", control as u32),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: `dnf5 versionlock list` of such a file.
    #[test]
    fn faults_are_found() {
        let faults = |key: &str, comparator: &str, value: &str| {
            LockCondition { key: key.to_owned(), comparator: comparator.to_owned(), value: value.to_owned() }.faults()
        };
        assert_eq!(faults("evr", "<>", "1"), []);
        assert_eq!(faults("epoch", "=", "x"), [LockFault::EpochNotNumber]);
        assert_eq!(faults("epoch", "<", " -1"), []);
        assert_eq!(
            faults("foo", "~", ""),
            [LockFault::UnknownKey, LockFault::UnknownComparator, LockFault::MissingValue]
        );
        assert_eq!(faults("arch", ">=", "1"), [LockFault::ArchComparator]);
        assert_eq!(faults("", "=", "x"), [LockFault::MissingKey]);
        assert_eq!(LockEntry::default().faults(), [LockFault::MissingName, LockFault::MissingConditions]);
    }

    #[test]
    fn what_was_written_is_read() {
        let mut locks = VersionLocks::default();
        assert!(locks.lock("a\"b", "1-1", "x\ny \\ ü"));
        assert!(!locks.lock("a\"b", "1-1", ""));
        let pair = |evr: &str| ("c".to_owned(), evr.to_owned());
        assert_eq!(locks.exclude(&[pair("1-1"), pair("1:2-1")], "").len(), 2);
        assert_eq!(locks.exclude(&[pair("1-1"), pair("3-1")], ""), [pair("3-1")]);
        let table: Table = locks.render().parse().expect("TOML");
        assert_eq!(VersionLocks::of_table(&table), locks);
        let other: Table = locks.render().replace("\"1.0\"", "\"1.1\"").parse().expect("TOML");
        assert_eq!(VersionLocks::of_table(&other), VersionLocks::default());
        assert_eq!(locks.remove("c").len(), 1);
        assert_eq!(locks.entries.len(), 1);
    }
}
