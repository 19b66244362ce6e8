//! Writes merged parts as a catalog.

use std::io::{self, Seek, Write};
use std::thread::{self, ScopedJoinHandle};

use crate::catalog::Stamp;
use crate::descriptions::{Descriptions, Places};
use crate::error::CatalogError;
use crate::format::{Section, put_varint};
use crate::intern::Interner;
use crate::merge::{Merged, Source, TextPlan};
use crate::meta::Meta;
use crate::order::SourceOrder;
use crate::output::Output;
use crate::part::Part;
use crate::postings::{Lists, encode_postings};
use crate::record::Relation;

/// A failure while writing: of the data or of the sink.
pub(crate) enum WriteError {
    Catalog(CatalogError),
    Io(io::Error),
}

impl From<CatalogError> for WriteError {
    fn from(error: CatalogError) -> Self {
        WriteError::Catalog(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        WriteError::Io(error)
    }
}

/// Sections that are ready to be written.
type Sections = Vec<(Section, Vec<u8>)>;

/// Writes all packages of the parts behind the descriptions.
pub(crate) fn write<W: Write + Seek>(
    mut parts: Vec<Part>,
    mut descriptions: Descriptions<W>,
    stamp: &Stamp,
) -> Result<W, WriteError> {
    for (number, part) in (0..).zip(&mut parts) {
        part.take_descriptions(number).for_each(|(key, texts)| descriptions.put_last(key, texts));
    }
    let (mut output, places) = descriptions.finish()?;
    let merged = Merged::new(&parts)?;
    let (merged, places) = (&merged, &places);
    // Some sections are made at the same time; those of the calling thread are written at once.
    thread::scope(|scope| {
        let order = scope.spawn(|| encode_order(merged));
        let metas = scope.spawn(|| encode_metas(merged, places));
        let files = scope.spawn(|| encode_files(merged));
        write_rows(merged, &mut output)?;
        write_strings(merged, &mut output)?;
        write_deps(merged, &mut output)?;
        write_relations(merged, &mut output)?;
        let sections = joined(metas)?.into_iter().chain(joined(files)?).chain(joined(order));
        for (section, bytes) in sections {
            output.whole(section, &bytes)?;
        }
        Ok::<(), WriteError>(())
    })?;
    Ok(output.finish(*stamp)?)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn write_rows<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Packages);
    for package in &merged.packages {
        let row = merged.row(*package);
        let string = |id| merged.string(package.part, id);
        output.numbers(&[string(row.name), string(row.arch), row.epoch, string(row.version), string(row.release)])?;
    }
    Ok(())
}

fn write_strings<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Strings);
    let mut ends = Ends::new("strings");
    for string in 0..merged.strings.len() as u32 {
        let text = merged.text(string);
        output.bytes(text)?;
        ends.add(text.len())?;
    }
    output.whole(Section::StringEnds, &ends.bytes)?;
    Ok(())
}

fn write_deps<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Deps);
    merged.deps.iter().try_for_each(|dep| output.numbers(dep))?;
    output.section(Section::RichNames);
    merged.rich_names().iter().try_for_each(|pair| output.numbers(pair))?;
    Ok(())
}

/// Writes the dependencies of every package, and who has which.
fn write_relations<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    let mut lists = Relation::ALL.map(|_| Lists::default());
    let mut ends = Ends::new("dependencies");
    let mut record = Vec::new();
    output.section(Section::Relations);
    for package in &merged.packages {
        let mut reader = merged.part(*package).relations(package.id as usize);
        record.clear();
        for list in &mut lists {
            let count = reader.varint();
            put_varint(&mut record, count);
            list.start(count);
            for _ in 0..count {
                let dep = merged.dep(package.part, reader.number());
                put_varint(&mut record, dep.into());
                list.add(dep);
            }
        }
        output.bytes(&record)?;
        ends.add(record.len())?;
    }
    output.whole(Section::RelationEnds, &ends.bytes)?;
    for (relation, list) in Relation::ALL.into_iter().zip(lists) {
        let (postings, keys) = Section::postings(relation);
        let encoded = encode_postings(list, merged.deps.len())?;
        output.whole(postings, &encoded.postings)?;
        output.whole(keys, &encoded.keys)?;
    }
    Ok(())
}

fn encode_metas(merged: &Merged<'_>, places: &Places) -> Result<Sections, CatalogError> {
    let meta = |package: Source| merged.part(package).meta(package.id as usize);
    let used =
        |field: fn(&Meta<'_>) -> u32| merged.packages.iter().map(move |package| (package.part, field(&meta(*package))));
    let urls = TextPlan::new(merged.parts, |part| &part.urls, used(|meta| meta.url))?;
    let summaries = TextPlan::new(merged.parts, |part| &part.summaries, used(|meta| meta.summary))?;
    let (mut ends, mut metas) = (Ends::new("packages"), Vec::new());
    for package in &merged.packages {
        let part = package.part;
        let mut meta = meta(*package);
        for field in [
            &mut meta.sourcerpm,
            &mut meta.vendor,
            &mut meta.location_dir,
            &mut meta.location,
            &mut meta.location_base,
            &mut meta.license,
            &mut meta.packager,
            &mut meta.group,
            &mut meta.build_host,
        ] {
            *field = merged.optional(part, *field);
        }
        meta.url = urls.place(part, meta.url);
        meta.summary = summaries.place(part, meta.summary);
        meta.description = places.get(merged.part(*package).chunk_key(package.id, part), meta.description);
        let before = metas.len();
        meta.encode(&mut metas);
        ends.add(metas.len() - before)?;
    }
    Ok(vec![
        (Section::Metas, metas),
        (Section::MetaEnds, ends.bytes),
        (Section::Urls, encode_texts(merged, &urls, |part| &part.urls)),
        (Section::Summaries, encode_texts(merged, &summaries, |part| &part.summaries)),
    ])
}

fn encode_texts(merged: &Merged<'_>, plan: &TextPlan, of: fn(&Part) -> &Interner) -> Vec<u8> {
    let mut bytes = Vec::new();
    for source in &plan.order {
        let text = of(merged.part(*source)).get(source.id);
        put_varint(&mut bytes, text.len() as u64);
        bytes.extend_from_slice(text);
    }
    bytes
}

fn encode_order(merged: &Merged<'_>) -> Sections {
    let order = SourceOrder::new(merged);
    vec![
        (Section::Ordinals, numbers(&order.ordinals)),
        (Section::NameOrder, numbers(order.names.as_flattened())),
        (Section::RecommendOrder, numbers(order.recommends.as_flattened())),
        (Section::Folded, encode_folded(merged)),
    ]
}

fn encode_folded(merged: &Merged<'_>) -> Vec<u8> {
    let mut names: Vec<(&[u8], u32)> = Vec::new();
    let mut last = None;
    for (index, package) in (0..).zip(&merged.packages) {
        let name = merged.string(package.part, merged.row(*package).name);
        if last != Some(name) {
            names.push((merged.text(name), index));
            last = Some(name);
        }
    }
    // Nearly sorted already, as most names are in lower case; a stable sort takes advantage of that.
    let folded = |name: &'_ [u8]| name.iter().map(u8::to_ascii_lowercase).collect::<Vec<u8>>();
    names.sort_by(|(one, _), (two, _)| {
        let mixed = |name: &[u8]| name.iter().any(u8::is_ascii_uppercase);
        if mixed(one) || mixed(two) { folded(one).cmp(&folded(two)) } else { one.cmp(two) }
    });
    let first: Vec<u32> = names.into_iter().map(|(_, index)| index).collect();
    numbers(&first)
}

fn encode_files(merged: &Merged<'_>) -> Result<Sections, CatalogError> {
    let mut index: Vec<[u32; 3]> = Vec::new();
    let (mut ends, mut records) = (Ends::new("files"), Vec::new());
    for (number, package) in (0..).zip(&merged.packages) {
        let string = |id| merged.string(package.part, id);
        let files = merged.part(*package).files(package.id as usize);
        let mut files: Vec<(u32, u32, u8)> = files.map(|(dir, name, kind)| (string(dir), string(name), kind)).collect();
        files.sort_unstable();
        files.dedup_by_key(|(dir, name, _)| (*dir, *name));
        let before = records.len();
        for group in files.chunk_by(|one, two| one.0 == two.0) {
            put_varint(&mut records, group[0].0.into());
            put_varint(&mut records, group.len() as u64);
            for (_, name, kind) in group {
                put_varint(&mut records, u64::from(*name) << 2 | u64::from(*kind));
            }
        }
        ends.add(records.len() - before)?;
        index.extend(files.into_iter().map(|(dir, name, _)| [dir, name, number]));
    }
    index.sort_unstable();
    Ok(vec![
        (Section::FileIndex, numbers(index.as_flattened())),
        (Section::Files, records),
        (Section::FileEnds, ends.bytes),
    ])
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Ends of records, as they are written.
pub(crate) struct Ends {
    pub(crate) bytes: Vec<u8>,
    end: u32,
    what: &'static str,
}

impl Ends {
    pub(crate) fn new(what: &'static str) -> Self {
        Ends { bytes: Vec::new(), end: 0, what }
    }

    pub(crate) fn add(&mut self, len: usize) -> Result<(), CatalogError> {
        let end = u32::try_from(len).ok().and_then(|len| self.end.checked_add(len));
        self.end = end.ok_or(CatalogError::TooLarge(self.what))?;
        self.bytes.extend_from_slice(&self.end.to_le_bytes());
        Ok(())
    }
}
