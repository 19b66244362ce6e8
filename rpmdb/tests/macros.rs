//! The part of rpm's macro language that configuration uses.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use oxidnf_core::Root;
use oxidnf_rpmdb::Macros;
use oxidnf_rpmdb::macros::standard_files;
use proptest::prelude::*;
use rstest::rstest;

const TEXT: &str = r"
# %comment x
%_usr	/usr
%_dbpath %{_usr}/lib/sysimage/rpm
%long one \
  two
%braces %{?_usr:
inner}
%with_args() %1
%_var	/var
not a macro
%self %{self}x
";

#[rstest]
#[case("%{_dbpath}", "/usr/lib/sysimage/rpm")]
#[case("%_dbpath/x", "/usr/lib/sysimage/rpm/x")]
#[case("%{?_usr}", "/usr")]
#[case("%{?nope}", "")]
#[case("%{!?nope:fallback}", "fallback")]
#[case("%{!?_usr:fallback}", "")]
#[case("%{?_usr:yes %{_usr}}", "yes /usr")]
#[case("%?_usr", "/usr")]
#[case("%{nope} %nope %% %", "%{nope} %nope % %")]
#[case("%(echo run) %[1+1] %{lua: x}", "%(echo run) %[1+1] %{lua: x}")]
#[case("%{long}", "one \n  two")]
#[case("%{braces}", "\ninner")]
#[case("%{with_args}", "%1")]
#[case("%{with_args a b}|%with_args a b\nc", "a|a\nc")]
#[case("%{unclosed", "%{unclosed")]
fn expands(#[case] text: &str, #[case] want: &str) {
    let mut macros = Macros::default();
    macros.read(TEXT.as_bytes());
    assert_eq!(macros.expand(text), want);
}

#[test]
fn endless_definitions_end() {
    let mut macros = Macros::default();
    macros.read("%aa %{bb}%{bb}\n%bb %{aa}%{aa}\n".as_bytes());
    assert!(macros.expand("%{aa}").len() < 20 << 20);
    // What says nothing doubles as well.
    let level = |number: u32| format!("%l{number} %{{?l{next}}}%{{?l{next}}}\n", next = number + 1);
    let mut macros = Macros::default();
    macros.read((0..60).map(level).collect::<String>().as_bytes());
    let expanded = macros.expand_keeping(b"%l0");
    assert!(expanded.failed && expanded.messages.len() == 1, "{expanded:?}");
}

#[test]
fn changes_are_restored_elsewhere() {
    let mut macros = Macros::default();
    macros.read(b"%kept 1\n%gone 2\n");
    macros.watch();
    let said = macros.expand_keeping(b"%{define:kept \xe9}%{define:with(x:) <%1>}%{undefine:gone}");
    assert_eq!((said.text.as_slice(), said.failed), (&b""[..], false));
    let mut others = Macros::default();
    others.read(b"%kept 1\n%gone 2\n");
    let changes = macros.take_changes();
    assert_eq!(changes.len(), 3);
    for (name, definitions) in changes {
        others.restore(&name, definitions);
    }
    assert_eq!(others.expand_keeping(b"%kept %{with a} %gone").text, b"\xe9 <a> %gone");
    others.undefine("kept");
    assert_eq!(others.value("kept").as_deref(), Some("1"));
    assert!(macros.take_changes().is_empty());
}

#[test]
fn later_files_win() {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("usr/lib/rpm/macros", TEXT);
    write("usr/lib/rpm/macros.d/macros.b", "%_var /b\n");
    write("usr/lib/rpm/macros.d/macros.a", "%_var /a\n");
    write("etc/rpm/macros.site", "%_dbpath %{_var}/lib/rpm/\n%number 0x20100\n");
    write("etc/rpm/macros.site.rpmnew", "%_dbpath /wrong\n");
    let root = Root::open(directory.path()).unwrap();
    let macros = Macros::load(&root, &standard_files("x86_64-linux")).unwrap();
    assert_eq!(macros.db_path(), Path::new("/b/lib/rpm"));
    assert_eq!(macros.number("number"), Some(0x20100));
    assert_eq!(Macros::default().db_path(), Path::new("/var/lib/rpm"));
}

proptest! {
    #[test]
    fn never_panics(text in "[%{}()?!:a-c\\\\ \n\u{e9}]{0,60}") {
        let mut macros = Macros::default();
        macros.read(text.as_bytes());
        for name in ["aa", "ab", "abc"] {
            let _ = macros.value(name);
        }
        let _ = macros.expand(&text);
    }

    #[test]
    fn never_panics_on_the_language(parts in proptest::collection::vec(0..PARTS.len(), 0..25)) {
        let text: String = parts.into_iter().map(|part| PARTS[part]).collect();
        let mut macros = Macros::default();
        macros.read(b"%m(x:y) %1 %{-x*} %** %{?2:%m} %{m %{-y}}\n%n plain\n");
        macros.watch();
        let _ = macros.expand_keeping(text.as_bytes());
        let _ = macros.call("m", &[text.clone().into_bytes(), b"-x".to_vec()]);
        let _ = (macros.define_text(text.as_bytes()), macros.take_changes());
    }
}

/// What texts of the language are made of.
const PARTS: [&str; 32] = [
    "%",
    "{",
    "}",
    "%{",
    "%m",
    "%{m ",
    "%{m:",
    "%n",
    "%define ",
    "%global ",
    "%{define:",
    "%undefine ",
    "%dnl ",
    "(",
    ")",
    " -x ",
    "-y",
    "a",
    " ",
    "\n",
    "\\",
    "\\\n",
    "\u{e9}",
    "\u{1f}",
    "%{quote:",
    "%{upper:",
    "%{expand:",
    "%1",
    "%*",
    "?",
    "!",
    "%(",
];
