//! Sessions from configuration to a changed root.

mod support;

use oxidnf_core::{Action, Reason};
use oxidnf_engine::error::CheckPhase;
use oxidnf_engine::history::TransactionState;
use oxidnf_engine::resolved::GoalNoteKind;
use oxidnf_engine::settings::OptionSetting;
use oxidnf_engine::verify::SignatureCause;
use oxidnf_engine::{Error, ErrorKind, Operation, Request, Resolved};
use support::{World, package};

fn world() -> World {
    World::new(&[
        package("app", "1").requires("lib").recommends("extra"),
        package("app", "2").requires("lib").recommends("extra"),
        package("lib", "1"),
        package("extra", "1"),
        package("new", "1").obsoletes("old"),
        package("old", "1"),
        package("one", "1").provides("thing"),
        package("alt", "1").provides("alternative-for(nothing)"),
        package("broken", "1").requires("missing"),
    ])
}

fn install(specs: &[&str]) -> Request {
    Request::new(Operation::Install, specs.iter().copied())
}

fn plan(resolved: &Resolved) -> Vec<(Action, String, Reason)> {
    let items = resolved.plan.items.iter();
    items.map(|item| (item.action, item.package.nevra.to_string(), item.reason)).collect()
}

#[test]
fn installs_upgrades_and_removes() {
    let world = world();
    let report = world.run(&install(&["app-1"])).expect("runs");
    assert_eq!((report.state, report.history_id), (TransactionState::Ok, Some(1)));
    assert_eq!(world.installed(), ["app-1-1.noarch", "extra-1-1.noarch", "lib-1-1.noarch"]);
    assert_eq!(world.read("usr/share/app").as_deref(), Some("app 1\n"));
    let state = world.read("usr/lib/sysimage/libdnf5/packages.toml").expect("written");
    let want = "version = \"1.0\"\n\n[packages]\n\"app.noarch\" = {reason = \"User\"}\n\
                \"extra.noarch\" = {reason = \"Weak Dependency\"}\n\"lib.noarch\" = {reason = \"Dependency\"}\n\n";
    assert_eq!(state, want);

    world.run(&Request::new(Operation::Upgrade, Vec::<String>::new())).expect("runs");
    assert_eq!(world.read("usr/share/app").as_deref(), Some("app 2\n"));
    // The packages came from a cache that is not kept.
    assert_eq!(world.read("var/cache/libdnf5/temporary_files.toml").as_deref(), Some("files = [\n]\n"));

    world.run(&Request::new(Operation::Remove, ["app"])).expect("runs");
    assert!(world.installed().is_empty(), "nothing needs the dependencies any more");
    assert_eq!(world.read("usr/share/app"), None);

    let history = world.session().history().expect("readable");
    let past = history.transactions().expect("readable");
    assert_eq!(past.iter().map(|past| past.altered).collect::<Vec<_>>(), [3, 2, 3]);
    assert!(past.iter().all(|past| past.state == TransactionState::Ok && past.description == "test run"));
    let packages = history.packages(2).expect("readable");
    let packages: Vec<_> = packages.iter().map(|p| (p.action, p.nevra.to_string(), p.repo_id.as_str())).collect();
    let want = [
        (Action::Upgrade, "app-2-1.noarch".to_owned(), "base"),
        (Action::Replaced, "app-1-1.noarch".to_owned(), "@System"),
    ];
    assert_eq!(packages, want);
}

#[test]
fn says_what_specs_come_to() {
    let world = world();
    world.run(&install(&["app-1", "one"])).expect("runs");
    let kinds = |request: &Request| -> Vec<(GoalNoteKind, bool)> {
        let (_, resolved) = world.resolve(request).expect("decides");
        resolved.notes.into_iter().map(|note| (note.kind, note.fatal)).collect()
    };
    let here = |nevra: &str| (GoalNoteKind::AlreadyInstalled { nevra: nevra.to_owned() }, false);
    assert_eq!(kinds(&install(&["thing"])), [here("one-1-1.noarch")]);
    assert_eq!(kinds(&install(&["o*"])), [here("one-1-1.noarch")]);
    let alternatives = GoalNoteKind::Alternatives { names: vec!["alt".to_owned()] };
    assert_eq!(kinds(&install(&["nothing"])), [(GoalNoteKind::NotFound, true), (alternatives, false)]);
    let meant = GoalNoteKind::MaybeYouMeant { name: "app".to_owned() };
    assert_eq!(kinds(&install(&["APP"])), [(GoalNoteKind::NotFound, true), (meant, false)]);
    let of = |operation: Operation, spec: &str| kinds(&Request::new(operation, [spec]));
    assert_eq!(of(Operation::Upgrade, "lib"), []);
    assert_eq!(of(Operation::Upgrade, "alt"), [(GoalNoteKind::AvailableNotInstalled, true)]);
    assert_eq!(of(Operation::Reinstall, "alt"), [(GoalNoteKind::AvailableNotInstalled, true)]);
    assert_eq!(of(Operation::Remove, "alt"), [(GoalNoteKind::NothingToRemove, false)]);
    let lowest = GoalNoteKind::LowestInstalled { name_arch: "app.noarch".to_owned() };
    assert_eq!(of(Operation::Downgrade, "app"), [(lowest, false)]);
    let mark = Operation::Mark { reason: Reason::User, group: None };
    let unchanged = GoalNoteKind::ReasonUnchanged { nevra: "one-1-1.noarch".to_owned(), reason: Reason::User };
    assert_eq!(of(mark.clone(), "one"), [(unchanged, false)]);
    // As dnf5 says when it has loaded repositories for a mark, which only stored transactions and history make it do.
    // witness: compat-tests/tests/decisions.rs::histories_in_turn
    assert_eq!(of(mark, "alt"), [(GoalNoteKind::OnlyExcluded, true)]);
}

#[test]
fn skips_what_is_unavailable_when_asked() {
    let world = world();
    let mut request = install(&["nothing", "one"]);
    request.options.skip_unavailable = Some(true);
    let (_, resolved) = world.resolve(&request).expect("decides");
    assert!(!resolved.is_failed() && !resolved.hints.skip_unavailable);
    assert_eq!(plan(&resolved), [(Action::Install, "one-1-1.noarch".to_owned(), Reason::User)]);
    request.options.skip_unavailable = None;
    let (_, resolved) = world.resolve(&request).expect("decides");
    assert!(resolved.is_failed() && resolved.hints.skip_unavailable && resolved.plan.is_empty());
}

#[test]
fn unsolvable_requests_are_results() {
    let world = world();
    let (mut session, resolved) = world.resolve(&install(&["broken"])).expect("decides");
    assert!(resolved.is_failed() && resolved.hints.skip_broken);
    assert_eq!(resolved.problems.len(), 1);
    let nothing = oxidnf_engine::Downloaded::default();
    let options = oxidnf_engine::CommitOptions::default();
    let result =
        session.commit(&resolved, &nothing, &options, &mut oxidnf_engine::prompt::Accept, &oxidnf_core::event::Silent);
    assert_eq!(result.expect_err("must not run").kind(), ErrorKind::Unresolved);
}

#[test]
fn obsoleted_names_install_their_successor() {
    let world = world();
    world.run(&install(&["old"])).expect("runs");
    assert_eq!(world.installed(), ["new-1-1.noarch"]);
    let (_, resolved) = world.resolve(&install(&["old"])).expect("decides");
    assert!(resolved.plan.is_empty() && !resolved.is_failed());
}

#[test]
fn marks_and_autoremoves() {
    let world = world();
    world.run(&install(&["one", "lib"])).expect("runs");
    let dependency = Operation::Mark { reason: Reason::Dependency, group: None };
    world.run(&Request::new(dependency, ["lib"])).expect("runs");
    let request = Request::new(Operation::Autoremove, Vec::<String>::new());
    let (_, resolved) = world.resolve(&request).expect("decides");
    assert_eq!(plan(&resolved), [(Action::Remove, "lib-1-1.noarch".to_owned(), Reason::User)]);
    world.run(&request).expect("runs");
    assert_eq!(world.installed(), ["one-1-1.noarch"]);
    let state = world.read("usr/lib/sysimage/libdnf5/packages.toml").expect("written");
    assert!(!state.contains("lib.noarch"), "{state}");
}

#[test]
fn package_files_of_the_command_line() {
    let world = world();
    let file = world.repo().join("one-1-1.noarch.rpm");
    let request = install(&[&file.to_string_lossy()]);
    world.run(&request).expect("runs");
    assert_eq!(world.installed(), ["one-1-1.noarch"]);
    assert!(file.exists(), "a file of the user stays");
    let state = world.read("usr/lib/sysimage/libdnf5/nevras.toml").expect("written");
    assert!(state.contains("\"one-1-1.noarch\" = {from_repo = \"@commandline\"}"), "{state}");
    let missing = install(&["/nowhere/x.rpm"]);
    assert!(matches!(world.run(&missing), Err(Error::PackageFile { path, .. }) if path == "/nowhere/x.rpm"));
}

#[test]
fn excluded_and_locked_packages() {
    let mut world = world();
    world.options.push(OptionSetting::main("excludepkgs", "one"));
    let (_, resolved) = world.resolve(&install(&["one"])).expect("decides");
    assert_eq!(resolved.notes[0].kind, GoalNoteKind::OnlyExcluded);
    world.options.push(OptionSetting::main("disable_excludes", "main"));
    let (_, resolved) = world.resolve(&install(&["one"])).expect("decides");
    assert!(!resolved.is_failed());
    let lock = "version = \"1.0\"\n[[packages]]\nname = \"app\"\n[[packages.conditions]]\nkey = \"evr\"\n\
                comparator = \"<\"\nvalue = \"2\"\n";
    world.write("etc/dnf/versionlock.toml", lock);
    let (_, resolved) = world.resolve(&install(&["app"])).expect("decides");
    assert!(plan(&resolved).iter().any(|(_, nevra, _)| nevra == "app-1-1.noarch"));
    let (_, resolved) = world.resolve(&install(&["app-2"])).expect("decides");
    assert_eq!(resolved.notes[0].kind, GoalNoteKind::OnlyVersionlocked);
}

#[test]
fn unsigned_packages_are_refused() {
    let mut world = world();
    world.options.push(OptionSetting::main("gpgcheck", "1"));
    match world.run(&install(&["one"])) {
        Err(Error::Signature { failures }) => assert_eq!(failures[0].cause, SignatureCause::NotSigned),
        other => panic!("{other:?}"),
    }
    assert!(world.installed().is_empty());
    assert_eq!(world.session().history().expect("readable").last_id().expect("readable"), None);
}

#[test]
fn damaged_packages_are_refused() {
    let world = world();
    let path = world.repo().join("one-1-1.noarch.rpm");
    let mut bytes = std::fs::read(&path).expect("there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).expect("writable");
    let error = world.run(&install(&["one"])).expect_err("the checksum is wrong");
    assert_eq!(error.kind(), ErrorKind::Download);
    assert!(world.installed().is_empty());
}

#[test]
fn tests_change_nothing() {
    let mut world = world();
    world.options.push(OptionSetting::main("tsflags", "test"));
    let report = world.run(&install(&["one"])).expect("tests");
    assert!(report.test_only && report.history_id.is_none());
    assert!(world.installed().is_empty());
    world.options.push(OptionSetting::main("tsflags", "nonsense"));
    let error = world.run(&install(&["one"])).expect_err("no such flag");
    assert!(matches!(error, Error::InvalidTsflag { flag } if flag == "nonsense"));
}

#[test]
fn conflicting_files_stop_before_anything_changes() {
    let world = World::new(&[package("a", "1"), package("b", "1")]);
    world.write("usr/share/a/in-the-way", "a directory where a file is to be");
    let result = world.run(&install(&["a"]));
    // rpm renames nothing away: unpacking over a directory fails, and the report says so.
    match result {
        Err(Error::TransactionFailed { report }) => assert_eq!(report.state, TransactionState::Error),
        Err(Error::TransactionCheck { phase, .. }) => assert_eq!(phase, CheckPhase::Test),
        other => panic!("{other:?}"),
    }
    let saved = world.read("usr/lib/sysimage/libdnf5/packages.toml");
    assert_eq!(saved, None, "a failed transaction leaves the state alone, as with dnf5");
}

#[test]
fn destdir_only_downloads() {
    let mut world = world();
    let dest = world.root().join("downloads");
    world.options.push(OptionSetting::main("destdir", dest.to_string_lossy()));
    let (session, resolved) = world.resolve(&install(&["one"])).expect("decides");
    assert_eq!(resolved.sizes.download, resolved.sizes.inbound);
    let downloaded = session.download(&resolved, &oxidnf_core::event::Silent).expect("downloads");
    assert_eq!(downloaded.files, [dest.join("one-1-1.noarch.rpm")]);
    assert!(downloaded.keep && downloaded.files[0].is_file());
    drop(session);
    assert!(world.installed().is_empty());
}

#[test]
fn unknown_repositories_and_options_are_arguments() {
    use oxidnf_engine::{Session, Settings};
    let world = world();
    let settings =
        |options: Vec<OptionSetting>| Settings { installroot: Some(world.root()), options, ..Settings::default() };
    let kind = |settings| Session::open(settings).err().map(|error| error.kind());
    assert_eq!(kind(settings(vec![OptionSetting::main("bogus", "1")])), Some(ErrorKind::Argument));
    assert_eq!(kind(settings(vec![OptionSetting::main("best", "x")])), Some(ErrorKind::Argument));
    assert_eq!(kind(settings(vec![OptionSetting::repo("nope*", "enabled", "1")])), Some(ErrorKind::Argument));
    let relative = Settings { installroot: Some("relative".into()), ..Settings::default() };
    assert_eq!(kind(relative), Some(ErrorKind::Argument));
    world.write("etc/dnf/dnf.conf", "[main]\nbogus=1\nbest=x\n[broken");
    let broken = settings(Vec::new());
    assert_eq!(kind(broken), Some(ErrorKind::Configuration));
}
