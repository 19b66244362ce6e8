//! Query formats beside the real rpm: every formatter, every computed tag, and what is wrong with a format.

use std::fs;

use oxidnf_testkit::raw_header::RawPackage;
use oxidnf_testkit::tag::{Entry, OwnedValue, Tag};
use oxidnf_testkit::{Oracle, World, fixture, rpm};

const KEY: &str = "Fixture Signer <signer@example.org>";

/// A package with something of everything, in the given format.
fn rich(format: u32) -> String {
    format!("%define _rpmformat {format}\n%define debug_package %{{nil}}\n%define _build_id_links none\n{RICH}")
}

const RICH: &str = r#"
Name: rich
Epoch: 3
Version: 1.0~rc1
Release: 2
Summary: Rich & <odd> "summary"
Summary(de): Reich
License: MIT
Group: Test/Group
URL: https://example.org/?a=b&c
Vendor: It's a vendor
Requires: lib >= 2:1.0
Requires(pre): /bin/sh
Requires(post): coreutils
Requires(preun): x1
Requires(postun): x2
Requires(pretrans): x3
Requires(posttrans): x4
Requires(meta): metathing
Requires: (a or b)
Provides: user(rich) = dSByaWNoIC0gLSAvIC0A
Provides: group(odd) = %%
Provides: rich(x) < 4
Conflicts: other < 2
Obsoletes: ancient <= 3
Recommends: nice
Suggests: nicer = 3
Supplements: sup
Enhances: enh
OrderWithRequires: ord
Prefix: /opt
%description
Line one.

  Line	three \ back.
%description -l de
Zeile.
%install
mkdir -p %{buildroot}/opt/rich/dir %{buildroot}/etc
echo plain > %{buildroot}/opt/rich/plain
ln %{buildroot}/opt/rich/plain %{buildroot}/opt/rich/hard
ln -s plain %{buildroot}/opt/rich/link
printf '#!/bin/sh\necho\n' > %{buildroot}/opt/rich/script; chmod 755 %{buildroot}/opt/rich/script
echo a > %{buildroot}/etc/rich.conf
cp /bin/true %{buildroot}/opt/rich/elf
mkfifo %{buildroot}/opt/rich/fifo
%files
%defattr(-,root,root)
%dir /opt/rich
%dir %attr(1777,root,root) /opt/rich/dir
/opt/rich/plain
/opt/rich/hard
/opt/rich/link
/opt/rich/fifo
%attr(4755,root,root) /opt/rich/script
%caps(cap_net_raw=ep) /opt/rich/elf
%config(noreplace) %verify(not mtime size) /etc/rich.conf
%lang(de) %doc %ghost /opt/rich/ghost
%pre -p <lua>
print("x")
%post -e
echo 'it''s %%{_bindir} %%{nosuch}'
%posttrans -q
echo
%verifyscript
exit 1
%triggerin -- foo > 3, bar
echo in
%triggerun -p /bin/bash -- foo
echo un
%triggerpostun -- baz < 1
echo pun
%triggerprein -- bau
echo pun
%filetriggerin -P 100 -- /usr/lib /opt
echo x
%transfiletriggerin -- /usr/share
echo y
%changelog
* Thu Jan 02 2020 Me <me@x.org> - 3:1.0-2
- second
* Wed Jan 01 2020 Me <me@x.org> - 3:1.0-1
- first
"#;

/// Formats without a mistake, in one call.
const GOOD: &[&str] = &[
    "%{HEADERIMMUTABLE:hex} %{HEADERIMMUTABLE:arraysize}",
    "%{SIGMD5:base64} %{SIGMD5:armor} %{SIGMD5:json} %{SIGMD5:xml} %{SIGMD5:pgpsig} %{SIGMD5:shescape} %{SIGMD5}",
    "%{NAME:armor} %{PROVIDENAME:armor} %{NAME:pgpsig} %{SUMMARY:armor} %{SUMMARY:pgpsig} %{EPOCH:armor} %{EPOCH:pgpsig}",
    "%{POSTIN:expand} %{SIZE:expand} %{SIGMD5:expand}",
    "[%{TRIGGERFLAGS:triggertype} ] [%{REQUIREFLAGS:deptype} ] [%{REQUIREFLAGS:depflags} ] [%{REQUIREFLAGS:hex} ]",
    r"[%{FILEMODES:perms} %{FILEVERIFYFLAGS:vflags} %{FILEVERIFYFLAGS:fstatus} %{FILEFLAGS:fflags} %{FILEMODES:octal}\n]",
    r"[%{FILECLASS}|%{FILEMIMES}|%{FILEPROVIDE}|%{FILEREQUIRE}|%{FILENLINKS}\n]",
    r"[%{TRIGGERTYPE} %{TRIGGERCONDS} %{TRIGGERSCRIPTPROG}\n]",
    r"[%{FILETRIGGERTYPE} %{FILETRIGGERCONDS}\n][%{TRANSFILETRIGGERTYPE} %{TRANSFILETRIGGERCONDS}\n]",
    "[%{ORIGFILENAMES}]%{ORIGFILENAMES}|%{INSTFILENAMES}|[%{INSTFILENAMES} ]",
    "%{HEADERCOLOR} %{SYSUSERS} %{RPMFORMAT} %{LONGARCHIVESIZE} %{ARCHSUFFIX} %{EPOCHNUM:tagname} %{EPOCHNUM:tagnum}",
    "%{FILEDIGESTALGO:hashalgo} %{SIZE:hashalgo} %{SIZE:humansi} %{SIZE:humaniec} %{EPOCH:humansi} %{BUILDTIME:humaniec}",
    "[%{DIRINDEXES:hashalgo} %{DIRINDEXES:fstate} %{FILESTATES:fstate} %{DIRINDEXES:vflags}|]",
    "%{NAME:tagname} %{RPMTAG_NAME:tagnum} %{RPMTAG_name} %{name}",
    "%{CHANGELOGTIME:date} %{CHANGELOGTIME:day} %{NAME:date} %{EPOCH:octal} %{NAME:octal} %{SIGMD5:date}",
    "[%{FILEFLAGS:perms} ][%{TRIGGERFLAGS:perms} ][%{TRIGGERFLAGS:permissions} ]",
    "%5-{NAME}|%-5-{NAME}|%05{NAME}|%--9{NAME}|%9-9{NAME}|%-{NAME}|%12{NAME}|%-12{NAME}|%-12{EPOCH}|",
    "%{#PROVIDENAME} %{#NAME} %{#EPOCH} %{#DISTTAG} %{DISTTAG:arraysize} %{#PROVIDENAME:hex} [%{#PROVIDENAME} %{PROVIDENAME},]",
    "[%{=NAME}] [%{NAME}%{EPOCH}] [%|EPOCH?{%{PROVIDENAME}}:{}|] [%|EPOCH?{%{PROVIDENAME} }:{}|%{BASENAMES} ]",
    "[[%{PROVIDENAME} ]%{NAME}] [%{BASENAMES}[%{PROVIDENAME} ]] [%{BASENAMES} %{DISTTAG}] [%{DISTTAG}] [abc] [%{=NAME} x]",
    r"a{b x\ny\q\0z\%\{\}\[\]\\ 100%% %{NAME}%%%%x",
    "%|NAME?{a}| %|NAME?{}|x %|NOSUCH?{a}:{b}| %|NAME:hex?{a}:{b}| %|=NAME?{a}:{b}| %|DISTTAG?{a}|",
    "%|NAME?{%|EPOCH?{e}:{n}|}:{x}| %|NAME?{[%{PROVIDENAME} ]}:{x}| %|HEADERIMMUTABLE?{a}:{b}| %|VERBOSE?{a}:{b}|",
    "%|DBINSTANCE?{a}:{b}| %|ORIGFILENAMES?{a}:{b}| %|INSTFILENAMES?{a}:{b}| %|FILENAMES?{a}:{b}| %|OPENPGP?{a}:{b}|",
    "a%{*:json} [%{NAME}%{*:json}] [a%{*:json}] %|NAME?{%{*}}|",
    "%{P} %{R} %{O} %{C} %{N} %{E} %{V} %{FILEMD5S} %{ENHANCES} %{GIF} %{OLDENHANCES} %{OLDSUGGESTS}",
    "%{PROVIDES} %{REQUIRES} %{CONFLICTS} %{OBSOLETES} %{RECOMMENDS} %{SUGGESTS} %{SUPPLEMENTS}",
    "%{FILENAMES} %{LONGFILESIZES} %{FILESIZES} %{GROUP} %{DESCRIPTION:shescape} %{VENDOR:shescape} %{EPOCH:shescape}",
    "%{DESCRIPTION:json} %{SUMMARY:xml} [%{SUMMARY} ] %{#SUMMARY} [%{SUMMARY} %{NAME}] [%{FILECAPS:xml}] [%{FILECAPS:json}]",
    "%{PUBKEYS} %{OPENPGP:pgpsig} %{RSAHEADER:pgpsig} %{DSAHEADER} %{SIGPGP:pgpsig} [%{OPENPGP:pgpsig}|]",
    "%{RSAHEADER:armor}%{OPENPGP:armor}%{RSAHEADER:base64}%{RSAHEADER:json}%{RSAHEADER:xml}",
    "[%{RECOMMENDNEVRS}%{SUGGESTNEVRS}%{SUPPLEMENTNEVRS}%{ENHANCENEVRS}] [%{CONFLICTNEVRS}%{OBSOLETENEVRS}] [%{PROVIDENEVRS} ]",
    "%{NVR} %{NVRA} %{NEVR} %{NEVRA} %{EVR} %{EPOCHNUM} %{LONGSIZE} %{LONGSIGSIZE} %{LONGSIZE:hex} %{LONGSIZE:octal}",
    "[%{FILESTATES}|] [%{FILESTATES:hex}] [%{FILESTATES:xml}] [%{FILESTATES:json}]",
    "[%{FILEMODES:humansi} %{FILEMTIMES:humansi} %{FILESIZES:date} %{FILESIZES:humaniec} %{FILESIZES:day}|]",
];

/// Each alone: mistakes, and formats that empty all that is around them or go through the whole header.
const ALONE: &[&str] = &[
    "a%{PROVIDENAME:pgpsig}b",
    "[%{*:json}]",
    r"[%{*:xml}\n]",
    "[%{*:xml}]x",
    "%{*:xml}",
    "%{*:json}",
    r"[%{*}\n]",
    "[%{*:tagname} ]",
    r"[%{*:tagnum}\n]",
    "[%{*:armor} ]",
    r"[%{=*:json}\n]",
    r"[%{#*}\n]",
    "[%{*:json}[%{NAME}]]",
    "[%{*:nosuch}]",
    "%{HEADERIMMUTABLE} %{HEADERIMMUTABLE:base64}",
    "%{rpmtag_name}",
    "%{RPMTAG_:x}",
    "%{NAME:nosuch}",
    "%{NAME:}",
    "%{:x}",
    "%{}",
    "%5%",
    "%5.3{NAME}",
    "% 5{NAME}",
    "%{#NOSUCH}",
    "[%{NAME} %{PROVIDENAME}]",
    "a]b",
    "a}b",
    "a[b",
    "[a}b]",
    "%|NAME?{a]}:{b}|",
    "%|NAME?{a}:{b}",
    "%|NAME?{a}:{b}x",
    "%|NAME?{a}x",
    "%|NAME?{a}",
    "%|NAME?{a}:",
    "%|NAME?{a}:b|",
    "%|NAME?a|",
    "%|NAME",
    "%|NAME?{a",
    "%|NAME?{a}:{b",
    "%|NAME?",
    r"x\",
    "%{=BASENAMES} %{=#NAME}",
    "%{NAME%{EPOCH}}",
    "%%{NAME}",
    "%{NAME",
    "%",
    "%{HDRID}",
    "%{PKGID}",
];

fn built(spec: &str) -> Vec<u8> {
    let repo = fixture::family(&Oracle::find(), spec);
    fs::read(repo.dir().join("rich-1.0~rc1-2.x86_64.rpm")).expect("the fixture was built")
}

/// Compares the formats for what follows `-q`.
fn formats(world: &World, subject: &str) {
    world.both_rpms(&format!(
        "-q --qf '{}\\n' {subject}",
        GOOD.iter().map(|f| f.replace('\'', "'\\''")).collect::<Vec<_>>().join("\\n")
    ));
    for format in ALONE {
        world.both_rpms(&format!("-q --qf '{format}' {subject}"));
    }
}

#[test]
fn of_packages_of_both_formats() {
    for format in [4, 6] {
        let world = World::new();
        let path = world.put("rich.rpm", &built(&rich(format)));
        formats(&world, &format!("-p {path}"));
        for form in [
            "--xml",
            "--json",
            "--triggers",
            "--filetriggers",
            "--filesbypkg",
            "--fileclass",
            "--filemime",
            "--filecolor",
            "--fileprovide",
            "--filerequire",
            "--filecaps",
            "--changes",
            "--changelog",
            "--scripts",
            "-v --requires",
            "-v --provides --conflicts --obsoletes",
            "-v --recommends --suggests --supplements --enhances",
            "-i",
            "--triggerscripts --filetriggerscripts",
            "-v",
        ] {
            world.both_rpms(&format!("-qp {form} {path}"));
        }
    }
}

#[test]
fn of_an_installed_package() {
    let world = World::new();
    let path = world.put("rich.rpm", &built(&rich(4)));
    world.rpm(&format!(
        "-U --nodeps --noscripts --notriggers --nosysusers --excludepath=/opt/rich/dir --relocate /opt=/srv/opt {path}"
    ));
    for format in GOOD {
        world.both_rpms(&format!("-q --qf '{}' rich", format.replace('\'', "'\\''")));
    }
    world.both_rpms(r"-q --qf '%{DBINSTANCE} [%{FILENAMES} %{ORIGFILENAMES}\n] %{INSTPREFIXES}' rich");
}

#[test]
fn of_signed_packages() {
    let world = World::new();
    for format in ["4", "6"] {
        let repo = fixture::repo(&Oracle::find(), &[rpm("foo").define("_rpmformat", format).signed_by(KEY)]);
        let bytes = fs::read(repo.dir().join("foo-1-1.noarch.rpm")).expect("the fixture was built");
        let path = world.put("foo.rpm", &bytes);
        world.both_rpms(&format!("-qp --qf '{}\\n' {path}", GOOD[29..31].join("\\n")));
        world.both_rpms(&format!("-qp --xml {path}"));
    }
}

#[test]
fn of_headers_that_nobody_builds() {
    let world = World::new();
    let bytes = built(&rich(4));
    let show = |what: &str, tag: Tag, value: OwnedValue, format: &str| {
        let changed = RawPackage::of(&bytes).with_entries(|entries| {
            entries.retain(|entry| entry.tag != tag);
            entries.push(Entry::new(tag, value));
            entries.sort_by_key(|entry| entry.tag);
        });
        let path = world.put(&format!("{what}.rpm"), &changed.with_digests().bytes());
        world.both_rpms(&format!("-qp --qf '{format}' {path}"));
    };
    let modes = (0..16).map(|kind: u16| kind << 12 | 0o7777).chain((0..16).map(|kind| kind << 12 | 0o4000));
    show(
        "size",
        Tag::LONGSIZE,
        OwnedValue::Int64(vec![(5 << 32) + 9]),
        "%{LONGSIZE} %{LONGSIZE:hex} %{LONGSIZE:octal} %{LONGSIZE:humansi}",
    );
    show("prefixes", Tag::PREFIXES, OwnedValue::texts(["aGk=", "x"]), "[%{PREFIXES:armor} ]");
    show(
        "devices",
        Tag::FILEDEVICES,
        OwnedValue::Int32((0..10).map(|at| 1 << at).collect()),
        "[%{FILEDEVICES:perms} %{FILENLINKS} ]",
    );
    show("sigs", Tag::POLICIES, OwnedValue::texts(["aGk="]), "[%{POLICIES:pgpsig}]");
    show(
        "dsa",
        Tag::NOSOURCE,
        OwnedValue::Int32(modes.map(u32::from).collect()),
        r"[%{NOSOURCE:perms} %{NOSOURCE:octal} %{NOSOURCE:json}\n]",
    );
    show("flags", Tag::PROVIDEFLAGS, OwnedValue::Int32(vec![0, 2, 12, 14, 8, 8]), r"[%{PROVIDENEVRS}\n][%{SYSUSERS}|]");
    show(
        "versions",
        Tag::PROVIDEVERSION,
        OwnedValue::texts(["1", "", "2", "", "3", "4"]),
        r"[%{PROVIDENEVRS}\n][%{SYSUSERS}|]",
    );
    show(
        "sysusers",
        Tag::PROVIDENAME,
        OwnedValue::texts(["user(a)", "group(b)", "groupmember(a/b)", "users(a)", "user(", "user(q)"]),
        "[%{SYSUSERS}|]",
    );
    show("indexes", Tag::TRIGGERINDEX, OwnedValue::Int32(vec![1, 0, 3, 2, 2]), r"[%{TRIGGERCONDS}\n]");
    show("old", Tag::OLDSUGGESTSNAME, OwnedValue::texts(["weak"]), "[%{SUGGESTNEVRS} ][%{RECOMMENDNEVRS} ]");
    show(
        "controls",
        Tag::DISTTAG,
        OwnedValue::text("\u{1}\u{8}\u{c}\r\t\u{1f}\u{7f}é\"\\/<&>'"),
        "%{DISTTAG:json} %{DISTTAG:xml} %{DISTTAG:shescape}",
    );
    show("classes", Tag::FILECLASS, OwnedValue::Int32(vec![9, 3, 1, 2, 3, 3, 0, 3, 0, 70000]), r"[%{FILECLASS}\n]");
}

/// What of a record each scriptlet can see: the header gets its dribbles while the package is installed.
#[test]
fn in_scriptlets() {
    let body = |kind: &str| {
        format!(
            "echo \"{kind} %%{{NEVRA}} [%%{{INSTFILENAMES}} ] [%%{{FILESTATES:fstate}},] %%{{DBINSTANCE}} %%|INSTALLTIME?{{t}}:{{-}}| \
             %%|INSTALLTID?{{i}}:{{-}}| %%{{INSTALLCOLOR}} %%|PACKAGEDIGESTS?{{d}}:{{-}}| %%|SIGMD5?{{m}}:{{-}}| %%|SHA256HEADER?{{s}}:{{-}}| \
             %%{{SIGSIZE}} %%{{SOURCERPM}} %%|VERBOSE?{{v}}:{{q}}| %%{{BUILDTIME:date}} %%{{OPENPGP:pgpsig}}\" >>/scripts.log"
        )
    };
    let made = |version: &str| {
        let with = |package: oxidnf_testkit::Rpm, kind: &str| package.script(&format!("{kind} -q"), &body(kind));
        let kinds = ["pretrans", "pre", "post", "preun", "postun", "posttrans", "preuntrans", "postuntrans"];
        let package = rpm("seen").evr(version).file("/opt/seen", "x").file_as("%doc", "/opt/doc", "x");
        let package = kinds.into_iter().fold(package, with);
        let triggers = [
            ("triggerin", "other"),
            ("triggerun", "other"),
            ("filetriggerin", "/opt/o"),
            ("transfiletriggerin", "/opt"),
        ];
        let trigger = |package: oxidnf_testkit::Rpm, (kind, on): (&str, &str)| {
            package.script(&format!("{kind} -q -- {on}"), &body(kind))
        };
        triggers.into_iter().fold(package, trigger)
    };
    let mut world = World::new().repo("base", [made("1-1"), rpm("other").file("/opt/other", "o")]);
    world.both("install -y seen other --setopt=tsflags=nodocs").exits(0);
    world.add_repo("updates", &fixture::repo(&Oracle::find(), &[made("2-1")]), "gpgcheck=0\n");
    world.both("upgrade -y").exits(0);
    world.both("remove -y other").exits(0);
    world.both("remove -y seen").exits(0);
}
