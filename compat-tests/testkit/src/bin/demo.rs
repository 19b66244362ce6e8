//! Shows oxidnf at work: `demo PROGRAM`.
//!
//! Makes a sample repository, serves it over loopback HTTP, and installs, lists, upgrades and removes in a fresh root.
//! Needs no rpm, no network and no privileges: without root it goes on in a user namespace of its own.

use std::error::Error;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use oxidnf_testkit::http::Server;
use oxidnf_testkit::sample;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("demo: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let program = std::env::args_os().nth(1).ok_or("usage: demo PROGRAM")?;
    let program = fs::canonicalize(program)?;
    if !rustix::process::geteuid().is_root() {
        // Scriptlets are run in a chroot, which needs root: the one of a user namespace will do.
        return Err(Command::new("unshare")
            .args(["--user", "--map-root-user"])
            .arg(std::env::current_exe()?)
            .arg(program)
            .exec()
            .into());
    }
    let work = tempfile::Builder::new().prefix("oxidnf-demo-").tempdir()?;
    let demo = Demo { program, root: work.path().join("root"), repos: work.path().join("repos") };
    demo.prepare()?;
    demo.show()
}

struct Demo {
    program: PathBuf,
    root: PathBuf,
    repos: PathBuf,
}

impl Demo {
    fn prepare(&self) -> Result<(), sample::Failure> {
        fs::create_dir_all(&self.repos)?;
        sample::write(&self.repos)?;
        fs::create_dir_all(self.root.join("etc/yum.repos.d"))?;
        fs::create_dir_all(self.root.join("etc/dnf"))?;
        fs::write(self.root.join("etc/dnf/dnf.conf"), "[main]\ngpgcheck=1\n")?;
        Ok(())
    }

    fn show(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let server = Server::start(&self.repos);
        for (id, enabled) in [("base", 1), ("updates", 0)] {
            let url = server.url();
            fs::write(
                self.root.join(format!("etc/yum.repos.d/{id}.repo")),
                format!("[{id}]\nname=Sample {id}\nbaseurl={url}/{id}\nenabled={enabled}\ngpgkey={url}/key.asc\n"),
            )?;
        }
        tell("A fresh root, two signed repositories on loopback HTTP, and no rpm on the way.");
        self.step("What could be installed?", &["list", "--available"])?;
        self.step("Install a package: metadata, key, dependencies, scriptlets.", &["-y", "install", "greeter"])?;
        self.inside("The program runs in its root.", "/usr/bin/greeter")?;
        self.step(
            "What is installed now, and why?",
            &["repoquery", "--installed", "--qf", "%{name} %{evr} %{reason}\\n"],
        )?;
        tell("\n# An admin edits the configuration file.");
        fs::write(self.root.join("etc/greeter.conf"), "language = eo\n")?;
        self.step_with("Is there anything newer?", &["--enablerepo=updates", "check-upgrade"], &[100])?;
        self.step(
            "Upgrade: the edited file stays, the new one comes beside it.",
            &["-y", "--enablerepo=updates", "upgrade"],
        )?;
        self.inside("The edit is still in force.", "/usr/bin/greeter")?;
        self.step("What happened so far?", &["history", "list"])?;
        self.step("And in detail?", &["history", "info", "last"])?;
        self.step("Remove it, with what came along.", &["-y", "remove", "greeter"])?;
        self.step("What is left?", &["list", "--installed"])?;
        tell(
            "\nThat was oxidnf. Try it on a root of your own: oxidnf --installroot=/some/root --use-host-config install …",
        );
        Ok(())
    }

    fn step(&self, title: &str, args: &[&str]) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.step_with(title, args, &[0])
    }

    fn step_with(&self, title: &str, args: &[&str], fine: &[i32]) -> Result<(), Box<dyn Error + Send + Sync>> {
        tell(&format!("\n# {title}\n$ oxidnf {}", shown(args)));
        let root = format!("--installroot={}", self.root.display());
        // The history remembers the command line; a short one reads better.
        let status = Command::new(&self.program).arg0("oxidnf").arg(root).args(args).stdin(Stdio::null()).status()?;
        match status.code() {
            Some(code) if fine.contains(&code) => Ok(()),
            _ => Err(format!("oxidnf {} ended with {status}", args.join(" ")).into()),
        }
    }

    fn inside(&self, title: &str, program: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        tell(&format!("\n# {title}\n$ chroot ROOT {program}"));
        let status = Command::new("chroot").arg(&self.root).arg(Path::new(program)).status()?;
        if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}").into()) }
    }
}

fn shown(args: &[&str]) -> String {
    let quoted = args.iter().map(|arg| if arg.contains(' ') { format!("'{arg}'") } else { (*arg).to_owned() });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Prints for the person who watches; both streams of oxidnf go to the same place, so this one is flushed at once.
#[expect(clippy::print_stdout, reason = "this program is made to be watched")]
fn tell(text: &str) {
    println!("{text}");
}
