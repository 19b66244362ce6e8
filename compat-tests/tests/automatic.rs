//! `automatic`: what it does, what it reports, and to whom.

use std::fs;

use oxidnf_testkit::mail::MailServer;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Rpm, World, rpm};

const CONF: &str = "/etc/dnf/automatic.conf";
const OLD_PLACE: &str = "/etc/dnf/dnf5-plugins/automatic.conf";
const SHARED: &str = "/usr/share/dnf5/dnf5-plugins/automatic.conf";

/// The old versions of some packages are installed, newer ones are in the repository.
fn world() -> World {
    world_of([], "foo-1 bar-1 old")
}

fn world_of(more: impl IntoIterator<Item = Rpm>, installed: &str) -> World {
    let packages = [
        rpm("foo").evr("1-1"),
        rpm("foo").evr("2-1"),
        rpm("bar").evr("1-1"),
        rpm("bar").evr("2-1").requires("newdep"),
        rpm("newdep"),
        rpm("old"),
    ];
    let world = World::new().repo("one", packages.into_iter().chain(more));
    world.real_in_both(&format!("install -y {installed}")).exits(0);
    world
}

/// Puts every package back that an update has changed.
fn go_back(world: &World) {
    world.real_in_both("downgrade -y foo-1-1 bar-1-1").exits(0);
}

#[test]
fn options() {
    let world = world();
    for args in [
        "automatic --downloadupdates --no-downloadupdates",
        "automatic --no-downloadupdates --downloadupdates",
        "automatic --installupdates --no-downloadupdates",
        "automatic --no-downloadupdates --installupdates",
        "automatic --installupdates --no-installupdates",
        "automatic --no-installupdates --installupdates",
        "automatic --timer=1",
        "automatic x",
    ] {
        world.both(args).exits(2);
    }
    for args in [
        "automatic --no-downloadupdates",
        "automatic --no-downloadupdates --no-installupdates --timer",
        "-q automatic --no-downloadupdates",
        "automatic",
        "automatic --downloadupdates",
        "automatic --downloadupdates --no-installupdates",
        "--assumeno automatic --installupdates",
        "automatic --installupdates",
        "automatic",
        "automatic --no-downloadupdates",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn what_the_configuration_says() {
    let world = world();
    let check = "automatic --no-downloadupdates";
    for conf in [
        "[commands]\ndownload_updates=no\n",
        "[commands]\ndownload_updates=foo\nupgrade_type=foo\nrandom_sleep=x\nnetwork_online_timeout=x\nreboot=x\nnosuch=1\n\
         [nosuch]\na=b\n[email]\nemail_port=x\nemail_tls=x\n[base]\nnosuch=1\nbest=foo\n",
        "[commands]\nupgrade_type=security\n",
        "[commands]\nupgrade_type=distro-sync\n",
        "[emitters]\nemit_via=\n",
        "[emitters]\nemit_via=nosuch\n",
        "[emitters]\nemit_via=stdio, nosuch stdio\n",
        "[base]\nexcludepkgs=bar,newdep\n",
        "[base]\nexcludepkgs=*\n[emitters]\nemit_no_updates=yes\n",
        "[base]\nexcludepkgs=*\n",
        "[base]\nexcludepkgs=newdep\nbest=1\n[emitters]\nemit_no_updates=yes\n",
        "[base]\nexcludepkgs=newdep\nbest=0\n",
        "[commands]\nnetwork_online_timeout=-1\n",
    ] {
        world.write(CONF, conf);
        world.both("automatic").exits(0);
        world.both(check).exits(0);
    }
    world.write(CONF, "[base]\nbest=1\nexcludepkgs=newdep\n[emitters]\nemit_no_updates=yes\n");
    world.both("automatic --setopt=best=0").exits(0);
    world.write(CONF, "garbage\n");
    world.both(check).exits(1);
    world.write(CONF, "[commands]\napply_updates=yes\n");
    world.both("automatic --no-installupdates").exits(0);
    world.both(check).exits(0);
    go_back(&world);
    world.write(CONF, "[commands]\napply_updates=yes\ndownload_updates=no\n");
    world.both("automatic").exits(0);
    world.both("automatic").exits(0);
}

#[test]
fn places_of_the_configuration() {
    let world = world();
    let check = "automatic --no-downloadupdates";
    world.write(SHARED, "[emitters]\nemit_via=command\n[command]\ncommand_format=cat >/dev/null; echo shared\n");
    world.both(check).exits(0).says("shared");
    world.write(OLD_PLACE, "[command]\ncommand_format=cat >/dev/null; echo old\n");
    world.both(check).exits(0).says("old");
    world.write(CONF, "[command]\nstdin_format={body:.8}\ncommand_format=cat; echo new\n");
    world.both(check).exits(0).says("new");
    world.write(SHARED, "garbage\n");
    world.both(check).exits(1);
}

#[test]
fn scriptlets_and_failures() {
    let more = [
        rpm("scr").evr("1-1").script("preun", "exit 0").script("postun", "exit 3"),
        rpm("scr").evr("2-1").script("pre", "echo pre").script("post", "exit 3").script("posttrans", "echo pt"),
        rpm("trg").raw("", "").script("triggerin -- foo", "echo in").script("triggerun -- foo", "echo gone"),
        rpm("gone"),
        rpm("heir").obsoletes("gone"),
    ];
    let world = world_of(more, "foo-1 scr-1 trg gone --setopt=obsoletes=0");
    // The failure of %postun is one of the transaction.
    world.both("automatic --installupdates").exits(1).says("Cleanup foo");
    let more = [rpm("bad").evr("1-1"), rpm("bad").evr("2-1").script("pre", "exit 5")];
    let world = world_of(more, "foo-1 bad-1");
    world.both("automatic --installupdates").exits(1);
    world.both("automatic --installupdates").exits(1);
    let more = [rpm("keep").evr("1-1").script("preun", "exit 5"), rpm("keep").evr("2-1")];
    let world = world_of(more, "keep-1");
    world.both("automatic --installupdates").exits(1);
}

#[test]
fn packages_that_cannot_be_had() {
    let world = world();
    world.write(CONF, "[base]\nexcludepkgs=bar\n");
    let package = world.repo_dir("one").join("foo-2-1.noarch.rpm");
    fs::rename(&package, package.with_extension("away")).expect("the package is there");
    world.both("automatic").exits(1);
    world.both("automatic --installupdates").exits(1);
    world.both("automatic --no-downloadupdates").exits(0);
    fs::rename(package.with_extension("away"), &package).expect("the package is there");
    world.repo_at("two", "file:///nosuch", "");
    world.both("automatic").exits(1);
    world.repo_at("two", "file:///nosuch", "skip_if_unavailable=1\n");
    world.both("automatic").exits(0);
    world.repo_at("two", "file:///nosuch", "enabled=0\n");
    let text = fs::read_to_string(world.root(Side::Real).join("etc/yum.repos.d/one.repo")).expect("it was written");
    world.write("/etc/yum.repos.d/one.repo", &text.replace("gpgcheck=0", "gpgcheck=1"));
    world.both("automatic --installupdates").exits(1);
}

#[test]
fn commands_get_the_report() {
    let world = world();
    let check = "automatic --no-downloadupdates";
    for lines in [
        "stdin_format=X{body}Y",
        "stdin_format={{ {body:.5}|{body:>20.3}| {body:*^9.2}}}",
        "stdin_format={body:.8}$releasever",
        "command_format=\"cat >/dev/null; echo {body}; exit 3\"",
        "command_format=cat >/dev/null; nosuchcommand",
    ] {
        world.write(CONF, &format!("[emitters]\nemit_via=command\n[command]\n{lines}\n"));
        world.both(check).exits(0);
    }
    for format in ["{foo}", "{", "}", "{body:d}", "{0}{}", "{1}"] {
        for key in ["stdin_format=", "command_format=cat >/dev/null; echo "] {
            world.write(CONF, &format!("[emitters]\nemit_via=stdio,command\n[command]\n{key}{format}\n"));
            world.both(check).exits(1);
        }
    }
    for lines in [
        "command_format=\"echo s {subject} f {email_from} t {email_to}; cat\"\nemail_from=a\\\"b c\nemail_to=x,y z",
        "command_format=\"cat >/dev/null; echo {body}\"\nstdin_format=<{body:.6}>",
    ] {
        world.write(CONF, &format!("[emitters]\nemit_via=command_email\nsystem_name=sys\n[command_email]\n{lines}\n"));
        world.both(check).exits(0);
    }
    world.write(
        CONF,
        "[emitters]\nemit_via=command_email\n[command_email]\ncommand_format=cat\nstdin_format={subject}\n",
    );
    world.both(check).exits(1);
    // Mail has its sender's name, which is the host's unless it is set.
    world.write(
        CONF,
        "[emitters]\nemit_via=command_email\n[command_email]\ncommand_format=cat >/dev/null; echo {subject}\n",
    );
    world.both(check).exits(0);
}

#[test]
fn mail() {
    let world = world();
    let server = MailServer::start();
    let conf = |lines: &str| {
        let port = server.port();
        let mail = format!("[email]\nemail_host=127.0.0.1\nemail_port={port}\n{lines}\n");
        world.write(CONF, &format!("[emitters]\nemit_via=email,stdio\nemit_no_updates=yes\nsystem_name=sys\n{mail}"));
    };
    for lines in ["", "email_from=me@here\nemail_to=root,you@there", "[base]\nexcludepkgs=*"] {
        conf(lines);
        world.both("automatic --no-downloadupdates").exits(0);
        let [real, ours] = server.two_conversations();
        assert_eq!(real, ours);
        assert!(real.contains("Subject: [sys] dnf5-automatic: "), "{real}");
    }
    let package = world.repo_dir("one").join("foo-2-1.noarch.rpm");
    fs::remove_file(&package).expect("the package is there");
    conf("[base]\nexcludepkgs=bar");
    world.both("automatic").exits(1);
    let [real, ours] = server.two_conversations();
    assert_eq!(real, ours);
    // Mail that cannot be sent is no failure; dnf5's words are curl's.
    world.write(CONF, "[emitters]\nemit_via=email\n[email]\nemail_host=127.0.0.1\nemail_port=9\n");
    let run = |side: Side| world.run(side, "automatic --no-downloadupdates");
    let [real, ours] = [run(Side::Real), run(Side::Ours)];
    assert_eq!((real.status.code(), ours.status.code()), (Some(0), Some(0)));
    assert!(String::from_utf8_lossy(&real.stderr).starts_with("libcurl error while sending e-mail: "));
    assert!(String::from_utf8_lossy(&ours.stderr).starts_with("Cannot send e-mail through 127.0.0.1:9: "));
}

#[test]
fn the_message_of_the_day() {
    let world = world();
    world.write(CONF, "[emitters]\nemit_via=motd\n");
    let script = "$DNF automatic --no-downloadupdates; echo $?; mkdir -p /etc/motd.d; \
                  $DNF automatic --no-downloadupdates; echo $?; cat /etc/motd.d/dnf5-automatic; ls -l /etc/motd.d/dnf5-automatic | cut -c1-10; \
                  $DNF automatic --installupdates; cat /etc/motd.d/dnf5-automatic; \
                  $DNF automatic; cat /etc/motd.d/dnf5-automatic";
    let [real, ours] = [Side::Real, Side::Ours].map(|side| {
        let output = world.run_apart(side, script);
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    assert_eq!(real, ours);
    assert!(real.contains("dnf5-automatic: 2 new upgrades have been installed."), "{real}");
}

#[test]
fn booting_again() {
    let more = [rpm("glibc").evr("1-1"), rpm("glibc").evr("2-1")];
    let world = world_of(more, "foo-1 bar-1");
    let conf = |when: &str, command: &str| {
        let text = format!("[commands]\napply_updates=yes\nreboot={when}\nreboot_command={command}\n");
        world.write(CONF, &text);
    };
    conf("when-changed", "\"echo booting >&2; exit 7\"");
    world.both("automatic --no-installupdates").exits(0);
    world.both("automatic").exits(1).says("2 new upgrades");
    world.both("automatic").exits(0);
    go_back(&world);
    conf("when-needed", "\"echo booting >&2\"");
    world.both("automatic").exits(0);
    go_back(&world);
    conf("never", "\"echo booting >&2\"");
    world.both("automatic").exits(0);
    go_back(&world);
    world.real_in_both("install -y glibc-1").exits(0);
    conf("when-needed", "\"echo booting >&2; kill -9 $$\"");
    world.both("automatic");
}

#[test]
fn security() {
    let world = world().ignoring(Axis::Tree, "real dnf5 keeps files of its solver's own beside the advisories");
    world.advise(
        "one",
        r#"<updates><update type="security" status="final"><id>S-1</id><title>t</title><issued date="2025-01-01 00:00:00"/>
           <pkglist><collection short="c"><name>c</name><package name="foo" version="2" release="1" epoch="0" arch="noarch">
           <filename>foo-2-1.noarch.rpm</filename></package></collection></pkglist></update></updates>"#,
        "gz",
    );
    world.write(CONF, "[commands]\nupgrade_type=security\n");
    world.real_in_both("clean all").exits(0);
    world.both("automatic").exits(0).says("1 new upgrades");
    world.both("automatic --installupdates").exits(0);
    world.both("automatic --installupdates").exits(0);
}
