//! What a case is made of.

use std::fmt;

/// The kinds of dependencies, with rpm's names of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub enum Relation {
    Provides,
    Requires,
    Conflicts,
    Obsoletes,
    Recommends,
    Suggests,
    Supplements,
    Enhances,
}

/// A package, in a repository or installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkg {
    /// Name.
    pub name: String,
    /// Epoch, 0 for none.
    pub epoch: u32,
    /// Version.
    pub version: String,
    /// Release.
    pub release: String,
    /// Architecture.
    pub arch: String,
    /// Vendor, empty for none.
    pub vendor: String,
    /// When it was built: seconds after a fixed time.
    pub built: u32,
    /// Dependencies as rpm writes them, `(a if b)` included.
    pub deps: Vec<(Relation, String)>,
    /// Paths of files.
    pub files: Vec<String>,
}

impl Pkg {
    /// Returns the full name, without an epoch of 0.
    pub fn nevra(&self) -> String {
        format!("{}-{}.{}", self.name, self.evr(), self.arch)
    }

    /// Returns the version, without an epoch of 0.
    pub fn evr(&self) -> String {
        let epoch = if self.epoch == 0 { String::new() } else { format!("{}:", self.epoch) };
        format!("{epoch}{}-{}", self.version, self.release)
    }
}

impl fmt::Display for Pkg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.nevra())?;
        if !self.vendor.is_empty() {
            write!(f, " vendor={}", self.vendor)?;
        }
        if self.built != 0 {
            write!(f, " built={}", self.built)?;
        }
        for (relation, dep) in &self.deps {
            write!(f, " {relation:?}: {dep};")?;
        }
        for file in &self.files {
            write!(f, " file {file};")?;
        }
        Ok(())
    }
}

/// A repository.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Id.
    pub id: String,
    /// Lines of its section.
    pub conf: Vec<String>,
    /// Its packages, in the order of its metadata.
    pub packages: Vec<Pkg>,
    /// Other metadata: type and content.
    pub extras: Vec<(String, String)>,
}

/// An installed package.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The package.
    pub package: Pkg,
    /// The reason in `packages.toml`, if it has one there.
    pub reason: Option<&'static str>,
    /// The repository in `nevras.toml`, if it has one there.
    pub from_repo: Option<String>,
}

/// A file of the root besides the ones that everything else makes: path and content.
pub type File = (String, String);

/// Repositories, a system and commands.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Where it came from.
    pub seed: u64,
    /// The repositories.
    pub repos: Vec<Repository>,
    /// The installed packages in the order of their numbers.
    pub installed: Vec<Installed>,
    /// Lines of the main section of the configuration.
    pub conf: Vec<String>,
    /// Further files, state files among them.
    pub files: Vec<File>,
    /// The commands, one after the other, each as words.
    pub commands: Vec<Vec<String>>,
}

/// The text form, which [`Case::from_str`](std::str::FromStr) reads.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seed != 0 {
            writeln!(f, "# seed {}", self.seed)?;
        }
        for repo in &self.repos {
            writeln!(f, "[{}] {}", repo.id, repo.conf.join(" "))?;
            for package in &repo.packages {
                writeln!(f, "{package}")?;
            }
            for (kind, text) in &repo.extras {
                writeln!(f, "{kind}:")?;
                text.lines().try_for_each(|line| writeln!(f, "|{line}"))?;
            }
        }
        writeln!(f, "[@System]")?;
        for Installed { package, reason, from_repo } in &self.installed {
            let reason = reason.unwrap_or("-").replace(' ', "_");
            writeln!(f, "{package} reason={reason} from={}", from_repo.as_deref().unwrap_or("-"))?;
        }
        writeln!(f, "[main] {}", self.conf.join(" "))?;
        for (path, text) in &self.files {
            writeln!(f, "{path}:")?;
            text.lines().try_for_each(|line| writeln!(f, "|{line}"))?;
        }
        for command in &self.commands {
            let words: Vec<String> = command
                .iter()
                .map(|word| if word.contains([' ', '\'']) { format!("'{word}'") } else { word.clone() })
                .collect();
            writeln!(f, "$ {}", words.join(" "))?;
        }
        Ok(())
    }
}
