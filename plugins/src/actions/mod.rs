//! The `actions` plug-in: runs programs that `*.actions` files name, as dnf5's plug-in of that name does in its plain
//! mode (reference of dnf5, section 8.2).

mod command;
mod conf;
mod output;
mod packages;
mod rule;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;

use oxidnf_core::plan::{Plan, PlanItem};
use oxidnf_engine::log::Level;
use oxidnf_engine::plugin::{HookCx, HookError, HookResult};
use oxidnf_engine::repo_config::glob_match;
use oxidnf_engine::{Plugin, Request};

use rule::{Callback, Rule};
use values::Key;

const NAME: &str = "actions";

/// The version of dnf5's plug-in that this one does the same as; actions may ask for it.
const VERSION: &str = "1.4.1";

/// What went wrong, and why where that is told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    message: String,
    cause: Option<String>,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure { message, cause: None }
    }
}

impl Failure {
    fn raise(self, callback: Callback) -> HookError {
        HookError { plugin: NAME.to_owned(), hook: callback.name(), message: self.message, cause: self.cause }
    }
}

/// The plug-in, with the rules that it has read.
#[derive(Debug, Default)]
pub struct Actions {
    rules: Vec<Rule>,
    /// Variables that commands set for later commands (`tmp.NAME`).
    temporary: BTreeMap<String, String>,
}

impl Actions {
    /// Makes the plug-in; rules are read when the configuration is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `actions.d/*.actions` of the plug-in configuration directories, in byte order of the file names.
    fn read_rules(&mut self, cx: &HookCx<'_>) -> Result<(), Failure> {
        if !conf::is_switched_on(cx)? {
            return Ok(());
        }
        let in_root = cx.config.options.installroot.get() != "/";
        let dirs: Vec<PathBuf> = conf::dirs(cx).iter().map(|dir| dir.join("actions.d")).collect();
        for path in conf::files(&dirs, ".actions") {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("cannot read the rules in {}: {error}", path.display()))?;
            self.rules.extend(rule::parse(&path, &text, in_root)?);
        }
        Ok(())
    }

    /// Runs what the rules of a callback name; the same command runs once.
    fn run(&mut self, callback: Callback, cx: &mut HookCx<'_>, plan: Option<&Plan>) -> HookResult {
        let mut done: Vec<Vec<String>> = Vec::new();
        let rules: Vec<Rule> = self.rules.iter().filter(|rule| rule.callback == callback).cloned().collect();
        for rule in rules {
            for package in packages::of_rule(&rule, plan, cx) {
                let words = match self.expand(&rule, cx, package) {
                    Ok(words) => words,
                    // Whatever the rule says of errors, dnf5 only tells about what cannot be substituted.
                    Err(message) => {
                        tell(cx, &rule, Level::Error, &message);
                        continue;
                    }
                };
                if !done.contains(&words) {
                    done.push(words.clone());
                    self.act(&rule, &words, cx)?;
                }
            }
        }
        Ok(())
    }

    /// Runs one command and does what its output says.
    fn act(&mut self, rule: &Rule, words: &[String], cx: &mut HookCx<'_>) -> HookResult {
        let (written, ended) = match command::run(words) {
            Ok(run) => run,
            Err(failure) => return failed(cx, rule, failure),
        };
        let text = String::from_utf8_lossy(&written);
        // Only the line feed ends a line, and what is in front of it is kept.
        for line in text.split_terminator('\n') {
            self.obey(rule, line, cx)?;
        }
        ended.map_or(Ok(()), |failure| failed(cx, rule, failure))
    }

    fn expand(&self, rule: &Rule, cx: &HookCx<'_>, package: Option<&PlanItem>) -> Result<Vec<String>, String> {
        let value = |name: &str| self.variable(name, cx, package);
        rule.words.iter().map(|word| rule::expand(word, value)).collect()
    }

    fn variable(&self, name: &str, cx: &HookCx<'_>, package: Option<&PlanItem>) -> Option<String> {
        match name.split_once('.') {
            Some(("pkg", attribute)) => packages::attribute(package?, attribute, cx),
            Some(("conf", key)) => option_or_list(cx, key),
            Some(("var", variable)) => cx.vars.get(variable).map(str::to_owned),
            Some(("tmp", variable)) => self.temporary.get(variable).cloned(),
            Some(("plugin", "version")) => Some(VERSION.to_owned()),
            None if name == "pid" => Some(std::process::id().to_string()),
            _ => None,
        }
    }
}

/// Returns the value of an option, or those in the repositories that match a pattern as `REPO.OPTION=VALUE,…`.
fn option_or_list(cx: &HookCx<'_>, text: &str) -> Option<String> {
    let (key, wanted) = text.split_once('=').map_or((text, None), |(key, wanted)| (key, Some(wanted)));
    match Key::of(key).ok()? {
        Key::Main(name) => values::main_option(cx, name),
        Key::Repo { pattern, option } => {
            let values = values::repo_options(cx, pattern, option).ok()?;
            let is_wanted = |value: &str| wanted.is_none_or(|glob| glob_match(glob, value));
            let pairs = values.iter().filter(|(_, value)| is_wanted(value));
            let pairs = pairs.map(|(id, value)| format!("{id}.{option}={}", value.replace(',', "\\\\x2C")));
            let pairs: Vec<String> = pairs.collect();
            (!pairs.is_empty()).then(|| pairs.join(","))
        }
    }
}

/// Ends the run, or writes to the log, whichever the rule wants.
fn failed(cx: &HookCx<'_>, rule: &Rule, failure: Failure) -> HookResult {
    if rule.raise_error {
        return Err(at_place(rule, failure).raise(rule.callback));
    }
    let Failure { message, cause } = failure;
    let parts: Vec<String> = std::iter::once(message).chain(cause).collect();
    tell(cx, rule, Level::Error, &parts.join(": "));
    Ok(())
}

fn at_place(rule: &Rule, failure: Failure) -> Failure {
    Failure { message: format!("{}: {}", rule.place(), failure.message), ..failure }
}

fn tell(cx: &HookCx<'_>, rule: &Rule, level: Level, text: &str) {
    cx.log.write(level, &format!("Actions plugin: {}: {text}", rule.place()));
}

impl Plugin for Actions {
    fn name(&self) -> &str {
        NAME
    }

    fn pre_base_setup(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.read_rules(cx).map_err(|failure| failure.raise(Callback::PreBaseSetup))?;
        self.run(Callback::PreBaseSetup, cx, None)
    }

    fn post_base_setup(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.run(Callback::PostBaseSetup, cx, None)
    }

    fn repos_configured(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.run(Callback::ReposConfigured, cx, None)
    }

    fn repos_loaded(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.run(Callback::ReposLoaded, cx, None)
    }

    fn pre_add_cmdline_packages(&mut self, cx: &mut HookCx<'_>, _paths: &[String]) -> HookResult {
        self.run(Callback::PreAddCmdlinePackages, cx, None)
    }

    fn post_add_cmdline_packages(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.run(Callback::PostAddCmdlinePackages, cx, None)
    }

    fn goal_resolved(&mut self, cx: &mut HookCx<'_>, _request: &Request, plan: &Plan) -> HookResult {
        self.run(Callback::GoalResolved, cx, Some(plan))
    }

    fn pre_transaction(&mut self, cx: &mut HookCx<'_>, plan: &Plan) -> HookResult {
        self.run(Callback::PreTransaction, cx, Some(plan))
    }

    fn post_transaction(
        &mut self,
        cx: &mut HookCx<'_>,
        plan: &Plan,
        _packages: &[PathBuf],
        _succeeded: bool,
    ) -> HookResult {
        self.run(Callback::PostTransaction, cx, Some(plan))
    }
}
