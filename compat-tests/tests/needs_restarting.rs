//! `needs-restarting`: whether the system should be booted again.

use oxidnf_testkit::world::{ROOT, Side};
use oxidnf_testkit::{Machine, World, rpm};

// The first process of the test is younger than every package, as in a container.
#[test]
fn nothing_to_boot_for() {
    let world = World::new().repo("base", [rpm("systemd"), rpm("glibc"), rpm("app")]);
    world.both("needs-restarting").exits(0);
    world.both("install -y systemd glibc app").exits(0);
    for options in ["", "-r", "--reboothint", "--json", "-r --json"] {
        world.both(&format!("needs-restarting {options}")).exits(0);
    }
    world.both("needs-restarting app").exits(2);
}

/// A machine with advisories, of which one wants a reboot.
fn machine() -> Machine {
    let machine = Machine::new().repo(
        "base",
        [rpm("systemd"), rpm("glibc"), rpm("app"), rpm("advised").evr("1-1"), rpm("unadvised").evr("1-1")],
    );
    let update = |id: &str, reboot: bool, name: &str| {
        let reboot = if reboot { "<reboot_suggested>True</reboot_suggested>" } else { "" };
        format!(
            "<update from=\"a@b.example\" status=\"final\" type=\"security\" version=\"1\"><id>{id}</id><title>t</title>\
             <issued date=\"2024-02-03 04:05:06\"/><description>d</description><pkglist><collection short=\"c\">\
             <name>c</name><package name=\"{name}\" version=\"1\" release=\"1\" epoch=\"0\" arch=\"noarch\">\
             <filename>{name}-1-1.noarch.rpm</filename>{reboot}</package></collection></pkglist></update>"
        )
    };
    let updates = [update("R-1", true, "advised"), update("R-2", false, "unadvised")].concat();
    machine.advise("base", &format!("<updates>{updates}</updates>"));
    machine
}

// LinuxPatchExtension, TdnfPackageManager and Dnf5PackageManager: `needs-restarting -r`, of which the status counts: 0
// no, 1 yes, anything else an error.
#[test]
fn packages_to_boot_for() {
    let machine = machine();
    // Every run is a boot of its own, whose time is that of the first look at it.
    let after = |packages: &str, options: &str| {
        let script = format!(
            "exec 9</proc/1; sleep 2; dnf5 -q install -y {packages} >/dev/null 2>&1\ndnf5 -q needs-restarting {options}\n"
        );
        machine.write("/jobs/run.sh", &script);
        machine.run("sh", "/jobs/run.sh", "")
    };
    after("app unadvised", "-r").exits(0);
    after("systemd glibc advised", "-r").exits(1).out(
        "Core libraries or services have been updated since boot-up:\n  * advised\n  * glibc\n  * systemd\n\n\
         Reboot is required to fully utilize these updates.\n\
         More information: https://access.redhat.com/solutions/27943\n",
    );
    machine.run("dnf5", "needs-restarting", "").exits(0);
    machine.run("dnf5", "-q remove -y systemd", "").exits(0);
    let ran = after("systemd", "--json");
    let document: serde_json::Value = serde_json::from_str(&ran.exits(1).out).expect("one document");
    assert_eq!(document[0]["packages"], serde_json::json!(["systemd"]), "{ran}");
    assert_eq!(document[0]["reboot_required"], true, "{ran}");
    assert!(ran.out.contains("\"documentation\":\"https://access.redhat.com/solutions/27943\""), "{ran}");
}

/// Processes whose program, or what that needs, is newer than they are; one for each program.
#[test]
fn processes_to_start_again() {
    let busy = rpm("busy").requires("lib").file("/opt/busy", "x").tag("Recommends: weak");
    let world = World::new().repo(
        "base",
        [busy, rpm("lib").requires("deep"), rpm("deep"), rpm("weak"), rpm("other").file("/opt/other", "y")],
    );
    world.real_in_both("install -y busy other").exits(0);
    // The kernel counts from the boot, and dnf5 from the first look at process 1: an installation has to be later than both.
    let script = r#"
        for name in busy other nothing; do cp /usr/bin/sleep /opt/$name; done
        for name in other busy busy nothing; do /opt/$name 600 >/dev/null 2>&1 & done
        (exec -a odd /opt/other 601 >/dev/null 2>&1) & (exec -a /opt/busy sleep 602 >/dev/null 2>&1) &
        sleep 1
        mask() { sed 's/^[0-9]*\t/PID\t/; s/"pid":[0-9]*/"pid":0/'; }
        ask() { for options in "" --exclude-services --json "--json -r -e"; do
            $DNF -q needs-restarting --processes $options >/srv/said; echo "$options exits with $?"; mask </srv/said
        done; }
        newer() { echo "== $1 $2"; SOURCE_DATE_EPOCH=$(($(date +%s) + $2)) rpm --root=ROOT -U --force --nodeps /srv/repos/base/$1-1-1.noarch.rpm; }
        ask; newer weak 900000; ask; newer deep 900000; ask; newer deep 0; ask; newer lib 900000; ask
        newer lib 0; newer other 900000; ask
        kill %1 %2; rm /opt/busy; ask; newer other 0; newer busy 900000; ask
        rpm --root=ROOT -e --nodeps busy; ask
        kill $(jobs -p) 2>/dev/null
    "#;
    let script = format!("exec bash -c \"$(cat <<'END'\n{}\nEND\n)\" 2>&1", script.replace("ROOT", ROOT));
    let said = |side| String::from_utf8_lossy(&world.run_apart(side, &script).stdout).into_owned();
    let real = said(Side::Real);
    assert!(real.contains("PID\t/opt/busy 600") && real.contains("exits with 1"), "{real}");
    assert_eq!(real, said(Side::Ours));
}

/// Packages that files of `suggest-reboot.d` name count as core packages do.
#[test]
fn packages_that_the_configuration_names() {
    let world = World::new().repo("base", [rpm("one"), rpm("two"), rpm("three"), rpm("four")]);
    for (dir, name, text) in [
        ("/usr/share/dnf5", "a.conf", "one\n"),
        ("/usr/share/dnf5", "b.conf", "t*\nfou?\nfour three\n"),
        ("/usr/share/dnf5", "c.txt", "four\n"),
        ("/usr/share/dnf5", "d.conf", " # none\n \tthree \nnosuch\n"),
        ("/etc/dnf", "a.conf", "# nothing\ntwo\n"),
    ] {
        world.write(&format!("{dir}/suggest-reboot.d/{name}"), text);
    }
    let script = format!(
        "later=$(($(date +%s) + 900000)); for name in one two three four; do
             SOURCE_DATE_EPOCH=$later rpm --root={ROOT} -U --nodeps /srv/repos/base/$name-1-1.noarch.rpm
         done; ask() {{ $DNF -q needs-restarting $1; echo $?; }}
         ask; ask --json; rm {ROOT}/etc/dnf/suggest-reboot.d/a.conf; ask; rm -r {ROOT}/usr/share/dnf5/suggest-reboot.d; ask"
    );
    let said = |side| String::from_utf8_lossy(&world.run_apart(side, &script).stdout).into_owned();
    let real = said(Side::Real);
    assert!(real.contains("  * three\n  * two\n") && real.contains("  * one\n  * three\n"), "{real}");
    assert_eq!(real, said(Side::Ours));
}
