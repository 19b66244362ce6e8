//! What goes in comes out, whatever the chunks; damage is noticed and never followed.

mod common;

use common::{Owned, builder, bytes, packages};
use oxidnf_catalog::{
    Catalog, CatalogBuilder, CatalogError, CatalogWriter, Match, Package, PackageSink, Query, Relation, RepoInfo, Sack,
};
use oxidnf_catalog::{SpecSettings, resolve_spec};
use oxidnf_core::reldep::Reldep;
use proptest::prelude::*;
use std::sync::Arc;

fn read(package: Package<'_>) -> Owned {
    let mut owned = Owned {
        name: package.name().into(),
        arch: package.arch().into(),
        epoch: package.epoch(),
        version: package.version().into(),
        release: package.release().into(),
        summary: package.summary().into(),
        description: package.description().into(),
        url: package.url().into(),
        vendor: package.vendor().into(),
        location: package.location().into(),
        digest: package.checksum().map(|digest| digest.hex()),
        numbers: [
            package.package_size(),
            package.install_size(),
            package.archive_size(),
            package.header_start(),
            package.header_end(),
            package.file_time(),
            package.build_time(),
            package.install_time(),
        ],
        hnum: package.hnum(),
        files: package.files().map(|file| (file.path(), file.kind)).collect(),
        ..Owned::default()
    };
    for relation in Relation::ALL {
        owned.relations[relation as usize] = package.relations(relation).map(|dep| dep.to_owned()).collect();
    }
    owned
}

/// Uses everything that reads the file.
fn use_all(catalog: Catalog) {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::system(), Arc::new(catalog));
    let catalog = sack.catalog(oxidnf_catalog::RepoIndex(0)).clone();
    for package in catalog.packages() {
        let _ = (read(package), package.nevra(), package.license().len(), package.location_base());
    }
    for name in ["a", "b", "A", "/usr/bin/a", ""] {
        for relation in Relation::ALL {
            let dep = Reldep { name: name.into(), ..Reldep::default() };
            let _ = Query::new(&sack).filter_relation(relation, &[dep.as_ref()]).sorted();
        }
        let _ = Query::new(&sack).filter_name(Match::GlobIcase, &["a*"]).filter_file(Match::Glob, &["*a"]);
        let _ = resolve_spec(&sack, name, &SpecSettings { icase: true, ..SpecSettings::default() });
        let _ = resolve_spec(&sack, "*[ab]*-1*", &SpecSettings::default());
    }
    let _ = Query::new(&sack).filter_latest(1).filter_duplicates().sorted();
    let _ = sack.is_damaged();
}

proptest! {
    #[test]
    fn comes_back(mut records in packages(0..12)) {
        let catalog = Catalog::from_bytes(bytes(&records)).expect("valid");
        prop_assert!(catalog.verify().is_ok());
        let mut found: Vec<Owned> = catalog.packages().map(read).collect();
        let key = |record: &Owned| format!("{record:?}");
        found.sort_by_key(key);
        records.sort_by_key(key);
        prop_assert_eq!(found, records);
        prop_assert!(!catalog.is_damaged());
    }

    #[test]
    fn chunks_do_not_matter(records in packages(0..20), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let whole = bytes(&records);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(records.len() + 1)).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([records.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let parts = starts.zip(ends).map(|(start, end)| builder(&records[start..end])).collect();
        let merged = CatalogBuilder::merge(parts).expect("merges");
        prop_assert_eq!(merged.len(), records.len());
        prop_assert!(merged.finish(&[3; 32]).expect("small") == whole);
    }

    #[test]
    fn chunks_may_be_shared_out(records in packages(0..20), size in 1..4usize, builders in 1..4usize) {
        let mut parts: Vec<CatalogBuilder> = (0..builders).map(|_| CatalogBuilder::new()).collect();
        // Twice everything, so that only the chunks tell packages apart.
        let records: Vec<Owned> = [records.clone(), records].concat();
        for (number, chunk) in records.chunks(size).enumerate() {
            let part = &mut parts[(number * 7 + 1) % builders];
            part.start_chunk(number as u32).expect("nothing is written");
            for record in chunk {
                part.package(&record.record()).expect("small");
            }
        }
        let merged = CatalogBuilder::merge(parts).expect("merges");
        prop_assert!(merged.finish(&[3; 32]).expect("small") == bytes(&records));
    }

    #[test]
    fn survives_flipped_bytes(records in packages(1..8), flips in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4)) {
        let mut bytes = bytes(&records);
        let whole = bytes.clone();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        prop_assume!(bytes != whole);
        if let Ok(catalog) = Catalog::from_bytes(bytes) {
            prop_assert!(catalog.verify().is_err());
            prop_assert!(catalog.is_damaged());
            use_all(catalog);
        }
    }

    #[test]
    fn survives_truncation(records in packages(1..8), end in any::<prop::sample::Index>()) {
        let bytes = bytes(&records);
        let end = end.index(bytes.len());
        prop_assert!(Catalog::from_bytes(bytes[..end].to_vec()).is_err());
    }

    #[test]
    fn survives_foreign_files(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Catalog::from_bytes(bytes).is_err());
    }
}

#[test]
fn opens_what_it_wrote() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("base.catalog");
    let records = [Owned::new("bash-5.2-1.x86_64"), Owned::new("zsh-5.9-1.x86_64")];
    builder(&records).write_to(&path, &[1; 32]).expect("writes");
    let catalog = Catalog::open(&path, &[1; 32]).expect("opens");
    assert_eq!(catalog.len(), 2);
    // A reader keeps what it has mapped.
    builder(&records[..1]).write_to(&path, &[2; 32]).expect("writes");
    assert_eq!(catalog.package(1).name(), "zsh");
    assert!(catalog.verify().is_ok());
    assert!(matches!(Catalog::open(&path, &[1; 32]), Err(CatalogError::Stale)));
    assert_eq!(Catalog::open(&path, &[2; 32]).expect("opens").len(), 1);
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).expect("readable").map(|entry| entry.expect("entry").file_name()).collect();
    assert_eq!(names, ["base.catalog"]);

    std::fs::write(&path, b"").expect("writes");
    assert!(matches!(Catalog::open(&path, &[2; 32]), Err(CatalogError::Damaged(_))));
    assert!(matches!(Catalog::open(&dir.path().join("none"), &[2; 32]), Err(CatalogError::Open { .. })));
    let nowhere = builder(&records).write_to(&dir.path().join("none/base"), &[1; 32]);
    assert!(matches!(nowhere, Err(CatalogError::Write { .. })));
}

// Several threads merge so many strings and dependencies, and where they cut depends on the builders.
#[test]
fn ranges_do_not_matter() {
    let name = |number: u32| format!("{}{number}", ["lib", "a", "z", "lib"][number as usize % 4]);
    let records: Vec<Owned> = (0..12_000)
        .map(|number| {
            let (near, far) = (name(number / 2), name(number * 7 % 12_000));
            let record = Owned::new(&format!("{}-{number}-1.noarch", name(number)));
            let record = record.with(Relation::Requires, &near).with(Relation::Requires, &format!("{far} >= 1"));
            record.with(Relation::Recommends, &format!("({near} if {far})")).file(&format!("/usr/lib/{far}/{near}"))
        })
        .collect();
    let mut builders = [(); 5].map(|()| CatalogBuilder::new());
    for (number, chunk) in (0..).zip(records.chunks(500)) {
        let builder = &mut builders[number * 3 % 5];
        builder.start_chunk(number as u32).expect("nothing is written");
        for record in chunk {
            builder.package(&record.record()).expect("small");
        }
    }
    let merged = CatalogBuilder::merge(builders.into()).expect("merges").finish(&[3; 32]).expect("small");
    assert!(merged == bytes(&records));
    let catalog = Catalog::from_bytes(merged).expect("sound");
    let mut read: Vec<Owned> = catalog.packages().map(read).collect();
    read.sort_by_key(|record| record.version.parse::<u32>().expect("a number"));
    assert!(read.iter().zip(&records).all(|(read, record)| read.name == record.name));
    assert!(read.iter().zip(&records).all(|(read, record)| read.relations == record.relations));
}

#[test]
fn a_file_in_the_making_is_what_memory_would_have_been() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("base.catalog");
    let records: Vec<Owned> = (0..20)
        .map(|number| Owned {
            description: format!("text {}", number / 3 % 4),
            ..Owned::new(&format!("p{number}-1-1.noarch"))
        })
        .collect();
    let writer = CatalogWriter::create(&path).expect("creates");
    let mut builders = [writer.builder(), writer.builder()];
    for chunk in [1, 0, 3, 2] {
        let builder = &mut builders[chunk % 2];
        builder.start_chunk(chunk as u32).expect("written");
        for record in &records[chunk * 5..chunk * 5 + 5] {
            builder.package(&record.record()).expect("small");
        }
    }
    let merged = CatalogBuilder::merge(builders.into()).expect("merges");
    writer.finish(merged, &[3; 32]).expect("writes");
    assert!(std::fs::read(&path).expect("is there") == bytes(&records));

    let writer = CatalogWriter::create(&path).expect("creates");
    let mut builders = [writer.builder(), writer.builder()];
    for builder in &mut builders {
        builder.start_chunk(7).expect("nothing is written yet");
        builder.package(&records[0].record()).expect("small");
    }
    let [mut one, mut two] = builders;
    one.start_chunk(8).expect("waits for chunk 0");
    assert!(matches!(two.start_chunk(9), Err(CatalogError::Chunk(7))));
    drop(writer);
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1, "what is not finished is removed");
}

#[test]
fn refuses_packages_without_name() {
    let mut nameless = Owned::new("a-1-1.noarch");
    nameless.name.clear();
    let refused = oxidnf_catalog::PackageSink::package(&mut CatalogBuilder::new(), &nameless.record());
    assert!(matches!(refused, Err(CatalogError::Incomplete("name"))));
}
