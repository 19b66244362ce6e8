//! Why there is no solution, in libsolv's sentences (reference of tdnf, section 3.1).

use oxidnf_engine::{PackageRef, Problem, Rule};

use crate::face::tdnf::failure::{Failure, number};

/// Returns the lines for standard error, and what they come to.
pub fn render(problems: &[Problem], asked: &[String]) -> (Vec<String>, Failure) {
    let protected: Vec<String> = problems.iter().flat_map(|problem| protected(problem, asked)).collect();
    if !protected.is_empty() {
        return (protected, Failure::new(number::PROTECTED));
    }
    let mut lines: Vec<String> = Vec::new();
    for (place, problem) in problems.iter().enumerate() {
        lines.push(format!("{}. {}", place + 1, sentence_of(problem)));
    }
    lines.push(format!("Found {} problem(s) while resolving", problems.len()));
    (lines, Failure::new(number::SOLVER))
}

fn protected(problem: &Problem, asked: &[String]) -> Vec<String> {
    let names = match problem {
        Problem::RemovesProtected { packages } | Problem::BreaksProtected { packages } => packages,
        Problem::RemovesRunningKernel { .. } | Problem::Unsolvable { .. } => return Vec::new(),
    };
    let line = |name: &String| {
        if asked.contains(name) {
            format!("package {name} is protected")
        } else {
            format!("package {name} would be removed but it is protected")
        }
    };
    names.iter().map(line).collect()
}

fn sentence_of(problem: &Problem) -> String {
    match problem {
        Problem::Unsolvable { rules } => {
            // libsolv names the rule that says most: a package's own, if there is one.
            let telling =
                rules.iter().find(|rule| !matches!(rule, Rule::ConflictingRequests | Rule::InstalledPackage { .. }));
            telling.or(rules.first()).map_or_else(|| "unknown problem".to_owned(), sentence)
        }
        Problem::RemovesProtected { packages } | Problem::BreaksProtected { packages } => {
            format!("package {} is protected", packages.join(", "))
        }
        Problem::RemovesRunningKernel { package } => format!("package {} is the running kernel", name(package)),
    }
}

fn name(package: &PackageRef) -> String {
    package.nevra.to_string()
}

fn sentence(rule: &Rule) -> String {
    match rule {
        Rule::ConflictingRequests => "conflicting requests".to_owned(),
        Rule::NothingProvidesRequested { dependency } => format!("nothing provides requested {dependency}"),
        Rule::UnknownPackage { name } => format!("package {name} does not exist"),
        Rule::ProvidedBySystem { dependency } => format!("{dependency} is provided by the system"),
        Rule::UnsupportedRequest => "unsupported request".to_owned(),
        Rule::InstalledPackage { package } => format!("problem with installed package {}", name(package)),
        Rule::BestUpdate { package } => {
            format!("cannot install the best update candidate for package {}", name(package))
        }
        Rule::BestCandidate => "cannot install the best candidate for the job".to_owned(),
        Rule::Requires { package, dependency } => {
            format!("package {} requires {dependency}, but none of the providers can be installed", name(package))
        }
        Rule::NothingProvides { package, dependency } => {
            format!("nothing provides {dependency} needed by {}", name(package))
        }
        Rule::Conflicts { package, dependency, other } => {
            format!("package {} conflicts with {dependency} provided by {}", name(package), name(other))
        }
        Rule::SelfConflict { package, dependency } => {
            format!("package {} conflicts with {dependency} provided by itself", name(package))
        }
        Rule::Obsoletes { package, dependency, other } => {
            format!("package {} obsoletes {dependency} provided by {}", name(package), name(other))
        }
        Rule::InstalledObsoletes { package, dependency, other } => {
            format!("installed package {} obsoletes {dependency} provided by {}", name(package), name(other))
        }
        Rule::ImplicitlyObsoletes { package, dependency, other } => {
            format!("package {} implicitly obsoletes {dependency} provided by {}", name(package), name(other))
        }
        Rule::BothObsolete { package, dependency, other } => {
            format!("both package {} and {} obsolete {dependency}", name(package), name(other))
        }
        Rule::SameName { package, other } => {
            format!("cannot install both {} and {}", name(package), name(other))
        }
        Rule::Excluded { package } => format!("package {} is disabled", name(package)),
        Rule::IncompatibleArch { package } => {
            format!("package {} does not have a compatible architecture", name(package))
        }
        Rule::NotInstallable { package } => format!("package {} is not installable", name(package)),
        Rule::InferiorArch { package } => format!("{} has inferior architecture", name(package)),
        Rule::NotInDistUpgrade { package } => {
            format!("{} does not belong to a distupgrade repository", name(package))
        }
        Rule::SomeDependency => "some dependency problem".to_owned(),
        Rule::Other { text } => text.clone(),
        // The enum may grow; a cause without words here is still shown as data.
        other => format!("{other:?}"),
    }
}

/// Tells whether `--skipconflicts`, `--skipobsoletes` or `--skip-broken` drops a problem.
pub fn is_skipped(problem: &Problem, conflicts: bool, obsoletes: bool, broken: bool) -> bool {
    let Problem::Unsolvable { rules } = problem else { return false };
    let any = |wanted: fn(&Rule) -> bool| rules.iter().any(wanted);
    conflicts && any(|rule| matches!(rule, Rule::Conflicts { .. } | Rule::SelfConflict { .. }))
        || obsoletes
            && any(|rule| {
                matches!(
                    rule,
                    Rule::Obsoletes { .. }
                        | Rule::InstalledObsoletes { .. }
                        | Rule::ImplicitlyObsoletes { .. }
                        | Rule::BothObsolete { .. }
                )
            })
        || broken && any(|rule| matches!(rule, Rule::NothingProvides { .. } | Rule::Requires { .. }))
}
