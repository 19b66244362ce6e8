//! What only a test inside of the machine can do: a power cut, a full journal directory, a missing package.

use std::fs;
use std::path::{Path, PathBuf};

use oxidnf_core::package_file::PackageFile;
use oxidnf_core::root::Root;
use oxidnf_core::{Action, Trust, Verified};
use oxidnf_rpmdb::{Access, RpmDb};
use oxidnf_transaction::{Clock, Element, Interrupted, Outcome, Prepared, ResumeRefusal, Settings, is_interrupted};

use crate::support::{Notes, System, TID, is_root};

const DB: &str = "/usr/lib/sysimage/rpm";
const JOURNAL: &str = "/usr/lib/sysimage/oxidnf/transaction/journal";

fn open(system: &System) -> (Root, RpmDb) {
    let root = Root::open(system.path("/")).expect("the root is there");
    let db = RpmDb::open(&root, Path::new(DB), Access::Write).expect("a database");
    (root, db)
}

/// Installs packages with a journal, and dies before the books are closed.
fn install_and_die(system: &System, packages: &[&Path]) -> Outcome {
    let (root, db) = open(system);
    let element = |path: &&Path| {
        let package = PackageFile::open(*path).expect("a sound package");
        Element::Install { package: Verified::new(package, Trust::Digest), action: Action::Install, replaces: vec![] }
    };
    let elements = packages.iter().map(element).collect();
    let mut settings = Settings::new(TID, Clock::Epoch(u64::from(TID)));
    // The interpreters of scriptlets are in no package.
    settings.check_dependencies = false;
    let notes = Notes::default();
    let prepared = Prepared::new(elements, &db, &root, settings).expect("readable elements");
    let tested = prepared.test(&notes).expect("nothing stands in the way");
    let journal = tested.journal("notes of the caller", &[]).expect("the root is writable");
    tested.run_with(&journal, &notes).expect("a run to the end")
}

fn resume(system: &System) -> Result<Outcome, ResumeRefusal> {
    let (root, db) = open(system);
    let found = Interrupted::find(&root).expect("a sound journal").expect("a journal");
    assert_eq!(found.notes(), "notes of the caller");
    let settings = Settings::new(1, Clock::Epoch(1));
    let notes = Notes::default();
    let (tested, journal) = found.resume(&db, &root, settings)?;
    let outcome = tested.run_with(&journal, &notes).expect("a run to the end");
    journal.finish(&root).expect("the root is writable");
    assert!(!is_interrupted(&root) && !system.path("/usr/lib/sysimage/oxidnf").exists());
    Ok(outcome)
}

/// Makes the journal one of an earlier boot, in which nothing after the elements had reached the disk.
fn cut_power(system: &System) {
    let text = system.read(JOURNAL).expect("a journal");
    let lines = text.lines().take_while(|line| !line.ends_with(" phase posttrans"));
    // A line whose sum is wrong ends the journal, so the one of the boot is taken from a real one.
    let boot = "b2e92527 boot other";
    let kept: String = lines.map(|line| if line.contains(" boot ") { boot } else { line }.to_owned() + "\n").collect();
    system.write(JOURNAL, &kept);
}

/// Makes the journal one of a run that was killed before a line.
fn stop_before(system: &System, end: &str) {
    let text = system.read(JOURNAL).expect("a journal");
    let kept: String =
        text.lines().take_while(|line| !line.ends_with(end)).map(|line| line.to_owned() + "\n").collect();
    assert_ne!(kept.lines().count(), text.lines().count(), "{end} is in the journal");
    system.write(JOURNAL, &kept);
}

fn two_packages(system: &mut System) -> (PathBuf, PathBuf) {
    let files = [("/etc/a.conf#config", "a\n"), ("/etc/b.conf#config", "b\n"), ("/usr/share/a", "content\n")];
    let one = system.package("one", "1", &files, |_| {});
    let two = system.package("two", "1", &[("/usr/share/two", "two\n")], |_| {});
    (one, two)
}

#[test]
fn a_journal_that_is_over_needs_only_its_books() {
    let mut system = System::new();
    let (one, two) = two_packages(&mut system);
    install_and_die(&system, &[&one, &two]);
    let (root, db) = open(&system);
    let mut found = Interrupted::find(&root).expect("a sound journal").expect("a journal");
    assert!(found.is_over() && found.others(&db).expect("a readable database").is_empty());
    drop((root, db));
    let outcome = resume(&system).expect("nothing was changed");
    assert!(outcome.is_ok());
    assert_eq!(outcome.elements.len(), 2);
    assert_eq!(system.installed().len(), 2);
}

#[test]
fn files_that_a_power_cut_took_are_put_in_place_again() {
    let mut system = System::new();
    let (one, two) = two_packages(&mut system);
    install_and_die(&system, &[&one, &two]);
    cut_power(&system);
    // As file systems leave them: missing, empty, zeros; and one that a scriptlet has edited.
    fs::remove_file(system.path("/usr/share/two")).expect("it was installed");
    system.write("/usr/share/a", "\0\0\0\0\0\0\0\0");
    system.write("/etc/a.conf", "");
    system.write("/etc/b.conf", "edited\n");
    let outcome = resume(&system).expect("nothing was changed by others");
    assert!(outcome.is_ok());
    assert_eq!(system.read("/usr/share/two").as_deref(), Some("two\n"));
    assert_eq!(system.read("/usr/share/a").as_deref(), Some("content\n"));
    assert_eq!(system.read("/etc/a.conf").as_deref(), Some("a\n"));
    assert_eq!(system.read("/etc/b.conf").as_deref(), Some("edited\n"));
    assert_eq!(system.installed().len(), 2);
}

#[test]
fn records_that_a_power_cut_took_are_written_again() {
    let mut system = System::new();
    let (one, two) = two_packages(&mut system);
    install_and_die(&system, &[&one, &two]);
    cut_power(&system);
    {
        let (_, db) = open(&system);
        let last = *db.hnums().expect("a readable database").last().expect("two records");
        db.write().and_then(|mut write| write.remove(last)).expect("it is there");
    }
    assert!(resume(&system).expect("nothing was changed by others").is_ok());
    assert_eq!(system.installed().len(), 2);
}

#[test]
fn what_scriptlets_have_set_is_set_again() {
    if !is_root("what_scriptlets_have_set_is_set_again") {
        return;
    }
    let mut system = System::new().with_shell();
    let lua = |text: &str| rpm::Scriptlet::new(text).prog(vec!["<lua>"]);
    let package = system.package("lua", "1", &[("/usr/lua", "1")], |builder| {
        let sets = "posix.setenv('SET', 'two\\nlines') posix.setenv('GONE', '1') rpm.define('kept(x) <%1>')\n\
                    rpm.define('undefined 1') rpm.undefine('undefined')";
        let tells = "rpm.execute('/bin/sh', '-c', 'echo \"$SET\" >>/log')\n\
                     local log = io.open('/log', 'a')\n\
                     log:write(tostring(posix.getenv('GONE')), rpm.expand(' %{kept y} %{undefined}')) log:close()";
        builder.pre_install_script(lua(sets));
        builder.post_install_script(lua("posix.unsetenv('GONE')"));
        builder.post_trans_script(lua(tells));
    });
    assert_eq!(install_and_die(&system, &[&package]).scriptlets, []);
    let unbroken = system.read("/log").expect("%posttrans writes it");
    assert_eq!(unbroken, "two\nlines\nnil <y> %{undefined}");
    fs::remove_file(system.path("/log")).expect("it is there");
    stop_before(&system, " phase posttrans");
    assert_eq!(resume(&system).expect("nothing was changed by others").scriptlets, []);
    assert_eq!(system.read("/log"), Some(unbroken));
}

#[test]
fn what_others_did_is_told() {
    let mut system = System::new();
    let (one, two) = two_packages(&mut system);
    let other = system.package("other", "1", &[], |_| {});
    system.install(&[&other], &Notes::default()).expect("installs");
    install_and_die(&system, &[&one, &two]);
    system.erase(&["other"], &Notes::default());
    let third = system.package("third", "1", &[], |_| {});
    system.install(&[&third], &Notes::default()).expect("installs");
    match resume(&system) {
        Err(ResumeRefusal::Changed(others)) => {
            assert_eq!(others.added.iter().map(ToString::to_string).collect::<Vec<_>>(), ["third-1-1.noarch"]);
            assert_eq!(others.removed.len(), 1);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_package_that_was_exchanged_is_refused() {
    let mut system = System::new();
    let (one, two) = two_packages(&mut system);
    install_and_die(&system, &[&one, &two]);
    let kept = fs::read_dir(system.path("/usr/lib/sysimage/oxidnf/transaction")).expect("the journal's directory");
    let kept: Vec<PathBuf> = kept.flatten().map(|entry| entry.path()).filter(|path| path.ends_with("0.rpm")).collect();
    assert_eq!(kept.len(), 1, "the package files are kept");
    // Independent elements run in reverse order, so this is the second package. The other one is kept under both names.
    fs::remove_file(&kept[0]).expect("it is there");
    fs::write(&two, "no package").expect("writable");
    fs::remove_file(&one).expect("it is there");
    assert!(matches!(resume(&system), Err(ResumeRefusal::Packages(files)) if files == [two]));
}

#[test]
fn without_rights_nothing_is_begun() {
    if !is_root("without_rights_nothing_is_begun") {
        return;
    }
    let mut system = System::new();
    let (one, _) = two_packages(&mut system);
    // A file where the directory should be.
    system.write("/usr/lib/sysimage/oxidnf", "in the way");
    let (root, db) = open(&system);
    let package = PackageFile::open(&one).expect("a sound package");
    let element =
        Element::Install { package: Verified::new(package, Trust::Digest), action: Action::Install, replaces: vec![] };
    let settings = Settings::new(TID, Clock::Epoch(u64::from(TID)));
    let prepared = Prepared::new(vec![element], &db, &root, settings).expect("readable elements");
    let tested = prepared.test(&Notes::default()).expect("nothing stands in the way");
    let error = tested.journal("", &[]).expect_err("there is no place for it");
    assert_eq!(error.to_string(), "cannot write the transaction journal in /usr/lib/sysimage/oxidnf/transaction");
    assert!(!is_interrupted(&root));
}
