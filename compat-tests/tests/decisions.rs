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
