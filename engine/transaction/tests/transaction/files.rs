//! Files on disk: what a transaction creates, keeps and takes away.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::support::{Notes, System, is_root};
use rpm::FileOptions;

#[test]
fn a_package_comes_is_upgraded_and_goes() {
    let (mut system, notes) = (System::new(), Notes::default());
    let one = system.package("foo", "1", &[("/usr/share/foo/a", "one\n"), ("/usr/share/foo/old", "x\n")], |_| {});
    let two = system.package("foo", "2", &[("/usr/share/foo/a", "two\n"), ("/usr/share/foo/new", "y\n")], |_| {});
    assert!(system.install(&[&one], &notes).expect("no problems").is_ok());
    assert_eq!(system.read("/usr/share/foo/a").as_deref(), Some("one\n"));
    assert_eq!(system.installed(), ["foo-1-1.noarch"]);
    let modified = fs::metadata(system.path("/usr/share/foo/a")).expect("installed").mtime();
    assert_eq!(modified, 1_000_000_000);
    assert!(system.install(&[&two], &notes).expect("no problems").is_ok());
    assert_eq!(system.read("/usr/share/foo/a").as_deref(), Some("two\n"));
    assert_eq!(system.read("/usr/share/foo/old"), None);
    assert_eq!(system.installed(), ["foo-2-1.noarch"]);
    assert!(system.erase(&["foo"], &notes).is_ok());
    assert_eq!(system.read("/usr/share/foo/new"), None);
    assert!(system.installed().is_empty());
    assert_eq!(notes.take(), Vec::<String>::new());
}

#[test]
fn many_files_go_by_several_hands_and_warnings_keep_their_order() {
    let (mut system, notes) = (System::new(), Notes::default());
    let path = |file: usize| format!("/usr/share/many/d{:02}/f{:02}", file / 20, file % 20);
    let package = system.package("many", "1", &[], |builder| {
        for file in 0..2000 {
            if file % 20 == 0 {
                let dir = FileOptions::dir(format!("/usr/share/many/d{:02}", file / 20));
                builder.with_dir_entry(dir).expect("valid entry");
            }
            builder.with_file_contents("x", FileOptions::new(path(file))).expect("a regular file");
        }
        builder.with_dir_entry(FileOptions::dir("/usr/share/many")).expect("valid entry");
    });
    assert!(system.install(&[&package], &notes).expect("no problems").is_ok());
    for missing in [7, 900, 1999] {
        fs::remove_file(system.path(&path(missing))).expect("it is there");
    }
    for directory in [30, 1500] {
        fs::remove_file(system.path(&path(directory))).expect("it is there");
        fs::create_dir(system.path(&path(directory))).expect("the name is free");
    }
    system.write("/usr/share/many/d75/f00/own", "of somebody else");
    assert!(system.erase(&["many"], &notes).is_ok());
    let gone = |file| format!("warning: file {}: remove failed: No such file or directory", path(file));
    assert_eq!(notes.take(), [gone(1999), gone(900), gone(7)]);
    let left: Vec<_> = fs::read_dir(system.path("/usr/share/many")).expect("not empty").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(system.read("/usr/share/many/d75/f00/own").as_deref(), Some("of somebody else"));
}

#[test]
fn edited_configuration_is_kept_aside() {
    let (mut system, notes) = (System::new(), Notes::default());
    let one = system.package("foo", "1", &[("/etc/foo.conf#config", "one\n")], |_| {});
    let two = system.package("foo", "2", &[("/etc/foo.conf#config", "two\n")], |_| {});
    system.install(&[&one], &notes).expect("no problems");
    system.write("/etc/foo.conf", "edited\n");
    system.install(&[&two], &notes).expect("no problems");
    assert_eq!(system.read("/etc/foo.conf").as_deref(), Some("two\n"));
    assert_eq!(system.read("/etc/foo.conf.rpmsave").as_deref(), Some("edited\n"));
    assert_eq!(notes.take(), ["warning: /etc/foo.conf saved as /etc/foo.conf.rpmsave"]);
}

#[test]
fn links_hard_links_and_modes_are_as_packaged() {
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("foo", "1", &[], |builder| {
        builder
            .with_dir_entry(FileOptions::dir("/usr/foo").permissions(0o750))
            .and_then(|builder| builder.with_symlink(FileOptions::symlink("/usr/foo/link", "a")))
            .and_then(|builder| builder.with_ghost(FileOptions::ghost("/usr/foo/ghost")))
            .expect("valid entries");
        for name in ["a", "b", "c"] {
            let options = FileOptions::new(format!("/usr/foo/{name}")).permissions(0o4711).hardlink("one");
            builder.with_file_contents("content\n", options).expect("a regular file");
        }
    });
    assert!(system.install(&[&package], &notes).expect("no problems").is_ok());
    let facts = |name: &str| fs::symlink_metadata(system.path(name)).expect("installed");
    assert_eq!(facts("/usr/foo").permissions().mode() & 0o7777, 0o750);
    assert_eq!(facts("/usr/foo/a").permissions().mode() & 0o7777, 0o4711);
    assert_eq!(facts("/usr/foo/a").ino(), facts("/usr/foo/c").ino());
    assert_eq!(system.read("/usr/foo/b").as_deref(), Some("content\n"));
    assert_eq!(fs::read_link(system.path("/usr/foo/link")).expect("a link").to_str(), Some("a"));
    assert!(!system.path("/usr/foo/ghost").exists());
    system.erase(&["foo"], &notes);
    assert!(!system.path("/usr/foo").exists());
}

#[test]
fn owners_come_from_the_root() {
    if !is_root("owners_come_from_the_root") {
        return;
    }
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("foo", "1", &[], |builder| {
        for (name, user, group) in [("known", "user", "group"), ("unknown", "nobodyx", "group")] {
            let options = FileOptions::new(format!("/usr/{name}")).permissions(0o6755).user(user).group(group);
            builder.with_file_contents("x", options).expect("a regular file");
        }
    });
    system.install(&[&package], &notes).expect("no problems");
    let facts = |name: &str| fs::metadata(system.path(name)).expect("installed");
    assert_eq!((facts("/usr/known").uid(), facts("/usr/known").gid()), (777, 888));
    assert_eq!(facts("/usr/known").permissions().mode() & 0o7777, 0o6755);
    assert_eq!((facts("/usr/unknown").uid(), facts("/usr/unknown").gid()), (0, 888));
    assert_eq!(facts("/usr/unknown").permissions().mode() & 0o7777, 0o2755);
    assert_eq!(notes.take(), ["warning: user nobodyx does not exist - using root"]);
}

#[test]
fn files_that_differ_are_a_problem() {
    let (mut system, notes) = (System::new(), Notes::default());
    let one = system.package("one", "1", &[("/usr/x", "1")], |_| {});
    let two = system.package("two", "1", &[("/usr/x", "2")], |_| {});
    let problems = system.install(&[&one, &two], &notes).expect_err("a conflict");
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let conflict = "file /usr/x conflicts between attempted installs of ";
    assert_eq!(texts, [format!("{conflict}one-1-1.noarch and two-1-1.noarch")]);
    assert!(!system.path("/usr/x").exists());
    system.install(&[&one], &notes).expect("no problems");
    let problems = system.install(&[&two], &notes).expect_err("a conflict");
    let conflict = "file /usr/x from install of two-1-1.noarch conflicts with file from package one-1-1.noarch";
    assert_eq!(problems[0].to_string(), conflict);
}

#[test]
fn a_directory_in_the_way_fails_the_element_and_leaves_nothing() {
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("foo", "1", &[("/usr/a", "a"), ("/usr/b", "b")], |_| {});
    fs::create_dir(system.path("/usr/b")).expect("a new directory");
    let outcome = system.install(&[&package], &notes).expect("seen only while unpacking");
    assert_eq!(
        outcome.failed().filter_map(|element| element.message()).collect::<Vec<_>>(),
        ["foo-1-1.noarch: install failed"]
    );
    let text = "error: unpacking of archive failed on file /usr/b;60000000: cpio: File from package already exists as a \
                directory in system";
    assert_eq!(notes.take(), [text]);
    let left: Vec<_> = fs::read_dir(system.path("/usr")).expect("a directory").flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().contains(';')), "{left:?}");
    assert!(system.installed().is_empty());
}

#[test]
fn a_link_of_a_user_does_not_divert_root() {
    if !is_root("a_link_of_a_user_does_not_divert_root") {
        return;
    }
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("foo", "1", &[("/usr/dir/file", "x")], |_| {});
    fs::create_dir(system.path("/usr/evil")).expect("a new directory");
    let link = system.path("/usr/dir");
    std::os::unix::fs::symlink("evil", &link).expect("a new link");
    std::os::unix::fs::lchown(&link, Some(777), None).expect("we are root");
    let outcome = system.install(&[&package], &notes).expect("seen only while unpacking");
    assert!(!outcome.is_ok());
    assert!(notes.take()[0].ends_with("cpio: Unsafe symlink"));
    assert!(!system.path("/usr/evil/file").exists());
}

#[test]
fn a_damaged_package_changes_nothing() {
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("foo", "1", &[("/usr/a", "content that is long enough to be damaged")], |_| {});
    let mut bytes = fs::read(&package).expect("just built");
    let last = bytes.len() - 10;
    bytes[last] ^= 0xff;
    fs::write(&package, bytes).expect("writable");
    let problems = system.install(&[&package], &notes).expect_err("the digest differs");
    assert!(
        problems[0].to_string().starts_with("package foo-1-1.noarch does not verify: Payload SHA256 ALT digest: BAD")
    );
    assert!(!system.path("/usr/a").exists());
}
