//! `config-manager addrepo`, `setopt`, `unsetopt`, `setvar`, `unsetvar`, `enable` and `disable`

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::{Args, Subcommand};
use oxidnf_engine::config_manager::{
    Absent, ConfigManager, ConfigManagerError, NewFile, NewRepo, Pairs, check_main_option, check_repo_option,
    check_source, is_option,
};
use oxidnf_engine::log::Level;

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::config_manager::{absent_line, refused_option, sentence};
use crate::face::dnf5::progress::Progress;
use crate::grammar::UsageError;

/// Change the configuration, variables and repositories
#[derive(Debug, Clone, Args)]
pub struct ConfigManagerArgs {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Debug, Clone, Subcommand)]
enum ConfigAction {
    /// Add repositories from a file, or a repository that is described by options
    Addrepo(AddRepoArgs),
    /// Set options of the main configuration and of repositories
    Setopt(SetOptArgs),
    /// Remove options of the main configuration and overrides of repositories
    Unsetopt(UnsetOptArgs),
    /// Set variables
    Setvar(SetVarArgs),
    /// Remove variables
    Unsetvar(UnsetVarArgs),
    /// Enable repositories
    Enable(SwitchArgs),
    /// Disable repositories
    Disable(SwitchArgs),
}

#[derive(Debug, Clone, Args)]
struct AddRepoArgs {
    /// Check the file at this path or URL and put it among the repository files
    #[arg(long, value_name = "REPO_CONFIGURATION_FILE_URL")]
    from_repofile: Option<String>,
    /// Id of the new repository; made from its URL without this
    #[arg(long, value_name = "REPO_ID")]
    id: Option<String>,
    /// Set an option of the new repository
    #[arg(long, value_name = "REPO_OPTION=VALUE")]
    set: Vec<String>,
    /// Add the repository to a file that is there, or replace it there
    #[arg(long)]
    add_or_replace: bool,
    #[command(flatten)]
    directory: CreateMissingDir,
    /// Replace a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Name of the file; ".repo" is added if it is missing
    #[arg(long, value_name = "FILENAME")]
    save_filename: Option<String>,
}

#[derive(Debug, Clone, Args)]
struct CreateMissingDir {
    /// Make directories that are missing
    #[arg(long)]
    create_missing_dir: bool,
}

#[derive(Debug, Clone, Args)]
struct SetOptArgs {
    #[command(flatten)]
    directory: CreateMissingDir,
    /// Options and their values: [REPO_ID.]option=value
    #[arg(required = true, value_name = "optvals")]
    optvals: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct UnsetOptArgs {
    /// Options: [REPO_ID.]option
    #[arg(required = true, value_name = "options")]
    options: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct SetVarArgs {
    #[command(flatten)]
    directory: CreateMissingDir,
    /// Variables and their values: variable=value
    #[arg(required = true, value_name = "varvals")]
    varvals: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct UnsetVarArgs {
    /// Names of variables
    #[arg(required = true, value_name = "variables")]
    variables: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct SwitchArgs {
    #[command(flatten)]
    directory: CreateMissingDir,
    /// Ids of repositories
    #[arg(required = true, value_name = "repos")]
    repos: Vec<String>,
}

/// Options of the main configuration, and of repositories by pattern.
#[derive(Default)]
struct Assignments {
    main: Pairs,
    repos: BTreeMap<String, Pairs>,
}

impl ConfigManagerArgs {
    /// Finds what dnf5 finds while it reads the arguments.
    pub fn check(&self) -> Result<(), Failure> {
        match &self.action {
            ConfigAction::Addrepo(args) => args.check(),
            ConfigAction::Setopt(args) => assignments(&args.optvals).map(drop),
            ConfigAction::Unsetopt(args) => {
                args.options.iter().try_for_each(|text| Ok(split_key(text, text, "remove-opt").map(drop)?))
            }
            ConfigAction::Setvar(args) => variables(&args.varvals).map(drop),
            ConfigAction::Unsetvar(args) => args.variables.iter().try_for_each(|name| check_variable(name)),
            ConfigAction::Enable(_) | ConfigAction::Disable(_) => Ok(()),
        }
    }

    /// Changes the files.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        match self.action {
            ConfigAction::Addrepo(args) => args.run(cx),
            ConfigAction::Setopt(SetOptArgs { directory, optvals }) => {
                let Assignments { main, repos } = assignments(&optvals)?;
                change(cx, &directory, |manager| manager.set_options(&main, &repos))
            }
            ConfigAction::Unsetopt(args) => args.run(cx),
            ConfigAction::Setvar(SetVarArgs { directory, varvals }) => {
                let variables = variables(&varvals)?;
                change(cx, &directory, |manager| manager.set_variables(&variables))
            }
            ConfigAction::Unsetvar(UnsetVarArgs { variables: mut names }) => {
                names.sort();
                names.dedup();
                let session = cx.open()?;
                let absent = ConfigManager::new(&session, false).unset_variables(&names).map_err(failure)?;
                tell_absent(cx, &absent);
                Ok(0)
            }
            ConfigAction::Enable(args) => args.run(cx, "1"),
            ConfigAction::Disable(args) => args.run(cx, "0"),
        }
    }
}

impl SwitchArgs {
    fn run(self, cx: &mut Context, enabled: &str) -> CommandResult {
        let SwitchArgs { directory, repos } = self;
        let enabled = Pairs::from([("enabled".to_owned(), enabled.to_owned())]);
        let repos = repos.into_iter().map(|pattern| (pattern, enabled.clone())).collect();
        change(cx, &directory, |manager| manager.set_options(&Pairs::new(), &repos))
    }
}

impl UnsetOptArgs {
    fn run(self, cx: &mut Context) -> CommandResult {
        let session = cx.open()?;
        let (mut main, mut repos) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
        for text in &self.options {
            let (pattern, key) = split_key(text, text, "remove-opt")?;
            if !is_option(pattern.is_some(), key) {
                let kind = if pattern.is_some() { "repository" } else { "main" };
                cx.output.error(format!("config-manager: Request to remove unsupported {kind} option: {text}"));
            }
            match pattern {
                Some(pattern) => repos.entry(pattern.to_owned()).or_default().push(key.to_owned()),
                None => main.push(key.to_owned()),
            }
        }
        for keys in repos.values_mut().chain([&mut main]) {
            keys.sort();
            keys.dedup();
        }
        let absent = ConfigManager::new(&session, false).unset_options(&main, &repos).map_err(failure)?;
        tell_absent(cx, &absent);
        Ok(0)
    }
}

impl AddRepoArgs {
    fn check(&self) -> Result<(), Failure> {
        let new = self.repo()?;
        if let Some(place) = &self.from_repofile {
            check_source(place).map_err(failure)?;
        }
        if self.from_repofile.is_none() && !new.has_place() {
            let text = "One of --from-repofile=<URL>, --set=baseurl=<URL>, --set=mirrorlist=<URL>, --set=metalink=<URL> \
                        must be set to a non-empty URL";
            return Err(UsageError::Other(text.to_owned()).into());
        }
        Ok(())
    }

    fn repo(&self) -> Result<NewRepo, Failure> {
        let mut options = Pairs::new();
        for text in &self.set {
            let (key, value) = split_value(text, "set")?;
            check_option(check_repo_option(key, value), "repository option", text, key)?;
            add(&mut options, key, value).map_err(|first| again("option", key, &first, value))?;
        }
        let file = NewFile { name: self.save_filename.clone(), overwrite: self.overwrite };
        Ok(NewRepo { id: self.id.clone(), options, file, add_or_replace: self.add_or_replace })
    }

    fn run(self, cx: &mut Context) -> CommandResult {
        let new = self.repo()?;
        let session = cx.open()?;
        let manager = ConfigManager::new(&session, self.directory.create_missing_dir);
        let log = match &self.from_repofile {
            Some(place) => {
                let progress = Progress::new(Arc::clone(&cx.output));
                let added = manager.add_repo_file(&session, place, &new.file, &progress);
                progress.end();
                let path = added.map_err(failure)?;
                format!("config-manager: Added repofile \"{}\" from \"{place}\"", path.display())
            }
            None => {
                let (path, id) = manager.add_repo(&new).map_err(failure)?;
                format!("config-manager: Added new repo \"{id}\" to file \"{}\"", path.display())
            }
        };
        session.log().write(Level::Info, &log);
        Ok(0)
    }
}

fn change(
    cx: &mut Context,
    directory: &CreateMissingDir,
    change: impl FnOnce(&ConfigManager<'_>) -> Result<(), ConfigManagerError>,
) -> CommandResult {
    let session = cx.open()?;
    change(&ConfigManager::new(&session, directory.create_missing_dir)).map_err(failure)?;
    Ok(0)
}

fn failure(error: ConfigManagerError) -> Failure {
    Failure::Message(sentence(&error))
}

fn tell_absent(cx: &Context, absent: &[Absent]) {
    for line in absent.iter().map(absent_line) {
        cx.output.error(line);
    }
}

fn assignments(texts: &[String]) -> Result<Assignments, Failure> {
    let mut all = Assignments::default();
    for text in texts {
        let (name, value) = split_value(text, "optval")?;
        let (pattern, key) = split_key(name, text, "optval")?;
        match pattern {
            Some(pattern) => {
                check_option(check_repo_option(key, value), "repository option", text, key)?;
                let pairs = all.repos.entry(pattern.to_owned()).or_default();
                let what = format!("option of the repository \"{pattern}\"");
                add(pairs, key, value).map_err(|first| again(&what, key, &first, value))?;
            }
            None => {
                check_option(check_main_option(key, value), "option:", text, key)?;
                add(&mut all.main, key, value).map_err(|first| again("option", key, &first, value))?;
            }
        }
    }
    Ok(all)
}

fn variables(texts: &[String]) -> Result<Pairs, Failure> {
    let mut all = Pairs::new();
    for text in texts {
        let (name, value) = split_value(text, "varval")?;
        check_variable(name)?;
        add(&mut all, name, value).map_err(|first| again("variable", name, &first, value))?;
    }
    Ok(all)
}

fn check_variable(name: &str) -> Result<(), Failure> {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(());
    }
    let text = format!("ConfigManagerError: Variable name can contain only ASCII letters, numbers and '_': {name}");
    Err(Failure::Message(text))
}

/// Splits `name=value`; `what` is how messages call it.
fn split_value<'t>(text: &'t str, what: &str) -> Result<(&'t str, &'t str), UsageError> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    parts.ok_or_else(|| UsageError::Other(format!("{what}: Badly formatted argument value \"{text}\"")))
}

/// Splits `[pattern.]key` at the last dot.
fn split_key<'t>(name: &'t str, whole: &str, what: &str) -> Result<(Option<&'t str>, &'t str), UsageError> {
    match name.rsplit_once('.') {
        None => Ok((None, name)),
        Some((_, "")) => {
            let text = format!("{what}: Badly formatted argument value: Last key character cannot be '.': {whole}");
            Err(UsageError::Other(text))
        }
        Some(("", _)) => Err(UsageError::Other(format!("{what}: Empty repository id is not allowed: {whole}"))),
        Some((pattern, key)) => Ok((Some(pattern), key)),
    }
}

fn check_option<E: std::fmt::Display>(
    checked: Result<bool, E>,
    what: &str,
    text: &str,
    key: &str,
) -> Result<(), Failure> {
    match checked {
        Ok(true) => Ok(()),
        Ok(false) => Err(refused_option(what, text, &format!("Option \"{key}\" not found"))),
        Err(error) => Err(refused_option(what, text, &error.to_string())),
    }
}

/// Adds a pair; fails with the value that was said before.
fn add(pairs: &mut Pairs, key: &str, value: &str) -> Result<(), String> {
    let known = pairs.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    if known == value { Ok(()) } else { Err(known.clone()) }
}

fn again(what: &str, key: &str, first: &str, second: &str) -> Failure {
    let text = format!("Sets the \"{key}\" {what} again with a different value: \"{first}\" != \"{second}\"");
    Failure::Message(format!("ConfigManagerError: {text}"))
}
