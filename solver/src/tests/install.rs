use crate::testing::given;

#[test]
fn brings_dependencies_and_weak_dependencies() {
    let world = "main app-1-1.noarch requires lib; recommends doc
                 main lib-1-1.x86_64
                 main doc-1-1.noarch
                 main extra-1-1.noarch supplements (app and lib)";
    assert_eq!(
        given(world).install("app").then(),
        [
            "Install app-1-1.noarch (User)",
            "Install doc-1-1.noarch (Weak Dependency)",
            "Install extra-1-1.noarch (Weak Dependency)",
            "Install lib-1-1.x86_64 (Dependency)",
        ]
    );
    assert_eq!(
        given(world).with(|options| options.install_weak_deps = false).install("app").then(),
        ["Install app-1-1.noarch (User)", "Install lib-1-1.x86_64 (Dependency)"]
    );
}

#[test]
fn members_of_a_group_come_for_its_sake_unless_the_user_names_them() {
    let world = "main app-1-1.noarch
                 main tool-1-1.noarch";
    assert_eq!(
        given(world).install_for("office", "app").install_for("office", "tool").install("tool").then(),
        ["Install app-1-1.noarch (Group office)", "Install tool-1-1.noarch (User)"]
    );
}

#[test]
fn a_file_is_provided_by_its_owner() {
    let world = "main app-1-1.noarch requires /usr/bin/tool
                 main tools-1-1.noarch files /usr/bin/tool
                 main other-1-1.noarch files /usr/bin/other";
    assert_eq!(
        given(world).install("app").then(),
        ["Install app-1-1.noarch (User)", "Install tools-1-1.noarch (Dependency)"]
    );
}

#[test]
fn rich_requires_are_understood() {
    let world = "system gui-1-1.noarch
                 main app-1-1.noarch requires (app-gui if gui else app-text)
                 main app-gui-1-1.noarch
                 main app-text-1-1.noarch";
    assert_eq!(
        given(world).install("app").then(),
        ["Install app-1-1.noarch (User)", "Install app-gui-1-1.noarch (Dependency)"]
    );
    let bare = world.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(
        given(&bare).install("app").then(),
        ["Install app-1-1.noarch (User)", "Install app-text-1-1.noarch (Dependency)"]
    );
    assert_eq!(
        given(world).install_provide("(app-gui and app-text)").then(),
        ["Install app-gui-1-1.noarch (User)", "Install app-text-1-1.noarch (User)"]
    );
}

#[test]
fn a_better_priority_wins_over_a_newer_version() {
    let world = "base@99 app-2-1.noarch
                 pinned@10 app-1-1.noarch";
    assert_eq!(given(world).install("app").then(), ["Install app-1-1.noarch (User)"]);
}

#[test]
fn what_cannot_be_installed_is_a_problem_or_is_skipped() {
    let world = "main good-1-1.noarch
                 main bad-1-1.noarch requires absent >= 2";
    assert_eq!(
        given(world).install("good").install("bad").then(),
        ["conflicting requests", "bad-1-1.noarch needs absent absent >= 2", "skipped bad-1-1.noarch (broken)"]
    );
    assert_eq!(
        given(world).skip_broken().install("good").install("bad").then(),
        [
            "Install good-1-1.noarch (User)",
            "but conflicting requests",
            "but bad-1-1.noarch needs absent absent >= 2",
            "skipped bad-1-1.noarch (broken)",
        ]
    );
}

#[test]
fn an_older_candidate_will_do_unless_the_best_is_asked_for() {
    let world = "main app-1-1.noarch
                 main app-2-1.noarch requires absent";
    assert_eq!(
        given(world).install("app").then(),
        [
            "Install app-1-1.noarch (User)",
            "but best candidate",
            "but app-2-1.noarch needs absent absent",
            "skipped app-2-1.noarch (broken)",
        ]
    );
    assert_eq!(
        given(world).best().install("app").then(),
        ["best candidate", "app-2-1.noarch needs absent absent", "skipped app-2-1.noarch (broken)"]
    );
}

#[test]
fn conflicts_name_both_sides_once() {
    let world = "main one-1-1.noarch conflicts two
                 main two-1-1.noarch conflicts one";
    assert_eq!(
        given(world).install("one").install("two").then(),
        [
            "one-1-1.noarch conflicts with two of two-1-1.noarch",
            "conflicting requests",
            "skipped one-1-1.noarch (conflicts)",
            "skipped two-1-1.noarch (conflicts)",
        ]
    );
}

#[test]
fn erasing_has_to_be_allowed() {
    let world = "system old-1-1.noarch
                 main new-1-1.noarch conflicts old";
    assert_eq!(
        given(world).install("new").then(),
        [
            "new-1-1.noarch conflicts with old of old-1-1.noarch",
            "conflicting requests",
            "installed old-1-1.noarch",
            "skipped new-1-1.noarch (conflicts)",
        ]
    );
    assert_eq!(
        given(world).with(|options| options.allow_erasing = true).install("new").then(),
        ["Install new-1-1.noarch (User)", "Remove old-1-1.noarch (Dependency)"]
    );
}

#[test]
fn excluded_and_foreign_packages_are_named_as_such() {
    let world = "main app-1-1.noarch requires lib
                 main lib-1-1.noarch
                 main tool-1-1.aarch64";
    assert_eq!(
        given(world).excluding("lib").install("app").then(),
        [
            "app-1-1.noarch requires lib",
            "conflicting requests",
            "lib-1-1.noarch is excluded",
            "skipped app-1-1.noarch (broken)",
        ]
    );
    assert_eq!(
        given(world).install("tool").then(),
        ["conflicting requests", "tool-1-1.aarch64 has a foreign architecture"]
    );
}

#[test]
fn a_name_comes_in_its_best_architecture() {
    let world = "main app-1-1.noarch requires lib
                 main lib-1-1.i686
                 main lib-1-1.x86_64
                 main tool-1-1.noarch requires lib(32)
                 main old-1-1.i686 provides lib(32)
                 main old-2-1.x86_64";
    assert_eq!(
        given(world).install("app").then(),
        ["Install app-1-1.noarch (User)", "Install lib-1-1.x86_64 (Dependency)"]
    );
    assert_eq!(
        given(world).install("tool").then(),
        ["Install old-1-1.i686 (Dependency)", "Install tool-1-1.noarch (User)"]
    );
}

#[test]
fn obsoleted_packages_are_replaced() {
    let world = "system old-1-1.noarch reason User
                 main new-1-1.noarch obsoletes old < 2";
    assert_eq!(
        given(world).install("new").then(),
        ["Install new-1-1.noarch (User) for old-1-1.noarch", "Replaced old-1-1.noarch (User)"]
    );
}

// witness: compat-tests/tests/order.rs, seed 123
#[test]
fn what_a_rich_suggestion_names_is_known() {
    let world = "main app-1-1.noarch requires (one or two); suggests (two and far)
                 main one-1-1.noarch
                 main two-1-1.noarch
                 main far-1-1.noarch";
    let whole = |world: &str| given(world).with(|options| options.whole_pool = true).install("app").then();
    assert_eq!(given(world).install("app").then(), whole(world));
    let without = world.replace("far-1-1", "other-1-1");
    assert_eq!(given(&without).install("app").then(), whole(&without));
    assert_ne!(whole(world), whole(&without));
}
