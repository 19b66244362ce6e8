//! Signatures and digests of package files.

/// What is demanded of a package (rpm's `_pkgverify_level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyLevel {
    /// Nothing.
    None,
    /// Digests that cover header and payload.
    #[default]
    Digest,
    /// Signatures that cover header and payload.
    Signature,
    /// Both.
    All,
}

/// How a package is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackagePolicy {
    /// What is demanded.
    pub level: VerifyLevel,
    /// Items that are not looked at: bits of rpm's `_pkgverify_flags`.
    pub disabled: u32,
}

impl Default for PackagePolicy {
    fn default() -> Self {
        // 0x20100: SHA-1 of the header and MD5 prove nothing today; rpm 6 ignores both.
        PackagePolicy { level: VerifyLevel::Digest, disabled: 0x2_0100 }
    }
}
