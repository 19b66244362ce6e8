//! `reposync`

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use oxidnf_core::conf::CacheOnly;
use oxidnf_core::plan::PlanPackage;
use oxidnf_engine::catalog::{Match, Query};
use oxidnf_engine::copies::Copy;
use oxidnf_engine::log::Level;
use oxidnf_engine::{Load, Session};

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::errors::{plain, signature_cause};
use crate::face::dnf5::progress::Progress;
use crate::grammar::{UsageError, split_list};

/// Copy repositories to a directory
#[derive(Debug, Clone, Default, Args)]
pub struct ReposyncArgs {
    /// Limit to packages of these architectures
    #[arg(short, long, value_name = "ARCH,...")]
    arch: Vec<String>,
    /// Download source packages
    #[arg(long, visible_alias = "source")]
    srpm: bool,
    /// Only the newest packages of each repository
    #[arg(short, long)]
    newest_only: bool,
    /// Give files the times that they have on the server
    #[arg(long)]
    remote_time: bool,
    /// Do not add the id of the repository to the path
    #[arg(long)]
    norepopath: bool,
    /// Delete packages that the repository does not have any more
    #[arg(long)]
    delete: bool,
    /// Print URLs instead of downloading
    #[arg(short, long)]
    urls: bool,
    /// Remove packages whose signature does not hold after downloading
    #[arg(short, long)]
    gpgcheck: bool,
    /// Download all metadata of the repositories as well
    #[arg(long)]
    download_metadata: bool,
    /// Only packages built on this day (UTC) or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    min_buildtime: Option<String>,
    /// Directory below which the repositories are put; the current one when not given
    #[arg(short = 'p', long, visible_alias = "download-path", value_name = "DIR")]
    destdir: Option<String>,
    /// Directory below which locations of packages may lead; that of the repository when not given
    #[arg(long, value_name = "DIR")]
    safe_write_path: Option<String>,
    /// Directory below which the metadata is put; that of --destdir when not given
    #[arg(long, value_name = "DIR")]
    metadata_path: Option<String>,
}

/// Which schemes are liked best when URLs of metadata are printed; of packages the first mirror's URL is.
const PREFERRED: [&str; 4] = ["https", "file", "http", "ftp"];

impl ReposyncArgs {
    /// Finds a date that is none.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        self.since().map(drop)
    }

    /// Returns the first second of the day of `--min-buildtime`.
    fn since(&self) -> Result<Option<i64>, UsageError> {
        let Some(text) = &self.min_buildtime else { return Ok(None) };
        let wrong = || {
            UsageError::Other(format!("Invalid date passed: \"{text}\". Dates in \"YYYY-MM-DD\" format are expected"))
        };
        midnight(text).map(Some).ok_or_else(wrong)
    }

    /// Copies one repository after the other.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let since = self.since()?;
        let mut session = cx.open()?;
        let mut repos: Vec<String> =
            session.repos().iter().filter(|repo| repo.enabled).map(|repo| repo.id.clone()).collect();
        repos.sort();
        for (given, option) in [(self.norepopath, "norepopath"), (self.safe_write_path.is_some(), "safe-write-path")] {
            if given && repos.len() > 1 {
                let text = format!("Can't use --{option} with multiple repositories enabled");
                return Err(UsageError::Other(text).into());
            }
        }
        session.refresh();
        cx.load(&mut session, &Load::available_only(), true)?;
        let mut trouble = Trouble::default();
        // What could not be loaded and may be missing is passed over.
        repos.retain(|repo| session.metadata(repo).is_some());
        for repo in &repos {
            let places = self.places(cx, repo);
            let packages = self.choose(&session, repo, since).into_iter();
            // Also where only URLs are printed, places that are not safe are told of.
            let copies = packages.map(|package| place(package, &places)).collect::<Result<Vec<_>, _>>()?;
            if self.urls {
                self.print_urls(cx, &session, repo, &copies)?;
            } else {
                self.copy(cx, &mut session, repo, (&places, &copies), &mut trouble)?;
            }
        }
        trouble.end()
    }

    /// Returns the packages of a repository that are meant, by their locations.
    fn choose(&self, session: &Session, repo: &str, since: Option<i64>) -> Vec<PlanPackage> {
        let sack = session.sack();
        let mut query = Query::new(sack).available().filter_repo(Match::Exact, &[repo]);
        let mut arches = split_list(&self.arch);
        if self.srpm {
            arches.push("src".to_owned());
        }
        if !arches.is_empty() {
            query = query.filter_arch(Match::Exact, &arches);
        }
        if let Some(since) = since {
            query = query.filter(|id| i64::try_from(sack.package(id).build_time()).is_ok_and(|built| built >= since));
        }
        if self.newest_only {
            query = query.filter_latest(1);
        }
        let packages = query.packages().iter().map(|id| session.download_item(id).package);
        let by_place: BTreeMap<String, PlanPackage> =
            packages.map(|package| (package.location.clone().unwrap_or_default(), package)).collect();
        by_place.into_values().collect()
    }

    fn print_urls(&self, cx: &Context, session: &Session, repo: &str, copies: &[Copy]) -> Result<(), Failure> {
        if self.download_metadata {
            for urls in session.metadata_locations(repo)? {
                match preferred(urls) {
                    Some(url) => cx.output.line(url),
                    None => session.log().write(Level::Warning, "Failed to get mirror for metadata."),
                }
            }
        }
        for Copy { package, dest: _ } in copies {
            match session.locations(package).into_iter().next() {
                Some(url) => cx.output.line(url),
                None => {
                    let text = format!("Failed to get mirror for package: \"{}\"", package.nevra.name);
                    session.log().write(Level::Warning, &text);
                }
            }
        }
        Ok(())
    }

    /// Returns where a repository goes.
    fn places(&self, cx: &Context, repo: &str) -> Places {
        let given = |dir: &str| absolute(&cx.environment.current_dir, Path::new(dir));
        let below = |dir: &str| if self.norepopath { given(dir) } else { given(dir).join(repo) };
        let dir = below(self.destdir.as_deref().unwrap_or("."));
        Places {
            safe: self.safe_write_path.as_deref().map_or_else(|| dir.clone(), given),
            metadata: self.metadata_path.as_deref().map_or_else(|| dir.clone(), below),
            dir,
        }
    }

    fn copy(
        &self,
        cx: &Context,
        session: &mut Session,
        repo: &str,
        (places, copies): (&Places, &[Copy]),
        trouble: &mut Trouble,
    ) -> Result<(), Failure> {
        if self.download_metadata {
            make_dir(&places.metadata, "Failed to set up metadata download")?;
            let progress = Progress::new(Arc::clone(&cx.output));
            let copied = session.copy_metadata(repo, &places.metadata, self.remote_time, &progress);
            progress.end();
            copied?;
        }
        let came = self.fetch(cx, session, copies)?;
        trouble.lost |= came.len() < copies.len();
        if self.gpgcheck {
            trouble.unsigned |= drop_unsigned(cx, session, &came)?;
        }
        // Where the new version did not come, the old one is all there is.
        if self.delete && came.len() == copies.len() {
            delete_others(cx, &places.dir, copies);
        }
        Ok(())
    }

    /// Returns the files that are there now.
    fn fetch(&self, cx: &Context, session: &Session, copies: &[Copy]) -> Result<Vec<PathBuf>, Failure> {
        if copies.is_empty() {
            return Ok(Vec::new());
        }
        if session.config().options.cacheonly.value() == CacheOnly::All {
            let nevra = &copies[0].package.nevra;
            return Err(Failure::Message(format!(
                "Cannot download the \"{nevra}\" package, cacheonly option is activated."
            )));
        }
        for parent in copies.iter().filter_map(|copy| copy.dest.parent()) {
            make_dir(parent, "Failed to download packages")?;
        }
        let progress = Progress::new(Arc::clone(&cx.output));
        progress.plain_downloads();
        let results = session.copy_packages(copies, self.remote_time, &progress);
        progress.end();
        let mut came = Vec::new();
        for (result, copy) in results?.into_iter().zip(copies) {
            match result {
                None => came.push(copy.dest.clone()),
                Some(failure) if failure.interrupted => return Err(Failure::Silent),
                Some(failure) => {
                    let nevra = copy.package.nevra.with_epoch();
                    let mut text = format!("Failed to download package: {nevra}");
                    // Where no mirror was asked, nothing has told the cause yet.
                    if failure.unavailable.is_none() || cx.output.quiet() {
                        text = format!("{text}: {}", failure.reasons.join(": "));
                    }
                    cx.output.error(text);
                }
            }
        }
        Ok(came)
    }
}

/// Where the files of a repository go.
struct Places {
    /// Its packages.
    dir: PathBuf,
    /// What they must not lead out of.
    safe: PathBuf,
    /// Its metadata.
    metadata: PathBuf,
}

/// What is told when everything is over.
#[derive(Default)]
struct Trouble {
    lost: bool,
    unsigned: bool,
}

impl Trouble {
    fn end(&self) -> CommandResult {
        match (self.lost, self.unsigned) {
            (true, _) => Err(Failure::Message("Failed to download one or more packages".to_owned())),
            (false, true) => Err(Failure::Message("OpenPGP signature check failed".to_owned())),
            (false, false) => Ok(0),
        }
    }
}

/// Finds out where a package goes, and refuses places that are not below the safe one.
fn place(package: PlanPackage, places: &Places) -> Result<Copy, Failure> {
    let Places { dir, safe, metadata: _ } = places;
    let location = package.location.as_deref().unwrap_or_default();
    let dest = absolute(dir, Path::new(location));
    if !dest.starts_with(safe) || dest == *safe {
        return Err(Failure::Message(format!(
            "Download destination '{}' for location '{location}' of '{}' package from '{}' repo is outside of safe \
             write path '{}/'.",
            dest.display(),
            package.nevra.with_epoch(),
            package.repo_id,
            safe.display().to_string().trim_end_matches('/'),
        )));
    }
    Ok(Copy { package, dest })
}

/// Returns the path from the root, without `.` and `..`.
fn absolute(base: &Path, path: &Path) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for part in base.join(path).components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::Normal(name) => plain.push(name),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    plain
}

fn make_dir(dir: &Path, purpose: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|error| {
        let error = plain(&error);
        Failure::Message(format!(
            "{purpose}\n filesystem error: cannot create directories: {error} [{}]",
            dir.display()
        ))
    })
}

/// Removes files without a good signature; tells whether there were any.
fn drop_unsigned(cx: &Context, session: &mut Session, files: &[PathBuf]) -> Result<bool, Failure> {
    let mut any = false;
    for (path, problem) in files.iter().zip(session.signature_problems(files)?) {
        let Some(cause) = problem else { continue };
        any = true;
        let path = path.display();
        cx.output.error(format!("Removing '{path}' with failing OpenPGP check: {}", signature_cause(cause)));
        if let Err(error) = std::fs::remove_file(path.to_string()) {
            cx.output.error(format!("Failed to delete file {path}: {}", plain(&error)));
        }
    }
    Ok(any)
}

/// Deletes package files that are not of the repository.
fn delete_others(cx: &Context, dir: &Path, copies: &[Copy]) {
    let mut files = Vec::new();
    if let Err(error) = collect(dir, &mut files) {
        let error = plain(&error);
        return cx.output.error(format!("Failed to create directory '{}' iterator: {error}", dir.display()));
    }
    files.sort();
    for path in files.iter().filter(|path| !copies.iter().any(|copy| copy.dest == **path)) {
        match std::fs::remove_file(path) {
            Ok(()) => cx.output.line(format!("[DELETED] {}", path.display())),
            Err(error) => cx.output.error(format!("Failed to delete file {}: {}", path.display(), plain(&error))),
        }
    }
}

/// Finds package files in a directory and below it; links are not followed.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rpm") {
            files.push(path);
        }
    }
    Ok(())
}

fn preferred(urls: Vec<String>) -> Option<String> {
    let rank = |url: &String| {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        PREFERRED.iter().position(|preferred| *preferred == scheme)
    };
    urls.into_iter().filter(|url| rank(url).is_some()).min_by_key(rank)
}

/// Returns the first second of a day in UTC; what stands behind the date does not matter, as in C's `strptime`.
fn midnight(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut number = |most: usize, end: &str| {
        let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let value: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].strip_prefix(end)?;
        Some(value)
    };
    let (year, month, day) = (number(4, "-")?, number(2, "-")?, number(2, "")?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The days of a year that begins in March are those of its months, as February comes last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01", Some(0))]
    #[case("2021-01-01", Some(1_609_459_200))]
    #[case("2024-02-29", Some(1_709_164_800))]
    // witness: `dnf5 reposync --min-buildtime=2024-01-01x`
    #[case("2024-01-01x", Some(1_704_067_200))]
    #[case("2021-1", None)]
    #[case("2024-13-45", None)]
    #[case("", None)]
    #[case("yesterday", None)]
    fn days(#[case] text: &str, #[case] want: Option<i64>) {
        assert_eq!(midnight(text), want);
    }

    #[test]
    fn paths_without_dots() {
        let shown = |path: &str| absolute(Path::new("/a/b"), Path::new(path)).display().to_string();
        assert_eq!([shown("."), shown("../c"), shown("/x/./y"), shown("../../../z")], ["/a/b", "/a/c", "/x/y", "/z"]);
    }
}
