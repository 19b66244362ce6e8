//! Building, opening and asking a catalog of 70,000 packages, and how large it is.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use oxidnf_catalog::{
    Catalog, CatalogBuilder, FileKind, FileRef, Match, PackageSink, Query, Record, Relation, RepoInfo, Sack,
    SpecSettings, resolve_spec,
};
use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::reldep::{Reldep, Sense};

const PACKAGES: u32 = 70_000;
const CHUNKS: u32 = 4;

/// A small generator of numbers, so that every run measures the same packages.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit)) as u32
    }
}

fn name(number: u32) -> String {
    const PARTS: [&str; 12] =
        ["lib", "python3-", "perl-", "rust-", "texlive-", "golang-", "kde-", "", "ghc-", "php-", "fonts-", "node-"];
    let base = number / 3;
    let suffix = ["", "-devel", "-doc"][number as usize % 3];
    format!("{}{}{base}{suffix}", PARTS[base as usize % PARTS.len()], ["alpha", "zeta", "mount"][base as usize % 3])
}

/// Fills a builder with the packages `numbers` of the universe.
fn fill(builder: &mut CatalogBuilder, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let mut random = Numbers(u64::from(number));
        let name_text = name(number);
        let version = format!("{}.{}", random.below(30), random.below(20));
        let release = format!("{}.fc40", 1 + random.below(9));
        let evr = format!("{version}-{release}");
        let location = format!("Packages/{}/{name_text}-{version}-{release}.x86_64.rpm", &name_text[..1]);
        let digest = format!("{:064x}", u128::from(random.0) << 32);
        let description = format!("{name_text} does what its name says. ").repeat(4 + random.below(16) as usize);
        let summary = format!("The {name_text} package");
        let soname = format!("lib{number}.so.{}()(64bit)", random.below(9));
        let requires: Vec<String> = (0..random.below(12))
            .map(|_| {
                let wanted = random.below(PACKAGES);
                if wanted.is_multiple_of(3) { format!("lib{wanted}.so.1()(64bit)") } else { name(wanted / 7) }
            })
            .collect();
        let path = format!("/usr/bin/{name_text}");
        let plain = |name| Reldep { name, ..Reldep::default() };
        let own = Reldep { name: name_text.clone(), sense: Sense::EQUAL, evr: evr.clone() };
        let provides = [own, plain(soname)];
        let requires: Vec<Reldep> = requires.into_iter().chain(["libc.so.6()(64bit)".to_owned()]).map(plain).collect();
        let record = Record {
            name: &name_text,
            arch: "x86_64",
            version: &version,
            release: &release,
            summary: &summary,
            description: &description,
            url: "https://example.org/",
            license: "MIT",
            vendor: "Example",
            location: &location,
            checksum: Some((ChecksumKind::Sha256, &digest)),
            package_size: u64::from(random.below(1_000_000)),
            install_size: u64::from(random.below(9_000_000)),
            build_time: 1_700_000_000,
            provides: provides.iter().map(Reldep::as_ref).collect(),
            requires: requires.iter().map(Reldep::as_ref).collect(),
            files: if number.is_multiple_of(3) { vec![FileRef::new(&path, FileKind::File)] } else { Vec::new() },
            ..Record::default()
        };
        builder.package(&record).expect("complete");
    }
}

fn parts() -> Vec<CatalogBuilder> {
    let step = PACKAGES / CHUNKS;
    let parts = (0..CHUNKS).map(|chunk| {
        let mut builder = CatalogBuilder::new();
        fill(&mut builder, chunk * step..(chunk + 1) * step);
        builder
    });
    parts.collect()
}

fn benches(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("universe.catalog");
    let write = |parts| CatalogBuilder::merge(parts).expect("merges").write_to(&path, &[1; 32]).expect("writes");

    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    group.bench_function("fill one of four chunks", |bench| {
        bench.iter(|| {
            let mut builder = CatalogBuilder::new();
            fill(&mut builder, 0..PACKAGES / CHUNKS);
            builder.len()
        });
    });
    group.bench_function("merge and write", |bench| {
        bench.iter_batched(parts, write, criterion::BatchSize::PerIteration);
    });
    group.finish();
    write(parts());

    let open = || Catalog::open(&path, &[1; 32]).expect("opens");
    criterion.bench_function("open", |bench| bench.iter(open));
    criterion.bench_function("open and look up one name", |bench| {
        bench.iter(|| open().named(black_box("libalpha0")).count());
    });
    criterion.bench_function("verify", |bench| bench.iter(|| open().verify().is_ok()));

    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::available("universe"), Arc::new(open()));
    let settings = SpecSettings::default();
    let one = name(33_000);
    criterion.bench_function("spec: name", |bench| {
        bench.iter(|| resolve_spec(&sack, black_box(&one), &settings));
    });
    criterion.bench_function("spec: glob of names", |bench| {
        bench.iter(|| resolve_spec(&sack, black_box("*mount7*"), &settings));
    });
    criterion.bench_function("spec: nothing", |bench| {
        bench.iter(|| resolve_spec(&sack, black_box("nothing"), &settings));
    });
    let soname = Reldep { name: "lib33000.so.1()(64bit)".to_owned(), ..Reldep::default() };
    criterion.bench_function("whatprovides", |bench| {
        bench.iter(|| sack.what_provides(black_box(&soname.as_ref())));
    });
    criterion.bench_function("whatrequires, half of all packages", |bench| {
        bench.iter(|| Query::new(&sack).filter_relation_text(Relation::Requires, &["libc.so.6()(64bit)"]).len());
    });
    let start = Query::new(&sack).filter_name(Match::Exact, &[name(7)]).into_packages();
    criterion.bench_function("whatrequires, recursively", |bench| {
        bench.iter(|| sack.related_recursively(Relation::Requires, black_box(&start)).len());
    });
    criterion.bench_function("latest of all", |bench| bench.iter(|| Query::new(&sack).filter_latest(1).len()));
}

criterion_group!(all, benches);
criterion_main!(all);
