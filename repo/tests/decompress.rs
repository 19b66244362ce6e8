//! Decompression: every format, several members, damage and bombs.
#![allow(missing_docs, reason = "tests")]

use std::io::{Cursor, Read, Write};

use oxidnf_repo::decompress::{Compression, DecompressError, Decompressor, Limits};
use proptest::prelude::*;
use rstest::rstest;

const TEXT: &[u8] = b"<metadata>some text that is long enough to be worth packing packing packing</metadata>\n";

fn pack(compression: Compression, data: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Plain | Compression::Zchunk => data.to_vec(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(data).expect("packs");
            encoder.finish().expect("packs")
        }
        Compression::Xz => liblzma::encode_all(data, 6).expect("packs"),
        Compression::Lzma => {
            let options = liblzma::stream::LzmaOptions::new_preset(6).expect("known preset");
            let stream = liblzma::stream::Stream::new_lzma_encoder(&options).expect("encodes");
            let mut out = Vec::new();
            liblzma::read::XzEncoder::new_stream(data, stream).read_to_end(&mut out).expect("packs");
            out
        }
        Compression::Zstd => zstd::encode_all(data, 3).expect("packs"),
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(data).expect("packs");
            encoder.finish().expect("packs")
        }
    }
}

fn open(packed: &[u8], limits: Limits) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Decompressor::new(Cursor::new(packed), limits)?.read_to_end(&mut out)?;
    Ok(out)
}

fn trouble(packed: &[u8], limits: Limits) -> DecompressError {
    let error = open(packed, limits).expect_err("is not good");
    *error.into_inner().expect("says what").downcast::<DecompressError>().expect("says it in our words")
}

const ALL: [Compression; 6] =
    [Compression::Plain, Compression::Gzip, Compression::Xz, Compression::Lzma, Compression::Zstd, Compression::Bzip2];

#[rstest]
fn opens(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let compression = ALL[index];
    let packed = pack(compression, TEXT);
    assert_eq!(Compression::detect(&packed), compression);
    assert_eq!(open(&packed, Limits::METADATA).expect("opens"), TEXT);
    let exact = Limits::METADATA.with_open_size(Some(TEXT.len() as u64));
    assert_eq!(open(&packed, exact).expect("opens"), TEXT);
}

#[rstest]
fn several_members_are_one(#[values(1, 2, 4, 5)] index: usize) {
    let packed = [pack(ALL[index], TEXT), pack(ALL[index], b"more")].concat();
    assert_eq!(open(&packed, Limits::METADATA).expect("opens"), [TEXT, b"more"].concat());
}

#[test]
fn skippable_frames_are_skipped() {
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let packed = [skippable.clone(), pack(Compression::Zstd, TEXT), skippable].concat();
    assert_eq!(open(&packed, Limits::METADATA).expect("opens"), TEXT);
}

#[rstest]
fn sizes_that_lie_are_noticed(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let packed = pack(ALL[index], TEXT);
    let size = TEXT.len() as u64;
    let short = trouble(&packed, Limits::METADATA.with_open_size(Some(size + 1)));
    assert!(matches!(short, DecompressError::TooShort { size: found, .. } if found == size), "{short:?}");
    let large = trouble(&packed, Limits::METADATA.with_open_size(Some(size - 1)));
    assert!(matches!(large, DecompressError::TooLarge { limit } if limit == size - 1), "{large:?}");
}

#[rstest]
fn bombs_stop_at_the_limit(#[values(1, 2, 3, 4, 5)] index: usize) {
    let packed = pack(ALL[index], &vec![0; 32 << 20]);
    assert!(packed.len() < 64 << 10);
    let limits = Limits { open_size: None, max_size: 1 << 20 };
    let mut reader = Decompressor::new(Cursor::new(&packed), limits).expect("starts");
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    let error = loop {
        match reader.read(&mut buffer) {
            Ok(read) => total += read,
            Err(error) => break error,
        }
        assert!(total <= 1 << 20);
    };
    assert!(error.to_string().contains("exceeds 1048576 bytes"), "{error}");
}

#[rstest]
fn damage_is_named_with_its_place(#[values(1, 2, 4, 5)] index: usize) {
    let packed = pack(ALL[index], TEXT);
    let cut = trouble(&packed[..packed.len() - 5], Limits::METADATA);
    assert!(matches!(cut, DecompressError::Damaged { compression, .. } if compression == ALL[index]), "{cut:?}");
    assert!(cut.to_string().contains("after "), "{cut}");
}

#[test]
fn zchunk_without_sense_is_named() {
    let trouble = trouble(b"\0ZCK1xxxxxxxx", Limits::METADATA);
    assert!(
        matches!(trouble, DecompressError::Damaged { compression: Compression::Zchunk, offset: 0, .. }),
        "{trouble:?}"
    );
}

#[rstest]
#[case(b"", Compression::Plain)]
#[case(b"<?xml version=\"1.0\"?>", Compression::Plain)]
#[case(b"]\0\0", Compression::Plain)]
#[case(b"BZh ", Compression::Plain)]
#[case(b"\x1f\x8b", Compression::Gzip)]
fn recognises(#[case] start: &[u8], #[case] want: Compression) {
    assert_eq!(Compression::detect(start), want);
}

proptest! {
    #[test]
    fn damage_never_panics(
        index in 0..6_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut packed = pack(ALL[index], TEXT);
        for (at, byte) in changes {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        packed.truncate(cut.index(packed.len()) + 1);
        let limits = Limits { open_size: None, max_size: 1 << 16 };
        if let Ok(out) = open(&packed, limits) {
            prop_assert!(out.len() <= 1 << 16);
        }
    }
}
