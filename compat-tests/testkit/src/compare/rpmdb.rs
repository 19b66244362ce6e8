//! The rpm database: every tag as the real rpm reads it, and every row of the index tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use oxidnf_core::header::{Header, Limits};
use oxidnf_core::{Checksum, ChecksumKind};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Tags that hold the time of the run.
const TIMES: &[&str] = &["Installtime", "Installtid"];

/// Masks the times in the output of `rpm -qa --xml` and sorts it by package.
pub fn mask_xml(xml: &str) -> String {
    let mut packages: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut lines = xml.lines();
    while let Some(line) = lines.next() {
        let tag = line.trim().strip_prefix("<rpmTag name=\"").and_then(|rest| rest.split('"').next());
        current.push_str(line);
        current.push('\n');
        if tag.is_some_and(|tag| TIMES.contains(&tag)) {
            lines.next();
            current.push_str("\tTIME\n");
        }
        if line.trim() == "</rpmHeader>" {
            packages.push(std::mem::take(&mut current));
        }
    }
    packages.push(current);
    packages.sort_by_key(|package| name_of(package));
    packages.concat()
}

fn name_of(package: &str) -> String {
    let value = |tag: &str| {
        let start = package.find(&format!("<rpmTag name=\"{tag}\">")).unwrap_or(0);
        package[start..].lines().nth(1).unwrap_or("").trim().to_owned()
    };
    [value("Name"), value("Version"), value("Release"), value("Arch")].join(" ")
}

/// Dumps every index table below `dbpath`, records being named instead of numbered; times are masked.
///
/// Returns a text that says so when there is no database.
pub fn dump(dbpath: &Path) -> String {
    let file = dbpath.join("rpmdb.sqlite");
    if !file.exists() {
        return "no database\n".to_owned();
    }
    match dump_tables(&file) {
        Ok(text) => text,
        Err(error) => format!("unreadable database: {error}\n"),
    }
}

fn dump_tables(file: &Path) -> rusqlite::Result<String> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut text = String::new();
    let schema: Vec<String> = db
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for line in schema {
        writeln!(text, "{line}").expect("writing to a String cannot fail");
    }
    let mut names = BTreeMap::new();
    let mut statement = db.prepare("SELECT hnum, key FROM Name")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = String::from_utf8_lossy(row.get_ref(1)?.as_bytes()?).into_owned();
        names.insert(row.get::<_, i64>(0)?, name);
    }
    let tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables.iter().filter(|table| *table != "Packages") {
        let mut lines = Vec::new();
        let mut statement = db.prepare(&format!("SELECT key, hnum, idx FROM '{table}'"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = match row.get_ref(0)? {
                _ if table == "Installtid" => "TIME".to_owned(),
                ValueRef::Text(key) => key.escape_ascii().to_string(),
                ValueRef::Blob(key) => format!("x{}", key.escape_ascii()),
                other => format!("{other:?}"),
            };
            let hnum: i64 = row.get(1)?;
            let package = names.get(&hnum).map_or("missing", String::as_str);
            lines.push(format!("{table} {key} {package} {}\n", row.get::<_, i64>(2)?));
        }
        lines.sort();
        text.extend(lines);
    }
    let count: i64 = db.query_row("SELECT count(*) FROM Packages", [], |row| row.get(0))?;
    writeln!(text, "Packages {count}").expect("writing to a String cannot fail");
    Ok(text)
}

/// Dumps everything below `dbpath` as it is: the files, every row of every table, and of each record the parts that an
/// installation writes. For roots whose times are fixed.
///
/// Returns a text that says so when there is no database.
pub fn dump_exact(dbpath: &Path) -> String {
    let file = dbpath.join("rpmdb.sqlite");
    if !file.exists() {
        return "no database\n".to_owned();
    }
    exact_tables(&file).map_or_else(|error| format!("unreadable: {error}\n"), |tables| files(dbpath) + &tables)
}

fn files(dbpath: &Path) -> String {
    let Ok(list) = std::fs::read_dir(dbpath) else { return String::new() };
    let mut names: Vec<String> = list
        .flatten()
        .map(|entry| {
            let mode = entry.metadata().map_or(0, |meta| std::os::unix::fs::PermissionsExt::mode(&meta.permissions()));
            format!("{} {mode:o}\n", entry.file_name().display())
        })
        .collect();
    names.sort();
    names.concat()
}

fn exact_tables(file: &Path) -> rusqlite::Result<String> {
    // Nobody writes now, and a connection that may write would change the files beside the database.
    let uri = format!("file:{}?immutable=1", file.display());
    let db = Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?;
    let mut text = String::new();
    let tables: Vec<(String, String)> = db
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type='table' ORDER BY rowid")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (table, sql) in tables.iter().filter(|(table, _)| !table.starts_with("sqlite_stat")) {
        writeln!(text, "{sql}").expect("writing to a String cannot fail");
        let mut statement = db.prepare(&format!("SELECT * FROM '{table}' ORDER BY rowid"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            text.push_str(table);
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Blob(blob) if table == "Packages" => text.push_str(&record(blob)),
                    ValueRef::Text(value) => write!(text, " '{}'", value.escape_ascii()).unwrap_or_default(),
                    ValueRef::Blob(value) => write!(text, " x'{}'", value.escape_ascii()).unwrap_or_default(),
                    ValueRef::Integer(value) => write!(text, " {value}").unwrap_or_default(),
                    other => write!(text, " {other:?}").unwrap_or_default(),
                }
            }
            text.push('\n');
        }
    }
    Ok(text)
}

/// Describes a record: a digest of all of it, its name, and what stands behind the package's own header.
fn record(blob: &[u8]) -> String {
    let digest = Checksum::of(ChecksumKind::Sha256, blob).map(|sum| sum.hex()).unwrap_or_default();
    let mut text = format!(" sha256={digest}");
    match Header::parse(blob.to_vec(), Limits::DATABASE) {
        Ok(header) => {
            let nevra = header.nevra().map(|nevra| nevra.to_string()).unwrap_or_default();
            write!(text, " {nevra}").expect("writing to a String cannot fail");
            for value in header.dribbles() {
                write!(text, "\n    {} {}", value.tag(), value.raw().escape_ascii())
                    .expect("writing to a String cannot fail");
            }
        }
        Err(error) => write!(text, " damaged: {error}").expect("writing to a String cannot fail"),
    }
    text
}
