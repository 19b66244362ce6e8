//! Options that may stand before and after the command.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Id};

/// Global options as typed; meanings are applied in [`crate::settings`], which goes by [`GlobalArgs::given`].
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
    /// Show newly installed leaf packages and packages that became leaves after a transaction
    #[arg(long)]
    pub show_new_leaves: bool,
    /// Do not wait for locks of other processes
    #[arg(long)]
    pub skip_file_locks: bool,
    /// Every option with its value in the order of the command line, under the name of its field here; the value of a
    /// switch is empty. Where several options set the same, the last one counts, as in dnf5.
    #[arg(skip)]
    pub given: Vec<(String, String)>,
}

impl GlobalArgs {
    /// Reads the options from what clap has parsed.
    pub(crate) fn of_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = GlobalArgs::from_arg_matches(matches)?;
        let mut given = Vec::new();
        let definitions = GlobalArgs::augment_args(Command::new("globals"));
        let own: Vec<&Id> = definitions.get_arguments().map(Arg::get_id).collect();
        for id in matches.ids().filter(|id| own.contains(id)) {
            let typed = matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
            let places = matches.indices_of(id.as_str()).into_iter().flatten();
            let values = matches.try_get_many::<String>(id.as_str()).ok().flatten().into_iter().flatten();
            let values = values.cloned().chain(std::iter::repeat(String::new()));
            given.extend(places.filter(|_| typed).zip(values).map(|(place, value)| (place, id.to_string(), value)));
        }
        given.sort();
        args.given = given.into_iter().map(|(_, id, value)| (id, value)).collect();
        Ok(args)
    }
}

/// Splits the value of a list option at blanks and commas; a backslash takes that meaning from the one that follows.
pub fn split_words(values: &[String]) -> Vec<String> {
    values.iter().flat_map(|value| oxidnf_core::conf::split_list(value)).collect()
}

/// Splits the value of a list option at commas, dropping empty items.
pub fn split_list(values: &[String]) -> Vec<String> {
    let items = values.iter().flat_map(|value| value.split(','));
    items.map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
