//! The answers of the real dnf5 5.4.6 over the same packages.
//!
//! The tables were taken from `dnf5 repoquery SPEC`, `dnf5 repoquery --whatOP DEP` and `dnf5 install --assumeno SPEC`
//! over a repository made with rpmbuild and createrepo_c from the packages below.

mod common;

use common::{Owned, catalog, sack};
use oxidnf_catalog::{
    ExcludeKind, Match, PackageSet, Query, Relation, RepoInfo, Sack, SpecForm, SpecHint, SpecSettings,
};
use oxidnf_catalog::{resolve_spec, spec_hints};
use oxidnf_core::nevra::NevraForm;
use rstest::rstest;

fn repository() -> Vec<Owned> {
    use Relation::{Conflicts, Enhances, Obsoletes, Provides, Recommends, Requires, Suggests, Supplements};
    let isa = |record: Owned, bits: &str| {
        let provide = format!("{}(x86-{bits}) = {}-{}", record.name, record.version, record.release);
        record.with(Provides, &provide)
    };
    let source = |nevra: &str| {
        let mut record = Owned::new(nevra);
        record.relations[0].clear();
        record
    };
    vec![
        source("foo-1.0-1.src"),
        source("foo-2.0-1.src"),
        source("baz-1.0~rc1-2.fc40.src"),
        isa(Owned::new("foo-1.0-1.x86_64"), "64").file("/usr/bin/foo"),
        isa(Owned::new("foo-1.0-1.i686"), "32"),
        isa(Owned::new("foo-2.0-1.x86_64"), "64").file("/usr/bin/foo"),
        Owned::new("foo-1:0.5-3.noarch"),
        Owned::new("foo-bar-1.0-1.noarch")
            .with(Provides, "libx = 1.2")
            .with(Requires, "foo >= 1.0")
            .with(Supplements, "foo"),
        Owned::new("foo-1.0-3-1.noarch"),
        Owned::new("Foo-1-1.noarch"),
        isa(Owned::new("baz-1.0~rc1-2.fc40.x86_64"), "64")
            .with(Provides, "libx = 2")
            .with(Requires, "(foo if foo-bar)")
            .with(Enhances, "(foo or zed)")
            .file("/usr/sbin/bazd")
            .file("/etc/baz.conf"),
        Owned::new("qux-2:1-1.noarch")
            .with(Requires, "libx < 2")
            .with(Requires, "/usr/bin/foo")
            .with(Recommends, "(alpha or foo >= 2)")
            .with(Obsoletes, "foo < 1.5")
            .with(Suggests, "weird"),
        Owned::new("pathy-1.05-1.noarch")
            .with(Provides, "/opt/thing")
            .with(Provides, "weird(x86-64) = 1:3-4")
            .with(Provides, "bash-like")
            .with(Requires, "(foo and baz)")
            .with(Conflicts, "(foo unless baz else weird)")
            .file("/usr/bin/bash")
            .file("/opt/deep/file"),
        Owned::new("wreq-1-1.noarch")
            .with(Requires, "(libx with weird(x86-64))")
            .with(Requires, "(libx without foo)")
            .with(Requires, "baz = 1.0~rc1-2.fc40"),
        Owned::new("qux-libs-1-1.noarch").with(Requires, "qux = 2:1"),
    ]
}

fn names(sack: &Sack, packages: &PackageSet) -> String {
    let mut names: Vec<String> =
        packages.iter().map(|id| sack.package(id).nevra().to_string().replace("baz-1.0~rc1-2.fc40", "baz")).collect();
    names.sort();
    names.join(" ")
}

const FOOS: &str = "Foo-1-1.noarch foo-1.0-1.i686 foo-1.0-1.src foo-1.0-1.x86_64 foo-1:0.5-3.noarch foo-2.0-1.src \
                    foo-2.0-1.x86_64";

// witness: dnf5 repoquery SPEC
#[rstest]
#[case("foo", FOOS)]
#[case("FOO", FOOS)]
#[case("fo?", FOOS)]
#[case("foo.*", FOOS)]
#[case("foo.x86_64", "foo-1.0-1.x86_64 foo-2.0-1.x86_64")]
#[case("foo.src", "foo-1.0-1.src foo-2.0-1.src")]
#[case("foo-1.0", "foo-1.0-3-1.noarch")]
#[case("foo-1.0-1", "foo-1.0-1.i686 foo-1.0-1.src foo-1.0-1.x86_64")]
#[case("foo-1.0-1.i686", "foo-1.0-1.i686")]
#[case("foo-0:1.0-1.i686", "foo-1.0-1.i686")]
#[case("foo-00:1.0-1.i686", "")]
#[case("foo-1:0.5", "foo-1:0.5-3.noarch")]
#[case("foo-1:0.5-3", "foo-1:0.5-3.noarch")]
#[case("foo-0.5-3", "foo-1:0.5-3.noarch")]
#[case("foo-0.5", "foo-1:0.5-3.noarch")]
#[case("foo-2:0.5-3", "")]
#[case("foo-*-3*", "foo-1:0.5-3.noarch")]
#[case("foo-*:0.5-3.noarch", "foo-1:0.5-3.noarch")]
#[case("foo-?:0.5-3.noarch", "foo-1:0.5-3.noarch")]
#[case("foo-1*", "foo-1.0-3-1.noarch")]
#[case("foo-[12].0-1", "foo-1.0-1.i686 foo-1.0-1.src foo-1.0-1.x86_64 foo-2.0-1.src foo-2.0-1.x86_64")]
#[case("foo*1.0*", "foo-1.0-3-1.noarch")]
#[case(
    "*-1.noarch",
    "Foo-1-1.noarch foo-1.0-3-1.noarch foo-bar-1.0-1.noarch pathy-1.05-1.noarch qux-2:1-1.noarch \
     qux-libs-1-1.noarch wreq-1-1.noarch"
)]
#[case("*-1:0.5*", "foo-1:0.5-3.noarch")]
#[case("*-0:1.0-1*", "foo-1.0-1.i686 foo-1.0-1.src foo-1.0-1.x86_64 foo-bar-1.0-1.noarch")]
#[case("foo-bar", "foo-bar-1.0-1.noarch")]
#[case("foo-bar-1.0", "foo-bar-1.0-1.noarch")]
#[case("foo-1.0-3", "foo-1.0-3-1.noarch")]
#[case("foo-1.0-3-1", "foo-1.0-3-1.noarch")]
#[case("foo-1.0-3-1.noarch", "foo-1.0-3-1.noarch")]
#[case("libx", "")]
#[case("libx = 2", "")]
#[case("/usr/bin/foo", "foo-1.0-1.x86_64 foo-2.0-1.x86_64")]
#[case("/usr/bin/*", "foo-1.0-1.x86_64 foo-2.0-1.x86_64 pathy-1.05-1.noarch")]
#[case("*/bazd", "baz.x86_64")]
#[case("bazd", "")]
#[case("/opt/thing", "")]
#[case("/opt/deep/file", "pathy-1.05-1.noarch")]
#[case("pathy-1.5", "")]
#[case("baz-1.0~rc1", "baz.src baz.x86_64")]
#[case("BAZ-1.0~RC1", "baz.src baz.x86_64")]
#[case("baz-1.0~rc1-2.fc40", "baz.src baz.x86_64")]
#[case("*.src", "baz.src foo-1.0-1.src foo-2.0-1.src")]
#[case("f[!o]*", "")]
#[case("qux-2:1", "qux-2:1-1.noarch")]
#[case("qux-1", "qux-2:1-1.noarch")]
#[case("qux-02:1", "")]
#[case("q*-2:*", "qux-2:1-1.noarch")]
#[case("*:0.5*", "foo-1:0.5-3.noarch")]
#[case("foo 2", "")]
#[case("foo = 2.0", "")]
#[case("weird*", "")]
#[case("nothing", "")]
#[case("", "")]
fn repoquery(#[case] spec: &str, #[case] want: &str) {
    let sack = sack(&[], &repository());
    let settings = SpecSettings {
        icase: true,
        with_source: true,
        with_provides: false,
        with_binaries: false,
        ..SpecSettings::default()
    };
    assert_eq!(names(&sack, &resolve_spec(&sack, spec, &settings).packages), want);
}

const NAME: SpecForm = SpecForm::Nevra(NevraForm::Name);

// witness: dnf5 install --assumeno SPEC
#[rstest]
#[case("foo-2.0", Some(SpecForm::Nevra(NevraForm::Nev)), "foo-2.0-1.x86_64")]
#[case("foo-bar*", Some(NAME), "foo-bar-1.0-1.noarch")]
#[case("foo-[b1]*", Some(NAME), "foo-1.0-3-1.noarch foo-bar-1.0-1.noarch")]
#[case("foo-1:0*", Some(SpecForm::Nevra(NevraForm::Nev)), "foo-1:0.5-3.noarch")]
#[case("libx", Some(SpecForm::Provides), "baz.x86_64 foo-bar-1.0-1.noarch")]
#[case("libx = 2", Some(SpecForm::Provides), "baz.x86_64")]
#[case("libx < 2", Some(SpecForm::Provides), "foo-bar-1.0-1.noarch")]
#[case("lib*", Some(SpecForm::Provides), "baz.x86_64 foo-bar-1.0-1.noarch")]
#[case("foo = 1.0", Some(SpecForm::Provides), "foo-1.0-1.i686 foo-1.0-1.x86_64")]
#[case("weird(x86-64)", Some(SpecForm::Provides), "pathy-1.05-1.noarch")]
#[case("weird*", Some(SpecForm::Provides), "pathy-1.05-1.noarch")]
#[case("bash-like", Some(SpecForm::Provides), "pathy-1.05-1.noarch")]
#[case("bash*", Some(SpecForm::Provides), "pathy-1.05-1.noarch")]
#[case("/opt/thing", Some(SpecForm::Provides), "pathy-1.05-1.noarch")]
#[case("/opt/*", Some(SpecForm::Provides), "pathy-1.05-1.noarch")]
#[case("*/deep/file", Some(SpecForm::File), "pathy-1.05-1.noarch")]
#[case("/usr/bin/f*", Some(SpecForm::Provides), "foo-1.0-1.x86_64 foo-2.0-1.x86_64")]
#[case("bazd", Some(SpecForm::Binary), "baz.x86_64")]
#[case("ba*d", Some(SpecForm::Binary), "baz.x86_64")]
#[case("bash", Some(SpecForm::Binary), "pathy-1.05-1.noarch")]
#[case("FOO", None, "")]
#[case("fOo-2.0", None, "")]
#[case("foo.src", None, "")]
#[case("baz.aarch64", None, "")]
#[case("libx=2", None, "")]
#[case("BASH", None, "")]
#[case("/usr/bin/FOO", None, "")]
fn install(#[case] spec: &str, #[case] form: Option<SpecForm>, #[case] want: &str) {
    let sack = sack(&[], &repository());
    let found = resolve_spec(&sack, spec, &SpecSettings::default());
    assert_eq!((names(&sack, &found.packages).as_str(), found.form), (want, form));
}

// witness: dnf5 repoquery --whatOP DEP (with --exactdeps for requires)
#[rstest]
#[case(Relation::Provides, "libx", "baz.x86_64 foo-bar-1.0-1.noarch")]
#[case(Relation::Provides, "libx = 2", "baz.x86_64")]
#[case(Relation::Provides, "libx =2", "baz.x86_64")]
#[case(Relation::Provides, " libx  =  2 ", "baz.x86_64")]
#[case(Relation::Provides, "libx= 2", "")]
#[case(Relation::Provides, "libx == 2", "")]
#[case(Relation::Provides, "libx => 2", "")]
#[case(Relation::Provides, "libx = 2 x", "")]
#[case(Relation::Provides, "libx =", "")]
#[case(Relation::Provides, "libx <= 1.2", "foo-bar-1.0-1.noarch")]
#[case(Relation::Provides, "libx > 2", "")]
#[case(Relation::Provides, "lib* > 1.5", "baz.x86_64")]
#[case(Relation::Provides, "foo >= 1.0", "foo-1.0-1.i686 foo-1.0-1.x86_64 foo-1:0.5-3.noarch foo-2.0-1.x86_64")]
#[case(Relation::Provides, "foo = 1:0.5-3", "foo-1:0.5-3.noarch")]
#[case(Relation::Provides, "FOO", "")]
#[case(Relation::Provides, "/usr/bin/foo", "foo-1.0-1.x86_64 foo-2.0-1.x86_64")]
#[case(Relation::Provides, "/usr/bin/f*", "foo-1.0-1.x86_64 foo-2.0-1.x86_64")]
#[case(Relation::Provides, "/opt/thing", "pathy-1.05-1.noarch")]
#[case(Relation::Provides, "weird(x86-64) = 1:3", "pathy-1.05-1.noarch")]
#[case(Relation::Provides, "pathy = 1.5", "pathy-1.05-1.noarch")]
#[case(Relation::Provides, "*oo", "Foo-1-1.noarch foo-1.0-1.i686 foo-1.0-1.x86_64 foo-1:0.5-3.noarch foo-2.0-1.x86_64")]
#[case(Relation::Requires, "foo", "baz.x86_64 foo-bar-1.0-1.noarch pathy-1.05-1.noarch")]
#[case(Relation::Requires, "libx", "qux-2:1-1.noarch wreq-1-1.noarch")]
#[case(Relation::Requires, "libx = 2", "wreq-1-1.noarch")]
#[case(Relation::Requires, "/usr/bin/*", "qux-2:1-1.noarch")]
#[case(Relation::Requires, "baz", "pathy-1.05-1.noarch wreq-1-1.noarch")]
#[case(Relation::Requires, "weird(x86-64)", "wreq-1-1.noarch")]
#[case(Relation::Requires, "(foo and baz)", "baz.x86_64 foo-bar-1.0-1.noarch pathy-1.05-1.noarch wreq-1-1.noarch")]
#[case(Relation::Recommends, "foo = 2.0", "qux-2:1-1.noarch")]
#[case(Relation::Recommends, "foo = 1.0", "")]
#[case(Relation::Recommends, "alpha", "qux-2:1-1.noarch")]
#[case(Relation::Supplements, "fo*", "foo-bar-1.0-1.noarch")]
#[case(Relation::Enhances, "zed", "baz.x86_64")]
#[case(Relation::Obsoletes, "foo", "qux-2:1-1.noarch")]
#[case(Relation::Obsoletes, "foo = 2.0", "")]
#[case(Relation::Conflicts, "foo = 1.0", "pathy-1.05-1.noarch")]
#[case(Relation::Conflicts, "weird", "pathy-1.05-1.noarch")]
#[case(Relation::Conflicts, "baz", "")]
#[case(Relation::Suggests, "weird", "qux-2:1-1.noarch")]
fn dependencies(#[case] relation: Relation, #[case] dep: &str, #[case] want: &str) {
    let sack = sack(&[], &repository());
    assert_eq!(names(&sack, Query::new(&sack).filter_relation_text(relation, &[dep]).packages()), want);
}

fn named(sack: &Sack, name: &str) -> PackageSet {
    Query::new(sack).filter_name(Match::Exact, &[name]).into_packages()
}

// witness: dnf5 repoquery --recursive --whatrequires NAME, less what the name itself does not provide
#[rstest]
#[case(
    "foo",
    "baz.x86_64 foo-bar-1.0-1.noarch pathy-1.05-1.noarch qux-2:1-1.noarch",
    "baz.x86_64 foo-bar-1.0-1.noarch pathy-1.05-1.noarch qux-2:1-1.noarch qux-libs-1-1.noarch wreq-1-1.noarch"
)]
#[case("qux", "qux-libs-1-1.noarch", "qux-libs-1-1.noarch")]
#[case("foo-bar", "qux-2:1-1.noarch wreq-1-1.noarch", "qux-2:1-1.noarch qux-libs-1-1.noarch wreq-1-1.noarch")]
#[case("wreq", "", "")]
fn dependents(#[case] name: &str, #[case] direct: &str, #[case] all: &str) {
    let sack = sack(&[], &repository());
    let packages = named(&sack, name);
    assert_eq!(names(&sack, &sack.related_to_packages(Relation::Requires, &packages)), direct);
    assert_eq!(names(&sack, &sack.related_recursively(Relation::Requires, &packages)), all);
}

// witness: dnf5 repoquery --providers-of=ATTR NAME, which shows the latest ones only
#[rstest]
#[case(Relation::Requires, "pathy", "baz.x86_64 foo-1.0-1.i686 foo-1:0.5-3.noarch foo-2.0-1.x86_64")]
#[case(Relation::Requires, "qux", "foo-2.0-1.x86_64 foo-bar-1.0-1.noarch")]
#[case(Relation::Recommends, "qux", "foo-1:0.5-3.noarch foo-2.0-1.x86_64")]
#[case(Relation::Requires, "wreq", "baz.x86_64 foo-bar-1.0-1.noarch")]
#[case(Relation::Requires, "foo", "")]
fn providers(#[case] relation: Relation, #[case] name: &str, #[case] want: &str) {
    let sack = sack(&[], &repository());
    let found = sack.providers_of(relation, &named(&sack, name));
    assert_eq!(names(&sack, Query::from_set(&sack, found).filter_latest(1).packages()), want);
}

#[test]
fn latest() {
    let sack = sack(&[], &repository());
    let foo = || Query::new(&sack).filter_name(Match::Exact, &["foo"]);
    let latest = "foo-1.0-1.i686 foo-1:0.5-3.noarch foo-2.0-1.src foo-2.0-1.x86_64";
    assert_eq!(names(&sack, foo().filter_latest(1).packages()), latest);
    assert_eq!(foo().filter_latest(2).len(), 6);
    assert_eq!(names(&sack, Query::new(&sack).filter_latest(-1).packages()), "foo-1.0-1.src foo-1.0-1.x86_64");
}

fn simple(nevras: &str) -> Vec<Owned> {
    nevras.split(' ').map(|nevra| Owned::new(&nevra.replacen('.', "-1.", 1))).collect()
}

fn system() -> Sack {
    let installed = "gone-1.noarch dup-1.noarch dup-2.noarch dup2-1.x86_64 dup2-1.i686 dup3-1.x86_64 dup3-2.i686 \
                     dup4-1.noarch dup4-2.x86_64 dup4-2.i686 up-1.noarch up-1.x86_64 up2-1.x86_64 up3-1.x86_64 \
                     up3-3.x86_64 dn-5.x86_64 dn-9.x86_64 up4-1.i686";
    let available = "up-2.x86_64 up-2.noarch up-3.i686 up2-2.noarch up2-3.i686 up3-2.x86_64 up3-4.x86_64 dn-4.x86_64 \
                     dn-7.x86_64 dn-3.noarch dup-1.noarch up4-2.x86_64 up4-3.noarch dup2-1.i686";
    sack(&simple(installed), &simple(available))
}

// witness: dnf5 repoquery --upgrades, --extras, --duplicates over the same system
#[test]
fn compared_with_the_system() {
    let sack = system();
    let text = |query: Query<'_>| {
        let packages = query.packages().iter().map(|id| sack.package(id));
        let mut texts: Vec<_> = packages.map(|p| format!("{}-{}.{}", p.name(), p.version(), p.arch())).collect();
        texts.sort();
        texts.join(" ")
    };
    let all = || Query::new(&sack);
    let upgrades = "up-2.noarch up-2.x86_64 up-3.i686 up2-2.noarch up3-4.x86_64 up4-3.noarch";
    assert_eq!(text(all().filter_upgrades()), upgrades);
    let extras = "dup2-1.x86_64 dup3-1.x86_64 dup3-2.i686 dup4-1.noarch dup4-2.i686 dup4-2.x86_64 gone-1.noarch \
                  up2-1.x86_64 up4-1.i686";
    assert_eq!(text(all().filter_extras()), extras);
    let duplicates = "dn-5.x86_64 dn-9.x86_64 dup-1.noarch dup-2.noarch up3-1.x86_64 up3-3.x86_64";
    assert_eq!(text(all().filter_duplicates()), duplicates);
    let upgradable = "up-1.noarch up-1.x86_64 up2-1.x86_64 up3-3.x86_64 up4-1.i686";
    assert_eq!(text(all().filter_upgradable()), upgradable);
    assert_eq!(text(all().filter_downgrades()), "dn-4.x86_64");
    assert_eq!(text(all().filter_downgradable()), "dn-5.x86_64");
}

#[test]
fn extras_ignore_excludes() {
    let mut sack = system();
    let up = Query::new(&sack).available().filter_name(Match::Glob, &["up*"]).into_packages();
    sack.set_excluded(up, ExcludeKind::Config);
    let up = Query::new(&sack).filter_name(Match::Exact, &["up3"]);
    assert_eq!(up.clone().filter_extras().len(), 0);
    assert_eq!(up.len(), 2);
    assert_eq!(Query::new(&sack).filter_upgrades().len(), 0);
}

#[test]
fn considers_includes_and_excludes() {
    let mut sack = Sack::new();
    let one = sack.add_repo(RepoInfo::available("one"), catalog(&simple("a-1.noarch b-1.noarch")));
    let two = sack.add_repo(RepoInfo::available("two"), catalog(&simple("a-1.noarch b-1.noarch")));
    let set = |sack: &Sack, repo, name: &str| {
        Query::from_set(sack, sack.repo_packages(repo)).filter_name(Match::Exact, &[name]).into_packages()
    };
    sack.set_included(set(&sack, one, "a"));
    sack.set_uses_includes(one, true);
    let seen = |sack: &Sack| {
        let ids = Query::new(sack).into_packages();
        let text = |id| format!("{}.{}", sack.repo(sack.repo_of(id)).id, sack.package(id).name());
        ids.iter().map(text).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen(&sack), "one.a two.a two.b");
    // An exclude beats an include.
    let mut excluded = set(&sack, one, "a");
    excluded.union(&set(&sack, two, "b"));
    sack.set_excluded(excluded, ExcludeKind::Versionlock);
    assert_eq!(seen(&sack), "two.a");
    assert_eq!(Query::with_excludes(&sack, oxidnf_catalog::Excludes::NONE).len(), 4);
}

#[test]
fn keeps_the_best_priority() {
    let mut sack = Sack::new();
    sack.add_repo(RepoInfo::available("low"), catalog(&simple("a-3.noarch a-3.i686 b-1.noarch")));
    let high = RepoInfo { priority: 10, ..RepoInfo::available("high") };
    sack.add_repo(high, catalog(&simple("a-1.noarch a-2.noarch")));
    let kept = Query::new(&sack).filter_priority();
    assert_eq!(names(&sack, kept.packages()), "a-1-1.noarch a-2-1.noarch a-3-1.i686 b-1-1.noarch");
}

// witness: dnf5 install --assumeno [-x …] SPEC
#[test]
fn hints() {
    let mut sack = sack(&[], &repository());
    let settings = SpecSettings::default();
    assert_eq!(spec_hints(&sack, "FOO", &settings), [SpecHint::OnlyIcase(vec!["Foo".into(), "foo".into()])]);
    assert_eq!(spec_hints(&sack, "fOo-2.0", &settings), [SpecHint::OnlyIcase(vec!["foo".into()])]);
    assert_eq!(spec_hints(&sack, "foo.src", &settings)[0], SpecHint::OnlySource);
    assert_eq!(spec_hints(&sack, "baz.aarch64", &settings), [SpecHint::OtherArch(vec!["x86_64".into()])]);
    assert_eq!(spec_hints(&sack, "BASH", &settings), []);
    let foo = Query::new(&sack).filter_name(Match::Glob, &["foo*", "baz"]).into_packages();
    sack.set_excluded(foo.clone(), ExcludeKind::Config);
    for spec in ["foo", "libx", "bazd", "foo-2.0"] {
        assert_eq!(spec_hints(&sack, spec, &settings)[0], SpecHint::OnlyExcluded, "{spec}");
    }
    sack.set_excluded(PackageSet::new(), ExcludeKind::Config);
    sack.set_excluded(foo, ExcludeKind::Versionlock);
    assert_eq!(spec_hints(&sack, "foo", &settings)[0], SpecHint::OnlyVersionlocked);
}
