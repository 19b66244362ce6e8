//! Each kind of broken repository with each kind of command, with and without leave to go on.

use std::fs;

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::openpgp::{Algorithm, Hash, Secret, at, days, sign_detached};
use oxidnf_testkit::tls::Identity;
use oxidnf_testkit::{Axis, Oracle, World, rpm};
use rstest::rstest;

/// What is done with a broken repository beside a good one.
const COMMANDS: [&str; 3] = ["makecache", "install -y bar", "repoquery"];

/// The same with leave to import keys.
const WITH_KEYS: [&str; 3] = ["-y makecache", "-y install bar", "-y repoquery"];

/// Runs all commands without and with `skip_if_unavailable`, where they end with `skipped`.
fn all(world: &World, place: &str, conf: &str, skipped: i32) {
    all_of(world, &COMMANDS, place, conf, skipped);
}

fn all_of(world: &World, commands: &[&str], place: &str, conf: &str, skipped: i32) {
    world.repo_at("base", place, &format!("gpgcheck=0\ntimeout=1\n{conf}"));
    for command in commands {
        world.both(command).exits(1);
    }
    world.repo_at("base", place, &format!("gpgcheck=0\ntimeout=1\nskip_if_unavailable=1\n{conf}"));
    for command in commands {
        world.both(command).exits(skipped);
    }
}

fn world() -> World {
    World::new().repo("base", [rpm("foo")]).repo("good", [rpm("bar")])
}

#[rstest]
#[case::not_found(Fault::Status(404))]
#[case::broken_server(Fault::Status(500))]
#[case::hangs(Fault::HangAfter(0))]
#[case::resets(Fault::Reset)]
fn index(#[case] fault: Fault) {
    let world = world();
    let server = Server::start(&world.repos_dir());
    server.fault("repomd.xml", fault);
    all(&world, &format!("{}/base", server.url()), "", 0);
}

#[test]
fn refused() {
    all(&world(), "http://127.0.0.1:9/base", "", 0);
}

#[rstest]
#[case::expired(Identity::lasting("server", -3, -1), "server.pem")]
#[case::another_name(Identity::for_host("server", "elsewhere.example.org"), "server.pem")]
#[case::signed_by_itself(Identity::new("server"), "others.pem")]
fn certificates(#[case] identity: Identity, #[case] trusted: &str) {
    let world = world();
    let server = Server::start_tls(&world.repos_dir(), &identity);
    world.write("/etc/server.pem", &identity.certificate_pem());
    world.write("/etc/others.pem", &Identity::new("others").certificate_pem());
    let conf = format!("sslcacert=/srv/t/root/etc/{trusted}\n");
    all(&world, &format!("{}/base", server.url()), &conf, 0);
}

#[test]
fn no_tls_behind_the_port() {
    let world = world();
    let server = Server::start(&world.repos_dir());
    world.write("/etc/server.pem", &Identity::new("server").certificate_pem());
    let conf = "sslcacert=/srv/t/root/etc/server.pem\n";
    all(&world, &format!("{}/base", server.url().replace("http:", "https:")), conf, 0);
}

#[test]
fn bad_checksum() {
    let world = world();
    let server = Server::start(&world.repos_dir());
    server.fault("primary", Fault::Corrupt);
    all(&world, &format!("{}/base", server.url()), "", 0);
}

#[rstest]
#[case::bad_xml("echo '<html>' >repomd.xml", true, 0)]
#[case::no_packages("sed -i '/<data type=\"primary\">/,/<\\/data>/d' repomd.xml", false, 1)]
fn documents(#[case] change: &str, #[case] own_words: bool, #[case] skipped: i32) {
    let world = world();
    let script = format!("cd /srv/repos/base/repodata; {change}");
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
    let world = if own_words { world.ignoring(Axis::Stderr, "the details are a parser's own") } else { world };
    all(&world, "file:///srv/repos/base", "", skipped);
}

/// Metadata that is cut or damaged within its compression, with checksums and sizes that fit what is there.
#[rstest]
#[case::cut_zstd("zstd", "truncate -s -20 $f")]
#[case::cut_gzip("gz", "truncate -s -20 $f")]
#[case::cut_xz("xz", "truncate -s -40 $f")]
#[case::cut_bzip2("bz2", "truncate -s -20 $f")]
#[case::changed_zstd("zstd", "printf 'XXXXXXXX' | dd of=$f bs=1 seek=60 conv=notrunc status=none")]
#[case::changed_gzip("gz", "printf 'XXXXXXXX' | dd of=$f bs=1 seek=60 conv=notrunc status=none")]
#[case::changed_xz("xz", "printf 'XXXXXXXX' | dd of=$f bs=1 seek=60 conv=notrunc status=none")]
#[case::other_than_its_name("zstd", "echo '<html></html>' | gzip >$f")]
#[case::nothing("zstd", ": >$f")]
fn compressions(#[case] kind: &str, #[case] change: &str) {
    let world = world();
    let script = format!(
        "cd /srv/repos/base; createrepo_c --quiet --general-compress-type={kind} --compatibility . >/dev/null; cd repodata; \
         f=$(echo *primary.xml.*); before=$(sha256sum <$f | cut -c-64); size=$(stat -c %s $f); {change}; \
         sed -i \"s/>$before</>$(sha256sum <$f | cut -c-64)</; s/<size>$size</<size>$(stat -c %s $f)</\" repomd.xml"
    );
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
    // What follows are the words of a parser. What came as it should is not forgiven, whatever is in it.
    all(&world.up_to("-primary.xml."), "file:///srv/repos/base", "", 1);
}

#[test]
fn unsigned_index() {
    all(&world(), "file:///srv/repos/base", "repo_gpgcheck=1\n", 0);
}

/// What is wrong with the signature of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seal {
    /// It is by the right key, over something else.
    OfAnotherText,
    /// It is by a key that nobody offers.
    OfAStranger,
    /// Its key has expired.
    Expired,
    /// Its key was revoked.
    Revoked,
    /// There is a file, with no signature in it.
    NoSignature,
}

#[rstest]
#[case::wrong(Seal::OfAnotherText)]
#[case::by_an_unknown_key(Seal::OfAStranger)]
#[case::by_an_expired_key(Seal::Expired)]
#[case::by_a_revoked_key(Seal::Revoked)]
#[case::none_in_the_file(Seal::NoSignature)]
fn signatures(#[case] seal: Seal) {
    let world = world();
    let (made, when) = (at(1_577_836_800), at(1_578_000_000));
    let validity = (seal == Seal::Expired).then(|| days(30));
    let secret = |name: &str| Secret::new(name, Algorithm::Rsa(2048), made, validity, Hash::SHA256);
    let (mut key, stranger) = (secret("Signer <signer@example.org>"), secret("Other <other@example.org>"));
    if seal == Seal::Revoked {
        key = key.revoked(true, at(1_600_000_000));
    }
    world.write("/etc/key.asc", &String::from_utf8(key.armored()).expect("armor is ASCII"));
    let repomd = world.repo_dir("base").join("repodata/repomd.xml");
    let index = fs::read(&repomd).expect("the copy is readable");
    let signer = if seal == Seal::OfAStranger { stranger.signer() } else { key.signer() };
    let text: &[u8] = if seal == Seal::OfAnotherText { b"something else" } else { &index };
    let signature = if seal == Seal::NoSignature {
        b"<html></html>\n".to_vec()
    } else {
        sign_detached(&signer, text, Hash::SHA256, when)
    };
    fs::write(repomd.with_extension("xml.asc"), signature).expect("the copy is writable");
    let conf = "repo_gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n";
    // oxidnf tells why a revoked key is no good, which GnuPG keeps to itself.
    all_of(&world.up_to("Bad PGP signature"), &WITH_KEYS, "file:///srv/repos/base", conf, 0);
}
