//! How fast versions are compared: it happens for every pair of candidates.

#![allow(missing_docs, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use oxidnf_core::{Evr, vercmp};

fn versions(criterion: &mut Criterion) {
    let pairs = [
        ("same", "6.11.4-301.fc41", "6.11.4-301.fc41"),
        ("last", "6.11.4.301.fc40", "6.11.4.301.fc41"),
        ("first", "5.2", "6.11.4"),
        ("tilde", "1.0~rc1", "1.0"),
        ("caret", "1.0^20240101git0123abc", "1.0^20240102git0123abc"),
    ];
    for (name, one, two) in pairs {
        criterion.bench_function(&format!("vercmp/{name}"), |bench| {
            bench.iter(|| vercmp(black_box(one), black_box(two)));
        });
    }
    criterion.bench_function("evr/parse and compare", |bench| {
        bench.iter(|| Evr::parse(black_box("1:6.11.4-301.fc41")).rpm_cmp(&Evr::parse(black_box("1:6.11.5-1.fc41"))));
    });
}

criterion_group!(benches, versions);
criterion_main!(benches);
