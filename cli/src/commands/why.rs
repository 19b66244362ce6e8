//! `why`

use clap::Args;
use oxidnf_engine::catalog::{PackageId, Query, SpecSettings};
use oxidnf_engine::{Load, Session};

use super::options::Json;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::{explain, json};

/// Show what an installed package is needed for, from what was asked for down to it
#[derive(Debug, Clone, Args)]
pub struct WhyArgs {
    /// Show all ways that lead to the package, not only the shortest
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    json: Json,
    /// Installed packages: names, provides, files
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

impl WhyArgs {
    /// Explains each installed package that a spec names; a spec that names none makes the status 1.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let WhyArgs { all, json, specs } = self;
        let mut session = cx.open()?;
        cx.load(&mut session, &Load::system_only(), !json.json)?;
        let mut answers = Vec::new();
        let mut missing = false;
        for spec in &specs {
            let found = installed(&session, spec);
            if found.is_empty() {
                missing = true;
                cx.output.error(format!("No installed package matches: {spec}"));
                cx.output.error(format!("\"why-not {spec}\" tells what prevents its installation."));
            }
            for id in found {
                answers.push(session.why(id)?);
            }
        }
        if json.json {
            let answers = answers.iter().map(|why| explain::why_json(&session, why)).collect();
            cx.output.line(json::render(&serde_json::Value::Array(answers)));
        } else {
            for why in &answers {
                explain::print_why(&cx.output, &session, why, all);
            }
        }
        if missing { Err(Failure::Silent) } else { Ok(0) }
    }
}

fn installed(session: &Session, spec: &str) -> Vec<PackageId> {
    let query = Query::new(session.sack()).installed();
    session.sack().sorted(&query.resolve_spec(spec, &SpecSettings::default()).packages)
}
