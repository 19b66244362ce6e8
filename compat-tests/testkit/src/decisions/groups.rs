//! Random groups and environments in the repositories and the state of a case, and commands about them.

use std::fmt::Write as _;

use super::case::Case;
use crate::random::Random;

/// Ids of groups and of environments.
const GROUPS: [&str; 5] = ["base", "core", "games", "tools", "web"];
const ENVIRONMENTS: [&str; 2] = ["desk", "server"];

impl Case {
    /// Makes the case of a seed about groups: repositories and system are those of [`Case::from_seed`].
    ///
    /// One repository describes all groups, as dnf5 puts what several say together in an order of chance.
    pub fn with_groups(seed: u64) -> Self {
        let mut case = Case::from_seed(seed);
        let mut random = Random::new(seed ^ 0x6772_6f75_7073);
        let mut names: Vec<String> =
            case.repos.iter().flat_map(|repo| &repo.packages).map(|package| package.name.clone()).collect();
        names.sort();
        names.dedup();
        let mut maker = Maker { random: &mut random, names };
        let comps = maker.comps();
        let state = maker.state(&case);
        let commands = (0..2 + maker.random.below(2)).map(|_| maker.command()).collect();
        if let Some(repo) = case.repos.first_mut() {
            repo.extras.push(("group".to_owned(), comps));
        }
        case.files.extend(state);
        if maker.random.chance(10) {
            case.conf.push("group_package_types=mandatory,optional".to_owned());
        }
        case.commands = commands;
        case
    }
}

struct Maker<'r> {
    random: &'r mut Random,
    names: Vec<String>,
}

impl Maker<'_> {
    fn name(&mut self) -> String {
        if self.names.is_empty() || self.random.chance(6) {
            return "missing".to_owned();
        }
        self.random.one_of(&self.names).clone()
    }

    fn comps(&mut self) -> String {
        let mut text = String::from("<comps>\n");
        for id in GROUPS {
            if self.random.chance(85) {
                text += &self.group(id);
            }
        }
        for id in ENVIRONMENTS {
            if self.random.chance(80) {
                text += &self.environment(id);
            }
        }
        text + "</comps>\n"
    }

    fn group(&mut self, id: &str) -> String {
        let mut text = format!("<group><id>{id}</id><name>The {id}</name>");
        if self.random.chance(30) {
            write!(text, "<display_order>{}</display_order>", self.random.below(4)).unwrap_or_default();
        }
        if self.random.chance(20) {
            text += "<uservisible>false</uservisible>";
        }
        text += "<packagelist>\n";
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..self.random.below(6) {
            let name = self.name();
            if seen.contains(&name) {
                continue;
            }
            let kind =
                self.random.weighted(&[(40, "default"), (30, "mandatory"), (15, "optional"), (15, "conditional")]);
            let condition =
                if kind == "conditional" { format!(" requires=\"{}\"", self.name()) } else { String::new() };
            writeln!(text, "<packagereq type=\"{kind}\"{condition}>{name}</packagereq>").unwrap_or_default();
            seen.push(name);
        }
        text + "</packagelist></group>\n"
    }

    fn environment(&mut self, id: &str) -> String {
        let mut text = format!("<environment><id>{id}</id><name>The {id}</name><grouplist>");
        let mut optional = String::new();
        for group in GROUPS.into_iter().chain(["nogroup"]) {
            match self.random.below(100) {
                0..40 => text += &format!("<groupid>{group}</groupid>"),
                40..50 => optional += &format!("<groupid default=\"true\">{group}</groupid>"),
                50..60 => optional += &format!("<groupid>{group}</groupid>"),
                _ => {}
            }
        }
        format!("{text}</grouplist><optionlist>{optional}</optionlist></environment>\n")
    }

    /// Makes state files of groups, sometimes.
    fn state(&mut self, case: &Case) -> Vec<(String, String)> {
        if self.random.chance(50) {
            return Vec::new();
        }
        let mut text = String::from("version = \"1.0\"\n\n[groups]\n");
        let mut installed = Vec::new();
        for id in GROUPS {
            if !self.random.chance(40) {
                continue;
            }
            installed.push(id);
            let members: Vec<String> = case
                .installed
                .iter()
                .filter(|_| self.random.chance(40))
                .map(|installed| format!("\"{}\"", installed.package.name))
                .collect();
            let user = self.random.chance(60);
            write!(
                text,
                "[groups.{id}]\npackage_types = [\"mandatory\", \"default\", \"conditional\"]\npackages = [{}]\nuserinstalled = {user}\n\n",
                members.join(", ")
            )
            .unwrap_or_default();
        }
        let mut files = vec![("/usr/lib/sysimage/libdnf5/groups.toml".to_owned(), text)];
        if self.random.chance(50) && !installed.is_empty() {
            let groups: Vec<String> = installed.iter().map(|id| format!("\"{id}\"")).collect();
            let text = format!("version = \"1.0\"\n\n[environments]\ndesk = {{groups = [{}]}}\n\n", groups.join(", "));
            files.push(("/usr/lib/sysimage/libdnf5/environments.toml".to_owned(), text));
        }
        files
    }

    fn command(&mut self) -> Vec<String> {
        let verb = self.random.weighted(&[
            (24, "group install"),
            (18, "group remove"),
            (14, "group upgrade"),
            (6, "environment install"),
            (5, "environment remove"),
            (4, "environment upgrade"),
            (10, "install"),
            (8, "remove"),
            (6, "upgrade"),
            (5, "group info"),
            (4, "mark group"),
        ]);
        let mut words: Vec<String> = verb.split(' ').map(str::to_owned).collect();
        match verb {
            "install" | "remove" | "upgrade" => {
                words.push(format!("@{}", self.id()));
                if self.random.chance(60) {
                    words.push(self.name());
                }
            }
            "mark group" => {
                words.push((*self.random.one_of(&GROUPS)).to_owned());
                words.push(self.name());
            }
            "group info" => words.push((*self.random.one_of(&GROUPS)).to_owned()),
            _ => {
                for (chance, option) in [(20, "--with-optional"), (15, "--no-packages"), (10, "--skip-broken")] {
                    let removes = verb.ends_with("remove") && option != "--no-packages";
                    if self.random.chance(chance) && !verb.ends_with("upgrade") && !removes {
                        words.push(option.to_owned());
                    }
                }
                for _ in 0..self.random.weighted(&[(6, 1), (2, 2)]) {
                    words.push(self.id());
                }
            }
        }
        if self.random.chance(15) {
            words.push((*self.random.one_of(&["--best", "--no-best"])).to_owned());
        }
        words.push("-y".to_owned());
        words
    }

    fn id(&mut self) -> String {
        match self.random.below(100) {
            0..70 => (*self.random.one_of(&GROUPS)).to_owned(),
            70..93 => (*self.random.one_of(&ENVIRONMENTS)).to_owned(),
            93..97 => format!("{}*", &self.random.one_of(&GROUPS)[..1]),
            _ => "nothere".to_owned(),
        }
    }
}
