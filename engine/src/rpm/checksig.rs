//! `rpmkeys --checksig`.

use oxidnf_core::package_file::{ItemKind, PackageFile, Verification, VerifyFlags, VerifyLevel, WantedDigests};
use oxidnf_repo::openpgp::Keyring;

use super::Rpm;
use super::keys::{KeyRemark, told};
use crate::error::Error;

/// What came of checking one package file.
#[derive(Debug)]
pub enum Checked {
    /// The file was read; see the verification.
    Read {
        /// Each item in rpm's words.
        items: Vec<String>,
        /// `digests`, `signatures`: which kinds were seen, and whether all of a kind are good.
        kinds: Vec<(&'static str, bool)>,
        /// What is wrong with keys, in rpm's words, several lines each.
        complaints: Vec<String>,
        /// Whether there is nothing to complain about.
        ok: bool,
    },
    /// It cannot be opened; rpm's words.
    Unopened(String),
    /// It is no package, or a damaged one; rpm's words, if it has any for that.
    Damaged(Option<String>),
}

impl Rpm {
    /// Checks package files with the keys of the root, at the level that the macros say.
    ///
    /// Returns what there is to say of the keys, too.
    pub fn checksig(&self, paths: &[String]) -> Result<(Vec<Checked>, Vec<KeyRemark>), Error> {
        let (ring, remarks) = self.keyring()?;
        Ok((paths.iter().map(|path| self.check(&ring, path)).collect(), remarks))
    }

    fn check(&self, ring: &Keyring, path: &str) -> Checked {
        let level = match self.host.macros.value("_pkgverify_level") {
            // What rpm does not understand counts as the strictest level.
            Some(word) => VerifyLevel::from_word(word.trim()).unwrap_or(VerifyLevel::All),
            None => VerifyLevel::default(),
        };
        let flags = self.host.macros.number("_pkgverify_flags").and_then(|flags| u32::try_from(flags).ok());
        let flags = flags.map_or_else(VerifyFlags::default, VerifyFlags);
        let package = match PackageFile::open_unloaded(path) {
            Ok(package) => package,
            Err(oxidnf_core::package_file::PackageError::Open { source, .. }) => {
                return Checked::Unopened(format!("{path}: open failed: {}", clean(&source)));
            }
            Err(oxidnf_core::package_file::PackageError::NotAPackage { .. }) => return Checked::Damaged(None),
            Err(error) => {
                let message = error.rpm_message().map(|message| format!("{path}: {message}"));
                return Checked::Damaged(Some(message.unwrap_or_else(|| told(&error))));
            }
        };
        let wanted = WantedDigests { whole: Vec::new(), legacy_md5: !flags.any(VerifyFlags::NOMD5) };
        let digests = match package.digests(&wanted) {
            Ok(digests) => digests,
            Err(error) => return Checked::Damaged(Some(told(&error))),
        };
        let signatures = match ring.signature_items(&package, flags) {
            Ok(signatures) => signatures,
            Err(error) => return Checked::Damaged(Some(told(&error))),
        };
        let verification = Verification::new(package.signature(), level, flags, &digests, signatures);
        let word = |kind| if kind == ItemKind::Digest { "digests" } else { "signatures" };
        let kinds = verification.kinds().into_iter().map(|(kind, good)| (word(kind), good)).collect();
        let complaints = verification.complaints().map(str::to_owned).collect();
        let items = verification.items().map(ToString::to_string).collect();
        Checked::Read { items, kinds, complaints, ok: verification.passes_checksig() }
    }
}

/// Returns an error of the system in its own words, without the number that Rust adds.
pub(super) fn clean(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
