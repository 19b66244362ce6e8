//! The laws of the header codec.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod packages;

use oxidnf_core::header::{Entry, Header, HeaderBuilder, HeaderError, Limits, OwnedValue, Tag, Type};
use proptest::prelude::*;
use rstest::rstest;

fn main_header(v6: bool) -> Header {
    let (_, bytes) = packages::all().remove(usize::from(v6));
    let (_guard, path) = packages::on_disk(&bytes);
    oxidnf_core::PackageFile::open(path).unwrap().header().clone()
}

fn small() -> HeaderBuilder {
    HeaderBuilder::new().text(Tag::NAME, "a").u32s(Tag::EPOCH, [7]).texts(Tag::BASENAMES, ["x", "y"])
}

/// Changes one of the four numbers of an index entry.
fn poke(header: &Header, entry: usize, field: usize, value: u32) -> Vec<u8> {
    let mut bytes = header.bytes().to_vec();
    let at = 8 + entry * 16 + field * 4;
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    bytes
}

#[rstest]
#[case::unknown_type(1, 1, 10, "tag[0]: BAD, tag 1000 type 10 offset 0 count 1 len 0")]
#[case::wrong_type(1, 1, 4, "tag[0]: BAD, tag 1000 type 4 offset 0 count 1 len 0")]
#[case::small_tag(1, 0, 99, "tag[0]: BAD, tag 99 type 6 offset 0 count 1 len 0")]
#[case::no_elements(1, 3, 0, "tag[0]: BAD, tag 1000 type 6 offset 0 count 0 len 0")]
#[case::two_texts(1, 3, 2, "tag[0]: BAD, tag 1000 type 6 offset 0 count 2 len 0")]
#[case::misaligned(2, 2, 5, "tag[1]: BAD, tag 1003 type 4 offset 5 count 1 len 2")]
#[case::overlap(2, 2, 0, "tag[1]: BAD, tag 1003 type 4 offset 0 count 1 len 2")]
#[case::negative(2, 2, 0xffff_fffc, "tag[1]: BAD, tag 1003 type 4 offset -4 count 1 len 2")]
#[case::region_type(0, 1, 4, "region tag: BAD, tag 63 type 4 offset 12 count 16")]
#[case::region_offset(0, 2, 1000, "region offset: BAD, tag 63 type 7 offset 1000 count 16")]
#[case::no_trailer(0, 2, 0, "region trailer: BAD, tag 1627389952 type 7 offset -2013296896 count 63")]
#[case::gap(2, 2, 8, "tag[2]: BAD, tag 1117 type 8 offset 8 count 2 len 4")]
fn refuses(#[case] entry: usize, #[case] field: usize, #[case] value: u32, #[case] message: &str) {
    let header = small().build().unwrap();
    let error = Header::parse(poke(&header, entry, field, value), Limits::PACKAGE).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn refuses_slack_and_wrong_sizes() {
    let header = small().build().unwrap();
    let mut slack = header.bytes().to_vec();
    slack.extend_from_slice(&[0; 4]);
    assert!(matches!(Header::parse(slack.clone(), Limits::DATABASE), Err(HeaderError::Size { .. })));
    let data = u32::from_be_bytes(slack[4..8].try_into().unwrap()) + 4;
    slack[4..8].copy_from_slice(&data.to_be_bytes());
    assert_eq!(Header::parse(slack.clone(), Limits::DATABASE), Err(HeaderError::Load));
    assert!(matches!(Header::parse(slack, Limits::PACKAGE), Err(HeaderError::RegionNotWhole { .. })));
    for bytes in [vec![], vec![0; 7]] {
        assert_eq!(Header::parse(bytes, Limits::DATABASE), Err(HeaderError::Short));
    }
    assert_eq!(Header::parse(vec![0; 8], Limits::DATABASE), Err(HeaderError::NoEntries));
    let huge = [0xff; 8];
    assert!(matches!(Header::parse(huge.to_vec(), Limits::SIGNATURE), Err(HeaderError::TooManyEntries { .. })));
}

#[test]
fn dribble_wins_over_region() {
    let header = small().build().unwrap();
    let dribbles = vec![
        Entry::new(Tag::INSTALLTIME, OwnedValue::Int32(vec![5])),
        Entry::new(Tag::BASENAMES, OwnedValue::texts(["new", "names", "three"])),
    ];
    let changed = header.with_dribbles(dribbles).unwrap();
    assert_eq!(changed.strings(Tag::BASENAMES).collect::<Vec<_>>(), [&b"new"[..], b"names", b"three"]);
    assert_eq!(changed.string_array(Tag::BASENAMES).get(2), Some(&b"three"[..]));
    assert_eq!(changed.number(Tag::INSTALLTIME), Some(5));
    assert_eq!(changed.region_bytes(), header.region_bytes());
    assert!(changed.has_dribbles() && !header.has_dribbles());
    let tags: Vec<Tag> = changed.dribbles().map(|value| value.tag()).collect();
    assert_eq!(tags, [Tag::INSTALLTIME, Tag::BASENAMES]);
    // Replacing keeps the place, so that a changed state leaves the rest of the record as it was.
    let later = changed.with_dribbles(vec![Entry::new(Tag::INSTALLTIME, OwnedValue::Int32(vec![6]))]).unwrap();
    assert_eq!(later.bytes().len(), changed.bytes().len());
    assert_eq!(later.number(Tag::INSTALLTIME), Some(6));
    assert!(Header::parse(changed.bytes().to_vec(), Limits::PACKAGE).is_err());
}

#[test]
fn bytes_need_not_be_utf8() {
    let header = HeaderBuilder::new().text(Tag::NAME, b"n\xe9".to_vec()).texts(Tag::BASENAMES, [b"\xff\xfe".to_vec()]);
    let header = header.build().unwrap();
    assert_eq!(header.text(Tag::NAME), Some(&b"n\xe9"[..]));
    assert_eq!(header.str(Tag::NAME).unwrap(), "n\u{fffd}");
    assert_eq!(header.strings(Tag::BASENAMES).next(), Some(&b"\xff\xfe"[..]));
}

#[test]
fn counts_of_files_must_agree() {
    let files = || {
        HeaderBuilder::new()
            .texts(Tag::BASENAMES, ["x", "y"])
            .texts(Tag::DIRNAMES, ["/"])
            .u32s(Tag::DIRINDEXES, [0, 0])
            .entry(Tag::FILEMODES, OwnedValue::Int16(vec![0o100_644; 2]))
            .texts(Tag::FILEUSERNAME, ["root", "root"])
            .texts(Tag::FILEGROUPNAME, ["root", "root"])
    };
    assert_eq!(files().build().unwrap().files().unwrap().path(1), b"/y");
    let wrong = files().u32s(Tag::FILEFLAGS, [0]).build().unwrap();
    let text = wrong.files().unwrap_err().to_string();
    assert_eq!(text, "Wrong number of entries for tag Fileflags: 1 found but 2 expected.");
    let wrong = files().u32s(Tag::DIRINDEXES, [0, 1]).build().unwrap();
    assert!(matches!(wrong.files(), Err(HeaderError::DirectoryIndex { file: 1, index: 1, directories: 1 })));
    assert!(HeaderBuilder::new().texts(Tag::BASENAMES, ["x"]).build().unwrap().files().is_err());
    assert!(small().entry(Tag::BASENAMES, OwnedValue::texts(Vec::<Vec<u8>>::new())).build().unwrap().files().is_ok());
}

fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(1u8..=255, 0..12), 1..6)
}

fn value() -> impl Strategy<Value = OwnedValue> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 1..9).prop_map(OwnedValue::Char),
        prop::collection::vec(any::<u8>(), 1..9).prop_map(OwnedValue::Int8),
        prop::collection::vec(any::<u16>(), 1..9).prop_map(OwnedValue::Int16),
        prop::collection::vec(any::<u32>(), 1..9).prop_map(OwnedValue::Int32),
        prop::collection::vec(any::<u64>(), 1..9).prop_map(OwnedValue::Int64),
        prop::collection::vec(1u8..=255, 0..12).prop_map(OwnedValue::String),
        prop::collection::vec(any::<u8>(), 1..9).prop_map(OwnedValue::Bin),
        texts().prop_map(OwnedValue::StringArray),
        texts().prop_map(OwnedValue::I18nString),
    ]
}

/// Entries with tags that rpm does not know, so that any type goes.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::btree_map(20_000u32..20_040, value(), 1..12)
        .prop_map(|map| map.into_iter().map(|(tag, value)| Entry::new(Tag(tag), value)).collect())
}

fn built(entries: &[Entry]) -> Header {
    let builder =
        entries.iter().fold(HeaderBuilder::new(), |builder, entry| builder.entry(entry.tag, entry.value.clone()));
    builder.build().unwrap()
}

proptest! {
    #[test]
    fn round_trips(entries in entries()) {
        let header = built(&entries);
        let read: Vec<Entry> = header.entries().map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        prop_assert_eq!(&read, &entries);
        let again = Header::parse(header.bytes().to_vec(), Limits::PACKAGE).unwrap();
        prop_assert_eq!(built(&read), again);
    }

    #[test]
    fn dribbles_round_trip(region in entries(), dribbles in entries()) {
        let header = built(&region);
        let stored = header.with_dribbles(dribbles.clone()).unwrap();
        let again = Header::parse(stored.bytes().to_vec(), Limits::DATABASE).unwrap();
        let read: Vec<Entry> = again.dribbles().map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        prop_assert_eq!(read, dribbles.clone());
        prop_assert_eq!(again.region_bytes(), header.region_bytes());
        prop_assert_eq!(again.without_dribbles().unwrap(), header);
        prop_assert_eq!(again.with_dribbles(dribbles).unwrap(), stored);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for limits in [Limits::PACKAGE, Limits::SIGNATURE, Limits::DATABASE] {
            let _ = Header::parse(bytes.clone(), limits);
        }
    }

    #[test]
    fn mutated_headers_never_panic(
        v6: bool,
        changes in prop::collection::vec((0usize..1200, any::<u8>()), 1..4),
        dribbles in entries(),
    ) {
        let header = main_header(v6).with_dribbles(dribbles).unwrap();
        let mut bytes = header.bytes().to_vec();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        if let Ok(header) = Header::parse(bytes, Limits::DATABASE) {
            read_everything(&header);
        }
    }
}

fn read_everything(header: &Header) {
    for value in header.entries() {
        let elements = match value.kind() {
            Type::Bin | Type::Char | Type::Int8 => value.bin().unwrap().len(),
            Type::String | Type::StringArray | Type::I18nString => value.strings().count(),
            Type::Int16 | Type::Int32 | Type::Int64 => value.numbers().count(),
        };
        assert_eq!(elements, value.count());
    }
    let _ = header.nevra();
    if let Ok(files) = header.files() {
        assert!(files.iter().all(|file| file.path().len() >= file.basename.len()));
    }
    for kind in oxidnf_core::header::DepKind::ALL {
        assert_eq!(header.deps(kind).count(), header.dep_names(kind).len());
    }
    let _ = (header.triggers(), header.file_triggers(), header.trans_file_triggers());
    let _ = header.with_dribbles(vec![]);
}
