//! Taking ASCII armor off files that may hold several blocks.

use std::borrow::Cow;
use std::io::{self, Read};

use sequoia_openpgp::armor::{Kind, Reader, ReaderMode};

/// Returns the binary content of every armored block of a kind (signatures or public keys), or the data itself when
/// nothing in it is armored.
///
/// Whatever is returned begins as a packet does. The parsers of sequoia would take off the armor of other data, and
/// then believe the lengths that they find inside before the bytes are there.
pub(super) fn blocks(data: &[u8], kind: Kind) -> io::Result<Vec<Cow<'_, [u8]>>> {
    let begin: &[u8] = match kind {
        Kind::Signature => b"-----BEGIN PGP SIGNATURE-----",
        _ => b"-----BEGIN PGP PUBLIC KEY BLOCK-----",
    };
    let starts: Vec<usize> = memchr::memmem::find_iter(data, begin)
        .filter(|start| *start == 0 || data[start - 1] == b'\n' || data[start - 1] == b' ')
        .collect();
    if starts.is_empty() {
        if is_binary(data) {
            return Ok(vec![Cow::Borrowed(data)]);
        }
        // Armor of another kind, perhaps; what is none holds nothing.
        let mut binary = Vec::new();
        let read = Reader::from_bytes(data, ReaderMode::Tolerant(None)).read_to_end(&mut binary);
        return Ok(if read.is_ok() && is_binary(&binary) { vec![Cow::Owned(binary)] } else { Vec::new() });
    }
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    let mut blocks = Vec::with_capacity(starts.len());
    for (start, end) in starts.iter().zip(ends) {
        let mut reader = Reader::from_bytes(&data[*start..end], ReaderMode::Tolerant(Some(kind)));
        let mut binary = Vec::new();
        reader.read_to_end(&mut binary)?;
        if is_binary(&binary) {
            blocks.push(Cow::Owned(binary));
        }
    }
    Ok(blocks)
}

/// Tells whether data begins as an OpenPGP packet does: with the highest bit set.
fn is_binary(data: &[u8]) -> bool {
    data.first().is_some_and(|first| first & 0x80 != 0)
}
