//! dnf5's history database.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// What is read of each transaction; times are left out, and the program's name in the command line is the same on
/// both sides because both are called as `dnf5`.
const QUERIES: &[(&str, &str)] = &[
    (
        "columns",
        "SELECT t.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid",
    ),
    (
        "indexes",
        "SELECT t.name, i.\"unique\", i.origin, (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c) AS names FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' ORDER BY t.name, names",
    ),
    (
        "references",
        "SELECT t.name, f.\"table\", f.\"from\", f.\"to\" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY 1, 2, 3, 4",
    ),
    ("config", "SELECT key, value FROM config ORDER BY key"),
    (
        "trans",
        "SELECT id, dt_end IS NOT NULL, rpmdb_version_begin, rpmdb_version_end, releasever, user_id, description, comment, state_id FROM trans ORDER BY id",
    ),
    (
        "items",
        "SELECT t.trans_id, n.name, r.epoch, r.version, r.release, a.name, p.repoid, t.action_id, t.reason_id, t.state_id FROM trans_item t JOIN rpm r ON r.item_id = t.item_id JOIN pkg_name n ON n.id = r.name_id JOIN arch a ON a.id = r.arch_id LEFT JOIN repo p ON p.id = t.repo_id ORDER BY t.trans_id, n.name, r.epoch, r.version, r.release, a.name, t.action_id",
    ),
    (
        "groups",
        "SELECT t.id, t.trans_id, g.groupid, g.name, g.translated_name, g.pkg_types, p.repoid, t.action_id, t.reason_id, t.state_id FROM trans_item t JOIN comps_group g ON g.item_id = t.item_id LEFT JOIN repo p ON p.id = t.repo_id ORDER BY t.id",
    ),
    (
        "group packages",
        "SELECT g.groupid, n.name, m.installed, m.pkg_type FROM comps_group_package m JOIN comps_group g ON g.item_id = m.group_id JOIN pkg_name n ON n.id = m.name_id ORDER BY m.id",
    ),
    (
        "environments",
        "SELECT t.id, t.trans_id, e.environmentid, e.name, e.translated_name, e.pkg_types, p.repoid, t.action_id, t.reason_id, t.state_id FROM trans_item t JOIN comps_environment e ON e.item_id = t.item_id LEFT JOIN repo p ON p.id = t.repo_id ORDER BY t.id",
    ),
    (
        "environment groups",
        "SELECT e.environmentid, m.groupid, m.installed, m.group_type FROM comps_environment_group m JOIN comps_environment e ON e.item_id = m.environment_id ORDER BY m.id",
    ),
];

/// Dumps the history below `root`; times are left out.
pub fn dump(root: &Path) -> String {
    let file = root.join("usr/lib/sysimage/libdnf5/transaction_history.sqlite");
    if !file.exists() {
        return "no history\n".to_owned();
    }
    let mut text = String::new();
    let db = match Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        Ok(db) => db,
        Err(error) => return format!("unreadable history: {error}\n"),
    };
    for (title, query) in QUERIES {
        if let Err(error) = rows(&db, title, query, &mut text) {
            writeln!(text, "{title}: {error}").expect("writing to a String cannot fail");
        }
    }
    text
}

fn rows(db: &Connection, title: &str, query: &str, text: &mut String) -> rusqlite::Result<()> {
    let mut statement = db.prepare(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut cells = Vec::with_capacity(columns);
        for column in 0..columns {
            cells.push(match row.get_ref(column)? {
                rusqlite::types::ValueRef::Null => "-".to_owned(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(value) => String::from_utf8_lossy(value).replace('\n', " "),
                other => format!("{other:?}"),
            });
        }
        writeln!(text, "{title}: {}", cells.join(" | ")).expect("writing to a String cannot fail");
    }
    Ok(())
}
