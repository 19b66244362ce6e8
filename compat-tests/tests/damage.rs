//! Damage that leaves headers well formed: digests of records, and packages that somebody tries to install.

use std::fs;
use std::path::Path;

use oxidnf_testkit::mangle::{Pieces, mislead};
use oxidnf_testkit::raw_header::{RawHeader, RawPackage};
use oxidnf_testkit::tag::{Entry, OwnedValue, Tag};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Oracle, World, fixture, rpm};

fn database(root: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(root.join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("the database is there")
}

/// Changes the record of the package `foo`.
fn change_record(root: &Path, change: impl Fn(&mut RawHeader)) {
    let db = database(root);
    let query = "SELECT Packages.hnum, blob FROM Packages JOIN Name USING (hnum) WHERE key = 'foo'";
    let found = db.query_row(query, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let (number, blob) = found.expect("the package is installed");
    let mut header = RawHeader::of(&blob);
    change(&mut header);
    db.execute("UPDATE Packages SET blob = ?2 WHERE hnum = ?1", (number, header.blob())).expect("a record can change");
}

/// Spoils the first hexadecimal digit of a digest.
fn spoil(header: &mut RawHeader, tag: u32) {
    let at = header.entries[header.place(tag)].offset as usize;
    header.data[at] = if header.data[at] == b'0' { b'1' } else { b'0' };
}

/// What rpm passes over, and `oxidnf rpm` with it.
#[test]
fn digests_of_records() {
    const SHA1: u32 = 269;
    const SHA256: u32 = 273;
    const SHA3: u32 = 279;
    let cases: &[(&str, &[u32])] = &[
        ("4", &[SHA1]),
        ("4", &[SHA256]),
        ("4", &[SHA1, SHA256]),
        ("6", &[SHA256]),
        ("6", &[SHA3]),
        ("6", &[SHA256, SHA3]),
    ];
    for (format, spoilt) in cases {
        let mut world = World::new();
        let packages = [rpm("foo").file("/opt/foo", "x").define("_rpmformat", format), rpm("bar").requires("foo")];
        world.add_repo("base", &fixture::repo(&Oracle::find(), &packages), "");
        world.real_in_both("install -y foo").exits(0);
        world.edit(|root| change_record(root, |header| spoilt.iter().for_each(|tag| spoil(header, *tag))));
        for args in ["-qa", "-q foo", "-V foo", "-qf /opt/foo"] {
            let said = |side: Side| {
                let output = world.run_rpm(side, args);
                let mut complaints: Vec<String> =
                    String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
                complaints.dedup();
                complaints.sort();
                complaints.dedup();
                (String::from_utf8_lossy(&output.stdout).into_owned(), complaints, output.status.code())
            };
            assert_eq!(said(Side::Real), said(Side::Ours), "{format} {spoilt:?} {args}");
        }
    }
}

/// Damaged packages, each with a name.
fn damaged() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for format in ["4", "6"] {
        let made = rpm("foo").file("/opt/foo", "hello\n").file("/opt/bar/baz", "world\n").define("_rpmformat", format);
        let repo = fixture::repo(&Oracle::find(), &[made]);
        let bytes = fs::read(repo.dir().join("foo-1-1.noarch.rpm")).expect("the fixture was built");
        let whole = RawPackage::of(&bytes);
        let pieces = Pieces::of(&bytes);
        let mut add = |name: &str, bytes: Vec<u8>| all.push((format!("{name}-{format}"), bytes));
        add("whole", bytes.clone());
        add("empty", Vec::new());
        add("lead-only", bytes[..96].to_vec());
        add("half-a-lead", bytes[..40].to_vec());
        add("no-lead", bytes[96..].to_vec());
        add("in-signature", bytes[..200].to_vec());
        add("in-header", bytes[..bytes.len() - pieces.payload.len() - 40].to_vec());
        add("without-payload", bytes[..bytes.len() - pieces.payload.len()].to_vec());
        add("half-a-payload", bytes[..bytes.len() - pieces.payload.len() / 2].to_vec());
        add("longer", [&bytes[..], b"behind"].concat());
        add("bad-payload", pieces.clone().bad_payload().bytes());
        add("bad-header", pieces.clone().bad_header(b"/opt/bar/").bytes());
        for (name, damage) in [("sha1", 269), ("sha256", 273), ("sha3", 279)] {
            let mut package = whole.clone();
            if package.signature.entries.iter().any(|entry| entry.tag == damage) {
                spoil(&mut package.signature, damage);
                add(name, package.bytes());
            }
        }
        for (name, tag) in [("sha1", Tag::SHA1HEADER), ("sha256", Tag::SHA256HEADER), ("sha3", Tag::SHA3_256HEADER)] {
            add(&format!("without-{name}"), pieces.clone().without(tag).bytes());
        }
        let entry = |tag: Tag, value: Option<OwnedValue>| {
            whole
                .clone()
                .with_entries(|entries| {
                    entries.retain(|entry| entry.tag != tag);
                    entries.extend(value.map(|value| Entry::new(tag, value)));
                    entries.sort_by_key(|entry| entry.tag);
                })
                .with_digests()
                .bytes()
        };
        let text = |text: &str| Some(OwnedValue::text(text));
        add("other-payload-format", entry(Tag::PAYLOADFORMAT, text("drpm")));
        add("no-cpio", entry(Tag::PAYLOADFORMAT, text("tar")));
        add("other-compressor", entry(Tag::PAYLOADCOMPRESSOR, text("xz")));
        add("unknown-compressor", entry(Tag::PAYLOADCOMPRESSOR, text("shrink")));
        add("without-compressor", entry(Tag::PAYLOADCOMPRESSOR, None));
        add("other-arch", entry(Tag::ARCH, text("sparc")));
        add("without-arch", entry(Tag::ARCH, None));
        add("other-os", entry(Tag::OS, text("beos")));
        add("without-os", entry(Tag::OS, None));
        add("without-release", entry(Tag::RELEASE, None));
        add("without-provides", entry(Tag::PROVIDENAME, None));
        add("key", entry(Tag::NAME, text("gpg-pubkey")));
        add("fewer-modes", entry(Tag::FILEMODES, Some(OwnedValue::Int16(vec![0o100_644]))));
        add("fewer-digests", entry(Tag::FILEDIGESTS, Some(OwnedValue::texts(["00"]))));
        add("wrong-digests", entry(Tag::FILEDIGESTS, Some(OwnedValue::texts(["00", "11"]))));
        add("other-names", entry(Tag::BASENAMES, Some(OwnedValue::texts(["x", "y"]))));
        add("odd-directories", entry(Tag::DIRNAMES, Some(OwnedValue::texts(["/opt/../opt/bar/", "/opt/"]))));
        add("indexes-too-high", entry(Tag::DIRINDEXES, Some(OwnedValue::Int32(vec![0, 7]))));
        add("without-users", entry(Tag::FILEUSERNAME, None));
        add("source", entry(Tag::SOURCEPACKAGE, Some(OwnedValue::Int32(vec![1]))));
        add(
            "rpmlib",
            entry(
                Tag::REQUIRENAME,
                Some(OwnedValue::texts(["rpmlib(Nothing)", "rpmlib(X)", "rpmlib(Y)", "rpmlib(Z)"])),
            ),
        );
        add("without-source-rpm", entry(Tag::SOURCERPM, None));
        add("signature-tag-in-header", entry(Tag::SHA256HEADER, text(&"0".repeat(64))));
        let sign = |tag: u32, value: OwnedValue| pieces.clone().with(Tag(tag), value).bytes();
        add("signature-of-another-type", sign(274, OwnedValue::Int32(vec![7])));
        add("signature-of-no-use", sign(267, OwnedValue::Bin(vec![1; 70])));
        add("signature-tag-of-old", sign(1002, OwnedValue::Bin(vec![1; 70])));
        add("signature-tag-unknown", sign(300, OwnedValue::Int32(vec![7])));
        add("size-of-another", sign(1000, OwnedValue::Int32(vec![7])));
        add("sizes-twice", sign(270, OwnedValue::Int64(vec![7, 8])));
        add("text", b"just a text\n".to_vec());
    }
    all
}

/// What dnf5 tells otherwise, and why; that nothing is installed is the same.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("other-payload-format", "dnf5's solver library does not load delta packages; here rpm's check refuses them"),
    ("without-arch", "libsolv takes such a package for one of any architecture, the solver here refuses it"),
    ("without-release", "libsolv shows `<NULL>`; here the file is refused when it is read"),
    ("key", "libsolv ends with `no error`"),
    ("fewer-modes", "a file list that contradicts itself is refused when it is read"),
    ("indexes-too-high", "the same"),
    ("without-users", "the same"),
    ("wrong-digests", "the name of the transaction, in temporary names, is the second in which it began"),
    (
        "source",
        "rpm has no place for source packages in a transaction and says only that; here the architecture is named",
    ),
];

/// What is installed here and not by rpm, or the other way round, and why.
const OTHER_FATES: &[(&str, &str)] = &[
    ("other-compressor", "payloads are looked at, whatever the header says of them"),
    ("unknown-compressor", "the same"),
    ("without-compressor", "the same"),
    ("fewer-digests", "a file list that contradicts itself is refused when it is read; rpm finds it while it unpacks"),
    ("odd-directories", "names of stripped archives are numbers; what the directories resolve to is what counts"),
    ("rpmlib", "dnf5 does not ask for what rpm itself provides"),
];

/// What is said otherwise of packages from repositories, and why.
const OTHER_WORDS_OF_REPOSITORIES: &[(&str, &str)] = &[
    ("other-arch", OTHER_PACKAGE),
    ("without-arch", OTHER_PACKAGE),
    ("key", OTHER_PACKAGE),
    ("source", OTHER_PACKAGE),
    ("wrong-digests", "the name of the transaction, in temporary names, is the second in which it began"),
];
const OTHER_PACKAGE: &str = "a file that holds another package than the metadata says is refused for that";

/// Compares an installation from a file, and what is left behind, of everything that is damaged.
#[test]
fn installed_from_a_file() {
    let mut differences = Vec::new();
    for (name, bytes) in damaged() {
        let kind = name.rsplit_once('-').map_or(&name[..], |(kind, _)| kind);
        if OTHER_FATES.iter().any(|(other, _)| *other == kind) {
            continue;
        }
        // Where the file is and what is wrong with it belongs to our own messages.
        let mut world =
            World::new().overlooking("package foo-1-1.noarch is in ").overlooking("Missing or malformed tag");
        world = world.overlooking("Unsupported payload");
        if let Some((_, why)) = OTHER_WORDS.iter().find(|(other, _)| *other == kind) {
            world = world.ignoring(Axis::Stdout, why).ignoring(Axis::Stderr, why);
        }
        // dnf5 makes it whatever comes of the packages.
        world.edit(|root| fs::create_dir_all(root.join("var/cache/libdnf5")).expect("the root is writable"));
        let path = world.put(&format!("{name}.rpm"), &bytes);
        let both = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.both(&format!("install -y {path}"));
            world.both_rpms("-qa");
            world.both("remove -y foo");
        }));
        if let Err(report) = both {
            let report = report.downcast_ref::<String>().cloned().unwrap_or_default();
            differences.push(format!("== {name}\n{}", report.split("-- dnf5 said --").next().unwrap_or_default()));
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.concat());
}

/// The same damages in packages of a repository whose metadata fits them.
#[test]
fn installed_from_a_repository() {
    let mut differences = Vec::new();
    for (name, bytes) in damaged() {
        let (kind, format) = name.rsplit_once('-').expect("names end in the format");
        if OTHER_FATES.iter().any(|(other, _)| *other == kind) {
            continue;
        }
        let mut world =
            World::new().overlooking("package foo-1-1.noarch is in ").overlooking("Missing or malformed tag");
        // Why rpm would not take it is our own line.
        for text in [
            "packages/foo-1-1.noarch.rpm: ",
            "Delta RPM",
            "Unsupported payload",
            "the tag ",
            "Wrong number of",
            "Wrong directory index",
            "BAD, tag",
        ] {
            world = world.overlooking(text);
        }
        if let Some((_, why)) = OTHER_WORDS_OF_REPOSITORIES.iter().find(|(other, _)| *other == kind) {
            world = world.ignoring(Axis::Stdout, why).ignoring(Axis::Stderr, why);
        }
        let made = rpm("foo").file("/opt/foo", "hello\n").file("/opt/bar/baz", "world\n").define("_rpmformat", format);
        world.add_repo(
            "base",
            &fixture::repo_with(&Oracle::find(), &[made], "--general-compress-type=gz"),
            "gpgcheck=0\n",
        );
        mislead(world.repo_dir("base"), "foo-1-1.noarch.rpm", &bytes);
        let both = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.both("install -y foo");
            world.both_rpms("-qa");
            world.both("remove -y foo");
        }));
        if let Err(report) = both {
            let report = report.downcast_ref::<String>().cloned().unwrap_or_default();
            differences.push(format!("== {name}\n{report}"));
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.concat());
}
