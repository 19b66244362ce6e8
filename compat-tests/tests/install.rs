//! `install`: what is chosen, shown, written and remembered.

use oxidnf_testkit::{World, rpm};

#[test]
fn one_package() {
    let world = World::new().repo("base", [rpm("foo").file("/usr/share/foo/data", "hello")]);
    world.both("install -y foo").exits(0).says("Complete!");
    world.both("install -y foo").exits(0).says("already installed");
}

#[test]
fn dependencies_and_their_reasons() {
    let world = World::new().repo(
        "base",
        [
            rpm("app").requires("lib >= 2").recommends("extra"),
            rpm("lib").evr("1-1"),
            rpm("lib").evr("2-1").requires("base-files"),
            rpm("base-files").dir("", "/usr/share/base"),
            rpm("extra"),
            rpm("unrelated"),
        ],
    );
    world.both("install -y app").exits(0).says("Installing weak dependencies:");
    world.both("list --installed").exits(0);
    world.both("repoquery --installed --qf '%{name} %{reason} %{from_repo}\\n'").exits(0);
}

#[test]
fn weak_dependencies_can_be_left_out() {
    let world =
        World::new().repo("base", [rpm("app").recommends("extra"), rpm("extra"), rpm("plug").supplements("app")]);
    world.both("install -y --setopt=install_weak_deps=0 app").exits(0);
    world.both("install -y extra").exits(0);
}

#[test]
fn supplements_come_along() {
    let world =
        World::new().repo("base", [rpm("app"), rpm("plug").supplements("app"), rpm("other").supplements("none")]);
    world.both("install -y app").exits(0).says("plug");
}

#[test]
fn newest_version_and_epoch_win() {
    let world =
        World::new().repo("base", [rpm("foo").evr("1:1-1"), rpm("foo").evr("9-1"), rpm("foo").evr("1:1.1~rc1-1")]);
    world.both("install -y foo").exits(0).says("1:1.1~rc1-1");
}

#[test]
fn spec_forms() {
    let packages =
        || [rpm("foo").evr("1-1"), rpm("foo").evr("2-1"), rpm("foo-bar").evr("1-1"), rpm("food").provides("meal = 3")];
    for spec in ["foo-1-1", "foo-1", "foo.noarch", "foo-1-1.noarch", "foo-0:1-1.noarch", "'foo*'", "meal", "'meal > 2'"]
    {
        let world = World::new().repo("base", packages());
        world.both(&format!("install -y {spec}")).exits(0);
    }
}

#[test]
fn unknown_packages_stop_everything() {
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("install -y foo nothere").exits(1).says("No match for argument: nothere");
    world.both("install -y --skip-unavailable foo nothere").exits(0).says("Complete!");
    world.both("install -y nothere --skip-unavailable").exits(0).says("Nothing to do.");
}

#[test]
fn by_file_path() {
    let world = World::new().repo(
        "base",
        [rpm("tool").file_as("%attr(755,root,root)", "/usr/bin/tool", "x"), rpm("user").requires("/usr/bin/tool")],
    );
    world.both("install -y user").exits(0);
    let world = World::new().repo("base", [rpm("tool").file_as("%attr(755,root,root)", "/usr/bin/tool", "x")]);
    world.both("install -y /usr/bin/tool").exits(0);
    let world = World::new().repo("base", [rpm("kit").file_as("%attr(755,root,root)", "/usr/bin/tool", "x")]);
    world.both("install -y tool").exits(0);
}

#[test]
fn nothing_provides() {
    let world = World::new().repo("base", [rpm("foo").requires("missing >= 3"), rpm("bar")]);
    world.both("install -y foo").exits(1).says("nothing provides missing >= 3 needed by foo-1-1.noarch from base");
    world.both("install -y --skip-broken foo bar").exits(0);
}

#[test]
fn conflicts() {
    let world = World::new().repo("base", [rpm("a").conflicts("b"), rpm("b"), rpm("c").conflicts("b < 2")]);
    world.both("install -y a b").exits(1).says("conflicts with");
    world.both("install -y b").exits(0);
    world.both("install -y c").exits(1);
    world.both("install -y --allowerasing a").exits(0).says("Removing");
}

#[test]
fn obsoletes_replace() {
    let world = World::new().repo("base", [rpm("old").file("/usr/share/old", "o")]);
    world.both("install -y old").exits(0);
    let mut world = world;
    let oracle = oxidnf_testkit::Oracle::find();
    let repo = oxidnf_testkit::repo(
        &oracle,
        &[rpm("new").obsoletes("old < 2").provides("old = 2").file("/usr/share/new", "n")],
    );
    world.add_repo("more", &repo, "gpgcheck=0\n");
    world.both("upgrade -y").exits(0).says("replacing old");
    world.both("list --installed").exits(0);
}

#[test]
fn rich_dependencies() {
    let world = World::new().repo(
        "base",
        [
            rpm("app").requires("(one or two)").requires("(extra if one)"),
            rpm("one"),
            rpm("two"),
            rpm("extra"),
            rpm("cond").recommends("(two if app)"),
        ],
    );
    world.both("install -y app").exits(0);
    world.both("install -y cond").exits(0);
}

#[test]
fn assumeno_changes_nothing() {
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("install --assumeno foo").exits(1).says("Operation aborted by the user.");
}

#[test]
fn no_answer_is_no() {
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("install foo").exits(1).says("Operation aborted by the user.");
}

#[test]
fn downloadonly_leaves_the_system_alone() {
    let world = World::new().repo("base", [rpm("foo").requires("bar"), rpm("bar")]);
    world.both("install -y --downloadonly foo").exits(0).says("Complete!");
    world.both("install -y foo").exits(0);
}

#[test]
fn local_package_files() {
    let world = World::new().repo("base", [rpm("foo").requires("bar"), rpm("bar")]);
    world.both("install -y /srv/repos/base/foo-1-1.noarch.rpm").exits(0);
    world.both("list --installed").exits(0);
}

#[test]
fn excluded_packages() {
    let world = World::new().repo("base", [rpm("foo").evr("1-1"), rpm("foo").evr("2-1"), rpm("bar").requires("foo")]);
    world.both("install -y -x 'foo-2*' bar").exits(0);
    world.both("install -y -x bar bar").exits(1).says("matches only excluded packages");
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("install -y -x foo foo").exits(1);
}

#[test]
fn priorities_between_repositories() {
    let world = World::new().repo_conf("first", [rpm("foo").evr("1-1")], "gpgcheck=0\npriority=10\n").repo_conf(
        "second",
        [rpm("foo").evr("2-1")],
        "gpgcheck=0\npriority=20\n",
    );
    world.both("install -y foo").exits(0);
    world.both("repoquery foo").exits(0);
}

#[test]
fn choosing_repositories() {
    let world = World::new().repo("one", [rpm("foo").evr("1-1")]).repo("two", [rpm("foo").evr("2-1")]);
    world.both("install -y --repo=one foo").exits(0);
    world.both("upgrade -y --disablerepo=two").exits(0).says("Nothing to do.");
    world.both("upgrade -y --enablerepo=two").exits(0);
    world.both("install -y --repo=none foo").exits(2);
}

#[test]
fn installonly_packages_stand_side_by_side() {
    let kernel = |evr: &str| rpm("kernel").evr(evr).file(&format!("/boot/vmlinuz-{evr}"), evr);
    let world = World::new().repo("one", [kernel("1-1")]);
    world.both("install -y kernel").exits(0);
    let mut world = world;
    let oracle = oxidnf_testkit::Oracle::find();
    for (id, evr) in [("two", "2-1"), ("three", "3-1"), ("four", "4-1")] {
        world.add_repo(id, &oxidnf_testkit::repo(&oracle, &[kernel(evr)]), "gpgcheck=0\n");
        world.both("upgrade -y").exits(0);
    }
    world.both("list --installed kernel").exits(0);
}

#[test]
fn reinstall() {
    let world = World::new().repo("base", [rpm("foo").file("/usr/share/foo", "x").logs("post").logs("preun")]);
    world.both("install -y foo").exits(0);
    world.edit(|root| std::fs::write(root.join("usr/share/foo"), "damaged").expect("the file is there"));
    world.both("reinstall -y foo").exits(0).says("Reinstalling");
    world.both("reinstall -y nothere").exits(1);
}
