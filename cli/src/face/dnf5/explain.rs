//! The words of `why` and `why-not`, which dnf5 does not have.

use oxidnf_core::plan::{Action, Plan, PlanItem};
use oxidnf_engine::catalog::{PackageId, Relation};
use oxidnf_engine::explain::{Chain, Need, Obstacle, Wanted, Way, WayOut, Why};
use oxidnf_engine::{GoalNoteKind, PackageRef, Problem, Rule, Session};
use serde_json::{Value, json};

use super::history::local_time;
use super::problems::{note_lines, problem_lines, sentence};
use crate::output::Output;
use crate::sanitize::one_line;

/// How many packages of a plan are named before the rest is only counted.
const NAMED: usize = 8;

/// Prints why a package is installed; `all` shows every way that leads to it.
pub(crate) fn print_why(output: &Output, session: &Session, why: &Why, all: bool) {
    let name = |id: PackageId| session.nevra(id).to_string();
    let package = name(why.package);
    let Some(first) = why.chains.first() else {
        output.line(format!("{package}: nothing that was asked for needs it; \"autoremove\" would remove it."));
        if !why.idle.is_empty() {
            let idle: Vec<String> = why.idle.iter().map(|id| name(*id)).collect();
            output.line(format!("  It is needed by what nothing needs either: {}", idle.join(", ")));
        }
        return;
    };
    if first.steps.is_empty() {
        output.line(format!("{package}: {}.", wanted(&first.wanted)));
        return;
    }
    output.line(format!("{package} is needed by what was asked for:"));
    let shown = if all { why.chains.len() } else { 1 };
    for chain in &why.chains[..shown] {
        print_chain(output, session, chain);
    }
    let more = why.chains.len() - shown;
    if more > 0 {
        let packages = if more == 1 { "package that was asked for leads" } else { "packages that were asked for lead" };
        output.line(format!("  {more} more {packages} to it; --all shows how."));
    }
}

fn print_chain(output: &Output, session: &Session, chain: &Chain) {
    output.line(format!("  {} ({})", session.nevra(chain.start), wanted(&chain.wanted)));
    for step in &chain.steps {
        output.line(format!("    {}", need(session, &step.need)));
        output.line(format!("  {}", session.nevra(step.package)));
    }
}

fn wanted(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Asked(Some(past)) => {
            let when = local_time(past.begin);
            let how = one_line(&past.description).into_owned();
            format!("asked for in transaction {} of {when}: {how}", past.id)
        }
        Wanted::Asked(None) => "asked for".to_owned(),
        Wanted::Group(ids) => format!("member of the installed group {}", ids.join(", ")),
        Wanted::External => "installed by another program".to_owned(),
        Wanted::RunningKernel => "the running kernel".to_owned(),
        Wanted::Protected => "protected".to_owned(),
    }
}

fn need(session: &Session, need: &Need) -> String {
    let verb = match need.relation {
        Relation::Recommends => "recommends",
        Relation::Supplements => "is supplemented by what follows, for",
        _ => "requires",
    };
    let mut text = format!("{verb} {}", one_line(&need.dependency));
    if !need.others.is_empty() {
        let others: Vec<String> = need.others.iter().map(|id| session.nevra(*id).to_string()).collect();
        text.push_str(&format!(" (also provided by {})", others.join(", ")));
    }
    text
}

/// Returns `why` as JSON.
pub(crate) fn why_json(session: &Session, why: &Why) -> Value {
    let name = |id: &PackageId| session.nevra(*id).to_string();
    let chains: Vec<Value> = why.chains.iter().map(|chain| chain_json(session, chain)).collect();
    json!({
        "package": name(&why.package),
        "reason": why.reason.as_str(),
        "chains": chains,
        "needed_by_unneeded": why.idle.iter().map(name).collect::<Vec<_>>(),
    })
}

fn chain_json(session: &Session, chain: &Chain) -> Value {
    let name = |id: &PackageId| session.nevra(*id).to_string();
    let kind = match &chain.wanted {
        Wanted::Asked(_) => "user",
        Wanted::Group(_) => "group",
        Wanted::External => "external",
        Wanted::RunningKernel => "running-kernel",
        Wanted::Protected => "protected",
    };
    let mut value = json!({ "start": name(&chain.start), "wanted": kind });
    if let Wanted::Group(ids) = &chain.wanted {
        value["groups"] = json!(ids);
    }
    if let Wanted::Asked(Some(past)) = &chain.wanted {
        value["transaction"] = json!({ "id": past.id, "begin": past.begin, "command_line": past.description });
    }
    let relation = |relation| match relation {
        Relation::Recommends => "recommends",
        Relation::Supplements => "supplements",
        _ => "requires",
    };
    let steps = chain.steps.iter().map(|step| {
        json!({
            "relation": relation(step.need.relation),
            "dependency": step.need.dependency,
            "package": name(&step.package),
            "also_provided_by": step.need.others.iter().map(name).collect::<Vec<_>>(),
        })
    });
    value["steps"] = steps.collect();
    value
}

/// Tells whether nothing at all is known about what was asked for.
pub(crate) fn is_unknown(obstacle: &Obstacle) -> bool {
    obstacle.plan.is_none() && obstacle.notes.iter().any(|note| matches!(note.kind, GoalNoteKind::NotFound))
}

/// Prints what prevents an installation.
pub(crate) fn print_why_not(output: &Output, session: &Session, spec: &str, obstacle: &Obstacle) {
    let spec = one_line(spec);
    match &obstacle.plan {
        Some(plan) if plan.inbound().next().is_none() && !obstacle.installed.is_empty() => {
            let names: Vec<String> = obstacle.installed.iter().map(|id| session.nevra(*id).to_string()).collect();
            output.line(format!("{spec}: installed already as {}.", names.join(", ")));
            return;
        }
        Some(plan) if obstacle.problems.is_empty() => {
            output.line(format!("{spec}: nothing prevents its installation, which {}.", summary(plan)));
        }
        Some(plan) => {
            output
                .line(format!("{spec}: not the best candidate can be installed; its installation {}.", summary(plan)));
        }
        None => output.line(format!("{spec} cannot be installed:")),
    }
    for line in note_lines(&obstacle.notes).iter().chain(&problem_lines(&obstacle.problems)) {
        output.line(format!("  {line}"));
    }
    if obstacle.plan.is_some() {
        return;
    }
    if is_unknown(obstacle) {
        print_disabled(output, session);
    }
    match obstacle.ways.as_slice() {
        [] if is_unknown(obstacle) => {}
        [] => output.line("  No option would help."),
        ways => {
            output.line("  What would help:");
            for WayOut { options, plan } in ways {
                output.line(format!("    {} {}", words(options).join(" "), summary(plan)));
            }
        }
    }
}

/// Names the repositories that were not looked at.
fn print_disabled(output: &Output, session: &Session) {
    let disabled: Vec<&str> =
        session.repos().iter().filter(|repo| !repo.enabled).map(|repo| repo.id.as_str()).collect();
    if !disabled.is_empty() {
        output.line(format!("  Disabled repositories were not searched: {}", disabled.join(", ")));
    }
}

fn words(options: &[Way]) -> Vec<String> {
    let word = |way: &Way| {
        let option = match way {
            Way::NoBest => "--no-best",
            Way::AllowErasing => "--allowerasing",
            Way::AllowDowngrade => "--allow-downgrade",
            Way::AllowVendorChange => "--allow-vendor-change",
            Way::NoExcludes => "--setopt=disable_excludes=*",
            Way::EnableStream { stream, switches } => {
                let switch = if *switches { " --setopt=module_stream_switch=1" } else { "" };
                return format!("\"module enable {}{switch}\"", one_line(stream));
            }
        };
        option.to_owned()
    };
    options.iter().map(word).collect()
}

/// Says in a few words what a plan does.
fn summary(plan: &Plan) -> String {
    let kinds: [(&str, &[Action]); 4] = [
        ("installs", &[Action::Install]),
        ("upgrades to", &[Action::Upgrade]),
        ("downgrades to", &[Action::Downgrade]),
        ("removes", &[Action::Remove]),
    ];
    let mut parts = Vec::new();
    for (verb, actions) in kinds {
        let items: Vec<&PlanItem> = plan.items.iter().filter(|item| actions.contains(&item.action)).collect();
        if items.is_empty() {
            continue;
        }
        let mut names: Vec<String> = items.iter().take(NAMED).map(|item| named(item)).collect();
        if items.len() > NAMED {
            names.push(format!("{} more", items.len() - NAMED));
        }
        parts.push(format!("{verb} {}", names.join(", ")));
    }
    // A package of another name takes the place of an obsolete one.
    if parts.is_empty() { "changes nothing".to_owned() } else { parts.join("; ") }
}

fn named(item: &PlanItem) -> String {
    let package = &item.package;
    if item.action.is_inbound() {
        format!("{} ({})", package.nevra, package.repo_id)
    } else {
        package.nevra.to_string()
    }
}

/// Returns `why-not` as JSON.
pub(crate) fn why_not_json(session: &Session, spec: &str, obstacle: &Obstacle) -> Value {
    let way = |WayOut { options, plan }: &WayOut| json!({ "options": words(options), "plan": plan_json(plan) });
    json!({
        "spec": spec,
        "installable": obstacle.plan.is_some(),
        "installed": obstacle.installed.iter().map(|id| session.nevra(*id).to_string()).collect::<Vec<_>>(),
        "plan": obstacle.plan.as_ref().map(plan_json),
        "remarks": note_lines(&obstacle.notes),
        "problems": obstacle.problems.iter().map(problem_json).collect::<Vec<_>>(),
        "ways_out": obstacle.ways.iter().map(way).collect::<Vec<_>>(),
    })
}

fn plan_json(plan: &Plan) -> Value {
    let item = |item: &PlanItem| {
        json!({
            "action": item.action.as_str(),
            "nevra": item.package.nevra.to_string(),
            "repository": item.package.repo_id,
        })
    };
    plan.items.iter().map(item).collect()
}

fn problem_json(problem: &Problem) -> Value {
    let Problem::Unsolvable { rules } = problem else {
        return json!([{ "fact": problem_lines(std::slice::from_ref(problem)).join(" "), "packages": [] }]);
    };
    let fact = |rule: &Rule| json!({ "fact": sentence(rule), "packages": packages_of(rule) });
    rules.iter().map(fact).collect()
}

fn packages_of(rule: &Rule) -> Vec<Value> {
    let packages: Vec<&PackageRef> = match rule {
        Rule::Conflicts { package, other, .. }
        | Rule::Obsoletes { package, other, .. }
        | Rule::InstalledObsoletes { package, other, .. }
        | Rule::ImplicitlyObsoletes { package, other, .. }
        | Rule::BothObsolete { package, other, .. }
        | Rule::SameName { package, other } => vec![package, other],
        Rule::InstalledPackage { package }
        | Rule::BestUpdate { package }
        | Rule::Requires { package, .. }
        | Rule::NothingProvides { package, .. }
        | Rule::SelfConflict { package, .. }
        | Rule::Excluded { package }
        | Rule::IncompatibleArch { package }
        | Rule::NotInstallable { package }
        | Rule::InferiorArch { package }
        | Rule::NotInDistUpgrade { package } => vec![package],
        _ => Vec::new(),
    };
    packages
        .into_iter()
        .map(|package| json!({ "nevra": package.nevra.to_string(), "repository": package.repo }))
        .collect()
}
