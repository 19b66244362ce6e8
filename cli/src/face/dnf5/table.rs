//! The transaction table, its summary and the lines about sizes.

use oxidnf_core::plan::{Action, Plan, PlanItem, Reason};
use oxidnf_engine::modules::ModuleChanges;
use oxidnf_engine::resolved::{GroupChange, GroupSubject, Sizes};

use super::columns::{Column, Wish, display_width, fitted, widths};
use super::style::Style;
use super::units::{size_aligned, size_rounded};
use crate::output::Output;
use crate::sanitize::one_line;

/// Package, Arch, Version, Repository, Size.
pub(crate) const COLUMNS: [Column; 5] = [
    Column { wish: Wish::Share(0.3), cut: false, right: false },
    Column { wish: Wish::Columns(6), cut: false, right: false },
    Column { wish: Wish::Share(0.3), cut: true, right: false },
    Column { wish: Wish::Share(0.1), cut: true, right: false },
    Column { wish: Wish::Columns(9), cut: false, right: true },
];

/// A package that a transaction could not include.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedPackage {
    /// Name.
    pub name: String,
    /// Architecture.
    pub arch: String,
    /// Version without epoch 0.
    pub evr: String,
    /// Repository id.
    pub repo_id: String,
    /// Bytes on disk.
    pub install_size: u64,
}

/// What the table shows.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What happens to groups and environments.
    pub groups: &'a [GroupChange],
    /// What happens to modules.
    pub modules: &'a ModuleChanges,
    /// Packages left out because they conflict with others.
    pub skipped_conflicts: &'a [SkippedPackage],
    /// Packages left out because something they need is missing.
    pub skipped_broken: &'a [SkippedPackage],
}

enum Line {
    Heading(String),
    Row { cells: [String; 5], looks: Looks },
}

/// The looks of the cells of a row: of the name, the version, and the others.
#[derive(Clone, Copy)]
struct Looks {
    name: Style,
    version: Style,
    others: Style,
}

impl Looks {
    const fn of_name(name: Style) -> Looks {
        Looks { name, version: Style::Plain, others: Style::Plain }
    }

    /// Of something that is not there any more afterwards, or never.
    const fn faint(name: Style) -> Looks {
        Looks { name, version: Style::Dim, others: Style::Dim }
    }
}

/// Prints the table and, when the plan is not empty, the summary with blank lines around it.
pub fn print(output: &Output, table: &Table<'_>) {
    let lines = lines(table);
    let heading = ["Package", "Arch", "Version", "Repository", "Size"].map(str::to_owned);
    let cells = |line: &Line| match line {
        Line::Heading(_) => None,
        Line::Row { cells, .. } => Some(cells.iter().map(|cell| display_width(cell)).collect::<Vec<_>>()),
    };
    let mut rows = vec![heading.iter().map(|cell| display_width(cell)).collect()];
    rows.extend(lines.iter().filter_map(cells));
    // Without a terminal dnf5 neither cuts nor stretches.
    let widths = match output.terminal() {
        Some(columns) => widths(&COLUMNS, &rows, columns, true),
        None => widths(&COLUMNS, &rows, usize::MAX / 2, false),
    };
    let bold = fitted(&COLUMNS, &widths, &heading, true).into_iter().map(|cell| Style::Bold.paint(output, &cell));
    output.line(bold.collect::<Vec<_>>().join(" "));
    for line in &lines {
        match line {
            Line::Heading(text) => output.line(text),
            Line::Row { cells, looks } => {
                let Looks { name, version, others } = *looks;
                let styles = [name, others, version, others, others];
                let fitted = fitted(&COLUMNS, &widths, cells, true);
                let painted = fitted.iter().zip(cells).zip(styles).map(|((text, cell), style)| {
                    if cell.is_empty() { text.clone() } else { style.paint(output, text) }
                });
                output.line(painted.collect::<Vec<_>>().join(" "));
            }
        }
    }
    output.line("");
    if !table.plan.is_empty() || !table.groups.is_empty() || !table.modules.is_empty() {
        print_summary(output, table);
    }
}

fn lines(table: &Table<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut last = None;
    for item in shown_order(table.plan) {
        // Reasons that share a heading have one each.
        let part = (item.action, matches!(item.action, Action::Install | Action::Remove).then_some(item.reason));
        if last != Some(part) {
            last = Some(part);
            lines.push(Line::Heading(section(item)));
        }
        push_item(&mut lines, item, table.plan);
    }
    push_groups(&mut lines, table.groups);
    push_modules(&mut lines, table.modules);
    let skipped = [
        ("Skipping packages with conflicts:", table.skipped_conflicts),
        ("Skipping packages with broken dependencies:", table.skipped_broken),
    ];
    for (heading, packages) in skipped {
        if packages.is_empty() {
            continue;
        }
        lines.push(Line::Heading(heading.to_owned()));
        for package in packages {
            let SkippedPackage { name, arch, evr, repo_id, install_size } = package;
            let size = size_aligned(*install_size as f64);
            let cells = [format!(" {}", one_line(name)), arch.clone(), evr.clone(), repo_id.clone(), size];
            lines.push(Line::Row { cells, looks: Looks::of_name(Style::Plain) });
        }
    }
    lines
}

/// Sorts as dnf5 shows: action number falling, then within installs and removals the strength of the reason falling,
/// then name, architecture, version.
fn shown_order(plan: &Plan) -> Vec<&PlanItem> {
    let mut items: Vec<_> = plan.items.iter().filter(|item| item.action != Action::Replaced).collect();
    items.sort_by(|a, b| {
        let reasons = match a.action {
            Action::Install | Action::Remove => b.reason.strength().cmp(&a.reason.strength()),
            _ => std::cmp::Ordering::Equal,
        };
        let (one, two) = (&a.package.nevra, &b.package.nevra);
        (b.action.cmp(&a.action))
            .then(reasons)
            .then_with(|| one.name.cmp(&two.name))
            .then_with(|| one.arch.cmp(&two.arch))
            .then_with(|| one.evr().rpm_cmp(&two.evr()))
    });
    items
}

/// Adds groups, the last ones by id first, then environments in their order.
fn push_groups(lines: &mut Vec<Line>, groups: &[GroupChange]) {
    let mut shown: Vec<&GroupChange> = groups.iter().collect();
    let environment = |change: &GroupChange| matches!(change.subject, GroupSubject::Environment(_));
    shown.sort_by(|one, two| {
        (environment(one).cmp(&environment(two)))
            .then(two.action.cmp(&one.action))
            .then(two.reason.strength().cmp(&one.reason.strength()))
            .then_with(|| {
                // Equal ones stay as they are.
                if environment(one) { std::cmp::Ordering::Equal } else { two.subject.id().cmp(one.subject.id()) }
            })
    });
    let mut last = None;
    for change in shown {
        // Reasons that share a heading have one each.
        let part = (environment(change), change.action, change.reason);
        if last != Some(part) {
            last = Some(part);
            lines.push(Line::Heading(group_section(change).to_owned()));
        }
        let row = |text: String| [text, String::new(), String::new(), String::new(), String::new()];
        let name = if change.subject.name().is_empty() { "<name-unset>" } else { change.subject.name() };
        let cells = row(format!(" {}", one_line(name)));
        lines.push(Line::Row { cells, looks: Looks::of_name(Style::of_action(change.action)) });
        if let Some(old) = change.old_reason {
            let cells = row(format!("   {} -> {}", old.as_str(), change.reason.as_str()));
            lines.push(Line::Row { cells, looks: Looks::of_name(Style::Dim) });
        }
    }
}

/// Adds modules: the name in the first column, the stream in that of the version.
fn push_modules(lines: &mut Vec<Line>, modules: &ModuleChanges) {
    let ModuleChanges { enabled, disabled, reset, switched, states: _ } = modules;
    let nameless = |names: &[String]| names.iter().map(|name| (name.clone(), String::new())).collect::<Vec<_>>();
    let switched: Vec<(String, String)> =
        switched.iter().map(|switch| (switch.module.clone(), format!("{} -> {}", switch.from, switch.to))).collect();
    let sections = [
        ("Enabling module streams:", enabled.clone(), Style::Green),
        ("Disabling modules:", nameless(disabled), Style::Red),
        ("Resetting modules:", nameless(reset), Style::Magenta),
        ("Switching module streams:", switched, Style::Green),
    ];
    for (heading, rows, style) in sections.into_iter().filter(|(_, rows, _)| !rows.is_empty()) {
        lines.push(Line::Heading(heading.to_owned()));
        for (name, stream) in rows {
            let cells = [format!(" {}", one_line(&name)), String::new(), one_line(&stream).into_owned()];
            let [name, arch, version] = cells;
            let cells = [name, arch, version, String::new(), String::new()];
            lines.push(Line::Row { cells, looks: Looks::of_name(style) });
        }
    }
}

fn group_section(change: &GroupChange) -> &'static str {
    let environment = matches!(change.subject, GroupSubject::Environment(_));
    match (change.action, change.reason) {
        (Action::Remove, _) if environment => "Removing environmental groups:",
        (Action::Upgrade, _) if environment => "Upgrading environmental groups:",
        _ if environment => "Installing environmental groups:",
        (Action::Remove, _) => "Removing groups:",
        (Action::Upgrade, _) => "Upgrading groups:",
        (Action::ReasonChange, _) => "Changing reason of installed groups:",
        (_, Reason::Dependency) => "Installing groups dependencies:",
        _ => "Installing groups:",
    }
}

fn section(item: &PlanItem) -> String {
    let text = match (item.action, item.reason) {
        (Action::Install, Reason::Dependency) => "Installing dependencies:",
        (Action::Install, Reason::WeakDependency) => "Installing weak dependencies:",
        (Action::Install, Reason::Group) => "Installing group/module packages:",
        (Action::Install, _) => "Installing:",
        (Action::Remove, Reason::Dependency) => "Removing dependent packages:",
        (Action::Remove, Reason::Clean) => "Removing unused dependencies:",
        (Action::Remove | Action::Replaced, _) => "Removing:",
        (Action::Upgrade, _) => "Upgrading:",
        (Action::Downgrade, _) => "Downgrading:",
        (Action::Reinstall, _) => "Reinstalling:",
        (Action::ReasonChange, _) => "Changing reason:",
    };
    text.to_owned()
}

fn push_item(lines: &mut Vec<Line>, item: &PlanItem, plan: &Plan) {
    let package = &item.package;
    let repo = match item.action {
        Action::Remove | Action::Replaced => from_repo(item),
        _ => package.repo_id.clone(),
    };
    let cells = [
        format!(" {}", one_line(&package.nevra.name)),
        package.nevra.arch.clone(),
        package.nevra.evr().with_epoch().to_string(),
        repo,
        size_aligned(package.install_size as f64),
    ];
    let other_version = item.replaces.iter().any(|nevra| nevra.evr().rpm_cmp(&package.nevra.evr()).is_ne());
    let version = if other_version { Style::Bold } else { Style::Plain };
    lines.push(Line::Row { cells, looks: Looks { version, ..Looks::of_name(Style::of_action(item.action)) } });
    if item.action == Action::ReasonChange {
        let old = item.old_reason.unwrap_or(Reason::None);
        let text = format!("   {} -> {}", old.as_str(), item.reason.as_str());
        let cells = [text, String::new(), String::new(), String::new(), String::new()];
        lines.push(Line::Row { cells, looks: Looks::of_name(Style::Dim) });
    }
    for nevra in &item.replaces {
        let replaced =
            plan.items.iter().find(|other| other.action == Action::Replaced && other.package.nevra == *nevra);
        let cells = [
            format!("   replacing {}", one_line(&nevra.name)),
            nevra.arch.clone(),
            nevra.evr().with_epoch().to_string(),
            replaced.map(from_repo).unwrap_or_default(),
            size_aligned(replaced.map_or(0, |other| other.package.install_size) as f64),
        ];
        let name = if nevra.name == package.nevra.name { Style::Dim } else { Style::Brown };
        lines.push(Line::Row { cells, looks: Looks::faint(name) });
    }
}

fn from_repo(item: &PlanItem) -> String {
    item.package.from_repo.clone().unwrap_or_else(|| "<unknown>".to_owned())
}

fn print_summary(output: &Output, table: &Table<'_>) {
    let count = |action: Action| table.plan.items.iter().filter(|item| item.action == action).count();
    let counts = [
        ("Installing:", count(Action::Install)),
        ("Reinstalling:", count(Action::Reinstall)),
        ("Upgrading:", count(Action::Upgrade)),
        ("Replacing:", count(Action::Replaced)),
        ("Removing:", count(Action::Remove)),
        ("Downgrading:", count(Action::Downgrade)),
        ("Changing reason:", count(Action::ReasonChange)),
        ("Skipping:", table.skipped_conflicts.len() + table.skipped_broken.len()),
    ];
    output.line("Transaction Summary:");
    for (label, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let noun = if count == 1 { "package" } else { "packages" };
        output.line(format!(" {label:<17}{count:>4} {noun}"));
    }
    output.line("");
}

/// Prints the packages that will be leaves (`--show-new-leaves`), if any.
pub fn print_new_leaves(output: &Output, leaves: &[String]) {
    if leaves.is_empty() {
        return;
    }
    output.line("New leaves:");
    for leaf in leaves {
        output.line(format!(" {leaf}"));
    }
    output.line("");
}

/// Prints how much is downloaded and how the disk fills, unless `-q`.
pub fn print_sizes(output: &Output, plan: &Plan, sizes: &Sizes) {
    let Sizes { inbound, download, install, remove } = *sizes;
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    if plan.inbound().next().is_some() && inbound > 0 {
        let (total, need) = (size_rounded(signed(inbound)), size_rounded(signed(download)));
        output.info(format!("Total size of inbound packages is {total}. Need to download {need}."));
    }
    let (added, freed) = (size_rounded(signed(install)), size_rounded(signed(remove)));
    let difference = size_rounded(signed(install.abs_diff(remove)));
    let effect = if install >= remove { "extra will be used" } else { "will be freed" };
    output.info(format!("After this operation, {difference} {effect} (install {added}, remove {freed})."));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::Written;
    use oxidnf_core::Nevra;
    use oxidnf_core::plan::PlanPackage;

    fn item(action: Action, reason: Reason, nevra: &str, repo: &str, size: u64) -> PlanItem {
        let package = PlanPackage {
            nevra: Nevra::parse(nevra).expect("complete"),
            repo_id: repo.to_owned(),
            from_repo: Some(repo.to_owned()),
            install_size: size,
            download_size: 6857,
            location: None,
            location_base: None,
            checksum: None,
            hnum: None,
            vendor: String::new(),
        };
        PlanItem { action, reason, old_reason: None, group_id: None, package, replaces: Vec::new(), sequence: 0 }
    }

    fn shown(plan: &Plan, skipped_broken: &[SkippedPackage]) -> String {
        let (output, written) = Written::terminal();
        let modules = &ModuleChanges::default();
        print(&output, &Table { plan, groups: &[], modules, skipped_conflicts: &[], skipped_broken });
        written.text()
    }

    // witness: `dnf5 upgrade` after `dnf5 install alpha-1.0 oldpkg`.
    #[test]
    fn upgrades_and_obsoletes() {
        let mut alpha = item(Action::Upgrade, Reason::User, "alpha-2.0-1.noarch", "r2", 50_000);
        alpha.replaces.push(Nevra::parse("alpha-1.0-1.noarch").expect("complete"));
        let mut new = item(Action::Install, Reason::User, "newpkg-1:2.0-1.noarch", "r2", 100);
        new.replaces.push(Nevra::parse("oldpkg-1.0-1.noarch").expect("complete"));
        let plan = Plan {
            items: vec![
                new,
                alpha,
                item(Action::Replaced, Reason::User, "alpha-1.0-1.noarch", "r1", 100),
                item(Action::Replaced, Reason::User, "oldpkg-1.0-1.noarch", "r1", 100),
            ],
        };
        insta::assert_snapshot!(shown(&plan, &[]), @r"
        Package                  Arch    Version                  Repository        Size
        Upgrading:
         alpha                   noarch  0:2.0-1                  r2            48.8 KiB
           replacing alpha       noarch  0:1.0-1                  r1           100.0   B
        Installing:
         newpkg                  noarch  1:2.0-1                  r2           100.0   B
           replacing oldpkg      noarch  0:1.0-1                  r1           100.0   B

        Transaction Summary:
         Installing:         1 package
         Upgrading:          1 package
         Replacing:          2 packages
        ");
    }

    // witness: `dnf5 remove beta`, `dnf5 mark dependency gamma`.
    #[test]
    fn removals_and_reasons() {
        let mut mark = item(Action::ReasonChange, Reason::Dependency, "gamma-1.0-1.noarch", "@System", 100);
        mark.old_reason = Some(Reason::User);
        let plan = Plan {
            items: vec![
                item(Action::Remove, Reason::Clean, "wk-1.0-1.noarch", "r1", 100),
                item(Action::Remove, Reason::Dependency, "alpha-2.0-1.noarch", "r2", 50_000),
                item(Action::Remove, Reason::User, "beta-1.5-1.noarch", "r2", 7000),
                mark,
            ],
        };
        insta::assert_snapshot!(shown(&plan, &[]), @r"
        Package                  Arch    Version                  Repository        Size
        Changing reason:
         gamma                   noarch  0:1.0-1                  @System      100.0   B
           User -> Dependency                                                           
        Removing:
         beta                    noarch  0:1.5-1                  r2             6.8 KiB
        Removing dependent packages:
         alpha                   noarch  0:2.0-1                  r2            48.8 KiB
        Removing unused dependencies:
         wk                      noarch  0:1.0-1                  r1           100.0   B

        Transaction Summary:
         Removing:           3 packages
         Changing reason:    1 package
        ");
    }

    // witness: `dnf5 install hasreq --skip-broken`.
    #[test]
    fn skipped_packages_alone() {
        let skipped = SkippedPackage {
            name: "delta".to_owned(),
            arch: "noarch".to_owned(),
            evr: "1.0-1".to_owned(),
            repo_id: "r1".to_owned(),
            install_size: 100,
        };
        insta::assert_snapshot!(shown(&Plan::default(), &[skipped]), @r"
        Package                  Arch    Version                  Repository        Size
        Skipping packages with broken dependencies:
         delta                   noarch  1.0-1                    r1           100.0   B
        ");
    }

    // witness: `dnf5 module enable` and the like in a terminal of 80 columns.
    #[test]
    fn modules_have_a_name_and_a_stream() {
        let (output, written) = Written::terminal();
        let modules = ModuleChanges {
            enabled: vec![("nodejs".to_owned(), "20".to_owned())],
            disabled: vec!["perl".to_owned()],
            reset: vec!["ruby".to_owned()],
            switched: vec![oxidnf_engine::modules::SwitchedStream {
                module: "php".to_owned(),
                from: "7".to_owned(),
                to: "8".to_owned(),
            }],
            ..ModuleChanges::default()
        };
        let plan = &Plan::default();
        let (groups, modules, skipped) = (&[], &modules, &[]);
        print(&output, &Table { plan, groups, modules, skipped_conflicts: skipped, skipped_broken: skipped });
        insta::assert_snapshot!(written.text(), @r"
        Package                  Arch    Version                  Repository        Size
        Enabling module streams:
         nodejs                          20                                             
        Disabling modules:
         perl                                                                           
        Resetting modules:
         ruby                                                                           
        Switching module streams:
         php                             7 -> 8                                         

        Transaction Summary:
        ");
    }

    #[test]
    fn sizes_in_both_directions() {
        let (output, written) = Written::terminal();
        let plan = Plan { items: vec![item(Action::Install, Reason::User, "a-1-1.noarch", "r", 1)] };
        print_sizes(&output, &plan, &Sizes { inbound: 20_480, download: 0, install: 57_344, remove: 0 });
        print_sizes(&output, &Plan::default(), &Sizes { inbound: 0, download: 0, install: 100, remove: 50_176 });
        insta::assert_snapshot!(written.text(), @r"
        Total size of inbound packages is 20 KiB. Need to download 0 B.
        After this operation, 56 KiB extra will be used (install 56 KiB, remove 0 B).
        After this operation, 49 KiB will be freed (install 100 B, remove 49 KiB).
        ");
    }
}
