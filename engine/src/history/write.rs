//! Writing a transaction down: once before it runs, once when it has ended.

use oxidnf_core::{Action, Nevra, Reason};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{History, HistoryError, TransactionState};

/// A transaction that is about to run.
#[derive(Debug, Clone, Default)]
pub struct NewTransaction {
    /// Seconds since 1970.
    pub begin: i64,
    /// Cookie of the rpm database.
    pub rpmdb_begin: String,
    /// `$releasever`, empty if there is none.
    pub releasever: String,
    /// Who runs it.
    pub user_id: u32,
    /// The command line.
    pub description: String,
    /// `--comment`.
    pub comment: String,
    /// Its environments and groups, written before its packages.
    pub groups: Vec<NewGroup>,
    /// Its packages.
    pub items: Vec<NewItem>,
}

/// One package of it.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Full name.
    pub nevra: Nevra,
    /// What will happen.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Repository; `@System` for what is installed.
    pub repo_id: String,
}

/// One group or environment of it.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Whether it is an environment.
    pub environment: bool,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Bits of types: 1 conditional, 2 default, 4 mandatory, 8 optional; of an environment those of its groups.
    pub package_types: u32,
    /// What will happen.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Repository.
    pub repo_id: String,
    /// Packages of a group, groups of an environment: name, whether installed, type bit.
    pub members: Vec<(String, bool, u32)>,
}

/// A transaction that was written down as started.
#[derive(Debug)]
#[must_use = "a transaction that is not finished stays \"Started\" for ever"]
pub struct RunningTransaction {
    history: History,
    id: i64,
}

impl History {
    /// Writes a transaction down as started.
    pub fn begin(mut self, new: &NewTransaction) -> Result<RunningTransaction, HistoryError> {
        let id = match self.connection.as_mut() {
            Some(connection) => insert(connection, new).map_err(|source| self.write_failed(source))?,
            // Only a history opened for reading has no database.
            None => return Err(self.write_failed(rusqlite::Error::InvalidQuery)),
        };
        Ok(RunningTransaction { history: self, id })
    }
}

impl History {
    /// Goes on with a transaction that an interrupted run has written down as started.
    pub(crate) fn resume(self, id: i64) -> RunningTransaction {
        RunningTransaction { history: self, id }
    }
}

impl RunningTransaction {
    /// Leaves it as started, as dnf5 does when it cannot write the state.
    pub fn leave(self, end: i64) -> Result<i64, HistoryError> {
        self.finish(TransactionState::Started, end, "")
    }

    /// Returns its number.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Writes down how it ended.
    pub fn finish(self, state: TransactionState, end: i64, rpmdb_end: &str) -> Result<i64, HistoryError> {
        let update = r#"UPDATE "trans" SET "dt_end" = ?1, "rpmdb_version_end" = ?2, "state_id" = ?3 WHERE "id" = ?4"#;
        if let Some(connection) = &self.history.connection {
            connection
                .execute(update, params![end, rpmdb_end, state as u8, self.id])
                .map_err(|source| self.history.write_failed(source))?;
        }
        Ok(self.id)
    }
}

fn insert(connection: &mut Connection, new: &NewTransaction) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute(
        r#"INSERT INTO "trans" ("dt_begin", "rpmdb_version_begin", "releasever", "user_id", "description", "comment",
           "state_id") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"#,
        params![
            new.begin,
            new.rpmdb_begin,
            new.releasever,
            new.user_id,
            new.description,
            new.comment,
            TransactionState::Started as u8
        ],
    )?;
    let id = transaction.last_insert_rowid();
    for group in &new.groups {
        let item = if group.environment {
            insert_environment(&transaction, group)
        } else {
            insert_group(&transaction, group)
        }?;
        link(&transaction, id, item, &group.repo_id, group.action, group.reason)?;
    }
    for item in &new.items {
        let rpm = rpm_item(&transaction, &item.nevra)?;
        link(&transaction, id, rpm, &item.repo_id, item.action, item.reason)?;
    }
    transaction.commit()?;
    Ok(id)
}

fn link(
    transaction: &Transaction<'_>,
    id: i64,
    item: i64,
    repo_id: &str,
    action: Action,
    reason: Reason,
) -> rusqlite::Result<()> {
    let repo = word(transaction, "repo", "repoid", repo_id)?;
    // dnf5 never changes the state of single items.
    transaction.execute(
        r#"INSERT INTO "trans_item" ("trans_id", "item_id", "repo_id", "action_id", "reason_id", "state_id")
           VALUES (?1, ?2, ?3, ?4, ?5, ?6)"#,
        params![id, item, repo, action as u8, reason as u8, TransactionState::Started as u8],
    )?;
    Ok(())
}

/// Returns the id of a word in a table of words, which gets it if it is new.
fn word(transaction: &Transaction<'_>, table: &str, column: &str, text: &str) -> rusqlite::Result<i64> {
    let select = format!(r#"SELECT "id" FROM "{table}" WHERE "{column}" = ?1"#);
    let known = transaction.prepare_cached(&select)?.query_row([text], |row| row.get(0)).optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    transaction.prepare_cached(&format!(r#"INSERT INTO "{table}" ("{column}") VALUES (?1)"#))?.insert([text])
}

fn new_item(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction.prepare_cached(r#"INSERT INTO "item" DEFAULT VALUES"#)?.insert([])
}

/// Returns the item of a package build, which is made once and used by all transactions.
fn rpm_item(transaction: &Transaction<'_>, nevra: &Nevra) -> rusqlite::Result<i64> {
    let name = word(transaction, "pkg_name", "name", &nevra.name)?;
    let arch = word(transaction, "arch", "name", &nevra.arch)?;
    let values = params![name, nevra.epoch, nevra.version, nevra.release, arch];
    let select = r#"SELECT "item_id" FROM "rpm" WHERE "name_id" = ?1 AND "epoch" = ?2 AND "version" = ?3
        AND "release" = ?4 AND "arch_id" = ?5"#;
    if let Some(item) = transaction.prepare_cached(select)?.query_row(values, |row| row.get(0)).optional()? {
        return Ok(item);
    }
    let item = new_item(transaction)?;
    transaction
        .prepare_cached(
            r#"INSERT INTO "rpm" ("item_id", "name_id", "epoch", "version", "release", "arch_id")
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)"#,
        )?
        .execute(params![item, name, nevra.epoch, nevra.version, nevra.release, arch])?;
    Ok(item)
}

fn insert_group(transaction: &Transaction<'_>, group: &NewGroup) -> rusqlite::Result<i64> {
    let item = new_item(transaction)?;
    transaction.execute(
        r#"INSERT INTO "comps_group" ("item_id", "groupid", "name", "translated_name", "pkg_types")
           VALUES (?1, ?2, ?3, ?3, ?4)"#,
        params![item, group.id, group.name, group.package_types],
    )?;
    for (package, installed, kind) in &group.members {
        let name = word(transaction, "pkg_name", "name", package)?;
        // A package that several repositories list is written down once.
        transaction.execute(
            r#"INSERT OR IGNORE INTO "comps_group_package" ("group_id", "name_id", "installed", "pkg_type")
               VALUES (?1, ?2, ?3, ?4)"#,
            params![item, name, installed, kind],
        )?;
    }
    Ok(item)
}

fn insert_environment(transaction: &Transaction<'_>, environment: &NewGroup) -> rusqlite::Result<i64> {
    let item = new_item(transaction)?;
    transaction.execute(
        r#"INSERT INTO "comps_environment" ("item_id", "environmentid", "name", "translated_name", "pkg_types")
           VALUES (?1, ?2, ?3, ?3, ?4)"#,
        params![item, environment.id, environment.name, environment.package_types],
    )?;
    for (group, installed, kind) in &environment.members {
        transaction.execute(
            r#"INSERT OR IGNORE INTO "comps_environment_group" ("environment_id", "groupid", "installed", "group_type")
               VALUES (?1, ?2, ?3, ?4)"#,
            params![item, group, installed, kind],
        )?;
    }
    Ok(item)
}
