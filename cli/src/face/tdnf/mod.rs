//! The face of tdnf: scripts written for it get what it gave them (reference of tdnf).
//!
//! Everything that differs from dnf5 in grammar, behaviour, words and numbers is in here; what both have in common is
//! the engine's.

pub mod commands;
pub mod conf;
pub mod config_tool;
pub mod console;
pub mod context;
pub mod failure;
pub mod faults;
pub mod grammar;
pub mod json;
pub mod limits;
pub mod lock;
pub mod plugins;
pub mod progress;
pub mod prompt;
pub mod render;
pub mod space;
pub mod spec;

use std::sync::Arc;

use crate::environment::Environment;
use crate::output::Output;
use console::Console;
use context::{Context, Done};
use failure::{Failure, number};
use grammar::{Command, Line};
use json::Json;
use lock::InstanceLock;
use progress::{Progress, Verbosity};

/// The tdnf whose behaviour this face has.
pub const VERSION: &str = "3.6.0";

/// Runs the program as tdnf and returns the exit status.
pub fn run(arguments: &[String], environment: Environment, output: Output) -> u8 {
    let mut console = Console::new(Arc::new(output));
    let name = arguments.first().map(String::as_str).unwrap_or_default();
    let mut line = match grammar::parse(arguments.get(1..).unwrap_or_default()) {
        Ok(line) => line,
        Err(mistake) => {
            if let Some(out) = &mistake.out {
                console.always(out);
            }
            if let Some(err) = &mistake.err {
                console.error(err);
            }
            return console.fail(&mistake.failure);
        }
    };
    if name.ends_with("tdnfj") {
        line.add("json");
        line.add("assumeyes");
    }
    console.quiet = line.has("quiet");
    console.json = line.has("json");
    console.verbose = line.has("verbose");
    let status = match start(&console, line, environment) {
        Ok(()) => 0,
        Err(failure) => console.fail(&failure),
    };
    console.flush();
    status
}

fn start(console: &Console, line: Line, environment: Environment) -> Done {
    if line.has("version") {
        print_version(console);
        return Ok(());
    }
    if line.has("help") {
        print_usage(console);
        return Ok(());
    }
    let Some(word) = line.words.first() else {
        print_usage(console);
        return Err(Failure::new(number::NO_SUCH_COMMAND));
    };
    let Some(command) = Command::find(word) else {
        console.always(format!("No such command: {word}. Please use /usr/bin/tdnf --help"));
        return Err(Failure::new(number::NO_SUCH_COMMAND));
    };
    if command == Command::Help {
        print_usage(console);
        return Ok(());
    }
    check_options(console, &line)?;
    if command.needs_root() && !rustix::process::geteuid().is_root() {
        return Err(Failure::new(number::NOT_ROOT));
    }
    let _lock = InstanceLock::take(console);
    if console.verbose && !line.recorded.is_empty() {
        console.progress("Setting options:");
        for (key, value) in &line.recorded {
            console.progress(format!("\t{key} = {value}"));
        }
    }
    let conf = conf::read(&line)?;
    for warning in &conf.warnings {
        console.always(warning);
    }
    for plugin in plugins::names(&conf, &line) {
        console.progress(format!("Loaded plugin: {plugin}"));
    }
    let verbosity = Verbosity::of_word(line.value("rpmverbosity").unwrap_or("info"));
    let progress = Arc::new(Progress::new(console.clone()).with_verbosity(verbosity));
    let mut cx = Context { console: console.clone(), line, conf, environment, progress };
    commands::run(&mut cx, command)
}

/// Finds options that do not go together.
fn check_options(console: &Console, line: &Line) -> Done {
    if !line.has("downloadonly") {
        let needing = [
            (line.value("downloaddir").is_some(), number::DOWNLOADDIR_WITHOUT_DOWNLOADONLY),
            (line.has("alldeps"), number::ALLDEPS_WITHOUT_DOWNLOADONLY),
            (line.has("nodeps"), number::NODEPS_WITHOUT_DOWNLOADONLY),
        ];
        if let Some((_, number)) = needing.into_iter().find(|(given, _)| *given) {
            return Err(Failure::new(number));
        }
    }
    if let Some(dir) = line.value("downloaddir") {
        std::fs::read_dir(dir).map_err(|error| Failure::system(&error))?;
    }
    if line.value("installroot").is_some_and(|root| !root.starts_with('/')) {
        console.always("Install root must be an absolute path.");
        return Err(Failure::new(number::INVALID_PARAMETER));
    }
    Ok(())
}

fn print_version(console: &Console) {
    if console.json {
        console.document(&Json::Object(vec![("Name", Json::text("tdnf")), ("Version", Json::text(VERSION))]));
    } else {
        console.always(format!("tdnf: {VERSION}"));
    }
}

fn print_usage(console: &Console) {
    for line in render::usage::lines() {
        console.result(line);
    }
}
