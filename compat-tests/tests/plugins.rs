//! rpm's plug-ins: what scriptlets do not share with the system, and signatures that files get.

use oxidnf_testkit::fuzz::package::{Moment, flag};
use oxidnf_testkit::fuzz::{Arena, File, Package, Sequence};

/// Where the shell of the roots is; it has more applets than have names.
const BUSYBOX: &str = "/usr/lib/sysimage/oxidnf/busybox";

fn same(what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    Arena::of_tests().assert_same(what, &Sequence::of_lines(packages, lines));
}

fn looks(version: &str, body: &str) -> Package {
    let body = format!("{{ {body}; }} >>/scripts.log 2>&1");
    let package = Package::new("a", version).file(File::regular("/opt/x", "x"));
    Moment::ALL.into_iter().fold(package, |package, moment| package.script(moment, &body))
}

#[test]
fn scriptlets_without_a_network() {
    let body = format!("{BUSYBOX} ifconfig lo; echo $?");
    let on = "--define=__transaction_unshare\u{a0}%{__plugindir}/unshare.so";
    for more in [
        "--define=__transaction_unshare_nonet\u{a0}1",
        "--define=__transaction_unshare_nonet\u{a0}0",
        "--define=__transaction_unshare_paths\u{a0}/tmp:/home",
        "--define=nothing\u{a0}1",
    ] {
        same(
            more,
            [looks("1", &body), looks("2", &body)],
            &[
                &format!("-U {on} {more} a-1-1.noarch"),
                &format!("-U {on} {more} a-2-1.noarch"),
                &format!("-e {on} {more} a"),
            ],
        );
    }
}

#[test]
fn scriptlets_with_their_usual_priority() {
    let body = format!("{BUSYBOX} nice; {BUSYBOX} ionice");
    let on = "--define=__transaction_prioreset\u{a0}%{__plugindir}/prioreset.so";
    same("prioreset", [looks("1", &body)], &[&format!("-U {on} a-1-1.noarch"), "-e a"]);
}

#[test]
fn signatures_for_fs_verity() {
    let mut signed = Package::new("a", "1")
        .file(File::regular("/opt/a", "a"))
        .file(File::regular("/opt/b", "b").linked(1))
        .file(File::regular("/opt/c", "b").linked(1))
        .file(File::regular("/opt/conf", "c").flags(flag::CONFIG))
        .file(File::link("/opt/link", "a"));
    signed.verity = ["AAAA", "AAAA", "AAAA", "AAAA", ""].map(str::to_owned).to_vec();
    let mut unsigned = Package::new("a", "2").file(File::regular("/opt/a", "a"));
    unsigned.verity = vec![String::new()];
    let on = "--define=__transaction_fsverity\u{a0}%{__plugindir}/fsverity.so";
    for more in ["--define=_fsverity_sign_config_files\u{a0}1", "--define=nothing\u{a0}1"] {
        same(
            more,
            [signed.clone(), unsigned.clone()],
            &[&format!("-U {on} {more} a-1-1.noarch"), &format!("-U {on} {more} a-2-1.noarch"), "-e a"],
        );
    }
}
