//! The oxidnf program.

use std::process::ExitCode;

use oxidnf_cli::environment::Environment;
use oxidnf_cli::output::Output;

fn main() -> ExitCode {
    oxidnf_cli::install_hook();
    let environment = Environment::of_process();
    let output = Output::of_process(&environment);
    // Arguments that are not valid UTF-8 cannot name packages; they are shown as well as possible.
    let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    ExitCode::from(oxidnf_cli::run(arguments, environment, output))
}
