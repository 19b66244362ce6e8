//! GnuPG's keybox, in which a librepo built with GPGME keeps the keys that it trusts for a repository.
//!
//! Records ("blobs") begin with their length and type; all numbers are big-endian. The first one is a header. Those of
//! type 2 hold an OpenPGP key with an index of its parts, and end with a SHA-1 over the rest (described in GnuPG's
//! documentation of the format; checked against files that gpg wrote).

use oxidnf_core::{Checksum, ChecksumKind};

/// Size of the header record.
const HEADER: usize = 32;
/// Type of a record with an OpenPGP key.
const OPENPGP: u8 = 2;

/// The parts of a key that its record lists.
pub(super) struct Listed<'k> {
    /// Fingerprints of the key and its subkeys, 20 bytes each: the format does not know longer ones.
    pub(super) fingerprints: Vec<[u8; 20]>,
    /// The packets.
    pub(super) packets: &'k [u8],
}

/// Returns the OpenPGP keys of a keybox; a damaged record ends it.
pub(super) fn keys(keybox: &[u8]) -> Vec<Vec<u8>> {
    let number = |blob: &[u8], at: usize| {
        let bytes = blob.get(at..at + 4)?;
        usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
    };
    let mut keys = Vec::new();
    let mut rest = keybox;
    while let Some(blob) = number(rest, 0).filter(|length| *length >= 5).and_then(|length| rest.get(..length)) {
        let key = || {
            let (start, length) = (number(blob, 8)?, number(blob, 12)?);
            blob.get(start..start.checked_add(length)?)
        };
        if blob[4] == OPENPGP {
            keys.extend(key().map(<[u8]>::to_vec));
        }
        rest = &rest[blob.len()..];
    }
    keys
}

/// Returns the header of a new keybox; `now` is in seconds since 1970.
pub(super) fn header(now: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    put(&mut header, HEADER);
    // Type, version, and the flag that it holds OpenPGP keys.
    header.extend([1, 1, 0, 2]);
    header.extend(b"KBXf");
    header.extend([0; 4]);
    // Made, and last cleaned up.
    header.extend(now.to_be_bytes());
    header.extend(now.to_be_bytes());
    header.extend([0; 8]);
    header
}

/// Returns the record of a key; nothing when it has more parts than the format can count.
pub(super) fn record(key: &Listed<'_>, now: u32) -> Option<Vec<u8>> {
    let Listed { fingerprints, packets } = key;
    let parts = parts(packets)?;
    let (keys, ids) = (u16::try_from(fingerprints.len()).ok()?, u16::try_from(parts.user_ids.len()).ok()?);
    let signatures = u16::try_from(parts.signatures).ok()?;
    let start = 20 + 28 * fingerprints.len() + 2 + 4 + 12 * parts.user_ids.len() + 4 + 4 * parts.signatures + 20;
    let length = start + packets.len() + 20;
    let mut blob = Vec::with_capacity(length);
    put(&mut blob, length);
    blob.extend([OPENPGP, 1, 0, 0]);
    put(&mut blob, start);
    put(&mut blob, packets.len());
    put_short(&mut blob, keys);
    put_short(&mut blob, 28);
    for fingerprint in fingerprints {
        // The key id is the end of the fingerprint.
        let key_id = blob.len() + 12;
        blob.extend(fingerprint);
        put(&mut blob, key_id);
        blob.extend([0; 4]);
    }
    // No serial number.
    put_short(&mut blob, 0);
    put_short(&mut blob, ids);
    put_short(&mut blob, 12);
    for (at, size) in &parts.user_ids {
        put(&mut blob, start + at);
        put(&mut blob, *size);
        blob.extend([0; 4]);
    }
    put_short(&mut blob, signatures);
    put_short(&mut blob, 4);
    // What is known of each signature, of owner and validity: nothing yet.
    blob.resize(blob.len() + 4 * parts.signatures + 12, 0);
    blob.extend(now.to_be_bytes());
    blob.extend([0; 4]);
    blob.extend(*packets);
    let digest = Checksum::of(ChecksumKind::Sha1, &blob).ok()?;
    blob.extend(digest.bytes());
    Some(blob)
}

fn put(blob: &mut Vec<u8>, number: usize) {
    blob.extend(u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
}

fn put_short(blob: &mut Vec<u8>, number: u16) {
    blob.extend(number.to_be_bytes());
}

/// What a record counts in a key.
struct Parts {
    /// Place and size of the user ids.
    user_ids: Vec<(usize, usize)>,
    signatures: usize,
}

/// Walks over the packets of a key.
fn parts(packets: &[u8]) -> Option<Parts> {
    const SIGNATURE: u8 = 2;
    const USER_ID: u8 = 13;
    let mut parts = Parts { user_ids: Vec::new(), signatures: 0 };
    let mut at = 0;
    while at < packets.len() {
        let (tag, head, size) = packet(&packets[at..])?;
        match tag {
            SIGNATURE => parts.signatures += 1,
            USER_ID => parts.user_ids.push((at + head, size)),
            _ => {}
        }
        at = at.checked_add(head)?.checked_add(size)?;
    }
    (at == packets.len()).then_some(parts)
}

/// Returns type, size of the head and size of the body of the first packet (RFC 9580, section 4.2).
fn packet(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let first = *bytes.first()?;
    let number = |at: usize, count: usize| {
        let bytes = bytes.get(at..at + count)?;
        Some(bytes.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    match (first & 0x80 != 0, first & 0x40 != 0) {
        (false, _) => None,
        (true, false) => {
            let count = [1, 2, 4].get(usize::from(first & 3))?;
            Some((first >> 2 & 15, 1 + count, number(1, *count)?))
        }
        (true, true) => {
            let (head, size) = match *bytes.get(1)? {
                short @ 0..=191 => (2, usize::from(short)),
                192..=223 => (3, number(1, 2)? - 0xC000 + 192),
                255 => (6, number(2, 4)?),
                // Parts are for data, not for keys.
                _ => return None,
            };
            Some((first & 63, head, size))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // A key packet of 3 bytes, a user id "ab", a signature of 1 byte.
    const PACKETS: &[u8] = &[0x98, 3, 4, 1, 2, 0xB4, 2, b'a', b'b', 0xC2, 1, 9];

    #[test]
    fn records_are_read_again() {
        let listed = Listed { fingerprints: vec![[7; 20]], packets: PACKETS };
        let record = record(&listed, 1_800_000_000).expect("few parts");
        assert_eq!(record[..4], u32::try_from(record.len()).expect("small").to_be_bytes());
        // witness: gpg --import of a key with one user id and one signature puts its packets at 94.
        assert_eq!(record[8..12], 94_u32.to_be_bytes());
        let user_id = u32::from_be_bytes(record[54..58].try_into().expect("four")) as usize;
        assert_eq!(record[user_id..user_id + 2], *b"ab");
        let keybox = [header(1_800_000_000), record.clone(), record.clone()].concat();
        assert_eq!(keys(&keybox), [PACKETS.to_vec(), PACKETS.to_vec()]);
        assert_eq!(keys(&keybox[..keybox.len() - 1]), [PACKETS.to_vec()]);
    }

    #[test]
    fn odd_packets_make_no_record() {
        for packets in [&PACKETS[..3], &[0x18, 1, 0], &[0xC2, 230, 1], &[0xC2, 255, 255, 255, 255, 255]] {
            assert!(record(&Listed { fingerprints: Vec::new(), packets }, 0).is_none(), "{packets:?}");
        }
    }

    proptest! {
        #[test]
        fn damaged_keyboxes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = keys(&bytes);
            let _ = record(&Listed { fingerprints: vec![[1; 20]], packets: &bytes }, 0);
        }
    }
}
