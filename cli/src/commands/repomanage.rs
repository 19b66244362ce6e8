//! `repomanage`

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use oxidnf_core::conf::ConfValue;
use oxidnf_engine::catalog::Query;
use oxidnf_engine::repo_config::RepoConfig;
use oxidnf_engine::{Error, Load, Session};

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::errors::{capitalized, plain};
use crate::face::dnf5::progress::Progress;
use crate::prompt::Terminal;

/// List the newest or the older packages of a directory
#[derive(Debug, Clone, Default, Args)]
pub struct RepomanageArgs {
    /// How many packages of each name and architecture count as new
    #[arg(short, long, value_name = "N", default_value = "1")]
    keep: String,
    #[command(flatten)]
    which: Which,
    /// Separate packages by blanks instead of lines
    #[arg(short, long)]
    space: bool,
    /// Directory with packages, or with repodata
    #[arg(required = true, value_name = "path")]
    path: String,
}

#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
struct Which {
    /// List all but the newest packages
    #[arg(short, long)]
    old: bool,
    /// List the newest packages, as without this
    #[arg(short, long)]
    new: bool,
}

/// Id of the repository that stands for the directory.
const REPO: &str = "repomanage_repo";

impl RepomanageArgs {
    /// Finds a number that is none.
    pub fn check(&self) -> Result<(), Failure> {
        self.keep().map(drop)
    }

    fn keep(&self) -> Result<i32, Failure> {
        ConfValue::parse(&self.keep).map_err(|error: oxidnf_core::conf::ValueError| {
            Failure::Message(format!("OptionInvalidValueError: {}", capitalized(&error.to_string())))
        })
    }

    /// Prints paths of packages, sorted.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let keep = self.keep()?;
        let mut session = cx.open()?;
        let dir = Path::new(&self.path);
        let is_repository = dir.join("repodata").is_dir();
        if is_repository {
            load_repository(cx, &mut session, dir)?;
        } else {
            load_files(cx, &mut session, dir)?;
        }
        // With a negative number all but so many are taken.
        let limit = if self.which.old { keep.saturating_neg() } else { keep };
        let all = Query::new(session.sack()).available();
        let query = if limit == 0 { all } else { all.filter_latest(limit) };
        let mut paths = BTreeSet::new();
        for id in query.packages().iter() {
            let location = session.sack().package(id).location();
            paths.insert(if is_repository {
                dir.join(&*location).display().to_string()
            } else {
                location.into_owned()
            });
        }
        for path in paths {
            cx.output.text(path);
            cx.output.text(if self.space { " " } else { "\n" });
        }
        Ok(0)
    }
}

fn load_repository(cx: &Context, session: &mut Session, dir: &Path) -> Result<(), Failure> {
    let place = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let mut repo = RepoConfig::new(REPO, &session.config().repo_defaults());
    repo.baseurl = vec![format!("file://{}", place.display())];
    *session.repos_mut() = vec![repo];
    // Nobody asks a second time in the same words.
    let _cache = session.forget_cache()?;
    load(cx, session, &Load::available_only())
}

/// Reads the packages of a directory and of those below it, each by the path that leads to it.
fn load_files(cx: &Context, session: &mut Session, dir: &Path) -> Result<(), Failure> {
    session.repos_mut().clear();
    let mut files = Vec::new();
    if let Err(error) = collect(dir, &mut files) {
        let reason = plain(&error);
        cx.output.error(format!("Failed to create directory '{}' iterator: {reason}", dir.display()));
    }
    files.sort();
    if files.is_empty() {
        return Ok(());
    }
    session.add_files(&files).map_err(|error| match error {
        Error::PackageFile { path, .. } => {
            Failure::Message(format!("Failed to load RPM \"{path}\": {path}: not a rpm"))
        }
        other => other.into(),
    })
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rpm") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Loads without a word but that of the progress.
fn load(cx: &Context, session: &mut Session, what: &Load) -> Result<(), Failure> {
    let progress = Progress::new(Arc::clone(&cx.output));
    progress.repositories();
    let mut terminal = Terminal::new(Arc::clone(&cx.output), cx.answers(session));
    let loaded = session.load(what, &mut terminal, &progress);
    progress.end();
    loaded.map_err(|error| Failure::Engine(Box::new(error), session.repos().to_vec()))
}
