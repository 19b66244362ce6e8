//! Every limit of headers: packages and records of the database damaged in each way, judged by rpm and oxidnf alike.

use std::fs;
use std::path::Path;

use oxidnf_testkit::raw_header::{RawHeader, RawPackage};
use oxidnf_testkit::tag::{Entry, OwnedValue, Tag};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, fixture, rpm};
use rstest::rstest;

const INT16_TAG: u32 = 1030;
const INT32_TAG: u32 = 1028;
const STRING_TAG: u32 = 1000;
const ARRAY_TAG: u32 = 1117;
const I18N_TAG: u32 = 1004;
const UNKNOWN_TAG: u32 = 60_000;

type Damage = (&'static str, fn(&mut RawHeader));

/// What can be wrong with the counts, the region and the magic.
const FRAME: &[Damage] = &[
    ("intact", |_| {}),
    ("magic-0", |header| header.magic[0] ^= 1),
    ("magic-2", |header| header.magic[2] ^= 1),
    ("magic-3", |header| header.magic[3] ^= 2),
    ("magic-7", |header| header.magic[7] ^= 1),
    ("no-entries", |header| header.claimed_entries = Some(0)),
    ("nothing", |header| (header.claimed_entries, header.claimed_data) = (Some(0), Some(0))),
    ("no-data", |header| header.claimed_data = Some(0)),
    ("entries-33", |header| header.claimed_entries = Some(33)),
    ("entries-65535", |header| header.claimed_entries = Some(65_535)),
    ("entries-65536", |header| header.claimed_entries = Some(65_536)),
    ("entries-negative", |header| header.claimed_entries = Some(u32::MAX)),
    ("data-64m", |header| header.claimed_data = Some(64 << 20)),
    ("data-64m-and-one", |header| header.claimed_data = Some((64 << 20) + 1)),
    ("data-largest", |header| header.claimed_data = Some(0x0fff_ffff)),
    ("data-larger", |header| header.claimed_data = Some(0x1000_0000)),
    ("data-negative", |header| header.claimed_data = Some(u32::MAX)),
    ("entry-more", |header| header.claimed_entries = Some(header.entries.len() as u32 + 1)),
    ("entry-less", |header| header.claimed_entries = Some(header.entries.len() as u32 - 1)),
    ("data-more", |header| header.claimed_data = Some(header.data.len() as u32 + 1)),
    ("data-less", |header| header.claimed_data = Some(header.data.len() as u32 - 1)),
    ("region-tag-61", |header| header.entries[0].tag = 61),
    ("region-tag-62", |header| header.entries[0].tag = 62),
    ("region-tag-63", |header| header.entries[0].tag = 63),
    ("region-tag-64", |header| header.entries[0].tag = 64),
    ("region-tag-0", |header| header.entries[0].tag = 0),
    ("region-tag-100", |header| header.entries[0].tag = 100),
    ("region-type-6", |header| header.entries[0].kind = 6),
    ("region-type-0", |header| header.entries[0].kind = 0),
    ("region-count-0", |header| header.entries[0].count = 0),
    ("region-count-15", |header| header.entries[0].count = 15),
    ("region-count-17", |header| header.entries[0].count = 17),
    ("region-offset-negative", |header| header.entries[0].offset = u32::MAX),
    ("region-offset-least", |header| header.entries[0].offset = 1 << 31),
    ("region-offset-zero", |header| header.entries[0].offset = 0),
    ("region-offset-end", |header| header.entries[0].offset = header.data.len() as u32),
    ("region-offset-cut", |header| header.entries[0].offset += 1),
    ("region-offset-before", |header| header.entries[0].offset -= 1),
    ("trailer-tag", |header| header.trailer(|trailer| trailer.tag ^= 1)),
    ("trailer-tag-61", |header| header.trailer(|trailer| trailer.tag = 61)),
    ("trailer-type", |header| header.trailer(|trailer| trailer.kind = 6)),
    ("trailer-count", |header| header.trailer(|trailer| trailer.count = 17)),
    ("trailer-positive", |header| header.trailer(|trailer| trailer.offset = trailer.offset.wrapping_neg())),
    ("trailer-zero", |header| header.trailer(|trailer| trailer.offset = 0)),
    ("trailer-one", |header| header.trailer(|trailer| trailer.offset = 16_u32.wrapping_neg())),
    ("trailer-more", |header| header.trailer(|trailer| trailer.offset = trailer.offset.wrapping_sub(16))),
    ("trailer-less", |header| header.trailer(|trailer| trailer.offset = trailer.offset.wrapping_add(16))),
    ("trailer-odd", |header| header.trailer(|trailer| trailer.offset = trailer.offset.wrapping_add(1))),
    ("trailer-least", |header| header.trailer(|trailer| trailer.offset = 1 << 31)),
    ("slack", |header| header.data.extend([0; 4])),
    ("slack-1", |header| header.data.push(0)),
    ("slack-8", |header| header.data.extend([0; 8])),
    ("entry-twice", |header| {
        let last = *header.entries.last().expect("has entries");
        header.entries.push(last);
    }),
    ("last-dropped", |header| header.entries.truncate(header.entries.len() - 1)),
    ("no-region", |header| {
        header.entries.remove(0);
    }),
    ("no-region-nor-trailer", |header| {
        let at = header.entries.remove(0).offset as usize;
        header.data.truncate(at);
    }),
];

/// What can be wrong with an entry in the middle; the tags are those of a main header.
const ENTRIES: &[Damage] = &[
    ("type-0", |header| header.entry(STRING_TAG).kind = 0),
    ("type-10", |header| header.entry(STRING_TAG).kind = 10),
    ("type-negative", |header| header.entry(STRING_TAG).kind = u32::MAX),
    ("type-bin", |header| header.entry(STRING_TAG).kind = 7),
    ("type-array", |header| header.entry(STRING_TAG).kind = 8),
    ("type-i18n", |header| header.entry(STRING_TAG).kind = 9),
    ("type-char", |header| header.entry(STRING_TAG).kind = 1),
    ("type-int32", |header| header.entry(STRING_TAG).kind = 4),
    ("array-as-string", |header| header.entry(ARRAY_TAG).kind = 6),
    ("i18n-as-string", |header| header.entry(I18N_TAG).kind = 6),
    ("i18n-as-array", |header| header.entry(I18N_TAG).kind = 8),
    ("int32-as-int16", |header| header.entry(INT32_TAG).kind = 3),
    ("int32-as-int64", |header| header.entry(INT32_TAG).kind = 5),
    ("int16-as-bin", |header| header.entry(INT16_TAG).kind = 7),
    ("unknown-tag", |header| header.entry(I18N_TAG).tag = UNKNOWN_TAG),
    ("unknown-tag-type", |header| (header.entry(I18N_TAG).tag, header.entry(UNKNOWN_TAG).kind) = (UNKNOWN_TAG, 7)),
    ("count-0", |header| header.entry(STRING_TAG).count = 0),
    ("count-2", |header| header.entry(STRING_TAG).count = 2),
    ("array-count-0", |header| header.entry(ARRAY_TAG).count = 0),
    ("array-count-less", |header| header.entry(ARRAY_TAG).count -= 1),
    ("array-count-more", |header| header.entry(ARRAY_TAG).count += 1),
    ("array-count-data", |header| header.entry(ARRAY_TAG).count = header.data.len() as u32),
    ("array-last", |header| {
        let last = header.data.len() as u32 - 1;
        (header.entry(ARRAY_TAG).offset, header.entry(ARRAY_TAG).count) = (last, 1);
    }),
    ("array-count-most", |header| header.entry(ARRAY_TAG).count = 0x000f_ffff),
    ("array-count-too-many", |header| header.entry(ARRAY_TAG).count = 0x0010_0000),
    ("array-count-negative", |header| header.entry(ARRAY_TAG).count = u32::MAX),
    ("int32-count-0", |header| header.entry(INT32_TAG).count = 0),
    ("int32-count-less", |header| header.entry(INT32_TAG).count -= 1),
    ("int32-count-more", |header| header.entry(INT32_TAG).count += 1),
    ("int32-count-wraps", |header| header.entry(INT32_TAG).count = 0x4000_0001),
    ("offset-negative", |header| header.entry(STRING_TAG).offset = u32::MAX),
    ("offset-least", |header| header.entry(STRING_TAG).offset = 1 << 31),
    ("offset-end", |header| header.entry(STRING_TAG).offset = header.data.len() as u32),
    ("offset-last", |header| header.entry(STRING_TAG).offset = header.data.len() as u32 - 1),
    ("offset-beyond", |header| header.entry(STRING_TAG).offset = 0x7fff_ffff),
    ("offset-trailer", |header| header.entry(STRING_TAG).offset = header.entries[0].offset),
    ("offset-next", |header| header.entry(STRING_TAG).offset += 1),
    ("offset-previous", |header| header.entry(ARRAY_TAG).offset -= 1),
    ("offset-odd", |header| header.entry(INT32_TAG).offset += 1),
    ("offset-two", |header| header.entry(INT32_TAG).offset += 2),
    ("offset-odd-16", |header| header.entry(INT16_TAG).offset += 1),
    ("same-offset", |header| header.entry(ARRAY_TAG).offset = header.entries[header.place(ARRAY_TAG) - 1].offset),
    ("tag-0", |header| header.entry(STRING_TAG).tag = 0),
    ("tag-1", |header| header.entry(STRING_TAG).tag = 1),
    ("tag-61", |header| header.entry(STRING_TAG).tag = 61),
    ("tag-63", |header| header.entry(STRING_TAG).tag = 63),
    ("tag-99", |header| header.entry(STRING_TAG).tag = 99),
    ("tag-100", |header| header.entry(I18N_TAG).tag = 100),
    ("tag-negative", |header| header.entry(I18N_TAG).tag = u32::MAX),
    ("tag-signature", |header| header.entry(I18N_TAG).tag = 268),
    ("gap", |header| header.insert(header.entries[header.place(STRING_TAG)].offset as usize, &[0])),
    ("gap-4", |header| header.insert(header.entries[header.place(STRING_TAG)].offset as usize, &[0; 4])),
    ("gap-before-integers", |header| header.insert(header.entries[header.place(INT32_TAG)].offset as usize, &[0; 4])),
    ("first-not-at-zero", |header| header.insert(0, &[0; 8])),
    ("tags-unsorted", |header| {
        let place = header.place(STRING_TAG);
        let tag = header.entries[place].tag;
        header.entries[place].tag = header.entries[place + 1].tag;
        header.entries[place + 1].tag = tag;
    }),
    ("offsets-unsorted", |header| {
        let place = header.place(STRING_TAG);
        header.entries.swap(place, place + 1);
    }),
    // Which of two texts counts is chance in rpm; this one nobody looks at here.
    ("tag-twice", |header| {
        let place = header.place(I18N_TAG);
        header.entries[place + 1].tag = I18N_TAG;
    }),
    ("no-nul", |header| {
        let at = header.entries[header.place(STRING_TAG)].offset as usize;
        while header.data[at..].contains(&0) {
            let nul = header.data[at..].iter().position(|byte| *byte == 0).expect("was found");
            header.data[at + nul] = b'x';
        }
    }),
    ("nul-less", |header| {
        let at = header.entries[header.place(STRING_TAG)].offset as usize;
        let nul = header.data[at..].iter().position(|byte| *byte == 0).expect("a text ends");
        header.data[at + nul] = b'x';
    }),
    ("nul-more", |header| {
        let at = header.entries[header.place(ARRAY_TAG)].offset as usize;
        header.data[at] = 0;
    }),
    ("last-without-nul", |header| {
        let end = header.entries[0].offset as usize;
        header.data[end - 1] = b'x';
    }),
];

/// What can be wrong with an entry of the signature header.
const SIGNATURE_ENTRIES: &[Damage] = &[
    ("sha256-type", |header| header.entry(273).kind = 7),
    ("sha256-array", |header| header.entry(273).kind = 8),
    ("sha256-count", |header| header.entry(273).count = 2),
    ("sha256-tag", |header| header.entry(273).tag = 280),
    ("sha256-low-tag", |header| header.entry(273).tag = 99),
    ("sha256-unknown", |header| header.entry(273).tag = UNKNOWN_TAG),
    ("sha256-offset", |header| header.entry(273).offset += 1),
    ("sha256-not-hex", |header| {
        let at = header.entries[header.place(273)].offset as usize;
        header.data[at] = b'x';
    }),
    ("old-tag", |header| header.entry(273).tag = 1001),
];

fn package(format: &str) -> RawPackage {
    let package = rpm("foo").summary("Foo").file("/opt/foo", "hello\n").file("/opt/bar/baz", "world\n");
    let repo = fixture::repo(&Oracle::find(), &[package.requires("bar").define("_rpmformat", format)]);
    RawPackage::of(&fs::read(repo.dir().join("foo-1-1.noarch.rpm")).expect("the fixture was built"))
}

/// Lets both programs judge package files in all forms.
fn judge(world: &World, name: &str, packages: &[(String, Vec<u8>)]) {
    judge_forms(world, name, packages, &["-K", "-Kv", "-qp", "-qlp"]);
}

/// Does so in these forms; where they differ, one by one, so that the report names what they differ in.
fn judge_forms(world: &World, name: &str, packages: &[(String, Vec<u8>)], forms: &[&str]) {
    let put = |(damage, bytes): &(String, Vec<u8>)| world.put(&format!("{name}-{damage}.rpm"), bytes);
    let files: Vec<String> = packages.iter().map(put).collect();
    let mut differences = Vec::new();
    for args in forms {
        if compare(world, &format!("{args} {}", files.join(" "))).is_some() {
            differences.extend(files.iter().filter_map(|file| compare(world, &format!("{args} {file}"))));
            assert!(!differences.is_empty(), "only together they differ: {name} {args}");
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.concat());
}

/// Returns how the programs differ.
fn compare(world: &World, args: &str) -> Option<String> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.both_rpms(args)));
    let report = outcome.err()?.downcast_ref::<String>().cloned().unwrap_or_default();
    // What both said stands in the difference already.
    Some(report.split("-- rpm said --").next().unwrap_or_default().to_owned())
}

#[test]
fn main_headers_of_packages() {
    let world = World::new();
    for format in ["4", "6"] {
        let whole = package(format);
        let packages = damages(&whole.header).map(|(name, damage)| {
            let mut package = whole.clone();
            damage(&mut package.header);
            ((*name).to_owned(), package.with_digests().bytes())
        });
        judge(&world, &format!("main-{format}"), &packages.collect::<Vec<_>>());
    }
}

/// The damages that fit to a main header: those of the sixth format have no sizes in 32 bits.
fn damages(header: &RawHeader) -> impl Iterator<Item = &'static Damage> {
    let has_sizes = header.entries.iter().any(|entry| entry.tag == INT32_TAG);
    FRAME.iter().chain(ENTRIES).filter(move |(name, _)| has_sizes || !OF_SIZES.contains(name))
}

/// Damages of `INT32_TAG`.
const OF_SIZES: &[&str] = &[
    "int32-as-int16",
    "int32-as-int64",
    "int32-count-0",
    "int32-count-less",
    "int32-count-more",
    "int32-count-wraps",
    "offset-odd",
    "offset-two",
    "gap-before-integers",
];

#[test]
fn signature_headers_of_packages() {
    let world = World::new();
    for format in ["4", "6"] {
        let whole = package(format);
        let packages = FRAME.iter().chain(SIGNATURE_ENTRIES).map(|(name, damage)| {
            let mut package = whole.clone();
            damage(&mut package.signature);
            ((*name).to_owned(), package.bytes())
        });
        let mut packages: Vec<(String, Vec<u8>)> = packages.collect();
        for padding in [0, 1, 3, 4, 7, 8, 9] {
            let mut package = whole.clone();
            package.padding = Some(vec![0; padding]);
            packages.push((format!("padding-{padding}"), package.bytes()));
            package.padding =
                Some(vec![b'x'; package.signature.blob().len().next_multiple_of(8) - package.signature.blob().len()]);
            packages.push((format!("padding-of-letters-{padding}"), package.bytes()));
        }
        judge(&world, &format!("signature-{format}"), &packages);
    }
}

/// The record of a package, and its number.
fn record(root: &Path, name: &str) -> (i64, Vec<u8>) {
    let query = "SELECT Packages.hnum, blob FROM Packages JOIN Name USING (hnum) WHERE key = ?1";
    let found = database(root).query_row(query, [name], |row| Ok((row.get(0)?, row.get(1)?)));
    found.expect("the package is installed")
}

fn database(root: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(root.join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("the database is there")
}

/// Adds records that the index says are of the package `foo`.
fn add_records(root: &Path, records: &[(String, Vec<u8>)]) {
    let db = database(root);
    for (number, (_, blob)) in (FIRST_RECORD..).zip(records) {
        db.execute("INSERT INTO Packages VALUES (?1, ?2)", (number, blob)).expect("a record can be added");
        db.execute("INSERT INTO Name VALUES ('foo', ?1, 0)", [number]).expect("a row can be added");
    }
}

const FIRST_RECORD: i64 = 1000;

#[rstest]
#[case::format_4("4")]
#[case::format_6("6")]
fn records_of_the_database(#[case] format: &str) {
    let package = rpm("foo").summary("Foo").file("/opt/foo", "hello\n").file("/opt/bar/baz", "world\n");
    let mut world = World::new();
    let package = package.define("_rpmformat", format);
    world.add_repo("base", &fixture::repo(&Oracle::find(), &[package]), "");
    world.real_in_both("install -y foo").exits(0);
    let (_, blob) = record(&world.root(Side::Real), "foo");
    let whole = RawHeader::of(&blob);
    let mut region = whole.clone();
    // The region alone, without the digests of it.
    let mut back = 0;
    region.trailer(|trailer| back = trailer.offset.wrapping_neg());
    region.entries.truncate((back / 16) as usize);
    region.data.truncate(region.entries[0].offset as usize + 16);
    let mut records = Vec::new();
    for (base, header) in [("region", &region), ("whole", &whole)] {
        for (name, damage) in damages(&whole) {
            // Over what rpm digests such a record here is its secret; the record of the region alone shows the rest.
            if (base, *name) == ("whole", "no-region") {
                continue;
            }
            let mut header = header.clone();
            damage(&mut header);
            records.push((format!("{base} {name}"), header.blob()));
        }
    }
    // At a record of less than eight bytes rpm stops and shows no other ones; oxidnf passes over it.
    for length in [8, 15, 24, 100, blob.len() - 1] {
        records.push((format!("cut {length}"), blob[..length].to_vec()));
    }
    records.push(("longer".to_owned(), [&blob[..], b"xxxx"].concat()));
    world.edit(|root| add_records(root, &records));
    let names = (FIRST_RECORD..).zip(&records).map(|(number, (name, _))| format!("{number} {name}\n"));
    let names = names.collect::<String>();
    if let Some(difference) = compare(&world, "-qa") {
        panic!("{names}{difference}");
    }
    // Where an index leads to a record that it passes over, rpm says so each time that it comes by.
    let said = |side: Side, args: &str| {
        let output = world.run_rpm(side, args);
        let mut complaints: Vec<String> = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
        complaints.sort();
        complaints.dedup();
        (String::from_utf8_lossy(&output.stdout).into_owned(), complaints, output.status.code())
    };
    for args in ["-q foo", "-ql foo", "-q --qf '%{NAME}\\n' foo"] {
        assert_eq!(said(Side::Real, args), said(Side::Ours, args), "{args}\n{names}");
    }
}

/// Well-formed headers that lack something or contradict themselves are headers all the same.
#[test]
fn headers_that_contradict_themselves() {
    let world = World::new();
    let whole = package("4");
    let mut packages = Vec::new();
    for tag in [
        1000, 1001, 1002, 1004, 1005, 1006, 1009, 1021, 1022, 1028, 1030, 1033, 1034, 1035, 1036, 1037, 1039, 1040,
        1044, 1045, 1047, 1048, 1049, 1050, 1064, 1095, 1096, 1097, 1112, 1113, 1116, 1117, 1118, 1124, 1125, 1126,
        5011, 5062, 5092, 5093,
    ] {
        let lacking = whole.clone().with_entries(|entries| entries.retain(|entry| entry.tag.0 != tag));
        packages.push((format!("without-{tag}"), lacking.with_digests().bytes()));
        let shorter = whole.clone().with_entries(|entries| {
            for entry in entries.iter_mut().filter(|entry| entry.tag.0 == tag) {
                match &mut entry.value {
                    OwnedValue::Int32(numbers) => drop(numbers.pop()),
                    OwnedValue::Int16(numbers) => drop(numbers.pop()),
                    OwnedValue::StringArray(texts) => drop(texts.pop()),
                    _ => {}
                }
            }
        });
        packages.push((format!("shorter-{tag}"), shorter.with_digests().bytes()));
    }
    for (tag, value) in [
        (1140, OwnedValue::Int32(vec![0])),
        (1029, OwnedValue::Char(vec![0])),
        (5010, OwnedValue::texts(["="])),
        (5008, OwnedValue::Int64(vec![1])),
        (1141, OwnedValue::Int32(vec![0])),
        (1143, OwnedValue::Int32(vec![0])),
        (5090, OwnedValue::texts(["00"])),
    ] {
        let added = whole.clone().with_entries(|entries| {
            entries.retain(|entry| entry.tag.0 != tag);
            entries.push(Entry::new(Tag(tag), value));
            entries.sort_by_key(|entry| entry.tag);
        });
        packages.push((format!("added-{tag}"), added.with_digests().bytes()));
    }
    judge_forms(&world, "contradicting", &packages, &["-K", "-Kv", "-qp", "-qlp"]);
}
