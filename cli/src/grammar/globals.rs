//! Options that may stand before and after the command.

use clap::{ArgMatches, Args, FromArgMatches};

/// Global options as typed; meanings are applied in [`crate::settings`].
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Print help
    #[arg(short, long)]
    pub help: bool,
    /// Read the main configuration from this file
    #[arg(short = 'c', long, value_name = "CONFIG_FILE_PATH")]
    pub config: Option<String>,
    /// Show only results, warnings and errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Use only what is cached, even when it is expired
    #[arg(short = 'C', long)]
    pub cacheonly: bool,
    /// When to use colours: auto, always or never
    #[arg(long, value_name = "COLOR")]
    pub color: Option<String>,
    /// Treat all cached metadata as expired
    #[arg(long)]
    pub refresh: bool,
    /// Add a repository with this id and base URL or path
    #[arg(long, value_name = "REPO_ID,REPO_PATH")]
    pub repofrompath: Vec<String>,
    /// Set an option of the main configuration or of repositories
    #[arg(long, value_name = "[REPO_ID.]OPTION=VALUE")]
    pub setopt: Vec<String>,
    /// Set a variable
    #[arg(long, value_name = "VAR_NAME=VALUE")]
    pub setvar: Vec<String>,
    /// Answer every question with yes
    #[arg(short = 'y', long)]
    pub assumeyes: bool,
    /// Answer every question with no
    #[arg(long)]
    pub assumeno: bool,
    /// Insist on the best available versions
    #[arg(long)]
    pub best: bool,
    /// Accept versions that are not the best available ones
    #[arg(long, visible_alias = "nobest")]
    pub no_best: bool,
    /// Let packages of one vendor replace those of another
    #[arg(long)]
    pub allow_vendor_change: bool,
    /// Do not let packages of one vendor replace those of another
    #[arg(long)]
    pub no_allow_vendor_change: bool,
    /// Leave out files that are documentation
    #[arg(long, visible_alias = "nodocs")]
    pub no_docs: bool,
    /// Ignore packages that match these specs
    #[arg(short = 'x', long, value_name = "package,...")]
    pub exclude: Vec<String>,
    /// Enable these repositories as well
    #[arg(long, visible_alias = "enablerepo", value_name = "REPO_ID,...")]
    pub enable_repo: Vec<String>,
    /// Disable these repositories
    #[arg(long, visible_alias = "disablerepo", value_name = "REPO_ID,...")]
    pub disable_repo: Vec<String>,
    /// Enable only these repositories
    #[arg(long, visible_alias = "repoid", value_name = "REPO_ID,...")]
    pub repo: Vec<String>,
    /// Do not check OpenPGP signatures
    #[arg(long, visible_alias = "nogpgcheck")]
    pub no_gpgchecks: bool,
    /// Disable all plugins
    #[arg(long, visible_alias = "noplugins")]
    pub no_plugins: bool,
    /// Enable these plugins
    #[arg(long, visible_alias = "enableplugin", value_name = "PLUGIN_NAME,...")]
    pub enable_plugin: Vec<String>,
    /// Disable these plugins
    #[arg(long, visible_alias = "disableplugin", value_name = "PLUGIN_NAME,...")]
    pub disable_plugin: Vec<String>,
    /// Finish an interrupted transaction before changing anything else
    #[arg(long)]
    pub resume: bool,
    /// Comment to keep in the history
    #[arg(long, value_name = "COMMENT")]
    pub comment: Option<String>,
    /// Work on the system below this directory
    #[arg(long, value_name = "ABSOLUTE_PATH")]
    pub installroot: Option<String>,
    /// Take configuration, repositories and variables from the host, not from the installroot
    #[arg(long)]
    pub use_host_config: bool,
    /// Value of the variable releasever
    #[arg(long, value_name = "RELEASEVER")]
    pub releasever: Option<String>,
    /// Value of the variable releasever_major
    #[arg(long, value_name = "RELEASEVER_MAJOR")]
    pub releasever_major: Option<String>,
    /// Value of the variable releasever_minor
    #[arg(long, value_name = "RELEASEVER_MINOR")]
    pub releasever_minor: Option<String>,
    /// Print the main configuration
    #[arg(long)]
    pub dump_main_config: bool,
    /// Print the configuration of these repositories
    #[arg(long, value_name = "REPO_ID,...")]
    pub dump_repo_config: Vec<String>,
    /// Print the variables
    #[arg(long)]
    pub dump_variables: bool,
    /// Print the version of the program
    #[arg(long)]
    pub version: bool,
    /// Work for another architecture
    #[arg(long, value_name = "FORCEARCH")]
    pub forcearch: Option<String>,
    /// Hide packages that came after this time (seconds since 1970)
    #[arg(long, visible_alias = "snapshot-time", value_name = "SECONDS")]
    pub snapshottime: Option<String>,
    /// Repositories that --snapshottime leaves alone
    #[arg(long, visible_alias = "snapshot-exclude-repos", value_name = "REPO_ID,...")]
    pub snapshotexcluderepos: Vec<String>,
    /// Write what would be done into this file instead of doing it; oxidnf-apply(8) does it
    #[arg(long, value_name = "FILE")]
    pub plan: Option<std::path::PathBuf>,
    /// Choose only from the packages of this lock file, which oxidnf-lock(8) writes
    #[arg(long, value_name = "FILE")]
    pub locked: Option<std::path::PathBuf>,
    /// Do not wait for locks of other processes
    #[arg(long)]
    pub skip_file_locks: bool,
    /// The three repository options in the order in which they were given.
    #[arg(skip)]
    pub repo_switches: Vec<RepoSwitch>,
}

/// One of the options that enable and disable repositories; their order matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepoSwitch {
    /// `--repo`
    Only(String),
    /// `--enable-repo`
    Enable(String),
    /// `--disable-repo`
    Disable(String),
}

impl GlobalArgs {
    /// Reads the options from what clap has parsed.
    pub(crate) fn of_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = GlobalArgs::from_arg_matches(matches)?;
        let kinds = ["repo", "enable_repo", "disable_repo"];
        let mut switches = Vec::new();
        for id in kinds {
            let values = matches.get_many::<String>(id).into_iter().flatten();
            let places = matches.indices_of(id).into_iter().flatten();
            switches.extend(places.zip(values).map(|(place, value)| {
                let value = value.clone();
                let switch = match id {
                    "repo" => RepoSwitch::Only(value),
                    "enable_repo" => RepoSwitch::Enable(value),
                    _ => RepoSwitch::Disable(value),
                };
                (place, switch)
            }));
        }
        switches.sort_by_key(|(place, _)| *place);
        args.repo_switches = switches.into_iter().map(|(_, switch)| switch).collect();
        Ok(args)
    }
}

/// Splits the value of a list option at commas, dropping empty items.
pub fn split_list(values: &[String]) -> Vec<String> {
    let items = values.iter().flat_map(|value| value.split(','));
    items.map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
