//! The signatures of a package: which of them are looked at, and what each is worth.

use openssl::base64;
use oxidnf_core::header::{DigestRange, Tag};
use oxidnf_core::package_file::{
    ItemKind, ItemStatus, PackageFile, PackageSignature, SignatureFormat, SignedRange, VerifyFlags, VerifyItem,
    WantedDigests, is_looked_at, signature_name,
};
use sequoia_openpgp::crypto::hash::Context;
use sequoia_openpgp::packet::Signature;

use super::keyring::Keyring;
use super::package::digest_file;
use super::signature::{self, SignatureInfo, SignatureProblem, SignatureReport, SignatureStatus};

/// A signature of a package that parses, with the digest that it signs.
pub(super) struct Pending {
    pub(super) tag: Tag,
    pub(super) signature: Signature,
    pub(super) range: SignedRange,
    pub(super) digest: Option<Context>,
}

/// A signature and what it is worth.
pub(super) struct Judged {
    pub(super) tag: Tag,
    pub(super) range: SignedRange,
    pub(super) report: SignatureReport,
}

/// The signatures to look at.
#[derive(Default)]
pub(super) struct Collected {
    /// Those that parse.
    pub(super) pending: Vec<Pending>,
    /// Those that do not, as bad ones.
    unusable: Vec<Judged>,
}

/// Collects the signatures to look at.
pub(super) fn collect(package: &PackageFile, disabled: VerifyFlags) -> Collected {
    let mut collected = Collected::default();
    let mut has_openpgp = false;
    for found in package.signatures() {
        if !is_looked_at(found.tag, package.signature(), disabled) {
            continue;
        }
        // Signatures of the old kinds do not count beside one of the new kind.
        if has_openpgp && found.tag != Tag::OPENPGP {
            continue;
        }
        match parse_one(&found) {
            Ok(signature) => {
                has_openpgp |= found.tag == Tag::OPENPGP;
                let mut digest = signature::start_digest(&signature);
                if let Some(digest) = &mut digest {
                    package.header().feed_region(|part| digest.update(part));
                }
                collected.pending.push(Pending { tag: found.tag, signature, range: found.range, digest });
            }
            Err(reason) => {
                let status = SignatureStatus::Bad { reason };
                let report = SignatureReport { info: SignatureInfo::unreadable(), status, complaints: Vec::new() };
                collected.unusable.push(Judged { tag: found.tag, range: found.range, report });
            }
        }
    }
    collected
}

fn parse_one(found: &PackageSignature<'_>) -> Result<Signature, String> {
    let decoded;
    let bytes = match found.format {
        SignatureFormat::Binary => found.bytes,
        SignatureFormat::Base64 => {
            let text: String =
                String::from_utf8_lossy(found.bytes).chars().filter(|c| !c.is_ascii_whitespace()).collect();
            decoded = base64::decode_block(&text).map_err(|_| "invalid base64".to_owned())?;
            &decoded
        }
    };
    signature::parse_bare(bytes)
}

/// Returns what a signature as packages carry them says of itself, or why the bytes are none.
pub fn read_signature(bytes: &[u8]) -> Result<SignatureInfo, String> {
    signature::parse_bare(bytes).map(|signature| SignatureInfo::of(&signature))
}

impl Keyring {
    pub(super) fn judge_pending(&self, Collected { pending, unusable }: Collected) -> Vec<Judged> {
        let places: Vec<(Tag, SignedRange)> = pending.iter().map(|pending| (pending.tag, pending.range)).collect();
        let (signatures, digests): (Vec<_>, Vec<_>) =
            pending.into_iter().map(|pending| (pending.signature, pending.digest)).unzip();
        let reports = self.judge_all(&signatures, digests);
        let judged = places.into_iter().zip(reports).map(|((tag, range), report)| Judged { tag, range, report });
        let mut judged: Vec<Judged> = judged.chain(unusable).collect();
        for Judged { range, report, tag: _ } in &mut judged {
            report.info.range = Some(*range);
        }
        judged
    }

    /// Judges all signatures of a package that rpm would look at.
    ///
    /// The file is read only for signatures over the payload of the kind that rpm 4 used.
    pub fn signature_items(
        &self,
        package: &PackageFile,
        disabled: VerifyFlags,
    ) -> Result<Vec<VerifyItem>, SignatureProblem> {
        let mut collected = collect(package, disabled);
        if collected.pending.iter().any(|pending| pending.range == SignedRange::HeaderAndPayload) {
            digest_file(package, &WantedDigests { whole: Vec::new(), legacy_md5: false }, &mut collected.pending)?;
        }
        Ok(self.judge_pending(collected).iter().map(item).collect())
    }
}

fn item(judged: &Judged) -> VerifyItem {
    let Judged { tag, range, report } = judged;
    let SignatureReport { info, status, complaints } = report;
    let readable = info.version != 0;
    let detail = match status {
        SignatureStatus::Bad { reason } if !readable => Some(format!("(package tag {}: {reason})", tag.0)),
        _ => None,
    };
    VerifyItem {
        kind: ItemKind::Signature,
        range: match range {
            SignedRange::Header => DigestRange::Header,
            SignedRange::HeaderAndPayload => DigestRange::HeaderAndPayload,
        },
        tag: *tag,
        public_key: info.public_key_number,
        hash: info.hash_number,
        status: match status {
            SignatureStatus::Good { .. } => ItemStatus::Ok,
            SignatureStatus::NoKey => ItemStatus::NoKey,
            SignatureStatus::NotTrusted { .. } => ItemStatus::NotTrusted,
            SignatureStatus::Bad { .. } => ItemStatus::Bad,
        },
        name: if readable { info.to_string() } else { signature_name(*tag).to_owned() },
        detail,
        complaints: complaints.clone(),
    }
}
