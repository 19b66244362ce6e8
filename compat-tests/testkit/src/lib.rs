//! The shared environment of tests that compare oxidnf with the real dnf5 and rpm.
//!
//! * [`oracle`] runs commands in a root that holds the real programs;
//! * [`fixture`] builds packages and repositories with the real rpmbuild and createrepo_c, once per content;
//! * [`world`] keeps two equal roots, runs the same command with dnf5 in one and with oxidnf in the other, and compares;
//! * [`fuzz`] makes random transactions and lets rpm and the transaction engine run them;
//! * [`decisions`] makes random cases of repositories, systems and commands, and runs them on both sides;
//! * [`compare`] finds the differences, one module an axis;
//! * [`machine`] is one root in which oxidnf is called as tdnf;
//! * [`http`] is a server on loopback that can misbehave on purpose;
//! * [`proxy`] are proxies of all kinds, and [`login`] is what they and the server may ask for;
//! * [`tls`] makes certificates for them;
//! * [`disk`] makes file systems too small or read-only;
//! * [`mangle`] changes package files where it hurts;
//! * [`openpgp`] makes keys and signatures as nobody should;
//! * [`sweep`] interrupts a transaction at every step and looks whether it can be finished;
//! * [`table`] runs many short commands in roots of their own, for questions of configuration;
//! * [`sample`] makes a signed repository without any program of the machine.
//!
//! Nothing here links the engine: oxidnf is run as a program, as its users do.

pub mod compare;
pub mod decisions;
pub mod disk;
pub mod fixture;
pub mod fuzz;
pub mod http;
pub mod login;
pub mod machine;
pub mod mail;
pub mod mangle;
pub mod openpgp;
pub mod oracle;
pub mod proxy;
pub mod random;
pub mod raw_header;
pub mod sample;
pub mod sweep;
pub mod table;
pub mod tls;
pub mod world;

pub use fixture::{Rpm, family, repo, rpm};
pub use machine::Machine;
pub use oracle::Oracle;
pub use world::{Axis, World};

/// Tags and values of headers, for [`mangle`].
pub mod tag {
    pub use oxidnf_core::header::tag::sig;
    pub use oxidnf_core::header::{Entry, OwnedValue, Tag};

    /// OpenPGP signatures in base64.
    pub const OPENPGP: Tag = Tag::OPENPGP;
    /// Who made a package, which is a tag of the main header.
    pub const VENDOR: Tag = Tag::VENDOR;
}

use std::path::{Path, PathBuf};

/// Returns the directory for things that may be kept between runs: `target` of the workspace.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .ancestors()
                .nth(2)
                .expect("testkit lies two folders below the workspace")
                .join("target")
        },
        PathBuf::from,
    )
}
