//! The options of `repoquery`.

use clap::Args;

use crate::commands::options::{Advisories, InstalledFrom};
use crate::context::Failure;
use crate::grammar::{UsageError, split_list};

/// Search for packages by many criteria
#[derive(Debug, Clone, Default, Args)]
pub struct RepoqueryArgs {
    #[command(flatten)]
    pub(super) format: Format,
    /// Query available packages; this is the default
    #[arg(long)]
    pub(super) available: bool,
    /// Query installed packages
    #[arg(long)]
    pub(super) installed: bool,
    #[command(flatten)]
    pub(super) origin: InstalledFrom,
    /// Limit to installed packages that no other installed package requires
    #[arg(long)]
    pub(super) leaves: bool,
    /// Limit to packages that were not installed as dependencies
    #[arg(long)]
    pub(super) userinstalled: bool,
    /// Limit to installed packages of which several versions are installed
    #[arg(long)]
    pub(super) duplicates: bool,
    /// Limit to installed dependencies that nothing needs any more
    #[arg(long)]
    pub(super) unneeded: bool,
    /// Limit to installed packages of which several versions may be installed
    #[arg(long)]
    pub(super) installonly: bool,
    /// Limit to installed packages that no repository has
    #[arg(long)]
    pub(super) extras: bool,
    /// Limit to available packages that upgrade an installed one
    #[arg(long)]
    pub(super) upgrades: bool,
    /// Limit to the N latest versions of each name and architecture, or to all but so many when N is negative
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) latest_limit: Option<String>,
    /// Limit to packages that require, recommend, suggest, supplement or enhance one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatdepends: Vec<String>,
    /// Limit to packages that conflict with one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatconflicts: Vec<String>,
    /// Limit to packages that enhance one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatenhances: Vec<String>,
    /// Limit to packages that obsolete one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatobsoletes: Vec<String>,
    /// Limit to packages that provide one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatprovides: Vec<String>,
    /// Limit to packages that recommend one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatrecommends: Vec<String>,
    /// Limit to packages that require one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatrequires: Vec<String>,
    /// Limit to packages that supplement one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatsupplements: Vec<String>,
    /// Limit to packages that suggest one of these
    #[arg(long, value_name = "CAPABILITY,...")]
    pub(super) whatsuggests: Vec<String>,
    #[command(flatten)]
    pub(super) advisories: Advisories,
    /// Limit to packages of these architectures
    #[arg(long, value_name = "ARCH,...")]
    pub(super) arch: Vec<String>,
    /// Limit to packages that own one of these files
    #[arg(short = 'f', long, value_name = "FILE,...")]
    pub(super) file: Vec<String>,
    /// With --whatrequires or --whatdepends: take the capability as it is written, not as a package
    #[arg(long)]
    pub(super) exactdeps: bool,
    /// Limit to packages that changed lately
    #[arg(long)]
    pub(super) recent: bool,
    /// At the end, show the source packages of what was found
    #[arg(long)]
    pub(super) srpm: bool,
    /// Include packages of inactive module streams
    #[arg(long)]
    pub(super) disable_modular_filtering: bool,
    /// At the end, show the packages that provide what this attribute of what was found lists
    #[arg(long, value_name = "PACKAGE_ATTRIBUTE")]
    pub(super) providers_of: Option<String>,
    /// With --whatrequires or --providers-of=requires: follow what is found, and so on
    #[arg(long)]
    pub(super) recursive: bool,
    /// Packages to query
    #[arg(value_name = "package-spec-NIF")]
    pub(super) specs: Vec<String>,
}

/// What is printed of each package.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub(super) struct Format {
    /// Show details of packages
    #[arg(short, long, help_heading = "Formatting")]
    pub(super) info: bool,
    /// Show the tags that --queryformat knows
    #[arg(long, help_heading = "Formatting")]
    pub(super) querytags: bool,
    /// Format of the output; the default is "%{full_nevra}"
    #[arg(long, visible_alias = "qf", value_name = "QUERYFORMAT", help_heading = "Formatting")]
    pub(super) queryformat: Option<String>,
    /// Show files
    #[arg(long, visible_alias = "list", visible_short_alias = 'l', help_heading = "Formatting")]
    pub(super) files: bool,
    /// Show changelogs
    #[arg(long, help_heading = "Formatting")]
    pub(super) changelogs: bool,
    /// Show source packages
    #[arg(long, help_heading = "Formatting")]
    pub(super) sourcerpm: bool,
    /// Show where the package files are
    #[arg(long, help_heading = "Formatting")]
    pub(super) location: bool,
    /// Show conflicts
    #[arg(long, help_heading = "Formatting")]
    pub(super) conflicts: bool,
    /// Show dependencies of all kinds
    #[arg(long, help_heading = "Formatting")]
    pub(super) depends: bool,
    /// Show what packages enhance
    #[arg(long, help_heading = "Formatting")]
    pub(super) enhances: bool,
    /// Show obsoletes
    #[arg(long, help_heading = "Formatting")]
    pub(super) obsoletes: bool,
    /// Show provides
    #[arg(long, help_heading = "Formatting")]
    pub(super) provides: bool,
    /// Show recommendations
    #[arg(long, help_heading = "Formatting")]
    pub(super) recommends: bool,
    /// Show requirements
    #[arg(long, help_heading = "Formatting")]
    pub(super) requires: bool,
    /// Show requirements of scriptlets
    #[arg(long, help_heading = "Formatting")]
    pub(super) requires_pre: bool,
    /// Show suggestions
    #[arg(long, help_heading = "Formatting")]
    pub(super) suggests: bool,
    /// Show what packages supplement
    #[arg(long, help_heading = "Formatting")]
    pub(super) supplements: bool,
}

impl Format {
    /// Returns the tag of the option that asks for one attribute.
    pub(super) fn attribute(&self) -> Option<&'static str> {
        let switches = [
            (self.files, "files"),
            (self.sourcerpm, "sourcerpm"),
            (self.location, "location"),
            (self.conflicts, "conflicts"),
            (self.depends, "depends"),
            (self.enhances, "enhances"),
            (self.obsoletes, "obsoletes"),
            (self.provides, "provides"),
            (self.recommends, "recommends"),
            (self.requires, "requires"),
            (self.requires_pre, "requires_pre"),
            (self.suggests, "suggests"),
            (self.supplements, "supplements"),
        ];
        switches.into_iter().find(|(given, _)| *given).map(|(_, tag)| tag)
    }
}

/// Attributes that `--providers-of` takes.
pub(super) const PROVIDERS_OF: [&str; 10] = [
    "conflicts",
    "depends",
    "enhances",
    "obsoletes",
    "provides",
    "recommends",
    "requires",
    "requires_pre",
    "suggests",
    "supplements",
];

impl RepoqueryArgs {
    /// Finds options that need another one.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.advisories.kinds.check()?;
        let of_requires = self.providers_of.as_deref() == Some("requires");
        if self.recursive && self.whatrequires.is_empty() && !of_requires {
            return Err(UsageError::Other(
                "Option \"--recursive\" has to be used either with \"--whatrequires\" or \"--providers-of=requires\""
                    .to_owned(),
            )
            .into());
        }
        if self.exactdeps && self.whatrequires.is_empty() && self.whatdepends.is_empty() {
            return Err(UsageError::Other(
                "Option \"--exactdeps\" has to be used either with \"--whatrequires\" or \"--whatdepends\"".to_owned(),
            )
            .into());
        }
        Ok(())
    }

    /// Returns the limit of `--latest-limit`, or the text that is no number.
    pub(super) fn latest(&self) -> Result<Option<i32>, &str> {
        self.latest_limit.as_deref().map(|text| text.trim().parse().map_err(|_| text)).transpose()
    }

    /// Tells whether options ask for something that only installed packages have.
    pub(super) fn only_installed(&self) -> bool {
        self.leaves
            || self.userinstalled
            || self.duplicates
            || self.unneeded
            || self.installonly
            || self.extras
            || self.origin.is_given()
    }

    /// Tells whether the installed packages are looked at.
    pub(super) fn needs_installed(&self) -> bool {
        self.installed || self.upgrades || self.only_installed()
    }

    /// Tells whether the available packages are looked at: when nothing asks for installed ones, and besides these when
    /// they are asked for or compared with.
    pub(super) fn needs_available(&self) -> bool {
        self.available || self.extras || self.upgrades || !self.needs_installed()
    }

    /// Tells whether file lists are printed.
    pub(super) fn shows_files(&self) -> bool {
        let format = self.format.queryformat.as_deref().unwrap_or_default().to_ascii_lowercase();
        self.format.files || format.contains("{files}")
    }

    /// Tells whether the file lists of all packages may be needed.
    pub(super) fn wants_files(&self) -> bool {
        let paths = |values: &[String]| values.iter().any(|value| value.starts_with('/') || value.starts_with("*/"));
        self.shows_files()
            || !self.file.is_empty()
            || paths(&self.specs)
            || paths(&split_list(&self.whatprovides))
            || paths(&split_list(&self.whatrequires))
            || paths(&split_list(&self.whatdepends))
    }
}
