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
    assert!(macros.expand("%{aa}").len() < 4 << 20);
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
}
