//! Which of two texts or dependencies has the lower number in dnf5's pool, and about which number it is.
//!
//! libsolv numbers texts on one side and versioned and rich dependencies (relations) on the other. What an earlier
//! repository brought keeps its number. See `order` for how the numbers of one repository come about.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::catalog::Catalog;
use crate::format::{Section, read_u32};
use crate::record::Relation;
use crate::sack::{RepoIndex, RepoKind, Sack};
use crate::walk::{NEVER, is_plain};

/// Bytes of a row of [`Section::StringCounts`] and [`Section::DepCounts`].
const ROW: usize = 8;

/// The place of a text or relation among those of one repository; lower ones have lower numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// When it first appeared.
    Parsed(u32),
    /// In libsolv's cache the most used come first; equal texts by their bytes, equal relations as they appeared.
    Cached(Reverse<u32>, u32),
}

/// The place of a dependency among dnf5's numbers: that of its name when it compares no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumberPlace {
    is_relation: bool,
    repo: RepoIndex,
    place: Place,
}

impl NumberPlace {
    /// Tells whether it is a relation, which has numbers of its own.
    pub fn is_relation(&self) -> bool {
        self.is_relation
    }
}

impl Catalog {
    fn counts(&self, section: Section, number: u32) -> [u32; 2] {
        let row = self.store().slice(section, number as usize * ROW, ROW).unwrap_or_default();
        if row.is_empty() { [NEVER, 0] } else { [read_u32(row, 0), read_u32(row, 4)] }
    }

    fn string_place(&self, string: u32, parsed: bool) -> Option<Place> {
        let [first, uses] = self.counts(Section::StringCounts, string);
        if first == NEVER {
            return None;
        }
        if parsed {
            return Some(Place::Parsed(first));
        }
        let uses = uses.saturating_add(self.uses_as_file(string));
        Some(Place::Cached(Reverse(uses), string))
    }

    /// Returns how many more uses a required path has in the cache: dnf5 writes it again with every file that something
    /// requires as a provide of its owners, and with the list of these files.
    fn uses_as_file(&self, string: u32) -> u32 {
        let text = self.text(string);
        if !text.starts_with('/') {
            return 0;
        }
        let (mut owners, mut providers) = (BTreeSet::new(), BTreeSet::new());
        self.owners(text, |package| {
            owners.insert(package);
        });
        let itself = ReldepRef { name: text, sense: Sense(0), evr: "" };
        self.relating(Relation::Provides, &itself, |package| {
            providers.insert(package);
        });
        u32::try_from(owners.difference(&providers).count()).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn relation_place(&self, dep: u32, parsed: bool) -> Option<Place> {
        let [first, uses] = self.counts(Section::DepCounts, dep);
        (first != NEVER).then_some(if parsed { Place::Parsed(first) } else { Place::Cached(Reverse(uses), first) })
    }

    fn is_relation(&self, dep: u32) -> bool {
        let [name, evr, sense] = self.dep_row(dep);
        !is_plain(self.bytes(name), self.bytes(evr), sense)
    }

    /// Returns a key that sorts dependencies as libsolv's cache has them: texts come before relations.
    pub(crate) fn cached_key(&self, dep: u32) -> impl Ord + use<> {
        let is_relation = self.is_relation(dep);
        let place =
            if is_relation { self.relation_place(dep, false) } else { self.string_place(self.dep_row(dep)[0], false) };
        (is_relation, place.is_none(), place)
    }

    /// Finds the relation that is the same to libsolv.
    fn find_relation(&self, wanted: &ReldepRef<'_>) -> Option<u32> {
        let name = self.find_string(wanted.name.as_bytes())?;
        let same = |dep: &u32| {
            let [_, evr, sense] = self.dep_row(*dep);
            // Of a rich dependency the name is the whole.
            wanted.name.starts_with('(')
                || Sense(sense).comparison() == wanted.sense.comparison() && self.bytes(evr) == wanted.evr.as_bytes()
        };
        self.deps_on(name).find(same)
    }

    /// Counts the texts or relations that come before a place.
    fn count_before(&self, section: Section, place: Place) -> u32 {
        let rows = self.store().slice(section, 0, self.store().len(section)).unwrap_or_default();
        let mut before = 0;
        // Relations that differ in nothing but what libsolv does not look at follow each other and are counted once.
        let mut last = [NEVER; 3];
        for (number, row) in (0..).zip(rows.chunks_exact(ROW)) {
            let (first, uses) = (read_u32(row, 0), read_u32(row, 4));
            if first == NEVER || section == Section::DepCounts && last.contains(&first) {
                continue;
            }
            last = [first, last[0], last[1]];
            let tie = if section == Section::DepCounts { first } else { number };
            before += u32::from(match place {
                Place::Parsed(_) => Place::Parsed(first) < place,
                Place::Cached(..) => Place::Cached(Reverse(uses), tie) < place,
            });
        }
        before
    }
}

impl Sack {
    /// Tells whether dnf5 numbers the texts of a repository as it parses them, not as libsolv's cache has them.
    fn is_parsed(&self, repo: RepoIndex) -> bool {
        let info = self.repo(repo);
        info.is_new || info.kind != RepoKind::Available
    }

    fn text_place(&self, text: &str) -> Option<NumberPlace> {
        self.repos().find_map(|(repo, _)| {
            let catalog = self.catalog(repo);
            let place = catalog.string_place(catalog.find_string(text.as_bytes())?, self.is_parsed(repo))?;
            Some(NumberPlace { is_relation: false, repo, place })
        })
    }

    /// Returns the place of a package name among dnf5's numbers for texts, for sorting.
    ///
    /// A name is numbered where it first occurs, be it in a dependency. Names that do not occur come last.
    pub fn name_order(&self, name: &str) -> impl Ord + Copy + use<> {
        let place = self.text_place(name);
        (place.is_none(), place)
    }

    /// Returns the place of a dependency among dnf5's numbers; `None` when no package has such a one.
    pub fn number_place(&self, dep: &ReldepRef<'_>) -> Option<NumberPlace> {
        if is_plain(dep.name.as_bytes(), dep.evr.as_bytes(), dep.sense.0) {
            return self.text_place(dep.name);
        }
        self.repos().find_map(|(repo, _)| {
            let catalog = self.catalog(repo);
            let place = catalog.relation_place(catalog.find_relation(dep)?, self.is_parsed(repo))?;
            Some(NumberPlace { is_relation: true, repo, place })
        })
    }

    /// Returns about how many texts or relations have lower numbers than one: what several repositories have is counted
    /// for each of them.
    pub fn count_before(&self, place: &NumberPlace) -> u32 {
        let section = if place.is_relation { Section::DepCounts } else { Section::StringCounts };
        let last = Place::Parsed(NEVER);
        let earlier = self.repos().take_while(|(repo, _)| *repo != place.repo);
        let earlier = earlier.map(|(repo, _)| self.catalog(repo).count_before(section, last));
        earlier.fold(self.catalog(place.repo).count_before(section, place.place), u32::saturating_add)
    }
}
