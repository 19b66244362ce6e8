//! `history undo`, `history redo` and `history rollback`; after every command systems, state and history are compared.

use oxidnf_testkit::{World, rpm};

/// Two versions of an application and its library, a package with a weak dependency, and three versions of a tool.
fn world() -> World {
    World::new().repo(
        "base",
        [
            rpm("app").evr("1-1").requires("lib"),
            rpm("app").evr("2-1").requires("lib"),
            rpm("lib"),
            rpm("old"),
            rpm("new").obsoletes("old"),
            rpm("rich").recommends("extra"),
            rpm("extra"),
            rpm("tool").evr("1-1"),
            rpm("tool").evr("2-1"),
            rpm("tool").evr("3-1"),
        ],
    )
}

#[test]
fn undo_an_installation_and_its_removal() {
    let world = world();
    world.both("install -y app").exits(0);
    world.both("history undo -y last").exits(0).says("Removing unused dependencies");
    world.both("history undo -y last").exits(0).says("Installing dependencies");
    world.both("remove -y app").exits(0);
    world.both("history undo -y last").exits(0).says("Installing dependencies");
    world.both("history info last").exits(0);
}

#[test]
fn undo_an_upgrade_and_a_downgrade() {
    let world = world();
    world.both("install -y tool-1").exits(0);
    world.both("mark dependency -y tool").exits(0);
    world.both("history undo -y last").exits(0).says("Changing reason");
    world.both("history undo -y last").exits(0).says("Changing reason");
    world.both("upgrade -y tool").exits(0);
    world.both("history undo -y last").exits(0).says("Downgrading");
    world.both("history undo -y last").exits(0).says("Upgrading");
    world.both("history undo -y 2").exits(0).says("Nothing to do");
}

#[test]
fn undo_an_obsoletion() {
    let world = world();
    world.both("install -y old").exits(0);
    world.both("install -y new").exits(0);
    world.both("history undo -y last").exits(0).says("Removing");
}

#[test]
fn undo_a_reinstallation() {
    let world = world();
    world.both("install -y app").exits(0);
    world.both("reinstall -y app").exits(0);
    world.both("history undo -y last").exits(0).says("already present at that point");
    world.both("remove -y app").exits(0);
    world.both("history undo -y 2").exits(1).says("setting 'Install'");
    world.both("history undo -y 2 --ignore-extras").exits(0).says("Extra package 'lib-1-1.noarch'");
}

#[test]
fn undo_what_has_changed_since() {
    let world = world();
    world.both("install -y app-1 tool-1").exits(0);
    world.both("upgrade -y app").exits(0);
    world.both("remove -y tool").exits(0);
    world.both("history undo -y 1").exits(1).says("--ignore-extras");
    world.both("history undo -y 1 --ignore-extras").exits(0).says("Removing dependent packages");
    world.both("install -y tool-2").exits(0);
    world.both("history undo -y 3").exits(1).says("keeping the action from older transaction");
    world.both("history undo -y 3 --ignore-installed").exits(0).says("Downgrading");
}

#[test]
fn undo_what_is_available_no_more() {
    let world = world().repo("gone", [rpm("lost")]);
    world.both("install -y lost rich").exits(0);
    world.both("remove -y lost rich").exits(0);
    world.both("history undo -y last --disable-repo=gone").exits(1).says("no match for: lost-1-1.noarch");
    world.both("history undo -y last --disable-repo=gone --skip-unavailable").exits(0).says("Installing");
}

#[test]
fn redo() {
    let world = world();
    world.both("install -y app-1 rich").exits(0);
    world.both("upgrade -y app").exits(0);
    world.both("history redo -y 2").exits(0).says("Nothing to do");
    world.both("history redo -y 1").exits(0).says("Downgrading");
    world.both("mark dependency -y rich").exits(0);
    world.both("remove -y extra").exits(0);
    world.both("history redo -y 1").exits(0).says("Changing reason");
    world.both("remove -y app rich").exits(0);
    world.both("history redo -y 1").exits(0).says("Installing dependencies");
    world.both("history redo -y 2").exits(0).says("Upgrading");
    world.both("history info last").exits(0);
}

#[test]
fn rollback() {
    let world = world();
    world.both("install -y tool-1").exits(0);
    world.both("upgrade -y tool-2").exits(0);
    world.both("install -y app rich").exits(0);
    world.both("upgrade -y tool").exits(0);
    world.both("remove -y extra").exits(0);
    world.both("history rollback -y last").exits(0).says("Nothing to do");
    world.both("history rollback -y 4").exits(0).says("Installing");
    world.both("history rollback -y 2").exits(0).says("Downgrading");
    world.both("history rollback -y 1").exits(0).says("Downgrading");
    world.both("history rollback -y 4").exits(0);
}

#[test]
fn transactions_that_cannot_be_meant() {
    let world = world();
    world.both("install -y tool-1").exits(0);
    world.both("upgrade -y tool").exits(0);
    for args in ["history undo -y 9", "history redo -y 0", "history rollback -y 1..2", "history undo -y x"] {
        world.both(args).exits(1);
    }
    for args in ["history undo -y", "history redo -y", "history rollback -y", "history undo -y 1 2"] {
        world.both(args).exits(2);
    }
}

#[test]
fn each_program_takes_back_what_the_other_did() {
    let world = world();
    world.ours_in_both("install -y app-1 tool-1").exits(0);
    world.real_in_both("upgrade -y app").exits(0);
    world.ours_in_both("remove -y tool").exits(0);
    world.both("history undo -y last").exits(0);
    world.real_in_both("history rollback -y 1").exits(0);
    world.ours_in_both("history redo -y 2").exits(0);
    world.both("history list").exits(0);
}
