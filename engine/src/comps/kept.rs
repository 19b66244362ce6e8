//! The order of group members in libsolv's cache.
//!
//! dnf5 reads the metadata that it just downloaded in the order of the file. Later it reads the cache that libsolv wrote,
//! in which lists are sorted: names that are used more often in the file come first, then by their bytes, and names with
//! conditions last. The order shows in messages, in `groups.toml` and in the order in which packages are installed.

use std::cmp::Reverse;
use std::collections::HashMap;

use oxidnf_repo::metadata::comps::{Comps, GroupPackage, PackageKind};

/// Sorts the members of all groups.
// witness: compat-tests/tests/groups.rs::metadata_that_was_kept
pub(super) fn sort(comps: &mut Comps) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    let mut conditions: HashMap<(String, String), (usize, usize)> = HashMap::new();
    for package in comps.groups.iter().flat_map(|group| &group.packages) {
        *uses.entry(package.name.clone()).or_default() += 1;
        if package.kind == PackageKind::Conditional {
            *uses.entry(package.condition.clone()).or_default() += 1;
            let place = conditions.len();
            conditions.entry((package.name.clone(), package.condition.clone())).or_insert((0, place)).0 += 1;
        }
    }
    let key = |package: &GroupPackage| {
        let name = package.name.clone();
        if package.kind == PackageKind::Conditional {
            let (uses, place) = conditions.get(&(name, package.condition.clone())).copied().unwrap_or_default();
            return (true, Reverse(uses), place, String::new());
        }
        (false, Reverse(uses.get(&name).copied().unwrap_or_default()), 0, name)
    };
    for group in &mut comps.groups {
        group.packages.sort_by_cached_key(key);
    }
}
