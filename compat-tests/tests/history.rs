//! `history list` and `history info`; the database itself is compared after every command of every scenario.

use oxidnf_testkit::{World, rpm};

#[test]
fn list_and_info() {
    let world = World::new().repo("base", [rpm("a").requires("b"), rpm("b"), rpm("c")]);
    world.both("install -y a").exits(0);
    world.both("install -y c --comment='for a test'").exits(0);
    world.both("remove -y a").exits(0);
    for args in [
        "history list",
        "history info",
        "history info 1",
        "history info 1..2",
        "history info last",
        "history info 99",
        "history info x",
    ] {
        world.both(args);
    }
}

#[test]
fn each_program_continues_the_others_history() {
    let world = World::new().repo("base", [rpm("a"), rpm("b"), rpm("c")]);
    world.both("install -y a").exits(0);
    world.real_in_both("install -y b").exits(0);
    world.ours_in_both("install -y c").exits(0);
    world.real_in_both("remove -y c a").exits(0);
    world.both("history list").exits(0);
    world.both("remove -y b").exits(0);
}
