//! Everything that two runs must agree about.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use oxidnf_core::{Checksum, ChecksumKind};
use rusqlite::{Connection, OpenFlags};

use crate::compare;

/// A root in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    tree: String,
    database: String,
    state: String,
    history: String,
    /// What scriptlets wrote, line by line.
    scripts: Vec<String>,
}

impl View {
    /// Leaves the times of directories out, which change when something was in them for a while.
    pub(super) fn without_times_of_directories(mut self) -> Self {
        let line = |line: &str| match line.split_once(" dir ") {
            Some((path, facts)) => {
                let facts: Vec<&str> = facts.split(' ').take(2).collect();
                format!("{path} dir {}\n", facts.join(" "))
            }
            None => format!("{line}\n"),
        };
        self.tree = self.tree.lines().map(line).collect();
        self
    }

    /// Looks at a root; times before `started` count.
    pub(super) fn of(root: &Path, started: i64) -> Self {
        let database = root.join("usr/lib/sysimage/rpm");
        let name = root.display().to_string();
        // The first transaction of all runs was run in another place.
        let first = root.with_file_name("start").display().to_string();
        View {
            tree: tree(root, started),
            database: compare::rpmdb::dump(&database) + &records(&database.join("rpmdb.sqlite")),
            state: compare::state::dump(root),
            history: history(root).replace(&name, "ROOT").replace(&first, "ROOT"),
            scripts: scripts(root),
        }
    }

    /// Returns what differs in another view; there, `repeated` scriptlets may have run once more.
    pub(super) fn differences(&self, other: &View, repeated: usize) -> String {
        let axes = [
            ("tree", &self.tree, &other.tree),
            ("database", &self.database, &other.database),
            ("state", &self.state, &other.state),
            ("history", &self.history, &other.history),
        ];
        let mut text: String =
            axes.into_iter().filter_map(|(title, wanted, found)| compare::diff(title, wanted, found)).collect();
        if !is_but_for_repetitions(&self.scripts, &other.scripts, repeated) {
            let (wanted, found) = (self.scripts.join("\n") + "\n", other.scripts.join("\n") + "\n");
            text.extend(compare::diff("scripts", &wanted, &found));
        }
        text
    }
}

/// Tells whether `found` is `wanted` with at most so many lines written twice.
fn is_but_for_repetitions(wanted: &[String], found: &[String], most: usize) -> bool {
    let (mut at, mut repeated) = (0, 0);
    for line in found {
        if wanted.get(at) == Some(line) {
            at += 1;
        } else if at > 0 && wanted[at - 1] == *line {
            repeated += 1;
        } else {
            return false;
        }
    }
    at == wanted.len() && repeated <= most
}

fn tree(root: &Path, started: i64) -> String {
    let all = compare::tree::describe(root, started);
    // The log of scriptlets is compared by itself, and a lock is held by nobody.
    let counts = |line: &&str| !line.starts_with("/scripts.log ") && !line.starts_with("/run/dnf/rpmtransaction.lock ");
    all.lines().filter(counts).fold(String::new(), |text, line| text + line + "\n")
}

fn scripts(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("scripts.log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Describes the records, byte for byte.
fn records(file: &Path) -> String {
    let read = || -> rusqlite::Result<String> {
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut text = String::new();
        let mut statement = db.prepare("SELECT hnum, blob FROM Packages ORDER BY hnum")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let blob = row.get_ref(1)?.as_blob().unwrap_or_default();
            let sum = Checksum::of(ChecksumKind::Sha256, blob).expect("sha256 is always there").hex();
            writeln!(text, "record {} {} {sum}", row.get::<_, i64>(0)?, blob.len())
                .expect("a String can be written to");
        }
        let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        Ok(text + &check + "\n")
    };
    read().unwrap_or_else(|error| format!("unreadable records: {error}\n"))
}

/// Describes the transactions that have ended well; one that was killed before it began has left a beginning only.
fn history(root: &Path) -> String {
    let file = root.join("usr/lib/sysimage/libdnf5/transaction_history.sqlite");
    let read = || -> rusqlite::Result<String> {
        let db = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut text = String::new();
        let mut statement = db.prepare(
            "SELECT id, dt_begin, dt_end, rpmdb_version_begin, rpmdb_version_end, description, comment, user_id, state_id
             FROM trans WHERE state_id <> 1 AND rpmdb_version_begin <> rpmdb_version_end ORDER BY id",
        )?;
        let mut ids = Vec::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            ids.push(row.get::<_, i64>(0)?);
            for column in 1..9 {
                let value: rusqlite::types::Value = row.get(column)?;
                write!(text, "{value:?} ").expect("a String can be written to");
            }
            text.push('\n');
        }
        for (place, id) in ids.iter().enumerate() {
            let mut statement = db.prepare(
                "SELECT n.name, r.version, t.action_id, t.reason_id, t.state_id FROM trans_item t JOIN rpm r ON \
                 r.item_id = t.item_id JOIN pkg_name n ON n.id = r.name_id WHERE t.trans_id = ? ORDER BY t.id",
            )?;
            let mut rows = statement.query([id])?;
            while let Some(row) = rows.next()? {
                let (name, version): (String, String) = (row.get(0)?, row.get(1)?);
                let (action, reason, state): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
                writeln!(text, "{place} {name} {version} {action} {reason} {state}")
                    .expect("a String can be written to");
            }
        }
        Ok(text)
    };
    if file.exists() { read().unwrap_or_else(|error| format!("unreadable history: {error}\n")) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn only_repetitions_are_forgiven() {
        let wanted = lines("a b c b");
        for (found, most, want) in [
            ("a b c b", 0, true),
            ("a b b c b", 1, true),
            ("a b b c b", 0, false),
            ("a a b c b b", 1, false),
            ("a a b c b b", 2, true),
            ("a b c", 1, false),
            ("a c b b", 1, false),
            ("a b c b d", 1, false),
        ] {
            assert_eq!(is_but_for_repetitions(&wanted, &lines(found), most), want, "{found}");
        }
    }
}
