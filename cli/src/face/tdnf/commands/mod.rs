//! tdnf's commands: each looks at the line, asks the engine, and says what came of it.

mod change;
mod check;
mod goal;
mod history;
mod mark;
mod query;
mod repoquery;
mod repos;
mod reposync;
mod updateinfo;

use super::context::{Context, Done};
use super::grammar::Command;

/// Runs a command.
pub fn run(cx: &mut Context, command: Command) -> Done {
    match command {
        Command::Autoremove => change::autoremove(cx),
        Command::Check => check::check(cx),
        Command::CheckLocal => check::check_local(cx),
        Command::CheckUpdate => query::check_update(cx),
        Command::Clean => repos::clean(cx),
        Command::Count => query::count(cx),
        Command::DistroSync => change::distro_sync(cx),
        Command::Downgrade => change::downgrade(cx),
        Command::Erase | Command::Remove => change::erase(cx),
        Command::Help => {
            super::print_usage(&cx.console);
            Ok(())
        }
        Command::History => history::history(cx),
        Command::Info => query::info(cx),
        Command::Install => change::install(cx),
        Command::List => query::list(cx),
        Command::Makecache => repos::makecache(cx),
        Command::Mark => mark::mark(cx),
        Command::Provides => query::provides(cx),
        Command::Reinstall => change::reinstall(cx),
        Command::Repolist => repos::repolist(cx),
        Command::Repoquery => repoquery::repoquery(cx),
        Command::Reposync => reposync::reposync(cx),
        Command::Search => query::search(cx),
        Command::Update => change::update(cx),
        Command::Updateinfo => updateinfo::updateinfo(cx),
    }
}
