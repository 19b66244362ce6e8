//! `why-not`

use clap::Args;
use oxidnf_engine::Load;
use oxidnf_engine::request::{is_package_file, needs_filelists};

use super::options::Json;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::{explain, json};

/// Show what prevents the installation of a package, and what would help
#[derive(Debug, Clone, Args)]
pub struct WhyNotArgs {
    #[command(flatten)]
    json: Json,
    /// Packages that cannot be installed: names, provides, files, paths or URLs of package files
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

impl WhyNotArgs {
    /// Explains each spec; the status is 1 when one names nothing at all.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let WhyNotArgs { json, specs } = self;
        let mut session = cx.open()?;
        let mut load = Load::query();
        load.command_line_packages = specs.iter().filter(|spec| is_package_file(spec)).cloned().collect();
        if specs.iter().any(|spec| needs_filelists(spec)) {
            load.metadata.push("filelists".to_owned());
        }
        cx.load(&mut session, &load, !json.json)?;
        let mut unknown = false;
        let mut answers = Vec::new();
        for spec in &specs {
            let obstacle = session.why_not(spec)?;
            unknown |= explain::is_unknown(&obstacle);
            if json.json {
                answers.push(explain::why_not_json(&session, spec, &obstacle));
            } else {
                explain::print_why_not(&cx.output, &session, spec, &obstacle);
            }
        }
        if json.json {
            cx.output.line(json::render(&serde_json::Value::Array(answers)));
        }
        if unknown { Err(Failure::Silent) } else { Ok(0) }
    }
}
