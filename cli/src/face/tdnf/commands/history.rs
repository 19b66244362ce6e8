//! `history` (reference of tdnf, section 3.11). The rows are those of dnf5's history, into which an older tdnf's rows
//! are taken over.

use std::collections::BTreeMap;

use oxidnf_core::Nevra;
use oxidnf_core::plan::Action;
use oxidnf_engine::catalog::Query;
use oxidnf_engine::history::{PastPackage, PastTransaction};
use oxidnf_engine::request::{RequestItem, RequestOptions};
use oxidnf_engine::{History, Load, Operation, Session};

use super::change;
use super::goal::Goal;
use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::faults;
use crate::face::tdnf::json::Json;

/// `history [list|init|update|undo|redo|rollback] …`
pub(super) fn history(cx: &Context) -> Done {
    let arguments = cx.line.arguments();
    match arguments.first().map(String::as_str) {
        Some("init" | "update") => init(cx),
        Some("undo") => replay(cx, arguments.get(1), Direction::Back),
        Some("redo") => replay(cx, arguments.get(1), Direction::Again),
        Some("rollback") => rollback(cx, arguments.get(1)),
        Some("list") => list(cx, arguments.get(1)),
        _ => list(cx, None),
    }
}

/// Fails when there is no history.
pub(super) fn check_exists(session: &Session) -> Done {
    if session.has_history() { Ok(()) } else { Err(Failure::new(number::NO_HISTORY)) }
}

/// Takes over what an older tdnf left, and makes a history if there is none.
fn init(cx: &Context) -> Done {
    let mut session = cx.loaded(&Load { exclusive: true, ..Load::system_only() })?;
    session.make_history().map_err(|error| faults::tell(&cx.console, &error))
}

/// One transaction as it is shown.
struct Entry {
    past: PastTransaction,
    added: Vec<Nevra>,
    removed: Vec<Nevra>,
}

fn entries(cx: &Context, history: &History) -> Result<Vec<Entry>, Failure> {
    let tell = |error| faults::tell(&cx.console, &oxidnf_engine::Error::from(error));
    let mut all = Vec::new();
    for past in history.transactions().map_err(tell)? {
        let packages = history.packages(past.id).map_err(tell)?;
        let of = |wanted: fn(Action) -> bool| {
            let mut nevras: Vec<Nevra> =
                packages.iter().filter(|package| wanted(package.action)).map(|package| package.nevra.clone()).collect();
            nevras.sort();
            nevras
        };
        all.push(Entry { added: of(Action::is_inbound), removed: of(Action::is_outbound), past });
    }
    Ok(all)
}

/// `history list [A-B]`
fn list(cx: &Context, range: Option<&String>) -> Done {
    let session = cx.loaded(&Load { exclusive: true, ..Load::system_only() })?;
    check_exists(&session)?;
    let history = session.history().map_err(|error| faults::tell(&cx.console, &error))?;
    let mut shown = entries(cx, &history)?;
    let (mut from, mut to) = (bound(cx, "from")?, bound(cx, "to")?);
    if let Some(range) = range {
        let (first, last) = parse_range(range)?;
        (from, to) = (Some(first), Some(last));
    }
    shown.retain(|entry| from.is_none_or(|from| entry.past.id >= from) && to.is_none_or(|to| entry.past.id <= to));
    if cx.has("reverse") {
        shown.reverse();
    }
    if cx.console.json {
        let info = cx.has("info");
        cx.console.document(&Json::List(shown.iter().map(|entry| json(entry, info)).collect()));
        return Ok(());
    }
    print(cx, &shown);
    Ok(())
}

fn print(cx: &Context, shown: &[Entry]) {
    let width = cx.console.width().saturating_sub(41);
    cx.console.result(format!("ID   {:<width$} date/time             +add  / -rem", "cmd line"));
    for Entry { past, added, removed } in shown {
        let date = local(past.begin);
        let command = command(past);
        cx.console.result(format!(
            "{:>4} {command:<width$} {date} {:>5} / {:>5}",
            past.id,
            format!("+{}", added.len()),
            format!("-{}", removed.len())
        ));
        if cx.has("info") {
            let names = |nevras: &[Nevra]| nevras.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            if !added.is_empty() {
                cx.console.result(format!("added: {}", names(added)));
            }
            if !removed.is_empty() {
                cx.console.result(format!("removed: {}", names(removed)));
            }
            cx.console.result("");
        }
    }
}

/// tdnf shows the arguments without the program's name.
fn command(past: &PastTransaction) -> &str {
    past.description.strip_prefix("tdnf ").unwrap_or(&past.description)
}

/// `Sat Feb 03 2024 04:05`, in local time.
fn local(seconds: i64) -> String {
    let Ok(time) = jiff::Timestamp::from_second(seconds) else { return String::new() };
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%a %b %d %Y %H:%M").to_string()
}

fn json(entry: &Entry, info: bool) -> Json {
    let Entry { past, added, removed } = entry;
    let mut fields = vec![
        ("Id", Json::Number(past.id)),
        ("CmdLine", Json::text(command(past))),
        ("TimeStamp", Json::Number(past.begin)),
        ("AddedCount", Json::size(added.len() as u64)),
        ("RemovedCount", Json::size(removed.len() as u64)),
    ];
    if info {
        fields.push(("Added", Json::texts(added.iter().map(ToString::to_string))));
        fields.push(("Removed", Json::texts(removed.iter().map(ToString::to_string))));
    }
    Json::Object(fields)
}

fn bound(cx: &Context, option: &str) -> Result<Option<i64>, Failure> {
    cx.line.value(option).map(number_of).transpose()
}

fn number_of(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Failure::new(number::INVALID_PARAMETER))
}

/// `N` or `N-M`
fn parse_range(text: &str) -> Result<(i64, i64), Failure> {
    match text.split_once('-') {
        Some((from, to)) => Ok((number_of(from)?, number_of(to)?)),
        None => number_of(text).map(|one| (one, one)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Back,
    Again,
}

/// `history undo|redo N[-M]`
fn replay(cx: &Context, range: Option<&String>, direction: Direction) -> Done {
    let range = range.ok_or(Failure::new(number::INVALID_PARAMETER))?;
    let (from, to) = parse_range(range)?;
    // Before the first transaction there is nothing to go back to.
    if from < 2 || to < from {
        return Err(Failure::new(number::INVALID_PARAMETER));
    }
    let mut session = cx.loaded(&Load::transaction())?;
    check_exists(&session)?;
    let ids: Vec<i64> = match direction {
        Direction::Back => (from..=to).rev().collect(),
        Direction::Again => (from..=to).collect(),
    };
    let wanted = effect(cx, &session, &ids, direction)?;
    apply(cx, &mut session, wanted)
}

/// `history rollback N`: undoes everything after N.
fn rollback(cx: &Context, to: Option<&String>) -> Done {
    let to = number_of(to.ok_or(Failure::new(number::INVALID_PARAMETER))?)?;
    let mut session = cx.loaded(&Load::transaction())?;
    check_exists(&session)?;
    let history = session.history().map_err(|error| faults::tell(&cx.console, &error))?;
    let tell = |error| faults::tell(&cx.console, &oxidnf_engine::Error::from(error));
    let last = history.last_id().map_err(tell)?.unwrap_or(0);
    if to < 1 || to > last {
        return Err(Failure::new(number::INVALID_PARAMETER));
    }
    let ids: Vec<i64> = (to + 1..=last).rev().collect();
    let wanted = effect(cx, &session, &ids, Direction::Back)?;
    apply(cx, &mut session, wanted)
}

/// What is to be there, and what is not, by name-version-release.
type Effect = BTreeMap<String, (Nevra, bool)>;

/// Adds up what transactions did, in the given order; the last word about a package counts.
fn effect(cx: &Context, session: &Session, ids: &[i64], direction: Direction) -> Result<Effect, Failure> {
    let history = session.history().map_err(|error| faults::tell(&cx.console, &error))?;
    let tell = |error| faults::tell(&cx.console, &oxidnf_engine::Error::from(error));
    let mut effect = Effect::new();
    for id in ids {
        if history.transaction(*id).map_err(tell)?.is_none() {
            return Err(Failure::new(number::INVALID_PARAMETER));
        }
        for PastPackage { nevra, action, .. } in history.packages(*id).map_err(tell)? {
            let there = match (action.is_inbound(), action.is_outbound()) {
                (true, _) => direction == Direction::Again,
                (_, true) => direction == Direction::Back,
                _ => continue,
            };
            // A reinstallation left everything as it was.
            if action != Action::Reinstall {
                effect.insert(nevra.to_string(), (nevra, there));
            }
        }
    }
    Ok(effect)
}

fn apply(cx: &Context, session: &mut Session, wanted: Effect) -> Done {
    let sack = session.sack();
    let considered = Query::new(sack).into_packages();
    let at = |nevra: &Nevra, installed: bool| {
        sack.named(&nevra.name).any(|id| {
            let package = sack.package(id);
            considered.contains(id)
                && sack.is_installed(id) == installed
                && package.arch() == nevra.arch
                && package.evr().same_text(&nevra.evr())
        })
    };
    let (mut install, mut remove, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    let coming: Vec<(String, String)> = wanted
        .values()
        .filter(|(_, there)| *there)
        .map(|(nevra, _)| (nevra.name.clone(), nevra.arch.clone()))
        .collect();
    for (nevra, there) in wanted.values() {
        let replaced = || coming.contains(&(nevra.name.clone(), nevra.arch.clone()));
        match there {
            true if at(nevra, true) => {}
            true if at(nevra, false) => install.push(nevra.with_epoch().to_string()),
            true => lost.push(nevra.to_string()),
            // What another version replaces goes with it.
            false if at(nevra, true) && !replaced() => remove.push(nevra.with_epoch().to_string()),
            false => {}
        }
    }
    if !lost.is_empty() {
        cx.console.result("The following packages could not be resolved:");
        cx.console.result("");
        for nevra in lost {
            cx.console.result(nevra);
        }
        return Err(Failure::new(number::NO_MATCH));
    }
    let items = vec![
        RequestItem { operation: Operation::Remove, specs: remove },
        RequestItem { operation: Operation::Install, specs: install },
    ];
    let options = RequestOptions { allow_erasing: true, clean_requirements: Some(false), ..RequestOptions::default() };
    change::run(cx, session, Goal { items, ..Goal::default() }, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(parse_range("3"), Ok((3, 3)));
        assert_eq!(parse_range("3-5"), Ok((3, 5)));
        assert_eq!(parse_range("x").expect_err("no number").number(), 1622);
    }
}
