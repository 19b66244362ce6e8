//! What a caller wants.

use oxidnf_catalog::PackageId;
use oxidnf_core::Reldep;

/// How hard a job insists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct JobFlags {
    /// Only the best candidate will do (`best=True`).
    pub best: bool,
    /// The job may be dropped if it cannot be done (`--skip-broken`); upgrades are never weak in dnf5, so the flag is
    /// ignored there.
    pub weak: bool,
    /// Dependencies that nothing else needs go as well (`clean_requirements_on_remove`).
    pub clean_deps: bool,
}

/// One thing that a caller wants; candidates come from the sack and are not excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// One of these packages is to be installed.
    Install {
        /// Packages to choose from, installed ones among them if they would do.
        candidates: Vec<PackageId>,
        /// How hard the job insists.
        flags: JobFlags,
        /// The group for whose sake the packages come; their reason is then "Group".
        group: Option<String>,
    },
    /// Something that satisfies a dependency, plain or rich, is to be installed.
    InstallProvide {
        /// The dependency.
        dependency: Reldep,
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// One of these, all older than what is installed, is to take its place.
    Downgrade {
        /// Packages to choose from.
        candidates: Vec<PackageId>,
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// One of these, of the same version as the installed one, is to take its place.
    Reinstall {
        /// Packages to choose from.
        candidates: Vec<PackageId>,
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// Installed packages are to be replaced by newer ones among these.
    Upgrade {
        /// Available packages to choose from, and the installed packages that they are to replace.
        candidates: Vec<PackageId>,
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// Everything installed is to be replaced by newer packages.
    UpgradeAll {
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// Installed packages are to become what the repositories have, older or newer.
    DistroSync {
        /// Available packages to choose from, and the installed packages that they are to replace.
        candidates: Vec<PackageId>,
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// Everything installed is to become what the repositories have.
    DistroSyncAll {
        /// How hard the job insists.
        flags: JobFlags,
    },
    /// All of these installed packages are to go.
    Remove {
        /// Installed packages.
        packages: Vec<PackageId>,
        /// How hard the job insists.
        flags: JobFlags,
        /// The group for whose sake the packages go.
        group: Option<String>,
    },
}

/// Everything that a caller wants at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Goal {
    /// The wants, in the order in which they were stated.
    pub jobs: Vec<Job>,
}

impl Goal {
    /// Wants nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a want.
    pub fn add(&mut self, job: Job) -> &mut Self {
        self.jobs.push(job);
        self
    }

    /// Tells whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Tells whether some job also takes away what is no longer needed.
    pub fn cleans(&self) -> bool {
        self.jobs.iter().any(|job| job.flags().clean_deps)
    }
}

impl Job {
    /// Returns how hard the job insists.
    pub fn flags(&self) -> JobFlags {
        match self {
            Job::Install { flags, .. }
            | Job::InstallProvide { flags, .. }
            | Job::Downgrade { flags, .. }
            | Job::Reinstall { flags, .. }
            | Job::Upgrade { flags, .. }
            | Job::UpgradeAll { flags }
            | Job::DistroSync { flags, .. }
            | Job::DistroSyncAll { flags }
            | Job::Remove { flags, .. } => *flags,
        }
    }

    /// Returns the packages that the job names.
    pub fn packages(&self) -> &[PackageId] {
        match self {
            Job::Install { candidates, .. }
            | Job::Downgrade { candidates, .. }
            | Job::Reinstall { candidates, .. }
            | Job::Upgrade { candidates, .. }
            | Job::DistroSync { candidates, .. } => candidates,
            Job::Remove { packages, .. } => packages,
            Job::InstallProvide { .. } | Job::UpgradeAll { .. } | Job::DistroSyncAll { .. } => &[],
        }
    }

    /// Wants one of `candidates` installed.
    pub fn install(candidates: Vec<PackageId>, flags: JobFlags) -> Self {
        Job::Install { candidates, flags, group: None }
    }

    /// Wants all of `packages` gone.
    pub fn remove(packages: Vec<PackageId>, flags: JobFlags) -> Self {
        Job::Remove { packages, flags, group: None }
    }
}
