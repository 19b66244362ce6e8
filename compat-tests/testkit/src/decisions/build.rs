//! From a case to directories: packages, repositories, the root before the first command.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rpm::{BuildConfig, CompressionType, Dependency, FileOptions, PackageBuilder};

use super::case::{Case, Pkg, Relation};
use crate::sample::repodata;

/// Why a case cannot be laid out.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The time that packages count theirs from.
const BUILT: u32 = 1_700_000_000;

/// Where the parts of a case are, on the host and inside the oracle.
pub(super) struct Places<'a> {
    /// Directory of its repositories on the host.
    pub(super) repos: &'a Path,
    /// The same directory inside.
    pub(super) repos_inside: &'a str,
    /// Its directory on the host; the root is `root` below it.
    pub(super) side: &'a Path,
}

/// Writes repositories and root; returns the script that installs the packages of the system, if there are any.
pub(super) fn lay_out(case: &Case, places: &Places<'_>) -> Result<Option<String>, Failure> {
    let mut built = HashMap::new();
    let root = places.side.join("root");
    fs::create_dir_all(root.join("etc/dnf"))?;
    fs::create_dir_all(root.join("etc/yum.repos.d"))?;
    fs::write(root.join("etc/dnf/dnf.conf"), format!("[main]\ntsflags=justdb\n{}\n", case.conf.join("\n")))?;
    for repo in &case.repos {
        let dir = places.repos.join(&repo.id);
        fs::create_dir_all(&dir)?;
        let files: Vec<PathBuf> =
            repo.packages.iter().map(|package| write_package(&mut built, package, &dir)).collect::<Result<_, _>>()?;
        let extras: Vec<_> = repo.extras.iter().map(|(kind, text)| (kind.as_str(), text.as_bytes())).collect();
        repodata::write_files(&dir, &files, &extras)?;
        fs::write(
            root.join(format!("etc/yum.repos.d/{}.repo", repo.id)),
            format!(
                "[{id}]\nname={id} repository\nbaseurl=file://{}/{id}\ngpgcheck=0\n{}\n",
                places.repos_inside,
                repo.conf.join("\n"),
                id = repo.id
            ),
        )?;
    }
    write_state(case, &root)?;
    for (path, text) in &case.files {
        let path = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap_or(&root))?;
        fs::write(path, text)?;
    }
    if case.installed.is_empty() {
        return Ok(None);
    }
    let dir = places.repos.join("@System");
    fs::create_dir_all(&dir)?;
    let mut script =
        "rpm --root $PWD/root --justdb --nodeps --noscripts --nosignature --nodigest --force -i".to_owned();
    for installed in &case.installed {
        let file = write_package(&mut built, &installed.package, &dir)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        write!(script, " {}/@System/{name}", places.repos_inside)?;
    }
    Ok(Some(script))
}

/// Writes what dnf5 would know about the installed packages.
fn write_state(case: &Case, root: &Path) -> Result<(), Failure> {
    let dir = root.join("usr/lib/sysimage/libdnf5");
    let mut packages = String::from("version = \"1.0\"\n\n[packages]\n");
    let mut nevras = String::from("version = \"1.0\"\n\n[nevras]\n");
    let mut reasons = std::collections::BTreeMap::new();
    for installed in &case.installed {
        let package = &installed.package;
        if let Some(reason) = installed.reason {
            reasons.insert(format!("{}.{}", package.name, package.arch), reason);
        }
        if let Some(repo) = &installed.from_repo {
            writeln!(nevras, "\"{}\" = {{from_repo = \"{repo}\"}}", package.nevra())?;
        }
    }
    for (name, reason) in reasons {
        writeln!(packages, "\"{name}\" = {{reason = \"{reason}\"}}")?;
    }
    fs::create_dir_all(&dir)?;
    fs::write(dir.join("packages.toml"), packages)?;
    fs::write(dir.join("nevras.toml"), nevras)?;
    Ok(())
}

/// Writes a package into a directory; equal packages are built once.
fn write_package(built: &mut HashMap<String, Vec<u8>>, package: &Pkg, dir: &Path) -> Result<PathBuf, Failure> {
    let key = package.to_string();
    if !built.contains_key(&key) {
        built.insert(key.clone(), bytes(package)?);
    }
    let path = dir.join(format!("{}-{}-{}.{}.rpm", package.name, package.version, package.release, package.arch));
    // Equal names but for the epoch.
    let path = if path.exists() {
        dir.join(format!("e{}-{}", package.epoch, package.built)).with_extension("rpm")
    } else {
        path
    };
    fs::write(&path, &built[&key])?;
    Ok(path)
}

fn bytes(package: &Pkg) -> Result<Vec<u8>, Failure> {
    let mut builder = PackageBuilder::new(&package.name, &package.version, "MIT", &package.arch, "Nothing");
    builder
        .using_config(BuildConfig::v4().source_date(BUILT + package.built).compression(CompressionType::None))
        .release(&package.release)
        .build_host("builder.example.org")
        .description("Nothing.");
    // An epoch that is there shows in rpm's messages, even 0.
    if package.epoch > 0 {
        builder.epoch(package.epoch);
    }
    if !package.vendor.is_empty() {
        builder.vendor(&package.vendor);
    }
    for (relation, text) in &package.deps {
        let dep = dependency(text);
        match relation {
            Relation::Provides => builder.provides(dep),
            Relation::Requires => builder.requires(dep),
            Relation::Conflicts => builder.conflicts(dep),
            Relation::Obsoletes => builder.obsoletes(dep),
            Relation::Recommends => builder.recommends(dep),
            Relation::Suggests => builder.suggests(dep),
            Relation::Supplements => builder.supplements(dep),
            Relation::Enhances => builder.enhances(dep),
        };
    }
    for file in &package.files {
        builder.with_file_contents("x\n", FileOptions::new(file))?;
    }
    let mut bytes = Vec::new();
    builder.build()?.write(&mut bytes)?;
    Ok(bytes)
}

fn dependency(text: &str) -> Dependency {
    if text.starts_with('(') {
        return Dependency::any(text);
    }
    let mut words = text.splitn(3, ' ');
    let name = words.next().unwrap_or_default();
    match (words.next(), words.next()) {
        (Some("<"), Some(evr)) => Dependency::less(name, evr),
        (Some("<="), Some(evr)) => Dependency::less_eq(name, evr),
        (Some("="), Some(evr)) => Dependency::eq(name, evr),
        (Some(">="), Some(evr)) => Dependency::greater_eq(name, evr),
        (Some(">"), Some(evr)) => Dependency::greater(name, evr),
        _ => Dependency::any(name),
    }
}
