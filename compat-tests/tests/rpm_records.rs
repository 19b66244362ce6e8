//! `oxidnf rpm` beside the real rpm: records and files in every state, records that say little, and keys that are none.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use oxidnf_testkit::fuzz::write::write;
use oxidnf_testkit::fuzz::{File, Kind, Package};
use oxidnf_testkit::raw_header::{RawHeader, RawPackage};
use oxidnf_testkit::tag::{Entry, OwnedValue, Tag};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

fn database(root: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(root.join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("the database is there")
}

/// Replaces the record of a package.
fn change_record(root: &Path, name: &str, change: impl Fn(RawHeader) -> Vec<u8>) {
    let db = database(root);
    let query = "SELECT Packages.hnum, blob FROM Packages JOIN Name USING (hnum) WHERE key = ?1";
    let found = db.query_row(query, [name], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let (number, blob) = found.expect("the package is installed");
    let blob = change(RawHeader::of(&blob));
    db.execute("UPDATE Packages SET blob = ?2 WHERE hnum = ?1", (number, blob)).expect("a record can change");
}

/// Leaves only what the package file says: no digests, times or states.
fn bare(package: &Package) -> Vec<u8> {
    RawPackage::of(&write(package)).header.blob()
}

/// Puts the records of one root into both, so that times are the same.
fn same_records(world: &World) {
    let files = ["rpmdb.sqlite", "rpmdb.sqlite-wal"].map(|name| format!("usr/lib/sysimage/rpm/{name}"));
    for file in &files {
        // After some commands there is nothing in the log, or no log.
        let bytes = fs::read(world.root(Side::Real).join(file)).unwrap_or_default();
        world.edit(|root| fs::write(root.join(file), &bytes).expect("the root is writable"));
    }
}

/// Files that were left out, are shared with the network, replaced, or of another colour; and what the disk can have in
/// the place of each kind of file.
#[test]
fn verification_of_every_state() {
    let world = World::new();
    let mut first = Package::new("first", "1").arch("x86_64");
    for (path, kind) in [
        ("/opt/first/regular", Kind::Regular("text".to_owned())),
        ("/opt/first/link", Kind::Symlink("regular".to_owned())),
        ("/opt/first/pipe", Kind::Fifo),
        ("/opt/first/null", Kind::Char(0x0103)),
        ("/opt/first/disk", Kind::Block(0x0800)),
        ("/opt/first/socket", Kind::Socket),
        ("/opt/first/directory", Kind::Directory),
    ] {
        first = first.file(File::new(path, kind));
    }
    let mut german = File::regular("/usr/share/locale/de/a.mo", "de");
    german.langs = "de";
    let first = first
        .file(File::regular("/opt/both", "first").color(1))
        .file(File::regular("/opt/replaced", "first"))
        .file(File::regular("/usr/net/shared", "first"))
        .file(File::regular("/usr/share/doc/first", "first").flags(2))
        .file(File::regular("/etc/first.conf", "first").flags(1))
        .file(File::regular("/etc/first.ghost", "").flags(64))
        .file(File::regular("/etc/first.missing", "first").flags(1 | 8))
        .file(File::regular("/usr/share/licenses/first", "first").flags(128))
        .file(File::regular("/usr/share/README", "first").flags(256))
        .file(File::regular("/usr/lib/.build-id/first", "first").flags(4096))
        .file(german);
    let second = Package::new("second", "1")
        .arch("x86_64")
        .file(File::regular("/opt/both", "second").color(2))
        .file(File::regular("/opt/replaced", "second, and longer"));
    world.macros("%_netsharedpath /usr/net\n%_install_langs fr");
    let put = |package: &Package| world.put(&format!("{}.rpm", package.name), &write(package));
    let (first_path, second_path) = (put(&first), put(&second));
    world.rpm(&format!("-i --nodeps --excludedocs {first_path}"));
    world.rpm(&format!("-i --nodeps --replacefiles {second_path}"));
    let verify = || {
        for args in ["-V first second", "-Vv first second", "-Va", "-Vvf /opt/both", "-V --nofiles first"] {
            world.both_rpms(args);
        }
    };
    verify();
    let kinds = ["regular", "link", "pipe", "null", "disk", "socket", "directory"];
    // Each kind of file in the place of each other.
    for shift in 1..kinds.len() {
        world.edit(|root| {
            let dir = root.join("opt/first");
            let spare = root.join("opt/spare");
            fs::create_dir(&spare).expect("the root is writable");
            for (index, kind) in kinds.iter().enumerate() {
                let other = kinds[(index + 1) % kinds.len()];
                fs::rename(dir.join(other), spare.join(kind)).expect("the root is writable");
            }
            fs::remove_dir(&dir).and_then(|()| fs::rename(&spare, &dir)).expect("the root is writable");
        });
        let told = world.both_rpms("-Vv first");
        assert!(told.lines().count() > kinds.len(), "{shift}: {told}");
    }
    world.edit(|root| {
        for name in ["opt/both", "opt/replaced", "etc/first.conf", "usr/share/README"] {
            fs::write(root.join(name), "changed").expect("the root is writable");
        }
        fs::create_dir_all(root.join("usr/net")).expect("the root is writable");
        fs::create_dir_all(root.join("usr/share/doc")).expect("the root is writable");
        for name in ["usr/net/shared", "usr/share/doc/first", "etc/first.ghost"] {
            fs::write(root.join(name), "made by hand").expect("the root is writable");
        }
        fs::remove_file(root.join("etc/first.missing")).expect("the root is writable");
        fs::remove_file(root.join("usr/share/licenses/first")).expect("the root is writable");
        fs::remove_dir_all(root.join("opt/first")).expect("the root is writable");
        symlink("/nowhere", root.join("opt/first")).expect("the root is writable");
        fs::set_permissions(root.join("usr/lib/.build-id/first"), fs::Permissions::from_mode(0o000)).expect("writable");
    });
    verify();
    world.edit(|root| {
        fs::remove_file(root.join("opt/first")).expect("the root is writable");
        fs::write(root.join("opt/first"), "a file in the place of a directory").expect("the root is writable");
        fs::remove_file(root.join("etc/first.ghost")).expect("the root is writable");
    });
    verify();
}

/// A record of nothing but the package's own header is one; without states its files belong to nobody when it goes.
#[test]
fn records_without_states() {
    let package =
        Package::new("bare", "1").file(File::regular("/opt/bare", "x")).file(File::regular("/opt/other", "y"));
    let world = World::new().repo("base", [rpm("next")]);
    let path = world.put("bare.rpm", &write(&package));
    world.rpm(&format!("-i --nodeps {path}"));
    world.edit(|root| change_record(root, "bare", |_| bare(&package)));
    for args in
        ["-qa", "-qi bare", "-ql bare", "-V bare", "-Vv bare", "-qf /opt/bare", "-q --qf '[%{FILESTATES}\\n]' bare"]
    {
        world.both_rpms(args);
    }
    world.both("install -y next").exits(0);
    world.both("remove -y bare").exits(0);
    assert!(world.root(Side::Ours).join("opt/bare").exists());
    world.both_rpms("-qa");
}

/// Records with the name of keys that are not keys, and keys as older versions of rpm wrote them.
#[test]
fn records_that_are_no_keys() {
    let record = |change: &dyn Fn(&mut Vec<Entry>)| {
        let package = Package::new("gpg-pubkey", "0123456789abcdef");
        let whole = RawPackage::of(&write(&package));
        whole.with_entries(|entries| {
            change(entries);
            entries.sort_by_key(|entry| entry.tag);
        })
    };
    let drop_all = |entries: &mut Vec<Entry>, tags: &[Tag]| entries.retain(|entry| !tags.contains(&entry.tag));
    let pubkeys = Entry::new(Tag(266), OwnedValue::texts(["bm8ga2V5"]));
    // With an architecture, without keys, with both, and with a key that is none.
    let cases: [Vec<u8>; 4] = [
        record(&|_| ()).header.blob(),
        record(&|entries| drop_all(entries, &[Tag::ARCH, Tag::OS])).header.blob(),
        record(&|entries| entries.push(pubkeys.clone())).header.blob(),
        record(&|entries| {
            drop_all(entries, &[Tag::ARCH, Tag::OS]);
            entries.push(pubkeys.clone());
        })
        .header
        .blob(),
    ];
    for blob in cases {
        let world = World::new();
        let path = world.put("other.rpm", &write(&Package::new("other", "1")));
        world.rpm(&format!("-i --nodeps {path}"));
        world.edit(|root| {
            change_record(root, "other", |_| blob.clone());
            database(root).execute("UPDATE Name SET key = 'gpg-pubkey' WHERE key = 'other'", []).expect("can change");
        });
        for args in
            ["-K /srv/repos/files/other.rpm", "-Kv /srv/repos/files/other.rpm", "-qp /srv/repos/files/other.rpm"]
        {
            world.both_rpms(args);
        }
        world.both_rpmkeys("--list");
        world.both_rpmkeys("--export");
        world.both_rpmkeys("--delete 0123456789abcdef");
    }
}

/// A database with many free pages is made smaller by whoever writes, one with few is not.
#[test]
fn free_pages() {
    let sizes = |megabytes: u32| {
        let world = World::new().repo("base", [rpm("foo")]);
        world.real_in_both("install -y foo").exits(0);
        world.edit(|root| {
            let fill = format!("CREATE TABLE x AS SELECT zeroblob({megabytes} * 1048576); DROP TABLE x;");
            database(root).execute_batch(&fill).expect("the database is writable");
        });
        world.both("remove -y foo").exits(0);
        [Side::Real, Side::Ours].map(|side| {
            fs::metadata(world.root(side).join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("it is there").len() >> 20
        })
    };
    assert_eq!(sizes(30), [0, 0]);
    assert_eq!(sizes(10), [10, 10]);
}

/// Packages of old gave empty files a digest of zeros.
#[test]
fn empty_files_with_a_digest_of_zeros() {
    let mut package =
        Package::new("old", "1").file(File::regular("/opt/empty", "")).file(File::regular("/opt/full", "x"));
    package.digest_algo = 1;
    let zeros = |full: &str| {
        let digests = [if full.is_empty() { "0".repeat(32) } else { full.to_owned() }, "0".repeat(32)];
        let digests = OwnedValue::texts([digests[1].as_str(), digests[0].as_str()]);
        RawPackage::of(&write(&package)).with_entries(|entries| {
            entries.retain(|entry| ![Tag::FILEDIGESTS, Tag::FILEDIGESTALGO].contains(&entry.tag));
            entries.push(Entry::new(Tag::FILEDIGESTS, digests));
            entries.sort_by_key(|entry| entry.tag);
        })
    };
    // The digest of `x`, and zeros for a file that is not empty.
    for full in ["9dd4e461268c8034f5c8564e155c67a6", ""] {
        let world = World::new();
        // dnf5 makes it whatever comes of the package.
        world.edit(|root| fs::create_dir_all(root.join("var/cache/libdnf5")).expect("the root is writable"));
        let path = world.put("old.rpm", &zeros(full).with_digests().bytes());
        world.both(&format!("install -y {path}"));
        world.both_rpms("-qa");
        world.both_rpms("-V --nodeps old");
    }
}

/// Files of every kind, old and new, with their owners, as `ls -l` shows them; what two packages share; `--last`, `--dupes`.
#[test]
fn long_lists_and_what_is_sorted() {
    let of = |name: &str, version: &str| {
        let mut made = Package::new(name, version)
            .file(File::regular("/opt/long/one", "linked").linked(1).mode(0o4755))
            .file(File::regular("/opt/long/two", "linked").linked(1).mode(0o4755))
            .file(
                File::regular("/opt/long/big", &"x".repeat(12_345))
                    .mode(0o2645)
                    .owner("longer-than-eight", "as-long-as-that"),
            )
            .file(File::link("/opt/long/link", "one"))
            .file(File::new("/opt/long/pipe", Kind::Fifo))
            .file(File::new("/opt/long/socket", Kind::Socket))
            .file(File::new("/opt/long/null", Kind::Char(0x0103)))
            .file(File::new("/opt/long/disk", Kind::Block(0xfe80)))
            .file(File::dir("/opt/long/directory").mode(0o1777))
            .file(File::regular("/etc/long.conf", "").flags(1).owner("daemon", "eight-le"));
        let times = [0, 1_600_000_000, u32::MAX, 1_799_999_999];
        for (file, time) in made.files.iter_mut().zip(times) {
            file.mtime = time;
        }
        made
    };
    let world = World::new();
    let put = |package: &Package| world.put(&format!("{}-{}.rpm", package.name, package.version), &write(package));
    let (first, second) = (put(&of("a", "1")), put(&of("a", "2")));
    let other = put(&Package::new("b", "1"));
    world.rpm(&format!("-i --nodeps {first} {other}"));
    world.edit(|root| {
        // One record's time is known, so that there is an order.
        change_record(root, "b", |_| bare(&Package::new("b", "1")));
    });
    world.rpm(&format!("-i --nodeps --replacefiles {second}"));
    same_records(&world);
    for args in [
        "-qlv a-1",
        "-qvlp FIRST",
        "-qlcv a-1 b",
        "-qliv b",
        "-qa --dupes",
        "-q --dupes a a none none b",
        "-q --dupes --last a",
        "-qa --last b none",
        "-q --last a-1 none b",
        "-qp --last FIRST",
        "-qf --dupes /opt/long /opt/long/one",
    ] {
        world.both_rpms(&args.replace("FIRST", &first));
    }
}

/// A database goes out as a stream of headers and comes in again; what is not one ends it.
#[test]
fn databases_as_streams() {
    let world = World::new().repo("base", [rpm("foo").file("/opt/foo", "x"), rpm("bar").requires("foo")]);
    world.real_in_both("install -y bar").exits(0);
    same_records(&world);
    let exported = |side: Side| world.run_rpmdb(side, "--exportdb").stdout;
    let stream = exported(Side::Real);
    assert_eq!(stream, exported(Side::Ours));
    assert!(stream.len() > 3000);
    let too_long = [&stream[..8], &[0xff; 8], &stream[..]].concat();
    let streams = [
        ("all", stream.clone()),
        ("none", Vec::new()),
        ("cut", stream[..stream.len() - 100].to_vec()),
        ("half-a-magic", [&stream[..], &stream[..5]].concat()),
        ("text", b"just a text that is long enough".to_vec()),
        ("too-long", too_long),
        ("and-behind", [&stream[..], b"just a text that is long enough", &stream[..]].concat()),
    ];
    for (name, stream) in streams {
        let path = world.put(name, &stream);
        for side in [Side::Real, Side::Ours] {
            let output = world.run_rpmdb(side, &format!("--importdb <{path}"));
            assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{name}: {output:?}");
        }
        world.rpm("-qa");
        assert_eq!(world.dump_database(Side::Real), world.dump_database(Side::Ours), "{name}");
    }
    for args in ["--salvagedb", "--initdb"] {
        for side in [Side::Real, Side::Ours] {
            assert!(world.run_rpmdb(side, args).status.success());
        }
        assert_eq!(world.dump_database(Side::Real), world.dump_database(Side::Ours), "{args}");
    }
    let empty = World::empty();
    for side in [Side::Real, Side::Ours] {
        assert!(empty.run_rpmdb(side, "--initdb").status.success());
    }
    assert_eq!(empty.dump_database(Side::Real), empty.dump_database(Side::Ours));
}

/// Packages that look after themselves: what their scriptlet sees and says, whether it fails, and how the call ends.
#[test]
fn scriptlets_of_verification() {
    let talks = "echo out $# $1; echo err >&2; pwd; umask; echo $PATH; cat; exit $(cat /code)";
    let world = World::new().repo(
        "base",
        [
            rpm("talks").script("verifyscript", talks),
            rpm("lua").script(
                "verifyscript -p <lua>",
                "print('lua', arg[2], posix.getcwd()) if posix.access('/bad') then error('bad') end",
            ),
            rpm("program").script("verifyscript -p /bin/busybox", ""),
            rpm("missing").script("verifyscript -p /no/such", "x"),
            rpm("killed").script("verifyscript", "kill -9 $$"),
            rpm("expands").script("verifyscript -q", "echo %{NAME} %{VERSION} %{INSTALLCOLOR}"),
        ],
    );
    world.write("/code", "0\n");
    world.real_in_both("install -y talks lua program killed expands").exits(0);
    world.real_in_both("install -y missing");
    for (code, bad) in [("0", false), ("3", true)] {
        world.write("/code", code);
        if bad {
            world.write("/bad", "");
        }
        for args in [
            "-V talks",
            "-Vv talks",
            "-V --noscripts talks lua",
            "-V lua",
            "-V program",
            "-V missing",
            "-V killed",
            "-V expands",
            "-V --nodeps --nofiles talks lua",
        ] {
            world.both_rpms(args);
        }
    }
}
