//! Reading past transactions.

use std::collections::BTreeSet;

use oxidnf_core::{Action, Nevra, Reason};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{History, HistoryError, PastGroup, PastPackage, PastTransaction, TransactionState};

const TRANSACTIONS: &str = r#"SELECT "id", "dt_begin", "dt_end", "rpmdb_version_begin", "rpmdb_version_end",
    "releasever", "user_id", "description", "comment", "state_id",
    (SELECT count(*) FROM "trans_item" WHERE "trans_item"."trans_id" = "trans"."id") FROM "trans""#;

const PACKAGES: &str = r#"SELECT "pkg_name"."name", "rpm"."epoch", "rpm"."version", "rpm"."release", "arch"."name",
    "trans_item"."action_id", "trans_item"."reason_id", "repo"."repoid"
    FROM "trans_item" JOIN "rpm" ON "rpm"."item_id" = "trans_item"."item_id"
    JOIN "pkg_name" ON "pkg_name"."id" = "rpm"."name_id" JOIN "arch" ON "arch"."id" = "rpm"."arch_id"
    LEFT JOIN "repo" ON "repo"."id" = "trans_item"."repo_id""#;

impl History {
    /// Returns all transactions, oldest first.
    pub fn transactions(&self) -> Result<Vec<PastTransaction>, HistoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare(&format!(r#"{TRANSACTIONS} ORDER BY "id""#))?;
            statement.query_map([], transaction)?.collect()
        })
    }

    /// Returns one transaction.
    pub fn transaction(&self, id: i64) -> Result<Option<PastTransaction>, HistoryError> {
        self.read(|connection| {
            let sql = format!(r#"{TRANSACTIONS} WHERE "id" = ?1"#);
            connection.query_row(&sql, [id], transaction).optional().map(|found| found.into_iter().collect())
        })
        .map(|found: Vec<_>| found.into_iter().next())
    }

    /// Returns the number of the newest transaction.
    pub fn last_id(&self) -> Result<Option<i64>, HistoryError> {
        self.read(|connection| {
            let last: Option<i64> = connection.query_row(r#"SELECT max("id") FROM "trans""#, [], |row| row.get(0))?;
            Ok(last.into_iter().collect())
        })
        .map(|found: Vec<_>| found.into_iter().next())
    }

    /// Returns the packages of a transaction in the order in which they were recorded.
    pub fn packages(&self, id: i64) -> Result<Vec<PastPackage>, HistoryError> {
        self.read(|connection| {
            let sql = format!(r#"{PACKAGES} WHERE "trans_item"."trans_id" = ?1 ORDER BY "trans_item"."id""#);
            connection.prepare(&sql)?.query_map([id], package)?.collect()
        })
    }

    /// Returns the groups and environments of a transaction.
    pub fn groups(&self, id: i64) -> Result<Vec<PastGroup>, HistoryError> {
        self.read(|connection| {
            let mut all = Vec::new();
            for (table, column, environment) in
                [("comps_group", "groupid", false), ("comps_environment", "environmentid", true)]
            {
                let sql = format!(
                    r#"SELECT "{table}"."{column}", "{table}"."name", "trans_item"."action_id",
                       "trans_item"."reason_id", "repo"."repoid", "{table}"."pkg_types" FROM "trans_item"
                       JOIN "{table}" ON "{table}"."item_id" = "trans_item"."item_id"
                       LEFT JOIN "repo" ON "repo"."id" = "trans_item"."repo_id"
                       WHERE "trans_item"."trans_id" = ?1 ORDER BY "trans_item"."id""#
                );
                let mut statement = connection.prepare(&sql)?;
                let rows = statement.query_map([id], |row| {
                    Ok(PastGroup {
                        id: row.get(0)?,
                        name: row.get(1)?,
                        environment,
                        action: action(row.get(2)?),
                        reason: reason(row.get(3)?),
                        repo_id: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
                        package_types: kind_bits(row.get(5)?),
                    })
                })?;
                all.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            Ok(all)
        })
    }

    /// Returns the numbers of the transactions that are about a package whose name matches a shell pattern.
    pub fn ids_with_package(&self, patterns: &[String]) -> Result<BTreeSet<i64>, HistoryError> {
        let ids = self.read(|connection| {
            let mut statement = connection.prepare(
                r#"SELECT DISTINCT "trans_item"."trans_id" FROM "trans_item"
                   JOIN "rpm" ON "rpm"."item_id" = "trans_item"."item_id"
                   JOIN "pkg_name" ON "pkg_name"."id" = "rpm"."name_id" WHERE "pkg_name"."name" GLOB ?1"#,
            )?;
            let mut ids = Vec::new();
            for pattern in patterns {
                let found = statement.query_map(params![pattern], |row| row.get::<_, i64>(0))?;
                ids.extend(found.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            Ok(ids)
        })?;
        Ok(ids.into_iter().collect())
    }

    /// Returns what an earlier transaction says of a group, if one has left it installed.
    pub fn group_before(&self, group: &str, id: i64) -> Result<Option<PastGroup>, HistoryError> {
        let mut earlier = self.transactions()?;
        earlier.retain(|transaction| transaction.id < id);
        for transaction in earlier.into_iter().rev() {
            let found = self.groups(transaction.id)?.into_iter().find(|past| past.id == group && !past.environment);
            if let Some(found) = found {
                return Ok(Some(found).filter(|past| past.action != Action::Remove));
            }
        }
        Ok(None)
    }

    /// Returns the reason that a package had before a transaction, if an earlier one says so.
    pub fn reason_before(&self, name: &str, arch: &str, id: i64) -> Result<Option<Reason>, HistoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                r#"SELECT "trans_item"."reason_id" FROM "trans_item" JOIN "rpm" ON "rpm"."item_id" = "trans_item"."item_id"
                   JOIN "pkg_name" ON "pkg_name"."id" = "rpm"."name_id" JOIN "arch" ON "arch"."id" = "rpm"."arch_id"
                   WHERE "pkg_name"."name" = ?1 AND "arch"."name" = ?2 AND "trans_item"."trans_id" < ?3
                   AND "trans_item"."action_id" NOT IN (5, 6) ORDER BY "trans_item"."id" DESC LIMIT 1"#,
            )?;
            statement.query_map(params![name, arch, id], |row| Ok(reason(row.get(0)?)))?.collect()
        })
        .map(|found: Vec<_>| found.into_iter().next())
    }

    /// Returns the newest transaction in which the user asked for a package, by installing or marking it.
    pub fn asked_for(&self, name: &str, arch: &str) -> Result<Option<PastTransaction>, HistoryError> {
        self.read(|connection| {
            let sql = format!(
                r#"{TRANSACTIONS} WHERE "id" = (SELECT max("trans_item"."trans_id") FROM "trans_item"
                   JOIN "rpm" ON "rpm"."item_id" = "trans_item"."item_id"
                   JOIN "pkg_name" ON "pkg_name"."id" = "rpm"."name_id" JOIN "arch" ON "arch"."id" = "rpm"."arch_id"
                   WHERE "pkg_name"."name" = ?1 AND "arch"."name" = ?2 AND "trans_item"."reason_id" = 2
                   AND "trans_item"."action_id" IN (1, 7))"#
            );
            connection.prepare(&sql)?.query_map(params![name, arch], transaction)?.collect()
        })
        .map(|found: Vec<_>| found.into_iter().next())
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<Vec<T>>) -> Result<Vec<T>, HistoryError> {
        match &self.connection {
            Some(connection) => query(connection).map_err(|source| self.read_failed(source)),
            None => Ok(Vec::new()),
        }
    }
}

fn transaction(row: &Row<'_>) -> rusqlite::Result<PastTransaction> {
    let text = |index| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
    Ok(PastTransaction {
        id: row.get(0)?,
        begin: row.get(1)?,
        end: row.get(2)?,
        rpmdb_begin: text(3)?,
        rpmdb_end: text(4)?,
        releasever: text(5)?,
        // dnf5 stores -1 (no login) as a number of 32 bits, signed or not.
        user_id: row.get::<_, i64>(6)? as u32,
        description: text(7)?,
        comment: text(8)?,
        state: TransactionState::from_number(row.get::<_, Option<i64>>(9)?.unwrap_or_default()),
        altered: row.get::<_, i64>(10)?.unsigned_abs(),
    })
}

fn package(row: &Row<'_>) -> rusqlite::Result<PastPackage> {
    Ok(PastPackage {
        nevra: Nevra {
            name: row.get(0)?,
            epoch: row.get(1)?,
            version: row.get(2)?,
            release: row.get(3)?,
            arch: row.get(4)?,
        },
        action: action(row.get(5)?),
        reason: reason(row.get(6)?),
        repo_id: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
    })
}

fn action(number: i64) -> Action {
    match number {
        2 => Action::Upgrade,
        3 => Action::Downgrade,
        4 => Action::Reinstall,
        5 => Action::Remove,
        6 => Action::Replaced,
        7 => Action::ReasonChange,
        _ => Action::Install,
    }
}

/// Returns the bits of kinds of packages. dnf5 leaves them to chance where it undoes the removal of a group, and writes
/// numbers then that are negative or of no kinds.
fn kind_bits(number: i64) -> u32 {
    u32::try_from(number & i64::from(u32::MAX)).unwrap_or_default()
}

fn reason(number: i64) -> Reason {
    match number {
        1 => Reason::Dependency,
        2 => Reason::User,
        3 => Reason::Clean,
        4 => Reason::WeakDependency,
        5 => Reason::Group,
        6 => Reason::ExternalUser,
        _ => Reason::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: HISTORY=1, seed 712176: dnf5 wrote -1420548736, and goes on with it
    #[test]
    fn kinds_of_chance_can_be_read() {
        assert_eq!(kind_bits(7), 7);
        assert_eq!(kind_bits(-1), u32::MAX);
        assert_eq!(kind_bits(-1_420_548_736) & 0xff, 128);
    }
}
