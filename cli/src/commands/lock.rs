//! `lock`

use std::path::PathBuf;

use clap::Args;
use oxidnf_engine::fixed::{LockFile, LockedSet};
use oxidnf_engine::request::needs_filelists;
use oxidnf_engine::{Error, Load, Operation, Request};

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::{fixed, problems};

/// Write down the packages that specs come to, for --locked
#[derive(Debug, Clone, Args)]
pub struct LockArgs {
    /// The lock file; what it holds of other architectures stays
    #[arg(long, short = 'o', value_name = "FILE", default_value = "oxidnf.lock")]
    output: PathBuf,
    /// Packages to lock, with all that they need; without any, those of the lock file are decided anew
    #[arg(value_name = "specs")]
    specs: Vec<String>,
}

impl LockArgs {
    /// Decides the installation of the specs into an empty system, and writes the packages into the lock file.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let LockArgs { output, specs } = self;
        let mut file =
            if output.exists() { LockFile::read(&output).map_err(Error::from)? } else { LockFile::default() };
        let mut session = cx.open()?;
        let architecture = session.vars().get("basearch").unwrap_or_default().to_owned();
        let before = file.architectures.get(&architecture).cloned().unwrap_or_default();
        let requests = if specs.is_empty() { before.requests.clone() } else { specs };
        if requests.is_empty() {
            let path = output.display();
            return Err(Failure::Message(format!(
                "{path} holds no requests for {architecture}: name the packages to lock."
            )));
        }
        let mut load = Load::available_only();
        if requests.iter().any(|spec| needs_filelists(spec)) {
            load.metadata.push("filelists".to_owned());
        }
        cx.load(&mut session, &load, true)?;
        let resolved = session.resolve(&Request::new(Operation::Install, requests.clone()))?;
        if resolved.is_failed() {
            problems::print_failure(&cx.output, &resolved, &|| cx.tell_about_empty_installroot(&session), &|option| {
                cx.owns(option)
            });
            return Err(Failure::Silent);
        }
        problems::print_remarks(&cx.output, &resolved);
        let set = session.locked_set(requests, &resolved).ok_or_else(|| {
            Failure::Message("A package without checksum or location in its repository cannot be locked.".to_owned())
        })?;
        fixed::print_lock_changes(&cx.output, &before, &set);
        let count = set.packages.len();
        file.architectures.insert(architecture.clone(), set);
        file.write(&output).map_err(Error::from)?;
        cx.output.info(format!("{} holds {count} packages for {architecture}.", output.display()));
        Ok(0)
    }
}

/// Returns the set of a lock file that is for the architecture of a session.
pub fn locked_set(path: &std::path::Path, architecture: &str) -> Result<LockedSet, Failure> {
    let mut file = LockFile::read(path).map_err(Error::from)?;
    let known: Vec<String> = file.architectures.keys().cloned().collect();
    file.architectures.remove(architecture).ok_or_else(|| {
        Failure::Message(format!(
            "{} holds nothing for {architecture}, only for: {}. \"lock\" on such a system, or with --forcearch, adds it.",
            path.display(),
            known.join(", ")
        ))
    })
}
