//! From a seed to a case.

use oxidnf_core::reldep::{Reldep, Sense, ranges_overlap};

use super::case::{Case, Installed, Pkg, Relation, Repository};
use crate::random::Random;

impl Case {
    /// Makes the case of a seed.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut maker = Maker::new(&mut random);
        let repos = maker.repos();
        let installed = maker.installed(&repos);
        let conf = maker.conf(&installed);
        let commands = maker.commands(&repos, &installed);
        let mut case = Case { seed, repos, installed, conf, files: Vec::new(), commands };
        case.add_policies(&mut random);
        case.avoid_hash_order();
        case
    }

    /// With `multilib_policy=all` a wildcard's names become jobs in the order of a hash table of dnf5's, from which that of
    /// the transaction follows; it depends on numbers that nobody else can know.
    fn avoid_hash_order(&mut self) {
        let wild = |command: &Vec<String>| command.iter().any(|word| word.contains(['*', '?']));
        if self.commands.iter().any(wild) {
            self.conf.retain(|line| line != "multilib_policy=all");
        }
    }
}

/// Versions of packages, from old to new.
const VERSIONS: [(u32, &str, &str); 6] =
    [(0, "1", "1"), (0, "1", "2"), (0, "1.5~rc1", "1"), (0, "2", "1"), (0, "3^git", "1"), (1, "1", "1")];

pub(super) struct Maker<'r> {
    pub(super) random: &'r mut Random,
    names: Vec<String>,
    /// How many of a hundred packages have each of several oddities.
    odd: usize,
}

impl<'r> Maker<'r> {
    fn new(random: &'r mut Random) -> Self {
        let count = 4 + random.below(12);
        let mut names: Vec<String> = Vec::new();
        while names.len() < count {
            let length = 2 + random.below(2);
            let name: String = (0..length).map(|_| *random.one_of(&['a', 'b', 'c', 'd'])).collect();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let odd = *random.one_of(&[0, 3, 10]);
        Maker { random, names, odd }
    }

    pub(super) fn name(&mut self) -> String {
        self.random.one_of(&self.names).clone()
    }

    fn repos(&mut self) -> Vec<Repository> {
        let ids = *self.random.one_of(&[["mid", "zed", "alpha"], ["alpha", "mid", "zed"], ["zed", "alpha", "mid"]]);
        let count = self.random.weighted(&[(3, 1), (5, 2), (2, 3)]);
        let mut repos = Vec::new();
        for (place, id) in ids.into_iter().take(count).enumerate() {
            let mut packages: Vec<Pkg> = Vec::new();
            for name in self.names.clone() {
                for _ in 0..self.random.weighted(&[(3, 0), (6, 1), (3, 2), (1, 3)]) {
                    let package = self.package(&name, place);
                    if packages.iter().all(|other| other.nevra() != package.nevra()) {
                        packages.push(package);
                    }
                }
            }
            for place in (1..packages.len()).rev() {
                packages.swap(place, self.random.below(place + 1));
            }
            let conf = self.repo_conf();
            repos.push(Repository { id: id.to_owned(), conf, packages, extras: Vec::new() });
        }
        repos
    }

    fn repo_conf(&mut self) -> Vec<String> {
        let mut conf = Vec::new();
        if self.random.chance(15) {
            conf.push(format!("priority={}", self.random.one_of(&[10, 98, 100])));
        }
        if self.random.chance(10) {
            conf.push(format!("cost={}", self.random.one_of(&[500, 2000])));
        }
        if self.random.chance(5) {
            conf.push(format!("excludepkgs={}", self.pattern()));
        }
        if self.random.chance(3) {
            conf.push(format!("includepkgs={}*,{}", self.random.one_of(&["a", "b", "c"]), self.name()));
        }
        conf
    }

    pub(super) fn pattern(&mut self) -> String {
        let name = self.name();
        match self.random.below(4) {
            0 => format!("{}*", &name[..1]),
            1 => format!("{name}-2*"),
            2 => format!("{name}-1-1"),
            _ => name,
        }
    }

    /// Makes a package; later repositories have newer ones.
    fn package(&mut self, name: &str, place: usize) -> Pkg {
        let newest = (2 + 2 * place).min(VERSIONS.len());
        let (epoch, version, release) =
            if self.random.chance(5) { *self.random.one_of(&VERSIONS) } else { VERSIONS[self.random.below(newest)] };
        let arch = self.random.weighted(&[(60, "noarch"), (35, "x86_64"), (5 * usize::from(self.odd > 0), "i686")]);
        let vendor = if self.random.chance(20) { *self.random.one_of(&["Acme", "Zeta"]) } else { "" };
        let mut deps = Vec::new();
        for _ in 0..self.random.weighted(&[(40, 0), (34, 1), (18, 2), (8, 3)]) {
            deps.push(self.dependency(name));
        }
        if self.random.chance(20) {
            deps.push((Relation::Provides, self.capability_provided()));
        }
        if self.random.chance(self.odd / 2) {
            deps.push((Relation::Provides, format!("alternative-for({})", self.name())));
        }
        let mut files = Vec::new();
        if self.random.chance(12) {
            files.push(format!("/usr/bin/{}", self.random.one_of(&["run", "walk", "talk"])));
        }
        if self.random.chance(5) {
            files.push(format!("/etc/{name}.conf"));
        }
        let built = u32::from(self.random.chance(self.odd));
        Pkg {
            name: name.to_owned(),
            epoch,
            version: version.to_owned(),
            release: release.to_owned(),
            arch: arch.to_owned(),
            vendor: vendor.to_owned(),
            built,
            deps,
            files,
        }
    }

    fn capability_provided(&mut self) -> String {
        let number = self.random.below(3);
        if self.random.chance(30) {
            format!("cap{number} = {}", 1 + self.random.below(3))
        } else {
            format!("cap{number}")
        }
    }

    fn dependency(&mut self, of: &str) -> (Relation, String) {
        let odd = self.odd;
        let relation = self.random.weighted(&[
            (50, Relation::Requires),
            (14, Relation::Recommends),
            (5, Relation::Supplements),
            (3, Relation::Suggests),
            (2, Relation::Enhances),
            (2 + odd, Relation::Conflicts),
            (2 + odd / 2, Relation::Obsoletes),
        ]);
        let rich = !matches!(relation, Relation::Obsoletes) && self.random.chance(7);
        if !rich {
            return (relation, self.plain(of, relation));
        }
        let (one, two) = (self.plain(of, relation), self.plain(of, relation));
        let backwards = matches!(relation, Relation::Supplements | Relation::Enhances);
        let operator = if backwards {
            *self.random.one_of(&["and", "or"])
        } else {
            *self.random.one_of(&["if", "or", "and", "unless"])
        };
        // `unless` stands for the opposite of a conflict, `if` for a requirement; rpm takes them nowhere else.
        let operator = match (operator, relation) {
            ("if", Relation::Conflicts) => "unless",
            ("unless", relation) if relation != Relation::Conflicts => "if",
            (operator, _) => operator,
        };
        (relation, format!("({one} {operator} {two})"))
    }

    fn plain(&mut self, of: &str, relation: Relation) -> String {
        match self.random.below(100) {
            0..2 if self.odd > 0 => "missing".to_owned(),
            2..14 => format!("cap{}", self.random.below(3)),
            14..19 if relation != Relation::Obsoletes => {
                format!("/usr/bin/{}", self.random.one_of(&["run", "walk", "talk"]))
            }
            _ => {
                let mut name = self.name();
                if relation == Relation::Obsoletes && name == of {
                    name = "old".to_owned();
                }
                let versioned = if relation == Relation::Obsoletes { 60 } else { 18 };
                if !self.random.chance(versioned) {
                    return name;
                }
                let operator = match relation {
                    Relation::Obsoletes => *self.random.one_of(&["<", "<="]),
                    Relation::Requires | Relation::Recommends => *self.random.one_of(&[">=", ">=", "=", "<", ">"]),
                    _ => *self.random.one_of(&["<", ">=", "="]),
                };
                format!("{name} {operator} {}", self.random.one_of(&["1", "2", "1-2", "3"]))
            }
        }
    }

    /// Chooses what is installed: some packages with what they require, as far as it is there.
    fn installed(&mut self, repos: &[Repository]) -> Vec<Installed> {
        let all: Vec<(&Repository, &Pkg)> =
            repos.iter().flat_map(|repo| repo.packages.iter().map(move |package| (repo, package))).collect();
        if all.is_empty() || self.random.chance(4) {
            return Vec::new();
        }
        let mut chosen: Vec<(&Repository, &Pkg, bool)> = Vec::new();
        let broken = self.random.chance(self.odd);
        for _ in 0..=1 + self.random.below(6) {
            let (mut repo, mut package) = *self.random.one_of(&all);
            // Old ones more often than new ones, so that there is something to upgrade.
            for _ in 0..6 {
                let (other_repo, other) = *self.random.one_of(&all);
                if other.name == package.name && rank(other) < rank(package) {
                    (repo, package) = (other_repo, other);
                }
            }
            let mut tried = chosen.clone();
            if add(&mut tried, &all, repo, package, true, broken) {
                chosen = tried;
            }
        }
        let unknown = self.random.chance(30);
        let installed = chosen.into_iter().map(|(repo, package, wanted)| {
            let mut package = package.clone();
            // Installed builds that no repository has.
            if self.random.chance(10) {
                package.release = format!("{}.local", package.release);
            }
            let reason = if wanted {
                self.random.weighted(&[(80, Some("User")), (10, Some("Dependency")), (10, None)])
            } else {
                self.random.weighted(&[
                    (75, Some("Dependency")),
                    (10, Some("Weak Dependency")),
                    (10, Some("User")),
                    (5, None),
                ])
            };
            let reason = if unknown && self.random.chance(30) { None } else { reason };
            let from_repo = reason.filter(|_| self.random.chance(90)).map(|_| repo.id.clone());
            Installed { package, reason, from_repo }
        });
        installed.collect()
    }

    fn conf(&mut self, installed: &[Installed]) -> Vec<String> {
        let mut conf = Vec::new();
        let name = |maker: &mut Self| match installed {
            [] => maker.name(),
            _ => maker.random.one_of(installed).package.name.clone(),
        };
        if self.random.chance(65) {
            conf.push(format!("best={}", self.random.weighted(&[(4, 0), (1, 1)])));
        }
        for (chance, key) in [
            (12, "install_weak_deps"),
            (8, "clean_requirements_on_remove"),
            (6, "skip_broken"),
            (6, "skip_unavailable"),
            (10, "exclude_from_weak_autodetect"),
            (12, "allow_vendor_change"),
            (6, "allow_downgrade"),
            (6, "obsoletes"),
            (3, "strict"),
        ] {
            if self.random.chance(chance) {
                conf.push(format!("{key}={}", self.random.below(2)));
            }
        }
        if self.random.chance(6) {
            conf.push("multilib_policy=all".to_owned());
        }
        if self.random.chance(10) {
            conf.push(format!("protected_packages={}", name(self)));
        }
        if self.random.chance(12) {
            conf.push(format!("installonlypkgs={},cap0", name(self)));
            conf.push(format!("installonly_limit={}", self.random.below(4)));
        }
        if self.random.chance(7) {
            conf.push(format!("excludepkgs={}", self.pattern()));
        }
        if self.random.chance(2) {
            conf.push(format!("includepkgs={}*", self.random.one_of(&["a", "b", "c"])));
        }
        if self.random.chance(5) {
            conf.push(format!("exclude_from_weak={}", self.pattern()));
        }
        if self.random.chance(4) {
            conf.push(format!("disable_excludes={}", self.random.one_of(&["main", "*", "alpha", "z*"])));
        }
        conf
    }
}

/// Returns a rough order of versions.
fn rank(package: &Pkg) -> usize {
    let of = |(epoch, version, release): &(u32, &str, &str)| {
        *epoch == package.epoch && *version == package.version && *release == package.release
    };
    VERSIONS.iter().position(of).unwrap_or(0)
}

/// Adds a package and what it requires; tells whether that was possible without conflicts of names.
fn add<'a>(
    chosen: &mut Vec<(&'a Repository, &'a Pkg, bool)>,
    all: &[(&'a Repository, &'a Pkg)],
    repo: &'a Repository,
    package: &'a Pkg,
    wanted: bool,
    broken: bool,
) -> bool {
    if let Some(known) = chosen.iter_mut().find(|(_, known, _)| known.nevra() == package.nevra()) {
        known.2 |= wanted;
        return true;
    }
    let clash = chosen
        .iter()
        .any(|(_, known, _)| known.name == package.name || at_odds(known, package) || at_odds(package, known));
    if clash && !broken {
        return false;
    }
    // Whether a rich dependency holds is not looked into here, and rpm objects to what was broken before.
    let rich = package.deps.iter().any(|(relation, dep)| *relation == Relation::Requires && dep.starts_with('('));
    if rich && !broken {
        return false;
    }
    chosen.push((repo, package, wanted));
    for (_, dep) in
        package.deps.iter().filter(|(relation, dep)| *relation == Relation::Requires && !dep.starts_with('('))
    {
        if broken || chosen.iter().any(|(_, known, _)| meets(known, dep)) {
            continue;
        }
        let found = all.iter().any(|(repo, other)| {
            if !meets(other, dep) {
                return false;
            }
            let mut tried = chosen.clone();
            let fits = add(&mut tried, all, repo, other, false, broken);
            if fits {
                *chosen = tried;
            }
            fits
        });
        if !found {
            return false;
        }
    }
    true
}

fn at_odds(one: &Pkg, two: &Pkg) -> bool {
    one.deps.iter().any(|(relation, dep)| match relation {
        Relation::Conflicts => meets(two, dep),
        Relation::Obsoletes => dep.split(' ').next() == Some(two.name.as_str()),
        _ => false,
    })
}

/// Tells whether a package satisfies a plain dependency.
fn meets(package: &Pkg, dep: &str) -> bool {
    if dep.starts_with('/') {
        return package.files.iter().any(|file| file == dep);
    }
    let Some(wanted) = Reldep::parse(dep) else { return false };
    if wanted.name == package.name {
        return ranges_overlap((wanted.sense, &wanted.evr), (Sense::EQUAL, &package.evr()));
    }
    package.deps.iter().filter(|(relation, _)| *relation == Relation::Provides).any(|(_, provide)| {
        Reldep::parse(provide).is_some_and(|provide| {
            provide.name == wanted.name && ranges_overlap((wanted.sense, &wanted.evr), (provide.sense, &provide.evr))
        })
    })
}
