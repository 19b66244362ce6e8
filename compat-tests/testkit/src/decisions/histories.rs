//! Random histories: transactions by either program in turn, then some of them undone, redone, rolled back or replayed.

use super::case::Case;
use crate::random::Random;

/// First word of a command that dnf5 carries out on both sides: there oxidnf goes on where dnf5 stopped, and the other
/// way round.
pub(super) const REAL: &str = "dnf5";

impl Case {
    /// Makes the history of a seed: repositories and system are those of [`Case::from_seed`], or those of
    /// [`Case::with_groups`] for every third seed.
    pub fn history(seed: u64) -> Self {
        let groups = seed.is_multiple_of(3);
        let mut case = if groups { Case::with_groups(seed) } else { Case::from_seed(seed) };
        let mut random = Random::new(seed ^ 0x6869_7374);
        case.conf.retain(|line| !line.starts_with("protected_packages") && !line.starts_with("includepkgs"));
        let names: Vec<String> =
            case.repos.iter().flat_map(|repo| &repo.packages).map(|package| package.name.clone()).collect();
        let mut maker = Maker { random: &mut random, names, groups, count: 0 };
        let mut commands = Vec::new();
        for _ in 0..4 + maker.random.below(5) {
            commands.push(maker.change());
        }
        for _ in 0..=maker.random.below(4) {
            commands.extend(maker.revisit());
        }
        if maker.random.chance(30) {
            commands.push(words(&["history", "list"]));
        }
        case.commands = commands;
        for command in &mut case.commands {
            if random.chance(45) {
                command.insert(0, REAL.to_owned());
            }
        }
        // dnf5 finds packages in another order once its cache holds them, so both programs fill theirs first.
        case.commands.splice(0..0, [words(&["makecache"]), words(&[REAL, "makecache"])]);
        case
    }
}

struct Maker<'r> {
    random: &'r mut Random,
    names: Vec<String>,
    groups: bool,
    /// About how many transactions there are so far.
    count: usize,
}

impl Maker<'_> {
    fn name(&mut self) -> String {
        if self.names.is_empty() {
            return "nothere".to_owned();
        }
        self.random.one_of(&self.names).clone()
    }

    fn id(&mut self) -> String {
        let back = self.random.below(self.count.max(1) + 1);
        match self.random.below(4) {
            0 => "last".to_owned(),
            1 => format!("last-{back}"),
            _ => (1 + back).to_string(),
        }
    }

    fn change(&mut self) -> Vec<String> {
        self.count += 1;
        if self.groups && self.random.chance(35) {
            let verb = *self.random.one_of(&["install", "install", "remove", "upgrade"]);
            let id = *self.random.one_of(&["base", "core", "games", "tools", "web", "desk"]);
            return words(&["group", verb, id, "--skip-broken", "-y"])
                .into_iter()
                .filter(|word| verb == "install" || word != "--skip-broken")
                .collect();
        }
        let verb = self.random.weighted(&[
            (45, "install"),
            (18, "remove"),
            (12, "upgrade"),
            (5, "downgrade"),
            (4, "reinstall"),
            (6, "mark"),
            (4, "distro-sync"),
            (3, "autoremove"),
            (3, "swap"),
        ]);
        let mut command = vec![verb.to_owned()];
        match verb {
            "install" => {
                command.extend(words(&["--skip-broken", "--skip-unavailable"]));
                for _ in 0..=self.random.below(3) {
                    command.push(self.name());
                }
            }
            "mark" => {
                command.push((*self.random.one_of(&["user", "dependency", "weak"])).to_owned());
                command.push("--skip-unavailable".to_owned());
                command.push(self.name());
                command.push(self.name());
            }
            "autoremove" => {}
            "distro-sync" => command.push("--skip-broken".to_owned()),
            "upgrade" if self.random.chance(60) => {}
            "swap" => {
                let (one, two) = (self.name(), self.name());
                command.extend([one, two]);
            }
            "remove" => {
                command.push(self.name());
                command.push(self.name());
            }
            _ => {
                command.push("--skip-unavailable".to_owned());
                command.push(self.name());
                command.push(self.name());
            }
        }
        command.push("-y".to_owned());
        command
    }

    fn revisit(&mut self) -> Vec<Vec<String>> {
        self.count += 1;
        let verb = self.random.weighted(&[(35, "undo"), (25, "redo"), (25, "rollback"), (15, "store")]);
        let id = self.id();
        let mut commands = Vec::new();
        let mut command = if verb == "store" {
            let place = format!("stored-{}", self.count);
            commands.push(words(&["history", "store", &id, "-o", &place, "-y"]));
            words(&["replay", &place])
        } else {
            words(&["history", verb, &id])
        };
        let ignoring = verb != "redo";
        for (chance, option, fits) in [
            (30, "--ignore-extras", ignoring),
            (30, "--ignore-installed", ignoring),
            (20, "--skip-unavailable", true),
            (20, "--skip-broken", verb == "store"),
        ] {
            if self.random.chance(chance) && fits {
                command.push(option.to_owned());
            }
        }
        command.push("-y".to_owned());
        commands.push(command);
        if self.random.chance(25) {
            commands.push(words(&["history", "info", "last"]));
        }
        commands
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
