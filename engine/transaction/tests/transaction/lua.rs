//! Scriptlets of the embedded interpreter.

use crate::support::{Notes, System, is_root};
use rpm::Scriptlet;

fn lua(text: &str) -> Scriptlet {
    Scriptlet::new(text).prog(vec!["<lua>"])
}

#[test]
fn changes_stay_in_the_root_and_globals_stay_for_the_next() {
    if !is_root("changes_stay_in_the_root_and_globals_stay_for_the_next") {
        return;
    }
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("lua", "1", &[("/usr/lua", "1")], |builder| {
        builder
            .pre_trans_script(lua(
                "seen = arg[1] .. arg[2] .. posix.getcwd()\nposix.mkdir('/made') posix.chdir('/made') posix.umask('rwx------')",
            ))
            .post_install_script(lua(
                "posix.symlink(seen .. posix.getcwd() .. posix.umask(), '/link')\nassert(posix.stat('/usr/lua', 'type') == 'regular')",
            ));
    });
    let outcome = system.install(&[&package], &notes).expect("no problems");
    assert_eq!(outcome.scriptlets, []);
    let link = std::fs::read_link(system.path("/link")).expect("a link in the root");
    assert_eq!(link.to_string_lossy(), "<lua>1//rwxr-xr-x");
    assert!(system.path("/made").is_dir() && !std::path::Path::new("/made").exists());
}

// witness: the words of the real rpm in reference of rpm, section 3.8.
#[test]
fn failures_have_rpms_words() {
    if !is_root("failures_have_rpms_words") {
        return;
    }
    let (mut system, notes) = (System::new(), Notes::default());
    let mut message = |name: &str, text: &str| {
        let package = system.package(name, "1", &[], |builder| {
            builder.post_install_script(lua(text));
        });
        let outcome = system.install(&[&package], &notes).expect("no problems");
        outcome.scriptlets.into_iter().map(|failure| failure.message).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(message("one", "\nerror('boom')"), "lua script failed: [string \"%post(one-1-1.noarch)\"]:2: boom");
    assert_eq!(
        message("two", "\nposix.chmod('/', 'zz')"),
        "lua script failed: [string \"%post(two-1-1.noarch)\"]:2: bad argument #2 to 'chmod' (bad mode)"
    );
    assert_eq!(message("three", "error({})"), "lua script failed: (null)");
    assert_eq!(
        message("four", "x = ="),
        "invalid syntax in lua script: [string \"%post(four-1-1.noarch)\"]:1: unexpected symbol near '='"
    );
    assert_eq!(message("five", "posix.unlink('/no') os.remove('/no') return 3"), "");
}

#[test]
fn a_failing_pre_fails_its_element() {
    if !is_root("a_failing_pre_fails_its_element") {
        return;
    }
    let (mut system, notes) = (System::new(), Notes::default());
    let package = system.package("lua", "1", &[("/usr/lua", "1")], |builder| {
        builder.pre_install_script(lua("os.exit(0)"));
    });
    let outcome = system.install(&[&package], &notes).expect("no problems");
    assert!(outcome.scriptlets[0].critical);
    assert_eq!(system.installed(), Vec::<String>::new());
}

#[test]
fn file_triggers_ask_for_their_files() {
    if !is_root("file_triggers_ask_for_their_files") {
        return;
    }
    let (mut system, notes) = (System::new(), Notes::default());
    let watcher = system.package("watcher", "1", &[], |builder| {
        let text = "for path in rpm.next_file do io.open('/log', 'a'):write(path, '\\n') end";
        builder.file_trigger_in("/usr/share/", None, lua(text));
    });
    let foo = system.package("foo", "1", &[("/usr/share/foo", "1"), ("/usr/bar", "1")], |_| {});
    system.install(&[&watcher], &notes).expect("no problems");
    assert!(system.install(&[&foo], &notes).expect("no problems").is_ok());
    assert_eq!(system.read("/log").as_deref(), Some("/usr/share/foo\n"));
}

#[test]
fn programs_run_in_the_root() {
    if !is_root("programs_run_in_the_root") {
        return;
    }
    let (mut system, notes) = (System::new().with_shell(), Notes::default());
    let package = system.package("lua", "1", &[], |builder| {
        builder.post_install_script(lua(
            "posix.setenv('SET', 'yes')\nlocal _, how, code = rpm.execute('/bin/sh', '-c', 'echo $SET $PWD >>/log; exit 3')\n\
             rpm.spawn({'/bin/sh', '-c', 'echo ' .. how .. code}, {stdout = '/log'})\nos.execute('echo $SET >>/log')\n\
             assert(rpm.execute('/no/such') == nil and posix.errno() == 'No such file or directory')",
        ));
    });
    let outcome = system.install(&[&package], &notes).expect("no problems");
    assert_eq!(outcome.scriptlets, []);
    assert_eq!(system.read("/log").as_deref(), Some("yes /\nexit code3.0\nyes\n"));
}
