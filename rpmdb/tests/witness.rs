//! The database that this crate writes is the one that rpm 6.1.0 wrote from the same packages.
//!
//! Where the expected data come from: `data/README.md`.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use oxidnf_core::Root;
use oxidnf_core::checksum::{Checksum, ChecksumKind};
use oxidnf_core::header::FileState;
use oxidnf_core::package_file::{PackageFile, WantedDigests};
use oxidnf_rpmdb::{Access, InstallFacts, InstalledRecord, RpmDb, rebuild};
use rusqlite::types::ValueRef;

/// In the order in which rpm installed them.
const PACKAGES: [&str; 5] = ["empty", "reloc", "small-a", "big4", "big6"];
const TIME: u32 = 1_750_000_000;
/// What librpm's `rpmdbCookie` said of rpm's database.
const COOKIE: &str = "8844fac9f70fc88247bbdac5926a4c14b25f581c95ea47c5910b9d4a10adeacf";

fn install(root: &Root) {
    let db = RpmDb::open(root, Path::new("db"), Access::Write).unwrap();
    let mut write = db.write().unwrap();
    for (time, name) in (TIME..).zip(PACKAGES) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/{name}.rpm"));
        let package = PackageFile::open(path).unwrap();
        let digests = package.digests(&WantedDigests::default()).unwrap();
        assert!(digests.header_ok() && digests.payload_ok());
        let states = vec![FileState::Normal; package.header().files().unwrap().len()];
        let facts =
            InstallFacts { time, tid: TIME, color: 3, states, digests: digests.whole, ..InstallFacts::default() };
        write.insert(&InstalledRecord::from_package(&package, facts).unwrap()).unwrap();
    }
    assert_eq!(db.cookie().unwrap(), COOKIE);
}

fn rows(file: &Path) -> String {
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut out = String::new();
    let mut query = |sql: &str, write: &mut dyn FnMut(&rusqlite::Row<'_>) -> String| {
        let mut statement = connection.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            writeln!(out, "{}", write(row)).unwrap();
        }
    };
    let mut tables = Vec::new();
    query("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid", &mut |row| {
        if row.get_ref(0).unwrap().as_str() == Ok("table") {
            tables.push(row.get::<_, String>(1).unwrap());
        }
        row.get(2).unwrap()
    });
    query("SELECT hnum, blob FROM Packages ORDER BY hnum", &mut |row| {
        let digest = Checksum::of(ChecksumKind::Sha256, row.get_ref(1).unwrap().as_blob().unwrap()).unwrap();
        format!("Packages {} {}", row.get::<_, u32>(0).unwrap(), digest.hex())
    });
    for table in tables.iter().filter(|table| *table != "Packages") {
        query(&format!("SELECT key, hnum, idx FROM '{table}' ORDER BY rowid"), &mut |row| {
            let (kind, key) = match row.get_ref(0).unwrap() {
                ValueRef::Text(key) => ("text", key),
                ValueRef::Blob(key) => ("blob", key),
                other => panic!("key of type {}", other.data_type()),
            };
            let number = |column| row.get::<_, u32>(column).unwrap();
            format!("{table} {kind} {} {} {}", number(1), number(2), printable(key))
        });
    }
    out
}

fn printable(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' '..=b'~' if *byte != b'\\' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    bytes.iter().map(shown).collect()
}

#[test]
fn tables_rows_and_records_are_those_of_rpm() {
    let directory = tempfile::tempdir().unwrap();
    let root = Root::open(directory.path()).unwrap();
    install(&root);
    let file = directory.path().join("db/rpmdb.sqlite");
    let expected = include_str!("data/rows.txt");
    // Keys of installation times are in the byte order of the host.
    if cfg!(target_endian = "little") {
        for (line, (ours, rpms)) in (1..).zip(rows(&file).lines().zip(expected.lines())) {
            assert_eq!(ours, rpms, "line {line}");
        }
        assert_eq!(rows(&file).lines().count(), expected.lines().count());
    }
    // A rebuild makes the indexes last, as rpm's does; see compat-tests/tests/rpm_side.rs. Nothing else may differ.
    let before = rows(&file);
    rebuild(&root, Path::new("db"), 1).unwrap();
    let after = rows(&file);
    let is_schema = |line: &&str| line.starts_with("CREATE ");
    let schema = |text: &str| text.lines().filter(is_schema).map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(schema(&after), schema(&before));
    assert!(after.lines().filter(|line| !is_schema(line)).eq(before.lines().filter(|line| !is_schema(line))));
}
