//! The tables, word for word as rpm creates them.

use rusqlite::Connection;

use crate::index::Index;

/// The table of records.
pub(crate) const PACKAGES: &str = "Packages";

const CREATE_PACKAGES: &str = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)";

/// Returns the statement that creates an index table.
fn create_table(index: Index) -> String {
    let table = index.table();
    let kind = if index.is_binary() { "BLOB" } else { "TEXT" };
    format!(
        "CREATE TABLE '{table}' (key '{kind}' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, \
         FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum))"
    )
}

/// Returns the statements that create the indexes of an index table.
fn create_indexes(index: Index) -> Vec<String> {
    let table = index.table();
    let mut statements = Vec::new();
    if !index.is_binary() {
        statements.push(format!("CREATE INDEX '{table}_key_idx' ON '{table}'(key ASC)"));
    }
    if index.is_array() {
        statements.push(format!("CREATE INDEX '{table}_hnum_idx' ON '{table}'(hnum ASC)"));
    }
    statements
}

/// Creates all tables without their indexes, for a database that is filled at once.
pub(crate) fn create_bare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE_PACKAGES)?;
    Index::ALL.into_iter().try_for_each(|index| connection.execute_batch(&create_table(index)))
}

/// Creates the indexes that [`create_bare`] left out; rpm does that while it closes the tables, the last one first.
pub(crate) fn create_indexes_of_bare(connection: &Connection) -> rusqlite::Result<()> {
    let statements = Index::ALL.into_iter().rev().flat_map(create_indexes);
    statements.into_iter().try_for_each(|statement| connection.execute_batch(&statement))
}

/// Creates the tables and indexes that are missing, in rpm's order, and returns the tables that have to be filled.
pub(crate) fn create_missing(connection: &Connection) -> rusqlite::Result<Vec<Index>> {
    let missing = missing(connection)?;
    if !has_table(connection, PACKAGES)? {
        connection.execute_batch(CREATE_PACKAGES)?;
    }
    for index in Index::ALL {
        if missing.contains(&index) {
            connection.execute_batch(&create_table(index))?;
        }
        for statement in create_indexes(index) {
            connection.execute_batch(&statement.replacen("CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1))?;
        }
    }
    Ok(missing)
}

/// Tells whether a table has lost an index, which rpm makes anew on opening.
pub(crate) fn lacks_indexes(connection: &Connection) -> rusqlite::Result<bool> {
    let wanted = Index::ALL.into_iter().flat_map(create_indexes).count();
    let mut statement = connection
        .prepare_cached("SELECT count(*) FROM sqlite_master WHERE type='index' AND name LIKE '%\\_idx' ESCAPE '\\'")?;
    let found: u32 = statement.query_row([], |row| row.get(0))?;
    Ok((found as usize) < wanted)
}

/// Returns the indexes whose tables do not exist.
pub(crate) fn missing(connection: &Connection) -> rusqlite::Result<Vec<Index>> {
    let mut missing = Vec::new();
    for index in Index::ALL {
        if !has_table(connection, index.table())? {
            missing.push(index);
        }
    }
    Ok(missing)
}

/// Tells whether a table exists.
pub(crate) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?")?;
    statement.exists([name])
}
