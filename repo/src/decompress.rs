//! Decompression of repository files, chosen by what the bytes say.
//!
//! Names lie (`primary.xml.gz` served as plain XML is common behind some proxies), so the first bytes decide. Every
//! stream has a ceiling, because archives bomb.

mod zchunk;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

use zchunk::Zchunk;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all, or in a way that is not known.
    Plain,
    /// gzip, possibly of several members.
    Gzip,
    /// xz, possibly of several streams.
    Xz,
    /// The format of LZMA utils before xz (`.lzma`).
    Lzma,
    /// Zstandard, possibly of several frames.
    Zstd,
    /// bzip2, possibly of several streams.
    Bzip2,
    /// zchunk.
    Zchunk,
}

impl Compression {
    /// Recognises a compression by the first bytes of a file; 13 bytes are enough.
    pub fn detect(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame may come first (written by pzstd and seekable zstd).
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Compression::Bzip2,
            [0, b'Z', b'C', b'K', b'1', ..] | [0, b'Z', b'H', b'R', b'1', ..] => Compression::Zchunk,
            _ if is_lzma_alone(start) => Compression::Lzma,
            _ => Compression::Plain,
        }
    }
}

/// The old format has no magic: the properties byte of the usual lc/lp/pb, a dictionary of 2^n or 2^n + 2^(n-1)
/// bytes and a length that is unknown (all ones) or below 256 GiB; the `file` program and xz judge alike.
fn is_lzma_alone(start: &[u8]) -> bool {
    let [properties, d0, d1, d2, d3, length @ ..] = start else { return false };
    let Some(length) = length.first_chunk::<8>() else { return false };
    let dictionary = u32::from_le_bytes([*d0, *d1, *d2, *d3]);
    let length = u64::from_le_bytes(*length);
    let two_neighbouring_bits = dictionary.count_ones() == 2 && dictionary & (dictionary << 1) != 0;
    let plausible_dictionary = dictionary == u32::MAX || dictionary.is_power_of_two() || two_neighbouring_bits;
    *properties < 225 && dictionary >= 4096 && plausible_dictionary && (length == u64::MAX || length < 1 << 38)
}

/// What a stream may grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Exact size of the open data where it is known (`open-size` of repomd.xml); more is an error as soon as it
    /// arrives, less is one at the end.
    pub open_size: Option<u64>,
    /// Ceiling for open data of unknown size, and for what `open_size` may claim.
    pub max_size: u64,
}

impl Limits {
    /// Ceiling for the files of a repository: Fedora's largest filelists are 1 GB open.
    pub const METADATA: Limits = Limits { open_size: None, max_size: 16 << 30 };

    /// Ceiling for the payload of a package.
    pub const PAYLOAD: Limits = Limits { open_size: None, max_size: 1 << 40 };

    /// Returns these limits with the exact size that a trusted index names.
    #[must_use]
    pub fn with_open_size(self, open_size: Option<u64>) -> Self {
        Limits { open_size, ..self }
    }
}

/// Why a stream could not be decompressed; found inside the [`io::Error`] of [`Decompressor::read`].
#[derive(Debug, thiserror::Error)]
pub enum DecompressError {
    /// The stream is damaged or ends early.
    #[error("damaged {compression:?} data after {offset} bytes of open data")]
    Damaged {
        /// How the data is compressed.
        compression: Compression,
        /// Bytes that were decompressed before.
        offset: u64,
        /// What the decompressor said.
        source: io::Error,
    },
    /// There is more open data than announced or allowed.
    #[error("open data exceeds {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// There is less open data than announced.
    #[error("open data ends after {size} bytes instead of {expected}")]
    TooShort {
        /// Bytes that came.
        size: u64,
        /// Bytes that were announced.
        expected: u64,
    },
}

impl DecompressError {
    fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

/// Memory that an xz stream may ask for; `xz -9` needs 65 MiB, the largest dictionary of the format 1.5 GiB.
const XZ_MEMORY: u64 = 512 << 20;

/// Window logarithm that a Zstandard frame may ask for; `zstd --long=27` is what repositories use at most.
const ZSTD_WINDOW_LOG: u32 = 27;

enum Inner<R: BufRead> {
    Plain(R),
    Gzip(MultiGzDecoder<R>),
    Lzma(XzDecoder<R>),
    Zstd(zstd::Decoder<'static, R>),
    Bzip2(MultiBzDecoder<R>),
    Zchunk(Zchunk<R>),
}

/// A reader of open data over a file that may be compressed.
pub struct Decompressor<R: BufRead> {
    inner: Inner<R>,
    compression: Compression,
    limits: Limits,
    offset: u64,
}

impl Decompressor<BufReader<File>> {
    /// Opens a file.
    pub fn open(path: &Path, limits: Limits) -> io::Result<Self> {
        Self::from_file(File::open(path)?, limits)
    }

    /// Reads an open file from its start.
    pub fn from_file(mut file: File, limits: Limits) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        Self::new(BufReader::with_capacity(256 << 10, file), limits)
    }
}

impl<R: BufRead> Decompressor<R> {
    /// Looks at the first bytes of `reader` and starts to decompress it.
    pub fn new(mut reader: R, limits: Limits) -> io::Result<Self> {
        let compression = Compression::detect(reader.fill_buf()?);
        let inner = match compression {
            Compression::Plain => Inner::Plain(reader),
            Compression::Gzip => Inner::Gzip(MultiGzDecoder::new(reader)),
            Compression::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED).map_err(io::Error::other)?;
                Inner::Lzma(XzDecoder::new_stream(reader, stream))
            }
            Compression::Lzma => {
                let stream = Stream::new_lzma_decoder(XZ_MEMORY).map_err(io::Error::other)?;
                Inner::Lzma(XzDecoder::new_stream(reader, stream))
            }
            Compression::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(reader)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Inner::Zstd(decoder)
            }
            Compression::Bzip2 => Inner::Bzip2(MultiBzDecoder::new(reader)),
            Compression::Zchunk => Inner::Zchunk(
                Zchunk::new(reader)
                    .map_err(|source| DecompressError::Damaged { compression, offset: 0, source }.into_io())?,
            ),
        };
        Ok(Decompressor { inner, compression, limits, offset: 0 })
    }

    /// Returns how the file is compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Returns the number of open bytes read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn read_inner(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.inner {
            Inner::Plain(reader) => reader.read(buffer),
            Inner::Gzip(reader) => reader.read(buffer),
            Inner::Lzma(reader) => reader.read(buffer),
            Inner::Zstd(reader) => reader.read(buffer),
            Inner::Bzip2(reader) => reader.read(buffer),
            Inner::Zchunk(reader) => reader.read(buffer),
        }
    }
}

impl<R: BufRead> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match self.read_inner(buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted || self.compression == Compression::Plain => {
                return Err(error);
            }
            Err(source) => {
                let error = DecompressError::Damaged { compression: self.compression, offset: self.offset, source };
                return Err(error.into_io());
            }
        };
        self.offset += read as u64;
        let limit = self.limits.open_size.map_or(self.limits.max_size, |size| size.min(self.limits.max_size));
        if self.offset > limit {
            return Err(DecompressError::TooLarge { limit }.into_io());
        }
        match self.limits.open_size {
            Some(expected) if read == 0 && self.offset < expected => {
                Err(DecompressError::TooShort { size: self.offset, expected }.into_io())
            }
            _ => Ok(read),
        }
    }
}
