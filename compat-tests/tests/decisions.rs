//! Random repositories, systems, configurations and commands, decided by the real dnf5 and by oxidnf.
//!
//! `make fuzz-decisions N=5000 SEED=1` tries more than these, and makes what differs as small as it can.

use oxidnf_testkit::Oracle;
use oxidnf_testkit::decisions::{Case, run};

#[test]
fn the_same_for_usual_seeds() {
    const SEEDS: std::ops::Range<u64> = 330..410;
    let cases: Vec<Case> = SEEDS.map(Case::from_seed).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    let differing: Vec<String> = cases
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| !outcome.differences.is_empty())
        .map(|(case, outcome)| format!("{case}{}", outcome.differences))
        .collect();
    assert!(differing.is_empty(), "{} differ, the first is\n{}", differing.len(), differing[0]);
    // A comparison of nothing would not say anything.
    let changed = outcomes.iter().filter(|outcome| outcome.changed).count();
    let problems = outcomes.iter().filter(|outcome| outcome.problems).count();
    assert!(changed * 2 > cases.len() && problems * 10 > cases.len(), "{changed} changed, {problems} had problems");
}

#[test]
fn histories_of_both_programs() {
    const SEEDS: std::ops::Range<u64> = 112..124;
    let cases: Vec<Case> = SEEDS.map(Case::history).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert!(outcome.differences.is_empty(), "{case}{}", outcome.differences);
    }
    let changed = outcomes.iter().filter(|outcome| outcome.changed && !outcome.aborted).count();
    assert!(changed * 2 > cases.len(), "only {changed} changed something");
}

/// Decides hand-made cases, with a line of `=====` between any two: both programs say the same, and change the same.
fn same(cases: &str) {
    let cases: Vec<Case> =
        cases.split("=====\n").map(|text| text.parse().expect("the case is written as cases are")).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert!(outcome.differences.is_empty(), "{case}{}", outcome.differences);
        assert!(!outcome.said.is_empty(), "dnf5 said nothing about\n{case}");
    }
}

/// What rpm would not erase of itself is erased by name, behind everything else.
#[test]
fn removals_in_dnf5s_order() {
    same(include_str!("decided/removals_in_dnf5s_order.case"));
}

/// rpm is told to take an older installonly package, of whatever architecture the newer one is.
#[test]
fn older_installonly_package_beside_a_newer_one() {
    same(include_str!("decided/older_installonly_package_beside_a_newer_one.case"));
}

/// Of installed packages only those are "already installed" that the wanted repositories or vendors have.
#[test]
fn installed_packages_beside_wanted_repositories() {
    same(include_str!("decided/installed_packages_beside_wanted_repositories.case"));
}

/// A name or reference of advisories that does not exist ends the run, unless what is unavailable is skipped.
#[test]
fn missing_references_are_skipped() {
    same(include_str!("decided/missing_reference_is_skipped.case"));
}

/// What obsoletes something installed can be upgraded to without being installed.
#[test]
fn upgrade_to_what_obsoletes() {
    same(include_str!("decided/upgrade_to_what_obsoletes.case"));
}

/// Obsoleting counts for nothing if what is obsoleted did not come from the wanted repositories.
#[test]
fn obsoleted_from_other_repositories() {
    same(include_str!("decided/obsoleted_from_other_repositories.case"));
}

/// When an installed package has a part in a problem, a change of vendor might help.
#[test]
fn vendors_may_be_why_installed_packages_stay() {
    same(include_str!("decided/vendors_may_be_why_installed_packages_stay.case"));
}

/// A conditional member of a group that is in no repository is passed over.
#[test]
fn conditional_members_that_are_not_there() {
    same(include_str!("decided/conditional_members_that_are_not_there.case"));
}

/// The list of a group says nothing about packages that are not installed, and holds them when they come.
#[test]
fn members_of_groups_that_are_not_installed() {
    same(include_str!("decided/members_of_groups_that_are_not_installed.case"));
}

/// What is hidden in two ways is hidden by its lock if the lock hides all of it.
#[test]
fn locked_and_excluded() {
    same(include_str!("decided/locked_and_excluded.case"));
}

/// Versions that could be reinstalled are named once, though several repositories have them.
#[test]
fn other_versions_once() {
    same(include_str!("decided/other_versions_once.case"));
}

/// `swap` takes any form of spec for what it removes.
#[test]
fn swap_removes_by_provide() {
    same(include_str!("decided/swap_removes_by_provide.case"));
}

/// Members of a group stay for others only if they cannot all go.
#[test]
fn members_that_others_need() {
    same(include_str!("decided/members_that_others_need.case"));
}

/// An environment upgrades its optional groups that are installed.
#[test]
fn installed_groups_of_an_environment() {
    same(include_str!("decided/installed_groups_of_an_environment.case"));
}

/// Whether anything is installed is looked at before where packages may come from.
#[test]
fn not_installed_before_not_in_repositories() {
    same(include_str!("decided/not_installed_before_not_in_repositories.case"));
}

/// Each program goes on with what the other began: removals of what nobody has any more, reasons, stored transactions.
#[test]
fn histories_in_turn() {
    same(include_str!("decided/histories_in_turn.case"));
}

/// What `mark` says of several versions of a package comes in the order of the records, newest first.
#[test]
fn marks_of_several_versions() {
    same(include_str!("decided/marks_of_several_versions.case"));
}

/// Which versions of installonly packages stay when more than the limit come in, and in which order they are installed.
#[test]
fn limit_of_several_installonly_packages() {
    same(include_str!("decided/limit_of_several_installonly_packages.case"));
}

/// Of several installed versions that a spec matches only the newest is installed again.
#[test]
fn reinstalls_the_newest_of_several() {
    same(include_str!("decided/reinstalls_the_newest_of_several.case"));
}

/// Several versions that an upgrade replaces are erased in the order of their records.
#[test]
fn upgrade_of_several_versions() {
    same(include_str!("decided/upgrade_of_several_versions.case"));
}

/// `exclude_from_weak` takes specs of all forms but provides.
#[test]
fn excluded_from_weak_by_all_forms() {
    same(include_str!("decided/excluded_from_weak_by_all_forms.case"));
}

/// Each option of `repoquery` looks at what those before it left; repositories without file lists still have paths.
#[test]
fn filters_follow_each_other() {
    same(include_str!("decided/filters_follow_each_other.case"));
}

/// What is said where there are no groups or environments, or none of the kind that was asked for.
#[test]
fn queries_of_nothing() {
    same(include_str!("decided/queries_of_nothing.case"));
}

/// Old versions do not count as providers for `repoclosure`, whatever is checked.
#[test]
fn repoclosure_asks_the_newest() {
    same(include_str!("decided/repoclosure_asks_the_newest.case"));
}

/// A wildcard is one job for every name that it finds, by whatever it finds it.
#[test]
fn wildcards_find_provides() {
    same(include_str!("decided/wildcards_find_provides.case"));
}

/// What provides parts of a rich dependency is installed from the wanted repositories and vendors, whatever holds of its
/// conditions.
#[test]
fn rich_dependencies_from_wanted_repositories() {
    same(include_str!("decided/rich_dependencies_from_wanted_repositories.case"));
}

/// What obsoletes a package of a wanted repository or vendor may come from any other.
#[test]
fn obsoleters_from_anywhere() {
    same(include_str!("decided/obsoleters_from_anywhere.case"));
}

/// Beside an installed package what obsoletes older builds of it will do, too.
#[test]
fn obsoleters_of_older_builds() {
    same(include_str!("decided/obsoleters_of_older_builds.case"));
}

/// What obsoletes a package may be all that wanted repositories have to upgrade it.
#[test]
fn obsoleters_in_wanted_repositories() {
    same(include_str!("decided/obsoleters_in_wanted_repositories.case"));
}

/// Installed packages count if they are of a wanted vendor, or if a wanted package has their name and architecture.
#[test]
fn installed_packages_of_wanted_vendors() {
    same(include_str!("decided/installed_packages_of_wanted_vendors.case"));
}

/// Excluding an installed package does not make it one that is not installed.
#[test]
fn excluded_and_installed() {
    same(include_str!("decided/excluded_and_installed.case"));
}

/// Advisories lead upgrades only to what can take the place of something, and installs to the very builds.
#[test]
fn advisories_for_what_is_not_installed() {
    same(include_str!("decided/advisories_for_what_is_not_installed.case"));
}

/// A fact that names no package is told once for each package that it is about.
#[test]
fn problems_of_several_installed_packages() {
    same(include_str!("decided/problems_of_several_installed_packages.case"));
}

/// Of what advisories lead to only upgrades count, and what obsoletes something.
#[test]
fn advised_upgrades() {
    same(include_str!("decided/advised_upgrades.case"));
}

/// What wildcards match by what packages provide, what obsoletes old versions, and where packages have to come from.
#[test]
fn installs_what_specs_mean() {
    same(include_str!("decided/installs_what_specs_mean.case"));
}

/// What cannot be downgraded is told in the order of the installed packages.
#[test]
fn lowest_versions_in_order() {
    same(include_str!("decided/lowest_versions_in_order.case"));
}

/// With `multilib_policy=all` jobs come in the order of dnf5's tables, from which the order of the transaction follows.
#[test]
fn all_architectures_in_dnf5s_order() {
    same(include_str!("decided/all_architectures_in_dnf5s_order.case"));
}

/// What protected packages require stays even if they are only in repositories.
#[test]
fn needed_by_what_is_protected_but_not_installed() {
    same(include_str!("decided/needed_by_what_is_protected_but_not_installed.case"));
}

/// What is not installed has installed alternatives.
#[test]
fn installed_alternatives() {
    same(include_str!("decided/installed_alternatives.case"));
}

/// More versions of installonly packages than the limit lets stay go with whatever is decided, be it nothing.
#[test]
fn limit_without_anything_to_do() {
    same(include_str!("decided/limit_without_anything_to_do.case"));
}

/// Builds without an epoch stand for any epoch, and whoever ignores what is installed does not mind what is replaced.
#[test]
fn replays_on_changed_systems() {
    same(include_str!("decided/replays_on_changed_systems.case"));
}

/// A package that is marked as of a group stays in the lists of others.
#[test]
fn marked_as_of_another_group() {
    same(include_str!("decided/marked_as_of_another_group.case"));
}

/// What a lock hides is not hidden by modules, too.
#[test]
fn locked_and_of_another_stream() {
    same(include_str!("decided/locked_and_of_another_stream.case"));
}

/// Defaults of modules that several repositories name, of different and of equal age.
#[test]
fn defaults_of_several_repositories() {
    same(include_str!("decided/defaults_of_several_repositories.case"));
}

/// Of another name is something else than of another architecture.
#[test]
fn reinstalls_what_is_there_under_another_name() {
    same(include_str!("decided/reinstalls_what_is_there_under_another_name.case"));
}

/// Members of a group that leaves stay if somebody needs one of them.
#[test]
fn members_stay_where_not_all_can_go() {
    same(include_str!("decided/members_stay_where_not_all_can_go.case"));
}

#[test]
fn modules_of_usual_seeds() {
    const SEEDS: std::ops::Range<u64> = 820_180..820_210;
    let cases: Vec<Case> = SEEDS.map(Case::with_modules).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert!(outcome.differences.is_empty(), "{case}{}", outcome.differences);
    }
    let changed = outcomes.iter().filter(|outcome| outcome.changed && !outcome.aborted).count();
    assert!(changed * 3 > cases.len(), "only {changed} changed something");
}

/// Without specs, packages may come from anywhere when those from some repositories are upgraded.
#[test]
fn everything_from_anywhere() {
    same(include_str!("decided/everything_from_anywhere.case"));
}

/// What only other repositories' packages have as name and architecture is not taken.
#[test]
fn upgrades_of_what_came_from_a_repository() {
    same(include_str!("decided/upgrades_of_what_came_from_a_repository.case"));
}

/// Where rpm would erase more than was decided, nothing is done.
#[test]
fn removals_that_nobody_planned() {
    same(include_str!("decided/removals_that_nobody_planned.case"));
}

/// Several builds of one name that are replaced leave as the database has them.
#[test]
fn replaced_builds_as_the_database_has_them() {
    same(include_str!("decided/replaced_builds_as_the_database_has_them.case"));
}

/// Of one name the native architecture is reinstalled first.
#[test]
fn reinstallations_of_several_architectures() {
    same(include_str!("decided/reinstallations_of_several_architectures.case"));
}

/// An installonly package of another vendor is told of where it could be an upgrade of what is installed.
#[test]
fn vendors_of_installonly_packages() {
    same(include_str!("decided/vendors_of_installonly_packages.case"));
}

/// Many questions about random repositories and systems.
#[test]
fn the_same_answers_for_usual_seeds() {
    const SEEDS: std::ops::Range<u64> = 6000..6024;
    let cases: Vec<Case> = SEEDS.map(Case::with_questions).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert!(outcome.differences.is_empty(), "{case}{}", outcome.differences);
    }
    let answered = outcomes.iter().filter(|outcome| outcome.said.lines().count() > 40).count();
    assert!(answered * 2 > cases.len(), "only {answered} were about something");
}

/// A spec for something that is not listed is no mistake; what is listed as obsoleting is decided by names, and
/// shown by provides.
#[test]
fn specs_for_something_else() {
    same(include_str!("decided/specs_for_something_else.case"));
}

/// A source that is no file's name is a name as a whole.
#[test]
fn answers_about_sources() {
    same(include_str!("decided/answers_about_sources.case"));
}

/// How many upgrades there are is told unless enhancements alone were asked for.
#[test]
fn answers_without_advisories() {
    same(include_str!("decided/answers_without_advisories.case"));
}

/// Available packages have the reason of the installed one of their name and architecture.
#[test]
fn answers_about_reasons() {
    same(include_str!("decided/answers_about_reasons.case"));
}

/// What a package gives itself makes it nobody's user; wildcards look into rich dependencies; what is loaded is
/// asked about.
#[test]
fn answers_about_packages_themselves() {
    same(include_str!("decided/answers_about_packages_themselves.case"));
}

/// A package is needed only for what nothing else provides; protection and locks are no matter of lists.
#[test]
fn leaves_beside_other_providers() {
    same(include_str!("decided/leaves_beside_other_providers.case"));
}

/// Builds that are equal stand in the order of `std::sort`.
#[test]
fn answers_of_equal_builds() {
    same(include_str!("decided/answers_of_equal_builds.case"));
}

/// A list of arguments ends with the first option behind it, but for those of `do`, `builddep` and `config-manager setopt`.
#[test]
fn lists_of_arguments() {
    same(include_str!("decided/lists_of_arguments.case"));
}

/// The same build of another repository and vendor is no change of vendors to tell of.
#[test]
fn same_builds_of_other_vendors() {
    same(include_str!("decided/same_builds_of_other_vendors.case"));
}

/// An installonly package is already installed if the wanted repository has the same build.
#[test]
fn installonly_packages_of_wanted_repositories() {
    same(include_str!("decided/installonly_packages_of_wanted_repositories.case"));
}

/// Of several versions of a package that come at once the strongest reason is kept.
#[test]
fn reasons_of_several_versions() {
    same(include_str!("decided/reasons_of_several_versions.case"));
}

/// Of several builds that are replaced the vendor of the last one is told.
#[test]
fn vendors_of_several_replaced_builds() {
    same(include_str!("decided/vendors_of_several_replaced_builds.case"));
}

/// Older versions are of the very architecture that is installed.
#[test]
fn downgrades_beside_another_architecture() {
    same(include_str!("decided/downgrades_beside_another_architecture.case"));
}

/// A replayed reason of a build that is nowhere is told so; several versions stay where the installed one may have company.
#[test]
fn replays_of_reasons_and_of_several_versions() {
    same(include_str!("decided/replays_of_reasons_and_of_several_versions.case"));
}

/// What is installed of the list of a group follows when the group is upgraded, of whatever kind it is and for whatever it came.
#[test]
fn members_that_came_with_a_group_follow_it() {
    same(include_str!("decided/members_that_came_with_a_group_follow_it.case"));
}

/// A replayed package that takes the place of others has their reason if that is stronger.
#[test]
fn reasons_of_replayed_packages_that_replace() {
    same(include_str!("decided/reasons_of_replayed_packages_that_replace.case"));
}

/// Packages that a transaction does not name are told in the order in which they were decided about.
#[test]
fn extra_packages_in_the_order_of_decisions() {
    same(include_str!("decided/extra_packages_in_the_order_of_decisions.case"));
}

/// A change of reason of something that no transaction brought is taken back to no reason that anything else has.
#[test]
fn reasons_of_what_no_transaction_brought() {
    same(include_str!("decided/reasons_of_what_no_transaction_brought.case"));
}

/// A replayed reinstallation takes the package from the repository of the transaction.
#[test]
fn replayed_reinstallations() {
    same(include_str!("decided/replayed_reinstallations.case"));
}

/// A member of a group that takes the place of something that the user wants is there for the user.
#[test]
fn members_that_obsolete_what_the_user_wants() {
    same(include_str!("decided/members_that_obsolete_what_the_user_wants.case"));
}

/// Groups that leave with their environment take their packages with them, whatever is said of groups.
#[test]
fn groups_of_environments_take_their_packages() {
    same(include_str!("decided/groups_of_environments_take_their_packages.case"));
}

/// Members that are installed and excluded are not installed for the history of their group.
#[test]
fn excluded_members_in_the_history() {
    same(include_str!("decided/excluded_members_in_the_history.case"));
}

/// Members of a group that leaves are not kept because they are protected: then the group cannot leave.
#[test]
fn protected_members() {
    same(include_str!("decided/protected_members.case"));
}
