//! The `actions` plug-in: runs programs that `*.actions` files name, as dnf5's plug-in of that name does in its plain
//! mode (reference of dnf5, section 8.2).

mod command;
mod rule;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oxidnf_core::nevra::{NevraForm, NevraSpec};
use oxidnf_core::plan::{Action, Plan, PlanItem};
use oxidnf_engine::plugin::{HookCx, HookError, HookResult};
use oxidnf_engine::repo_config::glob_match;
use oxidnf_engine::{Plugin, Request};

use command::Outcome;
use rule::{Callback, Direction, Enabled, Rule};

const NAME: &str = "actions";

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

    fn error(message: impl Into<String>) -> HookError {
        HookError { plugin: NAME.to_owned(), message: message.into() }
    }

    /// Reads `actions.d/*.actions` of every plug-in configuration directory, in byte order of the file names.
    fn read_rules(&mut self, cx: &HookCx<'_>) -> HookResult {
        let options = &cx.config.options;
        let in_root = options.installroot.get() != "/";
        for dir in options.plugin_conf_dir.get() {
            let dir = Path::new(dir);
            if is_switched_off(&dir.join("actions.conf"), in_root) {
                return Ok(());
            }
            for path in action_files(&dir.join("actions.d")) {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| Self::error(format!("cannot read {}: {error}", path.display())))?;
                let rules = rule::parse(&text).map_err(|error| Self::error(format!("{}: {error}", path.display())))?;
                self.rules.extend(rules.into_iter().filter(|rule| match rule.enabled {
                    Enabled::Always => true,
                    Enabled::HostOnly => !in_root,
                    Enabled::InstallrootOnly => in_root,
                }));
            }
        }
        Ok(())
    }

    /// Runs what the rules of a callback name; the same command runs once.
    fn run(&mut self, callback: Callback, cx: &mut HookCx<'_>, plan: Option<&Plan>) -> HookResult {
        let mut done: Vec<Vec<String>> = Vec::new();
        let rules: Vec<Rule> = self.rules.iter().filter(|rule| rule.callback == callback).cloned().collect();
        for rule in rules {
            for package in packages(&rule, plan) {
                let words = self.expand(&rule, cx, package).map_err(Self::error)?;
                if done.contains(&words) {
                    continue;
                }
                let outcome = command::run(&words);
                done.push(words);
                match outcome {
                    Ok(Outcome { lines }) => self.obey(&lines, cx)?,
                    Err(message) if rule.raise_error => return Err(Self::error(message)),
                    // As in dnf5 a failure is only noted unless the rule says otherwise.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn expand(&self, rule: &Rule, cx: &HookCx<'_>, package: Option<&PlanItem>) -> Result<Vec<String>, String> {
        let value = |name: &str| self.variable(name, cx, package);
        rule.words.iter().map(|word| rule::expand(word, value)).collect()
    }

    fn variable(&self, name: &str, cx: &HookCx<'_>, package: Option<&PlanItem>) -> Option<String> {
        if let Some(attribute) = name.strip_prefix("pkg.") {
            return attribute_of(package?, attribute);
        }
        if let Some(option) = name.strip_prefix("conf.") {
            let found = cx.config.dump().into_iter().find(|(key, _)| *key == option)?;
            return Some(found.1.unwrap_or_default());
        }
        if let Some(variable) = name.strip_prefix("var.") {
            return Some(cx.vars.get(variable).unwrap_or_default().to_owned());
        }
        if let Some(variable) = name.strip_prefix("tmp.") {
            return Some(self.temporary.get(variable).cloned().unwrap_or_default());
        }
        match name {
            "pid" => Some(std::process::id().to_string()),
            "plugin.version" => Some(env!("CARGO_PKG_VERSION").to_owned()),
            _ => None,
        }
    }

    /// Does what the lines of a command's output ask for.
    fn obey(&mut self, lines: &[String], cx: &mut HookCx<'_>) -> HookResult {
        use oxidnf_core::conf::{Priority, VarPriority};
        for line in lines {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            if let Some(name) = key.strip_prefix("tmp.") {
                if line.contains('=') {
                    self.temporary.insert(name.to_owned(), value.to_owned());
                } else {
                    self.temporary.remove(name);
                }
            } else if let Some(name) = key.strip_prefix("var.") {
                cx.vars.set(name, value, VarPriority::Plugin);
            } else if let Some(name) = key.strip_prefix("conf.") {
                let set = cx.config.options.set(name, Priority::PluginConfig, value);
                let known = set.map_err(|error| Self::error(format!("{name}: {error}")))?;
                if !known {
                    return Err(Self::error(format!("unknown option {name:?}")));
                }
            } else if key == "stop" || key == "error" {
                return Err(Self::error(value));
            }
        }
        Ok(())
    }
}

impl Plugin for Actions {
    fn name(&self) -> &str {
        NAME
    }

    fn pre_base_setup(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.read_rules(cx)?;
        self.run(Callback::PreBaseSetup, cx, None)
    }

    fn post_base_setup(&mut self, cx: &mut HookCx<'_>) -> HookResult {
        self.run(Callback::PostBaseSetup, cx, None)
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

/// Tells whether a configuration file of the plug-in switches it off here.
fn is_switched_off(path: &Path, in_root: bool) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let value = text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == "enabled");
    match value.map(|(_, value)| value.trim().to_ascii_lowercase()).as_deref() {
        Some("0" | "no" | "false" | "off") => true,
        Some("host-only") => in_root,
        Some("installroot-only") => !in_root,
        _ => false,
    }
}

fn action_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "actions")).collect();
    paths.sort();
    paths
}

/// Returns what a rule runs for: each package of the plan that it is about, or once without a package.
fn packages<'p>(rule: &Rule, plan: Option<&'p Plan>) -> Vec<Option<&'p PlanItem>> {
    if rule.filter.is_empty() {
        return vec![None];
    }
    let items = plan.map(|plan| plan.items.as_slice()).unwrap_or_default();
    let wanted = |item: &&PlanItem| {
        let direction = match rule.direction {
            Direction::In => item.action.is_inbound(),
            Direction::Out => item.action.is_outbound(),
            Direction::Both => true,
        };
        direction && matches_package(&rule.filter, item)
    };
    items.iter().filter(wanted).map(Some).collect()
}

fn matches_package(filter: &str, item: &PlanItem) -> bool {
    let nevra = &item.package.nevra;
    let epoch = nevra.epoch.to_string();
    let part = |pattern: Option<&str>, text: &str| pattern.is_none_or(|pattern| glob_match(pattern, text));
    NevraForm::ALL.into_iter().filter_map(|form| NevraSpec::parse(filter, form)).any(|spec| {
        glob_match(spec.name, &nevra.name)
            && part(spec.epoch, &epoch)
            && part(spec.version, &nevra.version)
            && part(spec.release, &nevra.release)
            && part(spec.arch, &nevra.arch)
    })
}

fn attribute_of(item: &PlanItem, attribute: &str) -> Option<String> {
    let package = &item.package;
    let nevra = &package.nevra;
    Some(match attribute {
        "name" => nevra.name.clone(),
        "arch" => nevra.arch.clone(),
        "version" => nevra.version.clone(),
        "release" => nevra.release.clone(),
        "epoch" => nevra.epoch.to_string(),
        "na" => nevra.name_arch(),
        "evr" => nevra.evr().to_string(),
        "nevra" => nevra.to_string(),
        "full_nevra" => nevra.with_epoch().to_string(),
        "repo_id" => package.repo_id.clone(),
        "location" => package.location.clone().unwrap_or_default(),
        "vendor" => package.vendor.clone(),
        "action" => match item.action {
            Action::Install => "I",
            Action::Upgrade => "U",
            Action::Downgrade => "D",
            Action::Reinstall => "R",
            Action::Remove => "E",
            Action::Replaced => "O",
            Action::ReasonChange => "?",
        }
        .to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxidnf_core::Nevra;
    use oxidnf_core::plan::{PlanPackage, Reason};

    fn item(nevra: &str, action: Action) -> PlanItem {
        let package = PlanPackage {
            nevra: Nevra::parse(nevra).expect("complete"),
            repo_id: "base".to_owned(),
            from_repo: None,
            install_size: 0,
            download_size: 0,
            location: None,
            location_base: None,
            checksum: None,
            hnum: None,
            vendor: String::new(),
        };
        let reason = Reason::User;
        PlanItem { action, reason, old_reason: None, group_id: None, package, replaces: Vec::new(), sequence: 0 }
    }

    #[test]
    fn filters_choose_packages() {
        let plan =
            Plan { items: vec![item("bash-5-1.x86_64", Action::Upgrade), item("bash-4-1.x86_64", Action::Replaced)] };
        let count = |line: &str| packages(&rule::parse(line).expect("parses")[0], Some(&plan)).len();
        assert_eq!(count("pre_transaction:ba*:in::/bin/true"), 1);
        assert_eq!(count("pre_transaction:*:::/bin/true"), 2);
        assert_eq!(count("pre_transaction:bash-4-1.x86_64:out::/bin/true"), 1);
        assert_eq!(count("pre_transaction:zsh:::/bin/true"), 0);
        assert_eq!(count("pre_transaction::::/bin/true"), 1);
    }

    #[test]
    fn attributes() {
        let item = item("bash-1:5-1.x86_64", Action::Upgrade);
        let get = |name| attribute_of(&item, name);
        assert_eq!(get("full_nevra").as_deref(), Some("bash-1:5-1.x86_64"));
        assert_eq!(get("action").as_deref(), Some("U"));
        assert_eq!(get("other"), None);
    }
}
