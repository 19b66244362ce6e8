//! The table of a transaction (reference of tdnf, section 3.1).

use oxidnf_core::plan::{Action, Plan, PlanItem};

use super::listing::repo_id;
use super::{columns, size};
use crate::face::tdnf::json::Json;

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// New packages.
    Install,
    /// Newer versions.
    Upgrade,
    /// Older versions.
    Downgrade,
    /// Packages that go.
    Remove,
    /// The same again.
    Reinstall,
    /// Packages whose place others take.
    Obsolete,
}

const ORDER: [Section; 6] =
    [Section::Install, Section::Upgrade, Section::Downgrade, Section::Remove, Section::Reinstall, Section::Obsolete];

impl Section {
    fn header(self) -> &'static str {
        match self {
            Section::Install => "Installing:",
            Section::Upgrade => "Upgrading:",
            Section::Downgrade => "Downgrading:",
            Section::Remove => "Removing:",
            Section::Reinstall => "Reinstalling:",
            Section::Obsolete => "Obsoleting:",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Section::Install => "Install",
            Section::Upgrade => "Upgrade",
            Section::Downgrade => "Downgrade",
            Section::Remove => "Remove",
            Section::Reinstall => "Reinstall",
            Section::Obsolete => "Obsolete",
        }
    }
}

/// Returns the parts of the table with their items; parts without items are left out.
pub fn sections(plan: &Plan) -> Vec<(Section, Vec<&PlanItem>)> {
    let of = |section: Section| {
        let items: Vec<&PlanItem> = plan.items.iter().filter(|item| section_of(plan, item) == Some(section)).collect();
        (section, items)
    };
    ORDER.into_iter().map(of).filter(|(_, items)| !items.is_empty()).collect()
}

fn section_of(plan: &Plan, item: &PlanItem) -> Option<Section> {
    Some(match item.action {
        Action::Install => Section::Install,
        Action::Upgrade => Section::Upgrade,
        Action::Downgrade => Section::Downgrade,
        Action::Remove => Section::Remove,
        Action::Reinstall => Section::Reinstall,
        Action::Replaced => {
            // The old version of a package is not shown; what goes under another name is.
            let nevra = &item.package.nevra;
            let by_own_name = plan
                .inbound()
                .any(|inbound| inbound.package.nevra.name == nevra.name && inbound.replaces.contains(nevra));
            return (!by_own_name).then_some(Section::Obsolete);
        }
        Action::ReasonChange => return None,
    })
}

/// Returns the lines of the table.
pub fn table(plan: &Plan, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (section, items) in sections(plan) {
        lines.push(String::new());
        lines.push(section.header().to_owned());
        lines.extend(items.iter().map(|item| row(item, width)));
        let sum = |of: fn(&PlanItem) -> u64| items.iter().map(|item| of(item)).sum::<u64>();
        lines.push(String::new());
        lines.push(format!("Total installed size: {}", size(sum(|item| item.package.install_size))));
        lines.push(format!("Total download size: {}", size(sum(download_size))));
    }
    lines
}

fn download_size(item: &PlanItem) -> u64 {
    if item.action.is_inbound() { item.package.download_size } else { 0 }
}

fn row(item: &PlanItem, width: usize) -> String {
    let package = &item.package;
    let (install, download) = (size(package.install_size), size(download_size(item)));
    let evr = package.nevra.evr().to_string();
    let repo = shown_repo(item);
    let texts = [&package.nevra.name, &package.nevra.arch, &evr, repo, &install, &download];
    columns(width, &[20, 15, 20, 15, 10, 10], &texts.map(|text: &str| text))
}

fn shown_repo(item: &PlanItem) -> &str {
    if item.action.is_outbound() { oxidnf_core::plan::SYSTEM_REPO } else { repo_id(&item.package.repo_id) }
}

/// Returns the document of a transaction; it has a key for each part that is not empty.
pub fn json(plan: &Plan) -> Json {
    let list = |items: Vec<&PlanItem>| Json::List(items.into_iter().map(item_json).collect());
    Json::Object(sections(plan).into_iter().map(|(section, items)| (section.key(), list(items))).collect())
}

fn item_json(item: &PlanItem) -> Json {
    let package = &item.package;
    Json::Object(vec![
        ("Name", Json::text(&package.nevra.name)),
        ("Arch", Json::text(&package.nevra.arch)),
        // Here, and only here, without the epoch.
        ("Evr", Json::text(format!("{}-{}", package.nevra.version, package.nevra.release))),
        ("InstallSize", Json::size(package.install_size)),
        ("Repo", Json::text(shown_repo(item))),
    ])
}
