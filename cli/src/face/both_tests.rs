//! One recorded value, two faces: what the engine tells is the same, the words are each face's own.

use std::sync::Arc;

use oxidnf_core::Nevra;
use oxidnf_core::event::{Event, Outcome, Reporter, ScriptletEnd, ScriptletKind, Task, TaskId, TransferFault};
use oxidnf_core::plan::{Action, Plan, PlanItem, PlanPackage, Reason, SYSTEM_REPO};
use oxidnf_engine::catalog::PackageId;
use oxidnf_engine::error::CheckPhase;
use oxidnf_engine::resolved::Sizes;
use oxidnf_engine::verify::{SignatureCause, SignatureFailure};
use oxidnf_engine::{Error, PackageRef, Problem, Resolved, Rule};

use super::dnf5;
use super::tdnf;
use crate::output::Output;
use crate::output::testing::Written;

fn nevra(text: &str) -> Nevra {
    Nevra::parse(text).expect("a full name")
}

fn item(action: Action, reason: Reason, package: &str, repo: &str) -> PlanItem {
    PlanItem {
        action,
        reason,
        old_reason: None,
        group_id: None,
        package: PlanPackage {
            nevra: nevra(package),
            repo_id: repo.to_owned(),
            from_repo: None,
            install_size: 65,
            download_size: if action.is_inbound() { 6634 } else { 0 },
            location: None,
            location_base: None,
            checksum: None,
            hnum: None,
            vendor: String::new(),
        },
        replaces: Vec::new(),
        sequence: 0,
    }
}

/// A resolution with every section.
fn resolved() -> Resolved {
    let mut upgrade = item(Action::Upgrade, Reason::User, "kernel-1:6.6-2.x86_64", "updates");
    upgrade.replaces = vec![nevra("kernel-1:6.6-1.x86_64")];
    let mut obsoleting = item(Action::Install, Reason::User, "new-1-1.noarch", "base");
    obsoleting.replaces = vec![nevra("old-1-1.noarch")];
    let items = vec![
        obsoleting,
        item(Action::Install, Reason::Dependency, "lib-1-1.noarch", "base"),
        item(Action::Reinstall, Reason::User, "again-1-1.noarch", "base"),
        upgrade,
        item(Action::Downgrade, Reason::User, "down-1-1.noarch", "base"),
        item(Action::Remove, Reason::User, "gone-1-1.noarch", SYSTEM_REPO),
        item(Action::Replaced, Reason::User, "kernel-1:6.6-1.x86_64", SYSTEM_REPO),
        item(Action::Replaced, Reason::User, "old-1-1.noarch", SYSTEM_REPO),
    ];
    Resolved { plan: Plan { items }, ..Resolved::default() }
}

/// Runs something with an output and returns what it wrote.
fn written(write: impl FnOnce(Arc<Output>)) -> String {
    let (output, written) = Written::terminal();
    write(Arc::new(output));
    written.text()
}

/// A console whose standard output is no terminal of 80 columns.
fn console(output: Arc<Output>) -> tdnf::console::Console {
    tdnf::console::Console::new(output)
}

#[test]
fn a_plan() {
    let resolved = resolved();
    let table = dnf5::table::Table {
        plan: &resolved.plan,
        groups: &[],
        modules: &resolved.modules,
        skipped_conflicts: &[],
        skipped_broken: &[],
    };
    insta::assert_snapshot!(written(|output| {
        dnf5::table::print(&output, &table);
        let sizes = Sizes { inbound: 33_170, download: 33_170, install: 325, remove: 195 };
        dnf5::table::print_sizes(&output, &resolved.plan, &sizes);
        output.flush();
    }), @r###"
    Package                  Arch    Version                  Repository        Size
    Removing:
     gone                    noarch  0:1-1                    <unknown>     65.0   B
    Reinstalling:
     again                   noarch  0:1-1                    base          65.0   B
    Downgrading:
     down                    noarch  0:1-1                    base          65.0   B
    Upgrading:
     kernel                  x86_64  1:6.6-2                  updates       65.0   B
       replacing kernel      x86_64  1:6.6-1                  <unknown>     65.0   B
    Installing:
     new                     noarch  0:1-1                    base          65.0   B
       replacing old         noarch  0:1-1                    <unknown>     65.0   B
    Installing dependencies:
     lib                     noarch  0:1-1                    base          65.0   B

    Transaction Summary:
     Installing:         2 packages
     Reinstalling:       1 package
     Upgrading:          1 package
     Replacing:          2 packages
     Removing:           1 package
     Downgrading:        1 package

    Total size of inbound packages is 32 KiB. Need to download 32 KiB.
    After this operation, 130 B extra will be used (install 325 B, remove 195 B).
    "###);
    insta::assert_snapshot!(tdnf::render::plan::table(&resolved.plan, 80).join("\n"), @r###"
    Installing:
    new              noarch       1-1              base          65.00b     6.48k
    lib              noarch       1-1              base          65.00b     6.48k

    Total installed size: 130.00b
    Total download size:  12.96k

    Upgrading:
    kernel           x86_64       1:6.6-2          updates       65.00b     6.48k

    Total installed size:  65.00b
    Total download size:   6.48k

    Downgrading:
    down             noarch       1-1              base          65.00b     6.48k

    Total installed size:  65.00b
    Total download size:   6.48k

    Removing:
    gone             noarch       1-1              @System       65.00b     0.00b

    Total installed size:  65.00b
    Total download size:   0.00b

    Reinstalling:
    again            noarch       1-1              base          65.00b     6.48k

    Total installed size:  65.00b
    Total download size:   6.48k

    Obsoleting:
    old              noarch       1-1              @System       65.00b     0.00b

    Total installed size:  65.00b
    Total download size:   0.00b
    "###);
    insta::assert_snapshot!(tdnf::render::plan::json(&resolved.plan).render(), @r###"{"Install":[{"Name":"new","Arch":"noarch","Evr":"1-1","InstallSize":65,"Repo":"base"},{"Name":"lib","Arch":"noarch","Evr":"1-1","InstallSize":65,"Repo":"base"}],"Upgrade":[{"Name":"kernel","Arch":"x86_64","Evr":"6.6-2","InstallSize":65,"Repo":"updates"}],"Downgrade":[{"Name":"down","Arch":"noarch","Evr":"1-1","InstallSize":65,"Repo":"base"}],"Remove":[{"Name":"gone","Arch":"noarch","Evr":"1-1","InstallSize":65,"Repo":"@System"}],"Reinstall":[{"Name":"again","Arch":"noarch","Evr":"1-1","InstallSize":65,"Repo":"base"}],"Obsolete":[{"Name":"old","Arch":"noarch","Evr":"1-1","InstallSize":65,"Repo":"@System"}]}"###);
}

#[test]
fn problems() {
    let package = |text: &str, installed| PackageRef {
        id: PackageId(0),
        nevra: nevra(text),
        repo: if installed { SYSTEM_REPO } else { "base" }.to_owned(),
        installed,
    };
    let unsolvable = |rule| Problem::Unsolvable { rules: vec![Rule::ConflictingRequests, rule] };
    let problems = [
        unsolvable(Rule::NothingProvides { package: package("a-1-1.noarch", false), dependency: "b".to_owned() }),
        unsolvable(Rule::Conflicts {
            package: package("a-1-1.noarch", false),
            dependency: "c".to_owned(),
            other: package("c-1-1.noarch", true),
        }),
        unsolvable(Rule::Excluded { package: package("d-1-1.noarch", false) }),
    ];
    insta::assert_snapshot!(dnf5::problems::problem_lines(&problems).join("\n"), @r###"
    Problem 1: conflicting requests
      - nothing provides b needed by a-1-1.noarch from base
    Problem 2: conflicting requests
      - installed package c-1-1.noarch conflicts with c provided by a-1-1.noarch from base
    Problem 3: conflicting requests
      - package d-1-1.noarch from base is filtered out by exclude filtering
    "###);
    let (lines, failure) = tdnf::render::problems::render(&problems, &[]);
    insta::assert_snapshot!(format!("{}\n{} {}", lines.join("\n"), failure.number(), failure.text()), @r###"
    1. nothing provides b needed by a-1-1.noarch
    2. package a-1-1.noarch conflicts with c provided by c-1-1.noarch
    3. package d-1-1.noarch is disabled
    Found 3 problem(s) while resolving
    1301 Solv general runtime error
    "###);
    let protected = [Problem::RemovesProtected { packages: vec!["asked".to_owned(), "other".to_owned()] }];
    insta::assert_snapshot!(dnf5::problems::problem_lines(&protected).join("\n"), @"Problem: The operation would result in removing the following protected packages: asked, other");
    let (lines, failure) = tdnf::render::problems::render(&protected, &["asked".to_owned()]);
    insta::assert_snapshot!(format!("{}\n{} {}", lines.join("\n"), failure.number(), failure.text()), @r###"
    package asked is protected
    package other would be removed but it is protected
    1030 The operation would result in removing a protected package.
    "###);
}

/// The events of a small run.
fn run(reporter: &dyn Reporter) {
    let [repository, install, remove] = [TaskId::fresh(), TaskId::fresh(), TaskId::fresh()];
    let (new, old) = (nevra("one-2-1.noarch"), nevra("one-1-1.noarch"));
    let started = |id, task, total| reporter.report(Event::Started { id, task, total: Some(total) });
    let finished = |id| reporter.report(Event::Finished { id, outcome: Outcome::Ok });
    started(repository, Task::Repository { id: "base", name: "The base" }, 100);
    let url = "http://mirror.example/repodata/repomd.xml";
    let fault = TransferFault::Status { code: 503, address: None };
    reporter.report(Event::MirrorFailed { id: Some(repository), url, fault, reason: "503" });
    reporter.report(Event::Advanced { id: repository, done: 100 });
    finished(repository);
    started(install, Task::Install { nevra: &new, action: Action::Upgrade }, 10);
    reporter.report(Event::ScriptletFinished {
        nevra: &new,
        kind: ScriptletKind::Post,
        end: ScriptletEnd::Exit(4),
        critical: false,
        output: b"said\n",
    });
    finished(install);
    started(remove, Task::Remove(&old), 1);
    finished(remove);
    reporter.report(Event::RpmWarning("/etc/x created as /etc/x.rpmnew"));
}

#[test]
fn events() {
    // dnf5's bars show speeds and times; the same events reach it, and its own tests show its lines.
    let dnf5 = written(|output| {
        let progress = dnf5::progress::Progress::new(Arc::clone(&output));
        progress.transaction(3);
        run(&progress);
        progress.end();
        output.flush();
    });
    assert!(dnf5.contains("The base") && dnf5.contains("one-0:2-1.noarch"), "{dnf5}");
    insta::assert_snapshot!(written(|output| {
        run(&tdnf::progress::Progress::new(console(Arc::clone(&output))));
        output.flush();
    }), @r###"
    Refreshing metadata for: 'The base'
    Error: 503 when downloading http://mirror.example/repodata/repomd.xml
    . Please check repo url or refresh metadata with 'tdnf makecache'.
    Running transaction
    Installing/Updating: one-2-1.noarch
    said
    package one-2-1.noarch: script warning in %postin
    Removing: one-1-1.noarch
    warning: /etc/x created as /etc/x.rpmnew
    "###);
    insta::assert_snapshot!(written(|output| {
        let mut console = console(Arc::clone(&output));
        console.quiet = true;
        run(&tdnf::progress::Progress::new(console));
        output.flush();
    }), @r###"
    Error: 503 when downloading http://mirror.example/repodata/repomd.xml
    . Please check repo url or refresh metadata with 'tdnf makecache'.
    said
    package one-2-1.noarch: script warning in %postin
    warning: /etc/x created as /etc/x.rpmnew
    "###);
}

fn errors() -> Vec<Error> {
    vec![
        Error::Privilege,
        Error::Signature {
            failures: vec![SignatureFailure {
                nevra: "one-2-1.noarch".to_owned(),
                path: "/cache/one-2-1.noarch.rpm".into(),
                repo_id: "base".to_owned(),
                cause: SignatureCause::NotSigned,
                details: Vec::new(),
            }],
        },
        Error::TransactionCheck {
            phase: CheckPhase::Test,
            problems: vec!["file /x conflicts between attempted installs of a-1-1.noarch and b-1-1.noarch".to_owned()],
            unchecked: Vec::new(),
        },
        Error::Io {
            operation: "read directory",
            path: "/missing".into(),
            source: std::io::Error::from_raw_os_error(2),
        },
    ]
}

#[test]
fn failures() {
    let dnf5 = |output: Arc<Output>| {
        for error in errors() {
            let status = dnf5::errors::print(&output, &error, &[]);
            output.line(format!("-> {status}"));
        }
        output.flush();
    };
    insta::assert_snapshot!(written(dnf5), @r###"
    The requested operation requires superuser privileges. Please log in as a user with elevated rights, or use the "--assumeno" or "--downloadonly" options to run the command without modifying the system state.
    -> 1
    Transaction failed: Signature verification failed.
    OpenPGP check for package "one-2-1.noarch" (/cache/one-2-1.noarch.rpm) from repo "base" has failed: The package is not signed.
    -> 1
    Transaction failed: Rpm transaction failed.
      - file /x conflicts between attempted installs of a-1-1.noarch and b-1-1.noarch
    -> 1
    cannot read directory /missing: No such file or directory
    -> 1
    "###);
    let tdnf = |output: Arc<Output>| {
        let console = console(output);
        for error in errors() {
            let failure = tdnf::faults::tell(&console, &error);
            let status = console.fail(&failure);
            console.always(format!("-> {status}"));
        }
        console.flush();
    };
    insta::assert_snapshot!(written(tdnf), @r###"
    Error(1601) : Operation not permitted. You have to be root.
    -> 65
    Error processing package: /cache/one-2-1.noarch.rpm
    Error(1512) : RPM not signed. Use --skipsignature or --nogpgcheck to ignore.
    -> 232
    Found 1 problems
    file /x conflicts between attempted installs of a-1-1.noarch and b-1-1.noarch
    Error(1525) : rpm transaction failed
    -> 245
    Error: cannot read directory /missing
    Error: No such file or directory
    Error(1602) : No such file or directory
    -> 66
    "###);
    let json = |output: Arc<Output>| {
        let mut console = console(output);
        console.json = true;
        let failure = tdnf::faults::tell(&console, &Error::Privilege);
        console.fail(&failure);
        console.flush();
    };
    insta::assert_snapshot!(written(json), @r###"{"Error":1601,"ErrorMessage":"Operation not permitted. You have to be root."}"###);
}
