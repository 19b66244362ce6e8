//! Taking ASCII armor off files that may hold several blocks.

use std::borrow::Cow;
use std::io::{self, Read};

use sequoia_openpgp::armor::{Kind, Reader, ReaderMode};

/// Returns the binary content of every armored block of a kind (signatures or public keys), or the data itself when nothing in it is armored.
pub(super) fn blocks(data: &[u8], kind: Kind) -> io::Result<Vec<Cow<'_, [u8]>>> {
    let begin: &[u8] = match kind {
        Kind::Signature => b"-----BEGIN PGP SIGNATURE-----",
        _ => b"-----BEGIN PGP PUBLIC KEY BLOCK-----",
    };
    let starts: Vec<usize> = memchr::memmem::find_iter(data, begin)
        .filter(|start| *start == 0 || data[start - 1] == b'\n' || data[start - 1] == b' ')
        .collect();
    if starts.is_empty() {
        return Ok(vec![Cow::Borrowed(data)]);
    }
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    let mut blocks = Vec::with_capacity(starts.len());
    for (start, end) in starts.iter().zip(ends) {
        let mut reader = Reader::from_bytes(&data[*start..end], ReaderMode::Tolerant(Some(kind)));
        let mut binary = Vec::new();
        reader.read_to_end(&mut binary)?;
        blocks.push(Cow::Owned(binary));
    }
    Ok(blocks)
}
