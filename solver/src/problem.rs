//! Why there is no solution, as data.

use oxidnf_catalog::PackageId;
use oxidnf_core::Nevra;

/// A package that a problem names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageRef {
    /// The package in the sack.
    pub id: PackageId,
    /// Its full name; dnf5 writes it without an epoch of 0 here.
    pub nevra: Nevra,
    /// The repository; `@System` for an installed package.
    pub repo: String,
    /// Whether it is installed: then dnf5 writes "installed package X" and leaves the repository out.
    pub installed: bool,
}

/// One cause within a problem; the sentences are made by a face (reference of dnf5, section 5.8).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// conflicting requests
    ConflictingRequests,
    /// nothing provides requested {dependency}
    NothingProvidesRequested {
        /// What was asked for.
        dependency: String,
    },
    /// package {name} does not exist
    UnknownPackage {
        /// What was asked for.
        name: String,
    },
    /// {dependency} is provided by the system
    ProvidedBySystem {
        /// What was asked for.
        dependency: String,
    },
    /// unsupported request
    UnsupportedRequest,
    /// problem with installed package
    ///
    /// dnf5 does not name it.
    InstalledPackage {
        /// The installed package.
        package: PackageRef,
    },
    /// cannot install the best update candidate for package {package}
    BestUpdate {
        /// The installed package.
        package: PackageRef,
    },
    /// cannot install the best candidate for the job
    BestCandidate,
    /// package {package} from {repo} requires {dependency}, but none of the providers can be installed
    Requires {
        /// Who requires.
        package: PackageRef,
        /// What it requires.
        dependency: String,
    },
    /// nothing provides {dependency} needed by {package} from {repo}
    NothingProvides {
        /// Who requires.
        package: PackageRef,
        /// What it requires.
        dependency: String,
    },
    /// package {package} from {repo} conflicts with {dependency} provided by {other} from {repo}
    ///
    /// When one of the two is installed, dnf5 writes that one first, even if the conflict is the other's:
    /// installed package {other} conflicts with {dependency} provided by {package} from {repo}.
    Conflicts {
        /// Who conflicts.
        package: PackageRef,
        /// With what.
        dependency: String,
        /// Who provides that.
        other: PackageRef,
    },
    /// package {package} from {repo} conflicts with {dependency} provided by itself
    SelfConflict {
        /// Who conflicts and provides.
        package: PackageRef,
        /// With what.
        dependency: String,
    },
    /// package {package} from {repo} obsoletes {dependency} provided by {other} from {repo}
    Obsoletes {
        /// Who obsoletes.
        package: PackageRef,
        /// What it obsoletes.
        dependency: String,
        /// Who provides that.
        other: PackageRef,
    },
    /// installed package {package} obsoletes {dependency} provided by {other} from {repo}
    InstalledObsoletes {
        /// Who obsoletes.
        package: PackageRef,
        /// What it obsoletes.
        dependency: String,
        /// Who provides that.
        other: PackageRef,
    },
    /// package {package} from {repo} implicitly obsoletes {dependency} provided by {other} from {repo}
    ImplicitlyObsoletes {
        /// Who obsoletes.
        package: PackageRef,
        /// What it obsoletes.
        dependency: String,
        /// Who provides that.
        other: PackageRef,
    },
    /// both package {package} from {repo} and {other} from {repo} obsolete {dependency}
    BothObsolete {
        /// One of the two.
        package: PackageRef,
        /// What both obsolete.
        dependency: String,
        /// The other of the two.
        other: PackageRef,
    },
    /// cannot install both {package} from {repo} and {other} from {repo}
    SameName {
        /// One of the two.
        package: PackageRef,
        /// The other of the two.
        other: PackageRef,
    },
    /// package {package} from {repo} is filtered out by exclude filtering
    Excluded {
        /// The package.
        package: PackageRef,
    },
    /// package {package} from {repo} does not have a compatible architecture
    IncompatibleArch {
        /// The package.
        package: PackageRef,
    },
    /// package {package} from {repo} is not installable
    NotInstallable {
        /// The package.
        package: PackageRef,
    },
    /// package {package} from {repo} has inferior architecture
    InferiorArch {
        /// The package.
        package: PackageRef,
    },
    /// {package} does not belong to a distupgrade repository
    NotInDistUpgrade {
        /// The package.
        package: PackageRef,
    },
    /// some dependency problem
    SomeDependency,
    /// A kind for which dnf5 has no sentence of its own either; this is libsolv's.
    Other {
        /// libsolv's sentence.
        text: String,
    },
}

/// One reason why there is no solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The operation would result in removing the following protected packages: {packages}
    RemovesProtected {
        /// Names, sorted and without repetition.
        packages: Vec<String>,
    },
    /// The operation would result in broken dependencies for the following protected packages: {packages}
    BreaksProtected {
        /// Names, sorted and without repetition.
        packages: Vec<String>,
    },
    /// The operation would result in removing of running kernel: {package}
    RemovesRunningKernel {
        /// The kernel's package.
        package: PackageRef,
    },
    /// Rules that cannot hold together, in libsolv's order and without repetition.
    Unsolvable {
        /// The rules; the first line of the problem is the first rule's.
        rules: Vec<Rule>,
    },
}
