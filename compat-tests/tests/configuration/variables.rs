//! Variables: forms, sources and their order.

use oxidnf_testkit::table::{Case, compare};

const EXPRESSIONS: &[&str] = &[
    "$v",
    "${v}",
    "$vv",
    "${v}v",
    "$v-x",
    "$v_",
    "a$v",
    "$",
    "$$",
    "$$v",
    "${",
    "${}",
    "${v",
    "$v}",
    "${v}}",
    "{$v}",
    "${nope}",
    "$nope",
    "${nope:-w}",
    "${v:-w}",
    "${e:-w}",
    "${e}",
    "${nope:+w}",
    "${v:+w}",
    "${e:+w}",
    "${nope:-}",
    "${v:+}",
    "${nope:-$v}",
    "${nope:-${v}}",
    "${nope:-${nope2:-deep}}",
    "${v:+${v}${v}}",
    "${v:-${nope:-x}}y",
    "${v:+a}b",
    "${nope:-a b}",
    "${nope:-a}b}",
    "${nope:-a\\}b}",
    "\\$v",
    "\\\\$v",
    "\\${v}",
    "\\v",
    "\\",
    "a\\",
    "\\}",
    "${v:=w}",
    "${v:?w}",
    "${v-w}",
    "${v+w}",
    "${v:w}",
    "${v:}",
    "${:-w}",
    "${ v}",
    "${v }",
    "$V",
    "$1",
    "${1}",
    "$v.w",
    "$v:w",
    "${nope:-:-}",
    "${nope:-$}",
    "${nope:-\\\\}",
    "$v$v$v",
    "${v}$nope${e}",
    "${long_name_1}",
    "$long_name_1x",
    "ü$v",
    "${ü}",
    "$basearch/$arch",
    "${basearch:-x}",
    "${nope:-{}}",
    "${nope:+${nope:-x}}y",
    "${v:+$nope}",
    "%v",
    "${v:+a$}b",
    "$(v)",
    "${v:+{a}b",
    "$releasever_major|$releasever_minor",
    "${releasever_minor:-none}",
    "$DNF0",
    "${DNF1}",
];

const VARS: &[(&str, &str)] = &[("v", "VALUE\n"), ("e", "\n"), ("long_name_1", "long\n"), ("loop", "$v\n")];

fn with_vars(case: Case) -> Case {
    VARS.iter().fold(case, |case, (name, value)| case.file(&format!("/etc/dnf/vars/{name}"), value))
}

#[test]
fn every_expression() {
    let mut file = String::new();
    for (number, expression) in EXPRESSIONS.iter().enumerate() {
        file.push_str(&format!("[r{number:03}]\nbaseurl=file:///b\nname=<{expression}>\n"));
    }
    let case = with_vars(Case::new("--dump-repo-config=* --releasever=41.2")).file("/etc/yum.repos.d/a.repo", &file);
    let mut cases = vec![case.env("DNF0", "zero").env("DNF1", "one")];
    // The main file is read before most variables are known.
    for expression in ["$v", "${v:-w}", "${nope:-w}", "$arch", "${basearch:+x}", "\\$v", "$releasever", "${c}"] {
        let conf = format!("[main]\nuser_agent={expression}\nexcludepkgs={expression}\n");
        cases.push(with_vars(Case::new("--dump-main-config --setvar=c=cli --releasever=9")).conf(&conf));
    }
    for expression in ["[$v]", "[${v}-x]", "[${nope:-n}]", "[$loop]", "[x$c]"] {
        let file = format!("{expression}\nbaseurl=file:///$v/$loop/${{loop:+$loop}}\n");
        cases.push(with_vars(Case::new("--dump-repo-config=* --setvar=c=cli")).file("/etc/yum.repos.d/a.repo", &file));
    }
    compare(&cases);
}

#[test]
fn sources() {
    let dump = || Case::new("--dump-variables");
    let etc = |case: Case, name: &str, value: &str| case.file(&format!("/etc/dnf/vars/{name}"), value);
    let usr = |case: Case, name: &str, value: &str| case.file(&format!("/usr/share/dnf5/vars.d/{name}"), value);
    let mut cases = vec![
        dump(),
        etc(dump(), "x", "1"),
        etc(dump(), "x", "1\n2\n"),
        etc(dump(), "x", ""),
        etc(dump(), "x", "\n1\n"),
        etc(dump(), "x", "  spaces  \n"),
        etc(dump(), "x", "cr\r\n"),
        etc(dump(), "x-y", "1\n"),
        etc(dump(), "x.y", "1\n"),
        etc(dump(), ".x", "1\n"),
        etc(dump(), "X", "1\n"),
        etc(dump(), "1x", "1\n"),
        etc(dump(), "x/y", "directory\n"),
        etc(usr(dump(), "x", "usr\n"), "x", "etc\n"),
        usr(dump(), "x", "usr\n"),
        etc(dump(), "x", "etc\n").env("DNF_VAR_x", "env"),
        etc(dump(), "x", "etc\n").env("DNF_VAR_x", ""),
        etc(dump(), "x", "etc\n").env("DNF_VAR_x", "env").arg("--setvar=x=cli"),
        dump().env("DNF_VAR_", "v"),
        dump().env("DNF_VAR_a-b", "v"),
        dump().env("DNF_VAR_releasever", "41"),
        dump().env("DNF_VAR_arch", "i686"),
        dump().env("DNF_VAR_basearch", "i386"),
        dump().env("DNF0", "z").env("DNF9", "n").env("DNF10", "t").env("DNFx", "x"),
        dump().env("DNF_VAR_DNF0", "a").env("DNF0", "b"),
        etc(dump(), "DNF3", "file\n"),
        etc(dump(), "arch", "i686\n"),
        etc(dump(), "basearch", "s390\n"),
        etc(dump(), "releasever", "40.5\n"),
        etc(dump(), "releasever", "40.5\n").arg("--releasever=41"),
        etc(dump(), "releasever", "\n"),
        etc(dump(), "releasever_major", "9\n"),
        etc(etc(dump(), "releasever_major", "9\n"), "releasever", "40.5\n"),
        etc(etc(dump(), "releasever_minor", "9\n"), "releasever", "40\n"),
        dump().file("/srv/v/x", "named\n").arg("--setopt=varsdir=root/srv/v"),
        dump().file("/srv/v/x", "named\n").conf("[main]\nvarsdir=/srv/v\n"),
        etc(dump(), "v", "1\n").arg("--dump-main-config").conf("[main]\nvarsdir=\n"),
    ];
    for args in [
        "--releasever=41",
        "--releasever=41.2",
        "--releasever=41.2.3",
        "--releasever=41.",
        "--releasever=.2",
        "--releasever=",
        "--releasever=rawhide",
        "--releasever=41 --releasever=42.1",
        "--releasever=/",
        "--releasever-major=8",
        "--releasever-minor=3",
        "--releasever-major=8 --releasever-minor=3",
        "--releasever=41.2 --releasever-major=8",
        "--releasever-major=8 --releasever=41.2",
        "--releasever=41 --releasever-minor=5",
        "--releasever-minor=5 --releasever=41",
        "--setvar=releasever=39.1",
        "--setvar=releasever=39 --releasever=40",
        "--releasever=40 --setvar=releasever=39.7",
        "--setvar=releasever_major=1 --releasever=40.2",
        "--setvar=x=1 --setvar=x=2",
        "--setvar=x=",
        "--setvar=x=a=b",
        "--setvar=x",
        "--setvar==1",
        "--setvar=a-b=1",
        "--setvar=arch=i686",
        "--setvar=basearch=i386",
        "--forcearch=i686",
        "--forcearch=i686 --setvar=arch=x86_64",
        "--forcearch=noarch",
        "--forcearch=riscv64",
        "--forcearch=armv7hl",
        "--forcearch=ppc64le",
        "--forcearch=s390x",
        "--forcearch=x86_64_v3",
    ] {
        cases.push(args.split(' ').fold(dump(), Case::arg));
    }
    compare(&cases);
}
