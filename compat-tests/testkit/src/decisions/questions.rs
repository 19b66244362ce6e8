//! Random questions about the repositories and the system of a case: commands that change nothing.

use super::case::{Case, Pkg};
use crate::random::Random;

/// How many questions a case has.
const QUESTIONS: usize = 14;

const RELATIONS: [&str; 8] =
    ["provides", "requires", "conflicts", "obsoletes", "recommends", "suggests", "supplements", "enhances"];
const SEVERITIES: [&str; 5] = ["critical", "important", "moderate", "low", "none"];
const KINDS: [&str; 4] = ["security", "bugfix", "enhancement", "newpackage"];
/// What a format may name; nothing that depends on when and where the case was made.
const TAGS: [&str; 24] = [
    "name",
    "epoch",
    "version",
    "release",
    "arch",
    "evr",
    "nevra",
    "full_nevra",
    "summary",
    "vendor",
    "repoid",
    "from_repo",
    "reason",
    "license",
    "sourcerpm",
    "source_name",
    "provides",
    "requires",
    "depends",
    "files",
    "conflicts",
    "obsoletes",
    "recommends",
    "requires_pre",
];

impl Case {
    /// Makes the case of a seed that asks: repositories and system are those of [`Case::from_seed`], some with advisories.
    pub fn with_questions(seed: u64) -> Self {
        let mut case = Case::from_seed(seed);
        let mut random = Random::new(seed ^ 0x7175_6573_7469);
        case.commands.clear();
        let advised = case.repos.iter().flat_map(|repo| &repo.extras).any(|(kind, _)| kind == "updateinfo");
        if !advised && random.chance(50) {
            case.advise(&mut random);
        }
        let available: Vec<Pkg> = case.repos.iter().flat_map(|repo| &repo.packages).cloned().collect();
        let installed: Vec<Pkg> = case.installed.iter().map(|installed| installed.package.clone()).collect();
        let repos = case.repos.iter().map(|repo| repo.id.clone()).collect();
        let mut asker = Asker { random: &mut random, available, installed, repos };
        // When dnf5 reads metadata for the first time it lists dependencies in another order than ever after.
        case.commands = vec![vec!["makecache".to_owned()]];
        case.commands.extend((0..QUESTIONS).map(|_| asker.question()));
        case
    }
}

struct Asker<'r> {
    random: &'r mut Random,
    available: Vec<Pkg>,
    installed: Vec<Pkg>,
    repos: Vec<String>,
}

impl Asker<'_> {
    fn question(&mut self) -> Vec<String> {
        let command = self.random.weighted(&[
            (50, "repoquery"),
            (12, "list"),
            (8, "info"),
            (8, "search"),
            (8, "provides"),
            (6, "check-upgrade"),
            (8, "advisory"),
            (2, "leaves"),
            (3, "repoclosure"),
            (2, "check"),
        ]);
        let mut words = vec![command.to_owned()];
        match command {
            "repoquery" => self.repoquery(&mut words),
            "list" | "info" => self.list(&mut words),
            "search" => self.search(&mut words),
            "provides" => {
                for _ in 0..=self.random.below(2) {
                    words.push(self.capability());
                }
            }
            "check-upgrade" => {
                self.flags(&mut words, 25, &["--minimal"]);
                self.advised(&mut words, 25);
                self.flags(&mut words, 20, &["--json"]);
                self.specs(&mut words, 40);
            }
            "advisory" => self.advisory(&mut words),
            "repoclosure" => {
                self.flags(&mut words, 30, &["--newest", "--arch=noarch", "--json"]);
                let repo = self.repo();
                if self.random.chance(30) {
                    words.push(format!("--check={repo}"));
                }
                self.specs(&mut words, 30);
            }
            "check" => self.flags(&mut words, 30, &["--dependencies", "--duplicates", "--obsoleted"]),
            _ => {}
        }
        if self.random.chance(8) {
            words.push(format!("--exclude={}", self.name()));
        }
        words
    }

    fn repoquery(&mut self, words: &mut Vec<String>) {
        match self.random.below(10) {
            0..3 => words.push("--installed".to_owned()),
            3 => words.extend(["--installed".to_owned(), "--available".to_owned()]),
            _ => {}
        }
        let limits =
            ["--leaves", "--userinstalled", "--duplicates", "--unneeded", "--installonly", "--extras", "--upgrades"];
        self.flags(words, 5, &limits);
        self.advised(words, 4);
        if self.random.chance(20) {
            words.push(format!("--latest-limit={}", self.random.one_of(&["1", "2", "-1", "-2", "0"])));
        }
        if self.random.chance(5) {
            words.push(format!("--installed-from-repo={}", self.repo()));
        }
        if self.random.chance(8) {
            words.push(format!("--arch={}", self.random.one_of(&["noarch", "x86_64", "noarch,i686", "src"])));
        }
        if self.random.chance(4) {
            words.push("--file=/usr/bin/*".to_owned());
        }
        if self.random.chance(35) {
            self.relations_asked(words);
        }
        self.output(words);
        self.specs(words, 55);
    }

    fn relations_asked(&mut self, words: &mut Vec<String>) {
        let relation = if self.random.chance(15) { "depends" } else { *self.random.one_of(&RELATIONS) };
        let mut capabilities = vec![self.capability()];
        if self.random.chance(15) {
            capabilities.push(self.capability());
        }
        words.push(format!("--what{relation}={}", capabilities.join(",")));
        if matches!(relation, "requires" | "depends") {
            self.flags(words, 20, &["--exactdeps"]);
        }
        if relation == "requires" {
            self.flags(words, 20, &["--recursive"]);
        }
    }

    fn output(&mut self, words: &mut Vec<String>) {
        match self.random.below(100) {
            0..10 => words.push("--info".to_owned()),
            10..25 => {
                let shown = if self.random.chance(15) {
                    *self.random.one_of(&["depends", "requires-pre", "files", "sourcerpm", "location"])
                } else {
                    *self.random.one_of(&RELATIONS)
                };
                words.push(format!("--{shown}"));
            }
            25..45 => {
                let tags: Vec<String> =
                    (0..=self.random.below(3)).map(|_| format!("%{{{}}}", self.random.one_of(&TAGS))).collect();
                words.push(format!("--queryformat={}\\n", tags.join(" ")));
            }
            45..53 => {
                let shown =
                    *self.random.one_of(&["requires", "provides", "conflicts", "depends", "recommends", "obsoletes"]);
                words.push(format!("--providers-of={shown}"));
                if shown == "requires" {
                    self.flags(words, 30, &["--recursive"]);
                }
            }
            _ => {}
        }
    }

    fn list(&mut self, words: &mut Vec<String>) {
        let scopes =
            ["--installed", "--available", "--extras", "--obsoletes", "--upgrades", "--autoremove", "--updates"];
        if self.random.chance(65) {
            words.push((*self.random.one_of(&scopes)).to_owned());
        }
        self.flags(words, 30, &["--showduplicates"]);
        if words[0] == "list" {
            self.flags(words, 15, &["--json"]);
        }
        if self.random.chance(8) {
            words.push(format!("--installed-from-repo={}", self.repo()));
        }
        self.specs(words, 50);
    }

    fn search(&mut self, words: &mut Vec<String>) {
        self.flags(words, 25, &["--all", "--showduplicates"]);
        if self.random.chance(25) {
            words.push((*self.random.one_of(&["--name", "--summary"])).to_owned());
        }
        for _ in 0..=self.random.below(2) {
            let name = self.name();
            words.push(match self.random.below(5) {
                0 => name[..1].to_owned(),
                1 => format!("{}*", &name[..1]),
                2 => name.to_uppercase(),
                _ => name,
            });
        }
    }

    fn advisory(&mut self, words: &mut Vec<String>) {
        words.push((*self.random.one_of(&["list", "list", "info", "summary"])).to_owned());
        if self.random.chance(70) {
            words.push((*self.random.one_of(&["--all", "--available", "--installed", "--updates"])).to_owned());
        }
        if self.random.chance(15) {
            words.push(format!("--contains-pkgs={}", self.name()));
        }
        self.advised(words, 30);
        self.flags(words, 10, &["--with-bz", "--with-cve"]);
        // In the hint about where `--json` may stand, oxidnf has commands of its own.
        if words[1] != "summary" {
            self.flags(words, 15, &["--json"]);
        }
        if self.random.chance(25) {
            words.push((*self.random.one_of(&["A-0", "A-*", "A-1", "B"])).to_owned());
        }
    }

    fn advised(&mut self, words: &mut Vec<String>, percent: usize) {
        if !self.random.chance(percent) {
            return;
        }
        let number = self.random.below(3);
        words.push(match self.random.below(8) {
            0 if words[0] != "advisory" => format!("--advisories=A-{number}"),
            1 => format!("--advisory-severities={}", self.random.one_of(&SEVERITIES)),
            2 => format!("--cves=CVE-{number}"),
            3 => format!("--bzs={number}"),
            kind => format!("--{}", KINDS[kind % KINDS.len()]),
        });
    }

    /// Adds each of several words in so many of a hundred cases.
    fn flags(&mut self, words: &mut Vec<String>, percent: usize, flags: &[&str]) {
        for flag in flags {
            if self.random.chance(percent) {
                words.push((*flag).to_owned());
            }
        }
    }

    fn specs(&mut self, words: &mut Vec<String>, percent: usize) {
        if self.random.chance(percent) {
            for _ in 0..=self.random.weighted(&[(5, 0), (1, 1)]) {
                words.push(self.spec());
            }
        }
    }

    fn package(&mut self) -> Option<Pkg> {
        let packages = if self.random.chance(40) { &self.installed } else { &self.available };
        if packages.is_empty() { None } else { Some(self.random.one_of(packages).clone()) }
    }

    fn name(&mut self) -> String {
        self.package().map_or_else(|| "none".to_owned(), |package| package.name)
    }

    fn repo(&mut self) -> String {
        if self.random.chance(5) { "nothere".to_owned() } else { self.random.one_of(&self.repos).clone() }
    }

    fn spec(&mut self) -> String {
        let Some(package) = self.package() else { return "none".to_owned() };
        let name = package.name.clone();
        match self.random.below(20) {
            0..8 => name,
            8 => format!("{name}.{}", package.arch),
            9 => format!("{name}-{}", package.evr()),
            10 => package.nevra(),
            11 => format!("{name}-{}", package.version),
            12 | 13 => format!("{}*", &name[..1]),
            14 => format!("{}?", &name[..1]),
            15 => format!("cap{}", self.random.below(3)),
            16 => "/usr/bin/run".to_owned(),
            17 => name.to_uppercase(),
            18 => "nothere".to_owned(),
            _ => "*".to_owned(),
        }
    }

    fn capability(&mut self) -> String {
        let name = self.name();
        match self.random.below(12) {
            0..5 => name,
            5 | 6 => format!("cap{}", self.random.below(3)),
            7 => format!("{name} {} {}", self.random.one_of(&[">=", "=", "<"]), self.random.one_of(&["1", "2", "1-2"])),
            8 => format!("/usr/bin/{}", self.random.one_of(&["run", "walk", "*"])),
            9 => format!("{}*", &name[..1]),
            10 => (*self.random.one_of(&["run", "missing"])).to_owned(),
            _ => self.spec(),
        }
    }
}
