//! Who sees the bytes of a file while they arrive.

use std::fs::File;
use std::path::Path;

use oxidnf_core::package_file::{PackageDigester, PackageDigests, WantedDigests};
use oxidnf_core::{Checksum, ChecksumKind};

/// Sees the bytes of a file in order while they arrive, so that nothing has to be read twice.
pub trait Observer: Send {
    /// The file begins, or begins again after a failed attempt: forget what came. `file` is where the bytes are when
    /// they are told, from its start; it may have no name yet.
    fn start(&mut self, file: &File);
    /// The next bytes.
    fn bytes(&mut self, data: &[u8]);
    /// The digest of this kind over all bytes is computed anyway, and will be told as [`Fetched::checksum`].
    fn covered(&mut self, _kind: ChecksumKind) {}
    /// Gives the concrete type back to whoever handed it in.
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send>;
}

/// Computes all digests of a package while it arrives.
pub struct PackageObserver {
    wanted: WantedDigests,
    /// A digest of the whole file that is wanted and comes from somebody else, with its place among the others.
    covered: Option<(usize, ChecksumKind)>,
    digester: Option<PackageDigester>,
}

impl PackageObserver {
    /// Makes an observer for these digests.
    pub fn new(wanted: WantedDigests) -> Self {
        PackageObserver { wanted, covered: None, digester: None }
    }

    /// Returns all digests after the last byte; `None` when no bytes came, a digest cannot be computed, or it is no
    /// package.
    pub(super) fn into_digests(self, path: &Path, checksum: Option<&Checksum>) -> Option<PackageDigests> {
        let mut digests = self.digester?.finish(path).ok()?;
        if let Some((place, kind)) = self.covered {
            let checksum = checksum.filter(|checksum| checksum.kind == kind)?;
            digests.whole.insert(place, checksum.clone());
        }
        Some(digests)
    }
}

impl Observer for PackageObserver {
    fn start(&mut self, _file: &File) {
        self.digester = PackageDigester::new(&self.wanted).ok();
    }

    fn bytes(&mut self, data: &[u8]) {
        if let Some(digester) = &mut self.digester {
            digester.update(data);
        }
    }

    fn covered(&mut self, kind: ChecksumKind) {
        if self.covered.is_none()
            && let Some(place) = self.wanted.whole.iter().position(|wanted| *wanted == kind)
        {
            self.wanted.whole.remove(place);
            self.covered = Some((place, kind));
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }
}
