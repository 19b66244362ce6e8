//! The transaction that is interrupted.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::Transaction;
use crate::fixture::{Rpm, repo, rpm};
use crate::oracle::Oracle;
use crate::world::{base_root, copy_tree};

/// Brings the packages that the second command upgrades, obsoletes, erases and lets react.
pub(super) const FIRST: &[&str] = &["-y", "install", "app-1", "lib-1", "old-1", "gone", "watcher"];
/// Returns the arguments of the transaction that is interrupted: it installs fresh, helper and new, upgrades app and lib,
/// obsoletes old, erases gone.
pub(super) fn second(transaction: Transaction, dir: &Path) -> Vec<String> {
    let mut words = ["-y", "--resume", "install"].map(str::to_owned).to_vec();
    match transaction {
        Transaction::Everything => words.extend(["app-2", "new", "helper", "--allowerasing"].map(str::to_owned)),
        Transaction::Plain => words.push("plain".to_owned()),
        Transaction::Local => {
            let names = ["app-2-1", "lib-2-1", "new-1-1", "helper-1-1", "fresh-1-1"];
            words.extend(names.map(|name| dir.join(format!("repo/{name}.noarch.rpm")).display().to_string()));
            words.push("--allowerasing".to_owned());
        }
    }
    words
}

/// Makes repositories and the root in which everything begins.
pub(super) fn make(oracle: &Oracle, dir: &Path) {
    let built = repo(oracle, &packages());
    copy_tree(built.dir(), &dir.join("repo"));
    let root = dir.join("start");
    copy_tree(&base_root(oracle), &root);
    let place = dir.join("repo").display().to_string();
    let conf = format!("[base]\nname=base\nbaseurl=file://{place}\nenabled=1\ngpgcheck=0\n");
    fs::create_dir_all(root.join("etc/yum.repos.d")).expect("the root is writable");
    fs::write(root.join("etc/yum.repos.d/base.repo"), conf).expect("the root is writable");
    // Here the program runs outside the oracle, and the host may keep its rpm database elsewhere.
    fs::create_dir_all(root.join("var/lib")).expect("the root is writable");
    symlink("/usr/lib/sysimage/rpm", root.join("var/lib/rpm")).expect("the root is writable");
    // Scriptlets need a place for their texts that anybody may write to.
    fs::set_permissions(root.join("var/tmp"), fs::Permissions::from_mode(0o1777)).expect("it was made just now");
}

/// Does what an administrator would have done in between.
pub(super) fn edit(root: &Path) {
    for name in ["app", "app-keep", "app-same", "app-gone", "app-optional", "old", "gone"] {
        let path = root.join(format!("etc/{name}.conf"));
        let text = fs::read_to_string(&path).expect("the first command has installed it");
        fs::write(&path, text + "edited\n").expect("the root is writable");
    }
    fs::write(root.join("etc/fresh.conf"), "made by hand\n").expect("the root is writable");
}

fn packages() -> Vec<Rpm> {
    let config = |package: Rpm, version: &str| {
        package
            .config("/etc/app.conf", version)
            .config_noreplace("/etc/app-keep.conf", version)
            .config("/etc/app-same.conf", "always")
            .file_as("%config(missingok)", "/etc/app-optional.conf", version)
            .config("/etc/app-plain.conf", version)
    };
    let logging = |package: Rpm, kinds: &[&str]| kinds.iter().fold(package, |package, kind| package.logs(kind));
    let all = ["pre", "post", "preun", "postun", "posttrans"];
    let files = |package: Rpm, version: &str| {
        (0..12).fold(package, |package, number| {
            let content = format!("{version} {}", "x".repeat(number * 700));
            package.file(&format!("/usr/share/app/{number}"), &content)
        })
    };
    let app = |version: &str| {
        let package = rpm("app").evr(&format!("{version}-1")).requires(&format!("lib = {version}"));
        logging(config(files(package, version), version), &all)
    };
    vec![
        app("1").config("/etc/app-gone.conf", "1").file("/usr/share/app/only-in-1", "1").file("/usr/share/turns", "f"),
        app("2")
            .requires("fresh")
            .conflicts("gone")
            .dir("", "/usr/share/turns.d")
            .symlink("/usr/share/turns", "turns.d")
            .logs("preuntrans"),
        logging(rpm("lib").evr("1-1").file("/usr/lib/lib.so", "one"), &all),
        logging(
            rpm("lib").evr("2-1").file("/usr/lib/lib.so", "two").hardlink("/usr/lib/lib.so.2", "/usr/lib/lib.so"),
            &all,
        ),
        logging(rpm("old").config("/etc/old.conf", "old").file("/usr/share/old/file", "old"), &all),
        logging(
            rpm("new")
                .obsoletes("old < 2")
                .file("/usr/share/old/file", "new")
                .dir("%attr(0750,root,root)", "/usr/share/new"),
            &["pretrans", "pre", "post", "posttrans"],
        ),
        logging(
            rpm("gone")
                .config("/etc/gone.conf", "gone")
                .file("/usr/share/gone/deep/file", "gone")
                .dir("", "/usr/share/gone"),
            &["preun", "postun", "preuntrans", "postuntrans"],
        ),
        logging(
            rpm("fresh").config("/etc/fresh.conf", "fresh").file("/usr/share/fresh", &"fresh ".repeat(40_000)),
            &["pre", "post"],
        ),
        rpm("plain")
            .config("/etc/fresh.conf", "plain")
            .file("/opt/plain/deep/er/file", "plain")
            .hardlink("/opt/plain/deep/er/link", "/opt/plain/deep/er/file")
            .dir("%attr(0700,root,root)", "/opt/plain/empty")
            .symlink("/opt/plain/symlink", "deep"),
        rpm("helper")
            .file("/usr/share/helper", "helper")
            .script("post", "echo helper post >>/scripts.log")
            // What scriptlets leave in the process of rpm is to be there for a resumed run, too.
            .script("pretrans -p <lua>", "posix.setenv('SWEPT', 'by lua') rpm.define('swept(x) <%%1>')")
            .script("posttrans -e", "echo \"helper posttrans $SWEPT %%{swept it}\" >>/scripts.log"),
        logging(
            rpm("watcher"),
            &[
                "triggerin -- app",
                "triggerun -- app",
                "triggerpostun -- app",
                "filetriggerin -- /usr/share",
                "filetriggerpostun -- /usr/share",
                "transfiletriggerin -- /usr/share",
                "transfiletriggerpostun -- /usr/share",
            ],
        ),
    ]
}
