//! The rpm database: read, write, verify, lock.
//!
//! The format is that of rpm's sqlite backend, down to the statements that created the tables and the bytes of the
//! headers, so that rpm and dnf5 can take over at any time. Nothing here runs scriptlets or unpacks files.

mod connection;
mod cookie;
mod error;
mod index;
mod keystore;
mod lock;
pub mod macros;
mod maintenance;
mod pubkey;
mod read;
mod record;
mod records;
mod schema;
mod transfer;
mod write;

pub use connection::{Access, RpmDb};
pub use error::{Damage, DamagedRecord, DbError};
pub use index::{Index, IndexRow};
pub use keystore::{KeyStore, KeyStoreKind, StoredKey};
pub use lock::{LockKind, TransactionLock, lock_path};
pub use macros::Macros;
pub use maintenance::{Rebuilt, rebuild};
pub use pubkey::{PubkeyFacts, PubkeyRecord};
pub use read::{Match, Packages};
pub use record::{InstallFacts, InstalledRecord};
pub use records::feed_package;
pub use write::Write;

/// Number of a record in the database; never used again after the record is gone.
pub type Hnum = u32;

/// The version that records name as their writer (RPMVERSION of `gpg-pubkey`).
pub const RPM_VERSION: &str = "6.1.0";
