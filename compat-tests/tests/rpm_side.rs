//! `oxidnf rpm` beside the real rpm: queries, verification, signatures, keys, upkeep of the database.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use oxidnf_testkit::compare::rpmdb::dump_exact;
use oxidnf_testkit::fixture::{self, key_file};
use oxidnf_testkit::mangle::Pieces;
use oxidnf_testkit::world::{ROOT, Side};
use oxidnf_testkit::{Oracle, Rpm, World, rpm};

const KEY: &str = "Fixture Signer <signer@example.org>";
const STRANGER: &str = "Stranger <stranger@example.org>";

fn packages() -> Vec<Rpm> {
    vec![
        rpm("lib").evr("2:1.5-3").provides("so(lib)").file("/opt/lib/lib.so", "lib"),
        rpm("app")
            .evr("1.0-2")
            .vendor("Example")
            .tag("URL: https://example.org/")
            .tag("Packager: Some One <some@example.org>")
            .tag("Conflicts: other < 2")
            .tag("Obsoletes: ancient <= 3")
            .tag("Recommends: nice")
            .tag("Suggests: nicer")
            .requires("lib >= 2:1.0")
            .requires("(so(lib) or so(other))")
            .file("/opt/app/plain", "plain")
            .file("/opt/app/other", "other")
            .file("/opt/app/moved", "moved")
            .file("/opt/app/owner", "owner")
            .file("/opt/app/gone", "gone")
            .file_as("%attr(4755,root,root)", "/opt/app/setuid", "x")
            .file_as("%config(noreplace)", "/etc/app.conf", "a = 1")
            .file_as("%config", "/etc/app2.conf", "b = 1")
            .file_as("%doc", "/usr/share/doc/app/README", "read")
            .file_as("%ghost", "/var/log/app.log", "")
            .script("pre", "true")
            .script("post", "true")
            .script("postun", "true"),
    ]
}

fn world() -> World {
    let world = World::new().repo("base", packages());
    world.real_in_both("install -y app").exits(0);
    world
}

#[test]
fn queries() {
    let world = world();
    for args in [
        "-qa",
        "-qa l* busybox",
        "-q app lib-1.5 lib-1.5-3 lib-1.5-3.noarch lib.noarch none lib-2",
        "-qi app",
        "-qi lib busybox",
        "-ql app",
        "-qc app",
        "-qd app",
        "-qlc app lib",
        "-qf /opt/app/plain /etc/app.conf /opt /nothing /bin/sh",
        "-qR app",
        "-q --provides app lib",
        "-q --requires --conflicts app",
        "-q --obsoletes app",
        "-q --recommends --suggests app",
        "-q --scripts app",
        "-q --changelog app",
        "-qip /srv/repos/base/app-1.0-2.noarch.rpm",
        "-qlp /srv/repos/base/lib-1.5-3.noarch.rpm",
        "-qf",
    ] {
        world.both_rpms(args);
    }
}

#[test]
fn query_formats() {
    let world = world();
    for format in [
        r"%{NAME} %{name} %{EPOCH} %{EPOCHNUM} %{NEVRA} %{NVRA} %{EVR} %{NEVR}\n",
        r"[%{FILENAMES} %{FILEMODES:perms} %{FILEMODES:octal} %{FILESIZES} %{FILEFLAGS:fflags} %{FILEUSERNAME}\n]",
        r"[%{=NAME}: %{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\n]",
        r"%-12{NAME}|%12{VERSION}|%{#FILENAMES}|%{FILENAMES:arraysize}\n",
        r"%|EPOCH?{epoch %{EPOCH}}:{no epoch}|%|URL?{ %{URL}}|\t%%\n",
        r"%{SUMMARY:shescape} %{BUILDTIME:date} %{BUILDTIME:day} %{BUILDTIME:hex} %{SIZE} %{LONGSIZE}\n",
        r"%{VENDOR} %{PACKAGER} %{NOSUCHTAG}\n",
        r"%{NAME",
        r"%|NAME?{x}",
        r"[%{FILENAMES} %{REQUIRENAME}\n]",
        r"%{SIGMD5} %{SHA1HEADER}\n",
    ] {
        world.both_rpms(&format!("-q --qf '{format}' app"));
        world.both_rpms(&format!("-q --qf '{format}' lib"));
    }
}

#[test]
fn verification() {
    let world = world();
    world.both_rpms("-V app");
    world.both_rpms("-Va");
    world.edit(|root| {
        let path = |name: &str| root.join("opt/app").join(name);
        fs::write(path("plain"), "something else").expect("the root is writable");
        fs::set_permissions(path("other"), fs::Permissions::from_mode(0o600)).expect("the root is writable");
        fs::set_permissions(path("setuid"), fs::Permissions::from_mode(0o755)).expect("the root is writable");
        chown(path("owner"), Some(7), Some(8)).expect("the root is writable");
        fs::remove_file(path("gone")).expect("the root is writable");
        fs::remove_file(path("moved")).expect("the root is writable");
        symlink("plain", path("moved")).expect("the root is writable");
        fs::write(root.join("etc/app.conf"), "a = 2").expect("the root is writable");
        fs::remove_file(root.join("etc/app2.conf")).expect("the root is writable");
        fs::remove_file(root.join("usr/share/doc/app/README")).expect("the root is writable");
        fs::create_dir(root.join("usr/share/doc/app/README")).expect("the root is writable");
    });
    for args in ["-V app", "-Va", "-Vv app lib", "-V none app", "-Vf /opt/app/plain", "-V --nofiles app"] {
        world.both_rpms(args);
    }
    world.rpm("-e --nodeps lib");
    world.both_rpms("-V app");
    world.both_rpms("-V --nodeps app");
}

#[test]
fn signatures_and_keys() {
    let build = |format: &str, key: Option<&str>| {
        let package = rpm("foo").file("/opt/foo", "hello").define("_rpmformat", format);
        let package = key.map_or(package.clone(), |key| package.signed_by(key));
        let repo = fixture::repo(&Oracle::find(), &[package]);
        fs::read(repo.dir().join("foo-1-1.noarch.rpm")).expect("the fixture was built")
    };
    let world = World::new();
    let mut files = Vec::new();
    for format in ["4", "6"] {
        for (name, key) in [("unsigned", None), ("signed", Some(KEY)), ("stranger", Some(STRANGER))] {
            let bytes = build(format, key);
            let pieces = Pieces::of(&bytes);
            files.push(world.put(&format!("{name}-{format}.rpm"), &bytes));
            files.push(world.put(&format!("{name}-{format}-payload.rpm"), &pieces.clone().bad_payload().bytes()));
            files.push(world.put(&format!("{name}-{format}-header.rpm"), &pieces.bad_header(b"/opt/").bytes()));
        }
    }
    let whole = build("4", None);
    for length in [0, 50, 200, 5000, whole.len() - 10] {
        files.push(world.put(&format!("cut-{length}.rpm"), &whole[..length]));
    }
    let keys: Vec<String> = [KEY, STRANGER]
        .iter()
        .map(|key| world.put(&format!("{}.asc", key.len()), &fs::read(key_file(key)).expect("signing made the key")))
        .collect();
    let all = files.join(" ");
    let packages = || world.both_rpms(&format!("-qp {all}"));
    packages();
    for step in ["", keys[0].as_str(), keys[1].as_str(), keys[0].as_str()] {
        if !step.is_empty() {
            world.both_rpms(&format!("--import {step}"));
            packages();
            world.both_rpms("-qa gpg-pubkey");
            world.both_rpms("-q --qf '%{NAME} %{VERSION} %{SUMMARY} %{PUBKEYS} %{DESCRIPTION}\\n' gpg-pubkey");
        }
        for level in ["digest", "signature", "all", "none"] {
            for flags in ["0x20100", "0x0"] {
                let options = format!("--define '_pkgverify_level {level}' --define '_pkgverify_flags {flags}'");
                world.both_rpms(&format!("{options} -K {all}"));
                world.both_rpms(&format!("{options} -Kv {all}"));
            }
        }
    }
    let lengths = [0, 7, 63, 64, 65, 500];
    let texts = lengths.map(|length| world.put(&format!("text-{length}.asc"), &vec![b'x'; length]));
    world.both_rpms(&format!("--import {} /nowhere.asc", texts.join(" ")));
    world.both_rpms("-K /nowhere.rpm");
}

#[test]
fn upkeep_of_the_database() {
    let world = world();
    world.both_rpms("--verifydb");
    // The records of one root in both, so that times are the same.
    let files = ["rpmdb.sqlite", "rpmdb.sqlite-wal"].map(|name| format!("usr/lib/sysimage/rpm/{name}"));
    for file in &files {
        let bytes = fs::read(world.root(Side::Real).join(file)).expect("the database is there");
        world.edit(|root| fs::write(root.join(file), &bytes).expect("the root is writable"));
    }
    world.both_rpms("--rebuilddb");
    world.rpm("-qa");
    world.rpmdb("--verifydb");
    let dump = |side| dump_exact(&world.root(side).join("usr/lib/sysimage/rpm"));
    assert_eq!(dump(Side::Real), dump(Side::Ours));
}

/// rpm reads these backends; oxidnf says what to do about them, and leaves everything as it is.
#[test]
fn databases_of_other_backends() {
    for (file, backend) in [("Packages", "bdb"), ("Packages.db", "ndb")] {
        let world = World::empty();
        let path = world.root(Side::Ours).join("usr/lib/sysimage/rpm");
        fs::create_dir_all(&path).expect("the root is writable");
        fs::write(path.join(file), b"records").expect("the root is writable");
        for args in ["-qa", "-q foo", "--verifydb", "--rebuilddb", "-V foo"] {
            let output = world.run_rpm(Side::Ours, args);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let wanted =
                [format!("{file} is an rpm database of the {backend} backend"), "rpmdb --rebuilddb".to_owned()];
            assert!(!output.status.success(), "{args}");
            assert!(wanted.iter().all(|text| told.contains(text)), "{args}: {told}");
        }
        assert!(!world.run(Side::Ours, "remove -y foo").status.success());
        assert_eq!(fs::read(path.join(file)).expect("it is still there"), b"records");
        assert!(!path.join("rpmdb.sqlite").exists());
    }
}

/// What an older rpm did not have yet, or somebody dropped, is made anew by whoever writes first.
#[test]
fn missing_tables_and_indexes() {
    let world = world();
    let key = world.put("key.asc", &fs::read(key_of_signer()).expect("signing made the key"));
    world.edit(|root| {
        let db =
            rusqlite::Connection::open(root.join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("the database is there");
        db.execute_batch("DROP TABLE Enhancename; DROP TABLE Name; DROP TABLE Basenames; DROP INDEX Group_key_idx;")
            .expect("tables can be dropped");
    });
    // rpm complains of the missing tables before, as it opens the database for reading first.
    for side in [Side::Real, Side::Ours] {
        let output = world.run_rpm(side, &format!("--import {key}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.ends_with("warning: Generating 3 missing index(es), please wait...\n"), "{told}");
    }
    assert_eq!(world.dump_database(Side::Real), world.dump_database(Side::Ours));
    world.both_rpms("-qa");
    world.both_rpms("-qf /opt/app/plain");
    world.both_rpms("--verifydb");
}

/// Whoever comes second is refused, whichever program holds the lock.
#[test]
fn locks_are_honoured_both_ways() {
    let slow = rpm("slow").script("pre", "echo started >/started; sleep 6");
    let world = World::new().repo("base", [slow]);
    let key = world.put("key.asc", &fs::read(key_of_signer()).expect("signing made the key"));
    for (holder, other) in [(Side::Real, "oxidnf"), (Side::Ours, "rpm")] {
        let side = Side::Ours;
        let mut running = match holder {
            Side::Real => world.start(side, &["rpm", "--root", ROOT, "-i", "/srv/repos/base/slow-1-1.noarch.rpm"]),
            Side::Ours => world.start(
                side,
                &["/srv/bin/dnf5", "--installroot", ROOT, "reinstall", "-y", "/srv/repos/base/slow-1-1.noarch.rpm"],
            ),
        };
        let started = world.root(side).join("started");
        let patience = std::time::Instant::now();
        while !started.exists() {
            assert!(patience.elapsed().as_secs() < 60, "the scriptlet did not start");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let refused = match other {
            "oxidnf" => world.run_rpm(Side::Ours, &format!("--import {key}")),
            _ => world.start(side, &["rpm", "--root", ROOT, "-e", "slow"]).wait_with_output().expect("rpm ran"),
        };
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        // Keys have a lock of their own, which transactions share.
        let lock = if other == "oxidnf" { "keyring" } else { "transaction" };
        assert!(!refused.status.success() && told.contains(&format!("create {lock} lock on")), "{other}: {told}");
        assert!(running.wait().expect("the holder ran").success());
        fs::remove_file(&started).expect("the root is writable");
    }
}

fn key_of_signer() -> std::path::PathBuf {
    fixture::repo(&Oracle::find(), &[rpm("foo").signed_by(KEY)]);
    key_file(KEY)
}
