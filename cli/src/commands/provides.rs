//! `provides`

use clap::Args;
use oxidnf_engine::catalog::{PackageId, Query, SpecForm, SpecSettings};
use oxidnf_engine::repo_config::glob_match;
use oxidnf_engine::{Load, Session};

use super::list::all;
use crate::context::{CommandResult, Context, Failure};

/// Find the packages that provide something
#[derive(Debug, Clone, Default, Args)]
pub struct ProvidesArgs {
    /// Provides, paths or names of programs
    #[arg(required = true, value_name = "package-spec-PFB")]
    specs: Vec<String>,
}

impl ProvidesArgs {
    /// Prints the packages that provide each spec.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let ProvidesArgs { specs } = self;
        let mut session = cx.open()?;
        let load = Load { metadata: vec!["filelists".to_owned()], ..Load::query() };
        cx.load(&mut session, &load, true)?;
        let query = all(&session);
        let mut unmatched = Vec::new();
        for spec in &specs {
            if !print_matches(cx, &session, &query, spec) {
                unmatched.push(spec);
            }
        }
        if unmatched.is_empty() {
            return Ok(0);
        }
        if unmatched.len() == specs.len() {
            cx.output.error("No matches found.");
        } else {
            for spec in unmatched {
                cx.output.error(format!("No matches found for \"{spec}\"."));
            }
        }
        cx.output.error(
            "If searching for a file, try specifying the full path or using a wildcard prefix (\"*/\") at the beginning.",
        );
        Err(Failure::Silent)
    }
}

fn print_matches(cx: &Context, session: &Session, query: &Query<'_>, spec: &str) -> bool {
    let settings = SpecSettings { with_nevra: false, with_source: true, ..SpecSettings::default() };
    let found = query.resolve_spec(spec, &settings);
    // Installed packages first, then repository by repository, as they were loaded.
    for id in found.packages.iter() {
        let package = session.sack().package(id);
        let output = &cx.output;
        output.line(format!("{} : {}", session.nevra(id), package.summary()));
        output.line(format!("Repo         : {}", session.repo_id(id)));
        output.line("Matched From : ");
        match found.form {
            Some(SpecForm::File) => print_files(cx, session, id, &[spec.to_owned()]),
            Some(SpecForm::Binary) => {
                print_files(cx, session, id, &[format!("/usr/bin/{spec}"), format!("/usr/sbin/{spec}")]);
            }
            // dnf5 shows the package's own name here, whichever of its provides was meant.
            _ => {
                let (name, version, release) = (package.name(), package.version(), package.release());
                output.line(format!("Provide      : {name} = {version}-{release}"));
            }
        }
        output.line("");
    }
    !found.packages.is_empty()
}

fn print_files(cx: &Context, session: &Session, id: PackageId, patterns: &[String]) {
    for file in session.sack().package(id).files() {
        let path = file.path();
        if patterns.iter().any(|pattern| *pattern == path || glob_match(pattern, &path)) {
            cx.output.line(format!("Filename     : {path}"));
        }
    }
}
