//! A file whose checksums are right may still say anything: whoever writes catalogs can have errors.

use std::sync::Arc;

use proptest::prelude::*;

use crate::format::{HEADER, Header, blocks, checksum};
use crate::{Catalog, Match, Query, Relation, RepoIndex, RepoInfo, Sack, SpecSettings, resolve_spec};

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Owned, bytes, packages};

/// Makes all checksums right again; `None` when the header does not even say where they are.
fn reseal(mut file: Vec<u8>, before: &Header) -> Option<Vec<u8>> {
    let sums_start = before.sums_start as usize;
    let mut sums = Vec::new();
    for block in blocks(before.sums_start) {
        sums.extend(checksum(block.start as u64, &file[block]).to_le_bytes());
    }
    file[sums_start..].copy_from_slice(&sums);
    let header = Header { sums_sum: checksum(sums_start as u64, &sums), ..before.clone() };
    file[..HEADER].copy_from_slice(&header.encode());
    Header::parse(&file, file.len() as u64).ok().map(|_| file)
}

fn use_all(catalog: Catalog) {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::system(), Arc::new(catalog));
    let catalog = sack.catalog(RepoIndex(0)).clone();
    for package in catalog.packages() {
        let _ = (package.nevra(), package.summary(), package.description(), package.url(), package.location());
        let _ = (package.checksum(), package.files().count(), package.hnum(), package.vendor(), package.build_time());
        for relation in Relation::ALL {
            let _ = package.relations(relation).count();
        }
    }
    for name in ["a1", "a", "b", "/usr/bin/a"] {
        for relation in Relation::ALL {
            let dep = oxidnf_core::Reldep { name: name.into(), ..Default::default() };
            let _ = Query::new(&sack).filter_relation(relation, &[dep.as_ref()]).sorted();
            let _ = Query::new(&sack).filter_relation_to(relation, &sack.all()).sorted();
        }
        let _ = Query::new(&sack).filter_name(Match::GlobIcase, &["a*"]).filter_file(Match::Glob, &["*a"]);
        let _ = resolve_spec(&sack, name, &SpecSettings { icase: true, ..SpecSettings::default() });
    }
    let _ = resolve_spec(&sack, "*[ab]*-1*", &SpecSettings::default());
    let _ = sack.related_recursively(Relation::Requires, &sack.all());
    let _ = Query::new(&sack).filter_latest(1).filter_duplicates().sorted();
}

#[test]
fn survives_wrong_numbers_under_right_checksums() {
    let records: Vec<Owned> = (1..4)
        .map(|n| Owned::new(&format!("a{n}-1-{n}.noarch")).with(Relation::Requires, "(a if b)").file("/usr/bin/a"))
        .collect();
    let good = bytes(&records);
    let header = Header::parse(&good, good.len() as u64).expect("valid");
    for at in HEADER..header.sums_start as usize {
        for change in [0x01, 0x81] {
            let mut bad = good.clone();
            bad[at] = bad[at].wrapping_add(change);
            let bad = reseal(bad, &header).expect("the header is as it was");
            use_all(Catalog::from_bytes(bad).expect("the header is valid"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn survives_many_wrong_numbers(records in packages(1..6), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut file = bytes(&records);
        let header = Header::parse(&file, file.len() as u64).expect("valid");
        let len = header.sums_start as usize - HEADER;
        for (at, byte) in changes {
            file[HEADER + at.index(len)] = byte;
        }
        use_all(Catalog::from_bytes(reseal(file, &header).expect("resealed")).expect("the header is valid"));
    }
}
