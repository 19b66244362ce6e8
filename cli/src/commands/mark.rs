//! `mark`

use clap::{Args, Subcommand};
use oxidnf_core::Reason;
use oxidnf_engine::{Operation, Request};

use super::options::{Keep, SkipUnavailable};
use crate::driver::Change;

/// Change the reason of installed packages
#[derive(Debug, Clone, Args)]
pub struct MarkArgs {
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    keep: Keep,
    #[command(subcommand)]
    reason: MarkReason,
}

#[derive(Debug, Clone, Subcommand)]
enum MarkReason {
    /// Mark packages as installed by the user
    User(MarkSpecs),
    /// Mark packages as dependencies
    Dependency(MarkSpecs),
    /// Mark packages as weak dependencies
    Weak(MarkSpecs),
    /// Mark packages as installed for a group
    Group(MarkGroup),
}

#[derive(Debug, Clone, Args)]
struct MarkSpecs {
    /// Packages to mark
    #[arg(required = true, value_name = "package-spec-NPFB")]
    specs: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct MarkGroup {
    /// Id of the group
    #[arg(required = true, value_name = "group_id")]
    group: String,
    /// Packages to mark
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

impl MarkArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let MarkArgs { keep, unavailable, reason } = self;
        let (reason, group, specs) = match reason {
            MarkReason::User(MarkSpecs { specs }) => (Reason::User, None, specs),
            MarkReason::Dependency(MarkSpecs { specs }) => (Reason::Dependency, None, specs),
            MarkReason::Weak(MarkSpecs { specs }) => (Reason::WeakDependency, None, specs),
            MarkReason::Group(MarkGroup { group, specs }) => (Reason::Group, Some(group), specs),
        };
        let mut request = Request::new(Operation::Mark { reason, group }, specs);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        Change { request, system_only: true, keep, ..Change::default() }
    }
}
