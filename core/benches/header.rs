//! How fast headers are checked and read: a package with ten thousand files, the size of a kernel's.

#![allow(missing_docs, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::header::{DepKind, Entry, Header, HeaderBuilder, Limits, OwnedValue, Tag};

fn big() -> Header {
    const FILES: u32 = 10_000;
    let numbered = |text: &str| (0..FILES).map(|number| format!("{text}{number:05}")).collect::<Vec<_>>();
    let repeated = |text: &str| vec![text.to_owned(); FILES as usize];
    HeaderBuilder::new()
        .text(Tag::NAME, "big")
        .text(Tag::VERSION, "1.0")
        .text(Tag::RELEASE, "1")
        .text(Tag::ARCH, "x86_64")
        .u32s(Tag::FILESIZES, 0..FILES)
        .entry(Tag::FILEMODES, OwnedValue::Int16(vec![0o100_644; FILES as usize]))
        .u32s(Tag::FILEMTIMES, vec![1_600_000_000; FILES as usize])
        .texts(Tag::FILEDIGESTS, repeated("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"))
        .texts(Tag::FILELINKTOS, repeated(""))
        .u32s(Tag::FILEFLAGS, vec![0; FILES as usize])
        .texts(Tag::FILEUSERNAME, repeated("root"))
        .texts(Tag::FILEGROUPNAME, repeated("root"))
        .u32s(Tag::DIRINDEXES, (0..FILES).map(|number| number / 100))
        .texts(Tag::BASENAMES, numbered("file"))
        .texts(Tag::DIRNAMES, (0..FILES / 100).map(|number| format!("/usr/lib/big/{number}/")))
        .texts(Tag::PROVIDENAME, numbered("provide"))
        .build()
        .expect("a header within limits")
}

fn headers(criterion: &mut Criterion) {
    let header = big();
    let mut group = criterion.benchmark_group("header");
    group.throughput(Throughput::Bytes(header.bytes().len() as u64));
    group.bench_function("parse", |bench| {
        bench.iter_batched(
            || header.bytes().to_vec(),
            |bytes| Header::parse(bytes, Limits::PACKAGE).expect("it was parsed before"),
            criterion::BatchSize::LargeInput,
        );
    });
    group.bench_function("files", |bench| {
        bench.iter(|| header.files().expect("complete").iter().map(|file| file.path().len()).sum::<usize>());
    });
    group.bench_function("deps", |bench| {
        bench.iter(|| header.deps(DepKind::Provides).map(|dep| dep.name.len()).sum::<usize>());
    });
    group.bench_function("digest", |bench| {
        bench.iter(|| header.region_digest(ChecksumKind::Sha256).expect("sha256 is always there"));
    });
    group.bench_function("dribbles", |bench| {
        let entry = || vec![Entry::new(Tag::INSTALLTIME, OwnedValue::Int32(vec![1]))];
        bench.iter(|| header.with_dribbles(entry()).expect("the header has a region"));
    });
    group.finish();
    criterion.bench_function("header/get", |bench| bench.iter(|| black_box(&header).number(Tag::FILESIZES)));
}

criterion_group!(benches, headers);
criterion_main!(benches);
