//! zchunk: files in chunks that can be fetched one by one (`zchunk_format.txt` of zchunk 1.5).
//!
//! Here a file is always fetched as a whole, with the digest that the index of the repository has for it, so the digests
//! of header and chunks, which serve those who have parts already, are not looked at.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// What a file begins with.
const ID: &[u8] = b"\0ZCK1";
/// More header than any file has: an entry of the index is 20 bytes, and chunks are not made that small.
const MAX_HEADER: u64 = 64 << 20;
/// More than any chunk has; a chunk is about one package.
const MAX_CHUNK: u64 = 256 << 20;
/// Flag: the file has several streams.
const STREAMS: u64 = 1;
/// Flag: the preface has optional elements.
const OPTIONAL: u64 = 2;
/// Flag: the index also has digests of open chunks.
const OPEN_DIGESTS: u64 = 4;

/// A reader of the open data of a zchunk file.
pub(super) struct Zchunk<R: BufRead> {
    reader: R,
    /// Lengths of the chunks to come, packed and open.
    chunks: VecDeque<(u64, u64)>,
    unpack: Unpack,
    open: io::Cursor<Vec<u8>>,
}

enum Unpack {
    Copy,
    Zstd(Box<zstd::bulk::Decompressor<'static>>),
}

impl<R: BufRead> Zchunk<R> {
    /// Reads the header.
    pub(super) fn new(mut reader: R) -> io::Result<Self> {
        let mut lead = Fields { reader: &mut reader };
        if lead.bytes(ID.len() as u64)? != ID {
            return Err(damaged("not a zchunk file"));
        }
        let digest = digest_length(lead.number()?)?;
        let size = lead.number()?;
        if size > MAX_HEADER {
            return Err(damaged("the header is too long"));
        }
        lead.bytes(digest)?;
        let header = lead.bytes(size)?;
        let mut fields = Fields { reader: &mut header.as_slice() };
        // Digest of all data.
        fields.bytes(digest)?;
        let flags = fields.number()?;
        if flags & !(OPTIONAL | OPEN_DIGESTS) != 0 {
            return Err(damaged(if flags & STREAMS != 0 {
                "several streams are not supported"
            } else {
                "unknown flags"
            }));
        }
        let compression = fields.number()?;
        if flags & OPTIONAL != 0 {
            for _ in 0..fields.number()?.min(size) {
                fields.number()?;
                let length = fields.number()?;
                fields.bytes(length.min(size))?;
            }
        }
        let mut chunks = index(&mut fields, flags, size)?;
        let dictionary = chunks.pop_front().ok_or_else(|| damaged("the index has no dictionary"))?;
        let unpack = match compression {
            0 => Unpack::Copy,
            2 => {
                let mut plain = Unpack::Zstd(Box::new(zstd::bulk::Decompressor::new()?));
                let dictionary = plain.chunk(&mut reader, dictionary)?;
                Unpack::Zstd(Box::new(zstd::bulk::Decompressor::with_dictionary(&dictionary)?))
            }
            _ => return Err(damaged("unknown compression of chunks")),
        };
        Ok(Zchunk { reader, chunks, unpack, open: io::Cursor::default() })
    }
}

impl Unpack {
    /// Reads the next chunk.
    fn chunk(&mut self, reader: &mut impl BufRead, (packed, open): (u64, u64)) -> io::Result<Vec<u8>> {
        let bytes = Fields { reader }.bytes(packed)?;
        let data = match self {
            Unpack::Zstd(decompressor) if packed > 0 => {
                let capacity = usize::try_from(open).ok().filter(|_| open <= MAX_CHUNK);
                decompressor.decompress(&bytes, capacity.ok_or_else(|| damaged("a chunk is too long"))?)?
            }
            _ => bytes,
        };
        if data.len() as u64 == open { Ok(data) } else { Err(damaged("a chunk has another length than its index")) }
    }
}

impl<R: BufRead> Read for Zchunk<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.open.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(lengths) = self.chunks.pop_front() else { return Ok(0) };
            self.open = io::Cursor::new(self.unpack.chunk(&mut self.reader, lengths)?);
        }
    }
}

/// Reads the lengths of all chunks, the dictionary first.
fn index(fields: &mut Fields<'_, &[u8]>, flags: u64, size: u64) -> io::Result<VecDeque<(u64, u64)>> {
    // Its own length says nothing that the fields do not.
    fields.number()?;
    let digest = digest_length(fields.number()?)?;
    let digests = if flags & OPEN_DIGESTS == 0 { digest } else { 2 * digest };
    let count = fields.number()?;
    if count > size / digest {
        return Err(damaged("more chunks than the header has room for"));
    }
    let mut chunks = VecDeque::new();
    for _ in 0..count {
        fields.bytes(digests)?;
        chunks.push_back((fields.number()?, fields.number()?));
    }
    Ok(chunks)
}

/// Returns the length of a kind of digest: SHA-1, SHA-256, SHA-512, and the first half of a quarter of SHA-512.
fn digest_length(kind: u64) -> io::Result<u64> {
    match kind {
        0 => Ok(20),
        1 => Ok(32),
        2 => Ok(64),
        3 => Ok(16),
        _ => Err(damaged("unknown kind of digests")),
    }
}

/// The fields of a header.
struct Fields<'r, R: Read> {
    reader: &'r mut R,
}

impl<R: Read> Fields<'_, R> {
    /// Reads a number: seven bits a byte, the lowest first, and the top bit ends it.
    fn number(&mut self) -> io::Result<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let mut byte = [0];
            self.reader.read_exact(&mut byte)?;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 != 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number is too long"))
    }

    /// Reads so many bytes; memory grows with what is there, not with what is announced.
    fn bytes(&mut self, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = value;
        loop {
            let (low, next) = ((rest & 0x7f) as u8, rest >> 7);
            if next == 0 {
                bytes.push(low | 0x80);
                return bytes;
            }
            bytes.push(low);
            rest = next;
        }
    }

    /// Writes a file as zchunk does: a dictionary, then chunks that were packed with it.
    fn file(dictionary: &[u8], chunks: &[&[u8]]) -> Vec<u8> {
        let pack = |data: &[u8], dictionary: &[u8]| -> Vec<u8> {
            if data.is_empty() {
                return Vec::new();
            }
            let mut compressor = zstd::bulk::Compressor::with_dictionary(3, dictionary).expect("zstd works");
            compressor.compress(data).expect("zstd works")
        };
        let mut packed = vec![(pack(dictionary, b""), dictionary.len())];
        packed.extend(chunks.iter().map(|chunk| (pack(chunk, dictionary), chunk.len())));
        let mut index = [number(3), number(packed.len() as u64)].concat();
        for (bytes, open) in &packed {
            index.extend([vec![0; 16], number(bytes.len() as u64), number(*open as u64)].concat());
        }
        let header = [vec![0; 32], number(0), number(2), number(index.len() as u64), index, number(0)].concat();
        let mut out = [ID.to_vec(), number(1), number(header.len() as u64), vec![0; 32], header].concat();
        for (bytes, _) in &packed {
            out.extend(bytes);
        }
        out
    }

    fn open(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        Zchunk::new(bytes)?.take(1 << 20).read_to_end(&mut data)?;
        Ok(data)
    }

    // witness: compat-tests/tests/repositories/metadata.rs reads what createrepo_c writes.
    #[test]
    fn chunks_with_and_without_a_dictionary() {
        let chunks: [&[u8]; 4] = [b"<metadata>", b"", &[b'a'; 5000], b"</metadata>"];
        for dictionary in [&b""[..], b"<metadata packages=<package type= and more that chunks have in common"] {
            let bytes = file(dictionary, &chunks);
            assert_eq!(open(&bytes).expect("a good file"), chunks.concat());
            assert!((1..bytes.len()).all(|end| open(&bytes[..end]).is_err()), "a file that was cut is refused");
        }
    }

    proptest! {
        #[test]
        fn never_panics(at in 0_usize..250, byte: u8, tail in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = file(b"words in common", &[b"one", b"two words in common"]);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = open(&bytes);
            let _ = open(&[ID, &tail].concat());
        }
    }
}
