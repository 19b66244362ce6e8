//! The words of oxidnf.
//!
//! Everything here is plain data and pure functions: versions, package names, dependencies, the header codec,
//! package files, configuration syntax, the plan of a transaction and the events of a run. Nothing prints, reads the
//! environment or opens a path that it was not handed.

pub mod arch;
pub mod checksum;
pub mod conf;
pub mod event;
pub mod evr;
pub mod header;
pub mod introsort;
pub mod lock;
pub mod nevra;
pub mod package_file;
pub mod plan;
pub mod reldep;
pub mod rich;
pub mod root;
pub mod string_set;
pub mod trust;

pub use checksum::{Checksum, ChecksumKind};
pub use event::{Event, Reporter, Task};
pub use evr::{Evr, vercmp};
pub use header::Header;
pub use nevra::Nevra;
pub use package_file::PackageFile;
pub use plan::{Action, Plan, PlanItem, Reason};
pub use reldep::Reldep;
pub use root::Root;
pub use trust::{Trust, Verified};
