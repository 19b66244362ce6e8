//! The path index: what was put in comes out, damage is noticed.

use oxidnf_catalog::{CatalogError, FileKind, FoundPath, PathBlock, PathIndex, PathIndexWriter};
use proptest::prelude::*;
use tempfile::TempDir;

const STAMP: [u8; 32] = [7; 32];

type Paths = Vec<(String, FileKind)>;

/// Writes packages, so many to a block, last blocks first.
fn write(packages: &[Paths], block: usize) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let writer = PathIndexWriter::create(&dir.path().join("paths")).expect("creates");
    let numbered: Vec<(u32, &Paths)> = (0..).zip(packages).collect();
    for (number, packages) in numbered.chunks(block).enumerate().collect::<Vec<_>>().into_iter().rev() {
        let mut block = PathBlock::new();
        for (package, paths) in packages {
            block.package(*package, paths);
        }
        writer.block(number as u32, block).expect("writes");
    }
    writer.finish(packages.len() as u32, &STAMP).expect("writes");
    dir
}

fn open(dir: &TempDir) -> Result<PathIndex, CatalogError> {
    PathIndex::open(&dir.path().join("paths"), &STAMP)
}

fn packages() -> impl Strategy<Value = Vec<Paths>> {
    let kind = prop_oneof![Just(FileKind::File), Just(FileKind::Directory), Just(FileKind::Ghost)];
    proptest::collection::vec(proptest::collection::vec(("(/[ab]{1,3}){1,3}", kind), 0..8), 1..12)
}

/// What a look at every path finds.
fn naive(packages: &[Paths], matches: impl Fn(u32, &str) -> bool) -> Vec<FoundPath> {
    let mut found = Vec::new();
    for (package, paths) in (0..).zip(packages) {
        for (path, kind) in paths.iter().filter(|(path, _)| matches(package, path)) {
            found.push(FoundPath { package, path: path.clone(), kind: *kind });
        }
    }
    found.dedup();
    found
}

proptest! {
    #[test]
    fn finds_what_is_there(packages in packages(), block in 1..5usize, wanted in "(/[ab]{1,3}){1,3}") {
        let dir = write(&packages, block);
        let index = open(&dir).expect("opens");
        prop_assert_eq!(index.packages(), packages.len() as u32);
        for path in packages.iter().flatten().map(|(path, _)| path).chain([&wanted]) {
            prop_assert_eq!(index.find(&[path]).expect("sound"), naive(&packages, |_, other| other == path));
        }
        let starting = naive(&packages, |_, path| path.starts_with(&wanted));
        prop_assert_eq!(index.find(&[format!("{wanted}*")]).expect("sound"), starting);
        for package in 0..packages.len() as u32 {
            let mut found = index.paths_of(&[package, u32::MAX]).expect("sound");
            found.dedup();
            prop_assert_eq!(found, naive(&packages, |other, _| other == package));
        }
    }

    #[test]
    fn notices_damage(packages in packages(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let dir = write(&packages, 3);
        let path = dir.path().join("paths");
        let mut bytes = std::fs::read(&path).expect("is there");
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        std::fs::write(&path, bytes).expect("writes");
        if let Ok(index) = open(&dir) {
            // Every block and every filter is looked at.
            let all: Vec<u32> = (0..packages.len() as u32).collect();
            let asked = [index.paths_of(&all).is_err(), index.find(&["/a"]).is_err(), index.find(&["*"]).is_err()];
            prop_assert!(asked.contains(&true), "byte {}", at);
            prop_assert!(!path.exists(), "a damaged index removes itself");
        }
    }

    #[test]
    fn refuses_other_files(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("paths"), bytes).expect("writes");
        prop_assert!(open(&dir).is_err());
    }
}

#[test]
fn belongs_to_one_state_and_leaves_nothing_behind() {
    let dir = write(&[vec![("/a".to_owned(), FileKind::File)]], 1);
    assert!(matches!(PathIndex::open(&dir.path().join("paths"), &[8; 32]), Err(CatalogError::Stale)));
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1);
    let whole = std::fs::read(dir.path().join("paths")).expect("readable");
    for len in 0..whole.len() {
        std::fs::write(dir.path().join("paths"), &whole[..len]).expect("writes");
        assert!(open(&dir).is_err(), "{len} bytes");
    }
    drop(PathIndexWriter::create(&dir.path().join("other")).expect("creates"));
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1);
}
