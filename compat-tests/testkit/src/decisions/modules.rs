//! Random modules in the repositories and the state of a case, and commands about them and their packages.

use std::fmt::Write as _;

use super::case::{Case, Pkg, Repository};
use crate::random::Random;

/// Names of modules and of their streams.
const MODULES: [&str; 4] = ["app", "base", "core", "data"];
const STREAMS: [&str; 3] = ["1", "2", "10"];
const PROFILES: [&str; 2] = ["client", "server"];

impl Case {
    /// Makes the case of a seed about modules: repositories and system are those of [`Case::from_seed`].
    pub fn with_modules(seed: u64) -> Self {
        let mut case = Case::from_seed(seed);
        let mut random = Random::new(seed ^ 0x6d6f_6475_6c65);
        let packages: Vec<Pkg> = case.repos.iter().flat_map(|repo| &repo.packages).cloned().collect();
        let mut maker = Maker { random: &mut random, packages };
        let several = maker.random.chance(25);
        for (place, repo) in case.repos.iter_mut().enumerate() {
            if place == 0 || several {
                repo.extras.push(("modules".to_owned(), maker.modules()));
            }
        }
        maker.hotfixes(&mut case.repos);
        if maker.random.chance(85) {
            case.files.push(("/etc/os-release".to_owned(), "PLATFORM_ID=\"platform:f38\"\n".to_owned()));
        }
        case.files.extend(maker.state());
        if maker.random.chance(25) {
            case.conf.push("module_stream_switch=1".to_owned());
        }
        let others = std::mem::take(&mut case.commands);
        for _ in 0..=maker.random.below(3) {
            case.commands.push(maker.command());
        }
        case.commands.extend(others.into_iter().take(1));
        if maker.random.chance(50) {
            let command = maker.command();
            case.commands.push(command);
        }
        case
    }

    /// Tells whether a repository has modules.
    pub(super) fn has_modules(&self) -> bool {
        self.repos.iter().flat_map(|repo| &repo.extras).any(|(kind, _)| kind == "modules")
    }
}

struct Maker<'r> {
    random: &'r mut Random,
    packages: Vec<Pkg>,
}

impl Maker<'_> {
    fn modules(&mut self) -> String {
        let mut yaml = String::new();
        for module in MODULES {
            if self.random.chance(25) {
                continue;
            }
            for stream in STREAMS {
                if self.random.chance(65) {
                    for version in 1..=1 + self.random.weighted(&[(3, 0), (1, 1)]) {
                        yaml += &self.build(module, stream, version);
                    }
                }
            }
            if self.random.chance(50) {
                yaml += &self.defaults(module);
            }
        }
        yaml
    }

    fn build(&mut self, module: &str, stream: &str, version: usize) -> String {
        let mut text = format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {module}\n  stream: \"{stream}\"\n  version: {version}\n  \
             context: {}\n  arch: {}\n  summary: {module} {stream}\n  description: d\n  license: {{module: [MIT]}}\n",
            self.random.weighted(&[(3, "c"), (1, "d")]),
            self.random.weighted(&[(18, "x86_64"), (1, "noarch"), (1, "aarch64")]),
        );
        if self.random.chance(25) {
            text += "  static_context: true\n";
        }
        let mut requires = Vec::new();
        for other in MODULES.iter().filter(|other| **other != module) {
            if self.random.chance(15) {
                let streams: Vec<String> =
                    STREAMS.iter().filter(|_| self.random.chance(40)).map(|stream| format!("'{stream}'")).collect();
                requires.push(format!("{other}: [{}]", streams.join(", ")));
            }
        }
        if self.random.chance(30) {
            requires.push(format!("platform: [{}]", self.random.one_of(&["", "f38", "f38", "f38", "f39"])));
        }
        writeln!(text, "  dependencies: [{{requires: {{{}}}}}]", requires.join(", ")).unwrap_or_default();
        let profiles: Vec<String> = PROFILES
            .iter()
            .filter(|_| self.random.chance(50))
            .map(|profile| (*profile).to_owned())
            .collect::<Vec<_>>()
            .into_iter()
            .map(|profile| {
                let names: Vec<String> = (0..=self.random.below(2)).map(|_| self.name()).collect();
                format!("{profile}: {{rpms: [{}]}}", names.join(", "))
            })
            .collect();
        if !profiles.is_empty() {
            writeln!(text, "  profiles: {{{}}}", profiles.join(", ")).unwrap_or_default();
        }
        let artifacts: Vec<String> =
            (0..self.random.below(4)).filter_map(|_| self.artifact()).map(|nevra| format!("'{nevra}'")).collect();
        if !artifacts.is_empty() {
            writeln!(text, "  artifacts: {{rpms: [{}]}}", artifacts.join(", ")).unwrap_or_default();
        }
        text + "...\n"
    }

    fn artifact(&mut self) -> Option<String> {
        if self.packages.is_empty() {
            return None;
        }
        let Pkg { name, epoch, version, release, arch, .. } = self.random.one_of(&self.packages);
        let arch = if self.random.chance(4) { "src" } else { arch.as_str() };
        Some(format!("{name}-{epoch}:{version}-{release}.{arch}"))
    }

    fn name(&mut self) -> String {
        if self.packages.is_empty() || self.random.chance(4) {
            return "missing".to_owned();
        }
        self.random.one_of(&self.packages).name.clone()
    }

    fn defaults(&mut self, module: &str) -> String {
        let stream = *self.random.one_of(&STREAMS);
        let mut text = format!(
            "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: {module}\n  modified: {}\n",
            self.random.below(2)
        );
        if self.random.chance(90) {
            writeln!(text, "  stream: '{stream}'").unwrap_or_default();
        }
        // Of a stream's default profiles all repositories must say the same, so there is one that they say.
        if self.random.chance(50) {
            writeln!(text, "  profiles: {{'{stream}': [client]}}").unwrap_or_default();
        }
        text + "...\n"
    }

    fn hotfixes(&mut self, repos: &mut [Repository]) {
        for repo in repos {
            if self.random.chance(10) {
                repo.conf.push("module_hotfixes=1".to_owned());
            }
        }
    }

    /// Makes a state file of modules, sometimes.
    fn state(&mut self) -> Option<(String, String)> {
        if self.random.chance(60) {
            return None;
        }
        let mut text = String::from("version = \"1.0\"\n\n[modules]\n");
        for module in MODULES.into_iter().chain(["gone"]) {
            let stream = *self.random.one_of(&STREAMS);
            let (stream, state) = match self.random.below(100) {
                0..25 => (stream, "Enabled"),
                25..35 => ("", "Disabled"),
                35..40 => ("", "Available"),
                _ => continue,
            };
            let profiles = if state == "Enabled" && self.random.chance(20) { "\"client\"" } else { "" };
            writeln!(
                text,
                "{module} = {{enabled_stream = \"{stream}\", installed_profiles = [{profiles}], state = \"{state}\"}}"
            )
            .unwrap_or_default();
        }
        Some(("/usr/lib/sysimage/libdnf5/modules.toml".to_owned(), text))
    }

    fn command(&mut self) -> Vec<String> {
        let verb = self.random.weighted(&[
            (30, "module enable"),
            (8, "module disable"),
            (8, "module reset"),
            (5, "module list"),
            (5, "module info"),
            (14, "install"),
            (8, "upgrade"),
            (8, "distro-sync"),
            (3, "remove"),
            (3, "downgrade"),
            (3, "reinstall"),
            (2, "list"),
            (3, "repoquery"),
        ]);
        let mut words: Vec<String> = verb.split(' ').map(str::to_owned).collect();
        match verb {
            "module list" | "module info" => self.looked_at(&mut words),
            "list" | "repoquery" => {
                if self.random.chance(30) {
                    words.push("--disable-modular-filtering".to_owned());
                }
                words.push("--available".to_owned());
                return words;
            }
            "install" | "upgrade" | "distro-sync" | "remove" | "downgrade" | "reinstall" => {
                self.packages(verb, &mut words);
            }
            _ => {
                for _ in 0..self.random.weighted(&[(6, 1), (3, 2)]) {
                    let spec = self.spec();
                    words.push(spec);
                }
                if self.random.chance(10) && verb.ends_with("enable") {
                    words.push("--skip-broken".to_owned());
                }
                if self.random.chance(10) {
                    words.push("--skip-unavailable".to_owned());
                }
            }
        }
        if self.random.chance(8) {
            words.push((*self.random.one_of(&["--best", "--no-best"])).to_owned());
        }
        words.push("-y".to_owned());
        words
    }

    fn looked_at(&mut self, words: &mut Vec<String>) {
        if self.random.chance(30) {
            words.push((*self.random.one_of(&["--enabled", "--disabled"])).to_owned());
        }
        if self.random.chance(50) {
            let spec = self.spec();
            words.push(spec);
        }
    }

    /// Adds packages to what is to be done with them; modules, too, though dnf5 knows no `@module` there.
    fn packages(&mut self, verb: &str, words: &mut Vec<String>) {
        if matches!(verb, "upgrade" | "distro-sync") && self.random.chance(60) {
            return;
        }
        for _ in 0..=self.random.below(2) {
            let name = self.name();
            let word = match self.random.below(100) {
                0..70 => name,
                70..80 => self.artifact().unwrap_or(name),
                80..88 => format!("{}*", &name[..1]),
                _ => format!("@{}", self.spec()),
            };
            words.push(word);
        }
    }

    fn spec(&mut self) -> String {
        let (module, stream) = (*self.random.one_of(&MODULES), *self.random.one_of(&STREAMS));
        match self.random.below(100) {
            0..30 => module.to_owned(),
            30..68 => format!("{module}:{stream}"),
            68..74 => format!("{module}:*"),
            74..78 => format!("*:{stream}"),
            78..82 => format!("{module}:{stream}/{}", self.random.one_of(&PROFILES)),
            82..85 => format!("{module}/{}", self.random.one_of(&PROFILES)),
            85..89 => format!("{module}:{stream}:{}", 1 + self.random.below(2)),
            89..92 => format!("{module}:{stream}:1:c:x86_64"),
            92..94 => format!("{}*", &module[..1]),
            94..96 => "*".to_owned(),
            _ => "nothere".to_owned(),
        }
    }
}
