//! `check` and `check-local` (reference of tdnf, section 3.9).

use std::path::Path;

use oxidnf_engine::catalog::{PackageSet, Query};
use oxidnf_engine::request::RequestOptions;
use oxidnf_engine::{Load, Operation, Problem, Request, Session};

use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::render::problems;
use crate::face::tdnf::{faults, spec};

/// The id of the repository that a checked directory becomes.
const LOCAL: &str = "check-local";

/// `check`: tries to install the newest of everything.
pub(super) fn check(cx: &Context) -> Done {
    let mut session = cx.loaded(&Load::query())?;
    let all = Query::new(session.sack()).available().into_packages();
    install_all(cx, &mut session, &all)
}

/// `check-local DIR`
pub(super) fn check_local(cx: &mut Context) -> Done {
    let Some(dir) = cx.line.arguments().first().cloned() else {
        return Err(Failure::new(number::CHECK_LOCAL_NEEDS_DIRECTORY));
    };
    if let Err(error) = std::fs::read_dir(Path::new(&dir)) {
        return Err(Failure::system(&error));
    }
    cx.console.result(format!("Checking all packages from: {dir}"));
    cx.line.recorded.push(("repofromdir".to_owned(), format!("{LOCAL},{dir}")));
    let mut session = cx.loaded(&Load::query())?;
    let sack = session.sack();
    let own = sack.find_repo(LOCAL).map(|index| sack.repo_packages(index)).unwrap_or_default();
    let own: PackageSet = own.iter().filter(|id| !sack.package(*id).is_source()).collect();
    cx.console.result(format!("Found {} packages", own.len()));
    install_all(cx, &mut session, &own)
}

fn install_all(cx: &Context, session: &mut Session, packages: &PackageSet) -> Done {
    let sack = session.sack();
    let binary: PackageSet = packages.iter().filter(|id| !sack.package(*id).is_source()).collect();
    let specs: Vec<String> =
        spec::newest(sack, &binary).into_iter().map(|id| session.nevra(id).with_epoch().to_string()).collect();
    let skip_broken = cx.has("skip-broken");
    let mut request = Request::new(Operation::Install, specs);
    request.options =
        RequestOptions { skip_broken: Some(false), allow_erasing: cx.has("allowerasing"), ..RequestOptions::default() };
    let resolved = session.resolve(&request).map_err(|error| faults::tell(&cx.console, &error))?;
    let (conflicts, obsoletes) = (cx.has("skipconflicts"), cx.has("skipobsoletes"));
    let told: Vec<Problem> = resolved
        .problems
        .into_iter()
        .filter(|problem| !problems::is_skipped(problem, conflicts, obsoletes, skip_broken))
        .collect();
    if told.is_empty() {
        cx.console.result("Check completed without issues");
        return Ok(());
    }
    let (lines, failure) = problems::render(&told, &[]);
    for line in lines {
        cx.console.error(line);
    }
    Err(failure)
}
