//! Package files: what is read, digested and merged, for packages of both formats.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod packages;

use std::io::Read;

use oxidnf_core::checksum::{Checksum, ChecksumKind};
use oxidnf_core::event::ScriptletKind;
use oxidnf_core::header::{DepKind, Tag};
use oxidnf_core::package_file::{PackageDigester, PackageError, PackageFile, WantedDigests};
use proptest::prelude::*;

#[test]
fn reads_both_formats() {
    for (format, bytes) in packages::all() {
        let (_guard, path) = packages::on_disk(&bytes);
        let package = PackageFile::open(&path).unwrap();
        assert_eq!(package.nevra().unwrap().to_string(), "alpha-3:1.2-4.fc40.x86_64");
        assert_eq!(package.header().format(), if format == "v6" { 6 } else { 4 });
        let files = package.header().files().unwrap();
        let paths: Vec<_> = files.iter().map(|file| String::from_utf8(file.path()).unwrap()).collect();
        assert_eq!(paths, ["/etc/alpha.conf", "/usr/bin/alef", "/usr/bin/alpha", "/var/lib/alpha"]);
        assert_eq!(files.file(0).size, 6);
        assert_eq!(files.file(1).linkto, b"alpha");
        assert!(files.file(1).is_symlink() && files.file(3).is_dir() && files.file(2).is_regular());
        assert_eq!(files.digest_kind(), Some(ChecksumKind::Sha256));
        assert_eq!(files.file(0).digest, Checksum::of(ChecksumKind::Sha256, b"hello\n").unwrap().hex().as_bytes());
        let requires: Vec<_> =
            package.header().deps(DepKind::Requires).map(|dep| dep.to_reldep().to_string()).collect();
        assert!(requires.contains(&"beta >= 2.0".to_owned()), "{requires:?}");
        let post = package.header().scriptlet(ScriptletKind::Post).unwrap();
        assert_eq!((post.body, post.program), (Some(&b"echo post"[..]), vec![b"/bin/sh".to_vec()]));
        assert_eq!(package.header().scriptlet(ScriptletKind::PreUn).unwrap().program, [b"<lua>".to_vec()]);
        assert!(package.header().scriptlet(ScriptletKind::Pre).is_none());
        let triggers = package.header().triggers();
        assert_eq!(triggers.len(), 1);
        assert_eq!(triggers[0].conditions[0].name, b"beta");
        let mut payload = Vec::new();
        package.payload_reader().read_to_end(&mut payload).unwrap();
        assert_eq!(payload, bytes[package.payload_offset() as usize..]);
        let start = package.header_offset() as usize..package.payload_offset() as usize;
        assert_eq!(package.header().region_bytes(), bytes[start]);
    }
}

#[test]
fn digests_in_one_pass() {
    for (format, mut bytes) in packages::all() {
        let (_guard, path) = packages::on_disk(&bytes);
        let package = PackageFile::open(&path).unwrap();
        let wanted = WantedDigests { legacy_md5: true, ..WantedDigests::default() };
        let digests = package.digests(&wanted).unwrap();
        assert!(digests.header_ok() && digests.payload_ok(), "{digests:?}");
        assert_eq!(digests.size, bytes.len() as u64);
        assert_eq!(
            digests.whole,
            [ChecksumKind::Sha256, ChecksumKind::Sha512].map(|k| Checksum::of(k, &bytes).unwrap())
        );
        assert_eq!(digests.header, package.check_header_digests().unwrap());
        assert_eq!(digests.payload.len(), if format == "v6" { 3 } else { 1 });

        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let broken = PackageFile::open(&path).unwrap().digests(&wanted).unwrap();
        assert!(broken.header_ok() && !broken.payload_ok());
        let message = broken.bad().next().unwrap().to_string();
        assert!(message.starts_with("Payload SHA256 digest: BAD (Expected "), "{message}");
    }
}

#[test]
fn merges_the_signature_header() {
    for (format, bytes) in packages::all() {
        let (_guard, path) = packages::on_disk(&bytes);
        let package = PackageFile::open(&path).unwrap();
        let dribbles = package.signature_dribbles().unwrap();
        let tags: Vec<Tag> = dribbles.iter().map(|entry| entry.tag).collect();
        assert!(tags.is_sorted(), "{tags:?}");
        assert!(tags.contains(&Tag::SHA256HEADER), "{format} {tags:?}");
        assert!(tags.iter().all(|tag| tag.0 < 1000 || *tag == Tag::ARCHIVESIZE), "{tags:?}");
        let installed = package.header().with_dribbles(dribbles).unwrap();
        assert_eq!(installed.region_bytes(), package.header().region_bytes());
        assert_eq!(installed.without_dribbles().unwrap(), *package.header());
        let checks = oxidnf_core::header::check_header_digests(&installed, &installed).unwrap();
        assert!(!checks.is_empty() && checks.iter().all(|check| check.ok()));
        // A second merge finds its tags taken.
        let again = oxidnf_core::package_file::PackageFile::open(&path).unwrap();
        assert!(again.signature_dribbles().is_ok());
    }
}

#[test]
fn refuses_what_is_no_package() {
    let (_guard, path) = packages::on_disk(b"just text");
    assert!(matches!(PackageFile::open(&path), Err(PackageError::NotAPackage { .. })));
    let missing = PackageFile::open("/nonexistent.rpm").unwrap_err();
    assert_eq!(missing.to_string(), "open of /nonexistent.rpm failed");
    let (_, bytes) = packages::all().remove(0);
    let (_guard, path) = packages::on_disk(&bytes[..200]);
    let text = PackageFile::open(&path).unwrap_err().to_string();
    assert!(text.contains("signature hdr blob(") && text.contains("BAD, read returned"), "{text}");
}

/// Feeds bytes in pieces.
fn stream(bytes: &[u8], piece: usize) -> Result<oxidnf_core::package_file::PackageDigests, PackageError> {
    let mut digester = PackageDigester::new(&WantedDigests { legacy_md5: true, ..WantedDigests::default() }).unwrap();
    bytes.chunks(piece).for_each(|part| digester.update(part));
    digester.finish("stream".as_ref())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_do_not_matter(piece in 1usize..5000, v6: bool) {
        let (_, bytes) = packages::all().remove(usize::from(v6));
        let (one, two) = (stream(&bytes, piece).unwrap(), stream(&bytes, bytes.len()).unwrap());
        prop_assert_eq!((one.size, one.whole, one.header, one.payload, one.legacy_md5),
                        (two.size, two.whole, two.header, two.payload, two.legacy_md5));
    }

    #[test]
    fn mutated_files_never_panic(at in 0usize..9000, value: u8, cut in 0usize..9000, v6: bool) {
        let (_, mut bytes) = packages::all().remove(usize::from(v6));
        let at = at % bytes.len();
        bytes[at] = value;
        bytes.truncate(bytes.len() - cut % bytes.len() / 4);
        let (_guard, path) = packages::on_disk(&bytes);
        let opened = PackageFile::open(&path);
        // Streaming sees the same structure as opening.
        let streamed = stream(&bytes, 333);
        prop_assert_eq!(opened.is_ok(), streamed.is_ok(), "{:?} {:?}", opened.err(), streamed.err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), real_lead: bool) {
        let mut bytes = bytes;
        if real_lead && bytes.len() > 112 {
            bytes[..4].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb]);
            bytes[96..104].copy_from_slice(&oxidnf_core::header::MAGIC);
        }
        prop_assert!(stream(&bytes, 7).is_err());
        let (_guard, path) = packages::on_disk(&bytes);
        prop_assert!(PackageFile::open(&path).is_err());
    }
}
