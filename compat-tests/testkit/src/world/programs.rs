//! How programs are run beside the two roots: the real dnf5 and rpm, oxidnf, scripts, many at once.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::{BIN, MACROS, REPOS, ROOT, RPM_POOL, SIDE, Side, World, exit_code, side_name, split_words, text_of};
use crate::compare::diff;
use crate::oracle::Oracle;

impl World {
    /// Runs the real rpm in both roots and compares what it prints.
    ///
    /// # Panics
    /// When the outputs differ.
    pub fn rpm(&self, args: &str) -> String {
        self.rpm_tool("rpm", args)
    }

    /// Runs the real rpmdb in both roots and compares what it prints.
    ///
    /// # Panics
    /// When the outputs differ.
    pub fn rpmdb(&self, args: &str) -> String {
        self.rpm_tool("rpmdb", args)
    }

    /// Runs one of the real rpm's programs in oxidnf's root only, and returns what it prints.
    pub fn run_program_on_ours(&self, tool: &str, args: &str) -> String {
        let words = [tool, "--root", ROOT].into_iter().map(String::from).chain(split_words(args));
        text_of(&self.oracle.run(&self.binds(Side::Ours), &words.collect::<Vec<_>>()))
    }

    fn rpm_tool(&self, tool: &str, args: &str) -> String {
        let run = |side| {
            let argv: Vec<String> =
                [tool, "--root", ROOT].into_iter().map(String::from).chain(split_words(args)).collect();
            text_of(&self.oracle.run(&self.binds(side), &argv))
        };
        let (real, ours) = (run(Side::Real), run(Side::Ours));
        if let Some(difference) = diff(&format!("{tool} {args}"), &real, &ours) {
            panic!("\n{difference}");
        }
        real
    }

    /// Runs the real rpm on its side, or oxidnf's on the other.
    pub fn run_rpm(&self, side: Side, args: &str) -> Output {
        self.run_rpm_program("rpm", side, args)
    }

    /// Returns what rpmkeys prints on one side.
    pub fn rpmkeys(&self, side: Side, args: &str) -> String {
        text_of(&self.run_rpm_program("rpmkeys", side, args))
    }

    fn run_rpm_program(&self, program: &str, side: Side, args: &str) -> Output {
        let words: &[&str] = match side {
            Side::Real => &[program],
            Side::Ours => &["/srv/bin/oxidnf", "rpm"],
        };
        let mut argv: Vec<String> = words.iter().map(ToString::to_string).collect();
        argv.extend(["--root".to_owned(), ROOT.to_owned()]);
        argv.extend(split_words(args));
        self.oracle.run(&self.binds(side), &argv)
    }

    /// Runs the real rpmdb on its side, or oxidnf's forms of it on the other; `args` are a shell's, with redirections.
    pub fn run_rpmdb(&self, side: Side, args: &str) -> Output {
        let program = match side {
            Side::Real => "rpmdb",
            Side::Ours => "/srv/bin/oxidnf rpm",
        };
        self.oracle.run(&self.binds(side), &["sh", "-c", &format!("exec {program} --root {ROOT} {args}")])
    }

    /// Starts any command beside one side's root.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(&self, side: Side, argv: &[&str]) -> std::process::Child {
        let mut command = self.oracle.command(&self.binds(side), argv);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("enter-oracle needs only sh(1) and util-linux")
    }

    /// Runs the program of one side.
    pub fn run(&self, side: Side, args: &str) -> Output {
        let program = match side {
            Side::Real => "/usr/bin/dnf5".to_owned(),
            Side::Ours => format!("{BIN}/dnf5"),
        };
        self.run_program(&program, side, args)
    }

    /// Runs the program of one side and interrupts it, as Ctrl-C does, after so many seconds.
    pub fn run_interrupted(&self, side: Side, args: &str, seconds: u32) -> Output {
        self.run_signalled(side, args, "INT", seconds)
    }

    /// Runs the program of one side and sends it a signal after so many seconds.
    pub fn run_signalled(&self, side: Side, args: &str, signal: &str, seconds: u32) -> Output {
        let (wait, signal) = (seconds.to_string(), format!("--signal={signal}"));
        let prefix = ["timeout", "--preserve-status", &signal, &wait];
        let argv: Vec<String> = prefix.into_iter().map(str::to_owned).chain(Self::argv(side, args)).collect();
        self.oracle.run(&self.binds(side), &argv)
    }

    /// Starts the program of one side so many times at once; returns what those said that failed.
    pub fn run_crowd(&self, side: Side, args: &str, count: u32) -> Vec<String> {
        self.crowd(side, &[side], args, count)
    }

    /// Starts both programs in oxidnf's root, so many times each and all at once; returns what those said that failed.
    pub fn run_mixed_crowd(&self, args: &str, count: u32) -> Vec<String> {
        self.crowd(Side::Ours, &[Side::Real, Side::Ours], args, count)
    }

    fn crowd(&self, root: Side, programs: &[Side], args: &str, count: u32) -> Vec<String> {
        let start = |program: &Side| {
            let words: Vec<String> = Self::argv(*program, args).iter().map(|word| format!("'{word}'")).collect();
            let (name, words) = (side_name(*program), words.join(" "));
            format!("(if {words} >crowd/{name}$i 2>&1; then rm crowd/{name}$i; fi) & ")
        };
        let starts: String = programs.iter().map(start).collect();
        let script = format!(
            "cd {SIDE}; mkdir crowd; i=0; while [ $i -lt {count} ]; do i=$((i+1)); {starts} done; wait; \
             cd crowd; for said in *; do [ -e \"$said\" ] || continue; sed \"s/^/$said: /\" \"$said\"; [ -s \"$said\" ] || echo \"$said failed\"; done; cd ..; rm -r crowd"
        );
        let output = self.oracle.run(&self.binds(root), &["sh", "-c", &script]);
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// Runs a shell script beside one side's root, where `$DNF` is its program with the root, and everything that is
    /// written outside of the side's directory is gone afterwards.
    pub fn run_apart(&self, side: Side, script: &str) -> Output {
        let path = match side {
            Side::Real => "/usr/bin",
            Side::Ours => BIN,
        };
        let apart = self.dir.path().join("apart");
        fs::create_dir_all(&apart).expect("the directory is writable");
        let variables =
            [format!("DNF=dnf5 --installroot={ROOT}"), format!("PATH={path}:/usr/sbin:/usr/bin:/sbin:/bin")];
        let mut argv = vec!["env".to_owned()];
        argv.extend(variables);
        argv.extend(["sh", "-c", script].map(str::to_owned));
        let inside = Oracle::at(apart.join("new")).command(&self.binds(side), &argv);
        let layer = "apart=$0 lower=$1; shift; mount --make-rprivate /; mount -t tmpfs tmpfs $apart
                     mkdir $apart/up $apart/work $apart/new
                     mount -t overlay -o lowerdir=$lower,upperdir=$apart/up,workdir=$apart/work overlay $apart/new
                     exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", layer]).arg(&apart).arg(self.oracle.root());
        command.arg(inside.get_program()).args(inside.get_args()).env_clear();
        command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(std::process::Stdio::null()).output().expect("util-linux is installed")
    }

    fn argv(side: Side, args: &str) -> Vec<String> {
        let path = match side {
            Side::Real => "/usr/bin",
            Side::Ours => BIN,
        };
        let mut argv = vec!["env".to_owned(), format!("PATH={path}:/usr/sbin:/usr/bin:/sbin:/bin")];
        argv.extend(["dnf5".to_owned(), format!("--installroot={ROOT}")]);
        argv.extend(split_words(args));
        argv
    }

    pub(super) fn run_program(&self, program: &str, side: Side, args: &str) -> Output {
        // Both are called `dnf5`, so that messages and history name the same program.
        let mut argv = vec!["env".to_owned(), format!("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", parent(program))];
        if self.dir.path().join("bin").join(RPM_POOL).exists() {
            argv.push(format!("LD_PRELOAD={BIN}/{RPM_POOL}"));
        }
        argv.push("dnf5".to_owned());
        argv.push(format!("--installroot={ROOT}"));
        argv.extend(split_words(args));
        self.oracle.run(&self.binds(side), &argv)
    }

    pub(super) fn binds(&self, side: Side) -> Vec<(PathBuf, &'static str)> {
        let mut binds = vec![
            (self.dir.path().join(side_name(side)), SIDE),
            (self.dir.path().join("repos"), REPOS),
            (self.dir.path().join("bin"), BIN),
        ];
        let macros = self.dir.path().join(MACROS);
        if macros.is_dir() {
            binds.push((macros, "/etc/rpm"));
        }
        binds
    }

    /// Runs `rpm --root … ARGS` with the real rpm, `oxidnf rpm --root … ARGS` with oxidnf, and compares what they print
    /// and their exit codes; returns what both printed.
    ///
    /// # Panics
    /// When there is a difference; the text is a short diff.
    pub fn both_rpms(&self, args: &str) -> String {
        self.both_rpm_programs("rpm", args)
    }

    /// Does the same for forms that are `rpmkeys`' own.
    ///
    /// # Panics
    /// When there is a difference; the text is a short diff.
    pub fn both_rpmkeys(&self, args: &str) -> String {
        self.both_rpm_programs("rpmkeys", args)
    }

    fn both_rpm_programs(&self, program: &str, args: &str) -> String {
        let run = |side: Side| {
            let output = self.run_rpm_program(program, side, args);
            let stream = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let [out, err] = [&output.stdout, &output.stderr].map(|bytes| without_times(&stream(bytes)));
            format!("{out}-- stderr --\n{err}-- exit code {} --\n", exit_code(&output))
        };
        let (real, ours) = (run(Side::Real), run(Side::Ours));
        if let Some(difference) = diff(&format!("{program} {args}"), &real, &ours) {
            panic!("\n{difference}\n-- rpm said --\n{real}\n-- oxidnf said --\n{ours}");
        }
        real
    }
}

fn parent(program: &str) -> &str {
    program.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Masks the times of installation and of now, which differ by the seconds between the two sides.
fn without_times(text: &str) -> String {
    const NOW: &str = " at time ";
    const LENGTH: usize = "2026-01-01T00:00:00Z".len();
    let masked = |line: &str| {
        if let Some((before, after)) = line.split_once(NOW).filter(|(_, after)| after.starts_with("20")) {
            return Some(format!("{before}{NOW}TIME{}", after.get(LENGTH..).unwrap_or_default()));
        }
        let (label, value) = line.split_once(": ")?;
        (label.trim() == "Install Date" && !value.contains("not installed")).then(|| format!("{label}: TIME\n"))
    };
    text.split_inclusive('\n').map(|line| masked(line).unwrap_or_else(|| line.to_owned())).collect()
}
