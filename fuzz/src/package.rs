//! Package files and what is in them.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::event::ScriptletKind;
use oxidnf_core::header::{DepKind, Entry, Header, Limits, TriggerFamily};
use oxidnf_core::package_file::{
    PackageDigester, Verification, VerifyFlags, VerifyLevel, WantedDigests, signature_dribbles,
};
use oxidnf_repo::openpgp::{Key, Keyring};

/// A header as it stands in a package, in a signature header or in the database.
pub fn header(data: &[u8]) {
    for limits in [Limits::PACKAGE, Limits::SIGNATURE, Limits::DATABASE] {
        if let Ok(header) = Header::parse(data.to_vec(), limits) {
            look_at(&header);
        }
    }
}

/// Asks a header everything that the rest of the program asks.
pub(crate) fn look_at(header: &Header) {
    for value in header.entries() {
        let _ = (value.text(), value.number(), value.bin(), value.strings().count(), value.numbers().count());
    }
    let _ = (header.nevra(), header.format(), header.region_bytes().len(), format!("{header:?}").len());
    for kind in DepKind::ALL {
        header.deps(kind).for_each(|dep| drop(dep.to_reldep()));
    }
    if let Ok(files) = header.files() {
        for index in 0..files.len() {
            drop(files.path(index));
        }
    }
    for kind in [
        ScriptletKind::PreTrans,
        ScriptletKind::Pre,
        ScriptletKind::Post,
        ScriptletKind::PreUn,
        ScriptletKind::PostUn,
        ScriptletKind::PostTrans,
        ScriptletKind::PreUnTrans,
        ScriptletKind::PostUnTrans,
        ScriptletKind::Verify,
    ] {
        let _ = header.scriptlet(kind);
    }
    for family in [TriggerFamily::Package, TriggerFamily::File, TriggerFamily::TransFile] {
        drop(header.trigger_scripts(family));
    }
    if let Ok(again) =
        header.with_dribbles(header.dribbles().map(|value| Entry::new(value.tag(), value.to_owned())).collect())
    {
        assert_eq!(again.region_bytes(), header.region_bytes(), "the region is kept byte for byte");
    }
}

/// A whole package file, as it arrives from the network.
pub fn package(data: &[u8]) {
    let wanted = WantedDigests { whole: vec![ChecksumKind::Sha256], legacy_md5: true };
    let Ok(mut digester) = PackageDigester::new(&wanted) else { return };
    // In pieces whose size the input decides.
    let piece = usize::from(data.first().copied().unwrap_or(0)) + 1;
    data.chunks(piece).for_each(|piece| digester.update(piece));
    let start = digester.start().cloned();
    let digests = digester.finish(Path::new("input"));
    let (Some(start), Ok(digests)) = (start, digests) else { return };
    look_at(&start.header);
    look_at(&start.signature);
    let _ = signature_dribbles(&start.signature, &start.header);
    for level in [VerifyLevel::None, VerifyLevel::Digest, VerifyLevel::Signature, VerifyLevel::All] {
        for flags in [VerifyFlags::default(), VerifyFlags(0)] {
            let verification = Verification::new(&start.signature, level, flags, &digests, Vec::new());
            let shown: String = verification.items().map(ToString::to_string).collect();
            let _ = (verification.problem(), shown.len());
        }
    }
}

/// The archive inside a package, compressed and plain.
pub fn cpio(data: &[u8]) {
    oxidnf_transaction::fuzzing::archive(data);
    oxidnf_transaction::fuzzing::payload(data);
}

/// OpenPGP: keys, and signatures over a text.
pub fn signature(data: &[u8]) {
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut ring = Keyring::new(now);
    if let Ok(keys) = Key::read_all(data) {
        for key in keys {
            let _ = (key.facts(now), key.armored(&[]).is_ok(), key.base64().len());
            let _ = ring.add(key, "input");
        }
    }
    let _ = ring.judge_detached(data, &b"signed text\n"[..]);
    let _ = oxidnf_repo::openpgp::read_signature(data);
}
