//! Groups and environments: every line is a scenario, decided by the real dnf5 and by oxidnf in equal roots. Outputs,
//! exit codes, state files, copies of groups and the history are compared.

mod comps;

use comps::{BETA, compare};
use oxidnf_testkit::decisions::Case;

/// Several commands that follow each other in one root, with `;` between them.
fn scenarios(scenarios: &[&str]) {
    compare(&scenarios.iter().map(|commands| comps::case("", "", commands)).collect::<Vec<_>>());
}

#[test]
fn groups() {
    scenarios(&[
        "group install -y core; group install -y core; group list --hidden; group info core; group remove -y core",
        "install -y @tools def2; group remove -y tools",
        "install -y def2 @tools man1; repoquery --userinstalled; group remove -y tools",
        "install -y man1 dep; group install -y tools; group install -y core; remove -y man1; group remove -y core",
        "install -y other1; group install -y core --with-optional; group remove -y core",
        "install -y other1 @core; remove -y def1 needs; group remove -y core",
        "group install -y core tools; install -y user; group remove -y tools; remove -y user",
        "group install -y core tools; remove -y shared def2; group remove -y tools core",
        "group install -y tools core; group remove -y 'c*' tools; group install -y 't*' 'c?re'",
        "group install -y --no-packages core; group install -y core; group remove -y --no-packages core",
        "group install -y core --assumeno; group install -y core --downloadonly; group upgrade -y",
        "group install -y tools; swap -y def2 base1; install -y @core @tools; remove -y @tools @core",
    ]);
}

#[test]
fn packages_that_cannot_be_installed() {
    scenarios(&[
        "group install -y bad; group install -y bad --no-best; group install -y bad --skip-unavailable",
        "group install -y --skip-broken bad; group remove -y bad; install -y @bad def2 --skip-broken",
        "group install -y nope core; group install -y nope core --skip-unavailable; remove -y @nope @core man9",
        "install -y @TOOLS @nope nothere @desk; group install -y Tools; group remove -y nope; group upgrade -y nope tools",
    ]);
    compare(&[
        comps::case("excludepkgs=man1,def1", "", "group install -y core tools"),
        comps::case(
            "group_package_types=mandatory",
            "",
            "group install -y core; group install -y core --with-optional",
        ),
        comps::case("excludegroups=co*\nexcludeenvs=desk", "", "group list; install -y @core; environment list"),
        comps::case("clean_requirements_on_remove=0", "", "group install -y core tools; group remove -y core"),
        comps::case("protected_packages=man1", "", "group install -y core tools; group remove -y core"),
    ]);
}

#[test]
fn environments() {
    scenarios(&[
        "group install -y desk; environment list; group install -y desk; group install -y core; group remove -y desk",
        "group install -y core desk; group remove -y core; environment info; environment remove -y desk",
        "group install -y core; environment install -y mini; group remove -y mini",
        "group install -y desk --with-optional; group remove -y desk",
        "group install -y desk mini core; group remove -y desk; group remove -y mini",
        "group install -y mini desk --no-packages; group remove -y --no-packages mini desk",
        "group install -y opts core desk --no-packages; group remove -y opts desk",
        "group install -y desk opts tools; group remove -y tools desk",
        "group install -y more desk tools --no-packages; group remove -y more core desk",
        "group install -y --no-packages desk; group upgrade -y desk; environment list --installed",
    ]);
}

#[test]
fn what_specs_find() {
    scenarios(&[
        "group install -y '@m*'; install -y '@m*'; upgrade -y '@m*'; remove -y '@m*'",
        "group install -y more desk more mini --no-packages; environment remove -y '*'; group remove -y '*'",
        "environment install -y core; install -y @desk; remove -y '@*'",
        "group install -y desk more; environment remove -y core 'm*'; environment upgrade -y core; environment upgrade -y '*'; \
         environment install -y 'm*' --no-packages; group upgrade -y '*'; group remove -y '*'",
        "group install -y tools; reinstall -y @tools; downgrade -y @tools; distro-sync -y @tools; swap -y @tools @core",
        "do -y --action=install --type=group @core; do -y --action=install @core; do -y --action=remove --type=package @core; \
         do -y --action=remove --type=auto @core --action=install def2 @tools; do -y --type=group --action=reinstall @core; \
         do -y --type=group --action=remove core",
    ]);
}

#[test]
fn upgrades() {
    let beta = format!("--disable-repo=alpha {BETA}");
    let scenarios: Vec<_> = [
        "group install -y core; group upgrade -y core BETA; group remove -y core",
        "group install -y core; group upgrade -y core --enable-repo=beta; group remove -y core",
        "group install -y desk; group upgrade -y desk BETA; environment info; environment remove -y desk",
        "group install -y core tools; group upgrade -y '*' BETA; upgrade -y @core",
        "group install -y core tools; remove -y man1 shared dep; group upgrade -y core tools",
        "install -y other1; group install -y core; remove -y cond1; group upgrade -y core; install -y @core",
        "group install -y core more; install -y def1-1; group upgrade -y core more opts",
    ]
    .map(|commands| comps::case("", "", &commands.replace("BETA", &beta)))
    .into();
    compare(&scenarios);
}

#[test]
fn marks_and_what_was_there_before() {
    let system = "def1-1-1.noarch reason=Dependency from=alpha\nman1-1-1.noarch reason=- from=-\n\
                  needs-1-1.noarch reason=User from=alpha\ndep-1-1.noarch reason=Dependency from=alpha\n";
    compare(&[
        comps::case(
            "",
            "",
            "group install -y tools; install -y base1 opt1; mark -y group tools base1 def2; mark -y group nope base1; \
             mark -y group core opt1; mark -y user def2; mark -y dependency shared; remove -y @tools",
        ),
        comps::case("", system, "group install -y core; group remove -y core"),
        comps::case("", system, "group install -y core --no-packages; group upgrade -y core; group remove -y core"),
    ]);
}

#[test]
fn lists() {
    scenarios(&[
        "group list; group list --hidden; group info; environment list; environment info",
        "group list 'TOOL*'; group list core; group info 'core STUFF'; group list --contains-pkgs=man1; group list nope",
        "group list --contains-pkgs='M*' core; group list --hidden --contains-pkgs=def2,opt2; group info nope; \
         environment list DESK; environment info nope; environment list desktop mini",
        "group install -y core desk --no-packages; group list --installed; group list --available; group list --installed core; \
         group info --available core; environment list --installed; environment list --available; environment info desk",
        "group list --installed; group list --installed nope; environment list --installed; environment list --installed nope; \
         environment list --available --installed; environment info --installed --available desk",
        "group list --available --installed; group; environment; group install; group remove; environment upgrade",
        "group list --disable-repo=*; environment list --disable-repo=*; group list --available --disable-repo=*",
    ]);
}

/// State of groups and environments without copies of them, and of packages that were removed by others.
const STATE: &str = r#"/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|[groups]
|[groups.core]
|package_types = ["default", "mandatory"]
|packages = ["man1", "gone", "def1"]
|userinstalled = true
|[groups.lost]
|package_types = ["mandatory"]
|packages = ["man1", "def2"]
|userinstalled = false
/usr/lib/sysimage/libdnf5/environments.toml:
|version = "1.0"
|[environments]
|desk = {groups = ["core", "lost"]}
|gone = {groups = ["lost"]}
"#;

#[test]
fn state_without_copies_and_packages() {
    let system = "man1-1-1.noarch reason=- from=alpha\ndef2-1-1.noarch reason=- from=-\n";
    let cases = [
        "group list --hidden; group info; environment list; environment info",
        "group info lost --disable-repo=*; environment info --disable-repo=*; group info lost core",
        "group upgrade -y core lost",
        "group remove -y lost",
        "group remove -y core",
        "group install -y core lost",
        "environment upgrade -y desk gone",
        "environment remove -y desk",
        "group remove -y gone desk lost",
        "list; remove -y man1",
        "install -y base1; repoquery --installed --qf '%{name} %{reason} '",
    ];
    compare(&cases.map(|commands| comps::case_with_files(system, STATE, commands)));
}

#[test]
fn several_repositories() {
    compare(&[
        "group info; environment info; group list --hidden; group info g; group install -y g; group info g; group remove -y g",
        "list; group install -y g o1; group install -y g; group upgrade -y g --disable-repo=zed; group info",
        "group install -y g; group info g; group install -y g",
        "group list --hidden; group info; group list --contains-pkgs=dep; group install -y y x o2 o1; group list --hidden",
    ].map(comps::case_of_three));
}

/// Later runs read what libsolv keeps, in which members are sorted.
#[test]
fn metadata_that_was_kept() {
    scenarios(&[
        "list --installed; group install -y core tools more; group info core tools more",
        "repoquery; group install -y bad --no-packages; group install -y desk --with-optional; group install -y desk",
    ]);
}

/// What dnf5 says of types when it takes a removal back is chance, and it dies of changes of reasons; neither is here.
#[test]
fn history_of_groups() {
    scenarios(&[
        "group install -y core; history undo -y last; history redo -y 1; history redo -y 1; history info 1..last",
        "group install -y core; environment install -y mini; history undo -y last; group install -y mini; group install -y core; \
         history undo -y last; history undo -y 1; history list",
        "group install -y core; group upgrade -y core --enable-repo=beta; history undo -y last --enable-repo=beta; \
         history redo -y last --enable-repo=beta; history undo -y 1",
        "install -y @tools def2; mark -y group tools def2; history undo -y last; history undo -y 1; history redo -y 1; \
         history redo -y 2; history rollback -y 1",
        "group install -y core; group remove -y core; history undo -y 1; history redo -y 2; history redo -y 1 --disable-repo=alpha; \
         history undo -y 2 --disable-repo=alpha; history undo -y 2 --disable-repo=alpha --skip-unavailable",
        "group install -y core --no-packages; history undo -y 1 --disable-repo=*; group install -y core --no-packages; \
         history redo -y 1; group install -y mini; history redo -y 3; history undo -y last",
        "environment install -y mini --no-packages; history undo -y 1; history undo -y 1; history undo -y 1 --ignore-installed",
        "group install -y tools; history store -y 1 -o /srv/t/stored-1; group remove -y tools; replay -y /srv/t/stored-1; \
         replay -y /srv/t/stored-1; replay -y /srv/t/stored-1 --ignore-installed",
        "environment install -y mini; history store -y 1 -o /srv/t/stored-2; environment remove -y mini; replay -y /srv/t/stored-2; \
         history store -y 2 -o /srv/t/stored-3; replay -y /srv/t/stored-3; replay -y /srv/t/stored-3",
    ]);
}

#[test]
fn stored_transactions() {
    scenarios(&[
        "group install -y mini --store=/srv/t/stored-4; replay -y /srv/t/stored-4; environment remove -y mini \
         --store=/srv/t/stored-5; replay -y /srv/t/stored-5",
        "group install -y tools --store=/srv/t/stored-6; replay -y /srv/t/stored-6 --disable-repo=*; group info tools",
    ]);
}

/// `COMPS=1 fuzz-decisions 500 1` tries more than these.
#[test]
fn random_groups() {
    let cases: Vec<String> = (31..71).map(|seed| Case::with_groups(seed).to_string()).collect();
    compare(&cases);
}
