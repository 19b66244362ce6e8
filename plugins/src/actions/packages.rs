//! The packages of a transaction that a rule is about, and what commands are told of them.

use oxidnf_core::plan::{Action, Plan, PlanItem, SYSTEM_REPO};
use oxidnf_engine::plugin::HookCx;

use super::rule::{Direction, Rule};

/// Returns what a rule runs for: each package of the plan that it is about, or once without a package.
///
/// As in dnf5 the packages of the system come first, and then those of the repositories.
pub(super) fn of_rule<'p>(rule: &Rule, plan: Option<&'p Plan>, cx: &HookCx<'_>) -> Vec<Option<&'p PlanItem>> {
    if rule.filter.is_empty() {
        return vec![None];
    }
    let items = plan.map(|plan| plan.items.as_slice()).unwrap_or_default();
    let goes = |item: &&PlanItem| match rule.direction {
        Direction::In => item.action.is_inbound(),
        Direction::Out => item.action.is_outbound(),
        Direction::Both => true,
    };
    let items: Vec<&PlanItem> = items.iter().filter(goes).collect();
    cx.matching(&items, |item| &item.package, &rule.filter).into_iter().map(Some).collect()
}

/// Returns `${pkg.NAME}`; [`None`] where there is no such attribute.
pub(super) fn attribute(item: &PlanItem, name: &str, cx: &HookCx<'_>) -> Option<String> {
    if name == "license" {
        return Some(cx.license(&item.package));
    }
    let package = &item.package;
    let nevra = &package.nevra;
    Some(match name {
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
        // dnf5 shows what C calls a missing text, of installed packages only.
        "vendor" if package.vendor.is_empty() && package.repo_id == SYSTEM_REPO => "<NULL>".to_owned(),
        "vendor" => package.vendor.clone(),
        "action" => letter(item.action).to_owned(),
        _ => return None,
    })
}

const fn letter(action: Action) -> &'static str {
    match action {
        Action::Install => "I",
        Action::Upgrade => "U",
        Action::Downgrade => "D",
        Action::Reinstall => "R",
        Action::Remove => "E",
        Action::Replaced => "O",
        Action::ReasonChange => "?",
    }
}
