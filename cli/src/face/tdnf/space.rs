//! Room for packages in the cache (reference of tdnf, section 1.2, number 1036).

use std::path::Path;

use oxidnf_core::plan::Plan;

use super::failure::{Failure, number};

/// Fails when the packages of a plan do not fit on the file system of the cache.
///
/// tdnf counts all that come in, also those that are cached or go to another directory, and makes the directory.
pub fn check(cachedir: &Path, plan: &Plan) -> Result<(), Failure> {
    let needed: u64 = plan.inbound().map(|item| item.package.download_size).sum();
    if needed == 0 {
        return Ok(());
    }
    let system = |error: rustix::io::Errno| Failure::system(&error.into());
    std::fs::create_dir_all(cachedir).map_err(|error| Failure::system(&error))?;
    let room = rustix::fs::statvfs(cachedir).map_err(system)?;
    if needed > room.f_bavail.saturating_mul(room.f_frsize) {
        return Err(Failure::new(number::CACHE_FULL));
    }
    Ok(())
}
