//! Whose repositories and packages are believed: signatures of metadata, keys, and the cases in which others were fooled.
//!
//! What is compared with dnf5 runs on both sides. The last tests are about what dnf5 accepts and options of oxidnf refuse.

use std::fs;
use std::path::Path;
use std::process::Output;

use oxidnf_testkit::fixture::{key_file, sign_file};
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::openpgp::{Algorithm, Binding, Hash, Secret, at, days, sign_detached};
use oxidnf_testkit::tls::Identity;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Oracle, Rpm, World, rpm};
use rstest::rstest;

const ONE: &str = "Fixture Signer <signer@example.org>";
const TWO: &str = "Stranger <stranger@example.org>";
const KEY: &str = "gpgkey=file:///srv/t/root/etc/key.asc\n";

fn packages() -> [Rpm; 2] {
    [rpm("foo").signed_by(ONE), rpm("bar").signed_by(TWO)]
}

/// A repository with a signature of its index by a key; the key of `offered` is what the configuration names.
fn signed(by: &str, offered: &str, conf: &str) -> World {
    let conf = format!("repo_gpgcheck=1\ngpgcheck=0\n{conf}");
    let world = World::new().repo_conf("base", packages(), &conf);
    sign_file(by, &world.repo_dir("base").join("repodata/repomd.xml"));
    world.write("/etc/key.asc", &fs::read_to_string(key_file(offered)).expect("packages made the keys"));
    world
}

#[test]
fn the_key_of_the_metadata_is_imported() {
    let world = signed(ONE, ONE, KEY);
    world.both("-y makecache").exits(0).says("The key was successfully imported.");
    world.both("makecache").exits(0);
}

#[rstest]
#[case::declined("--assumeno makecache", ONE, ONE, KEY, "Signing key not found")]
#[case::nobody_answers("makecache", ONE, ONE, KEY, "Signing key not found")]
#[case::another_key("-y makecache", TWO, ONE, KEY, "Signing key not found")]
#[case::no_key("-y makecache", ONE, ONE, "", "Signing key not found")]
#[case::no_key_file("-y makecache", ONE, ONE, "gpgkey=file:///srv/t/root/etc/nothing\n", "Failed to read key")]
#[case::no_key_in_file(
    "-y makecache",
    ONE,
    ONE,
    "gpgkey=file:///srv/t/root/etc/dnf/dnf.conf\n",
    "Signing key not found"
)]
fn metadata_without_a_good_key(
    #[case] command: &str,
    #[case] by: &str,
    #[case] offered: &str,
    #[case] conf: &str,
    #[case] says: &str,
) {
    signed(by, offered, conf).both(command).exits(1).says(says);
}

#[test]
fn metadata_changed_after_it_was_signed() {
    let world = signed(ONE, ONE, KEY);
    let repomd = world.repo_dir("base").join("repodata/repomd.xml");
    let text = fs::read_to_string(&repomd).expect("the copy is readable");
    fs::write(&repomd, text.replacen("<revision>1", "<revision>2", 1)).expect("the copy is writable");
    world.both("-y makecache").exits(1).says("Bad PGP signature");
}

#[test]
fn metadata_without_its_signature() {
    let world = signed(ONE, ONE, KEY);
    fs::remove_file(world.repo_dir("base").join("repodata/repomd.xml.asc")).expect("the copy is writable");
    world.both("-y makecache").exits(1).says("GPG signature is not available");
}

#[test]
fn keys_of_metadata_over_http() {
    let world = signed(ONE, ONE, "");
    fs::copy(key_file(ONE), world.repos_dir().join("key.asc")).expect("the copy is writable");
    let server = Server::start(&world.repos_dir());
    let conf = format!("gpgcheck=0\nrepo_gpgcheck=1\ngpgkey={}/key.asc\n", server.url());
    world.repo_at("base", &format!("{}/base", server.url()), &conf);
    server.fault("key.asc", Fault::Status(404));
    {
        let world = &world;
        let runs = [Side::Real, Side::Ours].map(|side| world.run(side, "-y makecache"));
        for run in runs {
            assert_eq!(run.status.code(), Some(1));
            assert!(text(&run).contains("Failed to download key from"), "{}", text(&run));
        }
    }
    server.heal();
    world.both("-y makecache").exits(0).says("The key was successfully imported.");
}

/// Forgets the metadata but not the keys.
fn forget_metadata(root: &Path) {
    for dir in fs::read_dir(root.join("var/cache/libdnf5")).expect("there is a cache").flatten() {
        let _ = fs::remove_dir_all(dir.path().join("repodata"));
    }
}

/// Metadata signed by keys that dnf5's GnuPG cannot read: dnf5 refuses what oxidnf checks, with signatures that sequoia,
/// rpm's own OpenPGP library, has made.
#[rstest]
#[case::v6_ed25519(Algorithm::V6Ed25519)]
#[case::v6_ed448(Algorithm::V6Ed448)]
#[case::v6_rsa(Algorithm::V6Rsa(3072))]
#[case::ml_dsa_65(Algorithm::MlDsa65)]
#[case::ml_dsa_87(Algorithm::MlDsa87)]
#[case::slh_dsa(Algorithm::SlhDsa128s)]
fn metadata_signed_by_keys_of_today(#[case] algorithm: Algorithm) {
    let secret = |name: &str| Secret::new(name, algorithm, at(1_577_836_800), None, Hash::SHA512);
    let (key, stranger) = (secret("Today <today@example.org>"), secret("Other <other@example.org>"));
    let conf = "repo_gpgcheck=1\ngpgcheck=0\n";
    let world = World::new().repo_conf("base", [rpm("foo")], &format!("{conf}{KEY}"));
    world.write("/etc/key.asc", &String::from_utf8(key.armored()).expect("armor is ASCII"));
    let repomd = world.repo_dir("base").join("repodata/repomd.xml");
    let index = fs::read(&repomd).expect("the copy is readable");
    let sign_by = |signer: &Secret, data: &[u8]| {
        let signature = sign_detached(&signer.signer(), data, Hash::SHA512, at(1_640_995_200));
        fs::write(repomd.with_extension("xml.asc"), signature).expect("the copy is writable");
    };
    let ours = |args: &str| {
        let output = world.run(Side::Ours, args);
        (output.status.code(), text(&output))
    };
    sign_by(&stranger, &index);
    let (code, told) = ours("-y makecache");
    assert!(code == Some(1) && told.contains("Signing key not found"), "{told}");
    sign_by(&key, b"something else");
    let (code, told) = ours("-y makecache");
    assert!(code == Some(1) && told.contains("Bad PGP signature"), "{told}");
    sign_by(&key, &index);
    assert_eq!(world.run(Side::Real, "-y makecache").status.code(), Some(1), "dnf5 has learnt it: compare with it");
    let (code, told) = ours("-y makecache");
    assert_eq!(code, Some(0), "{told}");
    // The key was kept.
    world.repo_at("base", "file:///srv/repos/base", conf);
    forget_metadata(&world.root(Side::Ours));
    let (code, told) = ours("makecache");
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn accepted_keys_are_shared_with_dnf5() {
    let world = signed(ONE, ONE, KEY);
    world.both("-y makecache").exits(0);
    // From now on nobody offers the key: it must be where the other program looks for it.
    world.repo_at("base", "file:///srv/repos/base", "repo_gpgcheck=1\ngpgcheck=0\n");
    world.edit(forget_metadata);
    world.real_in_both("makecache").exits(0);
    world.edit(forget_metadata);
    world.ours_in_both("makecache").exits(0);
}

/// Case 2 of the security cases: expired and revoked keys, and subkeys that nobody bound.
#[test]
fn security_case_2_keys_that_are_over() {
    const OVER: &str = "Over <over@example.org>";
    let world = World::new()
        .repo_conf("base", [rpm("foo")], "repo_gpgcheck=1\ngpgcheck=0\n")
        .ignoring(Axis::Stderr, "GnuPG and sequoia word a revoked key differently");
    let make = |how: &str| {
        Oracle::find().script(
            &[(world.repos_dir(), "/srv/repos")],
            &format!(
                "mkdir -m700 /tmp/over.$$; export GNUPGHOME=/tmp/over.$$; cd /srv/repos; \
                 gpg='gpg --batch --quiet --yes --pinentry-mode loopback --passphrase='; {how}; \
                 $gpg --armor --export >/srv/repos/key.asc; gpgconf --kill all; rm -rf /tmp/over.$$"
            ),
        );
        fs::copy(world.repos_dir().join("key.asc"), world.root(Side::Real).join("etc/key.asc")).expect("ours");
        fs::copy(world.repos_dir().join("key.asc"), world.root(Side::Ours).join("etc/key.asc")).expect("ours");
        world.repo_at("base", "file:///srv/repos/base", &format!("repo_gpgcheck=1\ngpgcheck=0\n{KEY}"));
    };
    let sign = format!("--armor --detach-sign -u '{OVER}' base/repodata/repomd.xml");
    make(&format!(
        "$gpg --faked-system-time 20200101T000000 --quick-gen-key '{OVER}' rsa2048 default 1y; \
         $gpg --faked-system-time 20200601T000000 {sign}"
    ));
    world.both("-y makecache").exits(1).says("key has expired");
    nothing_is_believed(&world, "foo");
    world.edit(|root| fs::remove_dir_all(root.join("var/cache/libdnf5")).expect("ours"));
    make(&format!(
        "$gpg --quick-gen-key '{OVER}' rsa2048 default never; $gpg {sign}; \
         sed 's/^:---/---/' $GNUPGHOME/openpgp-revocs.d/*.rev | $gpg --import"
    ));
    world.both("-y makecache").exits(1).says("for repository \"base\"").says("key has been revoked");
    nothing_is_believed(&world, "foo");
    world.edit(|root| fs::remove_dir_all(root.join("var/cache/libdnf5")).expect("ours"));
    make(&format!("$gpg --quick-gen-key '{OVER}' rsa2048 default never; $gpg {sign}"));
    world.both("-y makecache").exits(0);
}

/// A subkey that does not confirm that it belongs to the key is another's, whoever bound it. One of which is not said
/// what it is for is refused, too, as by rpm; GnuPG takes it for one that may do anything.
#[rstest]
#[case::bound(Binding::default(), 0)]
#[case::unconfirmed(Binding { unconfirmed: true, ..Binding::default() }, 1)]
#[case::over(Binding { validity: Some(days(30)), ..Binding::default() }, 1)]
fn security_case_2_subkeys(#[case] binding: Binding, #[case] status: i32) {
    let made = at(1_577_836_800);
    let key = Secret::new("Signer <signer@example.org>", Algorithm::Rsa(2048), made, None, Hash::SHA256);
    let subkey = key.subkey(Algorithm::Rsa(2048));
    let key = key.with_subkey(&subkey, binding);
    let world = World::new()
        .repo_conf("base", [rpm("foo")], &format!("repo_gpgcheck=1\ngpgcheck=0\n{KEY}"))
        .ignoring(Axis::Stderr, "GnuPG and sequoia word a bad subkey differently");
    world.write("/etc/key.asc", &String::from_utf8(key.armored()).expect("armor is ASCII"));
    let repomd = world.repo_dir("base").join("repodata/repomd.xml");
    let index = fs::read(&repomd).expect("the copy is readable");
    let signature = sign_detached(&subkey, &index, Hash::SHA256, at(1_640_995_200));
    fs::write(repomd.with_extension("xml.asc"), signature).expect("the copy is writable");
    world.both("-y makecache").exits(status);
    if status != 0 {
        nothing_is_believed(&world, "foo");
    }
}

/// Checks that oxidnf has kept nothing of a repository that it refused.
fn nothing_is_believed(world: &World, name: &str) {
    let run = world.run(Side::Ours, "-C repoquery");
    assert!(run.status.code() == Some(1) && run.stdout.is_empty(), "{}", text(&run));
    is_not_installed(world, name);
}

/// Checks with rpm's own database that a package did not get in.
fn is_not_installed(world: &World, name: &str) {
    let listed = world.run_program_on_ours("rpm", "-qa --queryformat=%{name}\\n");
    assert!(listed.contains("busybox") && !listed.lines().any(|line| line == name), "{listed}");
}

/// Case 3: a location that leads out of the cache.
#[rstest]
#[case::upwards("../../../../../../tmp/evil-1-1.noarch.rpm")]
#[case::encoded("%2e%2e/%2e%2e/evil-1-1.noarch.rpm")]
#[case::absolute("/etc/evil-1-1.noarch.rpm")]
#[case::backslash("..\\\\..\\\\evil-1-1.noarch.rpm")]
fn security_case_3_locations(#[case] href: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    Oracle::find().script(
        &[(world.repos_dir(), "/srv/repos")],
        &format!(
            "cd /srv/repos/base/repodata; zstd -qdc *primary.xml.zst | sed 's|href=\"foo-1-1.noarch.rpm\"|href=\"{href}\"|' \
             >/srv/repos/primary.xml; rm *primary*; modifyrepo_c --mdtype=primary /srv/repos/primary.xml . >/dev/null; \
             rm /srv/repos/primary.xml"
        ),
    );
    let before = world.snapshot(Side::Ours);
    let output = world.run(Side::Ours, "install -y foo");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let new = diff_of_files(&before, &world.snapshot(Side::Ours));
    assert!(new.is_empty(), "new files: {new:?}\n{}", text(&output));
    assert!(!world.root(Side::Ours).join("tmp/evil-1-1.noarch.rpm").exists());
    // The culprit is named.
    assert!(text(&output).contains("evil-1-1.noarch.rpm"), "{}", text(&output));
    is_not_installed(&world, "foo");
}

/// The same of the files that the index names.
#[rstest]
#[case::upwards("../../../../../../tmp/evil.xml.zst", "leads out of the repository")]
#[case::encoded("repodata/%2e%2e/%2e%2e/%2e%2e/evil.xml.zst", "leads out of the repository")]
#[case::absolute("/srv/t/root/etc/evil.xml.zst", "absolute")]
#[case::url("file:///srv/t/root/etc/evil.xml.zst", "absolute")]
#[case::backslash("..\\\\..\\\\evil.xml.zst", "character")]
fn security_case_3_locations_in_the_index(#[case] href: &str, #[case] says: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    let script =
        format!("cd /srv/repos/base/repodata; sed -i 's|href=\"[^\"]*primary[^\"]*|href=\"{href}|' repomd.xml");
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
    let before = world.snapshot(Side::Ours);
    let output = world.run(Side::Ours, "makecache");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains(says) && text(&output).contains("evil.xml.zst"), "{}", text(&output));
    let new = diff_of_files(&before, &world.snapshot(Side::Ours));
    assert!(new.is_empty(), "new files: {new:?}\n{}", text(&output));
    nothing_is_believed(&world, "foo");
}

fn diff_of_files(before: &str, after: &str) -> Vec<String> {
    let files =
        |text: &str| -> Vec<String> { text.lines().filter(|line| line.contains("evil")).map(str::to_owned).collect() };
    files(after).into_iter().filter(|line| !files(before).contains(line)).collect()
}

/// Case 6: what is checked, whatever was said where; and nothing unchecked is called checked.
#[rstest]
#[case("gpgcheck=0", "gpgcheck=1", 1)]
#[case("gpgcheck=1", "gpgcheck=0", 0)]
#[case("gpgcheck=1", "", 1)]
#[case("gpgcheck=0", "", 0)]
#[case("pkg_gpgcheck=1", "", 1)]
#[case("", "pkg_gpgcheck=1", 1)]
#[case("gpgcheck=1\ngpgcheck_policy=full", "repo_gpgcheck=0", 1)]
#[case("gpgcheck=1\ngpgcheck_policy=all", "gpgcheck=0\nrepo_gpgcheck=0", 0)]
fn security_case_6_precedence(#[case] main: &str, #[case] repo: &str, #[case] status: i32) {
    let world = World::new().repo_conf("base", [rpm("foo")], &format!("{repo}\n"));
    world.write("/etc/dnf/dnf.conf", &format!("[main]\n{main}\n"));
    let step = world.both("install -y foo").exits(status);
    if status == 0 {
        step.says("Warning: skipped OpenPGP checks for 1 package from repository: base");
    } else {
        is_not_installed(&world, "foo");
    }
}

#[rstest]
#[case("localpkg_gpgcheck=1", 1)]
#[case("localpkg_gpgcheck=0", 0)]
#[case("gpgcheck=1", 0)]
#[case("gpgcheck=1\ngpgcheck_policy=all", 1)]
fn security_case_6_local_packages(#[case] main: &str, #[case] status: i32) {
    let world = World::new().repo_conf("base", [rpm("foo")], "repo_gpgcheck=0\n");
    world.write("/etc/dnf/dnf.conf", &format!("[main]\n{main}\n"));
    let step = world.both("install -y /srv/repos/base/foo-1-1.noarch.rpm").exits(status);
    if status == 0 {
        step.says("Warning: skipped OpenPGP checks for 1 package from repository: @commandline");
    } else {
        step.says("foo-1-1.noarch");
        is_not_installed(&world, "foo");
    }
}

/// Case 7: a key that was imported for one repository must not vouch for another's packages.
#[test]
fn security_case_7_keys_of_other_repositories() {
    let pinned = format!("gpgcheck=1\nrepo_pinned_keys=1\n{KEY}");
    let world = World::new()
        .repo_conf("base", [rpm("foo").signed_by(ONE), rpm("odd").signed_by(TWO)], &pinned)
        .repo_conf("other", [rpm("baz").signed_by(TWO)], "gpgcheck=1\ngpgkey=file:///srv/t/root/etc/two.asc\n");
    world.write("/etc/key.asc", &fs::read_to_string(key_file(ONE)).expect("made"));
    world.write("/etc/two.asc", &fs::read_to_string(key_file(TWO)).expect("made"));
    let ours = |args: &str, status: i32| {
        let output = world.run(Side::Ours, args);
        assert_eq!(output.status.code(), Some(status), "{args}\n{}", text(&output));
        text(&output)
    };
    ours("install -y foo baz", 0);
    // The stranger's key is in the rpm database now, and vouches for a package of the other repository.
    let said = ours("install -y odd", 1);
    assert!(said.contains("The key is not one of this repository's."), "{said}");
    // Nor does it help to name it later.
    world.write("/etc/key.asc", &fs::read_to_string(key_file(TWO)).expect("made"));
    ours("install -y odd", 1);
    is_not_installed(&world, "odd");
    ours("--setopt=base.repo_pinned_keys=0 install -y odd", 0);
}

/// Case 8: older metadata than was seen, as a stale mirror or an attacker shows it.
#[test]
fn security_case_8_rollback() {
    let world = World::new().repo_conf("base", [rpm("foo")], "gpgcheck=0\nrefuse_rollback=1\n");
    let metadata = |time: u64| {
        Oracle::find().script(
            &[(world.repos_dir(), "/srv/repos")],
            &format!("createrepo_c --quiet --revision={time} --set-timestamp-to-revision /srv/repos/base >/dev/null"),
        );
    };
    let ours = |args: &str, status: i32| {
        let output = world.run(Side::Ours, args);
        assert_eq!(output.status.code(), Some(status), "{args}\n{}", text(&output));
        text(&output)
    };
    metadata(1_700_000_000);
    ours("makecache", 0);
    metadata(1_700_000_500);
    ours("--refresh makecache", 0);
    metadata(1_700_000_100);
    let said = ours("--refresh makecache", 1);
    assert!(said.contains("of repository \"base\" is older than what was seen before"), "{said}");
    // Forgetting the cache does not forget what was seen.
    ours("clean all", 0);
    ours("makecache", 1);
    ours("--setopt=base.refuse_rollback=0 makecache", 0);
    metadata(1_700_000_500);
    ours("--refresh makecache", 0);
}

/// Case 8: what was to come encrypted is not taken in the clear, wherever a server sends one.
#[test]
fn security_case_8_no_way_back_from_encryption() {
    let identity = Identity::new("server");
    let world = World::new().repo("base", [rpm("foo")]);
    let (server, plain) = (Server::start_tls(&world.repos_dir(), &identity), Server::start(&world.repos_dir()));
    world.write("/etc/server.pem", &identity.certificate_pem());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\nsslcacert=/srv/t/root/etc/server.pem\n");
    let ours = |args: &str| {
        let output = world.run(Side::Ours, args);
        (output.status.code(), text(&output))
    };
    server.fault("repomd.xml", Fault::Redirect(plain.url()));
    let (code, said) = ours("makecache");
    assert!(code == Some(1) && said.contains(&format!("redirected to the unencrypted {}", plain.url())), "{said}");
    nothing_is_believed(&world, "foo");
    server.heal();
    assert_eq!(ours("makecache").0, Some(0));
    assert!(plain.requests().is_empty(), "{:?}", plain.requests());
    // The metadata knows the checksum of a package, so that it may come from anywhere, but not be another.
    server.fault("foo-1-1", Fault::Redirect(plain.url()));
    plain.fault("foo-1-1", Fault::Corrupt);
    let (code, said) = ours("install -y foo");
    assert!(code == Some(1) && said.contains("foo-1-1.noarch"), "{said}");
    is_not_installed(&world, "foo");
    plain.heal();
    assert_eq!(ours("install -y foo").0, Some(0));
}

/// Case 10: sizes that are no sizes, and packages that are longer than they say.
#[test]
fn security_case_10_sizes() {
    let world = World::new().repo("base", [rpm("foo").file("/usr/share/foo", &"x".repeat(9000))]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    let file = world.repo_dir("base").join("foo-1-1.noarch.rpm");
    let mut bytes = fs::read(&file).expect("the package is there");
    bytes.extend(vec![0; 100_000]);
    fs::write(&file, bytes).expect("the copy is writable");
    world.both("install -y foo").exits(1).says("Inconsistent server data").says("foo-1-1.noarch.rpm");
    is_not_installed(&world, "foo");
    assert!(server.served() < 40);
}

/// Case 12: passwords in URLs and options are shown nowhere.
#[test]
fn security_case_12_passwords() {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    let url = server.url().replacen("http://", "http://user:secret@", 1);
    world.repo_at("base", &format!("{url}/base"), "gpgcheck=0\n");
    server.fault("foo-1-1", Fault::Status(404));
    let hides = |args: &str| {
        let output = world.run(Side::Ours, args);
        assert!(!text(&output).contains("secret"), "{args}\n{}", text(&output));
    };
    for args in ["makecache", "install -y foo", "-q install -y foo"] {
        hides(args);
    }
    server.fault("repomd.xml", Fault::Status(404));
    hides("--refresh makecache");
    server.heal();
    let log = fs::read_to_string(world.root(Side::Ours).join("var/log/dnf5.log")).unwrap_or_default();
    assert!(!log.contains("secret"), "{log}");
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.authorization.as_deref() == Some("Basic dXNlcjpzZWNyZXQ=")), "{seen:?}");
    // A redirect leads to another server, which gets no password.
    let other = Server::start(&world.repos_dir());
    server.fault("foo-1-1", Fault::Redirect(other.url()));
    assert_eq!(world.run(Side::Ours, "install -y foo").status.code(), Some(0));
    assert!(other.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", other.seen());
}

/// Case 16: another package, however well signed, under the name of the one that is wanted.
#[test]
fn security_case_16_substitution() {
    let world = World::new().repo_conf(
        "base",
        [rpm("foo").signed_by(ONE), rpm("old").signed_by(ONE)],
        &format!("gpgcheck=1\n{KEY}"),
    );
    world.write("/etc/key.asc", &fs::read_to_string(key_file(ONE)).expect("made"));
    let dir = world.repo_dir("base");
    // The mirror even says the right checksum of the wrong file.
    let (foo, old) = (dir.join("foo-1-1.noarch.rpm"), dir.join("old-1-1.noarch.rpm"));
    let digest = |file: &Path| {
        let bytes = fs::read(file).expect("the package is there");
        (sha256(&bytes), bytes.len())
    };
    let ((right, right_size), (wrong, wrong_size)) = (digest(&foo), digest(&old));
    fs::copy(&old, &foo).expect("the copy is writable");
    Oracle::find().script(
        &[(world.repos_dir(), "/srv/repos")],
        &format!(
            "cd /srv/repos/base/repodata; zstd -qdc *primary.xml.zst | \
             sed 's/{right}/{wrong}/; s/package=\"{right_size}\"/package=\"{wrong_size}\"/' >/srv/repos/primary.xml; \
             rm *primary*; modifyrepo_c --mdtype=primary /srv/repos/primary.xml . >/dev/null; rm /srv/repos/primary.xml"
        ),
    );
    let output = world.run(Side::Ours, "install -y foo");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("old-1-1.noarch") && text(&output).contains("foo-1-1.noarch"), "{}", text(&output));
    is_not_installed(&world, "foo");
    is_not_installed(&world, "old");
}

fn sha256(bytes: &[u8]) -> String {
    use std::io::Write as _;
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("coreutils are there");
    child.stdin.take().expect("piped").write_all(bytes).expect("sha256sum reads");
    let output = child.wait_with_output().expect("sha256sum ends");
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().unwrap_or_default().to_owned()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
