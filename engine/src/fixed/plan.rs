//! A decided transaction in a file, to be looked at, reviewed, and carried out later exactly as it is.

use std::collections::BTreeSet;
use std::path::Path;

use oxidnf_core::plan::COMMANDLINE_REPO;
use oxidnf_core::{Action, Checksum, ChecksumKind, Nevra, PlanItem, Reason};
use oxidnf_rpmdb::{Access, RpmDb};
use serde::{Deserialize, Serialize};

use super::{FixedError, checksum_text};
use crate::comps::PackageKind;
use crate::error::Error;
use crate::replay::{Replay, ReplayGroup, ReplayPackage};
use crate::resolved::{GroupChange, GroupSubject, Resolved};
use crate::session::Session;

const FORMAT: &str = "oxidnf-plan";
const VERSION: u64 = 1;

/// A plan as a file holds it. Equal decisions on equal systems give equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    format: String,
    version: u64,
    /// The base architecture that it was decided for.
    pub architecture: String,
    /// The cookie of the rpm database that it was decided on.
    pub rpmdb_cookie: String,
    /// What is to happen, in the order in which it is worked on.
    pub items: Vec<PlannedItem>,
    /// What is to happen to groups and environments.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<PlannedGroup>,
    /// What was installed, as `name-epoch:version-release.arch`, sorted.
    pub installed: Vec<String>,
}

/// What is to happen to one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedItem {
    /// dnf5's name of the action.
    pub action: String,
    /// `name-epoch:version-release.arch`
    pub nevra: String,
    /// dnf5's name of the reason.
    pub reason: String,
    /// The group of the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// Where the package comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repository: Option<String>,
    /// Place of the package file in the repository, or on the host for one of the command line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    /// Digest of the package file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checksum: Option<String>,
    /// Installed packages that make room for it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub replaces: Vec<String>,
}

/// What is to happen to a group or an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedGroup {
    /// Its id.
    pub id: String,
    /// Whether it is an environment.
    pub environment: bool,
    /// dnf5's name of the action.
    pub action: String,
    /// dnf5's name of the reason.
    pub reason: String,
    /// The repository that describes it.
    pub repository: String,
    /// Which packages of a group are wished for.
    pub package_types: Vec<String>,
    /// Digest of its description.
    pub definition: String,
}

/// Why a plan cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It was made for another architecture.
    Architecture {
        /// The plan's.
        planned: String,
        /// That of the system.
        found: String,
    },
    /// A package has come since.
    Installed(String),
    /// A package has gone since.
    Gone(String),
    /// Something would happen that is not in the plan.
    Extra(PlannedItem),
    /// Something of the plan would not happen.
    Missing(PlannedItem),
    /// Something else would happen to a group or an environment.
    Group(String),
    /// The same would happen in another way.
    Changed {
        /// The package.
        nevra: String,
        /// What differs: `reason`, `repository`, `location`, `checksum`, `replaces`.
        field: &'static str,
        /// As planned.
        planned: String,
        /// As it would be.
        found: String,
    },
}

impl PlanFile {
    /// Reads a file of the host.
    pub fn read(path: &Path) -> Result<Self, FixedError> {
        let plan: PlanFile = super::read(path, "plan", FORMAT, VERSION)?;
        let syntax = |reason| FixedError::Syntax { path: path.to_owned(), kind: "plan", reason };
        plan.packages().map_err(syntax)?;
        plan.replayed_groups().map_err(syntax)?;
        Ok(plan)
    }

    /// Writes a file of the host.
    pub fn write(&self, path: &Path) -> Result<(), FixedError> {
        super::write(path, self)
    }

    /// Returns the package files of the command line that the plan was made with.
    pub fn package_files(&self) -> Vec<String> {
        let own = self.items.iter().filter(|item| item.repository.as_deref() == Some(COMMANDLINE_REPO));
        own.filter_map(|item| item.location.clone()).collect()
    }

    /// Returns the wishes that bring the plan about again.
    pub fn replay(&self) -> Replay {
        let packages = self.packages().unwrap_or_default();
        let groups = self.replayed_groups().unwrap_or_default();
        Replay { packages, groups, override_reasons: true, ..Replay::default() }
    }

    fn replayed_groups(&self) -> Result<Vec<ReplayGroup>, String> {
        self.groups.iter().map(PlannedGroup::to_replay).collect()
    }

    fn packages(&self) -> Result<Vec<ReplayPackage>, String> {
        self.items.iter().map(PlannedItem::to_replay).collect()
    }
}

fn action_of(name: &str) -> Result<Action, String> {
    const ACTIONS: [Action; 7] = [
        Action::Install,
        Action::Upgrade,
        Action::Downgrade,
        Action::Reinstall,
        Action::Remove,
        Action::Replaced,
        Action::ReasonChange,
    ];
    ACTIONS.into_iter().find(|known| known.as_str() == name).ok_or_else(|| format!("\"{name}\" is no action"))
}

fn reason_of(name: &str) -> Result<Reason, String> {
    Reason::from_name(name).ok_or_else(|| format!("\"{name}\" is no reason"))
}

impl PlannedGroup {
    fn to_replay(&self) -> Result<ReplayGroup, String> {
        let all = PackageKind::of_bits(u32::MAX);
        let kind = |word: &String| {
            let found = all.iter().copied().find(|kind| kind.as_str() == word);
            found.ok_or_else(|| format!("\"{word}\" is no type of packages"))
        };
        Ok(ReplayGroup {
            id: self.id.clone(),
            environment: self.environment,
            action: action_of(&self.action)?,
            reason: reason_of(&self.reason)?,
            repo_id: self.repository.clone(),
            kinds: self.package_types.iter().map(kind).collect::<Result<_, _>>()?,
            path: None,
        })
    }

    fn of(change: &GroupChange) -> Result<Self, FixedError> {
        let (environment, text) = match &change.subject {
            GroupSubject::Group(group) => (false, group.to_xml()),
            GroupSubject::Environment(environment) => (true, environment.to_xml()),
        };
        let id = change.subject.id().to_owned();
        let failed = |error| FixedError::PackageFile { path: id.clone().into(), source: std::io::Error::other(error) };
        let digest = Checksum::of(ChecksumKind::Sha256, text.as_bytes()).map_err(failed)?;
        Ok(PlannedGroup {
            environment,
            action: change.action.as_str().to_owned(),
            reason: change.reason.as_str().to_owned(),
            repository: change.repo_id().to_owned(),
            package_types: change.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
            definition: checksum_text(&digest),
            id,
        })
    }
}

impl PlannedItem {
    fn to_replay(&self) -> Result<ReplayPackage, String> {
        Ok(ReplayPackage {
            nevra: Nevra::parse(&self.nevra).ok_or_else(|| format!("\"{}\" names no package", self.nevra))?,
            action: action_of(&self.action)?,
            reason: reason_of(&self.reason)?,
            repo_id: self.repository.clone().unwrap_or_default(),
            group_id: self.group.clone(),
            path: None,
        })
    }

    fn of(item: &PlanItem) -> Result<Self, FixedError> {
        let package = &item.package;
        let inbound = item.action.is_inbound();
        let mut replaces: Vec<String> = item.replaces.iter().map(|nevra| nevra.with_epoch().to_string()).collect();
        replaces.sort();
        let checksum = match &package.location {
            Some(location) if inbound && package.repo_id == COMMANDLINE_REPO => Some(digest(Path::new(location))?),
            _ => package.checksum.as_ref().filter(|_| inbound).map(checksum_text),
        };
        Ok(PlannedItem {
            action: item.action.as_str().to_owned(),
            nevra: package.nevra.with_epoch().to_string(),
            reason: item.reason.as_str().to_owned(),
            group: item.group_id.clone(),
            repository: inbound.then(|| package.repo_id.clone()),
            location: package.location.clone().filter(|_| inbound),
            checksum,
            replaces,
        })
    }

    fn compare(&self, found: &PlannedItem, differences: &mut Vec<Difference>) {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let fields: [(&'static str, String, String); 6] = [
            ("reason", self.reason.clone(), found.reason.clone()),
            ("group", text(&self.group), text(&found.group)),
            ("repository", text(&self.repository), text(&found.repository)),
            ("location", text(&self.location), text(&found.location)),
            ("checksum", text(&self.checksum), text(&found.checksum)),
            ("replaces", self.replaces.join(", "), found.replaces.join(", ")),
        ];
        for (field, planned, found) in fields {
            if planned != found {
                differences.push(Difference::Changed { nevra: self.nevra.clone(), field, planned, found });
            }
        }
    }
}

/// Digests a package file of the host, which no metadata has a checksum of.
fn digest(path: &Path) -> Result<String, FixedError> {
    let failed = |source| FixedError::PackageFile { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(failed)?;
    let checksum = Checksum::of(ChecksumKind::Sha256, &bytes).map_err(|error| failed(std::io::Error::other(error)))?;
    Ok(checksum_text(&checksum))
}

impl Session {
    /// Makes a plan file of what was decided.
    pub fn plan_file(&mut self, resolved: &Resolved) -> Result<PlanFile, Error> {
        let path = self.db_path()?;
        let failed = |source| Error::Database { operation: "read", path: path.clone(), source: Error::boxed(source) };
        let db = RpmDb::open(&self.roots.target, &path, Access::Read).map_err(failed)?;
        let rpmdb_cookie = db.cookie().map_err(failed)?;
        let items: Result<Vec<PlannedItem>, FixedError> =
            resolved.plan.in_sequence().into_iter().map(PlannedItem::of).collect();
        Ok(PlanFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            architecture: self.vars.get("basearch").unwrap_or_default().to_owned(),
            rpmdb_cookie,
            items: items?,
            groups: resolved.groups.iter().map(PlannedGroup::of).collect::<Result<_, _>>()?,
            installed: self.installed_names().into_iter().collect(),
        })
    }

    /// Returns what is different on this system from the one that a plan was made on.
    ///
    /// A database that was written to and holds the same packages is the same.
    pub fn changes_since(&self, plan: &PlanFile) -> Vec<Difference> {
        let mut differences = Vec::new();
        let found = self.vars.get("basearch").unwrap_or_default();
        if found != plan.architecture {
            let planned = plan.architecture.clone();
            differences.push(Difference::Architecture { planned, found: found.to_owned() });
        }
        let now = self.installed_names();
        let then: BTreeSet<String> = plan.installed.iter().cloned().collect();
        differences.extend(then.difference(&now).cloned().map(Difference::Gone));
        differences.extend(now.difference(&then).cloned().map(Difference::Installed));
        differences
    }

    /// Returns in what a decision differs from a plan.
    pub fn departures(&mut self, plan: &PlanFile, resolved: &Resolved) -> Result<Vec<Difference>, Error> {
        let PlanFile { items: found, groups, .. } = self.plan_file(resolved)?;
        let key = |item: &PlannedItem| (item.action.clone(), item.nevra.clone());
        let mut differences = Vec::new();
        for planned in &plan.items {
            match found.iter().find(|item| key(item) == key(planned)) {
                Some(item) => planned.compare(item, &mut differences),
                None => differences.push(Difference::Missing(planned.clone())),
            }
        }
        let extra = found.into_iter().filter(|item| !plan.items.iter().any(|planned| key(planned) == key(item)));
        differences.extend(extra.map(Difference::Extra));
        let planned_otherwise = plan.groups.iter().filter(|group| !groups.contains(group));
        let found_otherwise = groups.iter().filter(|group| !plan.groups.contains(group));
        let mut ids: Vec<&String> = planned_otherwise.chain(found_otherwise).map(|group| &group.id).collect();
        ids.sort_unstable();
        ids.dedup();
        differences.extend(ids.into_iter().cloned().map(Difference::Group));
        Ok(differences)
    }

    /// Lets nothing come that a plan does not name: what it has no weak dependencies of stays without them.
    pub fn follow_plan(&mut self) {
        self.config.options.install_weak_deps.set(oxidnf_core::conf::Priority::Runtime, false);
    }

    fn installed_names(&self) -> BTreeSet<String> {
        self.sack.installed().iter().map(|id| self.nevra(id).with_epoch().to_string()).collect()
    }
}
