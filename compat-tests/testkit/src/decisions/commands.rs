//! The commands of generated cases.

use super::case::{Installed, Pkg, Repository};
use super::generate::Maker;

/// What specs are made of.
struct Stock<'a> {
    available: Vec<&'a Pkg>,
    installed: Vec<&'a Pkg>,
    repos: Vec<&'a str>,
}

impl Maker<'_> {
    /// Makes one command, sometimes more.
    pub(super) fn commands(&mut self, repos: &[Repository], installed: &[Installed]) -> Vec<Vec<String>> {
        let stock = Stock {
            available: repos.iter().flat_map(|repo| &repo.packages).collect(),
            installed: installed.iter().map(|installed| &installed.package).collect(),
            repos: repos.iter().map(|repo| repo.id.as_str()).collect(),
        };
        let count = self.random.weighted(&[(5, 1), (4, 2), (1, 3)]);
        (0..count).map(|_| self.command(&stock)).collect()
    }

    fn command(&mut self, stock: &Stock<'_>) -> Vec<String> {
        let verb = self.random.weighted(&[
            (30, "install"),
            (20, "upgrade"),
            (20, "remove"),
            (10, "distro-sync"),
            (7, "downgrade"),
            (5, "reinstall"),
            (4, "autoremove"),
            (5, "mark"),
            (5, "swap"),
            (5, "do"),
        ]);
        let mut words = vec![verb.to_owned()];
        match verb {
            "install" => {
                self.options(&mut words, stock, "EBUDF");
                self.specs(&mut words, stock, Of::Available, 1);
            }
            "upgrade" => {
                self.options(&mut words, stock, "EUDIF");
                let least = usize::from(self.random.chance(60));
                if least > 0 {
                    self.specs(&mut words, stock, Of::Installed, 1);
                }
            }
            "distro-sync" => {
                self.options(&mut words, stock, "EBUIF");
                if self.random.chance(50) {
                    self.specs(&mut words, stock, Of::Installed, 1);
                }
            }
            "downgrade" | "reinstall" => {
                self.options(&mut words, stock, "EBUDIF");
                self.specs(&mut words, stock, Of::Installed, 1);
            }
            "remove" => self.remove(&mut words, stock),
            "swap" => {
                self.options(&mut words, stock, "EI");
                self.one_spec(&mut words, stock, Of::Installed);
                self.one_spec(&mut words, stock, Of::Available);
            }
            "do" => {
                self.options(&mut words, stock, "EBUD");
                for _ in 0..self.random.weighted(&[(1, 1), (4, 2), (3, 3)]) {
                    let actions = ["install", "remove", "upgrade", "install", "remove", "downgrade", "reinstall"];
                    let action = *self.random.one_of(&actions);
                    words.push(format!("--action={action}"));
                    let of = if action == "install" { Of::Available } else { Of::Installed };
                    self.one_spec(&mut words, stock, of);
                }
            }
            "mark" => {
                words.push((*self.random.one_of(&["user", "dependency", "weak"])).to_owned());
                self.options(&mut words, stock, "U");
                self.specs(&mut words, stock, Of::Installed, 1);
            }
            _ => {}
        }
        self.global_options(&mut words);
        words
    }

    fn remove(&mut self, words: &mut Vec<String>, stock: &Stock<'_>) {
        self.options(words, stock, "I");
        if self.random.chance(15) {
            words.push("--no-autoremove".to_owned());
        }
        match self.random.below(100) {
            0..6 => {
                words.push("--oldinstallonly".to_owned());
                if self.random.chance(50) {
                    words.push(format!("--limit={}", 1 + self.random.below(2)));
                }
            }
            6..10 => words.push("--duplicates".to_owned()),
            _ => self.specs(words, stock, Of::Installed, 1),
        }
    }

    /// Adds some of the options that a command has, each of them a letter of the reference.
    fn options(&mut self, words: &mut Vec<String>, stock: &Stock<'_>, letters: &str) {
        for letter in letters.chars() {
            match letter {
                'E' if self.random.chance(20) => words.push("--allowerasing".to_owned()),
                'B' if self.random.chance(12) => words.push("--skip-broken".to_owned()),
                'U' if self.random.chance(12) => words.push("--skip-unavailable".to_owned()),
                'D' if self.random.chance(6) => {
                    words.push((*self.random.one_of(&["--allow-downgrade", "--no-allow-downgrade"])).to_owned());
                }
                'F' if self.random.chance(5) => words.push(format!("--from-repo={}", self.random.one_of(&stock.repos))),
                'F' if self.random.chance(3) => words.push("--from-vendor=Acme".to_owned()),
                'I' if self.random.chance(5) => {
                    words.push(format!("--installed-from-repo={}", self.random.one_of(&stock.repos)));
                }
                _ => {}
            }
        }
    }

    fn global_options(&mut self, words: &mut Vec<String>) {
        if self.random.chance(15) {
            words.push((*self.random.one_of(&["--best", "--no-best", "--no-best"])).to_owned());
        }
        if self.random.chance(4) {
            words.push((*self.random.one_of(&["--no-allow-vendor-change", "--allow-vendor-change"])).to_owned());
        }
        if self.random.chance(5) {
            words.push(format!("--exclude={}", self.pattern()));
        }
        words.push(self.random.weighted(&[(19, "-y"), (1, "--assumeno")]).to_owned());
    }

    fn specs(&mut self, words: &mut Vec<String>, stock: &Stock<'_>, of: Of, least: usize) {
        for _ in 0..least + self.random.weighted(&[(6, 0), (3, 1), (1, 2)]) {
            self.one_spec(words, stock, of);
        }
    }

    fn one_spec(&mut self, words: &mut Vec<String>, stock: &Stock<'_>, of: Of) {
        let preferred = match of {
            Of::Installed if !self.random.chance(15) => &stock.installed,
            Of::Available | Of::Installed => &stock.available,
        };
        let spec = match preferred.as_slice() {
            [] => self.name(),
            packages => {
                let package = *self.random.one_of(packages);
                self.spec(package)
            }
        };
        words.push(spec);
    }

    /// Calls a package somehow.
    fn spec(&mut self, package: &Pkg) -> String {
        let name = package.name.clone();
        match self.random.below(100) {
            0..55 => name,
            55..62 => format!("{name}.{}", package.arch),
            62..70 => format!("{name}-{}", package.evr()),
            70..76 => package.nevra(),
            76..80 => format!("{name}-{}", package.version),
            80..84 => format!("{}*", &name[..1]),
            84..86 => format!("{}?", &name[..1]),
            86..89 => format!("cap{}", self.random.below(3)),
            89..91 => format!("{name} >= {}", self.random.one_of(&["1", "2"])),
            91..93 => format!("/usr/bin/{}", self.random.one_of(&["run", "walk", "talk"])),
            93..94 => (*self.random.one_of(&["run", "walk"])).to_owned(),
            94..96 => {
                let (one, two) = (self.name(), self.name());
                format!("({one} {} {two})", self.random.one_of(&["or", "and", "if"]))
            }
            96..97 => name.to_uppercase(),
            97..98 => "nothere".to_owned(),
            _ => format!("{name}*.{}", self.random.one_of(&["noarch", "x86_64", "i686"])),
        }
    }
}

/// Which packages specs are about, mostly.
#[derive(Clone, Copy)]
enum Of {
    Available,
    Installed,
}
