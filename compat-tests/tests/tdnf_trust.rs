//! The face of tdnf: keys, signatures and damaged files, each with its number (tdnf.md, sections 1.2, 5.6 and 5.7).

mod photon;

use std::fs;

use oxidnf_testkit::fixture::{expired_key, key_file, sign_file};
use oxidnf_testkit::http::Server;
use oxidnf_testkit::mangle::Pieces;
use oxidnf_testkit::{Machine, Rpm, rpm};

const KEY: &str = "tdnf tests <tdnf@oxidnf.example>";
const STRANGER: &str = "another <another@oxidnf.example>";
const FILE: &str = "/srv/repos/photon-test/signed-1-1.noarch.rpm";

fn signed() -> Rpm {
    rpm("signed").evr("1-1").signed_by(KEY)
}

/// A repository that checks signatures, with a line for its key.
fn machine(gpgkey: &str) -> Machine {
    let machine = Machine::new().repo_conf("photon-test", [signed()], "enabled=1\n");
    keys(&machine, gpgkey);
    let text = |key| fs::read_to_string(key_file(key)).expect("the signed package made it");
    machine.write("/etc/pki/key.asc", &text(KEY));
    machine
}

fn keys(machine: &Machine, gpgkey: &str) {
    machine.define("photon-test", &format!("baseurl=file:///srv/repos/photon-test\nenabled=1\ngpgkey={gpgkey}\n"));
}

/// Changes the package and makes the metadata again, so that only the package itself tells.
fn mangle(machine: &Machine, change: impl FnOnce(Pieces) -> Vec<u8>) {
    let file = machine.root().join(FILE.trim_start_matches('/'));
    let bytes = fs::read(&file).expect("the repository has it");
    fs::write(&file, change(Pieces::of(&bytes))).expect("the repository is writable");
    machine.in_repo("photon-test", "createrepo_c --quiet /srv/build >/dev/null 2>&1");
}

// 1.2: 1505, 1507, 1508, and what a file or a transfer says: keys that cannot be had. tdnf asks before it looks.
#[test]
fn keys_that_cannot_be_had() {
    let machine = machine("");
    let server = Server::start(&machine.root().join("srv/repos"));
    machine.write("/etc/pki/no-key", "this is no key\n");
    let gone = format!("{}/gone.asc", server.url());
    let up = format!("{}/../key.asc", server.url());
    let cases = [
        ("file:///etc/pki/no-key", 1505, "public key file is invalid or corrupted", ""),
        ("file:///etc/pki", 1507, "GpgKey Url is invalid", ""),
        ("/etc/pki/key.asc", 1507, "GpgKey Url is invalid", ""),
        (up.as_str(), 1507, "GpgKey Url is invalid", ""),
        ("gopher://127.0.0.1/key", 1508, "GpgKey Url schemes other than file are not supported", ""),
        ("file:///etc/pki/gone", 1602, "No such file or directory", "Error: Accessing gpgkey at /etc/pki/gone\n"),
        (gone.as_str(), 1622, "Invalid argument", "Error processing key: "),
        (
            "http://127.0.0.1:9/key",
            1208,
            "Could not connect to server",
            "Error processing key: http://127.0.0.1:9/key\n",
        ),
    ];
    for (url, number, text, before) in cases {
        keys(&machine, url);
        let ran = machine.tdnf("-y install signed");
        ran.exits(number % 256).has_line(&format!("importing key from {url}"));
        assert!(ran.err.contains(before), "{ran}");
        assert!(ran.err.ends_with(&format!("Error({number}) : {text}\n")), "{ran}");
        // Who says no is not told what would have come of it.
        machine.run("tdnf", "install signed", "y\nn\n").exits(8).has_line(&format!("importing key from {url}"));
    }
    keys(&machine, "http://127.0.0.1:9/key file:///etc/pki/key.asc");
    machine.tdnf("-q -y install signed").exits(184);
    keys(&machine, &format!("{}/key.asc", server.url()));
    fs::copy(machine.root().join("etc/pki/key.asc"), machine.root().join("srv/repos/key.asc")).expect("writable");
    machine.tdnf("-q -y install signed").exits(0);
}

// 1.2: 1471: what is no package at all, although the metadata knows its checksum.
#[test]
fn no_package() {
    let machine = machine("file:///etc/pki/key.asc");
    photon::change_primary(
        &machine,
        "f=../signed-1-1.noarch.rpm; sum() { sha256sum <$f | cut -d' ' -f1; }; size() { wc -c <$f; }\n\
         old=$(sum); bytes=$(size); echo 'this is no package' >$f\n\
         sed -i \"s/$old/$(sum)/; s/package=\\\"$bytes\\\"/package=\\\"$(size)\\\"/\" primary.xml",
    );
    let ran = machine.tdnf("-q -y install signed");
    let text = "Error(1471) : rpm generic error - not found (possible corrupt rpm file)\n";
    assert!(ran.exits(191).err.ends_with(text), "{ran}");
}

// 1.2: 1472: a package whose digests are wrong; 4: --skipdigest and --nogpgcheck do not look at them, the former
// still wants the signature.
#[test]
fn digests() {
    let machine = machine("file:///etc/pki/key.asc");
    mangle(&machine, |pieces| {
        let mut pieces = pieces;
        for entry in &mut pieces.signature {
            // The digest of the header as a text of 64 digits.
            if let oxidnf_testkit::tag::OwnedValue::String(text) = &mut entry.value
                && text.len() == 64
            {
                *text = vec![b'0'; 64];
            }
        }
        pieces.bytes()
    });
    let ran = machine.tdnf("-q -y install signed");
    assert!(ran.exits(192).err.ends_with("Error(1472) : rpm generic failure\n"), "{ran}");
    machine.tdnf("-q -y --skipdigest install signed").exits(0);
    machine.tdnf("-q -y erase signed").exits(0);
    machine.tdnf("-q -y --nogpgcheck install signed").exits(0);
}

// 4: --skipsignature leaves digests checked, those of the payload by rpm's transaction.
#[test]
fn digests_without_signatures() {
    let machine = machine("file:///etc/pki/key.asc");
    mangle(&machine, |pieces| pieces.bad_payload().bytes());
    let ran = machine.tdnf("-q -y --skipsignature install signed");
    ran.exits(245).has_line("Found 1 problems").err("Error(1525) : rpm transaction failed\n");
    assert!(ran.out.contains("package signed-1-1.noarch does not verify: Payload "), "{ran}");
}

// 1.2: 1473: signed by a key that has expired.
#[test]
fn a_key_that_has_expired() {
    let machine = machine("file:///etc/pki/key.asc");
    machine.write("/etc/pki/key.asc", &expired_key(KEY));
    let ran = machine.tdnf("-q -y install signed");
    assert!(ran.exits(193).err.ends_with("Error(1473) : rpm signature is OK, but key is not trusted\n"), "{ran}");
    machine.tdnf("-q -y --nogpgcheck install signed").exits(0);
}

// 5.7: the plug-in for signatures of repositories: what it says of a signature that is none, of another's, of a
// changed index, and of none at all.
#[test]
fn signatures_of_repositories() {
    let machine = Machine::new().repo_conf("photon-test", [signed(), rpm("b").signed_by(STRANGER)], "enabled=1\n");
    machine.configure("plugins=1");
    machine.write("/etc/tdnf/pluginconf.d/tdnfrepogpgcheck.conf", "[main]\nenabled=1\n");
    machine.write("/etc/pki/key.asc", &fs::read_to_string(key_file(KEY)).expect("made"));
    let server = Server::start(&machine.root().join("srv/repos"));
    machine.define(
        "photon-test",
        &format!(
            "baseurl={}/photon-test\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/key.asc\n",
            server.url()
        ),
    );
    let repomd = machine.repo_dir("photon-test").join("repodata/repomd.xml");
    let told = |before: &str, number: u32, text: &str| {
        let error = format!("Error({number}) : {text}\n");
        format!("{before}{error}Error: Failed to synchronize cache for repo 'photon-test packages'\n{error}")
    };
    let url = format!("{}/photon-test/repodata/repomd.xml.asc", server.url());
    let gone = format!(
        "Error: 404 when downloading {url}\n. Please check repo url or refresh metadata with 'tdnf makecache'.\n"
    );
    machine.tdnf("-q -y list").exits(86).err(&told(&gone, 1622, "Invalid argument"));
    machine.write("/srv/repos/photon-test/repodata/repomd.xml.asc", "no signature\n");
    let plugin = "Plugin error: repogpgcheck plugin error: ";
    machine.tdnf("-q -y list").exits(209).err(&told(
        &format!("gpg verify failed: No data\nError: TDNFVerifySignature 2001\n{plugin}unknown error\n"),
        2001,
        "Unknown error 401",
    ));
    let refused = |cause: &str| {
        let lines = format!(
            "repo md signature check: {cause}\nError: TDNFVerifySignature 2004\n{plugin}failed to verify signature\n"
        );
        machine.tdnf("-q -y list").exits(212).err(&told(&lines, 2004, "Unknown error 404"));
    };
    sign_file(STRANGER, &repomd);
    refused("No public key");
    sign_file(KEY, &repomd);
    machine.tdnf("-q -y list").exits(0);
    let text = fs::read_to_string(&repomd).expect("is there");
    fs::write(&repomd, text.replacen("<revision>1", "<revision>2", 1)).expect("writable");
    machine.tdnf("-q clean all").exits(0);
    refused("Bad signature");
}

// 3.1: -v shows what rpm finds out about packages that are checked.
#[test]
fn verification_lines() {
    let machine = machine("file:///etc/pki/key.asc");
    let ran = machine.tdnf("-v -y install signed");
    ran.exits(0).has_line("/var/cache/tdnf/photon-test/rpms/signed-1-1.noarch.rpm:");
    ran.has_line("    Header SHA256 digest: OK");
    assert!(ran.out.contains("    Header OpenPGP V4 RSA/SHA512 signature, key ID "), "{ran}");
    machine.tdnf("-q -y erase signed").exits(0);
    machine.tdnf("-y install signed").exits(0).lacks("    Header");
    machine.tdnf("-q -y erase signed").exits(0);
    machine.tdnf("-v -y --nogpgcheck install signed").exits(0).lacks("    Header");
}
