//! The face of tdnf: updateinfo and updates limited by advisories (tdnf.md, section 3.10).

mod photon;

use oxidnf_testkit::Machine;

fn advisory(id: &str, kind: &str, severity: &str, reboot: bool, package: (&str, &str, &str)) -> String {
    let (name, version, release) = package;
    let reboot = if reboot { "<reboot_suggested>1</reboot_suggested>" } else { "" };
    format!(
        "<update from=\"a@b.example\" status=\"final\" type=\"{kind}\" version=\"1\"><id>{id}</id><title>t</title>\
         <severity>{severity}</severity><issued date=\"2024-02-03 04:05:06\"/><updated date=\"2024-02-03 04:05:06\"/>\
         <description>What {id} is about</description><pkglist><collection short=\"c\"><name>c</name>\
         <package name=\"{name}\" version=\"{version}\" release=\"{release}\" epoch=\"0\" arch=\"noarch\">\
         <filename>{name}-{version}-{release}.noarch.rpm</filename>{reboot}</package></collection></pkglist></update>"
    )
}

fn machine() -> Machine {
    let machine = photon::machine();
    let xml = [
        advisory("PHSA-1", "security", "7.5", true, ("one", "1.0.1", "2")),
        advisory("PHSA-2", "bugfix", "Critical", false, ("one", "1.0.1", "2")),
        advisory("PHSA-3", "security", "9", false, ("tool", "1", "1")),
        advisory("PHSA-4", "enhancement", "", false, ("one", "0.9", "1")),
    ];
    machine.advise("photon-test", &format!("<updates>{}</updates>", xml.concat()));
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    machine
}

// summary is the default; only non-zero kinds, in tdnf's order; only what is newer than what is installed.
#[test]
fn summary() {
    let machine = machine();
    let want = "1 Security notice(s)\n1 Bugfix notice(s)\n";
    for args in ["updateinfo", "updateinfo summary", "updateinfo --summary", "updateinfo summary all"] {
        machine.tdnf(&format!("-q {args}")).exits(0).out(want);
    }
    machine.tdnf("-j updateinfo").exits(0).out("{\"Unknown\":0,\"Security\":1,\"Bugfix\":1,\"Enhancement\":0}");
    machine.tdnf("-q updateinfo --security").exits(0).out("1 Security notice(s)\n");
    machine.tdnf("-q -y update").exits(0);
    machine.tdnf("-q updateinfo").exits(0).out("\n0 updates.\n").err("No data available\n");
}

#[test]
fn list() {
    let machine = machine();
    machine
        .tdnf("-q updateinfo list")
        .exits(0)
        .out("patch:PHSA-1 Security one-1.0.1-2.noarch.rpm\npatch:PHSA-2 Bugfix one-1.0.1-2.noarch.rpm\n");
    machine
        .tdnf("-q updateinfo --list installed one")
        .exits(0)
        .has_line("patch:PHSA-1 Security one-1.0.1-2.noarch.rpm");
    machine
        .tdnf("-j updateinfo list --security")
        .exits(0)
        .out("[{\"Type\":\"Security\",\"UpdateID\":\"patch:PHSA-1\",\"Packages\":[\"one-1.0.1-2.noarch.rpm\"]}]");
    // A word that is no scope is the name of an installed package.
    machine.tdnf("updateinfo list security").exits(243).err("Error(1011) : No matching packages\n");
    machine.tdnf("updateinfo list tool").exits(243);
}

#[test]
fn info() {
    let machine = machine();
    machine.tdnf("-q updateinfo info --reboot-required").exits(0).out(
        "       Name : one-1.0.1-2.noarch.rpm\n  Update ID : patch:PHSA-1\n       Type : Security\n    Updated : \
         Sat Feb  3 04:05:06 2024\nNeeds Reboot: 1\nDescription : What PHSA-1 is about\n",
    );
    machine.tdnf("-j updateinfo info --sec-severity 7").exits(0).out(
        "[{\"Type\":\"Security\",\"UpdateID\":\"patch:PHSA-1\",\"Updated\":\"Sat Feb  3 04:05:06 2024\",\
         \"NeedsReboot\":true,\"Description\":\"What PHSA-1 is about\",\"Packages\":[\"one-1.0.1-2.noarch.rpm\"]}]",
    );
}

// The severity is a number; words count as 0; --security goes before it.
#[test]
fn severity() {
    let machine = machine();
    machine.tdnf("-q updateinfo --sec-severity 0").exits(0).out("1 Security notice(s)\n1 Bugfix notice(s)\n");
    machine.tdnf("-q updateinfo --sec-severity 7.5").exits(0).out("1 Security notice(s)\n");
    machine.tdnf("-q updateinfo --sec-severity 8").exits(0).out("\n0 updates.\n");
    machine.tdnf("-q updateinfo --security --sec-severity 8").exits(0).out("1 Security notice(s)\n");
}

// update: the named packages, to the newest version; names on the line are ignored; none: `0 updates.`
#[test]
fn update() {
    let limited = ["--security", "--sec-severity=7", "--reboot-required"];
    for option in limited {
        let machine = machine();
        machine.tdnf("-q -y install weak").exits(0);
        machine.tdnf(&format!("-y update {option} weak")).exits(0).has_line("Installing/Updating: one-1.0.1-2.noarch");
    }
    let machine = machine();
    machine.tdnf("-q -y update --sec-severity=8").exits(0).out("0 updates.\n").err("");
}
