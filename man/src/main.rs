//! Writes man pages and completions below a `share` directory: `oxidnf-man DIR`.

mod page;
mod prose;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap_complete::Shell;
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
    for name in NAMES {
        write_completions(share, name)?;
    }
    Ok(())
}

fn write_completions(share: &Path, name: &str) -> io::Result<()> {
    let places = [
        (Shell::Bash, "bash-completion/completions", name.to_owned()),
        (Shell::Zsh, "zsh/site-functions", format!("_{name}")),
        (Shell::Fish, "fish/vendor_completions.d", format!("{name}.fish")),
    ];
    for (shell, dir, file) in places {
        let dir = share.join(dir);
        fs::create_dir_all(&dir)?;
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut grammar::command_with_aliases(name), name, &mut text);
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
        assert!(read("bash-completion/completions/dnf5").contains("repoquery"));
        assert!(read("zsh/site-functions/_oxidnf").starts_with("#compdef oxidnf"));
        assert!(read("fish/vendor_completions.d/dnf.fish").contains("complete -c dnf"));
    }
}
