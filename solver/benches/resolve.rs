//! How long a plan takes over a repository of 70,000 packages.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use oxidnf_catalog::{Catalog, CatalogBuilder, PackageSink, Record, RepoInfo, Sack};
use oxidnf_core::Reason;
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_solver::{Goal, Job, JobFlags, Options, Reasons, resolve, unneeded};

const AVAILABLE: usize = 70_000;
const INSTALLED: usize = 2_000;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Makes packages `from..to`; each requires some sonames of packages with lower numbers, most of them from the
/// hundred lowest, as in a distribution.
fn catalog(from: usize, to: usize, version: &str) -> Arc<Catalog> {
    let mut builder = CatalogBuilder::new();
    for number in from..to {
        let mut numbers = Numbers(number as u64 + 1);
        let name = format!("package{number:05}");
        let evr = format!("{version}-1");
        let soname = |number: usize| format!("libpackage{number:05}.so.1()(64bit)");
        let provided = soname(number);
        let wanted: Vec<String> = (0..numbers.below(12))
            .map(|turn| if turn % 3 == 0 { numbers.below(number) } else { numbers.below(number.min(100)) })
            .map(soname)
            .collect();
        let recommended = format!("package{:05}", numbers.below(number));
        let plain = |name| ReldepRef { name, sense: Sense::ANY, evr: "" };
        let mut record = Record { name: &name, arch: "x86_64", version, release: "1", ..Record::default() };
        record.build_time = 1_700_000_000;
        record.provides = vec![ReldepRef { name: &name, sense: Sense::EQUAL, evr: &evr }, plain(&provided)];
        record.requires = wanted.iter().map(|name| plain(name.as_str())).collect();
        if number % 7 == 0 {
            record.recommends = vec![plain(&recommended)];
        }
        builder.package(&record).expect("a well-formed record");
    }
    let bytes = builder.finish(&[0; 32]).expect("a small catalog");
    Arc::new(Catalog::from_bytes(bytes).expect("what was just made"))
}

fn sack(installed: usize) -> Sack {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::system(), catalog(0, installed, "1.0"));
    sack.add_repo(RepoInfo::available("big"), catalog(0, AVAILABLE, "1.1"));
    sack
}

fn install(sack: &Sack, name: &str) -> Goal {
    let repo = sack.find_repo("big").expect("added above");
    let candidates = sack.catalog(repo).named(name).map(|index| sack.id(repo, index)).collect();
    Goal { jobs: vec![Job::install(candidates, JobFlags { best: true, ..JobFlags::default() })] }
}

fn plans(criterion: &mut Criterion) {
    let (empty, full) = (sack(0), sack(INSTALLED));
    let options = Options::default();
    let reasons: HashMap<String, Reason> =
        (0..INSTALLED).map(|number| (format!("package{number:05}.x86_64"), Reason::Dependency)).collect();
    let dependencies = Options { reasons: Reasons::from(reasons), ..Options::default() };
    let goal = install(&empty, "package60007");
    criterion.bench_function("install one into an empty root", |bencher| {
        bencher.iter(|| black_box(resolve(&empty, &goal, &options).expect("resolves")));
    });
    let goal = install(&full, "package60007");
    criterion.bench_function("install one beside 2,000 installed", |bencher| {
        bencher.iter(|| black_box(resolve(&full, &goal, &options).expect("resolves")));
    });
    let goal = Goal { jobs: vec![Job::UpgradeAll { flags: JobFlags::default() }] };
    criterion.bench_function("upgrade 2,000", |bencher| {
        bencher.iter(|| black_box(resolve(&full, &goal, &options).expect("resolves")));
    });
    criterion.bench_function("unneeded of 2,000", |bencher| {
        bencher.iter(|| black_box(unneeded(&full, &dependencies).expect("resolves")));
    });
    let goal = install(&empty, "package60007");
    let whole = Options { whole_pool: true, ..Options::default() };
    criterion.bench_function("install one, everything loaded", |bencher| {
        bencher.iter(|| black_box(resolve(&empty, &goal, &whole).expect("resolves")));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = plans
}
criterion_main!(benches);
