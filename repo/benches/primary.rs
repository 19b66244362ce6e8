//! How fast packages get from compressed XML into a catalog, and paths out of file lists.
#![allow(missing_docs, reason = "benchmarks")]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxidnf_catalog::{CatalogError, PackageSink, Record};
use oxidnf_core::{Checksum, ChecksumKind};
use oxidnf_repo::metadata::{Metadata, PathQuery, Repomd};
use tempfile::TempDir;

const PACKAGES: usize = 8000;

/// One package with the shape of those of a large distribution: 15 relations, a description, two files.
fn package(number: usize) -> String {
    let mut out = format!(
        "<package type=\"rpm\">\n  <name>package-{number}</name>\n  <arch>x86_64</arch>\n  \
         <version epoch=\"0\" ver=\"{}.{}\" rel=\"1.fc40\"/>\n  \
         <checksum type=\"sha256\" pkgid=\"YES\">{number:064x}</checksum>\n  \
         <summary>Package number {number} &amp; more</summary>\n  <description>{}</description>\n  \
         <packager>Fedora Project</packager>\n  <url>https://example.org/{number}</url>\n  \
         <time file=\"1700000000\" build=\"1690000000\"/>\n  \
         <size package=\"123456\" installed=\"654321\" archive=\"700000\"/>\n  \
         <location href=\"Packages/p/package-{number}.x86_64.rpm\"/>\n  <format>\n    \
         <rpm:license>GPL-2.0-or-later</rpm:license>\n    <rpm:vendor>Fedora Project</rpm:vendor>\n    \
         <rpm:sourcerpm>package-{number}.src.rpm</rpm:sourcerpm>\n    \
         <rpm:header-range start=\"4504\" end=\"123456\"/>\n    <rpm:provides>\n",
        number % 7,
        number % 31,
        "Some words that describe what the package is good for. ".repeat(5 + number % 10),
    );
    for name in ["", "(x86-64)", "-libs", "-api"] {
        writeln!(
            out,
            "      <rpm:entry name=\"package-{number}{name}\" flags=\"EQ\" epoch=\"0\" ver=\"1\" rel=\"2\"/>"
        )
        .expect("a String takes all");
    }
    out.push_str("    </rpm:provides>\n    <rpm:requires>\n");
    for step in 1..11 {
        let other = (number * step) % PACKAGES;
        writeln!(out, "      <rpm:entry name=\"package-{other}\" flags=\"GE\" epoch=\"0\" ver=\"{step}\"/>")
            .expect("a String takes all");
    }
    write!(
        out,
        "      <rpm:entry name=\"/bin/sh\" pre=\"1\"/>\n    </rpm:requires>\n    <file>/usr/bin/package-{number}</file>\n    \
         <file>/etc/package-{number}.conf</file>\n  </format>\n</package>\n"
    )
    .expect("a String takes all");
    out
}

fn add(dir: &Path, kind: &str, xml: &str, index: &mut String) {
    let packed = zstd::encode_all(xml.as_bytes(), 6).expect("compresses");
    let digest = Checksum::of(ChecksumKind::Sha256, xml.as_bytes()).expect("digests").hex();
    fs::write(dir.join(format!("repodata/{kind}.xml.zst")), &packed).expect("writes");
    write!(
        index,
        "<data type=\"{kind}\"><location href=\"repodata/{kind}.xml.zst\"/><open-checksum type=\"sha256\">{digest}\
         </open-checksum><size>{}</size><open-size>{}</open-size></data>",
        packed.len(),
        xml.len()
    )
    .expect("a String takes all");
}

/// Makes a repository; returns it with the open sizes of its two files.
fn repository() -> (TempDir, u64, u64) {
    let dir = TempDir::new().expect("temporary directory");
    fs::create_dir(dir.path().join("repodata")).expect("fresh");
    let mut index = "<repomd>".to_owned();
    let packages: String = (0..PACKAGES).map(package).collect();
    let primary = format!("<?xml version=\"1.0\"?>\n<metadata packages=\"{PACKAGES}\">\n{packages}</metadata>\n");
    add(dir.path(), "primary", &primary, &mut index);
    let mut filelists = "<filelists>\n".to_owned();
    for number in 0..PACKAGES {
        writeln!(filelists, "<package pkgid=\"{number:064x}\" name=\"package-{number}\" arch=\"x86_64\">")
            .expect("a String takes all");
        for file in 0..60 {
            writeln!(filelists, "  <file>/usr/share/package-{number}/directory-{}/file-{file}.txt</file>", file % 7)
                .expect("a String takes all");
        }
        filelists.push_str("</package>\n");
    }
    filelists.push_str("</filelists>\n");
    add(dir.path(), "filelists", &filelists, &mut index);
    fs::write(dir.path().join("repodata/repomd.xml"), index + "</repomd>").expect("writes");
    (dir, primary.len() as u64, filelists.len() as u64)
}

/// Takes packages and does nothing with them.
struct Nothing;

impl PackageSink for Nothing {
    fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        black_box(record);
        Ok(())
    }
}

fn benches(criterion: &mut Criterion) {
    let (dir, primary, filelists) = repository();
    let metadata = Metadata::open(dir.path()).expect("index is good");
    let four = NonZeroUsize::new(4).expect("4 is not 0");

    let mut group = criterion.benchmark_group("primary");
    group.sample_size(20).throughput(Throughput::Bytes(primary));
    group.bench_function("parse", |bencher| bencher.iter(|| metadata.packages(&mut Nothing).expect("parses")));
    for threads in [NonZeroUsize::MIN, four] {
        group.bench_function(format!("catalog, {threads} threads"), |bencher| {
            bencher.iter(|| metadata.catalog(threads).expect("parses").finish(&[0; 32]).expect("fits"));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("filelists");
    group.sample_size(20).throughput(Throughput::Bytes(filelists));
    let queries = [
        ("path", PathQuery::new().exact("/usr/share/package-77/directory-3/file-3.txt")),
        ("glob", PathQuery::new().glob("*/package-7?/*/file-3.txt")),
        ("many paths", (0..100).fold(PathQuery::new(), |query, number| query.exact(format!("/usr/bin/{number}")))),
    ];
    for (name, query) in queries {
        group.bench_function(name, |bencher| bencher.iter(|| metadata.path_owners(&query, four).expect("searches")));
    }
    group.finish();

    let index = fs::read(dir.path().join("repodata/repomd.xml")).expect("was written");
    criterion.bench_function("repomd", |bencher| bencher.iter(|| Repomd::parse(black_box(&index)).expect("is good")));
}

criterion_group!(primary_benches, benches);
criterion_main!(primary_benches);
