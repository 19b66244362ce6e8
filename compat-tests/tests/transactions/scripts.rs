//! Scriptlets and triggers: when they run, what they are told, and what their failure means.

use oxidnf_testkit::fuzz::package::{Family, Moment, Sense, flag};
use oxidnf_testkit::fuzz::{File, Package};

use super::{logs_everything, package, steps};

#[test]
fn prefixes_are_told_to_scriptlets() {
    let tell = |package: Package, moment: Moment| {
        package.script(moment, &format!("{{ echo {moment:?} $*; env | grep ^RPM_ | sort; }} >>/scripts.log"))
    };
    let movable = |version| {
        let mut made = Moment::ALL.into_iter().fold(package("movable", version), tell);
        made.prefixes = vec!["/opt".to_owned(), "/usr".to_owned()];
        made.file(File::regular("/opt/x", "x"))
    };
    steps("prefixes", [movable("1"), movable("2")], &["-U movable-1-1.noarch", "-U movable-2-1.noarch", "-e movable"]);
}

#[test]
fn excluded_prefixes_are_told_to_nobody() {
    let tell = |package: Package, moment: Moment| {
        package.script(moment, &format!("{{ echo {moment:?} $*; env | grep ^RPM_ | sort; }} >>/scripts.log"))
    };
    let movable = |version: &str, prefixes: &[&str]| {
        let mut made = Moment::ALL.into_iter().fold(package("movable", version), tell);
        made.prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        made.file(File::regular("/opt/x", "x")).file(File::regular("/usr/y", "y"))
    };
    for excluded in ["/opt", "/opt/", "/op", "/opt/x"] {
        steps(
            excluded,
            [movable("1", &["/opt"]), movable("2", &["/opt", "/usr"])],
            &[
                &format!("-U --excludepath={excluded} movable-1-1.noarch"),
                &format!("-U --excludepath={excluded} movable-2-1.noarch"),
                "-e movable",
            ],
        );
    }
}

#[test]
fn pretrans_runs_before_conflicts_are_found() {
    let file = |name: &str, content: &str| package(name, "1").file(File::regular("/usr/share/f", content));
    steps(
        "without a test before",
        [file("a", "1"), logs_everything(file("b", "2"))],
        &["-U a-1-1.noarch", "-U b-1-1.noarch", "-U --test b-1-1.noarch"],
    );
}

#[test]
fn own_triggers_go_by_all_names() {
    let mut owner = package("owner", "1");
    owner = owner.trigger(Family::Package, Sense::In, &["other"], None);
    owner = owner.trigger(Family::Package, Sense::Un, &["owner", "other"], None);
    steps(
        "the name that is met first decides",
        [owner, package("owner", "2"), package("other", "1")],
        &["-U owner-1-1.noarch other-1-1.noarch", "-U owner-2-1.noarch"],
    );
}

#[test]
fn transaction_file_triggers_after_erasures() {
    let owner = package("owner", "1")
        .trigger(Family::TransFile, Sense::PostUn, &["/opt/t/d"], Some(0))
        .trigger(Family::TransFile, Sense::In, &["/opt/t/d"], None)
        .trigger(Family::TransFile, Sense::Un, &["/opt/t/"], None)
        .file(File::dir("/opt/t/d"));
    let other = package("other", "1").file(File::regular("/opt/t/d", "d"));
    steps(
        "whole paths",
        [owner.clone(), other.clone()],
        &[
            "-U owner-1-1.noarch",
            "--reinstall owner-1-1.noarch",
            "-U --replacefiles other-1-1.noarch",
            "-e other",
            "-e owner",
        ],
    );
    let stays = owner.script(Moment::PreUnTrans, "exit 1");
    steps(
        "an owner whose erasure failed",
        [stays, other],
        &["-U --replacefiles owner-1-1.noarch other-1-1.noarch", "-e owner other"],
    );
}

#[test]
fn critical_scriptlets_fail_their_element() {
    let critical = |name: &str, moment: Moment| {
        let mut made = package(name, "1").file(File::regular(&format!("/opt/{name}"), "f")).script(moment, "exit 3");
        made.scripts[0].flags = 4;
        made.logs(Moment::PostTrans).trigger(Family::Package, Sense::In, &[name], None)
    };
    steps("post", [critical("a", Moment::Post), package("a", "2")], &["-U a-1-1.noarch", "-U a-2-1.noarch"]);
    steps("postun", [critical("b", Moment::PostUn)], &["-U b-1-1.noarch", "-e b"]);
    steps("posttrans", [critical("c", Moment::PostTrans)], &["-U c-1-1.noarch"]);
    // What was replaced by what failed in the end is not asked any more.
    let failing = |name: &str| {
        let mut made = package(name, "1").script(Moment::PostTrans, "exit 3");
        made.scripts[0].flags = 4;
        made.logs(Moment::PostUnTrans)
    };
    let old = package("d", "0").logs(Moment::PostUnTrans);
    steps("posttrans of an upgrade", [old, failing("d")], &["-U d-0-1.noarch", "-U d-1-1.noarch"]);
    steps("posttrans of a reinstallation", [failing("e")], &["-U e-1-1.noarch", "--reinstall e-1-1.noarch"]);
    let triggered = failing("f").trigger(Family::TransFile, Sense::In, &["/"], None);
    steps("posttrans before file triggers", [triggered.file(File::regular("/opt/f", "f"))], &["-U f-1-1.noarch"]);
}

#[test]
fn macros_and_query_formats_in_scriptlets() {
    let text = |flags: u32, body: &str| {
        let mut made = package("a", "1")
            .file(File::regular("/opt/b", "b").flags(flag::CONFIG))
            .file(File::dir("/opt/c"))
            .script(Moment::Post, body);
        made.scripts[0].flags = flags;
        made
    };
    for (flags, body) in [
        (1, "echo '%{_tmppath} %{?nosuch:x}%{!?nosuch:y} %% %{nosuch} 100%' >>/scripts.log"),
        (2, "echo '%{NAME}-%{VERSION} %{EPOCH} %{NEVRA} %{SIZE:hex} %{SUMMARY:shescape}' >>/scripts.log"),
        (2, "echo '[%{FILENAMES} %{FILEMODES:perms} %{FILEFLAGS:fflags} %{=NAME}|]%|EPOCH?{e}:{n}| %%' >>/scripts.log"),
        (2, "echo '[%{REQUIRENEVRS},]%-6{NAME}|%6{NAME}| %{BASENAMES:arraysize} %{FILEMODES:octal}' >>/scripts.log"),
        (3, "echo '%%{NAME} %{_tmppath}' >>/scripts.log"),
    ] {
        steps(body, [text(flags, body)], &["-U a-1-1.noarch"]);
    }
}

#[test]
fn only_files_that_are_there_set_off_triggers_of_erasures() {
    let watch = [Sense::Un, Sense::PostUn].into_iter().fold(package("w", "1"), |watch, sense| {
        let watch = watch.trigger(Family::TransFile, sense, &["/opt"], None);
        watch.trigger(Family::File, sense, &["/opt"], None)
    });
    let other = package("b", "1").file(File::regular("/opt/a", "b"));
    let one = package("a", "1").file(File::regular("/opt/a", "a").flags(flag::DOC));
    let two = one.clone().file(File::regular("/usr/b", "b"));
    for (what, packages, lines) in [
        ("left out by path", [one.clone(), other.clone()], ["-U --excludepath=/opt/a a-1-1.noarch", "-e a"]),
        ("all of a directory", [two, other.clone()], ["-U --excludepath=/opt/a a-1-1.noarch", "-e a"]),
        ("documentation", [one.clone(), other.clone()], ["-U --excludedocs a-1-1.noarch", "-e a"]),
        ("shared", [one.clone(), other.clone()], ["-U --define=_netsharedpath\u{a0}/opt a-1-1.noarch", "-e a"]),
        ("removed by hand", [one.clone(), other.clone()], ["-U a-1-1.noarch", "# rm /opt/a"]),
        ("replaced", [one, other], ["-U a-1-1.noarch", "-U --replacefiles b-1-1.noarch"]),
    ] {
        let last = if lines[1] == "-e a" { "# true" } else { "-e a" };
        let packages = packages.into_iter().chain([watch.clone()]);
        steps(what, packages, &["-U w-1-1.noarch", lines[0], lines[1], last]);
    }
}

#[test]
fn what_lua_prints_is_buffered() {
    let mut old = package("a", "1").script(Moment::PreUnTrans, "print('lua prints')");
    old.scripts[0].program = vec!["<lua>".to_owned()];
    let failing = package("b", "1").script(Moment::Pre, "echo said; exit 1");
    steps("until rpm ends", [old, package("a", "2"), failing], &["-U a-1-1.noarch", "-U a-2-1.noarch b-1-1.noarch"]);
}

#[test]
fn what_lua_sets_is_inherited() {
    let told = "env | grep -e ^KEPT -e ^RPM_ -e ^PATH= | sort >>/scripts.log";
    let sets = "posix.setenv('RPM_KEPT', 'set'); posix.putenv('KEPT=1'); posix.setenv('PATH', '/no')";
    let mut made = package("a", "1")
        .script(Moment::PreTrans, sets)
        .script(Moment::Pre, told)
        .script(Moment::Post, "posix.unsetenv('RPM_KEPT')")
        .script(Moment::PostTrans, told);
    for at in [0, 2] {
        made.scripts[at].program = vec!["<lua>".to_owned()];
    }
    let other = package("b", "1").script(Moment::Post, told);
    let lines = ["-U a-1-1.noarch b-1-1.noarch", "-U --replacepkgs b-1-1.noarch"];
    steps("one process runs them all", [made, other], &lines);
}

#[test]
fn macros_of_scriptlets_are_kept() {
    let told = "echo '%{kept} %{?other} %{?_tmppath}' >>/scripts.log; echo \"$PATH ${0%/*}\" >>/scripts.log";
    let lua = "local f = io.open('/scripts.log', 'a'); f:write(rpm.expand('%{kept} %{?other}\\n')); f:close()";
    let mut made = package("a", "1")
        .script(Moment::PreTrans, "rpm.define('kept by lua'); rpm.define('_tmppath /opt/tmp')")
        .script(Moment::Pre, told)
        .script(Moment::Post, "%{define:other by -e}echo '%{other}' >>/scripts.log")
        .script(Moment::PostTrans, lua);
    for (number, (flags, lua)) in [(0, true), (1, false), (1, false), (0, true)].into_iter().enumerate() {
        made.scripts[number].flags = flags;
        if lua {
            made.scripts[number].program = vec!["<lua>".to_owned()];
        }
    }
    let mut undefines = package("b", "1")
        .script(Moment::Pre, "rpm.undefine('kept'); rpm.define('_install_script_path /bin:/opt')")
        .script(Moment::Post, told);
    undefines.scripts[0].program = vec!["<lua>".to_owned()];
    undefines.scripts[1].flags = 1;
    let lines = ["-U a-1-1.noarch b-1-1.noarch", "-U --replacepkgs b-1-1.noarch"];
    steps("one process expands them all", [made, undefines], &lines);
    for (lua, text) in [
        (
            "rpm.undefine('_tmppath')",
            "echo \"$0 $PATH\" | sed 's/tmp[.].*/tmp/' >>/scripts.log; ls -d /*tmp* >>/scripts.log",
        ),
        ("rpm.undefine('_install_script_path')", "echo \"$PATH\" >>/scripts.log"),
        ("rpm.define('_tmppath relative/place')", "echo \"${0%/*}\" >>/scripts.log"),
    ] {
        let mut made = package("a", "1").script(Moment::Pre, lua).script(Moment::Post, text);
        made.scripts[0].program = vec!["<lua>".to_owned()];
        steps(lua, [made], &["-U a-1-1.noarch"]);
    }
}

/// The macro language, as scriptlets with `-e` use it: one scriptlet for all that goes well.
#[test]
fn the_language_of_macros() {
    let lines = r"
%define foo(x:y) <0=%0 n=%# *=%* **=%** 1=%1 2=%2 x=%-x %{-x} %{-x*} %{-x:X=%{-x*}} %{!-x:nox} y=%-y %{-y} %{!-y:noy}>
%define bar() {%#:%*:%1}
%define plain text
%define noopt(-) |%#:%*|
%foo a b c
%foo -x val -y a b c
%{foo a b c} tail
%{foo:a b c} tail
%{foo -x1 -y a} tail, %{foo -yx1 -x 2}
%foo
%{foo}
%{?foo: alt} %{?foo}
%bar a b
second line %bar
%bar a %plain x cont
%noopt -x -y a
%{noopt -x -y a}
%plain arg %{plain}
%{bar %{bar x y} z}
%{bar:%{bar:x y} z}
%{bar %{quote:a b} c}
%bar a b # c
%{1} %1 %* %# %0
%{define:zz(a) QQ%1}%zz w
%{nosuch %plain}|%{nosuch:%plain}|%nosuch %plain|%{nosuch%{plain}}
%{?nosuch arg} %{?plain arg}
%{bar
a}
%{bar a  b	c}|%{bar  }|%{bar:}|%{bar: a b }
%{bar}}%{?bar a b}|%?bar a b|%!?bar
%{bar:a
b}
%{upper:abc} %{lower:ABC} %{len:abc} %{basename:/a/b} %{dirname:/a/b} %{suffix:a.b} %{reverse:abc}
%upper abc def
%{shrink: a  b } %{quote:a} %{expand:%{plain}%%plain} %{url2path:http://h/p} %{u2p:/p}
%{rpmversion} %{macrobody:plain} %{macrobody:bar} %{getconfdir} %{verbose}
%{suffix:abc}|%{suffix:a.b.c}|%{dirname:a}|%{dirname:/a}|%{dirname:/}|%{url2path:http://h}|%{shescape:a b}
%{dnl hidden} %dnl hidden
next
%{?plain:%{bar a}} %{!?plain:x} %{!plain} %{!?plain} %{!?nosuch}
%global gg(x) G%1-%{plain}
%gg 1
%define ml(x)  line1 %1  line2
[%ml z]
%define br(x) {
 line1 %1
 line2 }
[%br z]
%define one {a} x
[%one]
%define two {a{b}c\}d}
[%two]
%define three a\c\%d
%three
%{expand:%%define nested(x) N%%1}%nested 5
%define outer(x) %{bar p q} %1 %{inner}%{?2:two}%{!?2:no two}
%define inner %1-%#
%outer o
%define scoped() %{define:local 1}%{global:everywhere 2}%local%everywhere
%scoped
%local%everywhere
%define x 1
%define x 2
%undefine x
%x %undefine x
%x
%define four(a b) f%1
%{four 1 2}
100%|%|% |%!|%?|%{}|%{?}|%{!}|%%|%%plain
%define w() %{bar %{quote:%1 %1} z}
%w a
%{bar %{quote:} z}|%{bar:%{quote:a b}}
%{plain}%{?plain:%{?nosuch:deep}%{!?nosuch:%{bar deep}}}
";
    let body = format!("cat >>/scripts.log <<'END'{lines}END\n");
    let mut made = package("a", "1").script(Moment::Post, &body);
    made.scripts[0].flags = 1;
    steps("all of it", [made], &["-U a-1-1.noarch"]);
}

#[test]
fn macros_called_from_lua() {
    let body = r"
local f = io.open('/scripts.log', 'a')
local function tell(...) for i = 1, select('#', ...) do f:write(tostring((select(i, ...))), '|') end f:write('\n') end
rpm.define('bar() {%#:%*:%1}') rpm.define('opt(a:b) %{-a:A=%{-a*}}%{-b:B}%{!-b:noB}(%*)') rpm.define('  plain   text  ')
tell(rpm.expand('%bar a b\nc %{opt -a 1 -b x} %{opt:-b}'), macros.plain, type(macros.bar), type(macros.zz), type(macros.upper))
tell(macros.bar('x y'), macros.bar{'x y', 'z'}, macros.opt{'-a', 'q', '%plain'}, macros.opt('-a q'), macros.bar('%plain'), macros.bar(1), macros.bar{1, 2})
tell(macros.upper('abc'), macros.upper{'abc'}, pcall(function() local none = macros.bar() return none end))
tell(select('#', rpm.isdefined('bar')), rpm.isdefined('bar')) tell(rpm.isdefined('plain')) tell(rpm.isdefined('upper')) tell(rpm.isdefined('zz'))
macros.qq = 'x' macros['r(a)'] = '<%1>' tell(rpm.expand('%qq %{r 4}'))
macros.qq = nil tell(rpm.isdefined('qq'))
rpm.define('x 1') rpm.define('x 2') rpm.undefine('x') tell(macros.x) rpm.undefine('x') tell(macros.x)
tell(rpm.expand('%{define:made by %plain}%made'), macros.made)
tell(pcall(function() local none = macros.bar('a', 'b') return none end))
f:close()";
    let mut made = package("a", "1").script(Moment::Post, body);
    made.scripts[0].program = vec!["<lua>".to_owned()];
    steps("parameters from both sides", [made], &["-U a-1-1.noarch"]);
}

#[test]
fn macros_and_bytes() {
    let text = "\u{e9}\u{ff}\u{1f}%{_tmppath}%{quote:x \u{e9}}%{len:\u{e9}x}%{upper:\u{e9}x}%{reverse:\u{e9}x}";
    let mut made = package("a", "1").script(Moment::Post, &format!("echo '{text}' >>/scripts.log"));
    made.scripts[0].flags = 1;
    let lua = format!(
        "rpm.define('bar() {{%#:%*:%1}}') rpm.define('own \u{e9}%1')\n\
         local f = io.open('/scripts.log', 'a') f:write(rpm.expand('{text}%own'), '|',\n\
         rpm.expand('%{{bar x\u{1f}y z\u{1f} w}}%{{bar %{{upper:%{{quote:a b}}}}}}%{{len:%{{quote:a b}}}}'), '|',\n\
         macros.bar('a\u{1f}b \u{e9}\u{1f}'), macros.bar{{'a\u{1f}b \u{e9}'}}, '\\n') f:close()"
    );
    let mut other = package("b", "1").script(Moment::Post, &lua);
    other.scripts[0].program = vec!["<lua>".to_owned()];
    steps("texts that are not UTF-8", [made, other], &["-U a-1-1.noarch", "-U b-1-1.noarch"]);
}
