//! Keys and signatures of all kinds and ages, good ones and bad ones: what rpm and dnf5 make of them.

use std::fs;
use std::time::Duration;

use oxidnf_testkit::fixture;
use oxidnf_testkit::mangle::Pieces;
use oxidnf_testkit::openpgp::{Algorithm, Binding, Hash, Secret, Signer, at, days, sign};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, rpm};
use rstest::rstest;

const USER: &str = "Odd Key <odd@example.org>";
/// The first day of 2020.
const START: u64 = 1_577_836_800;
/// The first day of July 2020.
const MIDDLE: u64 = 1_593_561_600;
/// The first day of 2022.
const LATE: u64 = 1_640_995_200;

/// A package without signatures.
fn package(format: &str) -> Pieces {
    let package = rpm("foo").file("/opt/foo", "hello\n").define("_rpmformat", format);
    let repo = fixture::repo(&Oracle::find(), &[package]);
    Pieces::of(&fs::read(repo.dir().join("foo-1-1.noarch.rpm")).expect("the fixture was built")).unsigned()
}

fn signed(format: &str, signers: &[(&Signer, Hash, u64)]) -> Vec<u8> {
    let pieces = package(format);
    let sign = |(signer, hash, when): &(&Signer, Hash, u64)| sign(signer, &pieces.header, *hash, at(*when));
    let signatures: Vec<Vec<u8>> = signers.iter().map(sign).collect();
    pieces.clone().signed(&signatures).bytes()
}

/// Lets both programs look at packages before and after the import of keys, and install them.
struct Trial {
    world: World,
    packages: Vec<String>,
}

impl Trial {
    fn new(packages: &[(&str, Vec<u8>)]) -> Self {
        // A damaged file of the command line is named, too.
        let world = World::new().overlooking("package foo-1-1.noarch is in ");
        // dnf5 makes it when a package cannot be read, and puts nothing into it.
        world.edit(|root| fs::create_dir_all(root.join("var/cache/libdnf5")).expect("the root is writable"));
        let put = |(name, bytes): &(&str, Vec<u8>)| world.put(&format!("{name}.rpm"), bytes);
        let packages = packages.iter().map(put).collect();
        Trial { world, packages }
    }

    fn look(&self) {
        let all = self.packages.join(" ");
        for options in ["-Kv", "-K", "--define '_pkgverify_level all' -Kv"] {
            self.world.both_rpms(&format!("{options} {all}"));
        }
    }

    fn import(&self, key: &[u8]) {
        let key = self.world.put("key.asc", key);
        self.world.both_rpms(&format!("--import {key}"));
        self.world.both_rpms("-qa gpg-pubkey");
        self.world
            .both_rpms("-q --qf '%{NAME} %{VERSION}-%{RELEASE} %{SUMMARY} %{PUBKEYS} %{DESCRIPTION}\\n' gpg-pubkey");
        self.look();
    }

    /// Installs each package from the command line at rpm's own level, and at one that wants signatures.
    fn install(&self) {
        for package in &self.packages {
            for level in ["digest", "all"] {
                self.world.macros(&format!("%_pkgverify_level {level}"));
                self.world.both(&format!("install -y {package}"));
                if self.world.rpm("-q foo").starts_with("foo-1-1") {
                    self.world.real_in_both("remove -y foo").exits(0);
                }
            }
        }
    }

    fn all(&self, keys: &[&Secret]) {
        self.look();
        for key in keys {
            self.import(&key.armored());
        }
        self.install();
    }
}

#[rstest]
#[case::rsa_1024(Algorithm::Rsa(1024))]
#[case::rsa_2048(Algorithm::Rsa(2048))]
#[case::dsa_1024(Algorithm::Dsa(1024))]
#[case::dsa_2048(Algorithm::Dsa(2048))]
#[case::eddsa(Algorithm::EdDsa)]
#[case::p256(Algorithm::P256)]
#[case::v6_ed25519(Algorithm::V6Ed25519)]
#[case::v6_ed448(Algorithm::V6Ed448)]
#[case::v6_rsa(Algorithm::V6Rsa(3072))]
fn kinds_of_keys(#[case] algorithm: Algorithm) {
    let key = Secret::new(USER, algorithm, at(START), None, Hash::SHA256);
    let signer = key.signer();
    let old = package("4");
    let rsa = matches!(algorithm, Algorithm::Rsa(_) | Algorithm::V6Rsa(_));
    let old = old.clone().signed_as_rpm4(sign(&signer, &old.header, Hash::SHA256, at(LATE)), rsa).bytes();
    let new = signed("6", &[(&signer, Hash::SHA512, LATE)]);
    Trial::new(&[("old", old), ("new", new)]).all(&[&key]);
}

#[rstest]
#[case::md5(Hash::MD5)]
#[case::sha1(Hash::SHA1)]
#[case::ripemd(Hash::RipeMD)]
#[case::sha224(Hash::SHA224)]
#[case::sha384(Hash::SHA384)]
fn hashes(#[case] hash: Hash) {
    let key = Secret::new(USER, Algorithm::Rsa(2048), at(START), None, Hash::SHA256);
    let weak = Secret::new("Weak <weak@example.org>", Algorithm::Rsa(2048), at(START), None, hash);
    let packages = [
        ("early", signed("6", &[(&key.signer(), hash, MIDDLE)])),
        ("late", signed("6", &[(&key.signer(), hash, LATE + 86_400 * 1000)])),
        ("weakly-bound", signed("6", &[(&weak.signer(), Hash::SHA256, LATE)])),
    ];
    Trial::new(&packages).all(&[&key, &weak]);
}

#[test]
fn expired_keys() {
    let key = Secret::new(USER, Algorithm::EdDsa, at(START), Some(days(365)), Hash::SHA256);
    let packages = [
        ("before", signed("6", &[(&key.signer(), Hash::SHA256, START - 86_400)])),
        ("within", signed("6", &[(&key.signer(), Hash::SHA256, MIDDLE)])),
        ("after", signed("6", &[(&key.signer(), Hash::SHA256, LATE)])),
        ("future", signed("6", &[(&key.signer(), Hash::SHA256, 4_000_000_000)])),
    ];
    Trial::new(&packages).all(&[&key]);
}

#[rstest]
#[case::compromised(true)]
#[case::superseded(false)]
fn revoked_keys(#[case] compromised: bool) {
    let key = Secret::new(USER, Algorithm::EdDsa, at(START), None, Hash::SHA256);
    let revoked = key.clone().revoked(compromised, at(LATE));
    let packages = [
        ("before", signed("6", &[(&key.signer(), Hash::SHA256, MIDDLE)])),
        ("after", signed("6", &[(&key.signer(), Hash::SHA256, LATE + 86_400)])),
    ];
    // The revocation comes later and is merged with what is there.
    Trial::new(&packages).all(&[&key, &revoked]);
}

#[rstest]
#[case::good(Binding::default())]
#[case::expiring(Binding { validity: Some(days(365)), ..Binding::default() })]
#[case::unconfirmed(Binding { unconfirmed: true, ..Binding::default() })]
#[case::not_for_signing(Binding { no_flags: true, ..Binding::default() })]
fn subkeys(#[case] binding: Binding) {
    let key = Secret::new(USER, Algorithm::EdDsa, at(START), None, Hash::SHA256);
    let subkey = key.subkey(Algorithm::EdDsa);
    let key = key.with_subkey(&subkey, binding);
    let packages = [
        ("early", signed("6", &[(&subkey, Hash::SHA256, MIDDLE)])),
        ("late", signed("6", &[(&subkey, Hash::SHA256, LATE)])),
        ("primary", signed("6", &[(&key.signer(), Hash::SHA256, LATE)])),
    ];
    Trial::new(&packages).all(&[&key]);
}

#[rstest]
#[case::compromised(true)]
#[case::superseded(false)]
fn revoked_subkeys(#[case] compromised: bool) {
    let key = Secret::new(USER, Algorithm::EdDsa, at(START), None, Hash::SHA256);
    let subkey = key.subkey(Algorithm::EdDsa);
    let key = key.with_subkey(&subkey, Binding::default());
    let revoked = key.clone().with_revoked_subkey(&subkey, compromised, at(LATE));
    let packages = [
        ("early", signed("6", &[(&subkey, Hash::SHA256, MIDDLE)])),
        ("late", signed("6", &[(&subkey, Hash::SHA256, LATE + 86_400)])),
        ("primary", signed("6", &[(&key.signer(), Hash::SHA256, LATE + 86_400)])),
    ];
    Trial::new(&packages).all(&[&key, &revoked]);
}

/// Two certificates with one key: as the primary key of one and as a subkey of the other.
#[rstest]
#[case::bound(false)]
#[case::stolen(true)]
fn keys_with_one_id(#[case] stolen: bool) {
    let one = Secret::new("One <one@example.org>", Algorithm::EdDsa, at(START), None, Hash::SHA256);
    let other = Secret::new("Other <other@example.org>", Algorithm::EdDsa, at(START), None, Hash::SHA256);
    let other = other.with_subkey(&one.signer(), Binding { unconfirmed: stolen, ..Binding::default() });
    let packages = [("foo", signed("6", &[(&one.signer(), Hash::SHA256, LATE)]))];
    Trial::new(&packages).all(&[&other, &one]);
    Trial::new(&packages).all(&[&one, &other]);
}

#[test]
fn several_signatures_of_several_versions() {
    let four = Secret::new("Four <four@example.org>", Algorithm::Rsa(2048), at(START), None, Hash::SHA256);
    let six = Secret::new("Six <six@example.org>", Algorithm::V6Ed25519, at(START), None, Hash::SHA512);
    let over = Secret::new("Over <over@example.org>", Algorithm::EdDsa, at(START), Some(days(30)), Hash::SHA256);
    let (four_signer, six_signer, over_signer) = (four.signer(), six.signer(), over.signer());
    let by = |format: &str, signers: &[&Signer]| {
        let signers: Vec<(&Signer, Hash, u64)> = signers.iter().map(|signer| (*signer, Hash::SHA256, LATE)).collect();
        signed(format, &signers)
    };
    let packages = [
        ("both", by("6", &[&four_signer, &six_signer])),
        ("swapped", by("6", &[&six_signer, &four_signer])),
        ("expired", by("6", &[&over_signer, &four_signer])),
        ("old", by("4", &[&four_signer, &six_signer])),
    ];
    Trial::new(&packages).all(&[&four, &six, &over]);
}

/// The oracle's rpm is built on a library without post-quantum algorithms: it takes such keys and signatures for ones that
/// nobody should trust. oxidnf's library has them, as rpm's has on systems that sign so.
#[rstest]
#[case::ml_dsa_65(Algorithm::MlDsa65, "ML-DSA-65+Ed25519")]
#[case::ml_dsa_87(Algorithm::MlDsa87, "ML-DSA-87+Ed448")]
#[case::slh_dsa(Algorithm::SlhDsa128s, "SLH-DSA-SHAKE-128s")]
fn post_quantum_keys(#[case] algorithm: Algorithm, #[case] name: &str) {
    let key = Secret::new(USER, algorithm, at(START), None, Hash::SHA512);
    let plain = Secret::new("Four <four@example.org>", Algorithm::Rsa(2048), at(START), None, Hash::SHA256);
    let (signer, plain_signer) = (key.signer(), plain.signer());
    let both = signed("6", &[(&signer, Hash::SHA512, LATE), (&plain_signer, Hash::SHA256, LATE)]);
    let trial = Trial::new(&[("alone", signed("6", &[(&signer, Hash::SHA512, LATE)])), ("both", both.clone())]);
    let world = &trial.world;
    let plain_file = world.put("plain.asc", &plain.armored());
    world.both_rpms(&format!("--import {plain_file}"));
    let bad = world.put("bad.rpm", &Pieces::of(&both).bad_header(b"/opt/").bytes());
    let file = world.put("quantum.asc", &key.armored());
    let imported = world.run_rpm(Side::Ours, &format!("--import {file}"));
    assert!(imported.status.success() && imported.stderr.is_empty(), "{imported:?}");
    let looked =
        world.run_rpm(Side::Ours, &format!("--define '_pkgverify_level all' -Kv {}", trial.packages.join(" ")));
    let good = format!("OpenPGP V6 {name}/SHA512 signature, key fingerprint: {}: OK", key.fingerprint());
    let told = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(looked.status.success() && told.matches(&good).count() == 2, "{told}");
    let looked = world.run_rpm(Side::Ours, &format!("-Kv {bad}"));
    let told = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(!looked.status.success() && told.contains(&good.replace(": OK", ": BAD")), "{told}");
    world.macros("%_pkgverify_level all");
    for package in &trial.packages {
        assert!(world.run(Side::Ours, &format!("install -y {package}")).status.success());
        assert!(world.run(Side::Ours, "remove -y foo").status.success());
    }
    // The oracle's rpm reads the record, and refuses to make one itself.
    let listed = world.run_program_on_ours("rpmkeys", "--list");
    assert!(listed.contains(&key.fingerprint()), "{listed}");
    let refused = world.run_rpm(Side::Real, &format!("--import {file}"));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("No binding signature"), "{refused:?}");
}

/// dnf5 imports keys of repositories through rpm, which refuses what nobody can use and takes what is over.
#[rstest]
#[case::expired(Algorithm::EdDsa, Some(days(365)))]
#[case::weak(Algorithm::Dsa(1024), None)]
fn keys_of_repositories(#[case] algorithm: Algorithm, #[case] validity: Option<Duration>) {
    let key = Secret::new(USER, algorithm, at(START), validity, Hash::SHA256);
    let world = World::new().repo_conf("base", [rpm("foo").file("/opt/foo", "hello\n")], "");
    let bytes = signed("6", &[(&key.signer(), Hash::SHA256, LATE)]);
    fs::write(world.repo_dir("base").join("foo-1-1.noarch.rpm"), bytes).expect("the copy is writable");
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], "createrepo_c --quiet /srv/repos/base >/dev/null");
    world.repo_at("base", "file:///srv/repos/base", "gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n");
    world.edit(|root| fs::write(root.join("etc/key.asc"), key.armored()).expect("the root is writable"));
    world.both("install -y foo").exits(1);
    world.rpm("-qa gpg-pubkey");
}
