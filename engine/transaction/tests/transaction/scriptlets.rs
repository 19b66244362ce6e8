//! Scriptlets and triggers: order, arguments, and what their failures mean.

use crate::support::{Notes, System, is_root};
use rpm::{Dependency, PackageBuilder};

fn log(text: &str) -> String {
    format!("echo \"{text} [$*]\" >> /log\n")
}

fn with_all(builder: &mut PackageBuilder, name: &str) {
    let script = |kind: &str| log(&format!("{name} {kind}"));
    builder
        .pre_trans_script(script("pretrans"))
        .pre_install_script(script("pre"))
        .post_install_script(script("post"))
        .pre_uninstall_script(script("preun"))
        .post_uninstall_script(script("postun"))
        .post_trans_script(script("posttrans"))
        .pre_untrans_script(script("preuntrans"))
        .post_untrans_script(script("postuntrans"));
}

// witness: the same sequence in reference of rpm, section 9.1, from the real rpm.
#[test]
fn an_upgrade_runs_everything_in_rpms_order() {
    if !is_root("an_upgrade_runs_everything_in_rpms_order") {
        return;
    }
    let (mut system, notes) = (System::new().with_shell(), Notes::default());
    let one = system.package("foo", "1", &[("/usr/foo", "1")], |builder| with_all(builder, "foo-1"));
    let two = system.package("foo", "2", &[("/usr/foo", "2")], |builder| with_all(builder, "foo-2"));
    assert!(system.install(&[&one], &notes).expect("no problems").is_ok());
    system.write("/log", "");
    assert!(system.install(&[&two], &notes).expect("no problems").is_ok());
    let expected = "foo-2 pretrans [2]\nfoo-1 preuntrans [1]\nfoo-2 pre [2]\nfoo-2 post [2]\nfoo-1 preun [1]\n\
                    foo-1 postun [1]\nfoo-2 posttrans [2]\nfoo-1 postuntrans [1]\n";
    assert_eq!(system.read("/log").as_deref(), Some(expected));
}

#[test]
fn a_failing_pre_fails_only_its_element() {
    if !is_root("a_failing_pre_fails_only_its_element") {
        return;
    }
    let (mut system, notes) = (System::new().with_shell(), Notes::default());
    let bad = system.package("bad", "1", &[("/usr/bad", "1")], |builder| {
        builder.pre_install_script("exit 3\n");
    });
    let good = system.package("good", "1", &[("/usr/good", "1")], |builder| {
        builder.requires(Dependency::script_pre("bad")).post_install_script("exit 4\n");
    });
    let outcome = system.install(&[&bad, &good], &notes).expect("no problems");
    let failures: Vec<(&str, bool)> =
        outcome.scriptlets.iter().map(|failure| (failure.message.as_str(), failure.critical)).collect();
    assert_eq!(
        failures,
        [
            ("%prein(bad-1-1.noarch) scriptlet failed, exit status 3", true),
            ("%post(good-1-1.noarch) scriptlet failed, exit status 4", false),
        ]
    );
    assert_eq!(system.installed(), ["good-1-1.noarch"]);
    assert!(!system.path("/usr/bad").exists());
}

#[test]
fn file_triggers_read_paths() {
    if !is_root("file_triggers_read_paths") {
        return;
    }
    let (mut system, notes) = (System::new().with_shell(), Notes::default());
    let script = "while read path; do echo \"$1 $2 $path\" >> /log; done\n";
    let watcher = system.package("watcher", "1", &[], |builder| {
        builder.file_trigger_in("/usr/share/", None, script);
    });
    let foo = system.package("foo", "1", &[("/usr/share/foo", "1"), ("/usr/bar", "1")], |_| {});
    system.install(&[&watcher], &notes).expect("no problems");
    assert!(system.install(&[&foo], &notes).expect("no problems").is_ok());
    assert_eq!(system.read("/log").as_deref(), Some("1 1 /usr/share/foo\n"));
}
