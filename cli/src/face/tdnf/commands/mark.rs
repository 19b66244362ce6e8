//! `mark install|remove SPEC…` (reference of tdnf, section 3.11).

use oxidnf_core::Reason;
use oxidnf_engine::catalog::Query;
use oxidnf_engine::request::RequestItem;
use oxidnf_engine::{CommitOptions, Downloaded, Load, Operation, Request};

use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::prompt::Terminal;
use crate::face::tdnf::{faults, spec};

/// `mark install|remove SPEC…`
pub(super) fn mark(cx: &Context) -> Done {
    let misuse = |text: &str| {
        cx.console.error(text);
        Failure::new(number::INVALID_PARAMETER)
    };
    let arguments = cx.line.arguments();
    let Some(action) = arguments.first() else {
        return Err(misuse("need action ('install' or 'remove') as argument"));
    };
    let specs = &arguments[1..];
    if specs.is_empty() {
        return Err(misuse("need package spec(s) as argument"));
    }
    let (reason, word) = match action.as_str() {
        "install" => (Reason::User, "userinstalled"),
        "remove" => (Reason::Dependency, "autoinstalled"),
        other => {
            cx.console.result(format!("unknown action '{other}'"));
            return Err(Failure::new(number::CLI_INVALID_ARGUMENT));
        }
    };
    let mut session = cx.loaded(&Load { exclusive: true, ..Load::system_only() })?;
    let sack = session.sack();
    let installed = Query::new(sack).installed().into_packages();
    let mut exact = Vec::new();
    for argument in specs {
        let Some(found) = spec::find(sack, &installed, argument, false) else { continue };
        for id in sack.in_order(&found.packages) {
            cx.console.result(format!("marking {} as {word}", sack.package(id).name()));
            exact.push(session.nevra(id).with_epoch().to_string());
        }
    }
    if exact.is_empty() {
        return Err(Failure::new(number::NO_MATCH));
    }
    let tell = |error| faults::tell(&cx.console, &error);
    let items = vec![RequestItem { operation: Operation::Mark { reason, group: None }, specs: exact }];
    let resolved = session.resolve(&Request { items, ..Request::default() }).map_err(tell)?;
    if resolved.plan.is_empty() {
        return Ok(());
    }
    let mut prompt = Terminal::new(cx);
    let nothing = Downloaded::default();
    let commit = session.commit(&resolved, &nothing, &CommitOptions::default(), &mut prompt, cx.progress.as_ref());
    commit.map(drop).map_err(tell)
}
