//! Writes man pages and completions below a `share` directory: `oxidnf-man DIR`.

mod page;
mod prose;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;
use oxidnf_cli::face::tdnf;
use oxidnf_cli::grammar;

/// Names under which the program is installed; each gets completions.
const NAMES: [&str; 5] = ["oxidnf", "dnf5", "dnf", "yum", "microdnf"];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(dir), None) = (arguments.next(), arguments.next()) else {
        let _ = writeln!(io::stderr(), "usage: oxidnf-man DIRECTORY");
        return ExitCode::from(2);
    };
    match write_all(Path::new(&dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "oxidnf-man: cannot write below {}: {error}", Path::new(&dir).display());
            ExitCode::FAILURE
        }
    }
}

fn write_all(share: &Path) -> io::Result<()> {
    let man = share.join("man/man8");
    fs::create_dir_all(&man)?;
    for (name, text) in page::all(&grammar::command("oxidnf")) {
        fs::write(man.join(format!("{name}.8")), text)?;
    }
    fs::write(man.join("tdnf.8"), page::tdnf())?;
    fs::write(man.join("tdnfj.8"), ".so man8/tdnf.8\n")?;
    fs::write(man.join("tdnf-config.8"), page::tdnf_config())?;
    for name in NAMES {
        write_completions(share, name, &mut grammar::command_with_aliases(name))?;
    }
    write_completions(share, "tdnf", &mut tdnf_command())
}

/// Describes tdnf's grammar as far as completions need it: every option goes with every command.
fn tdnf_command() -> Command {
    let option = |option: &tdnf::grammar::LongOption| {
        let action = if option.value { ArgAction::Append } else { ArgAction::SetTrue };
        Arg::new(option.name).long(option.name).action(action).help(option.about).global(true)
    };
    // clap has its own `help` and `version`.
    let options = tdnf::grammar::LONG.iter().filter(|option| !matches!(option.name, "help" | "version"));
    let commands = tdnf::grammar::Command::names().filter(|name| *name != "help").map(|name| {
        Command::new(name).about(tdnf::render::usage::about(name)).arg(Arg::new("argument").action(ArgAction::Append))
    });
    Command::new("tdnf").args(options.map(option)).subcommands(commands)
}

fn write_completions(share: &Path, name: &str, command: &mut Command) -> io::Result<()> {
    let places = [
        (Shell::Bash, "bash-completion/completions", name.to_owned()),
        (Shell::Zsh, "zsh/site-functions", format!("_{name}")),
        (Shell::Fish, "fish/vendor_completions.d", format!("{name}.fish")),
    ];
    for (shell, dir, file) in places {
        let dir = share.join(dir);
        fs::create_dir_all(&dir)?;
        let mut text = Vec::new();
        clap_complete::generate(shell, command, name, &mut text);
        fs::write(dir.join(file), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_pages_and_completions() {
        let dir = tempfile::tempdir().expect("a directory for tests");
        write_all(dir.path()).expect("it is writable");
        let read = |path: &str| fs::read_to_string(dir.path().join(path)).expect("was written");
        assert!(read("man/man8/oxidnf-install.8").contains("SYNOPSIS"));
        assert!(read("man/man8/oxidnf.8").contains("EXIT STATUS"));
        assert!(read("man/man8/tdnf.8").contains("whatprovides"));
        assert!(read("man/man8/tdnf-config.8").contains("removerepo"));
        assert!(read("bash-completion/completions/dnf5").contains("repoquery"));
        assert!(read("bash-completion/completions/tdnf").contains("--snapshottime"));
        assert!(read("zsh/site-functions/_oxidnf").starts_with("#compdef oxidnf"));
        assert!(read("fish/vendor_completions.d/dnf.fish").contains("complete -c dnf"));
    }
}
