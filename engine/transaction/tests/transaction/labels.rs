//! Labels of SELinux on files.

use std::path::Path;

use oxidnf_transaction::{Flags, Labelling};
use rpm::FileOptions;
use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};
use rustix::io::Errno;

use crate::support::{Notes, System, is_root};

const ATTRIBUTE: &str = "security.selinux";

fn label(path: &Path) -> Result<String, Errno> {
    let mut value = vec![0; 200];
    let length = lgetxattr(path, ATTRIBUTE, &mut value[..])?;
    value.truncate(length);
    Ok(String::from_utf8_lossy(&value).into_owned())
}

/// Writes a policy, `t` for everything with a few exceptions.
fn with_policy(system: &System) {
    system.write("/etc/selinux/config", "SELINUXTYPE=test\n");
    system.write(
        "/etc/selinux/test/contexts/files/file_contexts",
        "/.* t\n/usr/.* -d d\n/usr/.* -l l\n/usr/.* -p p\n/usr/leave/.* <<none>>\n/etc/.*\\.conf conf\n/usr/made(/.*)? m\n",
    );
}

/// Tells whether labels can be set here; says so if not.
fn can_label(system: &System, test: &str) -> bool {
    is_root(test) && lsetxattr(system.path("/etc/passwd"), ATTRIBUTE, b"x\0", XattrFlags::empty()).is_ok()
}

#[test]
fn every_file_has_the_label_of_its_path_when_it_gets_its_name() {
    let (mut system, notes) = (System::new(), Notes::default());
    if !can_label(&system, "every_file_has_the_label_of_its_path_when_it_gets_its_name") {
        return;
    }
    with_policy(&system);
    let files = [
        ("/usr/a", "a"),
        ("/usr/made/on/the/way", "w"),
        ("/usr/leave/alone", "n"),
        ("/etc/c.conf#config", "new\n"),
        ("/etc/d.conf", "d\n"),
    ];
    let package = system.package("foo", "1", &files, |builder| {
        builder
            .with_dir_entry(FileOptions::dir("/usr/dir").permissions(0o750))
            .and_then(|builder| builder.with_symlink(FileOptions::symlink("/usr/link", "a")))
            .expect("valid entries");
        for name in ["one", "two"] {
            let options = FileOptions::new(format!("/usr/{name}")).hardlink("set");
            builder.with_file_contents("same\n", options).expect("a regular file");
        }
    });
    system.write("/etc/c.conf", "old\n");
    let always = |flags: Flags| {
        move |settings: &mut oxidnf_transaction::Settings| {
            settings.plugins.labelling = Labelling::Always;
            settings.flags = flags;
        }
    };
    let done = system.transact_with(&[&package], &[], &notes, always(Flags::NONE)).expect("no problems");
    assert!(done.is_ok(), "{:?}", notes.take());
    for (path, wanted) in [
        ("/usr/a", Some("t\0")),
        ("/usr/dir", Some("d\0")),
        ("/usr/link", Some("l\0")),
        ("/usr/one", Some("t\0")),
        ("/usr/made", Some("m\0")),
        ("/usr/made/on/the", Some("m\0")),
        ("/usr/made/on/the/way", Some("m\0")),
        ("/usr/leave/alone", None),
        ("/etc/c.conf", Some("conf\0")),
        ("/etc/d.conf", Some("conf\0")),
        ("/etc/c.conf.rpmorig", None),
    ] {
        assert_eq!(label(&system.path(path)).ok().as_deref(), wanted, "{path}");
    }
    for path in ["/usr/a", "/usr/one", "/usr/link"] {
        lsetxattr(system.path(path), ATTRIBUTE, b"by hand\0", XattrFlags::empty()).expect("labels can be set");
    }
    system.transact_with(&[&package], &[], &notes, always(Flags::NOCONTEXTS)).expect_err("it is installed");
    let filter = |settings: &mut oxidnf_transaction::Settings| {
        always(Flags::NOCONTEXTS)(settings);
        settings.filter = oxidnf_transaction::Filter::REPLACEPKG;
    };
    system.transact_with(&[&package], &[], &notes, filter).expect("no problems");
    assert_eq!(label(&system.path("/usr/a")), Err(Errno::NODATA), "nocontexts leaves a new file without");
}

#[test]
fn a_policy_that_makes_no_sense_stops_everything() {
    let (mut system, notes) = (System::new(), Notes::default());
    with_policy(&system);
    system.write("/etc/selinux/test/contexts/files/file_contexts.local", "/usr/a -x t\n");
    let package = system.package("foo", "1", &[("/usr/a", "a")], |_| {});
    let run = || {
        let always = |settings: &mut oxidnf_transaction::Settings| settings.plugins.labelling = Labelling::Always;
        system.try_transact(&[&package], &notes, always).expect_err("line 1 has no known type")
    };
    let error = run();
    let text = format!("{error}: {}", std::error::Error::source(&error).expect("it has a cause"));
    assert!(text.contains("/etc/selinux/test/contexts/files/file_contexts.local;"), "{text}");
    assert!(text.contains("line 1 has invalid file type -x"), "{text}");
    assert!(system.installed().is_empty() && !system.path("/usr/a").exists());
}
