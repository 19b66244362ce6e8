//! One numbering for the strings, dependencies, texts and packages of several parts.

use std::cmp::Ordering;
use std::num::NonZeroUsize;

use oxidnf_core::evr::vercmp;
use oxidnf_core::rich::RichDep;

use crate::error::CatalogError;
use crate::intern::{Interner, Table};
use crate::part::{Part, PartRow};

/// Something in a part: the part's place and the number there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) part: u32,
    pub(crate) id: u32,
}

/// The final numbers of what the parts hold.
pub(crate) struct Merged<'p> {
    pub(crate) parts: &'p [Part],
    /// Distinct strings in order.
    pub(crate) strings: Vec<Source>,
    /// For each part, the final numbers of its strings.
    string_map: Vec<Vec<u32>>,
    /// Distinct dependencies (name, evr, sense), in final numbers and in order.
    pub(crate) deps: Vec<[u32; 3]>,
    /// For each part, the final numbers of its dependencies.
    dep_map: Vec<Vec<u32>>,
    /// All packages in order.
    pub(crate) packages: Vec<Source>,
}

impl<'p> Merged<'p> {
    pub(crate) fn new(parts: &'p [Part]) -> Result<Self, CatalogError> {
        let (strings, string_map) = merge_strings(parts)?;
        let (deps, dep_map) = merge_deps(parts, &string_map);
        let packages = order_packages(parts, &string_map)?;
        Ok(Merged { parts, strings, string_map, deps, dep_map, packages })
    }

    pub(crate) fn part(&self, source: Source) -> &'p Part {
        &self.parts[source.part as usize]
    }

    pub(crate) fn row(&self, package: Source) -> &'p PartRow {
        &self.part(package).rows[package.id as usize]
    }

    pub(crate) fn text(&self, string: u32) -> &'p [u8] {
        let source = self.strings[string as usize];
        self.part(source).strings.get(source.id)
    }

    /// Returns the final number of a part's string.
    pub(crate) fn string(&self, part: u32, id: u32) -> u32 {
        self.string_map[part as usize][id as usize]
    }

    /// As [`Merged::string`], of a number where 0 is "none".
    pub(crate) fn optional(&self, part: u32, id: u32) -> u32 {
        id.checked_sub(1).map_or(0, |id| self.string(part, id) + 1)
    }

    /// Returns the final number of a part's dependency.
    pub(crate) fn dep(&self, part: u32, id: u32) -> u32 {
        self.dep_map[part as usize][id as usize]
    }

    pub(crate) fn find_string(&self, text: &[u8]) -> Option<u32> {
        let place = self.strings.binary_search_by(|source| self.part(*source).strings.get(source.id).cmp(text));
        place.ok().map(|place| place as u32)
    }

    /// Returns the names inside rich dependencies with the numbers of these, sorted.
    pub(crate) fn rich_names(&self) -> Vec<[u32; 2]> {
        let mut pairs = Vec::new();
        let start = self.deps.partition_point(|dep| self.text(dep[0]) < b"(".as_slice());
        let rich = self.deps.iter().enumerate().skip(start);
        for (number, dep) in rich.take_while(|(_, dep)| self.text(dep[0]).starts_with(b"(")) {
            let Some(parsed) = str::from_utf8(self.text(dep[0])).ok().and_then(|text| RichDep::parse(text).ok()) else {
                continue;
            };
            let names = parsed.simple().into_iter().filter_map(|inner| self.find_string(inner.name.as_bytes()));
            pairs.extend(names.map(|name| [name, number as u32]));
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}

/// Returns the first bytes as a number, which decides most comparisons without looking at the text.
fn prefix(text: &[u8]) -> u64 {
    let mut first = [0; 8];
    let len = text.len().min(8);
    first[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(first)
}

fn merge_strings(parts: &[Part]) -> Result<(Vec<Source>, Vec<Vec<u32>>), CatalogError> {
    let text = |source: Source| parts[source.part as usize].strings.get(source.id);
    let total: usize = parts.iter().map(|part| part.strings.len()).sum();
    u32::try_from(total).map_err(|_| CatalogError::TooLarge("strings"))?;
    let mut all = Vec::with_capacity(total);
    for (part, strings) in (0..).zip(parts.iter().map(|part| &part.strings)) {
        let ids = 0..strings.len() as u32;
        all.extend(ids.map(|id| (prefix(strings.get(id)), Source { part, id })));
    }
    sort_on_threads(&mut all, &|one, two| one.0.cmp(&two.0).then_with(|| text(one.1).cmp(text(two.1))));
    let mut map: Vec<Vec<u32>> = parts.iter().map(|part| vec![0; part.strings.len()]).collect();
    let mut distinct: Vec<Source> = Vec::new();
    let mut last = None;
    for (prefix, source) in all {
        if last.is_none_or(|(last_prefix, last)| last_prefix != prefix || text(last) != text(source)) {
            distinct.push(source);
            last = Some((prefix, source));
        }
        map[source.part as usize][source.id as usize] = distinct.len() as u32 - 1;
    }
    Ok((distinct, map))
}

/// Texts of several parts, each once.
struct Distinct {
    sources: Vec<Source>,
    table: Table,
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct { sources: Vec::new(), table: Table::new() }
    }
}

impl Distinct {
    /// Returns the number of a text, which is the next one if it is new.
    fn add<'p>(&mut self, source: Source, text: &[u8], read: impl Fn(Source) -> &'p [u8]) -> u32 {
        let hash = self.table.hash(text);
        if let Some(known) = self.table.find(hash, |number| read(self.sources[number as usize]) == text) {
            return known;
        }
        let number = self.sources.len() as u32;
        self.sources.push(source);
        self.table.insert(hash, number);
        number
    }
}

/// Sorts on several threads when there is much to sort. The order must be total, as equal values may change places.
fn sort_on_threads<T: Send>(values: &mut [T], order: &(impl Fn(&T, &T) -> Ordering + Sync)) {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(8);
    sort_halves(values, order, threads.ilog2());
}

/// Splits at the median, so that the halves can be sorted apart and need not be merged.
fn sort_halves<T: Send>(values: &mut [T], order: &(impl Fn(&T, &T) -> Ordering + Sync), depth: u32) {
    if depth == 0 || values.len() < 20_000 {
        values.sort_unstable_by(order);
        return;
    }
    let (left, _, right) = values.select_nth_unstable_by(values.len() / 2, order);
    std::thread::scope(|scope| {
        scope.spawn(|| sort_halves(left, order, depth - 1));
        sort_halves(right, order, depth - 1);
    });
}

fn merge_deps(parts: &[Part], string_map: &[Vec<u32>]) -> (Vec<[u32; 3]>, Vec<Vec<u32>>) {
    let mut all = Vec::with_capacity(parts.iter().map(|part| part.deps.all().len()).sum());
    for (number, (part, strings)) in (0..).zip(parts.iter().zip(string_map)) {
        for (id, [name, evr, sense]) in (0..).zip(part.deps.all()) {
            all.push(([strings[*name as usize], strings[*evr as usize], *sense], Source { part: number, id }));
        }
    }
    sort_on_threads(&mut all, &|(one, _), (two, _)| one.cmp(two));
    let mut map: Vec<Vec<u32>> = parts.iter().map(|part| vec![0; part.deps.all().len()]).collect();
    let mut distinct: Vec<[u32; 3]> = Vec::new();
    for (dep, source) in all {
        if distinct.last() != Some(&dep) {
            distinct.push(dep);
        }
        map[source.part as usize][source.id as usize] = distinct.len() as u32 - 1;
    }
    (distinct, map)
}

fn order_packages(parts: &[Part], string_map: &[Vec<u32>]) -> Result<Vec<Source>, CatalogError> {
    let total: usize = parts.iter().map(|part| part.rows.len()).sum();
    // Ids are numbered through all catalogs of a sack, so one catalog is kept well below the limit.
    i32::try_from(total).map_err(|_| CatalogError::TooLarge("packages"))?;
    let mut all = Vec::with_capacity(total);
    for (part, (rows, strings)) in (0..).zip(parts.iter().map(|part| &part.rows).zip(string_map)) {
        for (id, row) in (0..).zip(rows) {
            let key = u64::from(strings[row.name as usize]) << 32 | u64::from(strings[row.arch as usize]);
            all.push((key, Source { part, id }));
        }
    }
    // The sort is stable: packages that are equal in all of this stay in the order of coming.
    all.sort_by(|(one_key, one), (two_key, two)| {
        one_key.cmp(two_key).then_with(|| {
            let (a, b) = (&parts[one.part as usize], &parts[two.part as usize]);
            let (row_a, row_b) = (&a.rows[one.id as usize], &b.rows[two.id as usize]);
            let texts = [(row_a.version, row_b.version), (row_a.release, row_b.release)]
                .map(|(one, two)| (a.strings.get(one), b.strings.get(two)));
            let version = texts.iter().map(|(one, two)| vercmp(one, two)).find(|order| order.is_ne());
            let order = row_a.epoch.cmp(&row_b.epoch).then(version.unwrap_or(Ordering::Equal));
            let order = order.then_with(|| texts.iter().map(|(one, _)| one).cmp(texts.iter().map(|(_, two)| two)));
            order.then_with(|| a.chunk(one.id).cmp(&b.chunk(two.id)))
        })
    });
    Ok(all.into_iter().map(|(_, source)| source).collect())
}

/// Where the texts of one kind will be: those that packages use, in the order of packages, each once.
pub(crate) struct TextPlan {
    /// What is written, in order.
    pub(crate) order: Vec<Source>,
    /// For each part, the place of each text plus 1; 0 is unused.
    places: Vec<Vec<u32>>,
}

impl TextPlan {
    /// `of` names the arena; `used` yields the packages' texts as (part, number plus 1).
    pub(crate) fn new<'p>(
        parts: &'p [Part],
        of: impl Fn(&'p Part) -> &'p Interner,
        used: impl Iterator<Item = (u32, u32)>,
    ) -> Result<Self, CatalogError> {
        let arenas: Vec<&Interner> = parts.iter().map(of).collect();
        let mut plan =
            TextPlan { order: Vec::new(), places: arenas.iter().map(|texts| vec![0; texts.len()]).collect() };
        let text = |source: Source| arenas[source.part as usize].get(source.id);
        let mut distinct = Distinct::default();
        // The places of the distinct texts.
        let mut distinct_places = Vec::new();
        let mut end = 0_u32;
        for (part, id) in used {
            let Some(id) = id.checked_sub(1) else { continue };
            let place = &mut plan.places[part as usize][id as usize];
            if *place != 0 {
                continue;
            }
            let source = Source { part, id };
            // One part holds no text twice.
            if parts.len() > 1 {
                let number = distinct.add(source, text(source), text) as usize;
                if let Some(known) = distinct_places.get(number) {
                    *place = *known;
                    continue;
                }
                distinct_places.push(end + 1);
            }
            *place = end + 1;
            plan.order.push(source);
            let len = text(source).len() as u64;
            let len = u32::try_from(len).ok().and_then(|text| text.checked_add(varint_len(len)));
            end = len.and_then(|len| end.checked_add(len)).ok_or(CatalogError::TooLarge("texts"))?;
        }
        Ok(plan)
    }

    /// Returns the place of a part's text, both plus 1 with 0 for "none".
    pub(crate) fn place(&self, part: u32, id: u32) -> u32 {
        id.checked_sub(1).map_or(0, |id| self.places[part as usize][id as usize])
    }
}

fn varint_len(number: u64) -> u32 {
    (64 - number.leading_zeros()).div_ceil(7).max(1)
}
