//! `apply`

use std::path::PathBuf;

use clap::Args;
use oxidnf_engine::fixed::{LockFile, PlanFile};
use oxidnf_engine::{Error, Request};

use super::options::DownloadOnly;
use crate::context::Failure;
use crate::driver::Change;

/// Carry out a plan exactly or not at all, or install what a lock file was made for
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    download: DownloadOnly,
    /// A plan, as --plan writes it, or a lock file, as oxidnf-lock(8) writes it
    #[arg(required = true, value_name = "FILE")]
    file: PathBuf,
}

impl ApplyArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Result<Change, Failure> {
        let ApplyArgs { download, file } = self;
        let download_only = download.downloadonly;
        if LockFile::is_one(&file) {
            return Ok(Change { download_only, locked: Some(file), ..Change::default() });
        }
        let plan = PlanFile::read(&file).map_err(Error::from)?;
        let request = Request { replay: Some(plan.replay()), ..Request::default() };
        Ok(Change { request, download_only, decided: Some(plan), ..Change::default() })
    }
}
