//! The root with the real programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::target_dir;

/// A root made by `compat-tests/make-oracle`, or any other with dnf5, rpm, rpmbuild and createrepo_c in it.
#[derive(Debug, Clone)]
pub struct Oracle {
    root: PathBuf,
}

impl Oracle {
    /// Finds the oracle: `$OXIDNF_ORACLE`, else `target/oracle`.
    ///
    /// # Panics
    /// When there is none; the text says how to make it.
    pub fn find() -> Self {
        let root = std::env::var_os("OXIDNF_ORACLE").map_or_else(|| target_dir().join("oracle"), PathBuf::from);
        assert!(
            root.join("usr/bin/dnf5").exists(),
            "no oracle root in {}: run `make oracle`, or set OXIDNF_ORACLE to a root with dnf5, rpm and createrepo_c",
            root.display()
        );
        Oracle { root }
    }

    /// Takes another root, for commands that need no program of the oracle.
    pub(crate) fn at(root: PathBuf) -> Self {
        Oracle { root }
    }

    /// Returns the directory of the root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Prepares a command that runs inside; environment, locale, time zone and terminal are fixed.
    ///
    /// `binds` are directories of the host and the places where they appear inside, for this command only.
    pub fn command<P: AsRef<Path>, S: AsRef<OsStr>>(&self, binds: &[(P, &str)], argv: &[S]) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../enter-oracle"));
        command.arg(&self.root);
        for (from, to) in binds {
            command.arg(from.as_ref()).arg(to);
        }
        command.arg("--").args(argv);
        command.env_clear();
        command.envs([
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", "/root"),
            ("LC_ALL", "C.UTF-8"),
            ("TZ", "UTC"),
            ("TERM", "dumb"),
        ]);
        command.stdin(std::process::Stdio::null());
        command
    }

    /// Runs a command inside and returns its output.
    pub fn run<P: AsRef<Path>, S: AsRef<OsStr>>(&self, binds: &[(P, &str)], argv: &[S]) -> Output {
        self.command(binds, argv).output().expect("enter-oracle needs only sh(1) and util-linux")
    }

    /// Runs a shell script inside and returns its standard output.
    ///
    /// # Panics
    /// When the script fails; both streams are in the text.
    pub fn script<P: AsRef<Path>>(&self, binds: &[(P, &str)], script: &str) -> String {
        let output = self.run(binds, &["sh", "-ec", script]);
        assert!(
            output.status.success(),
            "script failed in the oracle ({}):\n{script}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
