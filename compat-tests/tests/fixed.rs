//! `--plan`, `apply`, `lock` and `--locked`. dnf5 has none of them; what comes of them is compared with what the real
//! dnf5 does when it is given the same command directly.

use std::path::PathBuf;

use oxidnf_testkit::world::{Axis, Side};
use oxidnf_testkit::{World, rpm};

/// The file as the programs see it, and as the test does: both sides have the directory of repositories.
fn file(world: &World, name: &str) -> (String, PathBuf) {
    (format!("/srv/repos/{name}"), world.repos_dir().join(name))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command in dnf5 directly and in oxidnf by way of a plan, and compares what they leave.
fn by_plan(world: &World, command: &str) {
    let (inside, _) = file(world, "plan.json");
    let real = world.run(Side::Real, &format!("{command} -y"));
    let planned = world.run(Side::Ours, &format!("{command} --plan={inside}"));
    assert!(planned.status.success(), "{}", text(&planned.stderr));
    let ours = world.run(Side::Ours, &format!("apply -y {inside}"));
    assert_eq!(world.differences(&real, &ours), Vec::<String>::new(), "{command}");
}

#[test]
fn a_plan_does_what_the_command_would_have_done() {
    let world = World::new()
        .repo(
            "base",
            [
                rpm("app").requires("lib").recommends("weak"),
                rpm("lib"),
                rpm("lib").evr("2"),
                rpm("weak"),
                rpm("old"),
                rpm("new").obsoletes("old"),
                rpm("leaf").requires("alone"),
                rpm("alone"),
            ],
        )
        .ignoring(Axis::Stdout, "the plan is shown once more than the real program shows it")
        .ignoring(Axis::Stderr, "the plan is shown once more than the real program shows it")
        .ignoring(Axis::History, "the command line is another one");
    world.both("makecache");
    by_plan(&world, "install app old leaf lib-1");
    by_plan(&world, "upgrade");
    by_plan(&world, "remove leaf");
    by_plan(&world, "mark dependency lib");
    by_plan(&world, "reinstall app");
    by_plan(&world, "downgrade lib");
}

#[test]
fn without_weak_dependencies_stays_without() {
    let world = World::new()
        .repo("base", [rpm("app").recommends("weak"), rpm("weak")])
        .ignoring(Axis::Stdout, "the plan is shown once more than the real program shows it")
        .ignoring(Axis::Stderr, "the plan is shown once more than the real program shows it")
        .ignoring(Axis::History, "the command line is another one");
    world.both("makecache");
    by_plan(&world, "install --setopt=install_weak_deps=0 app");
}

#[test]
fn plans_are_canonical() {
    let world = World::new().repo("base", [rpm("app").requires("lib"), rpm("lib")]);
    let (one, one_path) = file(&world, "one.json");
    let (two, two_path) = file(&world, "two.json");
    world.run(Side::Ours, &format!("install --plan={one} app"));
    world.run(Side::Ours, &format!("install app --plan={two} --refresh"));
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("was written");
    assert_eq!(read(&one_path), read(&two_path));
    let plan: serde_json::Value = serde_json::from_str(&read(&one_path)).expect("JSON");
    assert_eq!(plan["items"][0]["action"], "Install");
    assert!(plan["items"][0]["checksum"].as_str().expect("a digest").starts_with("sha256:"));
    assert!(plan["rpmdb_cookie"].is_string());
    // Nothing was done yet.
    assert!(!world.run_rpm(Side::Real, "-q app").status.success());
}

#[test]
fn a_plan_that_does_not_fit_is_refused() {
    let world = World::new().repo("base", [rpm("app").requires("lib"), rpm("lib"), rpm("other")]);
    world.both("makecache");
    let (inside, path) = file(&world, "plan.json");
    world.run(Side::Ours, &format!("install --plan={inside} app"));
    let refused = |world: &World, why: &str| {
        let output = world.run(Side::Ours, &format!("apply -y {inside}"));
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert!(world.run(Side::Ours, "list --installed app").status.code() != Some(0));
    };
    let plan = std::fs::read_to_string(&path).expect("was written");
    let change = |from: &str, to: &str| std::fs::write(&path, plan.replacen(from, to, 1)).expect("writable");
    change("\"sha256:", "\"sha256:00");
    refused(&world, ": the checksum is sha256:");
    change("app-0:1-1.noarch", "app-0:2-1.noarch");
    refused(&world, "Cannot perform Install action, no match for: app-2-1.noarch.");
    change("\"version\": 1", "\"version\": 9");
    refused(&world, "is a plan of version 9, and this program knows version 1");
    change("oxidnf-plan", "something");
    refused(&world, "is no plan: \"format\" is not \"oxidnf-plan\"");
    change("{", "");
    refused(&world, "plan.json is no plan: ");
    std::fs::write(&path, &plan).expect("writable");
    let plan_value: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let mut fewer = plan_value.clone();
    fewer["items"].as_array_mut().expect("a list").retain(|item| item["nevra"] != "lib-0:1-1.noarch");
    std::fs::write(&path, fewer.to_string()).expect("writable");
    refused(&world, "Extra package 'lib-1-1.noarch' (with action 'Install')");
    std::fs::write(&path, &plan).expect("writable");
    world.both("install -y other").exits(0);
    refused(&world, "other-0:1-1.noarch was installed since");
    world.both("remove -y other").exits(0);
    // A repository of the plan is not there.
    let output = world.run(Side::Ours, &format!("apply -y --disable-repo=base {inside}"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no match for: app-1-1.noarch"), "{}", text(&output.stderr));
    // The database was written to, and holds the same packages as before.
    assert_eq!(world.run(Side::Ours, &format!("apply -y {inside}")).status.code(), Some(0));
}

#[test]
fn locked_packages_are_all_there_is() {
    let mut world = World::new().repo("base", [rpm("app").requires("lib"), rpm("lib"), rpm("more")]);
    let (inside, path) = file(&world, "oxidnf.lock");
    let run = |world: &World, args: &str| {
        let output = world.run(Side::Ours, args);
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    };
    let (status, out, err) = run(&world, &format!("lock -o {inside} app"));
    assert_eq!((status, out.as_str()), (0, "+ app-0:1-1.noarch (base)\n+ lib-0:1-1.noarch (base)\n"), "{err}");
    let lock: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("written")).expect("JSON");
    assert_eq!(lock["architectures"]["x86_64"]["requests"][0], "app");
    assert_eq!(lock["architectures"]["x86_64"]["packages"][1]["nevra"], "lib-0:1-1.noarch");
    // Another architecture is added beside it.
    assert_eq!(run(&world, &format!("--forcearch=aarch64 lock -o {inside} more")).0, 0);
    // Newer builds appear, and do not matter.
    let oracle = oxidnf_testkit::Oracle::find();
    let newer = oxidnf_testkit::fixture::repo(&oracle, &[rpm("lib").evr("2"), rpm("app").evr("2").requires("lib")]);
    world.add_repo("newer", &newer, "gpgcheck=0\n");
    let (status, out, err) = run(&world, &format!("apply -y {inside}"));
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(
        text(&world.run(Side::Ours, "repoquery --installed app lib").stdout),
        "app-0:1-1.noarch\nlib-0:1-1.noarch\n"
    );
    let (status, out, _) = run(&world, &format!("upgrade -y --locked={inside}"));
    assert_eq!((status, out.as_str()), (0, "Nothing to do.\n"));
    // What is not in the file is not to be had.
    let (status, _, err) = run(&world, &format!("install -y --locked={inside} more"));
    assert_eq!(status, 1);
    assert!(err.contains("Argument 'more' matches only excluded packages."), "{err}");
    // A new decision says what it changes.
    let (status, out, _) = run(&world, &format!("lock --output={inside}"));
    assert_eq!(status, 0);
    assert_eq!(
        out,
        "- app-0:1-1.noarch (base)\n+ app-0:2-1.noarch (newer)\n- lib-0:1-1.noarch (base)\n+ lib-0:2-1.noarch (newer)\n"
    );
    assert_eq!(run(&world, &format!("upgrade -y --locked={inside}")).0, 0);
    assert_eq!(
        text(&world.run(Side::Ours, "repoquery --installed app lib").stdout),
        "app-0:2-1.noarch\nlib-0:2-1.noarch\n"
    );
}

#[test]
fn a_lock_that_cannot_be_kept_is_refused() {
    let world = World::new().repo("base", [rpm("app"), rpm("more")]);
    let (inside, path) = file(&world, "oxidnf.lock");
    assert!(world.run(Side::Ours, &format!("lock -o {inside} app")).status.success());
    let lock = std::fs::read_to_string(&path).expect("written");
    let refused = |from: &str, to: &str, why: &str| {
        std::fs::write(&path, lock.replacen(from, to, 1)).expect("writable");
        let output = world.run(Side::Ours, &format!("install -y --locked={inside} app"));
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    };
    refused("sha256:", "sha256:00", "app-0:1-1.noarch: its checksum is sha256:");
    refused("app-0:1-1", "app-0:3-1", "app-0:3-1.noarch: no enabled repository has it (it was in base)");
    refused("x86_64", "s390x", "holds nothing for x86_64, only for: s390x.");
    refused("\"requests\"", "\"wishes\"", "oxidnf.lock is no lock file: unknown field `wishes`");
    let query = world.run(Side::Ours, &format!("list --locked={inside}"));
    assert_eq!(query.status.code(), Some(2));
    assert!(text(&query.stderr).contains("\"--locked\" is for commands that change the system"));
}

#[test]
fn a_plan_holds_groups() {
    const COMPS: &str = "-g $(printf '<comps><group><id>core</id><name>Core</name><packagelist><packagereq \
        type=\"mandatory\">app</packagereq></packagelist></group></comps>' >comps.xml; echo /srv/build/comps.xml)";
    let oracle = oxidnf_testkit::Oracle::find();
    let repo = oxidnf_testkit::fixture::repo_with(&oracle, &[rpm("app").requires("lib"), rpm("lib")], COMPS);
    let mut world = World::new()
        .ignoring(Axis::Stdout, "the plan is shown once more than the real program shows it")
        .ignoring(Axis::Stderr, "the plan is shown once more than the real program shows it")
        .ignoring(Axis::History, "the command line is another one");
    world.add_repo("base", &repo, "gpgcheck=0\n");
    world.both("makecache");
    by_plan(&world, "group install core");
    world.both("group list --installed").says("core");
    by_plan(&world, "group remove core");
    let (inside, path) = file(&world, "plan.json");
    world.run(Side::Ours, &format!("group install core --plan={inside}"));
    let plan = std::fs::read_to_string(&path).expect("was written");
    assert!(plan.contains("\"definition\": \"sha256:"), "{plan}");
    std::fs::write(&path, plan.replace("\"definition\": \"sha256:", "\"definition\": \"sha256:0")).expect("writable");
    let output = world.run(Side::Ours, &format!("apply -y {inside}"));
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("something else than planned would happen to the group core"), "{told}");
}
