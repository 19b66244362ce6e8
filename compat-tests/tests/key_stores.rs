//! The places where rpm keeps keys (`%_keyring`): who imports, lists and deletes them, and who judges by them.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use oxidnf_testkit::fixture::{self, key_file};
use oxidnf_testkit::openpgp::{Algorithm, Binding, Hash, Secret, at};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, rpm};
use rstest::rstest;
use rustix::fs::{FlockOperation, fcntl_lock};

const SIGNER: &str = "Fixture Signer <signer@example.org>";
/// The first day of 2020.
const START: u64 = 1_577_836_800;
const KEYS: &str = "usr/lib/sysimage/rpm/pubkeys";

/// A world that keeps keys in this store.
fn world(store: &str) -> World {
    let world = World::new();
    world.macros(&format!("%_keyring {store}"));
    world
}

fn secret(name: &str) -> Secret {
    Secret::new(&format!("{name} <{name}@example.org>"), Algorithm::EdDsa, at(START), None, Hash::SHA256)
}

/// The files of the stores on one side, with their modes and contents.
fn files(root: &Path) -> String {
    fn add(path: &Path, name: &str, text: &mut String) {
        let Ok(entries) = fs::read_dir(path) else { return };
        let mut entries: Vec<_> = entries.map(|entry| entry.expect("the directory is readable")).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let meta = entry.metadata().expect("the entry is there");
            let name = format!("{name}/{}", entry.file_name().display());
            // rpm leaves the mode of its lock to chance.
            let mode = if name == "/writelock" { 0 } else { meta.permissions().mode() };
            let content = fs::read_to_string(entry.path()).unwrap_or_default();
            writeln!(text, "{name} {mode:o}\n{content}").expect("writing to a String cannot fail");
            if meta.is_dir() {
                add(&entry.path(), &name, text);
            }
        }
    }
    let mut text = String::new();
    add(&root.join(KEYS), "", &mut text);
    text
}

fn compare_files(world: &World) {
    assert_alike(&files(&world.root(Side::Real)), &files(&world.root(Side::Ours)));
    assert_alike(&world.dump_database(Side::Real), &world.dump_database(Side::Ours));
}

fn assert_alike(real: &str, ours: &str) {
    assert!(real == ours, "-- rpm --\n{real}\n-- oxidnf --\n{ours}");
}

#[rstest]
fn import_list_export_delete(#[values("rpmdb", "fs", "openpgp", "nonsense")] store: &str) {
    let world = world(store);
    let [one, two, three] = ["one", "two", "three"].map(secret);
    let more = one.clone().with_subkey(&one.subkey(Algorithm::EdDsa), Binding::default());
    let six = Secret::new("six", Algorithm::V6Ed25519, at(START), None, Hash::SHA512);
    let put =
        |name: &str, keys: &[&Secret]| world.put(name, &keys.iter().flat_map(|key| key.armored()).collect::<Vec<_>>());
    let file_one = put("one.asc", &[&one]);
    let file_two = put("two.asc", &[&two, &three]);
    let file_more = put("more.asc", &[&more, &six]);
    let bad = world.put("bad.asc", b"no key at all, but longer than the shortest that rpm looks at, which is enough");
    let id = |key: &Secret| key.fingerprint()[24..].to_owned();
    let seen = |args: &str| {
        world.both_rpmkeys(args);
        compare_files(&world);
    };
    seen("--list");
    seen(&format!("--import {file_one} {bad} {file_two}"));
    for args in ["--list", "--export", "-l", "--list zz x* 0a", "--export abc", "--delete", "--delete 0123456789abcdef"]
    {
        seen(args);
    }
    for key in [
        one.fingerprint(),
        id(&two),
        id(&three)[8..].to_owned(),
        id(&one).to_uppercase(),
        two.fingerprint().to_uppercase(),
    ] {
        seen(&format!("--list {key}"));
        seen(&format!("--export {key} {key}"));
    }
    seen(&format!("--import {file_more}"));
    // rpm 6.1 forgets what it knew when somebody imports an older copy, a revocation even; oxidnf keeps it.
    let keys = |side| world.rpmkeys(side, "--export");
    let before = keys(Side::Ours);
    let run = |side| world.run_rpm(side, &format!("--import {file_one}"));
    assert!(run(Side::Real).status.success() && run(Side::Ours).status.success());
    assert_eq!(keys(Side::Ours), before);
    assert_ne!(keys(Side::Real), before);
    seen(&format!("--import {file_more}"));
    seen("--list");
    seen("--export");
    seen(&format!("--delete {} {}", id(&two), &id(&three)[8..]));
    seen("--list");
    seen(&format!("--delete {} {}", six.fingerprint(), one.fingerprint()));
    seen("--list");
    seen(&format!("--delete {}", one.fingerprint()));
}

/// Files of every kind in the place of keys, and names that older rpms gave.
#[rstest]
fn odd_files(#[values("fs", "openpgp")] store: &str) {
    let world = world(store);
    let [one, two, three] = ["one", "two", "three"].map(secret);
    let both = [one.armored(), two.armored()].concat();
    let id = one.fingerprint()[32..].to_owned();
    let file = world.put("one.asc", &one.armored());
    let dirs = ["44", "a", "zz", "1234", ".hidden"];
    let names = ["a.key", "b.asc", ".c.key", "d.key.new", "e"];
    world.edit(|root| {
        let keys = root.join(KEYS);
        let put = |name: &str, content: &[u8]| {
            let path = keys.join(name);
            fs::create_dir_all(path.parent().expect("has a parent")).expect("the root is writable");
            fs::write(path, content).expect("the root is writable");
        };
        for name in names {
            put(name, &two.armored());
            for dir in dirs {
                put(&format!("{dir}/{name}"), b"garbage");
            }
        }
        put("empty.key", b"");
        put("garbage.key", b"garbage");
        put("cut.key", &three.armored()[..80]);
        put("several.key", &both);
        put("44/several", &both);
        put("dir.key/inside", b"");
        put(&format!("gpg-pubkey-{id}-5e0be100.key"), &three.armored());
        put(&format!("gpg-pubkey-{id}.key"), &three.armored());
        put(&format!("gpg-pubkey-{id}x"), &three.armored());
    });
    world.both_rpmkeys("--list");
    world.both_rpmkeys(&format!("--import {file}"));
    compare_files(&world);
    world.edit(|root| {
        let name = format!("{}/gpg-pubkey-{}-5e0be100.key", KEYS, one.fingerprint());
        fs::write(root.join(name), three.armored()).expect("the root is writable");
        fs::write(root.join(format!("{KEYS}/gpg-pubkey-{id}.key")), three.armored()).expect("the root is writable");
    });
    world.both_rpmkeys(&format!("--import {file}"));
    compare_files(&world);
    for _ in 0..3 {
        world.both_rpmkeys(&format!("--delete {}", one.fingerprint()));
        compare_files(&world);
    }
    world.both_rpmkeys("--list");
}

/// Packages are judged by the keys of the store, and keys of repositories go there.
#[rstest]
fn packages_are_judged(#[values("rpmdb", "fs", "openpgp")] store: &str) {
    let package = rpm("foo").file("/opt/foo", "hello\n").signed_by(SIGNER);
    let mut world = World::new();
    world.add_repo(
        "base",
        &fixture::repo(&Oracle::find(), &[package]),
        "gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n",
    );
    let key = fs::read(key_file(SIGNER)).expect("signing made the key");
    world.macros(&format!("%_keyring {store}\n%_pkgverify_level all"));
    world.edit(|root| fs::write(root.join("etc/key.asc"), &key).expect("the root is writable"));
    let file = "/srv/repos/base/foo-1-1.noarch.rpm";
    world.both_rpms(&format!("-Kv {file}"));
    world.both("install -y foo").exits(0);
    compare_files(&world);
    world.both_rpmkeys("--list");
    world.both_rpms(&format!("-Kv {file}"));
    world.both("reinstall -y foo").exits(0);
    world.both("remove -y foo").exits(0);
    world.both(&format!("install -y {file}")).exits(0);
    let list = world.both_rpmkeys("--list");
    let fingerprint = list.split(' ').next().expect("a line has words").to_owned();
    world.both_rpmkeys(&format!("--delete {fingerprint}"));
    world.both_rpms(&format!("-Kv {file}"));
    compare_files(&world);
}

/// Who changes keys keeps others out, who reads them only those that change them.
#[rstest]
fn locks(#[values("rpmdb", "fs", "openpgp")] store: &str) {
    let world = world(store);
    let key = world.put("one.asc", &secret("one").armored());
    world.both_rpmkeys(&format!("--import {key}"));
    let id = "0123456789abcdef";
    for kind in [FlockOperation::NonBlockingLockShared, FlockOperation::NonBlockingLockExclusive] {
        let held = [Side::Real, Side::Ours].map(|side| {
            let path = world.root(side).join("usr/lib/sysimage/rpm/.keyring.lock");
            let file = fs::File::options().read(true).write(true).open(path).expect("importing made the file");
            fcntl_lock(&file, kind).expect("nobody else has it");
            file
        });
        for args in [format!("--import {key}"), "--list".to_owned(), "--export".to_owned(), format!("--delete {id}")] {
            world.both_rpmkeys(&args);
        }
        drop(held);
    }
    compare_files(&world);
}

/// Keys of one store put into another, of every kind into every kind, over keys that are there already.
#[rstest]
fn rebuilt_from_other_stores(
    #[values("rpmdb", "fs", "openpgp")] from: &str,
    #[values("rpmdb", "fs", "openpgp")] to: &str,
    #[values(false, true)] named: bool,
) {
    let world = world(from);
    let [one, two, three] = ["one", "two", "three"].map(secret);
    let put = |name: &str, keys: &[&Secret]| {
        let file = world.put(name, &keys.iter().flat_map(|key| key.armored()).collect::<Vec<_>>());
        world.both_rpmkeys(&format!("--import {file}"));
    };
    put("one.asc", &[&one, &two, &three]);
    world.macros(&format!("%_keyring {to}"));
    if from == "rpmdb" {
        put("two.asc", &[&three, &secret("four")]);
    }
    // rpm throws away what lies in the directory in the form of the other store, unless it is named; oxidnf leaves it.
    let spared = !named && from != to && from != "rpmdb" && to != "rpmdb";
    let source = if named { format!(" --from={from}") } else { String::new() };
    for args in [
        format!("--rebuild{source}"),
        "--list".to_owned(),
        format!("--rebuild{source} with words"),
        "--list".to_owned(),
    ] {
        world.both_rpmkeys(&args);
        if !spared {
            compare_files(&world);
        }
    }
    assert_eq!(spared, files(&world.root(Side::Real)) != files(&world.root(Side::Ours)));
    world.both_rpmkeys("--rebuild --from=nonsense");
    world.both_rpmkeys("--list");
}

/// What would not work is told, and nothing is changed, as rpm's help says of it; rpm 6.1 imports all the same.
#[test]
fn import_that_only_tests() {
    let world = world("rpmdb");
    let good = world.put("good.asc", &secret("good").armored());
    let bad = world.put("bad.asc", b"no key at all, but longer than the shortest that rpm looks at, which is enough");
    let keys = || world.run_rpm(Side::Ours, "-qa gpg-pubkey").stdout;
    for (files, code) in [(good.clone(), 0), (format!("{bad} {good} /nowhere"), 2)] {
        let said = |side, test: &str| {
            let output = world.run_rpm(side, &format!("--import {test} {files}"));
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let ours = said(Side::Ours, "--test");
        assert!(keys().is_empty());
        assert_eq!(ours.0, Some(code));
        assert_eq!(said(Side::Real, "--test"), ours);
    }
}
