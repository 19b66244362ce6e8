//! `--dump-main-config`, `--dump-repo-config` and `--dump-variables`

use oxidnf_engine::log::Level;
use oxidnf_engine::repo_config::glob_match;

use crate::context::{Context, Failure, check_persistence};
use crate::grammar::split_list;

/// Prints what was asked for.
pub fn run(cx: &mut Context) -> Result<(), Failure> {
    let session = cx.open_quietly()?;
    let output = &cx.output;
    let print = |pairs: Vec<(&str, Option<String>)>| {
        for (key, value) in pairs {
            match value {
                Some(value) => output.line(format!("{key} = {value}")),
                None => output.line(key),
            }
        }
    };
    if cx.globals.dump_variables {
        output.line("======== Variables: ========");
        for (name, value) in session.vars().iter() {
            output.line(format!("{name} = {value}"));
        }
    }
    if cx.globals.dump_main_config {
        output.line("======== Main configuration: ========");
        print(session.config().dump());
    }
    let patterns = split_list(&cx.globals.dump_repo_config);
    for pattern in &patterns {
        if !session.repos().iter().any(|repo| glob_match(pattern, &repo.id)) {
            let warning = format!("No matching repo to dump configuration: \"{pattern}\"");
            session.log().write(Level::Warning, &warning);
        }
    }
    let mut repos: Vec<_> = session.repos().iter().collect();
    repos.sort_by(|one, two| one.id.cmp(&two.id));
    for repo in repos {
        if patterns.iter().any(|pattern| glob_match(pattern, &repo.id)) {
            output.line(format!("======== \"{}\" repository configuration: ========", repo.id));
            let mut pairs = repo.dump();
            // dnf5 binds these two of main also to repositories.
            let inherited = |(key, _): &(&str, _)| ["cachedir", "protected_packages"].contains(key);
            pairs.extend(session.config().dump().into_iter().filter(inherited));
            pairs.sort_by_key(|(key, _)| *key);
            print(pairs);
        }
    }
    check_persistence(&session)
}
