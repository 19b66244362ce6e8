//! A decided transaction in a file, to be looked at, reviewed, and carried out later exactly as it is.

use std::collections::BTreeSet;
use std::path::Path;

use oxidnf_core::plan::COMMANDLINE_REPO;
use oxidnf_core::{Action, Checksum, ChecksumKind, Nevra, PlanItem, Reason};
use oxidnf_rpmdb::{Access, RpmDb};
use serde::{Deserialize, Serialize};

use super::{FixedError, checksum_text};
use crate::error::Error;
use crate::replay::{Replay, ReplayPackage};
use crate::resolved::Resolved;
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
        plan.packages().map_err(|reason| FixedError::Syntax { path: path.to_owned(), kind: "plan", reason })?;
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
        Replay { packages, override_reasons: true, ..Replay::default() }
    }

    fn packages(&self) -> Result<Vec<ReplayPackage>, String> {
        self.items.iter().map(PlannedItem::to_replay).collect()
    }
}

impl PlannedItem {
    fn to_replay(&self) -> Result<ReplayPackage, String> {
        const ACTIONS: [Action; 7] = [
            Action::Install,
            Action::Upgrade,
            Action::Downgrade,
            Action::Reinstall,
            Action::Remove,
            Action::Replaced,
            Action::ReasonChange,
        ];
        let action = ACTIONS.into_iter().find(|known| known.as_str() == self.action);
        Ok(ReplayPackage {
            nevra: Nevra::parse(&self.nevra).ok_or_else(|| format!("\"{}\" names no package", self.nevra))?,
            action: action.ok_or_else(|| format!("\"{}\" is no action", self.action))?,
            reason: Reason::from_name(&self.reason).ok_or_else(|| format!("\"{}\" is no reason", self.reason))?,
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
        let found = self.plan_file(resolved)?.items;
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
