//! The rpm database: every tag as the real rpm reads it, and every row of the index tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

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
