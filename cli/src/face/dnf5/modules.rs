//! Modules.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use oxidnf_engine::modules::{ModuleItem, ModuleSack, ModuleStatus};
use oxidnf_engine::{ModuleProblem, ModuleRule, ModuleTrouble};

use super::columns::{Column, Wish, display_width, fitted, widths};
use super::info::{print_pairs, wrapped};
use crate::output::Output;
use crate::sanitize::one_line;

/// Name, Stream, Profiles, Summary.
const LIST: [Column; 4] = [
    Column { wish: Wish::Share(0.15), cut: false, right: false },
    Column { wish: Wish::Share(0.15), cut: true, right: false },
    Column { wish: Wish::Share(0.3), cut: true, right: false },
    Column { wish: Wish::Share(0.4), cut: true, right: false },
];

/// Prints the table of `module list`: of each stream the first build.
pub(crate) fn print_list(output: &Output, sack: &ModuleSack, items: &[&ModuleItem]) {
    let mut shown = BTreeSet::new();
    let mut items: Vec<&&ModuleItem> =
        items.iter().filter(|item| shown.insert((&item.stream.name, &item.stream.stream))).collect();
    items.sort_by(|one, two| one.stream.name.cmp(&two.stream.name));
    let mut rows = vec![["Name", "Stream", "Profiles", "Summary"].map(str::to_owned)];
    rows.extend(items.iter().map(|item| {
        let ModuleItem { stream, .. } = item;
        let cells = [&stream.name, &stream_text(sack, item, false), &profiles_text(sack, item), &stream.summary];
        cells.map(|cell| one_line(cell).into_owned())
    }));
    let lengths: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().map(|cell| display_width(cell)).collect()).collect();
    let widths = match output.terminal() {
        Some(columns) => widths(&LIST, &lengths, columns, true),
        None => widths(&LIST, &lengths, usize::MAX / 2, false),
    };
    for cells in &rows {
        // What is too long for the last two columns goes on below.
        let parts: Vec<Cow<'_, str>> =
            cells.iter().zip(&widths).skip(2).map(|(cell, width)| wrapped(cell, Some(*width))).collect();
        let mut parts: Vec<_> = parts.iter().map(|part| part.split('\n')).collect();
        let mut next = || parts.iter_mut().map(|part| part.next().map(str::to_owned)).collect::<Vec<_>>();
        let (mut first, mut rest) = ([cells[0].clone(), cells[1].clone()], next());
        while rest.iter().any(Option::is_some) {
            let line = first.into_iter().chain(rest.into_iter().map(Option::unwrap_or_default)).collect::<Vec<_>>();
            output.line(fitted(&LIST, &widths, &line, true).join(" "));
            (first, rest) = ([String::new(), String::new()], next());
        }
    }
    output.line("");
    output.line("Hint: [d]efault, [e]nabled, [x]disabled, [i]nstalled");
}

/// Prints all builds with everything that is known of them.
pub(crate) fn print_details(output: &Output, sack: &ModuleSack, items: &[&ModuleItem]) {
    let sorted: BTreeMap<String, &ModuleItem> =
        items.iter().map(|item| (format!("{}:{}", item.full_identifier(), item.repo_id), *item)).collect();
    for item in sorted.into_values() {
        let stream = &item.stream;
        let lines = |lines: Vec<&str>| lines.join("\n");
        let pairs = [
            ("Name", stream.name.clone()),
            ("Stream", stream_text(sack, item, true)),
            ("Version", stream.version.to_string()),
            ("Context", stream.context.clone()),
            ("Architecture", stream.arch.clone()),
            ("Profiles", profiles_text(sack, item)),
            ("Default profiles", sack.default_profiles(item).collect::<Vec<_>>().join(", ")),
            ("Repo", item.repo_id.clone()),
            ("Summary", stream.summary.trim().to_owned()),
            ("Description", stream.description.trim().to_owned()),
            ("Requires", item.requirements().join("\n")),
            ("Artifacts", lines(item.artifacts().into_iter().collect())),
        ];
        let width = "Default profiles".len();
        print_pairs(output, &pairs.map(|(key, value)| (format!("{key:<width$}"), value)));
        output.line("");
    }
    output.line("Hint: [d]efault, [e]nabled, [x]disabled, [i]nstalled, [a]ctive");
}

fn stream_text(sack: &ModuleSack, item: &ModuleItem, with_active: bool) -> String {
    let status = match sack.status(item) {
        ModuleStatus::Available => "",
        ModuleStatus::Enabled => "[e]",
        ModuleStatus::Disabled => "[x]",
    };
    let default = if sack.is_default(item) { "[d]" } else { "" };
    let active = if with_active && sack.is_active(item) { "[a]" } else { "" };
    let text = format!("{} {default}{status}{active}", item.stream.stream);
    text.trim_end().to_owned()
}

fn profiles_text(sack: &ModuleSack, item: &ModuleItem) -> String {
    let defaults: BTreeSet<&str> = sack.default_profiles(item).collect();
    let profiles = item.profiles().into_iter().map(|profile| {
        let mark = if defaults.contains(profile.name.as_str()) { " [d]" } else { "" };
        format!("{}{mark}", profile.name)
    });
    profiles.collect::<Vec<_>>().join(", ")
}

/// Returns the lines about streams that cannot be active.
pub(crate) fn problem_lines(trouble: ModuleTrouble, problems: &[ModuleProblem]) -> Vec<String> {
    let heading = match trouble {
        ModuleTrouble::Defaults => "Modular dependency problems with the defaults:",
        ModuleTrouble::Latest => "Modular dependency problems with the latest modules:",
        ModuleTrouble::None | ModuleTrouble::Enabled | ModuleTrouble::All => "Modular dependency problems:",
    };
    let mut lines = vec![heading.to_owned()];
    // The same sentences in another order are the same problem.
    let same = |one: &Vec<String>, other: &Vec<String>| {
        one.len() == other.len() && one.iter().all(|sentence| other.contains(sentence))
    };
    let sentences = |problem: &ModuleProblem| distinct(problem.rules.iter().map(sentence), String::eq);
    let problems = distinct(problems.iter().map(sentences), same);
    for (index, sentences) in problems.iter().enumerate() {
        let label = if problems.len() == 1 { "Problem".to_owned() } else { format!("Problem {}", index + 1) };
        for (place, sentence) in sentences.iter().enumerate() {
            lines.push(if place == 0 { format!("{label}: {sentence}") } else { format!("  - {sentence}") });
        }
    }
    lines
}

/// Leaves out what was there before.
fn distinct<T>(all: impl Iterator<Item = T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut distinct: Vec<T> = Vec::new();
    for item in all {
        if !distinct.iter().any(|known| same(known, &item)) {
            distinct.push(item);
        }
    }
    distinct
}

fn sentence(rule: &ModuleRule) -> String {
    match rule {
        ModuleRule::ConflictingRequests => "conflicting requests".to_owned(),
        ModuleRule::NothingProvidesRequested { dependency } => format!("nothing provides requested {dependency}"),
        ModuleRule::BestUpdate { module } => format!("cannot install the best update candidate for module {module}"),
        ModuleRule::BestCandidate => "cannot install the best candidate for the job".to_owned(),
        ModuleRule::Disabled { module } => format!("module {module} is disabled"),
        ModuleRule::IncompatibleArch { module } => format!("module {module} does not have a compatible architecture"),
        ModuleRule::NotInstallable { module } => format!("module {module} is not installable"),
        ModuleRule::NothingProvides { module, dependency } => {
            format!("nothing provides {dependency} needed by module {module}")
        }
        ModuleRule::Requires { module, dependency } => {
            format!("module {module} requires {dependency}, but none of the providers can be installed")
        }
        ModuleRule::Conflicts { module, dependency, other } => {
            format!("module {module} conflicts with {dependency} provided by {other}")
        }
        ModuleRule::SelfConflict { module, dependency } => {
            format!("module {module} conflicts with {dependency} provided by itself")
        }
        ModuleRule::SameName { module, other } => format!("cannot install both modules {module} and {other}"),
        ModuleRule::SomeDependency => "some dependency problem".to_owned(),
        ModuleRule::Other { text } => text.clone(),
    }
}

/// Returns the lines about a spec that means several streams of modules.
pub(crate) fn several_streams(spec: &str, modules: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut lines = vec![format!("Unable to resolve argument '{spec}':")];
    for (module, streams) in modules {
        let quoted: Vec<String> = streams.iter().map(|stream| format!("'{stream}'")).collect();
        lines.push(format!(
            "  - Argument '{spec}' matches {} streams ({}) of module '{module}', but none of the streams are enabled or \
             default.",
            streams.len(),
            quoted.join(", ")
        ));
    }
    lines
}

/// Returns the lines about a module that would get another stream.
pub(crate) fn stream_switch(module: &str, from: &str, to: &str) -> Vec<String> {
    vec![
        format!("The operation would result in switching of module '{module}' stream '{from}' to stream '{to}'"),
        "Error: It is not possible to switch enabled streams of a module unless explicitly enabled via configuration \
         option module_stream_switch."
            .to_owned(),
    ]
}
