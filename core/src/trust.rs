//! What is known about where bytes come from.

/// Evidence that was found for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Signed by a key that the configuration trusts; upper-case hex fingerprint of the certificate.
    Signature {
        /// Fingerprint of the certificate's primary key.
        fingerprint: String,
    },
    /// Digests inside the object match its content; no signature was required.
    Digest,
    /// The configuration asked for no check.
    Unchecked,
}

/// An object together with the evidence; made only by the code that did the check.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    inner: T,
    trust: Trust,
}

impl<T> Verified<T> {
    /// States that `inner` was checked with this result.
    pub fn new(inner: T, trust: Trust) -> Self {
        Verified { inner, trust }
    }

    /// Returns the evidence.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Returns the object.
    pub fn get(&self) -> &T {
        &self.inner
    }

    /// Takes the object out.
    pub fn into_inner(self) -> T {
        self.inner
    }
}
