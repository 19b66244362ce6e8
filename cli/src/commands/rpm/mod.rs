//! `oxidnf rpm`: the forms of rpm that a root without rpm needs, with rpm's output.

mod args;
mod keys;
mod query;
mod upkeep;
mod verify;

use std::path::PathBuf;

use oxidnf_engine::rpm::Rpm;

use crate::environment::Environment;
use crate::face::dnf5::errors;
use crate::output::Output;

use self::args::{Action, Arguments};

/// Runs `oxidnf rpm` with the arguments behind these two words and returns the exit status.
pub fn run(arguments: &[String], environment: &Environment, output: &Output) -> u8 {
    let parsed = match args::parse(arguments) {
        Ok(parsed) => parsed,
        Err(message) => {
            output.error(message);
            output.flush();
            return 1;
        }
    };
    let Arguments { root, defines, action } = parsed;
    let root = root.map_or_else(|| PathBuf::from("/"), |root| environment.current_dir.join(root));
    let done = Rpm::open(&root, &defines).and_then(|rpm| {
        let shell = Shell { rpm: &rpm, output, current_dir: &environment.current_dir };
        match &action {
            Action::Query(query) => query::run(&shell, query),
            Action::Verify(verify) => verify::run(&shell, verify),
            Action::Import { files, test } => keys::import(&shell, files, *test),
            Action::ListKeys(ids) => keys::list(&shell, ids),
            Action::ExportKeys(ids) => keys::export(&shell, ids),
            Action::DeleteKeys(ids) => keys::delete(&shell, ids),
            Action::RebuildKeys { from } => keys::rebuild(&shell, from.as_deref()),
            Action::Checksig { files, verbose } => keys::checksig(&shell, files, *verbose),
            Action::Database(upkeep) => upkeep::run(&shell, *upkeep),
        }
    });
    let status = done.unwrap_or_else(|error| errors::print(output, &error, &[]));
    output.flush();
    status
}

/// What every form works with.
struct Shell<'a> {
    rpm: &'a Rpm,
    output: &'a Output,
    current_dir: &'a std::path::Path,
}

/// rpm's exit status: the number of failures, as far as a status can count.
fn status(failures: usize) -> u8 {
    u8::try_from(failures.min(254)).unwrap_or(254)
}
