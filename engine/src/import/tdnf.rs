//! The database of tdnf 3, and the list of automatically installed packages that came before it.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use oxidnf_core::Nevra;
use oxidnf_core::root::Root;
use rusqlite::{Connection, OpenFlags};

use super::{Foreign, Memory};

/// Where builds of tdnf keep their files.
const DIRS: [&str; 4] =
    ["/usr/lib/sysimage/tdnf", "/usr/lib64/sysimage/tdnf", "/var/lib/tdnf", "/var/lib/sysimage/tdnf"];

/// Type of a row that sets the state of all packages.
const BASE: i64 = 0;
/// Type of an item that was removed; others were added or there before.
const REMOVED: i64 = 2;

/// What cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// A file.
    #[error("cannot read {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    /// The database.
    #[error("{path} is no database of tdnf: {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
}

/// Reads the first database, else the first list, that is found below the root.
pub(super) fn read(root: &Root, dirs: &[PathBuf]) -> Result<Option<Memory>, ReadError> {
    let all = || dirs.iter().cloned().chain(DIRS.map(PathBuf::from));
    if let Some(path) = all().map(|dir| dir.join("history.db")).find(|path| root.exists(path)) {
        return database(root, &path).map(Some);
    }
    let Some(path) = all().map(|dir| dir.join("autoinstalled")).find(|path| root.exists(path)) else {
        return Ok(None);
    };
    let text = root.read_to_string(&path).map_err(|source| ReadError::File { path, source })?;
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Some(Memory { automatic: names.map(|name| (name.to_owned(), true)).collect(), transactions: Vec::new() }))
}

/// Reads a copy, so that nothing of the original is touched, not even by a journal.
fn database(root: &Root, path: &Path) -> Result<Memory, ReadError> {
    let file = |source| ReadError::File { path: path.to_owned(), source };
    let bytes = root.read(path).map_err(file)?;
    let mut copy = tempfile::NamedTempFile::new().map_err(file)?;
    copy.write_all(&bytes).map_err(file)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || -> rusqlite::Result<Memory> {
        let connection = Connection::open_with_flags(copy.path(), flags)?;
        Ok(Memory { automatic: automatic(&connection)?, transactions: transactions(&connection)? })
    };
    read().map_err(|source| ReadError::Database { path: path.to_owned(), source })
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let count = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
    connection.query_row(count, [name], |row| row.get::<_, i64>(0)).map(|count| count > 0)
}

/// Databases of the first versions have no flags.
fn automatic(connection: &Connection) -> rusqlite::Result<Vec<(String, bool)>> {
    if !has_table(connection, "flag_set")? || !has_table(connection, "names")? {
        return Ok(Vec::new());
    }
    let select = "SELECT names.name, flag_set.value FROM flag_set JOIN names ON names.Id = flag_set.name_id
        ORDER BY flag_set.Id";
    let mut statement = connection.prepare(select)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? != 0)))?;
    rows.collect()
}

fn transactions(connection: &Connection) -> rusqlite::Result<Vec<Foreign>> {
    if !has_table(connection, "transactions")? || !has_table(connection, "trans_items")? {
        return Ok(Vec::new());
    }
    let mut items: HashMap<i64, Vec<(i64, Nevra)>> = HashMap::new();
    let select = "SELECT trans_items.trans_id, trans_items.type, rpms.nevra FROM trans_items
        JOIN rpms ON rpms.Id = trans_items.rpm_id ORDER BY trans_items.rpm_id";
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(2)?;
        // Keys of the database, `gpg-pubkey-1-2`, are packages without architecture and of no interest.
        if let Some(nevra) = Nevra::parse(&text) {
            items.entry(row.get(0)?).or_default().push((row.get(1)?, nevra));
        }
    }
    let mut found = Vec::new();
    let mut statement =
        connection.prepare("SELECT Id, cookie, cmdline, timestamp, type FROM transactions ORDER BY Id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column: usize| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
        let own = items.remove(&row.get(0)?).unwrap_or_default();
        let (removed, added): (Vec<_>, Vec<_>) = own.into_iter().partition(|(kind, _)| *kind == REMOVED);
        let nevras = |items: Vec<(i64, Nevra)>| items.into_iter().map(|(_, nevra)| nevra).collect();
        let is_base = row.get::<_, i64>(4)? == BASE;
        let command = text(2)?;
        let by_user = !is_base && !command.starts_with('(');
        found.push(Foreign {
            time: row.get(3)?,
            cookie: text(1)?,
            command: if by_user { format!("tdnf {command}") } else { command },
            added: nevras(added),
            removed: nevras(removed),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables as tdnf 3.6 makes them.
    const TABLES: &str = "
        CREATE TABLE rpms(Id INTEGER PRIMARY KEY AUTOINCREMENT, nevra TEXT);
        CREATE TABLE names(Id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
        CREATE TABLE transactions(Id INTEGER PRIMARY KEY AUTOINCREMENT, cookie TEXT, cmdline TEXT, timestamp INTEGER,
            type INTEGER);
        CREATE TABLE trans_items(Id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, type INTEGER,
            rpm_id INTEGER);
        CREATE TABLE flag_set(Id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, name_id INTEGER, value INTEGER);
        INSERT INTO rpms(nevra) VALUES ('bash-5-1.x86_64'), ('foo-1-1.noarch'), ('gpg-pubkey-1-2');
        INSERT INTO names(name) VALUES ('foo'), ('bash');
        INSERT INTO transactions(cookie, cmdline, timestamp, type) VALUES ('c1', '(set)', 10, 0),
            ('c2', '-y install foo', 20, 1), ('c3', 'erase foo', 30, 1);
        INSERT INTO trans_items(trans_id, type, rpm_id) VALUES (1, 0, 1), (1, 0, 3), (2, 1, 2), (3, 2, 2);
        INSERT INTO flag_set(trans_id, name_id, value) VALUES (2, 1, 1), (2, 2, 0), (3, 1, 0);
    ";

    fn root_with(write: impl Fn(&Path)) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::create_dir_all(dir.path().join("var/lib/tdnf")).expect("writable");
        write(&dir.path().join("var/lib/tdnf"));
        let root = Root::open(dir.path()).expect("opens");
        (dir, root)
    }

    #[test]
    fn database_is_read() {
        let (_dir, root) = root_with(|dir| {
            Connection::open(dir.join("history.db")).and_then(|db| db.execute_batch(TABLES)).expect("made");
        });
        let memory = read(&root, &[]).expect("readable").expect("found");
        let want = [("foo".to_owned(), true), ("bash".to_owned(), false), ("foo".to_owned(), false)];
        assert_eq!(memory.automatic, want);
        let commands: Vec<&str> = memory.transactions.iter().map(|past| past.command.as_str()).collect();
        assert_eq!(commands, ["(set)", "tdnf -y install foo", "tdnf erase foo"]);
        assert_eq!(memory.transactions[0].added.len(), 1);
        assert_eq!(memory.transactions[2].removed[0].to_string(), "foo-1-1.noarch");
    }

    #[test]
    fn the_old_list_is_read() {
        let (_dir, root) = root_with(|dir| std::fs::write(dir.join("autoinstalled"), "foo\n\nbar\n").expect("written"));
        let memory = read(&root, &[]).expect("readable").expect("found");
        assert_eq!(memory.automatic, [("foo".to_owned(), true), ("bar".to_owned(), true)]);
    }

    #[test]
    fn what_is_no_database_is_told() {
        let (_dir, root) =
            root_with(|dir| std::fs::write(dir.join("history.db"), "not SQLite at all").expect("written"));
        let error = read(&root, &[]).expect_err("no database").to_string();
        assert!(error.starts_with("/var/lib/tdnf/history.db is no database of tdnf"), "{error}");
    }

    #[test]
    fn nothing_is_nothing() {
        let (_dir, root) = root_with(|_| {});
        assert_eq!(read(&root, &[]).expect("readable"), None);
    }
}
