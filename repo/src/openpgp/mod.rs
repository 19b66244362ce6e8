//! OpenPGP: keys, and what signatures by them are worth.
//!
//! Certificates and signatures are judged by sequoia's standard policy as of the time of the signature, as
//! rpm-sequoia does it: a certificate that expired or was retired later does not devalue older signatures, one whose
//! key was compromised does. The clock is handed in.

mod armor;
mod collect;
mod complaint;
mod key;
mod keybox;
mod keyring;
mod lint;
mod package;
mod policy;
mod pubring;
mod signature;

pub use collect::read_signature;
pub use key::{Key, KeyError, KeyFacts};
pub use keyring::{Imported, Keyring};
pub use lint::Lint;
pub use oxidnf_core::package_file::VerifyLevel;
pub use package::{PackagePolicy, PackageVerdict};
pub use pubring::Pubring;
pub use signature::{Distrust, SignatureInfo, SignatureProblem, SignatureReport, SignatureStatus};
