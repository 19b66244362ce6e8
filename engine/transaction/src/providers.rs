//! Which elements of a transaction provide something.

use std::collections::{HashMap, HashSet};

use oxidnf_core::header::DepKind;
use oxidnf_core::reldep::{Sense, ranges_overlap};

use crate::element::Member;
use crate::files::fingerprint::{DirId, Fingerprints};
use crate::fsm::dirs::RootDir;

/// Comparison and version of a dependency.
pub(crate) type Range<'a> = (Sense, &'a [u8]);

/// Finds the elements that provide something.
pub(crate) struct ProviderIndex<'a> {
    /// Number of an element, and the range of what it provides.
    provides: HashMap<&'a [u8], Vec<(usize, Range<'a>)>>,
    /// Files by last component.
    files: HashMap<&'a [u8], Vec<(usize, DirId)>>,
    prints: Fingerprints<'a>,
}

impl<'a> ProviderIndex<'a> {
    /// Indexes the elements to install or those to erase.
    ///
    /// Files can be asked for whose last components are in dependencies of these elements or in `paths`.
    pub(crate) fn new(members: &'a [Member], install: bool, root: &'a RootDir, paths: &[Vec<u8>]) -> Self {
        let mut index =
            ProviderIndex { provides: HashMap::new(), files: HashMap::new(), prints: Fingerprints::new(root) };
        // Only the names that are asked for are worth an entry.
        let wanted = |member: &&(usize, &Member)| member.1.is_install() == install;
        let chosen: Vec<(usize, &Member)> = members.iter().enumerate().filter(|pair| wanted(&pair)).collect();
        let mut asked: HashSet<&[u8]> = paths.iter().map(|path| last_component(path)).collect();
        for (_, member) in &chosen {
            for kind in DepKind::ALL {
                // A path may also stand somewhere in a rich dependency.
                for dep in member.header.deps(kind).filter(|dep| matches!(dep.name.first(), Some(b'/' | b'('))) {
                    asked.extend(dep.name.split(|byte| b" ()".contains(byte)).map(last_component));
                }
            }
        }
        // rpm's tables give the newest entry of a name first.
        for (number, member) in chosen.into_iter().rev() {
            for dep in member.header.deps(DepKind::Provides) {
                index.provides.entry(dep.name).or_default().push((number, (dep.sense, dep.evr)));
            }
            for (file, info) in member.files.files.iter().enumerate() {
                if asked.contains(&*info.base) {
                    let dir = index.prints.on_disk(member.files.dirname(file));
                    index.files.entry(&info.base).or_default().push((number, dir));
                }
            }
        }
        index
    }

    /// Returns the elements that have a file of this name, else those that provide it in this range, but `except`.
    pub(crate) fn all(&mut self, name: &[u8], range: Range<'_>, except: Option<usize>) -> Vec<usize> {
        if name.first() == Some(&b'/') {
            let base = last_component(name);
            if let Some(files) = self.files.get(base) {
                let dir = self.prints.on_disk(&name[..name.len() - base.len()]);
                let has = |(number, other): &&(usize, DirId)| *other == dir && except != Some(*number);
                let found: Vec<usize> = files.iter().filter(has).map(|(number, _)| *number).collect();
                if !found.is_empty() {
                    return found;
                }
            }
        }
        let meets = |(number, provided): &&(usize, Range<'_>)| except != Some(*number) && overlap(*provided, range);
        self.provided(name).iter().filter(meets).map(|(number, _)| *number).collect()
    }

    /// Returns who provides a name, in which ranges.
    pub(crate) fn provided(&self, name: &[u8]) -> &[(usize, Range<'a>)] {
        self.provides.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Tells whether two directories are the same one on disk.
    pub(crate) fn same_dir(&mut self, one: &[u8], other: &[u8]) -> bool {
        one == other || self.prints.on_disk(one) == self.prints.on_disk(other)
    }
}

/// Tells whether two ranges overlap; bytes that are no text compare like the sign that stands for them.
pub(crate) fn overlap(one: Range<'_>, other: Range<'_>) -> bool {
    let text = String::from_utf8_lossy;
    ranges_overlap((one.0, &text(one.1)), (other.0, &text(other.1)))
}

/// Returns what is behind the last slash.
pub(crate) fn last_component(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    &path[start..]
}
