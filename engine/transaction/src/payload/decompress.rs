//! Decompressors, chosen by the first bytes of the data.

use std::io::{self, BufRead, BufReader, Read};

use zstd::zstd_safe::{self, DCtx, ResetDirective};

/// Memory that an xz or lzma stream may ask for; rpm's own limit.
const LZMA_MEMORY: u64 = 100 << 20;

/// How a payload is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the formats'")]
pub(crate) enum Compression {
    None,
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Zstd,
}

impl Compression {
    /// Recognises the format by the first bytes.
    ///
    /// The header's PAYLOADCOMPRESSOR is not asked: it is absent for plain and for ancient gzip payloads alike.
    pub(crate) fn sniff(start: &[u8]) -> Self {
        const MAGICS: [(&[u8], Compression); 5] = [
            (&[0x1f, 0x8b], Compression::Gzip),
            (b"BZh", Compression::Bzip2),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Compression::Xz),
            (&[0x28, 0xb5, 0x2f, 0xfd], Compression::Zstd),
            (&[0x5d, 0, 0], Compression::Lzma),
        ];
        MAGICS
            .iter()
            .find(|(magic, _)| start.starts_with(magic))
            .map_or(Compression::None, |(_, compression)| *compression)
    }
}

/// Returns a reader of the decompressed data.
///
/// `zstd` is used anew for every payload, because its window of megabytes would otherwise come from the system each time.
pub(crate) fn decompressor<'a, R: Read + Send + 'a>(
    input: R,
    zstd: &'a mut DCtx<'static>,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut input = BufReader::with_capacity(128 << 10, input);
    let compression = Compression::sniff(input.fill_buf()?);
    let lzma = |stream: Result<liblzma::stream::Stream, liblzma::stream::Error>| {
        stream.map_err(|error| io::Error::other(error.to_string()))
    };
    Ok(match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        Compression::Xz => {
            let flags = liblzma::stream::CONCATENATED;
            let stream = lzma(liblzma::stream::Stream::new_stream_decoder(LZMA_MEMORY, flags))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
        }
        Compression::Lzma => {
            let stream = lzma(liblzma::stream::Stream::new_lzma_decoder(LZMA_MEMORY))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
        }
        Compression::Zstd => {
            // The payload before this one may have been given up in the middle.
            let reset = zstd.reset(ResetDirective::SessionOnly);
            reset.map_err(|code| io::Error::other(zstd_safe::get_error_name(code)))?;
            Box::new(zstd::stream::read::Decoder::with_context(input, zstd))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        decompressor(data, &mut DCtx::create()).expect("known format").read_to_end(&mut out).expect("whole stream");
        out
    }

    #[test]
    fn every_format_is_recognised() {
        let text = b"07070100 some payload ".repeat(1000);
        assert_eq!(read(&text), text);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).expect("in memory");
        assert_eq!(read(&gzip.finish().expect("in memory")), text);
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&text).expect("in memory");
        assert_eq!(read(&bzip2.finish().expect("in memory")), text);
        assert_eq!(read(&liblzma::encode_all(&text[..], 1).expect("in memory")), text);
        let options = liblzma::stream::LzmaOptions::new_preset(1).expect("a valid preset");
        let stream = liblzma::stream::Stream::new_lzma_encoder(&options).expect("valid options");
        let mut lzma = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        lzma.write_all(&text).expect("in memory");
        assert_eq!(read(&lzma.finish().expect("in memory")), text);
        assert_eq!(read(&zstd::encode_all(&text[..], 1).expect("in memory")), text);
    }

    #[test]
    fn a_broken_stream_is_an_error() {
        let mut data = zstd::encode_all(&vec![7_u8; 100_000][..], 1).expect("in memory");
        data.truncate(data.len() / 2);
        let mut out = Vec::new();
        assert!(decompressor(&data[..], &mut DCtx::create()).expect("known format").read_to_end(&mut out).is_err());
    }
}
