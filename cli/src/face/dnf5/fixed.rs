//! The words of `apply`, `lock` and `--locked`, which dnf5 does not have.

use std::collections::BTreeSet;

use oxidnf_engine::fixed::{Difference, LockedPackage, LockedSet, PlannedItem, Unmet};

use crate::output::Output;
use crate::sanitize::one_line;

/// Prints why a plan is not carried out.
pub(crate) fn print_differences(output: &Output, differences: &[Difference]) {
    output.error("The plan does not fit any more; nothing was changed:");
    for difference in differences {
        output.error(format!("  {}", one_line(&difference_text(difference))));
    }
    output.error("Make a new one with --plan.");
}

fn difference_text(difference: &Difference) -> String {
    let what = |item: &PlannedItem| format!("{} {}", item.action, item.nevra);
    match difference {
        Difference::Architecture { planned, found } => format!("it was made for {planned}, and this system is {found}"),
        Difference::Installed(nevra) => format!("{nevra} was installed since"),
        Difference::Gone(nevra) => format!("{nevra} is not installed any more"),
        Difference::Extra(item) => format!("{} would be needed, and is not planned", what(item)),
        Difference::Missing(item) => format!("{} is planned, and would not happen", what(item)),
        Difference::Group(id) => format!("something else than planned would happen to the group {id}"),
        Difference::Changed { nevra, field, planned, found } => {
            let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
            format!("{nevra}: the {field} is {}, planned was {}", shown(found), shown(planned))
        }
    }
}

/// Prints which packages of a lock file cannot be had.
pub(crate) fn print_unmet(output: &Output, path: &str, unmet: &[Unmet]) {
    output.error(format!("The packages of {} are not to be had:", one_line(path)));
    for Unmet { package, found } in unmet {
        let LockedPackage { nevra, repository, checksum, .. } = package;
        let why = if found.is_empty() {
            format!("no enabled repository has it (it was in {repository})")
        } else {
            format!("its checksum is {}, locked is {checksum}", found.join(", "))
        };
        output.error(format!("  {}", one_line(&format!("{nevra}: {why}"))));
    }
    output.error("Enable the repository that has them, or make a new lock file with \"lock\".");
}

/// Prints what a new decision changes in a lock file.
pub(crate) fn print_lock_changes(output: &Output, before: &LockedSet, after: &LockedSet) {
    let names = |set: &LockedSet| set.packages.iter().cloned().collect::<BTreeSet<LockedPackage>>();
    let (old, new) = (names(before), names(after));
    let mut lines: Vec<(String, char, String)> = Vec::new();
    let line = |sign: char, package: &LockedPackage| {
        let LockedPackage { nevra, repository, .. } = package;
        (nevra.clone(), sign, format!("{sign} {nevra} ({repository})"))
    };
    lines.extend(old.difference(&new).map(|package| line('-', package)));
    lines.extend(new.difference(&old).map(|package| line('+', package)));
    lines.sort();
    for (_, _, text) in lines {
        output.line(one_line(&text));
    }
}
