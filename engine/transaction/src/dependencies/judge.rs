//! Whether a dependency is met once the transaction is through (reference of rpm, 6.4).

use std::collections::HashMap;

use oxidnf_core::Reldep;
use oxidnf_core::header::DepKind;
use oxidnf_core::reldep::Sense;
use oxidnf_core::rich::RichDep;
use oxidnf_rpmdb::RpmDb;

use super::installed::Installed;
use super::{Dependency, rpmlib};
use crate::element::Member;
use crate::error::TransactionError;
use crate::fsm::dirs::RootDir;
use crate::providers::ProviderIndex;
use crate::users;

/// Numbers of added packages in sets together with those of records.
const ADDED: u64 = 1 << 32;

/// Knows what is there after the transaction.
pub(super) struct Judge<'a> {
    members: &'a [Member],
    root: &'a RootDir,
    pub(super) added: ProviderIndex<'a>,
    /// Added packages by their names.
    names: HashMap<&'a [u8], Vec<usize>>,
    pub(super) installed: Installed<'a>,
    /// Whether the database meets a requirement, which many packages may share.
    known: HashMap<(Vec<u8>, Sense, Vec<u8>), bool>,
}

impl<'a> Judge<'a> {
    /// `paths` are those that installed packages ask for.
    pub(super) fn new(members: &'a [Member], db: &'a RpmDb, root: &'a RootDir, paths: &[Vec<u8>]) -> Self {
        let mut names: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (number, member) in members.iter().enumerate().filter(|(_, member)| member.is_install()) {
            names.entry(member.nevra.name.as_bytes()).or_default().push(number);
        }
        Judge {
            members,
            root,
            added: ProviderIndex::new(members, true, root, paths),
            names,
            installed: Installed::new(db, members),
            known: HashMap::new(),
        }
    }

    /// Tells whether a dependency is met; of conflicts and obsoletes, whether there is something that they mean.
    pub(super) fn is_met(&mut self, dep: &Dependency<'_>) -> Result<bool, TransactionError> {
        if dep.sense.any(Sense::RPMLIB) {
            return Ok(rpmlib::provides(dep.name, dep.range) || dep.sense.any(Sense::MISSINGOK));
        }
        if self.is_of_system(dep.name) || dep.record.is_some() && dep.sense.is_transient() {
            return Ok(true);
        }
        if dep.name.first() == Some(&b'(') {
            let parsed = std::str::from_utf8(dep.name).ok().and_then(|text| RichDep::parse_as_rpm(text).ok());
            return match parsed {
                Some(rich) => self.holds(&rich, dep),
                // Nonsense is a problem of the package that comes with it, and nobody's once it is installed.
                None => Ok((dep.kind == DepKind::Conflicts) != dep.record.is_some()),
            };
        }
        Ok(!dep.is_before() && !self.added_providers(dep).is_empty()
            || self.is_installed(dep)?
            || dep.sense.any(Sense::MISSINGOK))
    }

    /// Looks up `user(…)` and `group(…)` in the target's own files.
    fn is_of_system(&self, name: &[u8]) -> bool {
        let inner = |kind: &[u8]| name.strip_prefix(kind)?.strip_suffix(b")");
        inner(b"user(").is_some_and(|user| users::is_known(self.root, user, true))
            || inner(b"group(").is_some_and(|group| users::is_known(self.root, group, false))
    }

    /// Returns the added packages that meet a dependency; a package does not conflict with itself.
    fn added_providers(&mut self, dep: &Dependency<'_>) -> Vec<usize> {
        let except = dep.member.filter(|_| dep.kind != DepKind::Requires);
        if dep.kind != DepKind::Obsoletes {
            return self.added.all(dep.name, dep.range, except);
        }
        let named = self.names.get(dep.name).map(Vec::as_slice).unwrap_or_default();
        let hidden = |number: &&usize| {
            let evr = self.members[**number].nevra.evr().with_epoch().to_string();
            except != Some(**number) && crate::providers::overlap((Sense::EQUAL, evr.as_bytes()), dep.range)
        };
        named.iter().filter(hidden).copied().collect()
    }

    fn is_installed(&mut self, dep: &Dependency<'_>) -> Result<bool, TransactionError> {
        if dep.kind != DepKind::Requires || dep.is_before() {
            return Ok(!self.installed.providers(dep, &mut self.added, false)?.is_empty());
        }
        let key = (dep.name.to_vec(), dep.range.0.comparison(), dep.range.1.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let found = !self.installed.providers(dep, &mut self.added, false)?.is_empty();
        self.known.insert(key, found);
        Ok(found)
    }

    fn holds(&mut self, rich: &RichDep, whole: &Dependency<'_>) -> Result<bool, TransactionError> {
        Ok(match rich {
            RichDep::Simple(dep) => self.is_met(&whole.part(dep))?,
            RichDep::With(_) | RichDep::Without(..) => !self.packages(rich, whole)?.is_empty(),
            RichDep::Single(inner) => self.holds(inner, whole)?,
            RichDep::And(parts) => self.each_holds(parts, whole, true)?,
            RichDep::Or(parts) => !self.each_holds(parts, whole, false)?,
            RichDep::If(parts) | RichDep::Unless(parts) => {
                // `a if b` is `a or not b`, `a unless b` is `a and not b`; `else` says what holds in the other case.
                let wanted = matches!(rich, RichDep::If(_));
                if self.holds(&parts.condition, whole)? == wanted {
                    self.holds(&parts.then, whole)?
                } else {
                    match &parts.otherwise {
                        Some(otherwise) => self.holds(otherwise, whole)?,
                        None => wanted,
                    }
                }
            }
        })
    }

    /// Tells whether all parts are as wanted.
    fn each_holds(
        &mut self,
        parts: &[RichDep],
        whole: &Dependency<'_>,
        wanted: bool,
    ) -> Result<bool, TransactionError> {
        for part in parts {
            if self.holds(part, whole)? != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the packages that meet a dependency, sorted: numbers of records, and of added ones behind [`ADDED`].
    ///
    /// As in rpm, one that meets two sides of `or` is there twice, and `without` takes it away once.
    fn packages(&mut self, rich: &RichDep, whole: &Dependency<'_>) -> Result<Vec<u64>, TransactionError> {
        Ok(match rich {
            RichDep::Simple(dep) => self.providers(dep, whole)?,
            RichDep::Single(inner) => self.packages(inner, whole)?,
            RichDep::Or(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.append(&mut self.packages(part, whole)?);
                }
                all.sort_unstable();
                all
            }
            RichDep::With(parts) => {
                // From the last one, as rpm reads `a with b with c` as `a with (b with c)`.
                let mut common: Option<Vec<u64>> = None;
                for part in parts.iter().rev() {
                    let mut found = self.packages(part, whole)?;
                    if let Some(mut rest) = common {
                        found.retain(|package| take(&mut rest, *package));
                    }
                    common = Some(found);
                }
                common.unwrap_or_default()
            }
            RichDep::Without(one, other) => {
                let (mut found, mut taken) = (self.packages(one, whole)?, self.packages(other, whole)?);
                found.retain(|package| !take(&mut taken, *package));
                found
            }
            // rpm knows no sets of these.
            RichDep::And(_) | RichDep::If(_) | RichDep::Unless(_) => Vec::new(),
        })
    }

    fn providers(&mut self, dep: &Reldep, whole: &Dependency<'_>) -> Result<Vec<u64>, TransactionError> {
        let dep = whole.part(dep);
        let records = self.installed.providers(&dep, &mut self.added, true)?;
        let mut all: Vec<u64> = records.into_iter().map(u64::from).collect();
        all.sort_unstable();
        all.dedup();
        let mut added = if dep.is_before() { Vec::new() } else { self.added_providers(&dep) };
        added.sort_unstable();
        all.extend(added.into_iter().map(|number| ADDED + number as u64));
        Ok(all)
    }
}

/// Takes a package away once; tells whether it was there.
fn take(packages: &mut Vec<u64>, package: u64) -> bool {
    let place = packages.iter().position(|other| *other == package);
    place.is_some_and(|place| {
        packages.remove(place);
        true
    })
}
