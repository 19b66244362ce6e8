//! rpm's own check of dependencies before a run (reference of rpm, 6.4).
//!
//! The solver has decided what goes together, but it knows packages only by their metadata, and users may force their
//! way past it.

mod installed;
mod judge;
mod rpmlib;

use std::collections::{HashMap, HashSet};

use oxidnf_core::Reldep;
use oxidnf_core::header::{DepKind, HeaderDep};
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_core::rich::RichDep;
use oxidnf_rpmdb::{Hnum, Index, RpmDb};

pub use self::rpmlib::is_feature;

use self::installed::entry;
use self::judge::Judge;
use crate::element::{DependencyColors, Member};
use crate::error::TransactionError;
use crate::files::state::FileState;
use crate::fsm::dirs::RootDir;
use crate::problem::{DependencyProblem, Problem};
use crate::providers::{Range, last_component, overlap};
use crate::settings::Settings;

/// A dependency that is to be judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dependency<'d> {
    /// Requires, Conflicts or Obsoletes.
    kind: DepKind,
    name: &'d [u8],
    sense: Sense,
    range: Range<'d>,
    /// The added package that has it, but not of a part of a rich one: rpm forgets there whose it is.
    member: Option<usize>,
    /// The installed package that has it; none of a part of a rich one, too.
    record: Option<Hnum>,
}

impl<'d> Dependency<'d> {
    fn new(kind: DepKind, dep: &HeaderDep<'d>) -> Self {
        let range = (dep.sense, dep.evr);
        Dependency { kind, name: dep.name, sense: dep.sense, range, member: None, record: None }
    }

    /// Returns a dependency that stands in this one, which is rich; when it is needed is handed down, that it may be
    /// missing is not.
    fn part<'p>(&self, part: &'p Reldep) -> Dependency<'p> {
        let range = (part.sense, part.evr.as_bytes());
        Dependency {
            kind: self.kind,
            name: part.name.as_bytes(),
            sense: Sense(self.sense.0 & !Sense::MISSINGOK.0),
            range,
            member: None,
            record: None,
        }
    }

    /// Tells whether it is needed before anything is installed or erased.
    fn is_before(&self) -> bool {
        self.sense.any(Sense::PRETRANS | Sense::PREUNTRANS)
    }

    /// Tells whether a record is that of the package itself, which neither conflicts with itself nor obsoletes itself.
    fn is_own(&self, hnum: Hnum) -> bool {
        self.kind != DepKind::Requires && self.record == Some(hnum)
    }
}

/// Returns all dependencies that are not met, by element.
pub(crate) fn check(
    members: &[Member],
    db: &RpmDb,
    root: &RootDir,
    settings: &Settings,
) -> Result<Vec<(usize, Problem)>, TransactionError> {
    let checked = db.snapshot(|| {
        let mut check = Check::new(members, db, root, settings)?;
        for member in (0..members.len()).filter(|member| members[*member].is_install()) {
            check.added(member)?;
        }
        for member in (0..members.len()).filter(|member| !members[*member].is_install()) {
            check.erased(member)?;
        }
        Ok(check.problems)
    });
    checked.map_err(TransactionError::database("read"))?
}

/// What installed packages say in one of their indexes.
#[derive(Default)]
struct Said {
    /// Names.
    names: HashSet<Vec<u8>>,
    /// Names whose presence is against a rich dependency.
    negated: HashSet<Vec<u8>>,
    /// Paths by their last component, and whether they are negated.
    paths: HashMap<Vec<u8>, Vec<(Vec<u8>, bool)>>,
}

impl Said {
    fn new(keys: Vec<Vec<u8>>) -> Self {
        let mut said = Said::default();
        for key in keys {
            let name = key.strip_prefix(b"!").map(<[u8]>::to_vec);
            let negated = name.is_some();
            let name = name.unwrap_or(key);
            if name.first() == Some(&b'/') {
                said.paths.entry(last_component(&name).to_vec()).or_default().push((name.clone(), negated));
            }
            if negated {
                said.negated.insert(name)
            } else {
                said.names.insert(name)
            };
        }
        said
    }
}

struct Check<'a> {
    members: &'a [Member],
    settings: &'a Settings,
    judge: Judge<'a>,
    conflicts: Said,
    obsoletes: Said,
    /// Only paths and negated names.
    requires: Said,
    /// Names inside rich requirements of installed packages.
    rich: HashSet<String>,
    /// By element.
    problems: Vec<(usize, Problem)>,
}

impl<'a> Check<'a> {
    fn new(
        members: &'a [Member],
        db: &'a RpmDb,
        root: &'a RootDir,
        settings: &'a Settings,
    ) -> Result<Self, TransactionError> {
        let keys =
            |index, prefix: &[u8]| db.keys_with_prefix(index, prefix).map_err(TransactionError::database("search"));
        let conflicts = keys(Index::Conflictname, b"")?;
        let mut requires = keys(Index::Requirename, b"/")?;
        requires.extend(keys(Index::Requirename, b"!")?);
        let rich = keys(Index::Requirename, b"(")?;
        let rich = rich.iter().filter_map(|text| RichDep::parse_as_rpm(std::str::from_utf8(text).ok()?).ok());
        let rich = rich.flat_map(|rich| rich.simple().into_iter().map(|dep| dep.name.clone()).collect::<Vec<_>>());
        let mut paths: Vec<Vec<u8>> = [&conflicts, &requires].into_iter().flatten().cloned().collect();
        paths.retain(|path| path.contains(&b'/'));
        Ok(Check {
            members,
            settings,
            rich: rich.collect(),
            judge: Judge::new(members, db, root, &paths),
            conflicts: Said::new(conflicts),
            obsoletes: Said::new(keys(Index::Obsoletename, b"")?),
            requires: Said::new(requires),
            problems: Vec::new(),
        })
    }

    /// Looks at what an added package wants, and at what installed packages say about it.
    fn added(&mut self, member: usize) -> Result<(), TransactionError> {
        let element = &self.members[member];
        let colors = DependencyColors::read(&element.header, &element.files);
        for kind in [DepKind::Requires, DepKind::Conflicts, DepKind::Obsoletes] {
            for dep in element.header.deps(kind) {
                let color = colors.of(kind, dep.index);
                if self.settings.color != 0 && color != 0 && self.settings.color & color == 0 {
                    continue;
                }
                let wanted = Dependency { member: Some(member), ..Dependency::new(kind, &dep) };
                if self.judge.is_met(&wanted)? != (kind == DepKind::Requires) {
                    let owner = element.nevra.to_string();
                    self.tell(member, &wanted, owner);
                }
            }
        }
        if element.header.is_source() {
            return Ok(());
        }
        for provide in element.header.deps(DepKind::Provides) {
            let range = Some((provide.sense, provide.evr));
            if self.conflicts.names.contains(provide.name) {
                self.installed(member, DepKind::Conflicts, provide.name, range)?;
            }
            if self.requires.negated.contains(provide.name) {
                self.installed(member, DepKind::Requires, &negated(provide.name), range)?;
            }
        }
        let name = element.nevra.name.as_bytes();
        if self.obsoletes.names.contains(name) {
            let evr = element.nevra.evr().with_epoch().to_string();
            self.installed(member, DepKind::Obsoletes, name, Some((Sense::EQUAL, evr.as_bytes())))?;
        }
        for file in 0..element.files.len() {
            self.file(member, file, DepKind::Conflicts, DepKind::Requires)?;
        }
        Ok(())
    }

    /// Looks for installed packages that need what goes away.
    fn erased(&mut self, member: usize) -> Result<(), TransactionError> {
        let element = &self.members[member];
        for provide in element.header.deps(DepKind::Provides) {
            let range = (provide.sense, provide.evr);
            if !self.comes_back(provide.name, range) {
                self.installed(member, DepKind::Requires, provide.name, Some(range))?;
            }
            if self.conflicts.negated.contains(provide.name) {
                self.installed(member, DepKind::Conflicts, &negated(provide.name), Some(range))?;
            }
        }
        for file in 0..element.files.len() {
            let there = matches!(element.states.get(file), Some(Some(FileState::Normal | FileState::NetShared)));
            if there {
                self.file(member, file, DepKind::Requires, DepKind::Conflicts)?;
            }
        }
        Ok(())
    }

    /// Tells whether an added package provides the very same: then whoever was content still is, and need not be read.
    fn comes_back(&self, name: &[u8], range: Range<'_>) -> bool {
        let same = |other: &(usize, Range<'_>)| {
            let (sense, evr) = other.1;
            evr.is_empty()
                || sense.comparison() == Sense::ANY
                || (sense.comparison(), evr) == (range.0.comparison(), range.1)
        };
        self.is_plain(name) && self.judge.added.provided(name).iter().any(same)
    }

    /// Tells whether no rich requirement names this.
    fn is_plain(&self, name: &[u8]) -> bool {
        !std::str::from_utf8(name).is_ok_and(|name| self.rich.contains(name))
    }

    /// Looks up a file of an element among the paths that installed packages name, under all their spellings: `plain`
    /// says where it counts as it is, `inverse` where negated.
    fn file(&mut self, member: usize, file: usize, plain: DepKind, inverse: DepKind) -> Result<(), TransactionError> {
        let files = &self.members[member].files;
        let base = &*files.files[file].base;
        for (kind, negative) in [(plain, false), (inverse, true)] {
            let said = if kind == DepKind::Conflicts { &self.conflicts } else { &self.requires };
            let Some(paths) = said.paths.get(base) else { continue };
            for (path, _) in paths.clone().into_iter().filter(|(_, negated)| *negated == negative) {
                if !self.judge.added.same_dir(files.dirname(file), &path[..path.len() - base.len()]) {
                    continue;
                }
                let comes_back = kind == DepKind::Requires && !negative && self.is_plain(&path);
                if comes_back && !self.judge.added.all(&path, (Sense::ANY, b""), None).is_empty() {
                    continue;
                }
                let key = if negative { negated(&path) } else { path };
                self.installed(member, kind, &key, None)?;
            }
        }
        Ok(())
    }

    /// Judges the dependencies of installed packages under a key; only those that overlap with a range, if one is
    /// given. Paths have none.
    fn installed(
        &mut self,
        member: usize,
        kind: DepKind,
        key: &[u8],
        range: Option<Range<'_>>,
    ) -> Result<(), TransactionError> {
        let index = match kind {
            DepKind::Requires => Index::Requirename,
            DepKind::Conflicts => Index::Conflictname,
            _ => Index::Obsoletename,
        };
        for (hnum, idx) in self.judge.installed.find(index, key)? {
            let Some(header) = self.judge.installed.header(hnum) else { continue };
            let Some(dep) = entry(&header, kind, idx) else { continue };
            let dep = Dependency { record: Some(hnum), ..Dependency::new(kind, &dep) };
            let rich = dep.name.first() == Some(&b'(');
            let meant = rich || range.is_none_or(|range| overlap(dep.range, range));
            if meant && self.judge.is_met(&dep)? != (kind == DepKind::Requires) {
                let owner = header.nevra().map(|nevra| nevra.to_string()).unwrap_or_default();
                self.tell(member, &dep, owner);
            }
        }
        Ok(())
    }

    /// Takes a problem down, unless the same one was told of this element before.
    fn tell(&mut self, member: usize, dep: &Dependency<'_>, owner: String) {
        let (name, evr) = (String::from_utf8_lossy(dep.name), String::from_utf8_lossy(dep.range.1));
        let problem = Problem::Dependency {
            nevra: self.members[member].nevra.to_string(),
            kind: match dep.kind {
                DepKind::Conflicts => DependencyProblem::Conflict,
                DepKind::Obsoletes => DependencyProblem::Obsoleted,
                _ => DependencyProblem::Missing,
            },
            dep: ReldepRef { name: &name, sense: dep.sense, evr: &evr }.to_string(),
            owner,
            installed: dep.record.is_some(),
        };
        let told = (member, problem);
        if !self.problems.contains(&told) {
            self.problems.push(told);
        }
    }
}

/// Returns the key under which rpm's index has a name that is negated in a rich dependency.
fn negated(name: &[u8]) -> Vec<u8> {
    [b"!", name].concat()
}
