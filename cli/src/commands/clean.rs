//! `clean`

use clap::Args;
use oxidnf_engine::cache::{CleanKinds, CleanReport};

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::units::size_rounded;
use crate::grammar::UsageError;

/// Remove or expire what is cached
#[derive(Debug, Clone, Default, Args)]
pub struct CleanArgs {
    /// What to clean: all, packages, metadata, dbcache, expire-cache
    #[arg(required = true, value_name = "cache_types")]
    types: Vec<String>,
}

impl CleanArgs {
    /// Finds words that are no kind of cache.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        self.kinds().map(|_| ())
    }

    fn kinds(&self) -> Result<CleanKinds, UsageError> {
        let mut kinds = CleanKinds::default();
        match self.types.iter().find(|word| !kinds.add(word)) {
            None => Ok(kinds),
            Some(word) => Err(UsageError::Other(format!(
                "Unknown cache type \"{word}\". Supported types: all, packages, metadata, dbcache, expire-cache"
            ))),
        }
    }

    /// Cleans and tells how much went.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let kinds = self.kinds()?;
        let session = cx.open()?;
        if (kinds.all || kinds.packages) && session.has_interrupted() {
            return Err(Failure::Message("The packages are needed to finish the interrupted transaction.".to_owned()));
        }
        let cachedir = std::path::Path::new(session.config().options.cachedir.get());
        if !cachedir.exists() {
            cx.output.line(format!("Cache directory \"{}\" does not exist. Nothing to clean.", cachedir.display()));
            return Ok(0);
        }
        let CleanReport { files, directories, bytes, errors, unmarked } = session.clean_cache(kinds);
        for error in &errors {
            cx.output.error(error);
        }
        for (dir, cause) in &unmarked {
            cx.output.error(format!("Failed to cleanup repository cache in path \"{}\": {cause}", dir.display()));
        }
        let total = size_rounded(i64::try_from(bytes).unwrap_or(i64::MAX));
        cx.output.line(format!(
            "Removed {files} files, {directories} directories (total of {total}). {} errors occurred.",
            errors.len()
        ));
        // What cannot be removed is told, and no failure: as in dnf5.
        Ok(0)
    }
}
