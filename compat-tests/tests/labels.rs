//! `label_files`: labels of SELinux in roots that are made where it does not run.
//!
//! rpm labels nothing there, so there is nothing to compare with but the policy.

use std::path::Path;

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};
use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};

const ATTRIBUTE: &str = "security.selinux";

fn label(path: &Path) -> Option<String> {
    let mut value = [0; 200];
    let length = lgetxattr(path, ATTRIBUTE, &mut value[..]).ok()?;
    Some(String::from_utf8_lossy(&value[..length]).trim_end_matches('\0').to_owned())
}

fn world() -> World {
    let world = World::new().repo(
        "base",
        [
            rpm("a").file("/usr/share/a/file", "a").file("/etc/a.conf", "a").logs("post"),
            rpm("b").file("/usr/share/b", "b"),
            // The policy itself may come with a package, and counts from the next one on.
            rpm("policy").file("/etc/selinux/test/contexts/files/file_contexts.local", "/usr/share/.* local\n"),
            rpm("later").requires("policy").file("/usr/share/later", "l"),
            rpm("broken").file("/etc/selinux/test/contexts/files/file_contexts.homedirs", "/usr -z broken\n"),
            rpm("after").requires("broken").file("/usr/share/after", "a"),
        ],
    );
    world.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=test\n");
    world.write(
        "/etc/selinux/test/contexts/files/file_contexts",
        "/.* other\n/etc(/.*)? etc\n/usr/share(/.*)? share\n/usr/share/b <<none>>\n",
    );
    world
}

fn run(world: &World, arguments: &str) {
    let output = world.run(Side::Ours, arguments);
    assert!(output.status.success(), "{arguments}\n{output:?}");
}

#[test]
fn files_are_labelled_when_it_is_asked_for() {
    let world = world();
    let probe = world.root(Side::Ours).join("etc/probe");
    std::fs::write(&probe, "").expect("the root is writable");
    lsetxattr(&probe, ATTRIBUTE, b"x\0", XattrFlags::empty()).expect("the tests run as root on a disk with attributes");
    let of = |path: &str| label(&world.root(Side::Ours).join(path));
    world.write("/etc/dnf/dnf.conf", "[main]\nlabel_files=1\n");
    run(&world, "install -y a b");
    assert_eq!(of("usr/share/a/file").as_deref(), Some("share"));
    assert_eq!(of("usr/share/a").as_deref(), Some("share"), "a directory that no package owns");
    assert_eq!(of("etc/a.conf").as_deref(), Some("etc"));
    assert_eq!(of("usr/share/b"), None, "<<none>>");
    run(&world, "install -y later");
    assert_eq!(of("usr/share/later").as_deref(), Some("local"));
}

#[test]
fn a_policy_that_comes_broken_does_not_count() {
    let world = world();
    let output = world.run(Side::Ours, "--setopt=label_files=1 install -y after");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.matches("line 1 has invalid file type -z").count() == 1, "{said}");
    assert_eq!(label(&world.root(Side::Ours).join("usr/share/after")).as_deref(), Some("share"));
}

#[test]
fn files_are_not_labelled_otherwise() {
    for options in ["", "--setopt=label_files=1 --setopt=tsflags=nocontexts", "--setopt=tsflags=noplugins"] {
        let world = world();
        run(&world, &format!("{options} install -y a"));
        assert_eq!(label(&world.root(Side::Ours).join("usr/share/a/file")), None, "{options}");
    }
}

#[test]
fn a_policy_that_makes_no_sense_is_told_before_anything_is_changed() {
    let world = world();
    world.write("/etc/selinux/test/contexts/files/file_contexts", "/.* other\n/etc -z etc\n");
    let output = world.run(Side::Ours, "--setopt=label_files=1 install -y a");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for text in ["file_contexts", "line 2 has invalid file type -z", "tsflags=nocontexts"] {
        assert!(said.contains(text), "`{text}` is not in\n{said}");
    }
    assert!(!world.root(Side::Ours).join("usr/share/a").exists());
    run(&world, "install -y a");
}
