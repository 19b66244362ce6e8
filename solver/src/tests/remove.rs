use oxidnf_catalog::PackageSet;

use crate::testing::{World, given};
use crate::{leaves, unneeded};

#[test]
fn takes_dependents_and_what_nothing_needs_any_more() {
    let world = "system app-1-1.noarch requires lib; reason User
                 system lib-1-1.noarch requires base; reason Dependency
                 system base-1-1.noarch reason Dependency
                 system tool-1-1.noarch requires base; reason User
                 system leaf-1-1.noarch reason Dependency";
    assert_eq!(
        given(world).remove("lib").then(),
        ["Remove app-1-1.noarch (Dependency)", "Remove lib-1-1.noarch (User)"]
    );
    assert_eq!(given(world).remove("app").then(), ["Remove app-1-1.noarch (User)", "Remove lib-1-1.noarch (Clean)"]);
}

// witness: compat-tests/tests/order.rs
#[test]
fn what_only_the_installation_required_may_go() {
    let world = "system one-1-1.noarch requires(post) tool
                 system two-1-1.noarch requires(post) tool; requires(preun) tool
                 system tool-1-1.noarch";
    assert_eq!(
        given(world).remove("tool").then(),
        ["Remove tool-1-1.noarch (User)", "Remove two-1-1.noarch (Dependency)"]
    );
}

#[test]
fn protected_packages_stay() {
    let world = "system app-1-1.noarch requires lib
                 system lib-1-1.noarch";
    let protecting = |name: &'static str| move |options: &mut crate::Options| options.protected = vec![name.to_owned()];
    assert_eq!(given(world).with(protecting("lib")).remove("lib").then(), ["removes protected lib"]);
    assert_eq!(
        given(world).with(protecting("app")).remove("lib").then(),
        ["breaks protected app", "app-1-1.noarch requires lib", "conflicting requests", "installed app-1-1.noarch"]
    );
}

fn names(world: &World, packages: &PackageSet) -> Vec<String> {
    packages.iter().map(|id| world.sack.package(id).name().to_owned()).collect()
}

#[test]
fn unneeded_is_what_no_wanted_package_reaches() {
    let world = given(
        "system app-1-1.noarch requires lib; recommends doc; reason User
         system lib-1-1.noarch reason Dependency
         system doc-1-1.noarch reason Weak Dependency
         system left-1-1.noarch requires over; reason Dependency
         system over-1-1.noarch requires left; reason Dependency
         system kept-1-1.noarch reason Dependency
         system found-1-1.noarch",
    )
    .with(|options| options.protected = vec!["kept".to_owned()]);
    let found = unneeded(&world.sack, &world.options).expect("libsolv works");
    assert_eq!(names(&world, &found), ["left", "over"]);
}

#[test]
fn leaves_are_required_and_recommended_by_nothing_else() {
    let world = given(
        "system app-1-1.noarch requires lib
         system lib-1-1.noarch
         system one-1-1.noarch requires two
         system two-1-1.noarch requires one
         system book-1-1.noarch recommends index
         system index-1-1.noarch",
    );
    let groups = leaves(&world.sack, &world.sack.installed(), &world.options).expect("libsolv works");
    let groups: Vec<Vec<String>> =
        groups.into_iter().map(|group| names(&world, &group.into_iter().collect())).collect();
    assert_eq!(groups, [vec!["app"], vec!["book"], vec!["one", "two"]]);
}
