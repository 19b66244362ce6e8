//! Packages after whose update the system is to be booted again, as its configuration names them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::Session;
use crate::error::Error;

/// Directories of the files; a file of the later one hides its namesake in the earlier.
const DIRS: [&str; 2] = ["/usr/share/dnf5/suggest-reboot.d", "/etc/dnf/suggest-reboot.d"];

impl Session {
    /// Returns the names of packages in the `*.conf` files of `suggest-reboot.d`, whether there are such packages or not.
    pub fn suggested_reboots(&self) -> Result<BTreeSet<String>, Error> {
        let from_host = self.config().options.use_host_config.value();
        let root = if from_host { &self.roots().host } else { &self.roots().target };
        let failed = |operation: &'static str, path: &Path| {
            let path = root.host_path(path);
            move |source| Error::Io { operation, path, source }
        };
        let mut files: BTreeMap<OsString, PathBuf> = BTreeMap::new();
        for dir in DIRS.map(Path::new) {
            let entries = match root.read_dir(dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(failed("read", dir))?,
            };
            let names = entries.into_iter().map(|entry| entry.name);
            let names = names.filter(|name| name.as_encoded_bytes().ends_with(b".conf"));
            files.extend(names.map(|name| (name.clone(), dir.join(name))));
        }
        let mut packages = BTreeSet::new();
        for path in files.values() {
            let bytes = root.read(path).map_err(failed("read", path))?;
            packages.extend(lines(&String::from_utf8_lossy(&bytes)).map(str::to_owned));
        }
        Ok(packages)
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    // witness: compat-tests/tests/needs_restarting.rs::packages_that_the_configuration_names
    #[test]
    fn comments_and_blanks_do_not_count() {
        assert_eq!(super::lines("# a\n  b \n\n \t# c\nd e\n").collect::<Vec<_>>(), ["b", "d e"]);
    }
}
