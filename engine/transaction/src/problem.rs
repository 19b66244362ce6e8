//! Reasons why a transaction must not run.

use std::fmt;
use std::path::PathBuf;

/// One thing that stands in the way; its text is rpm's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The package is for another architecture.
    Arch {
        /// The package.
        nevra: String,
    },
    /// The package is for another operating system.
    Os {
        /// The package.
        nevra: String,
    },
    /// The same package is already installed.
    AlreadyInstalled {
        /// The package.
        nevra: String,
    },
    /// A newer version is already installed.
    NewerInstalled {
        /// The package.
        nevra: String,
        /// The installed one.
        installed: String,
    },
    /// A package to be erased is not there.
    NotInstalled {
        /// Record number or name.
        package: String,
    },
    /// The package file does not pass the checks.
    Verify {
        /// The package.
        nevra: String,
        /// Which check, and what was found.
        message: String,
    },
    /// A digest of the package's header or a signature over it is wrong, so that rpm would not even read the package.
    BadHeader {
        /// The package.
        nevra: String,
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The header is not one of a package that rpm takes into a transaction.
    Unusable {
        /// The package.
        nevra: String,
        /// What is wrong.
        reason: String,
    },
    /// A file differs from that of an installed package which stays.
    FileConflict {
        /// The file.
        path: String,
        /// The package to install.
        nevra: String,
        /// The installed package.
        other: String,
    },
    /// Two packages of the transaction bring different files of one name.
    NewFileConflict {
        /// The file.
        path: String,
        /// One package.
        nevra: String,
        /// The other one.
        other: String,
    },
    /// Not enough space.
    DiskSpace {
        /// The package that no longer fits.
        nevra: String,
        /// Mount point inside the root.
        mount: String,
        /// Missing bytes.
        bytes: u64,
    },
    /// Not enough inodes.
    DiskNodes {
        /// The package that no longer fits.
        nevra: String,
        /// Mount point inside the root.
        mount: String,
        /// Missing inodes.
        nodes: u64,
    },
    /// A dependency is not met, or a conflict or an obsoleted package is met.
    Dependency {
        /// The element because of which the dependency was looked at.
        nevra: String,
        /// What it is about.
        kind: DependencyProblem,
        /// The dependency: name and version.
        dep: String,
        /// Whose dependency it is.
        owner: String,
        /// The owner is installed already.
        installed: bool,
    },
    /// The payload cannot be read by anybody here (delta package, unknown format).
    Payload {
        /// The package.
        nevra: String,
        /// Its payload format.
        format: String,
    },
}

/// What is wrong about a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyProblem {
    /// Something that is required is missing.
    Missing,
    /// Something is there that another package conflicts with.
    Conflict,
    /// A package is there that another package obsoletes.
    Obsoleted,
}

impl Problem {
    /// Returns the full name of the package that has the problem.
    pub fn package(&self) -> &str {
        match self {
            Problem::Arch { nevra }
            | Problem::Os { nevra }
            | Problem::AlreadyInstalled { nevra }
            | Problem::NewerInstalled { nevra, .. }
            | Problem::NotInstalled { package: nevra }
            | Problem::Verify { nevra, .. }
            | Problem::BadHeader { nevra, .. }
            | Problem::Unusable { nevra, .. }
            | Problem::FileConflict { nevra, .. }
            | Problem::NewFileConflict { nevra, .. }
            | Problem::DiskSpace { nevra, .. }
            | Problem::DiskNodes { nevra, .. }
            | Problem::Dependency { nevra, .. }
            | Problem::Payload { nevra, .. } => nevra,
        }
    }
}

/// Writes a number of bytes as rpm does: megabytes above one of them, else kilobytes, rounded up.
fn write_size(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    if bytes > 1 << 20 {
        write!(f, "{}MB", bytes.div_ceil(1 << 20))
    } else {
        write!(f, "{}KB", bytes.div_ceil(1 << 10))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Arch { nevra } => write!(f, "package {nevra} is intended for a different architecture"),
            Problem::Os { nevra } => write!(f, "package {nevra} is intended for a different operating system"),
            Problem::AlreadyInstalled { nevra } => write!(f, "package {nevra} is already installed"),
            Problem::NewerInstalled { nevra, installed } => {
                write!(f, "package {installed} (which is newer than {nevra}) is already installed")
            }
            Problem::NotInstalled { package } => write!(f, "package {package} is not installed"),
            Problem::BadHeader { path, message, .. } => write!(f, "{}: {message}", path.display()),
            Problem::Unusable { nevra, reason } => write!(f, "package {nevra} cannot be installed: {reason}"),
            Problem::Verify { nevra, message } => write!(f, "package {nevra} does not verify: {message}"),
            Problem::FileConflict { path, nevra, other } => {
                write!(f, "file {path} from install of {nevra} conflicts with file from package {other}")
            }
            Problem::NewFileConflict { path, nevra, other } => {
                write!(f, "file {path} conflicts between attempted installs of {nevra} and {other}")
            }
            Problem::DiskSpace { nevra, mount, bytes } => {
                write!(f, "installing package {nevra} needs ")?;
                write_size(f, *bytes)?;
                write!(f, " more space on the {mount} filesystem")
            }
            Problem::DiskNodes { nevra, mount, nodes } => {
                write!(f, "installing package {nevra} needs {nodes} more inodes on the {mount} filesystem")
            }
            Problem::Dependency { nevra: _, kind, dep, owner, installed } => {
                let verb = match kind {
                    DependencyProblem::Missing => "is needed by",
                    DependencyProblem::Conflict => "conflicts with",
                    DependencyProblem::Obsoleted => "is obsoleted by",
                };
                write!(f, "{dep} {verb} {}{owner}", if *installed { "(installed) " } else { "" })
            }
            Problem::Payload { nevra, format } if format == "drpm" => {
                write!(f, "{nevra} is a Delta RPM and cannot be directly installed")
            }
            Problem::Payload { nevra, format } => write!(f, "Unsupported payload ({format}) in package {nevra}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_rpms() {
        let space = |bytes| Problem::DiskSpace { nevra: "big-1-1.noarch".into(), mount: "/".into(), bytes };
        assert_eq!(
            space((1 << 20) + 1).to_string(),
            "installing package big-1-1.noarch needs 2MB more space on the / filesystem"
        );
        assert_eq!(
            space(1 << 20).to_string(),
            "installing package big-1-1.noarch needs 1024KB more space on the / filesystem"
        );
        let newer = Problem::NewerInstalled { nevra: "dcc-1-1.noarch".into(), installed: "dcc-2-1.noarch".into() };
        assert_eq!(
            newer.to_string(),
            "package dcc-2-1.noarch (which is newer than dcc-1-1.noarch) is already installed"
        );
    }
}
