//! What the linked libsolv can do.

use super::*;

#[test]
fn has_rpm_semantics_and_rich_dependencies() {
    // Pool::new fails when MULTI_SEMANTICS or COMPLEX_DEPS are not built in.
    Pool::new("x86_64").expect("libsolv works with rpm semantics");
    assert!(Pool::library_version() >= (0, 7, 39), "older libsolv than the one that dnf5 is compared with");
}

/// Solves "install the only package" in a pool of one package with these dependencies.
fn is_installable(deps: impl FnOnce(&mut Pool) -> Dependencies) -> bool {
    let mut pool = Pool::new("x86_64").expect("pool");
    let repo = pool.add_repo("repo", -99, -1000).expect("repo");
    let deps = deps(&mut pool);
    let parts = SolvableParts { name: "it", evr: "1:1.0~rc1-1", arch: "noarch", vendor: "", build_time: 0 };
    let package = pool.add_package(repo, parts, &deps);
    pool.index_providers();
    let mut jobs = Jobs::default();
    jobs.push(Jobs::INSTALL, Select::Package(package));
    Solver::new(&mut pool).expect("solver").solve(&jobs) == 0
}

fn at_least(pool: &mut Pool, name: &str, evr: &str) -> DepId {
    let (name, evr) = (pool.intern(name), pool.intern(evr));
    pool.versioned(name, Comparison { less: false, equal: true, greater: true }, evr)
}

#[test]
fn versions_compare_as_in_rpm() {
    // A tilde sorts before nothing; for Debian's semantics "1:1.0~rc1-1" has a different meaning of "-".
    let provided = |wanted: &'static str| {
        is_installable(move |pool| {
            let (name, evr) = (pool.intern("cap"), pool.intern("1.0~rc1-1"));
            let same = Comparison { less: false, equal: true, greater: false };
            let provides = vec![pool.versioned(name, same, evr)];
            Dependencies { provides, requires: vec![at_least(pool, "cap", wanted)], ..Dependencies::default() }
        })
    };
    assert!(provided("1.0~beta"));
    assert!(!provided("1.0"));
}

#[test]
fn scratch_text_survives_more_calls_than_the_ring_has_places() {
    let mut pool = Pool::new("x86_64").expect("pool");
    let deps: Vec<DepId> = (0..64).map(|number| at_least(&mut pool, "cap", &number.to_string())).collect();
    let texts: Vec<String> = deps.iter().map(|dep| pool.dep_text(*dep)).collect();
    assert_eq!(texts[0], "cap >= 0");
    assert_eq!(texts[63], "cap >= 63");
}

#[test]
fn empty_answers_are_empty() {
    let mut pool = Pool::new("x86_64").expect("pool");
    pool.index_providers();
    let absent = pool.intern("absent");
    assert!(pool.providers(absent.into()).is_empty());
    let mut solver = Solver::new(&mut pool).expect("solver");
    assert_eq!(solver.solve(&Jobs::default()), 0);
    assert!(solver.problems().is_empty());
    assert!(solver.transaction().expect("transaction").steps().is_empty());
}

#[test]
fn nul_bytes_end_texts() {
    let mut pool = Pool::new("x86_64").expect("pool");
    assert_eq!(pool.intern("a\0b"), pool.intern("a"));
}
