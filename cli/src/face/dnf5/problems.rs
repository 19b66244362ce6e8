//! dnf5's sentences about why a request cannot be carried out as it was meant.

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_core::Nevra;
use oxidnf_engine::replay::MergeProblem;
use oxidnf_engine::resolved::Hints;
use oxidnf_engine::{GoalNote, GoalNoteKind, Operation, PackageRef, Problem, Resolved, Rule, VendorChange};

use super::modules;
use crate::output::Output;
use crate::sanitize::one_line;

/// Prints everything that is to be said about a failed resolution, hints included.
///
/// `owns` tells which options the running command has; `explain` may say in another way what is wrong, and tells
/// whether it did.
pub fn print_failure(output: &Output, resolved: &Resolved, explain: &dyn Fn() -> bool, owns: &dyn Fn(&str) -> bool) {
    output.error("Failed to resolve the transaction:");
    let problems = problem_lines(&resolved.problems).into_iter().chain(problem_lines(&resolved.strict_problems));
    for line in note_lines(&resolved.notes).into_iter().chain(problems) {
        output.error(line);
    }
    for line in vendor_lines(&resolved.vendor_restricted) {
        output.line(line);
    }
    if explain() {
        return;
    }
    print_hints(output, resolved.hints, owns);
}

/// Prints remarks about a request, and why it cannot be carried out if that is so; a blank line ends them.
pub fn print_remarks(output: &Output, resolved: &Resolved) {
    let (kept, notes): (Vec<GoalNote>, Vec<GoalNote>) =
        resolved.notes.iter().cloned().partition(|note| matches!(note.kind, GoalNoteKind::ProtectedKept { .. }));
    // Said before the request is decided, and not set apart.
    for line in note_lines(&kept) {
        output.error(line);
    }
    let mut lines = note_lines(&notes);
    lines.extend(problem_lines(&resolved.problems));
    lines.extend(problem_lines(&resolved.strict_problems));
    for line in &lines {
        output.error(line);
    }
    if !lines.is_empty() {
        output.error("");
    }
}

/// Prints which replacements a change of vendor prevented, and what would allow them.
pub fn print_vendor_changes(output: &Output, changes: &[VendorChange], owns: &dyn Fn(&str) -> bool) {
    if changes.is_empty() {
        return;
    }
    for line in vendor_lines(changes) {
        output.line(line);
    }
    print_hints(output, Hints { allow_vendor_change: true, ..Hints::default() }, owns);
}

fn vendor_lines(changes: &[VendorChange]) -> Vec<String> {
    let vendor = |text: &str| format!("\"{}\"", one_line(if text.is_empty() { "(none)" } else { text }));
    let mut pairs: BTreeMap<String, usize> = BTreeMap::new();
    for VendorChange { installed_vendor, candidate_vendor, .. } in changes {
        *pairs.entry(format!("{} -> {}", vendor(installed_vendor), vendor(candidate_vendor))).or_default() += 1;
    }
    let line = |(pair, count): (String, usize)| {
        let noun = if count == 1 { "package" } else { "packages" };
        format!("Skipping {count} {noun} due to vendor change restriction: {pair}.")
    };
    pairs.into_iter().map(line).collect()
}

fn print_hints(output: &Output, hints: Hints, owns: &dyn Fn(&str) -> bool) {
    let hints = hint_lines(hints, owns);
    if !hints.is_empty() {
        output.error("You can try to add to command line:");
        for line in hints {
            output.error(line);
        }
    }
}

fn hint_lines(hints: Hints, owns: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let Hints {
        skip_unavailable,
        no_best,
        allow_erasing,
        filelists,
        skip_broken,
        allow_vendor_change,
        ignore_extras,
        ignore_installed,
    } = hints;
    let all = [
        (skip_unavailable, "skip-unavailable", "  --skip-unavailable to skip unavailable packages"),
        (no_best, "no-best", "  --no-best to not limit the transaction to the best candidates"),
        (allow_erasing, "allowerasing", "  --allowerasing to allow removing of installed packages to resolve problems"),
        (filelists, "setopt", "  --setopt=optional_metadata_types=filelists to load additional filelists metadata"),
        (skip_broken, "skip-broken", "  --skip-broken to skip uninstallable packages"),
        (allow_vendor_change, "allow-vendor-change", "  --allow-vendor-change to allow changing package vendors"),
        (ignore_extras, "ignore-extras", "  --ignore-extras to allow extra packages in the transaction"),
        (
            ignore_installed,
            "ignore-installed",
            "  --ignore-installed to allow mismatches between installed and stored transaction packages. This can \
             result in an empty transaction because among other things the option can ignore failing Remove actions.",
        ),
    ];
    all.into_iter().filter(|(wanted, option, _)| *wanted && owns(option)).map(|(_, _, line)| line).collect()
}

/// Renders problems with dnf5's numbering.
pub(crate) fn problem_lines(problems: &[Problem]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, problem) in problems.iter().enumerate() {
        let label = if problems.len() == 1 { "Problem".to_owned() } else { format!("Problem {}", index + 1) };
        for (place, sentence) in sentences(problem).into_iter().enumerate() {
            let sentence = one_line(&sentence).into_owned();
            lines.push(if place == 0 { format!("{label}: {sentence}") } else { format!("  - {sentence}") });
        }
    }
    lines
}

fn sentences(problem: &Problem) -> Vec<String> {
    match problem {
        Problem::RemovesProtected { packages } => vec![format!(
            "The operation would result in removing the following protected packages: {}",
            packages.join(", ")
        )],
        Problem::BreaksProtected { packages } => vec![format!(
            "The operation would result in broken dependencies for the following protected packages: {}",
            packages.join(", ")
        )],
        Problem::RemovesRunningKernel { package } => {
            vec![format!("The operation would result in removing of running kernel: {}", package.nevra.with_epoch())]
        }
        Problem::Unsolvable { rules } => {
            // Each fact is told once; what names no package may be about several.
            // witness: compat-tests/tests/decisions.rs::problems_of_several_installed_packages
            let mut facts: Vec<(String, Option<&PackageRef>)> = Vec::new();
            for rule in rules {
                let about = if let Rule::InstalledPackage { package } = rule { Some(package) } else { None };
                let fact = (sentence(rule), about);
                if !facts.contains(&fact) {
                    facts.push(fact);
                }
            }
            facts.into_iter().map(|(sentence, _)| sentence).collect()
        }
    }
}

/// `package X from R`, or `installed package X`.
fn subject(package: &PackageRef) -> String {
    if package.installed {
        format!("installed package {}", package.nevra)
    } else {
        format!("package {} from {}", package.nevra, package.repo)
    }
}

/// `X from R`.
fn from(package: &PackageRef) -> String {
    format!("{} from {}", package.nevra, package.repo)
}

/// Words one fact.
pub(crate) fn sentence(rule: &Rule) -> String {
    match rule {
        Rule::ConflictingRequests => "conflicting requests".to_owned(),
        Rule::NothingProvidesRequested { dependency } => format!("nothing provides requested {dependency}"),
        Rule::UnknownPackage { name } => format!("package {name} does not exist"),
        Rule::ProvidedBySystem { dependency } => format!("{dependency} is provided by the system"),
        Rule::UnsupportedRequest => "unsupported request".to_owned(),
        Rule::InstalledPackage { .. } => "problem with installed package".to_owned(),
        Rule::BestUpdate { package } => {
            format!("cannot install the best update candidate for package {}", package.nevra)
        }
        Rule::BestCandidate => "cannot install the best candidate for the job".to_owned(),
        Rule::Requires { package, dependency } => {
            format!("{} requires {dependency}, but none of the providers can be installed", subject(package))
        }
        Rule::NothingProvides { package, dependency } => {
            format!("nothing provides {dependency} needed by {}", from(package))
        }
        // dnf5 puts the installed package first, whichever of the two has the conflict.
        Rule::Conflicts { package, dependency, other } if other.installed && !package.installed => {
            format!("{} conflicts with {dependency} provided by {}", subject(other), from(package))
        }
        Rule::Conflicts { package, dependency, other } => {
            format!("{} conflicts with {dependency} provided by {}", subject(package), from(other))
        }
        Rule::SelfConflict { package, dependency } => {
            format!("{} conflicts with {dependency} provided by itself", subject(package))
        }
        Rule::Obsoletes { package, dependency, other } | Rule::InstalledObsoletes { package, dependency, other } => {
            format!("{} obsoletes {dependency} provided by {}", subject(package), from(other))
        }
        Rule::ImplicitlyObsoletes { package, dependency, other } => {
            format!("{} implicitly obsoletes {dependency} provided by {}", subject(package), from(other))
        }
        Rule::BothObsolete { package, dependency, other } => {
            format!("both {} and {} obsolete {dependency}", subject(package), from(other))
        }
        Rule::SameName { package, other } => {
            format!("cannot install both {} and {}", from(package), from(other))
        }
        Rule::Excluded { package } => format!("{} is filtered out by exclude filtering", subject(package)),
        Rule::IncompatibleArch { package } => {
            format!("{} does not have a compatible architecture", subject(package))
        }
        Rule::NotInstallable { package } => format!("{} is not installable", subject(package)),
        Rule::InferiorArch { package } => format!("{} has inferior architecture", from(package)),
        Rule::NotInDistUpgrade { package } => {
            format!("{} does not belong to a distupgrade repository", package.nevra)
        }
        Rule::SomeDependency => "some dependency problem".to_owned(),
        Rule::Other { text } => text.clone(),
        // The enum may grow; a cause without words here is still shown as data.
        other => format!("{other:?}"),
    }
}

/// Renders the remarks about specs, mostly one line each; dnf5 has a blank line behind each extra package.
pub(crate) fn note_lines(notes: &[GoalNote]) -> Vec<String> {
    let mut lines = Vec::new();
    for note in notes {
        let all = match &note.kind {
            GoalNoteKind::ModuleProblems { trouble, problems } => modules::problem_lines(*trouble, problems),
            GoalNoteKind::SeveralStreams { streams } => modules::several_streams(&note.spec, streams),
            GoalNoteKind::StreamSwitch { from, to } => modules::stream_switch(&note.spec, from, to),
            _ => vec![note_line(note)],
        };
        lines.extend(all.iter().map(|line| one_line(line).into_owned()));
        if matches!(note.kind, GoalNoteKind::ExtraPackage { .. }) {
            lines.push(String::new());
        }
    }
    lines
}

fn note_line(note: &GoalNote) -> String {
    let spec = &note.spec;
    match &note.kind {
        GoalNoteKind::NotFound => format!("No match for argument: {spec}"),
        GoalNoteKind::NothingToRemove => format!("No packages to remove for argument: {spec}"),
        GoalNoteKind::NoGroupsToRemove => format!("No groups to remove for argument: {spec}"),
        GoalNoteKind::NotForGroups => {
            let action = match note.operation {
                Operation::InstallDebug => "Install debug RPMs",
                Operation::Reinstall => "Reinstall",
                _ => "Downgrade",
            };
            format!("{action} action for argument \"{spec}\" is not supported.")
        }
        GoalNoteKind::GroupInstalled => format!("Group \"{spec}\" is already installed."),
        GoalNoteKind::EnvironmentInstalled => format!("Environmental group \"{spec}\" is already installed."),
        GoalNoteKind::NoGroupPackage => format!("No match for group package: {spec}"),
        GoalNoteKind::NoGroupOfEnvironment => format!("No match for group from environment: {spec}"),
        GoalNoteKind::AvailableNotInstalled => {
            format!("Packages for argument '{spec}' available, but not installed.")
        }
        GoalNoteKind::InstalledOtherArch => {
            format!("Packages for argument '{spec}' available, but installed for a different architecture.")
        }
        GoalNoteKind::InstalledNotAvailable => {
            format!("Packages for argument '{spec}' installed, but not available.")
        }
        GoalNoteKind::OtherVersions(versions) => format!(
            "Installed packages for argument '{spec}' are not available in repositories in the same version, \
             available versions: {}, cannot reinstall.",
            versions.join(",")
        ),
        GoalNoteKind::AlreadyInstalled { nevra } => format!("Package \"{nevra}\" is already installed."),
        GoalNoteKind::LowestInstalled { name_arch } => format!(
            "The lowest available version of the \"{name_arch}\" package is already installed, cannot downgrade it."
        ),
        GoalNoteKind::NotInRepositories { repositories } => {
            format!("No match for argument '{spec}' in repositories '{}'", repositories.join(", "))
        }
        GoalNoteKind::NotAdvised if spec.is_empty() => "No match in selected advisories".to_owned(),
        GoalNoteKind::NotAdvised => format!("No match for argument '{spec}' in selected advisories"),
        GoalNoteKind::OnlyExcluded => format!("Argument '{spec}' matches only excluded packages."),
        GoalNoteKind::OnlyVersionlocked => {
            format!("Argument '{spec}' matches only packages excluded by versionlock.")
        }
        GoalNoteKind::OnlySource => format!("Argument '{spec}' matches only source packages."),
        GoalNoteKind::NoDebuginfo { nevras } => no_debug_package("debuginfo", spec, nevras),
        GoalNoteKind::NoDebugsource { nevras } => no_debug_package("debugsource", spec, nevras),
        GoalNoteKind::MaybeYouMeant { name } => format!("  * Maybe you meant: {name}"),
        GoalNoteKind::Alternatives { names } => {
            format!("There are following alternatives for '{spec}': {}", names.join(", "))
        }
        GoalNoteKind::ReasonUnchanged { nevra, reason } => {
            format!("Package \"{nevra}\" is already installed with reason \"{}\".", reason.as_str())
        }
        GoalNoteKind::RunningKernelKept { nevra } => {
            format!("Package \"{nevra}\" is the running kernel and is kept.")
        }
        GoalNoteKind::ProtectedKept { nevra } => format!(
            "Unneeded protected package: {nevra} (and its dependencies) cannot be removed, either mark it as \
             user-installed or change protected_packages configuration option."
        ),
        GoalNoteKind::ReplayExcluded { action } => {
            format!("Cannot perform {} action because '{spec}' matches only excluded packages.", action.as_str())
        }
        GoalNoteKind::ReplayNotFound { action } => {
            // Elsewhere dnf5 writes `Reason Change`.
            let action = if *action == oxidnf_core::Action::ReasonChange { "Reason change" } else { action.as_str() };
            format!("Cannot perform {action} action, no match for: {spec}.")
        }
        GoalNoteKind::ReplayNotInstalled { action } => {
            format!("Cannot perform {} action for Package '{spec}' because it is not installed.", action.as_str())
        }
        GoalNoteKind::ReplayGroupNotInstalled { action, environment } => {
            let what = if *environment { "Environment" } else { "Group" };
            format!("Cannot perform {} action for {what} '{spec}' because it is not installed.", action.as_str())
        }
        GoalNoteKind::UpgradeKept { environment } => {
            let what = if *environment { "Environment" } else { "Group" };
            format!(
                "{what} upgrade cannot be reverted, however associated package actions will be. ({what} id: '{spec}') ."
            )
        }
        GoalNoteKind::ReplayOtherVersion { action, installed } => format!(
            "Cannot perform {} action because '{spec}' is installed in a different version: '{}'.",
            action.as_str(),
            installed.with_epoch()
        ),
        GoalNoteKind::ExtraPackage { nevra, action } => format!(
            "Extra package '{nevra}' (with action '{}') which is not present in the stored transaction was pulled into \
             the transaction.",
            action.as_str()
        ),
        GoalNoteKind::SeveralStreams { .. }
        | GoalNoteKind::StreamSwitch { .. }
        | GoalNoteKind::ModuleProblems { .. } => String::new(),
        GoalNoteKind::Merge(problem) => format!("Transaction merge error: '{}'", merge_sentence(problem)),
    }
}

fn no_debug_package(kind: &str, spec: &str, nevras: &BTreeSet<String>) -> String {
    let nevras: Vec<&str> = nevras.iter().map(String::as_str).collect();
    let packages = nevras.join(", ");
    format!("Could not find {kind} package for the following packages resolved from the argument '{spec}': {packages}")
}

fn merge_sentence(problem: &MergeProblem) -> String {
    let cannot = |action: &str, nevra: &Nevra| format!("Action '{action}' '{nevra}' cannot be merged");
    match problem {
        MergeProblem::NotPresent { action, nevra, present } => {
            let versions = if present.is_empty() {
                String::new()
            } else {
                let versions: Vec<String> = present.iter().map(ToString::to_string).collect();
                format!(" (present versions are: {})", versions.join(", "))
            };
            let cannot = cannot(action.as_str(), nevra);
            format!("{cannot} because it is not present at that point{versions} -> skipping it.")
        }
        MergeProblem::ReinstallNotPresent { nevra } => {
            format!("{} because it is not present at that point -> setting 'Install'.", cannot("Reinstall", nevra))
        }
        MergeProblem::AlreadyPresent { action, nevra } => {
            let cannot = cannot(action.as_str(), nevra);
            format!("{cannot} because it is already present at that point -> skipping it.")
        }
        MergeProblem::Repeated { action, nevra, before } => {
            let (action, before) = (action.as_str(), before.as_str());
            let cannot = cannot(action, nevra);
            format!("{cannot} after it was '{before}' in preceding transaction -> setting '{action}'.")
        }
        MergeProblem::OtherVersion { action, nevra, present } => format!(
            "{} because it is already installed in version '{present}' -> keeping the action from older transaction with \
             '{nevra}'.",
            cannot(action.as_str(), nevra)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::Written;
    use oxidnf_core::Reason;
    use oxidnf_engine::Operation;
    use oxidnf_engine::catalog::PackageId;

    fn package(nevra: &str, repo: &str) -> PackageRef {
        let nevra = Nevra::parse(nevra).expect("complete");
        PackageRef { id: PackageId(0), nevra, repo: repo.to_owned(), installed: repo == "@System" }
    }

    fn note(kind: GoalNoteKind, spec: &str) -> GoalNote {
        GoalNote { operation: Operation::Install, spec: spec.to_owned(), kind, fatal: true }
    }

    // witness: `dnf5 install gamma` with alpha installed, `dnf5 remove beta --setopt=protected_packages=alpha`.
    #[test]
    fn failure_with_everything() {
        let (installed, wanted) = (package("alpha-1.0-1.noarch", "@System"), package("gamma-1.0-1.noarch", "r1"));
        let dependency = "alpha".to_owned();
        let rules = vec![
            Rule::InstalledPackage { package: installed.clone() },
            Rule::Conflicts { package: wanted.clone(), dependency: dependency.clone(), other: installed },
            Rule::ConflictingRequests,
            Rule::ConflictingRequests,
            Rule::NothingProvides { package: wanted, dependency },
        ];
        let resolved = Resolved {
            notes: vec![
                note(GoalNoteKind::NotFound, "@group"),
                note(GoalNoteKind::MaybeYouMeant { name: "alpha".to_owned() }, "Alpha"),
                note(GoalNoteKind::AlreadyInstalled { nevra: "wk-1.0-1.noarch".to_owned() }, "wk"),
            ],
            problems: vec![
                Problem::BreaksProtected { packages: vec!["alpha".to_owned()] },
                Problem::Unsolvable { rules },
            ],
            hints: Hints { skip_unavailable: true, allow_erasing: true, skip_broken: true, ..Hints::default() },
            ..Resolved::default()
        };
        let (output, written) = Written::terminal();
        print_failure(&output, &resolved, &|| false, &|option| option != "skip-broken");
        insta::assert_snapshot!(written.text(), @r#"
        Failed to resolve the transaction:
        No match for argument: @group
          * Maybe you meant: alpha
        Package "wk-1.0-1.noarch" is already installed.
        Problem 1: The operation would result in broken dependencies for the following protected packages: alpha
        Problem 2: problem with installed package
          - installed package alpha-1.0-1.noarch conflicts with alpha provided by gamma-1.0-1.noarch from r1
          - conflicting requests
          - nothing provides alpha needed by gamma-1.0-1.noarch from r1
        You can try to add to command line:
          --skip-unavailable to skip unavailable packages
          --allowerasing to allow removing of installed packages to resolve problems
        "#);
    }

    #[test]
    fn remarks_end_with_a_blank_line() {
        let kind = GoalNoteKind::ReasonUnchanged { nevra: "alpha-1.0-1.noarch".to_owned(), reason: Reason::User };
        let resolved = Resolved {
            notes: vec![
                note(kind, "alpha"),
                note(GoalNoteKind::NothingToRemove, "nopkg"),
                note(GoalNoteKind::NotAdvised, ""),
            ],
            strict_problems: vec![Problem::Unsolvable { rules: vec![Rule::BestCandidate] }],
            ..Resolved::default()
        };
        let (output, written) = Written::terminal();
        print_remarks(&output, &resolved);
        insta::assert_snapshot!(written.text(), @r#"
        Package "alpha-1.0-1.noarch" is already installed with reason "User".
        No packages to remove for argument: nopkg
        No match in selected advisories
        Problem: cannot install the best candidate for the job
        "#);
    }
}
