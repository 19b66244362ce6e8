//! The orders that dnf5 follows, as `dnf5 --debugsolver` showed them for these packages.

mod common;

use common::{Owned, catalog};
use oxidnf_catalog::{PackageSet, Relation, RepoInfo, Sack};

fn repository() -> Vec<Owned> {
    use Relation::{Recommends, Requires};
    let mut records = vec![
        Owned::new("aa-1-1.noarch")
            .with(Requires, "zz5 >= 1")
            .with(Requires, "zz9")
            .with(Recommends, "zz2")
            .with(Recommends, "zz3"),
        Owned::new("ab-1-1.noarch")
            .with(Requires, "zz5 >= 1")
            .with(Recommends, "zz1 >= 1")
            .with(Recommends, "zz3")
            .with(Recommends, "zz4")
            .with(Recommends, "zz7"),
        Owned::new("ac-1-1.noarch").with(Recommends, "zz3").with(Recommends, "zz7"),
    ];
    records.extend((1..=9).map(|number| Owned::new(&format!("zz{number}-1-1.noarch"))));
    records
}

fn names_in_order(is_new: bool) -> String {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo { is_new, ..RepoInfo::available("zrepo") }, catalog(&repository()));
    let mut names: Vec<String> = (1..=9).map(|number| format!("zz{number}")).collect();
    names.sort_by_key(|name| sack.name_order(name));
    names.join(" ")
}

// witness: compat-tests/tests/order.rs
#[test]
fn names_come_as_parsed_and_later_by_use() {
    assert_eq!(names_in_order(true), "zz5 zz9 zz2 zz3 zz1 zz4 zz7 zz6 zz8");
    assert_eq!(names_in_order(false), "zz3 zz7 zz1 zz2 zz4 zz5 zz9 zz6 zz8");
}

#[test]
fn recommendations_come_by_use_and_versioned_ones_last() {
    let catalog = catalog(&repository());
    let package = catalog.packages().find(|package| package.name() == "ab").expect("there");
    let names: Vec<&str> = package.relations_as_cached(Relation::Recommends).map(|dep| dep.name).collect();
    assert_eq!(names, ["zz3", "zz7", "zz4", "zz1"]);
}

#[test]
fn packages_come_as_in_the_source_and_installed_ones_by_name() {
    let backwards: Vec<Owned> = ["b-1-1.noarch", "a-2-1.noarch", "a-1-1.noarch"].map(Owned::new).to_vec();
    let order = |info: RepoInfo| {
        let mut sack = Sack::new();
        sack.add_repo(info, catalog(&backwards));
        let all: PackageSet = sack.all();
        let names = sack.in_order(&all).into_iter().map(|id| sack.package(id).nevra().to_string());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(RepoInfo::available("any")), "b-1-1.noarch a-2-1.noarch a-1-1.noarch");
    assert_eq!(order(RepoInfo::system()), "a-2-1.noarch a-1-1.noarch b-1-1.noarch");
}

// witness: real dnf5 over a repository with a group called like one of its packages
#[test]
fn other_texts_count_as_uses_of_a_name() {
    let mut records = repository();
    for record in &mut records {
        record.vendor = "zz8".to_owned();
    }
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::available("zrepo"), catalog(&records));
    assert!(sack.name_order("zz8") < sack.name_order("zz3"));
}
