//! Locked versions and advisories in generated cases.

use std::fmt::Write as _;

use super::case::{Case, Pkg};
use crate::random::Random;

const SEVERITIES: [&str; 3] = ["Critical", "Low", "None"];
const KINDS: [&str; 4] = ["security", "bugfix", "enhancement", "newpackage"];

impl Case {
    /// Locks versions in some cases, and has advisories in others.
    pub(super) fn add_policies(&mut self, random: &mut Random) {
        if random.chance(8) {
            self.lock_versions(random);
        }
        if random.chance(12) {
            self.advise(random);
        }
    }

    fn lock_versions(&mut self, random: &mut Random) {
        let packages: Vec<&Pkg> = self.repos.iter().flat_map(|repo| &repo.packages).collect();
        let mut text = String::from("version = \"1.0\"\n");
        for _ in 0..=random.below(2) {
            let [first, ..] = packages.as_slice() else { return };
            let package = if random.chance(10) { first } else { random.one_of(&packages) };
            let name = if random.chance(15) { format!("{}*", &package.name[..1]) } else { package.name.clone() };
            let condition = match random.below(6) {
                0 => ("arch", *random.one_of(&["=", "!="]), package.arch.clone()),
                1 => ("epoch", *random.one_of(&["=", ">="]), package.epoch.to_string()),
                _ => ("evr", *random.one_of(&["=", "==", "<", "<=", ">=", "!=", "<>"]), package.evr()),
            };
            let (key, comparator, value) = condition;
            let entry = format!(
                "[[packages]]\nname = \"{name}\"\n[[packages.conditions]]\nkey = \"{key}\"\ncomparator = \"{comparator}\"\nvalue = \"{value}\"\n"
            );
            text.push_str(&entry);
        }
        self.files.push(("/etc/dnf/versionlock.toml".to_owned(), text));
    }

    pub(super) fn advise(&mut self, random: &mut Random) {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<updates>\n");
        let Some(repo) = self.repos.last_mut() else { return };
        if repo.packages.is_empty() {
            return;
        }
        let count = 1 + random.below(3);
        for number in 0..count {
            let builds: Vec<Pkg> = (0..=random.below(3)).map(|_| random.one_of(&repo.packages).clone()).collect();
            text += &advisory(number, &builds, random);
        }
        text += "</updates>\n";
        repo.extras.push(("updateinfo".to_owned(), text));
        for command in &mut self.commands {
            let limited = matches!(command.first().map(String::as_str), Some("install" | "upgrade"));
            if limited && random.chance(50) {
                let option = match random.below(8) {
                    0 => format!("--advisories=A-{}", random.below(count)),
                    1 => format!("--advisory-severities={}", random.one_of(&SEVERITIES)),
                    2 => format!("--cves=CVE-{}", random.below(count)),
                    3 => format!("--bzs={}", random.below(count)),
                    kind => format!("--{}", KINDS[kind % KINDS.len()]),
                };
                command.insert(1, option);
                if command[0] == "upgrade" && random.chance(30) {
                    command.insert(1, "--minimal".to_owned());
                }
            }
        }
    }
}

fn advisory(number: usize, builds: &[Pkg], random: &mut Random) -> String {
    let (kind, severity) = (*random.one_of(&KINDS), *random.one_of(&SEVERITIES));
    let mut text = format!(
        "<update from=\"updates@example.org\" status=\"final\" type=\"{kind}\" version=\"1.4\"><id>A-{number}</id><title>Title {number}</title><severity>{severity}</severity><issued date=\"2024-01-0{} 10:00:00\"/>",
        number + 1
    );
    let reference = *random.one_of(&["cve", "bugzilla"]);
    let id = if reference == "cve" { format!("CVE-{number}") } else { number.to_string() };
    text += &format!(
        "<references><reference href=\"http://x/{id}\" id=\"{id}\" title=\"About {id}\" type=\"{reference}\"/></references><pkglist><collection short=\"C\"><name>Collection</name>\n"
    );
    for Pkg { name, epoch, version, release, arch, .. } in builds {
        writeln!(
            text,
            "<package name=\"{name}\" epoch=\"{epoch}\" version=\"{version}\" release=\"{release}\" arch=\"{arch}\" src=\"{name}-{version}-{release}.src.rpm\"><filename>{name}-{version}-{release}.{arch}.rpm</filename></package>"
        )
        .unwrap_or_default();
    }
    text + "</collection></pkglist></update>\n"
}
