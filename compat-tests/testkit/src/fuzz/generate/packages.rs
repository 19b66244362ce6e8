//! Packages of a sequence: some names, each in some versions.

use super::Habits;
use super::files::{self, Place};
use super::scripts;
use crate::fuzz::package::{Defect, Package, sense};
use crate::random::Random;

const NAMES: [&str; 5] = ["pa", "pb", "pc", "pd", "pe"];

/// Makes all packages.
pub(super) fn packages(random: &mut Random, habits: &Habits, places: &[Place]) -> Vec<Package> {
    let names = &NAMES[..random.between(1, NAMES.len())];
    let mut packages: Vec<Package> = Vec::new();
    for name in names {
        let arches: &[&str] = match random.below(4) {
            _ if !habits.colors => &["noarch"],
            0 => &["x86_64"],
            1 => &["i686"],
            _ => &["x86_64", "i686"],
        };
        let epoch = random.chance(8).then(|| random.between(1, 2) as u32);
        for arch in arches {
            let versions = random.between(1, 3);
            let mut before: Option<Package> = None;
            for version in 1..=versions {
                let mut package = Package::new(name, &version.to_string());
                package.arch = arch;
                package.epoch = epoch;
                let bits = match *arch {
                    "x86_64" => 2,
                    "i686" => 1,
                    _ => 0,
                };
                package.files = match &before {
                    Some(before) => files::next(random, habits, &before.files, places, bits),
                    None => borrowed(random, habits, &packages)
                        .unwrap_or_else(|| files::first(random, habits, places, bits)),
                };
                describe(random, habits, names, &mut package);
                scripts::add(random, habits, places, names, &mut package);
                before = Some(package.clone());
                packages.push(package);
            }
        }
    }
    packages
}

/// Now and then a package brings the very files of another one.
fn borrowed(random: &mut Random, habits: &Habits, packages: &[Package]) -> Option<Vec<crate::fuzz::package::File>> {
    if packages.is_empty() || !random.chance(habits.sharing / 3) {
        return None;
    }
    let mut files = random.one_of(packages).files.clone();
    files.retain(|_| random.chance(habits.sharing));
    Some(files)
}

/// Adds what rpmbuild makes of a line of sysusers.d, which is the version in base64.
fn users(random: &mut Random, package: &mut Package) {
    const LINES: [&[(&str, &str)]; 6] = [
        // u svc - "Service"
        &[("user(svc)", "dSBzdmMgLSAiU2VydmljZSIA"), ("group(svc)", "")],
        // u low 55:bin "Low" /var/low
        &[("user(low)", "dSBsb3cgNTU6YmluICJMb3ciIC92YXIvbG93AA==")],
        // g grp -, g grp 777
        &[("group(grp)", "ZyBncnAgLQA=")],
        &[("group(grp)", "ZyBncnAgNzc3AA==")],
        // m user bin
        &[("groupmember(user/bin)", "bSB1c2VyIGJpbgA=")],
        // Without a line nothing is made.
        &[("user(svc)", "")],
    ];
    for (name, line) in *random.one_of(&LINES) {
        let flags = if line.is_empty() { sense::ANY } else { sense::EQUAL };
        let provide = ((*name).to_owned(), flags, (*line).to_owned());
        if !package.provides.contains(&provide) {
            package.provides.push(provide);
        }
    }
}

fn describe(random: &mut Random, habits: &Habits, names: &[&str], package: &mut Package) {
    if random.chance(habits.modern) {
        package.format = 6;
    }
    package.compressed = random.chance(50);
    package.digest_algo = *random.one_of(&[8, 8, 8, 1, 2, 10]);
    let other = |random: &mut Random| (*random.one_of(names)).to_owned();
    if random.chance(6) {
        let dep = match random.below(3) {
            0 => (other(random), sense::LESS, "2".to_owned()),
            1 => (other(random), sense::LESS | sense::EQUAL, package.evr()),
            _ => (other(random), sense::ANY, String::new()),
        };
        package.obsoletes.push(dep);
    }
    for _ in 0..2 {
        if random.chance(habits.dependencies) {
            let flags = *random.one_of(&[
                sense::ANY,
                sense::ANY,
                sense::PRE,
                sense::POST,
                sense::PREUN,
                sense::POSTUN,
                sense::PRE | sense::PREUN,
            ]);
            let name = match random.below(6) {
                0 => format!("({} or {})", other(random), other(random)),
                1 => format!("({} if {})", other(random), other(random)),
                2 => "any".to_owned(),
                3 => "/usr/bin/p".to_owned(),
                _ => other(random),
            };
            let list = match random.below(5) {
                0 => &mut package.order,
                1 => &mut package.recommends,
                _ => &mut package.requires,
            };
            list.push((name, flags, String::new()));
        }
    }
    if random.chance(20) {
        package.provides.push(("any".to_owned(), sense::ANY, String::new()));
    }
    if random.chance(habits.users) {
        for _ in 0..random.between(1, 3) {
            users(random, package);
        }
    }
    if random.chance(habits.defects) {
        let at = random.below(10_000);
        package.defect = Some(*random.one_of(&[
            Defect::Cut(at),
            Defect::Spoilt(at),
            Defect::Missing(at),
            Defect::Stranger(at),
            Defect::Backwards,
            Defect::Digest(at),
        ]));
    }
    if habits.prefixes && random.chance(60) {
        package.prefixes = vec![(*random.one_of(&["/opt", "/usr", "/opt/t"])).to_owned()];
        if random.chance(25) {
            package.prefixes.push("/etc".to_owned());
        }
    }
}
