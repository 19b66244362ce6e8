//! `provides`

use std::collections::BTreeMap;

use clap::Args;
use oxidnf_engine::catalog::{Match, PackageId, Query, SpecSettings};
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
    by_paths: bool,
    packages: Vec<(PackageId, Vec<String>)>,
}

/// Tries the readings of a spec in dnf5's order: an absolute path is nothing else; other specs are provides, then
/// patterns for paths, then names of programs.
fn find(session: &Session, query: &Query<'_>, spec: &str) -> Result<Matches, Failure> {
    if spec.starts_with('/') {
        // With the merged /usr of Fedora packages own no files in the old directories of programs.
        let old = spec.starts_with("/bin/") || spec.starts_with("/sbin/");
        let path = if old { format!("/usr{spec}") } else { spec.to_owned() };
        let mut found = find_paths(session, query, &[path])?;
        // What is shown is what matches the spec as it was typed.
        for (_, paths) in &mut found.packages {
            paths.retain(|path| path == spec || glob_match(spec, path));
        }
        return Ok(found);
    }
    let provided = find_provides(query, spec);
    if !provided.packages.is_empty() {
        return Ok(provided);
    }
    if spec.contains(['*', '?', '[']) {
        let found = find_paths(session, query, &[spec.to_owned()])?;
        if !found.packages.is_empty() {
            return Ok(found);
        }
    }
    let programs = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"].map(|dir| format!("{dir}{spec}"));
    find_paths(session, query, &programs)
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
    let packages = query.sack().in_order(&provided);
    Matches { by_paths: false, packages: packages.into_iter().map(|id| (id, Vec::new())).collect() }
}

fn find_paths(session: &Session, query: &Query<'_>, patterns: &[String]) -> Result<Matches, Failure> {
    let mut packages: BTreeMap<PackageId, Vec<String>> = BTreeMap::new();
    let installed = query.clone().installed().filter_file(Match::Glob, patterns);
    for id in installed.packages().iter() {
        let files = session.sack().package(id).files().map(|file| file.path());
        let matching = files.filter(|path| patterns.iter().any(|pattern| pattern == path || glob_match(pattern, path)));
        packages.insert(id, matching.collect());
    }
    let considered = query.packages();
    let available = session.owned_paths(patterns)?;
    packages.extend(available.into_iter().filter(|(id, _)| considered.contains(*id)));
    let ids = session.sack().in_order(&packages.keys().copied().collect());
    let packages = ids.into_iter().filter_map(|id| Some((id, packages.remove(&id)?))).collect();
    Ok(Matches { by_paths: true, packages })
}

fn print_matches(cx: &Context, session: &Session, matches: &Matches) {
    let output = &cx.output;
    for (id, paths) in &matches.packages {
        let package = session.sack().package(*id);
        output.line(format!("{} : {}", session.nevra(*id), package.summary()));
        output.line(format!("Repo         : {}", session.repo_id(*id)));
        output.line("Matched From : ");
        if !matches.by_paths {
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
