//! What becomes of a decided transaction: it is run, stored in a directory, or kept for the next boot.

use std::path::{Path, PathBuf};

use oxidnf_engine::replay::{PACKAGES_DIR, StoreFor, TRANSACTION_FILE};
use oxidnf_engine::{CommitOptions, Downloaded, Error, Resolved, Session};

use crate::commands::options::Keep;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::errors;
use crate::face::dnf5::progress::Progress;
use crate::prompt::Terminal;
use crate::sanitize::one_line;

/// Where a decided transaction goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outlet {
    /// It is run.
    Run,
    /// Its packages are downloaded.
    Download,
    /// It is stored in a directory of the host.
    Store(PathBuf),
    /// It is kept for the next boot, under the name of a command.
    NextBoot(String),
    /// As before, but dnf5 stops when the packages are there.
    DownloadForBoot,
}

impl Outlet {
    /// Chooses as dnf5 does when several options are given.
    pub(crate) fn new(download_only: bool, keep: &Keep, command: &str) -> Outlet {
        match keep {
            Keep { store: Some(path), .. } if !download_only => Outlet::Store(path.clone()),
            Keep { store: None, offline: true, .. } if download_only => Outlet::DownloadForBoot,
            _ if download_only => Outlet::Download,
            Keep { offline: true, .. } => Outlet::NextBoot(command.to_owned()),
            _ => Outlet::Run,
        }
    }

    /// Tells whether the system stays as it is, so that nobody's rights matter.
    pub(crate) fn only_looks(&self) -> bool {
        matches!(self, Outlet::Download | Outlet::Store(_))
    }

    /// Returns the directory that packages are downloaded into instead of the cache.
    pub(crate) fn packages(&self, session: &Session) -> Option<PathBuf> {
        match self {
            Outlet::Run | Outlet::Download => None,
            Outlet::Store(path) => Some(path.join(PACKAGES_DIR)),
            Outlet::NextBoot(_) | Outlet::DownloadForBoot => Some(session.offline_packages()),
        }
    }

    /// Says before the question what the answer is about.
    pub(crate) fn announce(&self, cx: &Context, session: &Session) {
        let output = &cx.output;
        match self {
            Outlet::Download | Outlet::DownloadForBoot => {
                output.error("The operation will only download packages for the transaction.");
            }
            Outlet::Store(path) => {
                let shown = one_line(&path.to_string_lossy()).into_owned();
                output.error(format!("The operation will only store the transaction in {shown}"));
                if path.join(TRANSACTION_FILE).exists() {
                    output.error(format!(
                        "Location \"{shown}\" already contains a stored transaction, it will be overwritten."
                    ));
                }
            }
            Outlet::NextBoot(_) | Outlet::Run => {
                if session.config().options.tsflags.get().iter().any(|flag| flag == "test") {
                    output.error(
                        "Test mode enabled: Only package downloads, OpenPGP key installations and transaction checks \
                         will be performed.",
                    );
                }
                if matches!(self, Outlet::NextBoot(_)) {
                    return;
                }
                if let Some(command) = pending(session) {
                    output.error(format!(
                        "Warning: A pending offline transaction initiated by the following command will be invalidated: \
                         {command}"
                    ));
                }
            }
        }
    }

    /// Asks whether a transaction that waits for the next boot may be replaced.
    pub(crate) fn begin(&self, cx: &Context, session: &Session, terminal: &mut Terminal) -> Result<(), Failure> {
        match self {
            Outlet::Run | Outlet::Download => Ok(()),
            Outlet::Store(path) => Ok(Session::make_store(path).map_err(Error::from)?),
            Outlet::NextBoot(_) | Outlet::DownloadForBoot => {
                if let Some(pending) = pending(session) {
                    let output = &cx.output;
                    output.error("There is already an offline transaction queued, initiated by the following command:");
                    output.error(format!("\t{pending}"));
                    output.error("Continuing will cancel the old offline transaction and replace it with this one.");
                    if !terminal.confirm() {
                        output.error("Operation aborted by the user.");
                        return Err(Failure::Silent);
                    }
                }
                Ok(())
            }
        }
    }
}

/// Returns the command of the transaction that waits for the next boot; what cannot be read waits for nothing.
fn pending(session: &Session) -> Option<String> {
    let state = session.offline_state().ok().flatten()?;
    Some(one_line(&state.cmd_line).into_owned())
}

/// Writes the transaction and its packages into a directory.
pub(crate) fn store(
    cx: &Context,
    session: &Session,
    resolved: &Resolved,
    downloaded: &Downloaded,
    path: &Path,
) -> CommandResult {
    let packages = path.join(PACKAGES_DIR);
    session.store(resolved, downloaded, path, &packages, StoreFor::Replay).map_err(Error::from)?;
    cx.output.info("Complete!");
    Ok(0)
}

/// Tests the transaction and keeps it for the next boot.
pub(crate) fn keep(
    cx: &Context,
    session: &mut Session,
    resolved: &Resolved,
    downloaded: &Downloaded,
    command: &str,
    terminal: &mut Terminal,
) -> CommandResult {
    let output = &cx.output;
    output.info("Testing offline transaction");
    let progress = Progress::new(std::sync::Arc::clone(output));
    progress.set_hidden(true);
    let test = CommitOptions { test: true, ..CommitOptions::default() };
    let report = session.commit(resolved, downloaded, &test, terminal, &progress);
    let report = report.map_err(|error| Failure::Engine(Box::new(error), session.repos().to_vec()))?;
    errors::print_unchecked(output, &report);
    session.store_offline(resolved, downloaded, command)?;
    output.error(
        "Transaction stored to be performed offline. Run `dnf5 offline reboot` to reboot and run the transaction. To \
         cancel the transaction and delete the downloaded files, use `dnf5 offline clean`.",
    );
    output.info("Complete!");
    Ok(0)
}

/// Says, after a transaction was run, that the one that waited for the next boot does not fit any more.
pub(crate) fn print_invalidated(cx: &Context, session: &Session) {
    if let Some(command) = pending(session) {
        cx.output.error("Warning: Pending offline transaction has been invalidated.");
        cx.output.error(format!("To reschedule, run: {command}"));
    }
}
