use crate::testing::given;

#[test]
fn keeps_the_reason_and_lists_what_is_replaced() {
    let world = "system app-1-1.noarch requires lib; reason User
                 system lib-1-1.noarch reason Dependency
                 main app-2-1.noarch requires lib >= 2
                 main lib-2-1.noarch";
    assert_eq!(
        given(world).upgrade().then(),
        [
            "Upgrade app-2-1.noarch (User) for app-1-1.noarch",
            "Upgrade lib-2-1.noarch (Dependency) for lib-1-1.noarch",
            "Replaced app-1-1.noarch (User)",
            "Replaced lib-1-1.noarch (Dependency)",
        ]
    );
}

#[test]
fn what_nothing_is_known_of_stays_external() {
    let world = "system app-1-1.noarch
                 main app-2-1.noarch";
    assert_eq!(
        given(world).upgrade_only("app").then(),
        ["Upgrade app-2-1.noarch (External User) for app-1-1.noarch", "Replaced app-1-1.noarch (External User)"]
    );
}

#[test]
fn the_strongest_reason_of_all_replaced_counts() {
    let world = "system old-1-1.noarch reason User
                 system new-1-1.noarch reason Dependency
                 main new-2-1.noarch obsoletes old";
    assert_eq!(
        given(world).upgrade().then(),
        [
            "Upgrade new-2-1.noarch (User) for new-1-1.noarch, old-1-1.noarch",
            "Replaced new-1-1.noarch (Dependency)",
            "Replaced old-1-1.noarch (User)",
        ]
    );
}

#[test]
fn broken_upgrades_are_reported_and_the_rest_goes_on() {
    let world = "system good-1-1.noarch
                 system bad-1-1.noarch
                 main good-2-1.noarch
                 main bad-2-1.noarch requires absent";
    assert_eq!(
        given(world).upgrade().then(),
        [
            "Upgrade good-2-1.noarch (External User) for good-1-1.noarch",
            "Replaced good-1-1.noarch (External User)",
            "but best update of bad-1-1.noarch",
            "but bad-2-1.noarch needs absent absent",
            "skipped bad-2-1.noarch (broken)",
        ]
    );
    assert_eq!(
        given(world).best().upgrade().then(),
        ["best update of bad-1-1.noarch", "bad-2-1.noarch needs absent absent", "skipped bad-2-1.noarch (broken)"]
    );
}

#[test]
fn distro_sync_goes_down_as_well() {
    let world = "system app-3-1.noarch
                 system local-1-1.noarch
                 main app-2-1.noarch";
    assert_eq!(
        given(world).distro_sync().then(),
        ["Downgrade app-2-1.noarch (External User) for app-3-1.noarch", "Replaced app-3-1.noarch (External User)"]
    );
}

#[test]
fn a_downgrade_brings_its_dependencies_down() {
    let world = "system app-2-1.noarch requires lib = 2; reason User
                 system lib-2-1.noarch reason Dependency
                 main app-1-1.noarch requires lib = 1
                 main lib-1-1.noarch
                 main lib-2-1.noarch";
    assert_eq!(
        given(world).exactly("app-1-1.noarch").then(),
        [
            "Downgrade app-1-1.noarch (User) for app-2-1.noarch",
            "Downgrade lib-1-1.noarch (Dependency) for lib-2-1.noarch",
            "Replaced app-2-1.noarch (User)",
            "Replaced lib-2-1.noarch (Dependency)",
        ]
    );
}

#[test]
fn another_vendor_is_refused_and_told() {
    let world = "system app-1-1.noarch vendor Red
                 main app-2-1.noarch vendor Blue";
    assert_eq!(
        given(world).with(|options| options.allow_vendor_change = false).upgrade().then(),
        ["not app-1-1.noarch -> app-2-1.noarch"]
    );
    assert_eq!(given(world).upgrade().then().len(), 2);
    // The packages have numbers in the order of the lines.
    let (red, blue) = (oxidnf_catalog::PackageId(0), oxidnf_catalog::PackageId(1));
    let rule = crate::VendorRule { outgoing: [red].into_iter().collect(), incoming: [blue].into_iter().collect() };
    let kin = crate::VendorPolicy { rules: vec![rule], ..crate::VendorPolicy::default() };
    assert!(kin.allows(red, blue) && !kin.allows(blue, red));
    assert_eq!(
        given(world)
            .with(|options| (options.allow_vendor_change, options.vendor_policy) = (false, Some(kin)))
            .upgrade()
            .then()
            .len(),
        2
    );
}

#[test]
fn a_rebuild_of_the_same_version_is_another_package() {
    let world = "system app-1-1.noarch built 1
                 main app-1-1.noarch built 2";
    assert_eq!(
        given(world).exactly("app-1-1.noarch").then(),
        ["Reinstall app-1-1.noarch (External User) for app-1-1.noarch", "Replaced app-1-1.noarch (External User)"]
    );
    assert_eq!(given(world).upgrade().then(), Vec::<String>::new());
}

#[test]
fn a_refused_recommendation_does_not_come_back() {
    let world = "system app-1-1.noarch recommends doc
                 main app-2-1.noarch recommends doc, news
                 main doc-1-1.noarch
                 main news-1-1.noarch";
    let world = given(world).upgrade().then();
    assert_eq!(
        world,
        [
            "Install news-1-1.noarch (Weak Dependency)",
            "Upgrade app-2-1.noarch (External User) for app-1-1.noarch",
            "Replaced app-1-1.noarch (External User)",
        ]
    );
}
