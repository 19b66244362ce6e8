//! `remove`

use clap::Args;
use oxidnf_engine::{Operation, Request};

use super::options::{InstalledFrom, Keep};
use crate::context::Failure;
use crate::driver::{Change, unremovable_file};
use crate::grammar::UsageError;

/// Remove software
#[derive(Debug, Clone, Default, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    installed: InstalledFrom,
    /// Keep dependencies that nothing needs any more
    #[arg(long, visible_alias = "noautoremove")]
    no_autoremove: bool,
    /// Remove old versions of packages of which several may be installed
    #[arg(long)]
    oldinstallonly: bool,
    /// Remove old versions of packages that are installed twice, and reinstall the newest
    #[arg(long)]
    duplicates: bool,
    /// With --oldinstallonly: keep so many versions
    #[arg(long, value_name = "LIMIT", allow_hyphen_values = true)]
    limit: Option<String>,
    #[command(flatten)]
    keep: Keep,
    /// Installed packages to remove: names, versions or files of them
    #[arg(value_name = "specs")]
    specs: Vec<String>,
}

impl RemoveArgs {
    /// Finds missing arguments and bad numbers.
    fn check(&self, limit: Option<i64>) -> Result<(), UsageError> {
        // A negative one counts as none here.
        if !self.oldinstallonly && limit.is_some_and(|limit| limit >= 0) {
            let text = "Option '--limit' can only be used with '--oldinstallonly'.";
            return Err(UsageError::Other(text.to_owned()));
        }
        if self.specs.is_empty() && !self.oldinstallonly && !self.duplicates {
            return Err(UsageError::Other(
                "Missing positional arguments for \"remove\" command. Add \"--help\" for more information about the \
                 arguments."
                    .to_owned(),
            ));
        }
        if limit.is_some_and(|limit| limit < 1) {
            return Err(UsageError::Other(
                "Option '--limit' must be equal or greater than 1 (to keep at least the newest installed package)."
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Result<Change, Failure> {
        let limit = self.limit.as_deref().map(|text| {
            let bad = |_| Failure::Message(format!("OptionInvalidValueError: Invalid number option value \"{text}\""));
            text.parse::<i64>().map_err(bad)
        });
        let mistake = self.check(limit.transpose()?).err();
        let RemoveArgs { keep, installed, no_autoremove, oldinstallonly, duplicates, limit, specs } = self;
        let operation = if oldinstallonly {
            Operation::RemoveOldInstallonly { limit: limit.and_then(|text| text.parse().ok()) }
        } else if duplicates {
            Operation::RemoveDuplicates
        } else {
            Operation::Remove
        };
        let mut request = Request::new(operation, specs);
        installed.apply(&mut request.options);
        request.options.allow_erasing = true;
        request.options.clean_requirements = no_autoremove.then_some(false);
        let complaint = unremovable_file(&request);
        Ok(Change { request, system_only: !duplicates, mistake, complaint, keep, ..Change::default() })
    }
}
