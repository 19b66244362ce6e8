//! `--store`, `--offline`, `offline` and its relatives, beside dnf5: words, files and what the next boot does.

use std::fs;

use oxidnf_testkit::world::{Axis, Side};
use oxidnf_testkit::{World, rpm};

fn world() -> World {
    let world = World::new().repo(
        "base",
        [
            rpm("app").requires("lib"),
            rpm("app").evr("2").requires("lib"),
            rpm("lib"),
            rpm("lib").evr("2"),
            rpm("other"),
        ],
    );
    // Without a release dnf5 ends in an exception that nobody catches.
    world.write("/etc/dnf/vars/releasever", "9\n");
    world.both("makecache").exits(0);
    world
}

/// Compares the files of an offline transaction; what stands in the state in no order of dnf5's making is sorted.
fn compare_offline(world: &World, what: &str) {
    let view = |side| {
        let root = world.root(side);
        let state = root.join("usr/lib/sysimage/libdnf5/offline");
        let read = |name: &str| fs::read_to_string(state.join(name)).unwrap_or_default();
        let toml = read("offline-transaction-state.toml");
        let mut lines: Vec<&str> = toml.lines().collect();
        lines.sort_unstable();
        let mut packages: Vec<_> = fs::read_dir(root.join("var/lib/dnf/offline/packages"))
            .map(|dir| dir.flatten().map(|entry| entry.file_name()).collect())
            .unwrap_or_default();
        packages.sort();
        format!("{}\n{}\n{packages:?}", lines.join("\n"), read("transaction.json"))
    };
    similar(what, &view(Side::Real), &view(Side::Ours));
}

fn similar(what: &str, real: &str, ours: &str) {
    assert!(real == ours, "{what} differs\n== dnf5 ==\n{real}\n== oxidnf ==\n{ours}");
}

#[test]
fn stored_for_the_next_boot() {
    let world = world();
    world.both("offline status").says("No offline transaction is stored.");
    world.both("install -y app-1 lib-1").exits(0);
    world.both("upgrade --offline").exits(1);
    compare_offline(&world, "an answer of no");
    world.both("upgrade -y --offline").says("Transaction stored to be performed offline.");
    compare_offline(&world, "upgrade");
    world.both("offline status").says("Run `dnf5 offline reboot`");
    world.both("remove -y app --offline").says("There is already an offline transaction queued");
    compare_offline(&world, "remove");
    world.both("mark dependency -y app --offline").exits(0);
    compare_offline(&world, "mark");
    world.both("history undo -y last --offline").exits(0);
    compare_offline(&world, "history undo");
    world.both("install -y app --offline --store=/srv/t/stored").exits(0);
    compare_offline(&world, "both options");
    world.both("upgrade --offline --downloadonly -y").exits(0);
    compare_offline(&world, "download only");
    // Something else happens first.
    world.both("install -y other").says("Warning: Pending offline transaction has been invalidated.");
    world.both("offline status").says("The system has been modified since");
    world.both("offline reboot -y").exits(1);
    world.both("offline clean").exits(0);
    compare_offline(&world, "clean");
    world.both("offline status").says("No offline transaction is stored.");
    world.both("offline reboot -y").exits(1);
}

#[test]
fn other_names_of_the_same() {
    let world = world();
    world.both("install -y app-1 lib-1").exits(0);
    world.both("offline-upgrade download -y").exits(0);
    compare_offline(&world, "offline-upgrade");
    world.both("offline-distrosync download -y").exits(0);
    compare_offline(&world, "offline-distrosync");
    world.both("offline-distrosync status").exits(0);
    world.both("system-upgrade download -y").exits(0);
    compare_offline(&world, "system-upgrade");
    world.both("system-upgrade download -y --releasever=10 --no-downgrade").exits(0);
    compare_offline(&world, "system-upgrade without downgrades");
    world.both("system-upgrade status --releasever=9").exits(0);
    world.both("offline-upgrade clean").exits(0);
    world.both("system-upgrade log").says("No logs were found.");
    world.both("offline log --number=1").exits(1);
    world.both("offline log --number=-1").exits(1);
    world.both("upgrade --transient").exits(1);
}

#[test]
fn states_that_do_not_fit() {
    let world = world();
    world.both("install -y app-1 lib-1").exits(0);
    world.both("upgrade -y --offline").exits(0);
    let state = "usr/lib/sysimage/libdnf5/offline/offline-transaction-state.toml";
    let put = |from: &str, to: &str| {
        world.edit(|root| {
            let text = fs::read_to_string(root.join(state)).expect("was written");
            assert!(text.contains(from), "{text}");
            fs::write(root.join(state), text.replace(from, to)).expect("the root is writable");
        });
    };
    put("download-complete", "download-incomplete");
    world.both("offline status").exits(0);
    world.both("offline reboot -y").says("System is not ready for offline transaction.");
    put("download-incomplete", "transaction-incomplete");
    world.both("offline status").says("but it did not finish");
    world.both("offline reboot -y").exits(1);
    put("transaction-incomplete", "ready");
    world.both("offline status").exits(0);
    put("rpmdb_cookie = \"", "rpmdb_cookie = \"0");
    world.both("offline status").exits(0);
    put("state_version = 2", "state_version = 1");
    world.both("offline status").exits(1);
    world.both("offline reboot -y").exits(1);
    world.both("offline _execute").says("Trigger file does not exist. Exiting.");
}

#[test]
fn the_next_boot() {
    let world = world();
    world.both("install -y app-1 lib-1").exits(0);
    let boot = |world: &World, script: &str| {
        let script = format!("export DNF_SYSTEM_UPGRADE_NO_REBOOT=1\n{script}");
        let real = world.run_apart(Side::Real, &script);
        let ours = world.run_apart(Side::Ours, &script);
        let differences = world.differences(&real, &ours).concat();
        assert!(differences.is_empty(), "{script}\n{differences}");
        compare_offline(world, &script);
        String::from_utf8_lossy(&ours.stdout).into_owned() + &String::from_utf8_lossy(&ours.stderr)
    };
    world.both("upgrade -y --offline").exits(0);
    let said = boot(
        &world,
        "$DNF offline reboot </dev/null; readlink /system-update; $DNF -y offline reboot; echo $?; readlink /system-update
         $DNF offline _execute; echo $?; readlink /system-update; $DNF offline status; $DNF history info last",
    );
    assert!(said.contains("lib-0:2-1.noarch"), "{said}");
    // Another tool's trigger, one that comes too early, and packages that are gone.
    world.both("downgrade -y lib --offline").exits(0);
    boot(&world, "ln -s /tmp /system-update; $DNF offline _execute; echo $?; readlink /system-update");
    boot(
        &world,
        "ln -s /srv/t/root/usr/lib/sysimage/libdnf5/offline /system-update; $DNF offline _execute; echo $?; readlink \
         /system-update",
    );
    boot(
        &world,
        "$DNF -y offline reboot --poweroff; rm /srv/t/root/var/lib/dnf/offline/packages/*; $DNF offline _execute; echo $?
         readlink /system-update; $DNF offline status",
    );
}

#[test]
fn stored_in_a_directory_and_replayed() {
    let world = world();
    let compare = |what: &str| {
        let view = |side: Side| {
            let directory = world.root(side).parent().expect("the side's directory").join("stored");
            let mut found = vec![fs::read_to_string(directory.join("transaction.json")).unwrap_or_default()];
            let packages = fs::read_dir(directory.join("packages"));
            let names =
                packages.map(|dir| dir.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect());
            let mut names: Vec<String> = names.unwrap_or_default();
            names.sort();
            found.extend(names);
            found.join("\n")
        };
        similar(what, &view(Side::Real), &view(Side::Ours));
    };
    world.both("install app-1 --store=/srv/t/stored").exits(1);
    compare("an answer of no");
    world.both("install -y app-1 lib-1 --store=/srv/t/stored").exits(0);
    compare("install");
    world.both("install -y app-1 lib-1 --store=/srv/t/stored").says("it will be overwritten");
    world.both("replay -y /srv/t/stored").exits(0);
    world.both("replay -y /srv/t/stored").exits(1);
    world.both("list --installed");
    // Of several unsigned packages dnf5 names one.
    world.both("upgrade -y lib --store=/srv/t/stored").exits(0);
    compare("upgrade");
    world.both("replay -y /srv/t/stored --setopt=localpkg_gpgcheck=1").exits(1);
    world.both("replay -y /srv/t/stored --disable-repo=*").exits(0);
    world.both("remove -y app --store=/srv/t/stored").exits(0);
    compare("remove");
    world.both("history info last");
    world.both("remove -y app --store=/proc/none").exits(1);
    world.both("install -y other --store=/srv/t/stored").exits(0);
    world.edit(|root| {
        let file = root.parent().expect("the side's directory").join("stored/packages/other-1-1.noarch.rpm");
        fs::remove_file(file).expect("is there");
    });
    world.both("replay -y /srv/t/stored").exits(1);
}

#[test]
fn a_package_file_is_kept_with_the_transaction() {
    // dnf5 names a copy that it does not make, so that its stored transaction cannot be replayed.
    let world = world().ignoring(Axis::History, "only one program runs");
    let place = world.repo_dir("base").to_owned();
    let package = fs::read_dir(&place).expect("a repository").flatten().map(|entry| entry.file_name());
    let name = package.map(|name| name.to_string_lossy().into_owned()).find(|name| name.starts_with("other-"));
    let path = format!("/srv/repos/base/{}", name.expect("the package of the repository"));
    let output = world.run(Side::Ours, &format!("install -y {path} --store=/srv/t/stored"));
    assert!(output.status.success(), "{output:?}");
    assert!(
        world.root(Side::Ours).parent().expect("a directory").join("stored/packages/other-1-1.noarch.rpm").exists()
    );
    assert!(world.run(Side::Ours, "replay -y /srv/t/stored").status.success());
}
