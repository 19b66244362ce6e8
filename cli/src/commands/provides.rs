//! `provides`

use std::collections::BTreeMap;

use clap::Args;
use oxidnf_engine::catalog::{Match, PackageId, Query, SpecSettings};
use oxidnf_engine::repo_config::glob_match;
use oxidnf_engine::request::needs_filelists;
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
            let matches = find(&session, &query, spec)?;
            print_matches(cx, &session, &matches);
            if matches.packages.is_empty() {
                unmatched.push(spec);
            }
        }
        if unmatched.is_empty() {
            return Ok(0);
        }
        if cx.tell_about_empty_installroot(&session) {
            return Err(Failure::Silent);
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

/// What a spec matched: packages in the order of loading, each with the paths that matched, if paths did.
struct Matches {
    packages: Vec<(PackageId, Vec<String>)>,
}

/// Provides come first, but for paths, of which file lists know more.
fn find(session: &Session, query: &Query<'_>, spec: &str) -> Result<Matches, Failure> {
    let by_provides = || find_provides(query, spec);
    let by_paths = || find_paths(session, query, spec);
    if needs_filelists(spec) {
        let found = by_paths()?;
        return Ok(if found.packages.is_empty() { by_provides() } else { found });
    }
    let found = by_provides();
    if found.packages.is_empty() { by_paths() } else { Ok(found) }
}

fn find_provides(query: &Query<'_>, spec: &str) -> Matches {
    let settings = SpecSettings {
        with_nevra: false,
        with_filenames: false,
        with_binaries: false,
        with_source: true,
        ..SpecSettings::default()
    };
    let provided = query.resolve_spec(spec, &settings).packages;
    Matches { packages: provided.iter().map(|id| (id, Vec::new())).collect() }
}

fn find_paths(session: &Session, query: &Query<'_>, spec: &str) -> Result<Matches, Failure> {
    let patterns = if needs_filelists(spec) {
        vec![spec.to_owned()]
    } else {
        vec![format!("/usr/bin/{spec}"), format!("/usr/sbin/{spec}")]
    };
    let mut packages: BTreeMap<PackageId, Vec<String>> = BTreeMap::new();
    let installed = query.clone().installed().filter_file(Match::Glob, &patterns);
    for id in installed.packages().iter() {
        let files = session.sack().package(id).files().map(|file| file.path());
        let matching = files.filter(|path| patterns.iter().any(|pattern| pattern == path || glob_match(pattern, path)));
        packages.insert(id, matching.collect());
    }
    let considered = query.packages();
    let available = session.owned_paths(&patterns)?;
    packages.extend(available.into_iter().filter(|(id, _)| considered.contains(*id)));
    Ok(Matches { packages: packages.into_iter().collect() })
}

fn print_matches(cx: &Context, session: &Session, matches: &Matches) {
    let output = &cx.output;
    for (id, paths) in &matches.packages {
        let package = session.sack().package(*id);
        output.line(format!("{} : {}", session.nevra(*id), package.summary()));
        output.line(format!("Repo         : {}", session.repo_id(*id)));
        output.line("Matched From : ");
        if paths.is_empty() {
            // dnf5 shows the package's own name here, whichever of its provides was meant.
            let (name, version, release) = (package.name(), package.version(), package.release());
            output.line(format!("Provide      : {name} = {version}-{release}"));
        }
        for path in paths {
            output.line(format!("Filename     : {path}"));
        }
        output.line("");
    }
}
