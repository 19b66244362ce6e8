//! Interrupted transactions. dnf5 has none of these texts, as it does not know of such transactions.

use oxidnf_core::Action;
use oxidnf_engine::interrupted::{CannotResume, ElementEnd, InterruptedTransaction, Progress};

use super::history::local_time;
use crate::output::Output;
use crate::sanitize::one_line;

/// Prints one line that a command which only looks shows beside its results.
pub(crate) fn print_hint(output: &Output) {
    output.error(
        "Warning: a transaction was interrupted, so packages may be installed in part. \"oxidnf transaction status\" \
         tells more.",
    );
}

/// Prints that a transaction was interrupted, and how far it had come.
pub(crate) fn print_found(output: &Output, found: &InterruptedTransaction) {
    output.error(summary(found));
}

/// Prints what the user can do.
pub(crate) fn print_ways_out(output: &Output) {
    output.error(
        "Nothing else can be installed or removed before it is finished:\n  \
         oxidnf transaction resume    finishes it; the option \"--resume\" of other commands does so first\n  \
         oxidnf transaction abort     undoes it, as long as nothing was changed for good\n  \
         oxidnf transaction status    shows how far it has come",
    );
}

/// Prints why a transaction cannot be undone.
pub(crate) fn print_irreversible(output: &Output, found: &InterruptedTransaction) {
    output.error(summary(found));
    output.error(
        "It cannot be undone, because scriptlets were run or files were put in place. \"oxidnf transaction resume\" \
         finishes it; \"oxidnf history undo\" can take it back afterwards. To give it up and leave everything as it \
         is, use \"oxidnf transaction abort --forget\".",
    );
}

fn summary(found: &InterruptedTransaction) -> String {
    let InterruptedTransaction { history_id, begin, elements, irreversible, over, scriptlet, process } = found;
    let done = elements.iter().filter(|element| matches!(element.progress, Progress::Over(_))).count();
    let time = local_time(*begin);
    let mut text = format!("Transaction {history_id}, begun {time}, was interrupted: ");
    if *over {
        text.push_str("all packages are done, only the records are not.");
    } else if !irreversible {
        text.push_str("nothing was changed yet.");
    } else {
        text.push_str(&format!("{done} of {} packages are done.", elements.len()));
    }
    if let Some((kind, package)) = scriptlet {
        let (kind, package) = (one_line(kind), one_line(package));
        text.push_str(&match process {
            Some(pid) => format!(" The scriptlet %{kind}({package}) still runs as process {pid}."),
            None => format!(" The scriptlet %{kind}({package}) was running and will be run again."),
        });
    }
    text
}

/// Prints how far a transaction has come, element by element.
pub(crate) fn print_status(output: &Output, found: &InterruptedTransaction) {
    output.line(summary(found));
    for element in &found.elements {
        let progress = match element.progress {
            Progress::Waiting => "waiting",
            Progress::Begun => "begun",
            Progress::Over(ElementEnd::Done) => "done",
            Progress::Over(ElementEnd::Failed) => "failed",
            Progress::Over(ElementEnd::Skipped) => "skipped",
        };
        let nevra = element.nevra.to_string();
        output.line(format!("  {progress:<8} {:<10} {}", verb(element.action), one_line(&nevra)));
        if let Some(path) = &element.missing {
            let path = path.display().to_string();
            output.line(format!("           its package file {} is missing", one_line(&path)));
        }
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Install => "install",
        Action::Upgrade => "upgrade",
        Action::Downgrade => "downgrade",
        Action::Reinstall => "reinstall",
        Action::Remove => "remove",
        Action::Replaced => "replaced",
        Action::ReasonChange => "mark",
    }
}

/// Returns the lines that say why a transaction cannot be resumed, and what to do about it.
pub(crate) fn cannot_resume(reason: &CannotResume) -> Vec<String> {
    let give_up = "\"oxidnf transaction abort --forget\" gives the transaction up and leaves everything as it is; \
                   \"oxidnf distro-sync\" can put things right afterwards.";
    match reason {
        CannotResume::Changed { added, removed } => {
            let mut lines = vec![
                "The transaction cannot be resumed, because packages were changed by another program since it was \
                 interrupted:"
                    .to_owned(),
            ];
            lines.extend(added.iter().map(|nevra| format!("  {nevra} was installed")));
            if *removed > 0 {
                let packages = if *removed == 1 { "package was" } else { "packages were" };
                lines.push(format!("  {removed} {packages} removed"));
            }
            lines.push(give_up.to_owned());
            lines
        }
        CannotResume::Running(pid) => vec![format!(
            "The transaction cannot be resumed yet: a scriptlet that it had started still runs as process {pid}. Wait \
             for it to end, and try again."
        )],
        CannotResume::Packages(files) => {
            let mut lines = vec![
                "The transaction cannot be resumed, because package files are missing or are not what they were:"
                    .to_owned(),
            ];
            lines.extend(files.iter().map(|path| format!("  {}", path.display())));
            lines.push(format!("Put them back and try again. {give_up}"));
            lines
        }
    }
}
