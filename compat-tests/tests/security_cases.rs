//! Cases in which other package managers were fooled, as far as they are about packages on their way, parsers, bombs,
//! hooks and locks; those about keys and repositories stand in `repository_trust.rs`.

use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use oxidnf_testkit::fixture::key_file;
use oxidnf_testkit::http::Server;
use oxidnf_testkit::login::Scheme;
use oxidnf_testkit::mangle::Pieces;
use oxidnf_testkit::proxy::{Manner, Proxy};
use oxidnf_testkit::tag::{self, OwnedValue};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Oracle, World, rpm};
use rstest::rstest;

const SIGNER: &str = "Fixture Signer <signer@example.org>";

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn script(world: &World, lines: &str) {
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &format!("cd /srv/repos; {lines}"));
}

/// Makes a text the package list of `base`, with right checksums; `how` compresses what `primary` is made by.
fn publish_primary(world: &World, make: &str) {
    script(
        world,
        &format!(
            "cd base/repodata; {make}; rm *primary*; modifyrepo_c --no-compress --mdtype=primary ../primary.xml . \
             >/dev/null; rm ../primary.xml"
        ),
    );
}

/// Case 1: what stands in the signature header is not signed, so nothing of it may be believed, and a package without
/// digests of its header is not a signed one.
#[test]
fn security_case_1_signature_headers() {
    let world = World::new().repo_conf(
        "base",
        [rpm("foo").signed_by(SIGNER).file("/usr/share/foo", "hello\n")],
        "gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n",
    );
    world.write("/etc/key.asc", &fs::read_to_string(key_file(SIGNER)).expect("made"));
    let file = world.repo_dir("base").join("foo-1-1.noarch.rpm");
    let good = fs::read(&file).expect("the package is there");
    let publish = |bytes: &[u8]| {
        fs::write(&file, bytes).expect("the copy is writable");
        script(&world, "createrepo_c --quiet base >/dev/null");
    };
    let pieces = Pieces::of(&good);
    // A tag of the main header that must not get into the database.
    publish(&pieces.clone().with(tag::VENDOR, OwnedValue::String("evil".into())).bytes());
    for side in [Side::Real, Side::Ours] {
        let output = world.run(side, "--refresh install -y foo");
        let vendor = world.run_rpm(side, "-q foo --queryformat=%{vendor}");
        assert!(!text(&vendor).contains("evil"), "{side:?} {}\n{}", text(&output), text(&vendor));
        world.run(side, "remove -y foo");
    }
    // A bit of the payload, and one of the header, behind a signature that was good.
    for bytes in [pieces.clone().bad_payload().bytes(), pieces.bad_header(b"/usr/share/").bytes()] {
        publish(&bytes);
        let output = world.run(Side::Ours, "--refresh install -y foo");
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("foo-1-1.noarch"), "{}", text(&output));
        assert!(!world.root(Side::Ours).join("usr/share/foo").exists());
        assert!(!world.run_rpm(Side::Ours, "-q foo").status.success());
    }
    publish(&good);
    assert_eq!(world.run(Side::Ours, "--refresh install -y foo").status.code(), Some(0));
}

/// Case 9: metadata that is made to break parsers ends in an error, within bounds of memory and time.
#[rstest]
#[case::entities_of_entities(
    "printf '<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">' >../primary.xml; \
     for i in 1 2 3 4 5 6 7 8 9; do printf '<!ENTITY a%d \"&a%s;&a%s;&a%s;&a%s;&a%s;\">' $i $((i-1)) $((i-1)) $((i-1)) \
     $((i-1)) $((i-1)); done >>../primary.xml; printf ']><metadata packages=\"1\"><package type=\"rpm\"><name>&a9;</name></package></metadata>' >>../primary.xml"
)]
#[case::nested_without_end("yes '<package>' | head -3000000 | tr -d '\\n' >../primary.xml")]
#[case::one_endless_attribute(
    "(printf '<metadata packages=\"1\"><package type=\"'; head -c 300000000 /dev/zero | tr '\\0' a) >../primary.xml"
)]
#[case::more_packages_than_there_are(
    "printf '<metadata packages=\"18446744073709551615\"></metadata>' >../primary.xml"
)]
#[case::no_text_at_all("head -c 2000000 /dev/zero >../primary.xml")]
fn security_case_9_parsers(#[case] make: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    publish_primary(&world, make);
    let started = Instant::now();
    let output = world.run_apart(Side::Ours, "ulimit -v 1500000; $DNF makecache && $DNF repoquery foo");
    let said = text(&output);
    // A number that is too big for what follows is no more than a hint, and entities of documents are not expanded: no
    // package comes of them. The rest is no metadata, and said to be.
    let harmless = ["18446744073709551615", "<!ENTITY"].iter().any(|text| make.contains(text));
    assert!(!harmless || output.stdout == b"Metadata cache created.\n", "{said}");
    assert_eq!(output.status.code(), Some(i32::from(!harmless)), "{said}");
    assert!(harmless || said.contains("repo \"base\"") && said.contains("primary"), "{said}");
    assert!(!said.contains("panicked") && !said.contains("foo-0:1-1"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

/// Case 10: a little file that becomes a big one is given up where it passes what the index says.
#[rstest]
#[case::gzip("gzip -1")]
#[case::zstd("zstd -q -1")]
#[case::xz("xz -0")]
fn security_case_10_bombs(#[case] compressor: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    // Two gigabytes of blanks, behind which all would be well, and the index says ten thousand bytes.
    script(
        &world,
        &format!(
            "cd base/repodata; (printf '<metadata packages=\"0\">'; head -c 2000000000 /dev/zero | tr '\\0' ' '; printf '</metadata>') | \
             {compressor} >bomb; rm *primary*; sum=$(sha256sum bomb | cut -d' ' -f1); size=$(stat -c %s bomb); \
             mv bomb $sum-primary.xml.$(echo {compressor} | cut -c1-1 | sed 's/g/gz/;s/z$/zst/;s/gzst/gz/;s/x/xz/'); \
             name=$(ls *primary*); sed -i \"/type=\\\"primary\\\"/,/<.data>/{{s|<checksum.*|<checksum \
             type=\\\"sha256\\\">$sum</checksum>|;s|<open-checksum.*||;s|href=\\\"[^\\\"]*|href=\\\"repodata/$name|;\
             s|<size>.*|<size>$size</size>|;s|<open-size>.*|<open-size>10000</open-size>|}}\" repomd.xml"
        ),
    );
    let started = Instant::now();
    let output = world.run_apart(Side::Ours, "ulimit -v 1500000; $DNF makecache");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    // The file is named, and how far it was read.
    assert!(said.contains("primary.xml") && said.contains("10000"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

/// Case 11: nothing that metadata says comes near a shell, and nothing of the root that is worked on is run as a hook.
#[test]
fn security_case_11_hooks() {
    let world = World::new().repo("base", [rpm("foo")]);
    publish_primary(
        &world,
        "zstd -qdc *primary.xml.zst | sed 's|href=\"foo-1-1.noarch.rpm\"|href=\"$(touch /srv/t/pwned);`touch \
         /srv/t/pwned`/foo-1-1.noarch.rpm\"|; s|<summary>[^<]*|<summary>$(touch /srv/t/pwned)|' >../primary.xml",
    );
    let world = world.ignoring(Axis::Tree, "nothing is installed");
    let hook = "#!/bin/sh\ntouch /srv/t/pwned\n";
    for place in ["/etc/dnf/libdnf5-plugins/hook", "/etc/dnf/libdnf5-plugins/actions.d/hook.actions", "/usr/bin/gpg"] {
        world.write(place, if place.ends_with("actions") { "pre_transaction:*:::touch /srv/t/pwned\n" } else { hook });
    }
    assert_eq!(world.run(Side::Ours, "makecache").status.code(), Some(0), "the metadata can be read");
    for args in ["info foo", "install -y foo", "download --url foo", "download foo"] {
        let output = world.run(Side::Ours, args);
        let pwned: PathBuf = world.root(Side::Ours).parent().expect("a side has a directory").join("pwned");
        assert!(!pwned.exists(), "{args}: {}", text(&output));
    }
}

/// Case 12: passwords for proxies are shown nowhere either, however they are told.
#[test]
fn security_case_12_passwords_of_proxies() {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    for schemes in [&[Scheme::Basic][..], &[Scheme::Digest]] {
        let proxy = Proxy::http(Manner { schemes: schemes.to_vec(), ..Manner::default() });
        let socks = Proxy::socks(Manner { schemes: schemes.to_vec(), ..Manner::default() });
        for conf in [
            format!("proxy=http://somebody:topsecret@{}\n", proxy.place()),
            format!("proxy=socks5h://somebody:topsecret@{}\n", socks.place()),
            format!("proxy=http://{}\nproxy_username=somebody\nproxy_password=topsecret\n", proxy.place()),
            "proxy=http://somebody:topsecret@127.0.0.1:9\n".to_owned(),
            "proxy=http://somebody:topsecret@no.such.invalid\n".to_owned(),
            "proxy=foo://somebody:topsecret@127.0.0.1:9\n".to_owned(),
            "proxy=http://somebody:topsecret@127.0.0.1:99999\n".to_owned(),
        ] {
            world.repo_at("base", &format!("{}/base", server.url()), &format!("gpgcheck=0\n{conf}"));
            let output = world.run(Side::Ours, "--refresh makecache");
            assert_eq!(output.status.code(), Some(1), "{conf}{}", text(&output));
            assert!(!text(&output).contains("topsecret"), "{conf}{}", text(&output));
        }
    }
    let log = fs::read_to_string(world.root(Side::Ours).join("var/log/dnf5.log")).unwrap_or_default();
    assert!(!log.is_empty() && !log.contains("topsecret"), "{log}");
}

/// Case 17: a file that names a process is no lock. One that names a living process holds nobody up, and one that is
/// empty neither.
#[test]
fn security_case_17_stale_locks() {
    let world = World::new().repo("base", [rpm("foo"), rpm("bar")]);
    let world = world.ignoring(Axis::Tree, "what dnf5 makes of files that are in its way is its own affair");
    let init = "description = \"dnf5 install\"\ncomment = \"\"\npid = 1\nstart_time = 0\n";
    for (path, content) in [
        ("/run/dnf/rpmtransaction.lock", init),
        ("/var/run/dnf.pid", "1\n"),
        ("/var/cache/libdnf5/metadata_lock.pid", "1\n"),
        ("/var/lib/dnf/system-repo.lock", "1\n"),
        ("/usr/lib/sysimage/rpm/.rpm.lock", "1\n"),
    ] {
        world.write(path, content);
    }
    let started = Instant::now();
    world.both("install -y foo").exits(0);
    world.write("/run/dnf/rpmtransaction.lock", "");
    world.both("install -y bar").exits(0);
    assert!(started.elapsed() < Duration::from_secs(60));
}
