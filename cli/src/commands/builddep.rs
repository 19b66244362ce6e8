//! `builddep`

use std::path::Path;
use std::process::Command;

use clap::Args;
use oxidnf_engine::session::BuildDependencies;
use oxidnf_engine::{Operation, Request, RequestItem, Session};

use super::options::{AllowDowngrade, AllowErasing, Keep, PackageSource, SkipUnavailable};
use crate::context::{Context, Failure};
use crate::driver::Change;
use crate::face::dnf5::errors::plain;
use crate::grammar::UsageError;

/// Install what packages need to be built
#[derive(Debug, Clone, Default, Args)]
pub struct BuilddepArgs {
    /// Define an rpm macro while spec files are read
    #[arg(short = 'D', long, value_name = "\"macro expr\"")]
    define: Vec<String>,
    /// Enable a conditional of spec files
    #[arg(long, value_name = "OPTION")]
    with: Vec<String>,
    /// Disable a conditional of spec files
    #[arg(long, value_name = "OPTION")]
    without: Vec<String>,
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    source: PackageSource,
    #[command(flatten)]
    keep: Keep,
    /// Take what follows for spec files
    #[arg(long)]
    spec: bool,
    /// Take what follows for source package files
    #[arg(long)]
    srpm: bool,
    /// Spec files, source package files, and names of packages
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

/// What is to be built, to be looked at when the packages are loaded.
#[derive(Debug, Clone, Default)]
pub struct BuildInputs {
    inputs: Vec<Input>,
    /// Arguments for the program that reads spec files.
    macros: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Input {
    Spec(String),
    SourcePackage(String),
    Name(String),
}

impl BuilddepArgs {
    /// Finds definitions that are none.
    pub fn check(&self) -> Result<(), UsageError> {
        let is_definition = |text: &&String| text.trim().split_once([' ', '\t']).is_some();
        match self.define.iter().find(|text| !is_definition(text)) {
            Some(text) => Err(UsageError::Other(format!(
                "Invalid value for macro definition \"{text}\". \"macro expr\" format expected."
            ))),
            None => Ok(()),
        }
    }

    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let BuilddepArgs { define, with, without, erasing, unavailable, downgrade, source, keep, spec, srpm, specs } =
            self;
        let mut request = Request::default();
        source.apply(&mut request.options);
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        let conditionals = [("with", with), ("without", without)];
        let conditionals = conditionals.into_iter().flat_map(|(how, options)| {
            options.into_iter().map(move |option| format!("_{how}_{option} --{how}-{option}"))
        });
        let definitions = define.into_iter().chain(conditionals);
        let macros = definitions.flat_map(|definition| ["--define".to_owned(), definition]).collect();
        let inputs = inputs(specs, spec, srpm);
        Change { request, keep, build: Some(BuildInputs { inputs, macros }), ..Change::default() }
    }
}

/// Sorts the arguments; `--spec` and `--srpm` among them are about what follows.
fn inputs(words: Vec<String>, mut spec: bool, mut srpm: bool) -> Vec<Input> {
    let mut inputs = Vec::new();
    for word in words {
        match &*word {
            "--spec" => (spec, srpm) = (true, false),
            "--srpm" => (spec, srpm) = (false, true),
            _ if spec => inputs.push(Input::Spec(word)),
            _ if srpm => inputs.push(Input::SourcePackage(word)),
            name if name.strip_suffix(".spec").is_some() => inputs.push(Input::Spec(word)),
            name if name.ends_with(".src.rpm") || name.ends_with(".nosrc.rpm") => {
                inputs.push(Input::SourcePackage(word));
            }
            _ => inputs.push(Input::Name(word)),
        }
    }
    inputs
}

impl BuildInputs {
    /// Tells whether packages are named, whose sources have to be found.
    pub fn names_packages(&self) -> bool {
        self.inputs.iter().any(|input| matches!(input, Input::Name(_)))
    }

    /// Returns what is wanted: requirements that are to be met, and installed packages that are in the way.
    pub fn wishes(&self, cx: &Context, session: &mut Session) -> Result<Vec<RequestItem>, Failure> {
        let mut needs = BuildDependencies::default();
        let mut understood = true;
        for input in &self.inputs {
            understood &= match input {
                Input::Name(name) => {
                    let found = session.add_source_dependencies(name, &mut needs);
                    if !found {
                        cx.output.error(format!("No package matched \"{name}\"."));
                    }
                    found
                }
                Input::SourcePackage(path) => add_source_package(cx, session, path, &mut needs),
                Input::Spec(path) => self.add_spec(cx, path, &mut needs),
            };
        }
        if !understood {
            return Err(Failure::Message("Failed to parse some inputs.".to_owned()));
        }
        let requires = needs.requires.iter().cloned().collect();
        let mut wishes = vec![RequestItem { operation: Operation::InstallRequirement, specs: requires }];
        let in_the_way = session.keep_away(&needs.conflicts);
        if !in_the_way.is_empty() {
            wishes.push(RequestItem { operation: Operation::Remove, specs: in_the_way });
        }
        Ok(wishes)
    }

    /// Lets rpm's own program read a spec file, which is a program in rpm's macro language.
    fn add_spec(&self, cx: &Context, path: &str, needs: &mut BuildDependencies) -> bool {
        let format = "[R %{REQUIRENEVRS}\\n][C %{CONFLICTNEVRS}\\n]";
        let mut command = Command::new("rpmspec");
        command.args(["--query", "--srpm", "--queryformat", format]).args(&self.macros).arg("--").arg(path);
        let failed = |why: Option<String>| {
            if let Some(why) = why {
                cx.output.error(why);
            }
            cx.output.error(format!("Failed to parse spec file \"{path}\"."));
            false
        };
        let output = match command.current_dir(&cx.environment.current_dir).output() {
            Ok(output) => output,
            Err(error) => {
                let why = format!("Cannot run rpmspec, which reads spec files: {}", plain(&error));
                return failed(Some(format!("{why}. Install rpm-build, or give a source package instead.")));
            }
        };
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            // What the program says of itself.
            if !line.starts_with("error: query of specfile") {
                cx.output.error(line);
            }
        }
        if !output.status.success() {
            return failed(None);
        }
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            match line.split_at_checked(2) {
                Some(("R ", dependency)) => needs.require(dependency.to_owned()),
                Some(("C ", dependency)) => {
                    needs.conflicts.insert(dependency.to_owned());
                }
                _ => {}
            }
        }
        true
    }
}

fn add_source_package(cx: &Context, session: &Session, path: &str, needs: &mut BuildDependencies) -> bool {
    let place = cx.environment.current_dir.join(Path::new(path));
    if let Err(error) = std::fs::File::open(&place) {
        cx.output.error(format!("Failed to open \"{path}\": {}", plain(&error)));
        return false;
    }
    if session.add_file_dependencies(&place, needs).is_err() {
        // dnf5 goes on without it.
        cx.output.error(format!("Failed to read rpm file \"{path}\"."));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_inputs() {
        let words = ["a.spec", "b", "c.src.rpm", "d.nosrc.rpm", "e.rpm", "--spec", "f", "--srpm", "g"];
        let want = [
            Input::Spec("a.spec".into()),
            Input::Name("b".into()),
            Input::SourcePackage("c.src.rpm".into()),
            Input::SourcePackage("d.nosrc.rpm".into()),
            Input::Name("e.rpm".into()),
            Input::Spec("f".into()),
            Input::SourcePackage("g".into()),
        ];
        assert_eq!(inputs(words.map(str::to_owned).to_vec(), false, false), want);
    }
}
