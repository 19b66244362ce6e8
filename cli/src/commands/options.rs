//! Options that several commands share.

use std::path::PathBuf;

use clap::Args;
use oxidnf_engine::RequestOptions;
use oxidnf_engine::advisories::AdvisoryMiss;
use oxidnf_engine::repo_config::glob_match;
use oxidnf_engine::request::AdvisoryFilter;

use crate::context::{Context, Failure};
use crate::face::dnf5::advisories::miss_sentence;
use crate::grammar::split_words;

/// `--allowerasing`
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct AllowErasing {
    /// Allow removing installed packages to solve problems
    #[arg(long)]
    pub allowerasing: bool,
}

/// `--skip-broken`
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct SkipBroken {
    /// Leave out packages that cannot be installed
    #[arg(long)]
    pub skip_broken: bool,
}

/// `--skip-unavailable`
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct SkipUnavailable {
    /// Leave out packages that are not available
    #[arg(long)]
    pub skip_unavailable: bool,
}

/// `--allow-downgrade` and its opposite
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
pub struct AllowDowngrade {
    /// Let dependencies be downgraded
    #[arg(long)]
    pub allow_downgrade: bool,
    /// Do not let dependencies be downgraded
    #[arg(long)]
    pub no_allow_downgrade: bool,
}

impl AllowDowngrade {
    /// What was said, if anything.
    pub fn choice(self) -> Option<bool> {
        match self {
            AllowDowngrade { allow_downgrade: true, .. } => Some(true),
            AllowDowngrade { no_allow_downgrade: true, .. } => Some(false),
            _ => None,
        }
    }
}

/// `--downloadonly`
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DownloadOnly {
    /// Download the packages and stop
    #[arg(long)]
    pub downloadonly: bool,
}

/// What is done with a decided transaction instead of running it at once.
#[derive(Debug, Clone, Default, Args)]
pub struct Keep {
    /// Store the transaction to be performed at the next boot
    #[arg(long)]
    pub offline: bool,
    /// Store the transaction with its packages in this directory, for `replay`
    #[arg(long, value_name = "STORED_TRANSACTION_PATH")]
    pub store: Option<PathBuf>,
    /// Change /usr in an overlay that is gone after the next boot
    #[arg(long)]
    pub transient: bool,
}

/// `--json`
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `--from-repo` and `--from-vendor`
#[derive(Debug, Clone, Default, Args)]
pub struct PackageSource {
    /// Take the packages from these repositories only; dependencies may come from all
    #[arg(long, value_name = "REPO_ID,...")]
    pub from_repo: Vec<String>,
    /// Take the packages from these vendors only; dependencies may come from all
    #[arg(long, value_name = "VENDOR,...")]
    pub from_vendor: Vec<String>,
}

impl PackageSource {
    /// Writes the choice into a request.
    pub fn apply(&self, options: &mut RequestOptions) {
        options.from_repo = split_words(&self.from_repo);
        options.from_vendor = split_words(&self.from_vendor);
    }
}

/// `--installed-from-repo`
#[derive(Debug, Clone, Default, Args)]
pub struct InstalledFrom {
    /// Limit installed packages to those that came from these repositories
    #[arg(long, value_name = "REPO_ID,...")]
    pub installed_from_repo: Vec<String>,
}

impl InstalledFrom {
    /// Tells whether the option was used.
    pub fn is_given(&self) -> bool {
        !self.installed_from_repo.is_empty()
    }

    /// Tells whether a package that came from this repository is meant.
    pub fn matches(&self, repo: Option<&str>) -> bool {
        let repo = repo.unwrap_or_default();
        split_words(&self.installed_from_repo).iter().any(|pattern| glob_match(pattern, repo))
    }

    /// Writes the choice into a request.
    pub fn apply(&self, options: &mut RequestOptions) {
        options.installed_from_repo = split_words(&self.installed_from_repo);
    }
}

/// The options that choose advisories by what they are and what they mend.
#[derive(Debug, Clone, Default, Args)]
pub struct AdvisoryKinds {
    /// Limit to advisories of these severities: critical, important, moderate, low, none
    #[arg(long, value_name = "ADVISORY_SEVERITY,...")]
    pub advisory_severities: Vec<String>,
    /// Limit to advisories that fix these bugs
    #[arg(long, value_name = "BUGZILLA_ID,...")]
    pub bzs: Vec<String>,
    /// Limit to advisories that fix these vulnerabilities
    #[arg(long, value_name = "CVE_ID,...")]
    pub cves: Vec<String>,
    /// Limit to security advisories
    #[arg(long)]
    pub security: bool,
    /// Limit to bugfix advisories
    #[arg(long)]
    pub bugfix: bool,
    /// Limit to enhancement advisories
    #[arg(long)]
    pub enhancement: bool,
    /// Limit to advisories about new packages
    #[arg(long)]
    pub newpackage: bool,
}

/// What can be asked for with `--advisory-severities`, in any case.
const SEVERITIES: [&str; 5] = ["critical", "important", "moderate", "low", "none"];

impl AdvisoryKinds {
    /// Finds severities that do not exist.
    pub fn check(&self) -> Result<(), Failure> {
        let known = |severity: &String| SEVERITIES.iter().any(|known| severity.eq_ignore_ascii_case(known));
        match split_words(&self.advisory_severities).into_iter().find(|severity| !known(severity)) {
            None => Ok(()),
            Some(severity) => Err(Failure::Message(format!(
                "OptionValueNotAllowedError: Input item value \"{severity}\" not allowed, allowed values for this option \
                 are defined by regular expression \"{}\"",
                SEVERITIES.join("|")
            ))),
        }
    }

    /// Returns the filter that takes these and those of the given names, if there is any choice.
    pub fn filter(&self, names: Vec<String>) -> Option<AdvisoryFilter> {
        let AdvisoryKinds { advisory_severities, bzs, cves, security, bugfix, enhancement, newpackage } = self;
        let types =
            [(*security, "security"), (*bugfix, "bugfix"), (*enhancement, "enhancement"), (*newpackage, "newpackage")];
        let filter = AdvisoryFilter {
            names,
            types: types.into_iter().filter(|(on, _)| *on).map(|(_, name)| name.to_owned()).collect(),
            severities: split_words(advisory_severities),
            bugs: split_words(bzs),
            cves: split_words(cves),
        };
        (filter != AdvisoryFilter::default()).then_some(filter)
    }
}

/// The options that choose advisories.
#[derive(Debug, Clone, Default, Args)]
pub struct Advisories {
    /// Limit to what advisories of these names name
    #[arg(long, value_name = "ADVISORY_NAME,...")]
    pub advisories: Vec<String>,
    /// The other options.
    #[command(flatten)]
    pub kinds: AdvisoryKinds,
}

impl Advisories {
    /// Tells whether enhancements are chosen and nothing else.
    pub fn only_enhancements(&self) -> bool {
        let only = AdvisoryFilter { types: vec!["enhancement".to_owned()], ..AdvisoryFilter::default() };
        self.filter(false) == Some(only)
    }

    /// Returns the filter, if any option was used; `minimal` alone takes advisories of every type.
    pub fn filter(&self, minimal: bool) -> Option<AdvisoryFilter> {
        let types = || ["security", "bugfix", "enhancement", "newpackage"].map(str::to_owned).to_vec();
        let chosen = self.kinds.filter(split_words(&self.advisories));
        chosen.or_else(|| minimal.then(|| AdvisoryFilter { types: types(), ..AdvisoryFilter::default() }))
    }
}

/// Says which choices no advisory meets.
pub fn print_misses(cx: &Context, misses: &[AdvisoryMiss]) {
    for miss in misses {
        cx.output.error(miss_sentence(miss));
    }
}
