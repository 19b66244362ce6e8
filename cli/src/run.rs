//! From a command line to an exit status.

use std::path::Path;
use std::sync::Arc;

use clap::Command;
use oxidnf_migrate::{Tool, legacy};

use crate::context::{CommandResult, Context, Failure};
use crate::environment::Environment;
use crate::face::{Face, tdnf};
use crate::grammar::{self, Action, Aliases, GlobalArgs, Scanned, UsageError};
use crate::output::{ColorWhen, Output};
use crate::sanitize::sanitize;
use crate::{commands, interrupt, version};

/// Runs the program with its arguments, the program's name first, and returns the exit status.
pub fn run(arguments: Vec<String>, environment: Environment, mut output: Output) -> u8 {
    let argv0 = arguments.first().cloned().unwrap_or_default();
    let program = match Face::of_program(&argv0) {
        Face::Dnf5 { program } => program,
        Face::Tdnf => return tdnf::run(&arguments, environment, output),
        Face::TdnfConfig => return tdnf::config_tool::run(&arguments, &output),
    };
    // rpm's arguments have a grammar of their own; dnf5 has no such command, so only our own name knows it.
    if let (true, Some(("rpm", rest))) =
        (program == "oxidnf", arguments.get(1..).and_then(|words| Some((words.first()?.as_str(), &words[1..]))))
    {
        return commands::rpm::run(rest, &environment, &output);
    }
    let arguments = older_spelling(&argv0, arguments, &output);
    let root = grammar::command(program);
    let (aliases, mistakes) = Aliases::read(&environment, &root);
    for mistake in &mistakes {
        output.error(mistake);
    }
    let scanned = match grammar::scan(&root, program, arguments.get(1..).unwrap_or_default(), &aliases) {
        Ok(scanned) => scanned,
        Err(error) => return Failure::Usage(error).print(&output),
    };
    if scanned.help {
        grammar::print_help(&output, &root, &scanned, &aliases);
        output.flush();
        return 0;
    }
    let options = known_options(&root, &scanned);
    let command = scanned.path.join(" ");
    let parsed = grammar::parse(root, &scanned).map_err(Failure::Usage).and_then(|(globals, action)| {
        check_before_start(&globals, action.as_ref())?;
        Ok((globals, action))
    });
    let (globals, action) = match parsed {
        Ok(parsed) => parsed,
        Err(failure) => return failure.print(&output),
    };
    output.set_quiet(globals.quiet);
    if let Some(color) = &globals.color {
        let Some(when) = ColorWhen::parse(color) else {
            output.error(format!("OptionValueNotAllowedError: Enum option value \"{color}\" not allowed"));
            return 1;
        };
        output.set_color(when);
    }
    let mut cx = Context {
        output: Arc::new(output),
        globals,
        environment,
        command,
        arguments,
        options,
        from_repos: Vec::new(),
        cancel: interrupt::install(),
    };
    let status = match start(&mut cx, action) {
        Ok(status) => status,
        Err(failure) => failure.print(&cx.output),
    };
    cx.output.flush();
    status
}

fn start(cx: &mut Context, action: Option<Action>) -> CommandResult {
    if cx.globals.version {
        let plugins: Vec<String> = oxidnf_plugins::all().iter().map(|plugin| plugin.name().to_owned()).collect();
        version::print(&cx.output, &plugins);
        return Ok(0);
    }
    if cx.globals.dump_main_config || cx.globals.dump_variables || !cx.globals.dump_repo_config.is_empty() {
        commands::dump::run(cx)?;
    }
    match action {
        Some(action) => commands::run(cx, action),
        None => Ok(0),
    }
}

/// Under the names of older programs their spellings are accepted, with a line that tells dnf5's; under dnf5's own name
/// nothing differs from dnf5.
fn older_spelling(argv0: &str, mut arguments: Vec<String>, output: &Output) -> Vec<String> {
    let name = Path::new(argv0).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !matches!(name, "yum" | "dnf" | "microdnf") {
        return arguments;
    }
    // The rules of dnf leave alone what dnf5 understands; those of yum would change names that are merely old.
    let Some(new) = legacy::arguments(Tool::Dnf, arguments.get(1..).unwrap_or_default()) else { return arguments };
    output.error(format!("In dnf5's words this is: {name} {}", sanitize(&new.join(" "))));
    arguments.truncate(1);
    arguments.extend(new);
    arguments
}

/// Finds mistakes that need no session.
fn check_before_start(globals: &GlobalArgs, action: Option<&Action>) -> Result<(), Failure> {
    let fixed = [("--plan", globals.plan.is_some()), ("--locked", globals.locked.is_some())];
    if let Some((option, _)) = fixed.into_iter().find(|(_, given)| *given && !action.is_some_and(Action::decides)) {
        return Err(UsageError::Other(format!("\"{option}\" is for commands that change the system")).into());
    }
    match action {
        Some(Action::Repoquery(args)) => args.check(),
        Some(Action::Clean(args)) => Ok(args.check()?),
        Some(Action::Download(args)) => Ok(args.check()?),
        Some(Action::Install(args)) => args.check(),
        Some(Action::Upgrade(args)) => args.check(),
        Some(Action::Do(args)) => args.check(),
        Some(Action::CheckUpgrade(args)) => args.check(),
        Some(Action::Advisory(args)) => args.check(),
        Some(Action::ConfigManager(args)) => args.check(),
        Some(Action::Copr(args)) => Ok(args.check()?),
        Some(Action::Changelog(args)) => args.check(),
        Some(Action::Builddep(args)) => Ok(args.check()?),
        Some(Action::Repomanage(args)) => args.check(),
        Some(Action::Reposync(args)) => Ok(args.check()?),
        _ => Ok(()),
    }
}

/// Returns the long names of global options and of those of the commands in the path.
fn known_options(root: &Command, scanned: &Scanned) -> Vec<String> {
    let mut names = Vec::new();
    let mut command = root;
    let mut add = |command: &Command| {
        names.extend(command.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned));
    };
    add(command);
    for name in &scanned.path {
        let Some(next) = command.find_subcommand(name) else { break };
        command = next;
        add(command);
    }
    names
}

impl GlobalArgs {
    /// Tells whether something is printed that needs no command.
    pub fn prints_without_command(&self) -> bool {
        self.version || self.dump_main_config || self.dump_variables || !self.dump_repo_config.is_empty()
    }
}
