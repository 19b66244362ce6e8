//! Steps: calls of rpm, and what an admin does in between.

use std::collections::BTreeMap;

use super::Habits;
use super::files::Place;
use super::scripts::ADD_USER;
use crate::fuzz::package::Package;
use crate::fuzz::sequence::{ALSO_ERASE, Mode, Step};
use crate::random::Random;

/// Makes the steps; most of them make sense after those before.
pub(super) fn steps(random: &mut Random, habits: &Habits, places: &[Place], packages: &[Package]) -> Vec<Step> {
    // What is probably installed: place of the package by name and architecture.
    let mut installed: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut steps = Vec::new();
    for _ in 0..random.between(2, 7) {
        while random.chance(habits.admin) {
            steps.push(Step::Admin(admin(random, places)));
        }
        let mode = match random.below(20) {
            _ if installed.is_empty() => Mode::Upgrade,
            0..10 => Mode::Upgrade,
            10..12 => Mode::Install,
            12..14 => Mode::Reinstall,
            _ => Mode::Erase,
        };
        let (mut options, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..*random.one_of(&[1, 1, 2, 2, 3, 4]) {
            match mode {
                Mode::Upgrade | Mode::Install => {
                    let chosen = random.below(packages.len());
                    let package = &packages[chosen];
                    // Of two versions in one upgrade rpm drops one when it makes the set, as solvers do.
                    let versions = format!("{}-", package.name);
                    let twice = targets
                        .iter()
                        .any(|target: &String| target.starts_with(&versions) && target.ends_with(package.arch));
                    // The same goes for packages of which one obsoletes another.
                    let members = packages.iter().filter(|other| targets.contains(&other.nevra()));
                    let hidden =
                        members.into_iter().any(|other| obsoletes(package, other) || obsoletes(other, package));
                    if !(targets.contains(&package.nevra()) || hidden || twice && mode == Mode::Upgrade) {
                        targets.push(package.nevra());
                        installed.insert((package.name.clone(), package.arch.to_owned()), chosen);
                    }
                }
                Mode::Reinstall | Mode::Erase | Mode::Restore => {
                    let known: Vec<((String, String), usize)> =
                        installed.iter().map(|(key, chosen)| (key.clone(), *chosen)).collect();
                    if known.is_empty() {
                        continue;
                    }
                    let (key, chosen) = random.one_of(&known).clone();
                    let package = &packages[chosen];
                    let target = if mode == Mode::Erase && random.chance(60) { key.0.clone() } else { package.nevra() };
                    // When rpm drops a package of the set that has brought an erasure, it goes on to use its memory.
                    let hidden = mode == Mode::Reinstall
                        && packages
                            .iter()
                            .filter(|other| targets.contains(&other.nevra()))
                            .any(|other| obsoletes(package, other) || obsoletes(other, package));
                    if !hidden && !targets.contains(&target) {
                        targets.push(target);
                    }
                    if mode == Mode::Erase {
                        installed.remove(&key);
                    }
                }
            }
        }
        if targets.is_empty() {
            continue;
        }
        if random.chance(habits.options) {
            options = self::options(random, mode, places);
        }
        // Without colours rpm takes packages of one name for versions of each other, and drops one.
        let names =
            |target: &String| packages.iter().find(|package| package.nevra() == *target).map(|it| it.name.clone());
        let one_name =
            (1..targets.len()).any(|at| targets[..at].iter().any(|other| names(other) == names(&targets[at])));
        options.retain(|option: &String| !(one_name && option.contains("_transaction_color")));
        if mode == Mode::Upgrade && random.chance(30) {
            options.push("--oldpackage".to_owned());
        }
        if matches!(mode, Mode::Upgrade | Mode::Install) && random.chance(35) {
            options.push("--replacefiles".to_owned());
        }
        if matches!(mode, Mode::Upgrade | Mode::Install) && random.chance(10) {
            options.push("--replacepkgs".to_owned());
        }
        if matches!(mode, Mode::Upgrade | Mode::Install) && random.chance(habits.mixed) {
            for _ in 0..random.between(1, 2) {
                let names: Vec<&String> = packages.iter().map(|package| &package.name).collect();
                let option = format!("{ALSO_ERASE}{}", random.one_of(&names));
                if !options.contains(&option) {
                    options.push(option);
                }
            }
        }
        steps.push(Step::Rpm { mode, options, targets });
    }
    steps
}

fn obsoletes(package: &Package, other: &Package) -> bool {
    package.obsoletes.iter().any(|(name, ..)| *name == other.name)
}

fn options(random: &mut Random, mode: Mode, places: &[Place]) -> Vec<String> {
    const ALWAYS: [&str; 8] = [
        "--noscripts",
        "--notriggers",
        "--justdb",
        "--test",
        "--nopreun",
        "--nopostun",
        "--notriggerun",
        "--nopostuntrans",
    ];
    const INSTALL: [&str; 18] = [
        "--excludedocs",
        "--excludeconfigs",
        "--excludeartifacts",
        "--allfiles",
        "--nopre",
        "--nopost",
        "--nopretrans",
        "--noposttrans",
        "--nopreuntrans",
        "--notriggerprein",
        "--notriggerin",
        "--notriggerpostun",
        "--nofiledigest",
        "--nocaps",
        "--nosysusers",
        "--noverify",
        "--ignorearch",
        "--force",
    ];
    const MACROS: [&str; 6] = [
        "_transaction_color 0",
        "_transaction_color 1",
        "_prefer_color 1",
        "_excludedocs 1",
        "_install_script_path /usr/bin:/bin",
        "_tmppath /tmp",
    ];
    let mut options = Vec::new();
    for _ in 0..random.between(1, 2) {
        let path = random.one_of(places).path;
        let option = match random.below(11) {
            10 => format!("--define={}", random.one_of(&MACROS)),
            0 | 1 => (*random.one_of(&ALWAYS)).to_owned(),
            2 => format!("--define=_netsharedpath {}", random.one_of(&[path, "/opt/t", "/usr:/opt/real"])),
            3 if mode == Mode::Erase => "--allmatches".to_owned(),
            _ if mode == Mode::Erase || mode == Mode::Restore => continue,
            3 => format!("--define=_install_langs {}", random.one_of(&["de", "de_DE", "fr:de", "en"])),
            4 if path != "/" => format!("--excludepath={path}"),
            _ => (*random.one_of(&INSTALL)).to_owned(),
        };
        if !options.contains(&option) {
            options.push(option);
        }
    }
    options
}

/// Writes a script; paths are quoted, and `/` is left alone. Whoever opens a pipe waits for the other side.
fn admin(random: &mut Random, places: &[Place]) -> String {
    let path = random.one_of(places).path.replace('\'', "'\\''");
    if path == "/" {
        return "true".to_owned();
    }
    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let parent = if dir.is_empty() { String::new() } else { format!("mkdir -p '{dir}'; ") };
    match random.below(19) {
        0..4 => format!("{parent}[ -p '{path}' ] || echo edited >'{path}'"),
        4 | 5 => format!("{parent}[ -p '{path}' ] || echo alpha >'{path}'"),
        6 | 7 => format!("rm -rf '{path}'"),
        8 => format!("rm -rf '{path}'; mkdir -p '{path}'; echo inside >'{path}/mine'"),
        9 => format!("{parent}rm -rf '{path}'; ln -s {} '{path}'", random.one_of(&["/opt/real", "nowhere", "/etc"])),
        10 => format!(
            "{parent}rm -rf '{path}'; ln -s /opt/real '{path}'; chown -h {} '{path}'",
            random.one_of(&["user", "bin"])
        ),
        11 => format!("mkdir -p '{path}'; chmod 700 '{path}'"),
        12 => format!("chmod {} '{path}'", random.one_of(&["600", "4755", "000"])),
        13 => format!("chown user:user '{path}'"),
        14 => format!("ln '{path}' '{}'", random.one_of(places).path.replace('\'', "'\\''")),
        15 => format!("mv '{path}' '{path}.moved'"),
        16 => format!("mkdir -p '{path}'; chown bin:bin '{path}'; chmod 2775 '{path}'"),
        17 => ADD_USER.to_owned(),
        _ => format!(
            "mkdir -p /opt/real; for kept in '{path}.rpmnew' '{path}.rpmsave'; do [ -p \"$kept\" ] || echo foreign >\"$kept\"; done"
        ),
    }
}
