//! Scriptlets and triggers.

use std::fmt::Write as _;

use super::Habits;
use super::files::Place;
use super::lua::lua;
use crate::fuzz::package::{Family, Moment, Package, Script, Sense, Trigger, sense};
use crate::random::Random;

/// Makes user and group `svc`, as old packages do.
pub(super) const ADD_USER: &str = "grep -q ^svc: /etc/passwd || echo 'svc:x:77:78::/:' >>/etc/passwd\n\
grep -q ^svc: /etc/group || echo 'svc:x:78:' >>/etc/group\n";

/// Adds scriptlets and triggers to a package.
pub(super) fn add(random: &mut Random, habits: &Habits, places: &[Place], names: &[&str], package: &mut Package) {
    for moment in Moment::ALL {
        if random.chance(habits.scripts) {
            let label = format!("{} {moment:?}", package.nevra());
            package.scripts.push(script(random, habits, places, moment, &label));
        }
    }
    if random.chance(habits.triggers) {
        for _ in 0..random.between(1, 4) {
            let trigger = trigger(random, habits, places, names, package);
            package.triggers.push(trigger);
        }
    }
}

fn script(random: &mut Random, habits: &Habits, places: &[Place], moment: Moment, label: &str) -> Script {
    if random.chance(6) {
        const BARE: [&[&str]; 5] = [&["/bin/true"], &["/bin/false"], &["/no/such"], &["/bin/sleep", "0"], &["true"]];
        let program = *random.one_of(&BARE);
        if program[0] != "/bin/false" || habits.failing > 0 {
            let program = program.iter().map(|word| (*word).to_owned()).collect();
            return Script { moment, program, body: None, flags: 0 };
        }
    }
    let (program, body, flags) = text(random, habits, places, label);
    Script { moment, program, body: Some(body), flags }
}

/// Returns interpreter, text and flags.
fn text(random: &mut Random, habits: &Habits, places: &[Place], label: &str) -> (Vec<String>, String, u32) {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let fails = random.chance(habits.failing);
    let mut flags = if random.chance(6) { 4 } else { 0 };
    if random.chance(habits.lua / 3) {
        return (words(&["<lua>"]), lua(random, label, fails, places), flags);
    }
    let mut body = format!("echo \"{label} $# $*\" >>/scripts.log\n");
    match random.below(18) {
        0 => body.push_str("{ pwd; umask; echo \"$PATH\"; env | grep ^RPM_ | sort; } >>/scripts.log\n"),
        1 => body.push_str("sed 's/^/  reads /' >>/scripts.log\n"),
        2 => body.push_str("echo to stdout; echo to stderr >&2\n"),
        3 => {
            let path = random.one_of(places).path;
            writeln!(
                body,
                "{}",
                random.one_of(
                    &[
                        format!("rm -rf '{path}'"),
                        format!("[ -p '{path}' ] || echo scripted >'{path}'"),
                        format!("mkdir -p '{path}'"),
                        format!("ls -d '{path}' >>/scripts.log 2>&1"),
                    ]
                    .map(|line| line.replace("'/'", "/nothing"))
                )
            )
            .expect("writing to a String cannot fail");
        }
        4 => {
            flags |= 1;
            body.push_str(random.one_of::<&str>(&[
                "echo '%{_tmppath} %{?nosuch:x}%{!?nosuch:y} %% %{nosuch} 100%' >>/scripts.log\n",
                "%define m(x:y) (%*|%{-x*}|%{-y:y}|%0)\necho '%m -x 1 two\n%{m three four}' >>/scripts.log\n",
                "%global kept %{upper:by -e} %{?m}\necho '%{kept}%{?m:%{m a -y b}}' >>/scripts.log\n",
                "%{undefine:kept}%{?m:%{undefine:m}}echo '%kept %{m:x}%{!?m:none}' >>/scripts.log\n",
                "echo \"${0%/*} $PATH\" >>/scripts.log\n",
            ]));
        }
        5 => {
            flags |= 2;
            body.push_str("echo '%{NAME}-%{VERSION} %{EPOCH} [%{BASENAMES}:%{FILEMODES:octal} ]' >>/scripts.log\n");
        }
        6 => body.push_str(ADD_USER),
        7 => {
            let path = random.one_of(places).path;
            writeln!(
                body,
                "{}",
                random.one_of(&[
                    format!("chmod 4711 '{path}'"),
                    format!("chown user:user '{path}'"),
                    format!("ln '{path}' /tmp/kept"),
                    format!("mv '{path}' '{path}.moved'"),
                    format!("rm -f '{path}'; ln -s /opt/real '{path}'"),
                ])
            )
            .expect("writing to a String cannot fail");
            if path == "/" {
                body.truncate(body.trim_end().rfind('\n').map_or(0, |at| at + 1));
            }
        }
        8 => body.push_str(random.one_of::<&str>(&[
            "cd /usr; umask 077\n",
            "trap '' TERM\n",
            "exec >/tmp/out 2>&1; pwd\n",
        ])),
        _ => {}
    }
    if fails {
        body.push_str(random.one_of::<&str>(&["exit 3\n", "false\n", "kill -9 $$\n", "exit 127\n"]));
    }
    const SHELLS: [&[&str]; 7] = [
        &["/bin/sh"],
        &["/bin/sh"],
        &["/bin/sh"],
        &["/bin/sh"],
        &["/bin/sh"],
        &["/bin/sh", "-e", "-u"],
        &["/usr/lib/sysimage/oxidnf/busybox", "sh"],
    ];
    let program = random.one_of(&SHELLS);
    (words(program), body, flags)
}

fn trigger(random: &mut Random, habits: &Habits, places: &[Place], names: &[&str], package: &Package) -> Trigger {
    let family = *random.one_of(&[Family::Package, Family::Package, Family::File, Family::File, Family::TransFile]);
    let senses = match family {
        Family::Package => &[Sense::PreIn, Sense::In, Sense::Un, Sense::PostUn][..],
        _ => &[Sense::In, Sense::Un, Sense::PostUn],
    };
    let sense = *random.one_of(senses);
    let count = *random.one_of(&[1, 1, 1, 2, 3]);
    let conditions = (0..count).map(|_| condition(random, family, places, names)).collect();
    let priority = (family != Family::Package && random.chance(60))
        .then(|| *random.one_of(&[0, 100, 9_999, 10_000, 500_000, 1_000_000, 2_000_000]));
    let label = format!("{} {family:?} {sense:?} {}", package.nevra(), package.triggers.len());
    let (program, mut body, flags) = text(random, habits, places, &label);
    if program[0] == "/bin/sh" && family != Family::Package {
        body = format!("sed 's/^/  reads /' >>/scripts.log\n{body}");
    }
    // The header has one word for each script.
    let program = if program[0].starts_with('/') { "/bin/sh".to_owned() } else { program[0].clone() };
    Trigger { family, sense, conditions, priority, program, body, flags }
}

fn condition(random: &mut Random, family: Family, places: &[Place], names: &[&str]) -> (String, u32, String) {
    if family == Family::Package {
        let name = (*random.one_of(names)).to_owned();
        return match random.below(6) {
            0 => (name, sense::GREATER | sense::EQUAL, "2".to_owned()),
            1 => (name, sense::LESS, "2".to_owned()),
            2 => (name, sense::EQUAL, "1-1".to_owned()),
            3 => ("any".to_owned(), sense::ANY, String::new()),
            _ => (name, sense::ANY, String::new()),
        };
    }
    let path = match random.below(6) {
        0 => "/".to_owned(),
        1 => "/opt".to_owned(),
        2 => "/usr/".to_owned(),
        3 => random.one_of(places).path.to_owned(),
        4 => format!("{}/", random.one_of(places).path.trim_end_matches('/')),
        _ => (*random.one_of(&["/opt/", "/etc/", "/opt/t", "/usr/share/"])).to_owned(),
    };
    (path, sense::ANY, String::new())
}
