//! Records come back as they went in, indexes follow them, and damage stays where it is.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use oxidnf_catalog::{CatalogError, FileKind, PackageSink, Record};
use oxidnf_core::Root;
use oxidnf_core::checksum::{Checksum, ChecksumKind};
use oxidnf_core::header::{FileState, Header, HeaderBuilder, OwnedValue, Tag};
use oxidnf_core::package_file::{PackageFile, WantedDigests};
use oxidnf_core::reldep::Sense;
use oxidnf_rpmdb::{
    Access, DbError, Index, IndexRow, InstallFacts, InstalledRecord, LockKind, Match, PubkeyFacts, RpmDb,
    TransactionLock, lock_path, rebuild,
};
use rpm::{BuildConfig, Dependency, FileOptions, PackageBuilder};

const DB: &str = "/usr/lib/sysimage/rpm";

fn target() -> (tempfile::TempDir, Root) {
    let directory = tempfile::tempdir().unwrap();
    let root = Root::open(directory.path()).unwrap();
    (directory, root)
}

fn open(root: &Root, access: Access) -> RpmDb {
    RpmDb::open(root, Path::new(DB), access).unwrap()
}

#[test]
fn a_parked_database_is_one_file_until_it_is_written_to() {
    let (directory, root) = target();
    let names = || {
        let entries = root.read_dir(DB).unwrap();
        entries.into_iter().map(|entry| entry.name.into_string().unwrap()).collect::<Vec<_>>()
    };
    let record = record(BuildConfig::v4(), "foo", 1);
    let db = open(&root, Access::Write);
    db.write().unwrap().insert(&record).unwrap();
    db.close_parked().unwrap();
    assert_eq!(names(), ["rpmdb.sqlite"]);
    let file = directory.path().join("usr/lib/sysimage/rpm/rpmdb.sqlite");
    let before = std::fs::read(&file).unwrap();
    assert_eq!(open(&root, Access::Read).len().unwrap(), 1);
    assert_eq!((names(), std::fs::read(&file).unwrap()), (vec!["rpmdb.sqlite".to_owned()], before));
    // Written to again, it is as rpm keeps it.
    let db = open(&root, Access::Write);
    db.write().unwrap().insert(&record).unwrap();
    db.close().unwrap();
    assert_eq!(names(), ["rpmdb.sqlite", "rpmdb.sqlite-shm", "rpmdb.sqlite-wal"]);
    assert_eq!(open(&root, Access::Read).len().unwrap(), 2);
}

/// SQLite's own view of the file, for looking past the crate.
fn sqlite(directory: &tempfile::TempDir) -> rusqlite::Connection {
    rusqlite::Connection::open(directory.path().join("usr/lib/sysimage/rpm/rpmdb.sqlite")).unwrap()
}

fn package(config: BuildConfig, name: &str) -> (tempfile::TempDir, PackageFile) {
    let mut builder = PackageBuilder::new(name, "1.0", "MIT", "noarch", "a package");
    builder.using_config(config.source_date(1_600_000_000u32));
    builder.requires(Dependency::any("(a if b else c)"));
    builder.with_file_contents("x", FileOptions::new(format!("/opt/{name}/file"))).unwrap();
    builder.with_file_contents("y", FileOptions::new("/opt/shared")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("package.rpm");
    builder.build().unwrap().write_file(&path).unwrap();
    (directory, PackageFile::open(path).unwrap())
}

fn record(config: BuildConfig, name: &str, tid: u32) -> Header {
    let (_guard, package) = package(config, name);
    let digests = package.digests(&WantedDigests::default()).unwrap().whole;
    let states = vec![FileState::Normal; package.header().files().unwrap().len()];
    let facts = InstallFacts { time: tid + 1, tid, color: 3, states, digests, ..InstallFacts::default() };
    InstalledRecord::from_package(&package, facts).unwrap()
}

fn rows(header: HeaderBuilder, index: Index) -> Vec<(String, u32)> {
    let rows = index.rows(&header.build().unwrap());
    rows.into_iter().map(|IndexRow { key, idx }| (String::from_utf8(key).unwrap(), idx)).collect()
}

fn owned(rows: &[(&str, u32)]) -> Vec<(String, u32)> {
    rows.iter().map(|(key, idx)| ((*key).to_owned(), *idx)).collect()
}

#[test]
fn packages_come_back() {
    let (_directory, root) = target();
    let db = open(&root, Access::Write);
    let mut write = db.write().unwrap();
    let (four, six) = (record(BuildConfig::v4(), "four", 10), record(BuildConfig::v6(), "six", 20));
    assert_eq!(write.insert(&four).unwrap(), 1);
    assert_eq!(write.insert(&six).unwrap(), 2);
    assert_eq!(db.header(1).unwrap(), four);
    let all: Vec<_> = db.packages().unwrap().map(Result::unwrap).collect();
    assert_eq!(all, [(1, four.clone()), (2, six.clone())]);
    assert_eq!(db.find(Index::Name, b"six").unwrap(), [Match { hnum: 2, idx: 0 }]);
    let shared = four.files().unwrap().iter().position(|file| file.basename == b"shared").unwrap() as u32;
    assert_eq!(db.find(Index::Basenames, b"shared").unwrap().len(), 2);
    assert_eq!(db.find(Index::Basenames, b"shared").unwrap()[0], Match { hnum: 1, idx: shared });
    assert_eq!(db.find(Index::Installtid, &20u32.to_ne_bytes()).unwrap(), [Match { hnum: 2, idx: 0 }]);
    assert_eq!(db.count(b"four").unwrap(), 1);
    assert_eq!(six.number(Tag::INSTALLTIME), Some(21));
    assert_eq!(six.strings(Tag::PACKAGEDIGESTS).count(), 2);
    assert_eq!(six.u32s(Tag::PACKAGEDIGESTALGOS).collect::<Vec<_>>(), [8, 10]);
    write.remove(1).unwrap();
    assert!(matches!(write.remove(1), Err(DbError::NoRecord { hnum: 1 })));
    assert!(db.find(Index::Basenames, b"file").unwrap().iter().all(|hit| hit.hnum == 2));
    // Numbers are never used again.
    write.remove(2).unwrap();
    assert_eq!(write.insert(&four).unwrap(), 3);
    db.verify().unwrap();
}

#[test]
fn requirements_that_only_installing_needs_are_not_indexed() {
    let header = HeaderBuilder::new().texts(Tag::REQUIRENAME, ["plain", "pre", "rpmlib(X)", "both", "meta"]).u32s(
        Tag::REQUIREFLAGS,
        [
            0,
            Sense::SCRIPT_PRE.0,
            Sense::RPMLIB.0,
            (Sense::SCRIPT_POST | Sense::SCRIPT_POSTUN).0,
            (Sense::SCRIPT_PRE | Sense::META).0,
        ],
    );
    assert_eq!(rows(header, Index::Requirename), owned(&[("plain", 0), ("both", 3), ("meta", 4)]));
}

#[test]
fn names_inside_rich_dependencies_are_indexed() {
    let header = HeaderBuilder::new().texts(Tag::CONFLICTNAME, ["x", "(f1 if g1 else h1)", "(nonsense"]);
    let want = [("x", 0), ("(f1 if g1 else h1)", 1), ("f1", 1), ("g1", 1), ("h1", 1), ("!g1", 1), ("(nonsense", 2)];
    assert_eq!(rows(header, Index::Conflictname), owned(&want));
    let header = HeaderBuilder::new().texts(Tag::OBSOLETENAME, ["(a and b)"]);
    assert_eq!(rows(header, Index::Obsoletename), owned(&[("(a and b)", 0)]));
}

#[test]
fn triggers_are_indexed_by_name_or_script() {
    let header = HeaderBuilder::new().texts(Tag::TRIGGERNAME, ["t1", "t2", "t1"]);
    assert_eq!(rows(header, Index::Triggername), owned(&[("t1", 0), ("t2", 1)]));
    let header =
        HeaderBuilder::new().texts(Tag::FILETRIGGERNAME, ["/a", "/b", "/c"]).u32s(Tag::FILETRIGGERINDEX, [0, 0, 1]);
    assert_eq!(rows(header, Index::Filetriggername), owned(&[("/a", 0), ("/b", 0), ("/c", 1)]));
    assert_eq!(rows(HeaderBuilder::new().text(Tag::NAME, "x"), Index::Group), owned(&[("Unknown", 0)]));
}

#[test]
fn states_change_in_place() {
    let (_directory, root) = target();
    let db = open(&root, Access::Write);
    let before = record(BuildConfig::v4(), "four", 10);
    let hnum = db.write().unwrap().insert(&before).unwrap();
    let mut states = vec![FileState::Normal; before.files().unwrap().len()];
    states[0] = FileState::Replaced;
    let after = InstalledRecord::with_states(&before, &states).unwrap();
    db.write().unwrap().replace(hnum, &after).unwrap();
    let read = db.header(hnum).unwrap();
    assert_eq!(read.files().unwrap().file(0).state, Some(FileState::Replaced));
    let differing = before.bytes().iter().zip(read.bytes()).filter(|(one, two)| one != two).count();
    assert_eq!((before.bytes().len(), differing), (read.bytes().len(), 1));
    assert!(matches!(InstalledRecord::with_states(&before, &[]), Err(DbError::States { states: 0, .. })));
}

#[test]
fn damage_is_skipped_and_told() {
    let (directory, root) = target();
    let db = open(&root, Access::Write);
    let mut write = db.write().unwrap();
    for name in ["one", "two", "three"] {
        write.insert(&record(BuildConfig::v6(), name, 5)).unwrap();
    }
    drop(write);
    db.close().unwrap();
    let raw = sqlite(&directory);
    raw.execute("UPDATE Packages SET blob = substr(blob, 1, 900) WHERE hnum = 1", []).unwrap();
    let mut blob: Vec<u8> = raw.query_row("SELECT blob FROM Packages WHERE hnum = 2", [], |row| row.get(0)).unwrap();
    let name = blob.windows(4).position(|part| part == b"two\0").unwrap();
    blob[name] = b'T';
    raw.execute("UPDATE Packages SET blob = ? WHERE hnum = 2", [blob]).unwrap();
    drop(raw);
    let db = open(&root, Access::Read);
    let mut packages = db.packages().unwrap();
    let left: Vec<u32> = packages.by_ref().map(|package| package.unwrap().0).collect();
    assert_eq!(left, [3]);
    let damaged = packages.damaged();
    assert_eq!(damaged[0].to_string(), "damaged header #1 retrieved -- skipping.");
    assert!(damaged[1].damage.to_string().contains("Header SHA256 digest: BAD (Expected "), "{damaged:?}");
    assert!(matches!(db.header(2), Err(DbError::Damaged(_))));
    db.verify().unwrap();
    drop(db);
    let rebuilt = rebuild(&root, Path::new(DB), 77).unwrap();
    assert_eq!((rebuilt.records, rebuilt.dropped.len()), (1, 2));
    assert_eq!(open(&root, Access::Read).hnums().unwrap(), [1]);
    assert_eq!(root.read_dir("/usr/lib/sysimage").unwrap().len(), 1);
}

#[test]
fn dangling_keys_are_found() {
    let (directory, root) = target();
    open(&root, Access::Write).write().unwrap().insert(&record(BuildConfig::v6(), "one", 5)).unwrap();
    let raw = sqlite(&directory);
    raw.pragma_update(None, "foreign_keys", "OFF").unwrap();
    raw.execute("INSERT INTO Name VALUES('ghost', 99, 0)", []).unwrap();
    drop(raw);
    let error = open(&root, Access::Read).verify().unwrap_err();
    assert_eq!(error.to_string(), "verify key: Name[2]");
}

#[test]
fn missing_tables_are_filled_again() {
    let (directory, root) = target();
    open(&root, Access::Write).write().unwrap().insert(&record(BuildConfig::v6(), "one", 5)).unwrap();
    sqlite(&directory).execute_batch("DROP TABLE Name; DROP TABLE Enhancename").unwrap();
    assert!(open(&root, Access::Read).verify().is_err());
    let db = open(&root, Access::Write);
    assert_eq!(db.find(Index::Name, b"one").unwrap(), [Match { hnum: 1, idx: 0 }]);
    db.verify().unwrap();
}

#[test]
fn a_batch_is_all_or_nothing() {
    let (_directory, root) = target();
    let db = open(&root, Access::Write);
    let reader = open(&root, Access::Read);
    let header = record(BuildConfig::v6(), "one", 5);
    let mut write = db.write().unwrap();
    write.begin().unwrap();
    write.insert(&header).unwrap();
    assert!(write.savepoint(|write| write.insert(&header).and_then(|_| write.remove(99))).is_err());
    assert_eq!(reader.hnums().unwrap(), Vec::<u32>::new());
    write.commit().unwrap();
    assert_eq!(reader.hnums().unwrap(), [1]);
    write.begin().unwrap();
    write.remove(1).unwrap();
    drop(write);
    assert_eq!(db.hnums().unwrap(), [1]);
    db.verify().unwrap();
    assert!(matches!(reader.write(), Err(DbError::ReadOnly { .. })));
}

#[test]
fn reading_what_is_not_there_creates_nothing() {
    let (_directory, root) = target();
    let db = open(&root, Access::Read);
    assert!(db.is_empty().unwrap() && db.find(Index::Name, b"x").unwrap().is_empty());
    // sha256 of nothing: librpm gives the same for an empty database.
    assert_eq!(db.cookie().unwrap(), Checksum::of(ChecksumKind::Sha256, b"").unwrap().hex());
    assert!(!root.exists("/usr"));
}

#[test]
fn other_backends_are_not_taken_for_empty() {
    let (_directory, root) = target();
    root.create_dir_all(DB, 0o755).unwrap();
    root.write_atomic(Path::new(DB).join("Packages.db"), b"RpmP", 0o644).unwrap();
    for access in [Access::Read, Access::Write] {
        let error = RpmDb::open(&root, Path::new(DB), access).unwrap_err();
        assert!(error.to_string().contains("of the ndb backend"), "{error}");
    }
}

#[test]
fn the_log_stays_for_other_users() {
    let (directory, root) = target();
    open(&root, Access::Write).write().unwrap().insert(&record(BuildConfig::v6(), "one", 5)).unwrap();
    let size = |name: &str| root.stat(Path::new(DB).join(name)).map(|stat| stat.st_size).unwrap();
    assert_eq!((size("rpmdb.sqlite-wal"), size("rpmdb.sqlite-shm")), (0, 32768));
    let raw = sqlite(&directory);
    let mode: String = raw.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn locks_are_shared_within_the_process() {
    let (_directory, root) = target();
    root.create_dir_all(DB, 0o755).unwrap();
    let path = lock_path(Path::new(DB));
    let first = TransactionLock::take(&root, &path, LockKind::Shared).unwrap();
    let second = TransactionLock::take(&root, &path, LockKind::Shared).unwrap();
    let error = TransactionLock::take(&root, &path, LockKind::Exclusive).unwrap_err();
    assert_eq!(error.to_string(), "can't create transaction lock on /usr/lib/sysimage/rpm/.rpm.lock");
    drop((first, second));
    let first = TransactionLock::take(&root, &path, LockKind::Exclusive).unwrap();
    assert!(first.is_held() && TransactionLock::take(&root, &path, LockKind::Shared).unwrap().is_held());
}

/// The same certificate imported by rpm 6.1.0 with `SOURCE_DATE_EPOCH=1750000000` gave a record with this digest.
#[test]
fn certificates_are_stored_as_rpm_stores_them() {
    const RECORD: &str = "5119dc1a6db4080c2318d7feb2dce19cb7eb140e72048a9fa71770f81ceb0a8a";
    let text: String = include_str!("data/certificate.b64").split_whitespace().collect();
    let facts = PubkeyFacts {
        version: 4,
        fingerprint: "63C39FC94616C0DE51FEB0FEBF31D7F41EEC942D".into(),
        key_id: "BF31D7F41EEC942D".into(),
        created: 1_795_349_333,
        user_id: "Test Key <test@x.invalid>".into(),
        certificate: base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap(),
    };
    let header = facts.to_record(1_750_000_000, 1_750_000_000).unwrap();
    assert_eq!(Checksum::of(ChecksumKind::Sha256, header.bytes()).unwrap().hex(), RECORD);
    let (_directory, root) = target();
    let db = open(&root, Access::Write);
    let mut write = db.write().unwrap();
    assert_eq!(write.import_pubkey(&facts, 1, 1).unwrap(), 1);
    assert_eq!(write.import_pubkey(&facts, 2, 2).unwrap(), 2);
    let (keys, damaged) = db.pubkeys().unwrap();
    assert_eq!((keys.len(), damaged.len(), keys[0].hnum), (1, 0, 2));
    assert_eq!(keys[0].certificates, [facts.certificate]);
    assert!(write.remove_pubkey("63c39fc94616c0de51feb0febf31d7f41eec942d").unwrap());
    assert!(db.is_empty().unwrap());
}

#[derive(Default)]
struct Collected(Vec<String>);

impl PackageSink for Collected {
    fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        let files: Vec<_> = record.files.iter().map(|file| (file.path(), file.kind)).collect();
        assert!(files.contains(&("/opt/shared".to_owned(), FileKind::File)), "{files:?}");
        self.0.push(format!("{} {} {:?} {}", record.name, record.evr(), record.hnum, record.install_time));
        Ok(())
    }
}

#[test]
fn records_feed_a_catalog() {
    let (_directory, root) = target();
    let db = open(&root, Access::Write);
    let mut write = db.write().unwrap();
    write.insert(&record(BuildConfig::v4(), "four", 10)).unwrap();
    write.insert(&record(BuildConfig::v6(), "six", 20)).unwrap();
    let key = HeaderBuilder::new().text(Tag::NAME, "gpg-pubkey").text(Tag::VERSION, "1").text(Tag::RELEASE, "2");
    write.insert(&key.build().unwrap()).unwrap();
    let mut sink = Collected::default();
    assert_eq!(db.records(&mut sink).unwrap(), []);
    assert_eq!(sink.0, ["four 1.0-1 Some(1) 11", "six 1.0-1 Some(2) 21"]);
}

#[test]
fn texts_that_are_not_utf8_still_feed_a_catalog() {
    struct Names(Vec<String>);
    impl PackageSink for Names {
        fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
            self.0.push(record.files[0].path());
            Ok(())
        }
    }
    let (_directory, root) = target();
    let db = open(&root, Access::Write);
    let header = HeaderBuilder::new()
        .text(Tag::NAME, "old")
        .text(Tag::VERSION, "1")
        .text(Tag::RELEASE, "1")
        .texts(Tag::BASENAMES, [b"n\xe9me".to_vec()])
        .texts(Tag::DIRNAMES, ["/opt/"])
        .u32s(Tag::DIRINDEXES, [0])
        .entry(Tag::FILEMODES, OwnedValue::Int16(vec![0o100_644]))
        .texts(Tag::FILEUSERNAME, ["root"])
        .texts(Tag::FILEGROUPNAME, ["root"])
        .build()
        .unwrap();
    let hnum = db.write().unwrap().insert(&header).unwrap();
    assert_eq!(db.find(Index::Basenames, b"n\xe9me").unwrap(), [Match { hnum, idx: 0 }]);
    let mut sink = Names(Vec::new());
    db.records(&mut sink).unwrap();
    assert_eq!(sink.0, ["/opt/n\u{fffd}me"]);
}
