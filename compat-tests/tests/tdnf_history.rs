//! The face of tdnf: history, mark, and what is taken over from an older tdnf (tdnf.md, section 3.11).

mod photon;

use oxidnf_testkit::Machine;

/// The rows of `history` without their times.
fn rows(machine: &Machine, args: &str) -> Vec<String> {
    let ran = machine.tdnf(args);
    ran.exits(0);
    let time = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // Day, month, number, year, time.
        words
            .iter()
            .enumerate()
            .filter(|(place, _)| {
                let from_end = words.len() - place;
                !(4..=8).contains(&from_end)
            })
            .map(|(_, word)| *word)
            .collect::<Vec<_>>()
            .join(" ")
    };
    ran.out.lines().skip(1).map(time).collect()
}

#[test]
fn list() {
    let machine = photon::machine();
    machine.tdnf("history").exits(10).err("Error(1802) : History database error\n");
    machine.tdnf("-q install two -y").exits(0);
    machine.tdnf("-q mark remove two").exits(0);
    machine.tdnf("-q -y erase two").exits(0);
    let ran = machine.tdnf("history");
    let head = "ID   cmd line                                date/time             +add  / -rem";
    ran.exits(0).has_line(head);
    // The recorded line is what getopt makes of it: options first.
    let all = ["1 -q -y install two +2 / -0", "2 -q mark remove two +0 / -0", "3 -q -y erase two +0 / -1"];
    assert_eq!(rows(&machine, "history"), all);
    assert_eq!(rows(&machine, "history list"), all);
    assert_eq!(rows(&machine, "history anything"), all);
    assert_eq!(rows(&machine, "history --reverse")[0], all[2]);
    assert_eq!(rows(&machine, "history --from 2 --to 2"), all[1..2]);
    assert_eq!(rows(&machine, "history list 1-2"), all[..2]);
    machine.tdnf("history list --info 1").exits(0).has_line("added: one-1.0.1-2.noarch, two-2:1.0-1.noarch");
    let json = machine.tdnf("-j history list --info 3");
    let out = &json.exits(0).out;
    assert!(out.starts_with("[{\"Id\":3,\"CmdLine\":\"-q -y erase two\",\"TimeStamp\":1"), "{json}");
    let tail = ",\"AddedCount\":0,\"RemovedCount\":1,\"Added\":[],\"Removed\":[\"two-2:1.0-1.noarch\"]}]";
    assert!(out.ends_with(tail), "{json}");
}

#[test]
fn init_is_silent() {
    let machine = photon::machine();
    machine.tdnf("history init").exits(0).out("").err("");
    machine.tdnf("history update").exits(0).out("").err("");
    machine
        .tdnf("history")
        .exits(0)
        .has_line("ID   cmd line                                date/time             +add  / -rem");
    machine.tdnf("-y autoremove").exits(0).err("Nothing to do.\n");
}

#[test]
fn back_and_forth() {
    let machine = photon::machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    machine.tdnf("-q -y install tool").exits(0);
    machine.tdnf("-q -y update").exits(0);
    machine
        .tdnf("-y history undo 3")
        .exits(0)
        .has_line("Downgrading:")
        .has_line("Installing/Updating: one-1.0.1-1.noarch");
    machine.tdnf("-y history redo 3").exits(0).has_line("Upgrading:");
    machine.tdnf("-y history undo 2-3").exits(0).has_line("Downgrading:").has_line("Removing: tool-1-1.noarch");
    machine.tdnf("-y history rollback 3").exits(0).has_line("Installing/Updating: tool-1-1.noarch");
    for bad in ["undo", "undo 1", "undo x", "redo 99", "rollback", "rollback 99"] {
        machine.tdnf(&format!("-y history {bad}")).exits(86);
    }
}

#[test]
fn lost_packages() {
    let machine = photon::machine();
    machine.tdnf("-q -y install one").exits(0);
    machine.tdnf("-q -y install tool").exits(0);
    machine.tdnf("-q -y erase tool").exits(0);
    machine.tdnf("-y --exclude=tool history undo 3").exits(243).has_line("tool-1-1.noarch");
    std::fs::remove_file(machine.root().join("etc/yum.repos.d/photon-test.repo")).expect("is there");
    machine.tdnf("-q -y erase tool");
    machine
        .tdnf("-y history undo 3")
        .exits(243)
        .has_line("The following packages could not be resolved:")
        .has_line("tool-1-1.noarch");
}

#[test]
fn mark() {
    let machine = photon::machine();
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("mark install one").exits(0).out("marking one as userinstalled\n").err("");
    machine.tdnf("mark remove 'on*' two").exits(0).out("marking one as autoinstalled\nmarking two as autoinstalled\n");
    machine.tdnf("mark remove nosuch").exits(243);
    machine.tdnf("mark frob one").exits(134).out("unknown action 'frob'\n").err("Error(902) : Invalid argument.\n");
    machine
        .tdnf("mark")
        .exits(86)
        .err("need action ('install' or 'remove') as argument\nError(1622) : Invalid argument\n");
    machine.tdnf("mark install").exits(86).err("need package spec(s) as argument\nError(1622) : Invalid argument\n");
    machine.tdnf("-y autoremove").exits(0).has_line("Removing: two-2:1.0-1.noarch");
}

/// Puts tdnf's own database into a root, as it is on Azure Linux 3.0 before the upgrade.
fn old_database(machine: &Machine) {
    let dir = machine.root().join("usr/lib/sysimage/tdnf");
    std::fs::create_dir_all(&dir).expect("the root is writable");
    let db = rusqlite::Connection::open(dir.join("history.db")).expect("a fresh database");
    let script = "
        CREATE TABLE rpms(Id INTEGER PRIMARY KEY AUTOINCREMENT, nevra TEXT);
        CREATE TABLE names(Id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
        CREATE TABLE transactions(Id INTEGER PRIMARY KEY AUTOINCREMENT, cookie TEXT, cmdline TEXT,
            timestamp INTEGER, type INTEGER);
        CREATE TABLE trans_items(Id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, type INTEGER, rpm_id INTEGER);
        CREATE TABLE flag_set(Id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, name_id INTEGER, value INTEGER);
        INSERT INTO rpms(nevra) VALUES ('busybox-1-1.x86_64'), ('one-1.0.1-2.noarch'), ('two-2:1.0-1.noarch');
        INSERT INTO names(name) VALUES ('one'), ('two');
        INSERT INTO transactions(cookie, cmdline, timestamp, type)
            VALUES ('a', '(set)', 1700000000, 0), ('b', '-y install two', 1700000100, 1);
        INSERT INTO trans_items(trans_id, type, rpm_id) VALUES (1, 0, 1), (2, 1, 2), (2, 1, 3);
        INSERT INTO flag_set(trans_id, name_id, value) VALUES (2, 1, 1);
    ";
    db.execute_batch(script).expect("SQL of this test");
}

/// A machine whose packages something else than oxidnf installed, and which tdnf's database knows of.
fn upgraded() -> Machine {
    let machine = photon::machine();
    machine.tdnf("-q -y install two").exits(0);
    std::fs::remove_dir_all(machine.root().join("usr/lib/sysimage/libdnf5")).expect("made by the installation");
    old_database(&machine);
    machine
}

// 10: the first run after the upgrade takes over rows and flags; ids stay.
#[test]
fn upgrade_loses_nothing() {
    let machine = upgraded();
    assert_eq!(rows(&machine, "history"), ["1 (set) +1 / -0", "2 -y install two +2 / -0"]);
    let state = machine.read("/usr/lib/sysimage/libdnf5/packages.toml");
    let line = state.lines().find(|line| line.contains("one.noarch"));
    assert!(line.is_some_and(|line| line.contains("Dependency")), "{state}");
    machine.tdnf("-y erase two").exits(0).lacks("Removing: one-");
    machine.tdnf("-y autoremove").exits(0).has_line("Removing: one-1.0.1-2.noarch");
    assert_eq!(rows(&machine, "history").len(), 4);
}

// The same for whoever comes first as dnf5.
#[test]
fn upgrade_loses_nothing_as_dnf5() {
    let machine = upgraded();
    machine.run("dnf5", "-y remove --no-autoremove two", "").exits(0);
    let ran = machine.run("dnf5", "-y autoremove", "");
    assert!(ran.exits(0).out.contains("one"), "{ran}");
}

// 5.1: persistdir: the old database is where the configuration says.
#[test]
fn another_place() {
    let machine = upgraded();
    let dir = machine.root().join("srv/own");
    std::fs::rename(machine.root().join("usr/lib/sysimage/tdnf"), dir).expect("the same file system");
    machine.configure("persistdir=/srv/own");
    machine.tdnf("-q -y install tool").exits(0);
    let listed = machine.tdnf("history list");
    assert!(listed.exits(0).out.contains("-y install two"), "{listed}");
}

// 3.11: the plain list of versions before 3.3.
#[test]
fn the_old_list() {
    let machine = photon::machine();
    machine.tdnf("-q -y install two").exits(0);
    std::fs::remove_dir_all(machine.root().join("usr/lib/sysimage/libdnf5")).expect("made by the installation");
    machine.write("/var/lib/tdnf/autoinstalled", "one\n");
    machine.tdnf("history init").exits(0);
    machine.tdnf("-q -y erase two").exits(0);
    machine.tdnf("-y autoremove").exits(0).has_line("Removing: one-1.0.1-2.noarch");
}

// 1.2: 1801: a history that is none; without `history`, nothing else needs it.
#[test]
fn a_broken_history() {
    let machine = photon::machine();
    machine.tdnf("-q -y install one").exits(0);
    let database = "/usr/lib/sysimage/libdnf5/transaction_history.sqlite";
    assert!(machine.has(database), "{:?}", machine.files("/usr/lib/sysimage/libdnf5"));
    machine.write(database, "this is no database, and it is long enough to be taken for one by its size alone\n");
    for args in ["history", "history list", "history undo 2"] {
        let ran = machine.tdnf(args);
        assert!(ran.exits(9).err.ends_with("Error(1801) : Unknown error 201\n"), "{ran}");
    }
    machine.tdnf("-j history").exits(9).out("{\"Error\":1801,\"ErrorMessage\":\"Unknown error 201\"}");
    machine.tdnf("-q list one").exits(0);
}
