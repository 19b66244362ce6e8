//! `rpmdb_parked`: a database that can be read where nobody may write.

use std::path::Path;
use std::process::Command;

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, rpm};

/// Asks the real rpm as a user without rights, on a mount that nobody can write to.
fn ask_as_nobody(world: &World, query: &str) -> (bool, String) {
    let script = format!(
        "mount --bind \"$2\" \"$2\"; mount -o remount,bind,ro \"$2\"
         exec \"$0\" \"$1\" \"$2\" /srv/t -- chroot --userspec=65534:65534 / \
         rpm --dbpath /srv/t/usr/lib/sysimage/rpm {query}"
    );
    let enter = Path::new(env!("CARGO_MANIFEST_DIR")).join("enter-oracle");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", &script]).arg(enter).arg(Oracle::find().root()).arg(world.root(Side::Ours));
    let output = command.output().expect("util-linux is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

fn database_files(world: &World) -> Vec<String> {
    let dir = std::fs::read_dir(world.root(Side::Ours).join("usr/lib/sysimage/rpm")).expect("a database");
    let mut names: Vec<String> = dir.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with("rpmdb"));
    names.sort();
    names
}

#[test]
fn anybody_reads_a_parked_database_on_a_read_only_layer() {
    let world = World::new().repo("base", [rpm("a").file("/usr/share/a", "a"), rpm("b")]);
    world.write("/etc/dnf/dnf.conf", "[main]\nrpmdb_parked=1\n");
    let output = world.run(Side::Ours, "install -y a");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(database_files(&world), ["rpmdb.sqlite"]);
    let before = std::fs::read(world.root(Side::Ours).join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("readable");
    let (ok, text) = ask_as_nobody(&world, "-q a busybox");
    assert!(ok && text.contains("a-1-1.noarch"), "{text}");
    let (ok, text) = ask_as_nobody(&world, "-qf /usr/share/a");
    assert!(ok && text.contains("a-1-1.noarch"), "{text}");
    // Without the option the log and its index lie beside it, as rpm leaves them.
    let plain = World::new().repo("base", [rpm("a")]);
    assert!(plain.run(Side::Ours, "install -y a").status.success());
    assert_eq!(database_files(&plain), ["rpmdb.sqlite", "rpmdb.sqlite-shm", "rpmdb.sqlite-wal"]);
    // Looking has changed nothing, neither rpm's nor ours.
    assert!(world.run(Side::Ours, "list --installed").status.success());
    assert_eq!(database_files(&world), ["rpmdb.sqlite"]);
    let after = std::fs::read(world.root(Side::Ours).join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("readable");
    assert!(before == after, "the database was written to");
}

#[test]
fn the_real_programs_go_on_with_a_parked_database() {
    let world = World::new().repo("base", [rpm("a").file("/usr/share/a", "a"), rpm("b")]);
    world.edit(|root| {
        // dnf5 does not know the option, and says so only in its log.
        std::fs::write(root.join("etc/dnf/dnf.conf"), "[main]\nrpmdb_parked=1\n").expect("the root is writable");
    });
    world.both("install -y a").exits(0);
    assert_eq!(world.rpm("-Va"), "");
    assert_eq!(world.rpmdb("--verifydb"), "");
    world.real_in_both("install -y b").exits(0);
    world.rpm("-qa --qf '%{name}\\n'");
    world.both("remove -y b").exits(0);
    assert_eq!(database_files(&world), ["rpmdb.sqlite"]);
    world.rpm("-e a");
}
