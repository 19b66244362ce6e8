//! Small random universes of packages, as records and as catalogs.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::Arc;

use oxidnf_catalog::{Catalog, CatalogBuilder, FileKind, FileRef, PackageSink, Record, Relation, RepoInfo, Sack};
use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::reldep::Reldep;
use proptest::prelude::*;

/// A record that owns its texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) name: String,
    pub(crate) arch: String,
    pub(crate) epoch: u32,
    pub(crate) version: String,
    pub(crate) release: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) url: String,
    pub(crate) vendor: String,
    pub(crate) location: String,
    pub(crate) digest: Option<String>,
    pub(crate) numbers: [u64; 8],
    pub(crate) hnum: Option<u32>,
    pub(crate) relations: [Vec<Reldep>; 8],
    pub(crate) files: Vec<(String, FileKind)>,
}

impl Owned {
    /// Parses `name-[epoch:]version-release.arch` and adds the usual provide.
    pub(crate) fn new(nevra: &str) -> Self {
        let nevra = oxidnf_core::Nevra::parse(nevra).expect("a NEVRA");
        let own = format!("{} = {}", nevra.name, nevra.evr());
        let location = format!("p/{nevra}.rpm");
        Owned {
            name: nevra.name,
            arch: nevra.arch,
            epoch: nevra.epoch,
            version: nevra.version,
            release: nevra.release,
            location,
            ..Owned::default()
        }
        .with(Relation::Provides, &own)
    }

    pub(crate) fn with(mut self, relation: Relation, dep: &str) -> Self {
        self.relations[relation as usize].push(Reldep::parse(dep).expect("a dependency"));
        self
    }

    pub(crate) fn file(mut self, path: &str) -> Self {
        self.files.push((path.to_owned(), FileKind::File));
        self
    }

    pub(crate) fn record(&self) -> Record<'_> {
        let mut record = Record {
            name: &self.name,
            arch: &self.arch,
            epoch: self.epoch,
            version: &self.version,
            release: &self.release,
            summary: &self.summary,
            description: &self.description,
            url: &self.url,
            vendor: &self.vendor,
            location: &self.location,
            checksum: self.digest.as_deref().map(|digest| (ChecksumKind::Sha256, digest)),
            package_size: self.numbers[0],
            install_size: self.numbers[1],
            archive_size: self.numbers[2],
            header_start: self.numbers[3],
            header_end: self.numbers[4],
            file_time: self.numbers[5],
            build_time: self.numbers[6],
            install_time: self.numbers[7],
            hnum: self.hnum,
            files: self.files.iter().map(|(path, kind)| FileRef::new(path, *kind)).collect(),
            ..Record::default()
        };
        for relation in Relation::ALL {
            let deps = &self.relations[relation as usize];
            *record.relations_mut(relation) = deps.iter().map(Reldep::as_ref).collect();
        }
        record
    }
}

pub(crate) fn builder(records: &[Owned]) -> CatalogBuilder {
    let mut builder = CatalogBuilder::new();
    for record in records {
        builder.package(&record.record()).expect("complete");
    }
    builder
}

pub(crate) fn bytes(records: &[Owned]) -> Vec<u8> {
    builder(records).finish(&[3; 32]).expect("small")
}

pub(crate) fn catalog(records: &[Owned]) -> Arc<Catalog> {
    Arc::new(Catalog::from_bytes(bytes(records)).expect("valid"))
}

/// A system and one repository.
pub(crate) fn sack(installed: &[Owned], available: &[Owned]) -> Sack {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::system(), catalog(installed));
    sack.add_repo(RepoInfo::available("base"), catalog(available));
    sack
}

fn dep() -> impl Strategy<Value = Reldep> {
    let text = prop_oneof![
        3 => "[abcAB]{1,2}( (=|<|>=) ([01]:)?[12](-[12])?)?",
        1 => "/usr/(bin|lib)/[ab]",
        1 => "\\([ab] (and|or|if|with|without) [ab]( >= 2)?\\)",
        1 => "\\([ab] if [ab] else [ab]\\)",
    ];
    text.prop_map(|text| Reldep::parse(&text).expect("a dependency"))
}

pub(crate) fn package() -> impl Strategy<Value = Owned> {
    let evr = (0u32..2, "[12]{1,2}(\\.0)?|1~rc", "[12]");
    let relations = [(); 8].map(|()| proptest::collection::vec(dep(), 0..3));
    let files = proptest::collection::vec("/usr/(bin|lib)/[abcAB]{1,2}|/etc/[ab]", 0..3);
    let texts = ("[a-c ]{0,6}", "[a-c\u{e9}\n]{0,30}", "(http://[ab])?", "[XY]?");
    let numbers = proptest::array::uniform8(prop_oneof![Just(0), 0u64..1000, any::<u64>()]);
    let more = (proptest::option::of("[0-9a-f]{64}"), numbers, proptest::option::of(any::<u32>()), "[a-z/]{0,5}");
    ("[abcAB]{1,2}", "x86_64|noarch|i686|src", evr, relations, files, texts, more).prop_map(
        |(name, arch, (epoch, version, release), mut relations, files, texts, (digest, numbers, hnum, location))| {
            let evr = format!("{epoch}:{version}-{release}");
            relations[0].push(Reldep::parse(&format!("{name} = {evr}")).expect("a dependency"));
            let location = if location.len() % 2 == 0 {
                format!("{location}{name}-{version}-{release}.{arch}.rpm")
            } else {
                location
            };
            let (summary, description, url, vendor) = texts;
            let mut files: Vec<_> = files.into_iter().map(|path| (path, FileKind::File)).collect();
            files.sort();
            files.dedup();
            Owned {
                name,
                arch,
                epoch,
                version,
                release,
                summary,
                description,
                url,
                vendor,
                location,
                digest,
                numbers,
                hnum,
                relations,
                files,
            }
        },
    )
}

pub(crate) fn packages(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Owned>> {
    proptest::collection::vec(package(), count)
}
