//! Entries of version locks.

use oxidnf_engine::versionlock::{LockCondition, LockEntry, LockFault};

use crate::output::Output;

/// Prints an entry and what is wrong with it.
pub(crate) fn print(output: &Output, entry: &LockEntry) {
    if !entry.comment.is_empty() {
        output.line(format!("# {}", entry.comment));
    }
    let mut heading = format!("Package name: {}", entry.name);
    let faults: Vec<String> = entry.faults().into_iter().map(entry_fault).collect();
    if !faults.is_empty() {
        heading += &format!(" # entry is invalid: {}", faults.join(", "));
    }
    output.line(heading);
    for condition in &entry.conditions {
        let LockCondition { key, comparator, value } = condition;
        let mut line = format!("{key} {comparator} {value}");
        let faults: Vec<String> =
            condition.faults().into_iter().map(|fault| condition_fault(fault, condition)).collect();
        if !faults.is_empty() {
            line += &format!(" # {}", faults.join(", "));
        }
        output.line(line);
    }
}

fn entry_fault(fault: LockFault) -> String {
    condition_fault(fault, &LockCondition::default())
}

fn condition_fault(fault: LockFault, LockCondition { key, comparator, .. }: &LockCondition) -> String {
    match fault {
        LockFault::MissingName => "missing package name".to_owned(),
        LockFault::MissingConditions => "missing package conditions".to_owned(),
        LockFault::MissingKey => "missing condition key".to_owned(),
        LockFault::UnknownKey => format!("invalid condition key \"{key}\""),
        LockFault::MissingComparator => "missing condition comparison operator".to_owned(),
        LockFault::UnknownComparator => format!("invalid condition comparison operator \"{comparator}\""),
        LockFault::ArchComparator => {
            "\"arch\" condition only supports \"=\" and \"!=\" comparison operators".to_owned()
        }
        LockFault::MissingValue => "missing condition value".to_owned(),
        LockFault::EpochNotNumber => "epoch condition value needs to be an unsigned integer".to_owned(),
    }
}
