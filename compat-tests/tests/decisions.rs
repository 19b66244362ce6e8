//! Random repositories, systems, configurations and commands, decided by the real dnf5 and by oxidnf.
//!
//! `make fuzz-decisions N=5000 SEED=1` tries more than these, and makes what differs as small as it can.

use oxidnf_testkit::Oracle;
use oxidnf_testkit::decisions::{Case, run};

#[test]
fn the_same_for_usual_seeds() {
    const SEEDS: std::ops::Range<u64> = 320..400;
    let cases: Vec<Case> = SEEDS.map(Case::from_seed).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    let differing: Vec<String> = cases
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| !outcome.differences.is_empty())
        .map(|(case, outcome)| format!("{case}{}", outcome.differences))
        .collect();
    assert!(differing.is_empty(), "{} differ, the first is\n{}", differing.len(), differing[0]);
    // A comparison of nothing would not say anything.
    let changed = outcomes.iter().filter(|outcome| outcome.changed).count();
    let problems = outcomes.iter().filter(|outcome| outcome.problems).count();
    assert!(changed * 3 > cases.len() && problems * 10 > cases.len(), "{changed} changed, {problems} had problems");
}

/// Decides hand-made cases; the words of both programs are the same, and so is everything they change.
fn same(cases: &[&str]) {
    let cases: Vec<Case> = cases.iter().map(|text| text.parse().expect("the case is written as cases are")).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert!(outcome.differences.is_empty(), "{case}{}", outcome.differences);
        assert!(!outcome.said.is_empty(), "dnf5 said nothing about\n{case}");
    }
}

/// What rpm would not erase of itself is erased by name, behind everything else.
#[test]
fn removals_in_dnf5s_order() {
    same(&[
        r#"
[zed]
aba-1-2.noarch Obsoletes: db;
acb-2-1.noarch
[@System]
db-1-2.noarch reason=- from=-
acb-1-1.x86_64 reason=User from=mid
[main]
$ upgrade -y
"#,
        r#"
[alpha]
cdd-1-1.x86_64
[@System]
cdd-1-1.noarch Requires: ac < 3; reason=User from=zed
ac-1.5~rc1-1.local.x86_64 Requires: cdd; reason=- from=-
[main]
$ do --action=install cdd --action=remove a? --no-best -y
"#,
        r#"
[alpha]
ad-1-1.noarch Provides: cap0;
[@System]
ad-1-1.x86_64 reason=User from=alpha
abc-1-2.x86_64 reason=- from=-
[main]
$ swap abc cap0 -y
"#,
        r#"
[mid]
aad-2-1.x86_64
ba-2-1.noarch
[@System]
aad-2-1.noarch reason=- from=-
ba-1-2.x86_64 reason=Dependency from=zed
[main]
$ distro-sync -y
"#,
        r#"
[mid]
aad-2-1.x86_64 Obsoletes: old;
ba-2-1.noarch Obsoletes: oldest;
ca-1-1.noarch Obsoletes: xx;
[@System]
aad-2-1.x86_64 reason=- from=-
old-1-1.x86_64 reason=- from=-
ba-1-2.x86_64 reason=Dependency from=zed
oldest-1-1.noarch reason=- from=-
xx-1-1.noarch reason=- from=-
[main]
$ do --action=reinstall aad --action=upgrade ba --action=install ca -y
"#,
    ]);
}

/// rpm is told to take an older installonly package, of whatever architecture the newer one is.
#[test]
fn older_installonly_package_beside_a_newer_one() {
    same(&[r#"
[zed]
ca-1-2.noarch
cb-1-2.noarch
[@System]
ca-2-1.x86_64 reason=User from=alpha
cb-2-1.noarch reason=User from=alpha
[main] installonlypkgs=ca,cb,cap0
$ install ca-1-2 -y
$ install cb-1-2 -y
"#]);
}

/// Of installed packages only those are "already installed" that the wanted repositories or vendors have.
#[test]
fn installed_packages_beside_wanted_repositories() {
    same(&[
        r#"
[alpha]
ba-1-1.x86_64
ba-2-1.x86_64
bc-1-1.noarch
[zed]
ba-1-1.x86_64
bc-1-1.noarch
[@System]
ba-1-1.x86_64 reason=User from=alpha
bc-1-1.noarch reason=Dependency from=zed
[main]
$ install --from-repo=alpha bc --assumeno
$ install --from-repo=alpha ba-1 --assumeno
$ install --from-repo=alpha b* --assumeno
$ install --from-repo=zed ba --assumeno
$ install --from-repo=zed ba --assumeno --no-best
$ upgrade --from-repo=zed ba --assumeno
$ downgrade --from-repo=zed ba --assumeno
$ distro-sync --from-repo=zed ba --assumeno
$ distro-sync --from-repo=zed bc --assumeno
"#,
        r#"
[alpha]
ba-1-1.x86_64 vendor=Acme
[zed]
bz-1-1.noarch
[@System]
ba-1-1.local.noarch vendor=Zeta reason=User from=alpha
bb-2-1.local.x86_64 reason=Dependency from=alpha
[main]
$ install --from-repo=alpha ba-1 --assumeno
"#,
        r#"
[alpha]
ba-1-1.x86_64 vendor=Acme
[zed]
bz-1-1.noarch
[@System]
ba-1-1.local.noarch vendor=Acme reason=User from=zed
bb-2-1.local.x86_64 reason=Dependency from=zed
[main]
$ install --from-vendor=Acme ba-1 --assumeno
"#,
        r#"
[alpha]
ba-1-1.x86_64 vendor=Acme
[zed]
bz-1-1.noarch
[@System]
ba-1-1.local.noarch vendor=Zeta reason=User from=zed
bb-2-1.local.x86_64 reason=Dependency from=zed
[main]
$ install --from-vendor=Acme ba-1 --assumeno
"#,
        r#"
[alpha]
ba-1-1.x86_64 vendor=Acme
[zed]
bz-1-1.noarch
[@System]
ba-1-1.local.noarch vendor=Zeta reason=User from=alpha
bb-2-1.local.x86_64 reason=Dependency from=zed
[main]
$ upgrade --from-repo=zed bb-2-1.local.x86_64 --assumeno
"#,
        r#"
[alpha]
ba-1-1.x86_64 vendor=Acme
[zed]
bz-1-1.noarch
[@System]
ba-1-1.local.noarch vendor=Zeta reason=User from=alpha
bb-2-1.local.x86_64 reason=Dependency from=alpha
[main]
$ downgrade --from-vendor=Acme bb-2-1.local.x86_64 --assumeno
"#,
        r#"
[alpha]
ba-1-1.x86_64 vendor=Acme
[zed]
bz-1-1.noarch
[@System]
ba-1-1.local.noarch vendor=Zeta reason=User from=alpha
bb-2-1.local.x86_64 reason=Dependency from=zed
[main]
$ distro-sync --from-repo=zed bb-2-1.local.x86_64 --assumeno
"#,
    ]);
}

/// What obsoletes something installed can be upgraded to without being installed.
#[test]
fn upgrade_to_what_obsoletes() {
    same(&[
        r#"
[alpha]
dc-2-1.x86_64 Obsoletes: cc <= 1;
dc-1-1.x86_64
de-2-1.x86_64 Obsoletes: ee;
de-1-1.x86_64 Obsoletes: ee;
dd-1-1.noarch
[zed]
dc-3-1.x86_64
[@System]
cc-1-2.noarch reason=User from=-
ee-1-1.noarch reason=User from=-
[main]
$ upgrade dc --assumeno
$ upgrade dc-2-1 --assumeno
$ upgrade d* --assumeno
$ upgrade dc.x86_64 --assumeno
$ upgrade de --assumeno
$ upgrade de-1-1 --assumeno
$ upgrade dc-1-1 --assumeno
$ upgrade dc dd --assumeno
$ upgrade @tools dd --assumeno
$ upgrade @tools dc --assumeno
$ downgrade dc --assumeno
$ downgrade dc-2-1 --assumeno
$ downgrade d* --assumeno
$ downgrade dc.x86_64 --assumeno
$ downgrade de --assumeno
$ downgrade de-1-1 --assumeno
$ downgrade dc-1-1 --assumeno
$ downgrade dc dd --assumeno
$ downgrade @tools dd --assumeno
$ downgrade @tools dc --assumeno
$ distro-sync dc --assumeno
$ distro-sync dc-2-1 --assumeno
$ distro-sync d* --assumeno
$ distro-sync dc.x86_64 --assumeno
$ distro-sync de --assumeno
$ distro-sync de-1-1 --assumeno
$ distro-sync dc-1-1 --assumeno
$ distro-sync dc dd --assumeno
$ distro-sync @tools dd --assumeno
$ distro-sync @tools dc --assumeno
$ reinstall dc --assumeno
$ reinstall dc-2-1 --assumeno
$ reinstall d* --assumeno
$ reinstall dc.x86_64 --assumeno
$ reinstall de --assumeno
$ reinstall de-1-1 --assumeno
$ reinstall dc-1-1 --assumeno
$ reinstall dc dd --assumeno
$ reinstall @tools dd --assumeno
$ reinstall @tools dc --assumeno
"#,
        r#"
[alpha]
dc-2-1.x86_64 Obsoletes: cc <= 1;
dc-1-1.x86_64
de-2-1.x86_64 Obsoletes: ee;
de-1-1.x86_64 Obsoletes: ee;
dd-1-1.noarch
[zed]
dc-3-1.x86_64
[@System]
cc-1-2.noarch reason=User from=-
ee-1-1.noarch reason=User from=-
[main] best=0 obsoletes=0
$ upgrade dc --assumeno
$ upgrade dc-2-1 --assumeno
$ upgrade d* --assumeno
$ upgrade dc.x86_64 --assumeno
$ upgrade de --assumeno
$ upgrade de-1-1 --assumeno
$ upgrade dc-1-1 --assumeno
$ upgrade dc dd --assumeno
$ upgrade @tools dd --assumeno
$ upgrade @tools dc --assumeno
"#,
    ]);
}

/// A conditional member of a group that is in no repository is passed over.
#[test]
fn conditional_members_that_are_not_there() {
    same(&[
        r#"
[mid]
group:
|<comps>
|<group><id>tools</id><name>The tools</name><packagelist>
|<packagereq type="default">bca</packagereq>
|<packagereq type="mandatory">bb</packagereq>
|<packagereq type="conditional" requires="bcd">ac</packagereq>
|</packagelist></group>
|</comps>
[@System]
bcd-1-2.local.x86_64 reason=User from=mid
[main]
$ group install tools --assumeno
$ group install tools --assumeno --best
$ group install tools --assumeno --skip-broken
$ install '(ac if bcd)' --assumeno
$ install '(bcd if ac)' --assumeno
"#,
        r#"
[mid]
zz-1-1.noarch Provides: ac;
yy-1-1.noarch Obsoletes: prov;
yz-1-1.noarch Obsoletes: real < 2;
group:
|<comps>
|<group><id>tools</id><name>The tools</name><packagelist>
|<packagereq type="conditional" requires="bcd">ac</packagereq>
|</packagelist></group>
|<group><id>core</id><name>The tools</name><packagelist>
|<packagereq type="conditional" requires="nix">zz</packagereq>
|<packagereq type="conditional" requires="bcd">zz</packagereq>
|</packagelist></group>
|</comps>
[@System]
bcd-1-2.local.x86_64 Provides: prov; reason=User from=mid
real-1-1.noarch reason=User from=mid
[main]
$ group install tools --assumeno
$ group install core --assumeno
$ upgrade yy --assumeno
$ upgrade yz --assumeno
"#,
    ]);
}

/// The list of a group says nothing about packages that are not installed, and holds them when they come.
#[test]
fn members_of_groups_that_are_not_installed() {
    same(&[
        r#"
[alpha]
bac-1-2.x86_64 Recommends: dc; Requires: dd;
dc-1-2.noarch
dd-1-1.noarch
de-2-1.noarch
[@System]
de-1-1.noarch reason=- from=-
df-1-1.noarch reason=Dependency from=-
[main]
/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|
|[groups]
|[groups.core]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["ba", "dc", "dd", "aa", "de", "df"]
|userinstalled = true
$ install bac -y
$ upgrade de -y
$ remove df -y
"#,
        r#"
[alpha]
de-2-1.noarch
dg-2-1.noarch
dh-2-1.noarch Requires: di;
[@System]
de-1-1.noarch reason=- from=-
df-1-1.noarch reason=Dependency from=-
dg-1-1.noarch reason=Dependency from=-
di-1-1.x86_64 reason=Dependency from=-
dj-1-1.x86_64 reason=User from=-
[main]
/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|
|[groups]
|[groups.core]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["ba", "dc", "dd", "aa", "de", "df", "dg", "di", "dj"]
|userinstalled = true
|
|[groups.game]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["df", "dg", "di"]
|userinstalled = true
$ mark dependency df -y
$ mark weak de -y
$ upgrade dg -y
$ mark user di -y
$ mark dependency di -y
$ mark group game di -y
$ mark dependency dj -y
"#,
    ]);
}

/// What is hidden in two ways is hidden by its lock if the lock hides all of it.
#[test]
fn locked_and_excluded() {
    same(&[
        r#"
[alpha]
cb-1-1.noarch
cb-2-1.noarch
cc-1-1.noarch
cc-2-1.noarch
cd-1-1.noarch
cd-2-1.noarch
[zed] excludepkgs=ce
ce-1-1.noarch
ce-2-1.noarch
[@System]
[main] excludepkgs=cb,cc-1-1,cd-2-1
/etc/dnf/versionlock.toml:
|version = "1.0"
|[[packages]]
|name = "c*"
|[[packages.conditions]]
|key = "evr"
|comparator = "="
|value = "9-1"
$ install cb --assumeno
$ install cc --assumeno
$ install cd --assumeno
$ install ce --assumeno
$ install c? --assumeno
$ install cb-1-1 --assumeno
"#,
        r#"
[alpha]
cb-1-1.noarch
cb-2-1.noarch
cc-1-1.noarch
cc-2-1.noarch
cd-1-1.noarch
cd-2-1.noarch
[zed] excludepkgs=ce
ce-1-1.noarch
ce-2-1.noarch
[@System]
[main] excludepkgs=cb,cc-1-1,cd-2-1
/etc/dnf/versionlock.toml:
|version = "1.0"
|[[packages]]
|name = "c*"
|[[packages.conditions]]
|key = "evr"
|comparator = "="
|value = "1-1"
$ install cb --assumeno
$ install cc --assumeno
$ install cd --assumeno
$ install ce --assumeno
$ install c? --assumeno
$ install cb-1-1 --assumeno
"#,
    ]);
}

/// `swap` takes any form of spec for what it removes.
#[test]
fn swap_removes_by_provide() {
    same(&[r#"
[alpha]
dd-2-1.noarch
[@System]
ad-1-1.noarch Provides: cap1; file /usr/bin/run; reason=User from=alpha
ae-1-1.noarch Provides: cap1; reason=User from=alpha
[main]
$ swap cap1 dd --assumeno
$ swap run dd --assumeno
$ swap /usr/bin/run dd --assumeno
$ swap 'cap1 >= 1' dd --assumeno
$ swap nix dd --assumeno
$ do --action=remove cap1 --action=install dd --assumeno
$ remove cap1 --assumeno
"#]);
}

/// Members of a group stay for others only if they cannot all go.
#[test]
fn members_that_others_need() {
    same(&[
        r#"
[alpha]
aa-2-1.noarch
ab-2-1.noarch
[@System]
aa-1-2.noarch Requires: ba; reason=Dependency from=zed
ab-1-2.noarch Requires: bb; reason=User from=zed
ac-1-2.noarch Requires: bc; reason=User from=zed
ba-1-1.x86_64 reason=- from=-
bb-1-1.x86_64 reason=- from=-
bc-1-1.x86_64 reason=- from=-
bd-1-1.x86_64 reason=- from=-
[main]
/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|
|[groups]
|[groups.tools]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["ba", "bb", "bc", "bd"]
|userinstalled = true
|
$ group remove tools --assumeno
"#,
        r#"
[alpha]
aa-2-1.noarch
ab-2-1.noarch
[@System]
aa-1-2.noarch Requires: ba; reason=Dependency from=zed
ab-1-2.noarch Requires: bb; reason=User from=zed
ba-1-1.x86_64 reason=- from=-
bb-1-1.x86_64 reason=- from=-
bc-1-1.x86_64 reason=- from=-
bd-1-1.x86_64 reason=- from=-
[main]
/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|
|[groups]
|[groups.tools]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["ba", "bb", "bc", "bd"]
|userinstalled = true
|
$ group remove tools --assumeno
"#,
        r#"
[alpha]
aa-2-1.noarch
[@System]
aa-1-2.noarch Requires: ba; reason=Dependency from=zed
ab-1-2.noarch Requires: bb; reason=User from=zed
ac-1-2.noarch Requires: bc; reason=User from=zed
ba-1-1.x86_64 reason=- from=-
bb-1-1.x86_64 reason=- from=-
bc-1-1.x86_64 reason=- from=-
bd-1-1.x86_64 reason=- from=-
[main]
/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|
|[groups]
|[groups.tools]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["ba", "bb", "bc", "bd"]
|userinstalled = true
|
$ group remove tools --assumeno
"#,
        r#"
[zed]
ca-1-2.x86_64
bd-1-1.noarch
cb-1-2.noarch vendor=Zeta
group:
|<comps>
|<group><id>core</id><name>The core</name><display_order>2</display_order><packagelist>
|<packagereq type="conditional" requires="ad">cad</packagereq>
|<packagereq type="default">bd</packagereq>
|<packagereq type="optional">bac</packagereq>
|<packagereq type="default">db</packagereq>
|<packagereq type="default">missing</packagereq>
|</packagelist></group>
|<group><id>games</id><name>The games</name><display_order>0</display_order><uservisible>false</uservisible><packagelist>
|<packagereq type="mandatory">cd</packagereq>
|<packagereq type="default">ad</packagereq>
|<packagereq type="optional">ac</packagereq>
|<packagereq type="mandatory">bdb</packagereq>
|</packagelist></group>
|<group><id>tools</id><name>The tools</name><display_order>2</display_order><packagelist>
|</packagelist></group>
|<environment><id>desk</id><name>The desk</name><grouplist><groupid>base</groupid><groupid>games</groupid><groupid>tools</groupid><groupid>nogroup</groupid></grouplist><optionlist><groupid>core</groupid></optionlist></environment>
|</comps>
[@System]
ca-1-1.noarch vendor=Zeta Requires: (cb and bd); reason=User from=zed
[main]
$ install @core -y
$ group remove core
"#,
    ]);
}

/// An environment upgrades its optional groups that are installed.
#[test]
fn installed_groups_of_an_environment() {
    same(&[r#"
[zed]
group:
|<comps>
|<group><id>games</id><name>The games</name><uservisible>false</uservisible><packagelist>
|<packagereq type="default">acc</packagereq>
|<packagereq type="default">acb</packagereq>
|<packagereq type="mandatory">aac</packagereq>
|<packagereq type="conditional" requires="acb">da</packagereq>
|</packagelist></group>
|<group><id>tools</id><name>The tools</name><display_order>2</display_order><packagelist>
|<packagereq type="optional">dbc</packagereq>
|</packagelist></group>
|<group><id>web</id><name>The web</name><display_order>3</display_order><packagelist>
|<packagereq type="mandatory">cc</packagereq>
|<packagereq type="mandatory">add</packagereq>
|<packagereq type="default">acc</packagereq>
|</packagelist></group>
|<environment><id>desk</id><name>The desk</name><grouplist><groupid>nogroup</groupid></grouplist><optionlist><groupid default="true">base</groupid><groupid>games</groupid><groupid>tools</groupid><groupid>web</groupid></optionlist></environment>
|<environment><id>server</id><name>The server</name><grouplist><groupid>base</groupid><groupid>core</groupid><groupid>games</groupid><groupid>tools</groupid><groupid>web</groupid><groupid>nogroup</groupid></grouplist><optionlist></optionlist></environment>
|</comps>
[@System]
[main]
/usr/lib/sysimage/libdnf5/groups.toml:
|version = "1.0"
|
|[groups]
|[groups.tools]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["ba", "aab"]
|userinstalled = true
|
|[groups.web]
|package_types = ["mandatory", "default", "conditional"]
|packages = ["bbd"]
|userinstalled = false
|
/usr/lib/sysimage/libdnf5/environments.toml:
|version = "1.0"
|
|[environments]
|desk = {groups = ["tools", "web"]}
|
$ upgrade @desk
"#]);
}

/// Whether anything is installed is looked at before where packages may come from.
#[test]
fn not_installed_before_not_in_repositories() {
    same(&[
        r#"
[mid]
[zed]
ddd-1.5~rc1-1.x86_64 vendor=Zeta
dde-1.5~rc1-1.x86_64 vendor=Zeta
[@System]
dde-1-1.i686 reason=User from=zed
[main]
$ downgrade --from-repo=mid ddd --assumeno
$ upgrade --from-repo=mid ddd --assumeno
$ distro-sync --from-repo=mid ddd --assumeno
$ reinstall --from-repo=mid ddd --assumeno
$ downgrade --from-vendor=Acme ddd --assumeno
$ upgrade --from-vendor=Acme ddd --assumeno
$ distro-sync --from-vendor=Acme ddd --assumeno
$ downgrade --from-repo=mid dde.x86_64 --assumeno
$ upgrade --from-repo=mid dde.x86_64 --assumeno
$ distro-sync --from-repo=mid dde.x86_64 --assumeno
"#,
        r#"
[zed]
ca-1-2.noarch Provides: cap0;
[@System]
ca-1-2.noarch vendor=Acme reason=Dependency from=mid
db-1-1.noarch Provides: cap0; reason=User from=mid
[main]
$ downgrade cap0
"#,
    ]);
}
