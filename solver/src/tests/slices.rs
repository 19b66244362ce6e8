//! A slice gives what everything gives, on random universes.

use proptest::prelude::*;

use crate::Options;
use crate::testing::{World, given, lines};

/// A dependency on one of a few names, in all shapes.
fn dependency() -> impl Strategy<Value = String> {
    let name = prop_oneof![(0..7u8).prop_map(|n| format!("p{n}")), (0..3u8).prop_map(|n| format!("cap{n}"))];
    let evr = (1..4u8, 1..3u8).prop_map(|(version, release)| format!("{version}-{release}"));
    let operator = prop_oneof![Just("<"), Just("<="), Just("="), Just(">="), Just(">")];
    let plain = prop_oneof![
        4 => name.clone(),
        2 => (name, operator, evr).prop_map(|(name, operator, evr)| format!("{name} {operator} {evr}")),
        1 => (0..3u8).prop_map(|n| format!("/usr/bin/f{n}")),
    ];
    let rich = (plain.clone(), prop_oneof![Just("if"), Just("and"), Just("or")], plain.clone())
        .prop_map(|(one, operator, two)| format!("({one} {operator} {two})"));
    prop_oneof![8 => plain, 1 => rich]
}

/// A package; those of a `multilib` universe are of several architectures, of which all weak dependencies are followed.
fn package(multilib: bool) -> impl Strategy<Value = String> {
    const KINDS: [&str; 9] = [
        "requires",
        "requires",
        "conflicts",
        "obsoletes",
        "recommends",
        "recommends",
        "suggests",
        "supplements",
        "enhances",
    ];
    let deps = proptest::collection::vec((proptest::sample::select(&KINDS[..]), dependency()), 0..4);
    let arch =
        proptest::sample::select(if multilib { &["noarch", "x86_64", "i686"][..] } else { &["noarch", "x86_64"] });
    let provides = proptest::option::of(0..3u8);
    let file = proptest::option::of(0..3u8);
    (0..7u8, 1..4u8, 1..3u8, arch, deps, provides, file).prop_map(
        |(name, version, release, arch, deps, provides, file)| {
            // rpmbuild refuses `if` where the dependency works backwards.
            let backwards = |kind: &str| matches!(kind, "supplements" | "enhances");
            let deps: Vec<_> =
                deps.into_iter().filter(|(kind, dep)| !backwards(kind) || !dep.contains(" if ")).collect();
            let mut line = format!("p{name}-{version}-{release}.{arch}");
            let mut kinds: Vec<&str> = deps.iter().map(|(kind, _)| *kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            for kind in kinds {
                let values: Vec<&str> =
                    deps.iter().filter(|(other, _)| *other == kind).map(|(_, dep)| dep.as_str()).collect();
                line += &format!(" {kind} {};", values.join(", "));
            }
            line += &provides.map_or_else(String::new, |cap| format!(" provides cap{cap};"));
            line += &file.map_or_else(String::new, |file| format!(" files /usr/bin/f{file};"));
            line
        },
    )
}

fn universe(multilib: bool) -> impl Strategy<Value = String> {
    let installed = proptest::collection::btree_map("p[0-6]", (package(multilib), any::<bool>()), 0..5);
    let available = proptest::collection::vec((0..2u8, package(multilib)), 1..16);
    (installed, available).prop_map(|(installed, available)| {
        let mut text = String::new();
        for (name, (line, dependency)) in installed {
            let line = format!("{name}{}", &line[2..]);
            let reason = if dependency { "Dependency" } else { "User" };
            let end = if line.contains(' ') { "" } else { " suggests nothing;" };
            text += &format!("system {line}{end} reason {reason}\n");
        }
        for (repo, line) in available {
            text += &format!("repo{repo} {line}\n");
        }
        text
    })
}

fn ask(world: World, command: u8) -> World {
    match command {
        0 => world.install("p0").install("p1"),
        1 => world.upgrade(),
        2 => world.distro_sync(),
        3 => world.remove("p2"),
        4 => world.skip_broken().install("p3").install("p4"),
        _ => world.best().upgrade(),
    }
}

#[test]
fn weak_dependencies_of_what_does_not_come_are_left_out() {
    let world = given(
        "repo a-1-1.noarch requires cap; suggests (d or e)
         repo b-1-1.noarch provides cap
         repo c-1-1.noarch provides cap; recommends d
         repo d-1-1.noarch
         repo e-1-1.noarch",
    );
    let resolution = world.install("a").resolution();
    assert_eq!(lines(&resolution), ["Install a-1-1.noarch (User)", "Install b-1-1.noarch (Dependency)"]);
    assert_eq!(resolution.loaded, 3);
}

#[test]
fn weak_dependencies_of_what_comes_unexpectedly_are_found_by_trying() {
    let world = given(
        "repo a-1-1.noarch requires cap; conflicts b
         repo b-1-1.noarch provides cap
         repo c-1-1.noarch provides cap; recommends d
         repo d-1-1.noarch recommends e
         repo e-1-1.noarch
         repo f-1-1.noarch",
    );
    let resolution = world.install("a").resolution();
    let come =
        ["a", "c", "d", "e"].map(|name| resolution.plan.items.iter().any(|item| item.package.nevra.name == name));
    assert_eq!((come, resolution.plan.items.len(), resolution.loaded), ([true; 4], 4, 5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn slices_change_nothing(text in any::<bool>().prop_flat_map(universe), command in 0..6u8, erasing: bool, weak: bool) {
        let world = ask(given(&text), command).with(|options: &mut Options| {
            options.allow_erasing |= erasing;
            options.install_weak_deps = weak;
        });
        let slice = world.resolution();
        let whole = world.with(|options| options.whole_pool = true).resolution();
        prop_assert!(slice.loaded <= whole.loaded);
        prop_assert_eq!(lines(&slice), lines(&whole));
    }
}
