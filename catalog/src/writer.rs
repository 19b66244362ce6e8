//! Writes merged parts as a catalog.

use std::io::{self, Seek, Write};

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::format::{Section, put_varint};
use crate::intern::Interner;
use crate::merge::{Merged, Source, TextPlan};
use crate::meta::Meta;
use crate::order::SourceOrder;
use crate::output::Output;
use crate::part::Part;
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

/// Writes all packages of the parts.
pub(crate) fn write<W: Write + Seek>(parts: &[Part], stamp: &Stamp, sink: W) -> Result<W, WriteError> {
    let merged = Merged::new(parts)?;
    let mut output = Output::new(sink)?;
    write_rows(&merged, &mut output)?;
    write_strings(&merged, &mut output)?;
    write_deps(&merged, &mut output)?;
    write_folded(&merged, &mut output)?;
    let postings = write_relations(&merged, &mut output)?;
    let texts = Texts::new(&merged)?;
    write_metas(&merged, &texts, &mut output)?;
    write_order(&merged, &mut output)?;
    for (relation, pairs) in Relation::ALL.into_iter().zip(postings) {
        write_postings(relation, pairs, &mut output)?;
    }
    write_files(&merged, &mut output)?;
    write_texts(&merged, Section::Urls, &texts.urls, urls, &mut output)?;
    write_texts(&merged, Section::Summaries, &texts.summaries, summaries, &mut output)?;
    write_texts(&merged, Section::Descriptions, &texts.descriptions, descriptions, &mut output)?;
    Ok(output.finish(*stamp)?)
}

fn urls(part: &Part) -> &Interner {
    &part.urls
}

fn summaries(part: &Part) -> &Interner {
    &part.summaries
}

fn descriptions(part: &Part) -> &Interner {
    &part.descriptions
}

/// Places of the long texts.
struct Texts {
    urls: TextPlan,
    summaries: TextPlan,
    descriptions: TextPlan,
}

impl Texts {
    fn new(merged: &Merged<'_>) -> Result<Self, CatalogError> {
        let used = |field: fn(&Meta<'_>) -> u32| {
            merged.packages.iter().map(move |package| (package.part, field(&meta(merged, *package))))
        };
        Ok(Texts {
            urls: TextPlan::new(merged.parts, urls, used(|meta| meta.url))?,
            summaries: TextPlan::new(merged.parts, summaries, used(|meta| meta.summary))?,
            descriptions: TextPlan::new(merged.parts, descriptions, used(|meta| meta.description))?,
        })
    }
}

fn meta<'p>(merged: &Merged<'p>, package: Source) -> Meta<'p> {
    merged.part(package).meta(package.id as usize)
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
    ends.write(Section::StringEnds, output)
}

fn write_deps<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Deps);
    merged.deps.iter().try_for_each(|dep| output.numbers(dep))?;
    output.section(Section::RichNames);
    merged.rich_names().iter().try_for_each(|pair| output.numbers(pair))?;
    Ok(())
}

fn write_folded<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
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
    output.section(Section::Folded);
    names.iter().try_for_each(|(_, index)| output.numbers(&[*index]))?;
    Ok(())
}

/// Writes the dependencies of every package; returns who has which, as dependency and package in one number.
fn write_relations<W: Write + Seek>(
    merged: &Merged<'_>,
    output: &mut Output<W>,
) -> Result<[Vec<u64>; Relation::ALL.len()], WriteError> {
    let mut postings = Relation::ALL.map(|_| Vec::new());
    let mut ends = Ends::new("dependencies");
    let mut record = Vec::new();
    output.section(Section::Relations);
    for (index, package) in (0_u64..).zip(&merged.packages) {
        let mut reader = merged.part(*package).relations(package.id as usize);
        record.clear();
        for pairs in &mut postings {
            let count = reader.varint();
            put_varint(&mut record, count);
            for _ in 0..count {
                let dep = merged.dep(package.part, reader.number());
                put_varint(&mut record, dep.into());
                pairs.push(u64::from(dep) << 32 | index);
            }
        }
        output.bytes(&record)?;
        ends.add(record.len())?;
    }
    ends.write(Section::RelationEnds, output)?;
    Ok(postings)
}

fn write_postings<W: Write + Seek>(
    relation: Relation,
    mut pairs: Vec<u64>,
    output: &mut Output<W>,
) -> Result<(), WriteError> {
    pairs.sort_unstable();
    pairs.dedup();
    let (postings, keys) = Section::postings(relation);
    output.section(postings);
    let mut table = Vec::new();
    let mut ends = Ends::new("dependencies");
    let mut list = Vec::new();
    for group in pairs.chunk_by(|one, two| one >> 32 == two >> 32) {
        list.clear();
        let mut last = 0;
        for pair in group {
            let package = u64::from(*pair as u32);
            put_varint(&mut list, package - last);
            last = package;
        }
        output.bytes(&list)?;
        ends.add(list.len())?;
        table.push([(group[0] >> 32) as u32, ends.end()]);
    }
    output.section(keys);
    table.iter().try_for_each(|key| output.numbers(key))?;
    Ok(())
}

fn write_metas<W: Write + Seek>(merged: &Merged<'_>, texts: &Texts, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Metas);
    let mut ends = Ends::new("packages");
    let mut record = Vec::new();
    for package in &merged.packages {
        let part = package.part;
        let string = |id| merged.optional(part, id);
        let mut meta = meta(merged, *package);
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
            *field = string(*field);
        }
        meta.url = texts.urls.place(part, meta.url);
        meta.summary = texts.summaries.place(part, meta.summary);
        meta.description = texts.descriptions.place(part, meta.description);
        record.clear();
        meta.encode(&mut record);
        output.bytes(&record)?;
        ends.add(record.len())?;
    }
    ends.write(Section::MetaEnds, output)
}

fn write_order<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    let order = SourceOrder::new(merged);
    output.section(Section::Ordinals);
    output.numbers(&order.ordinals)?;
    output.section(Section::NameOrder);
    order.names.iter().try_for_each(|row| output.numbers(row))?;
    output.section(Section::RecommendOrder);
    order.recommends.iter().try_for_each(|row| output.numbers(row))?;
    Ok(())
}

fn write_files<W: Write + Seek>(merged: &Merged<'_>, output: &mut Output<W>) -> Result<(), WriteError> {
    let list = |package: Source| {
        let string = move |id| merged.string(package.part, id);
        let files = merged.part(package).files(package.id as usize);
        let mut files: Vec<(u32, u32, u8)> = files.map(|(dir, name, kind)| (string(dir), string(name), kind)).collect();
        files.sort_unstable();
        files.dedup_by_key(|(dir, name, _)| (*dir, *name));
        files
    };
    let mut index: Vec<[u32; 3]> = Vec::new();
    for (number, package) in (0..).zip(&merged.packages) {
        index.extend(list(*package).into_iter().map(|(dir, name, _)| [dir, name, number]));
    }
    index.sort_unstable();
    output.section(Section::FileIndex);
    index.iter().try_for_each(|file| output.numbers(file))?;
    drop(index);

    output.section(Section::Files);
    let mut ends = Ends::new("files");
    let mut record = Vec::new();
    for package in &merged.packages {
        record.clear();
        for group in list(*package).chunk_by(|one, two| one.0 == two.0) {
            put_varint(&mut record, group[0].0.into());
            put_varint(&mut record, group.len() as u64);
            for (_, name, kind) in group {
                put_varint(&mut record, u64::from(*name) << 2 | u64::from(*kind));
            }
        }
        output.bytes(&record)?;
        ends.add(record.len())?;
    }
    ends.write(Section::FileEnds, output)
}

fn write_texts<W: Write + Seek>(
    merged: &Merged<'_>,
    section: Section,
    plan: &TextPlan,
    of: fn(&Part) -> &Interner,
    output: &mut Output<W>,
) -> Result<(), WriteError> {
    output.section(section);
    let mut len = Vec::new();
    for source in &plan.order {
        let text = of(merged.part(*source)).get(source.id);
        len.clear();
        put_varint(&mut len, text.len() as u64);
        output.bytes(&len)?;
        output.bytes(text)?;
    }
    Ok(())
}

/// Ends of records, as they are written.
struct Ends {
    ends: Vec<u32>,
    what: &'static str,
}

impl Ends {
    fn new(what: &'static str) -> Self {
        Ends { ends: Vec::new(), what }
    }

    fn end(&self) -> u32 {
        self.ends.last().copied().unwrap_or(0)
    }

    fn add(&mut self, len: usize) -> Result<(), CatalogError> {
        let end = u32::try_from(len).ok().and_then(|len| self.end().checked_add(len));
        self.ends.push(end.ok_or(CatalogError::TooLarge(self.what))?);
        Ok(())
    }

    fn write<W: Write + Seek>(self, section: Section, output: &mut Output<W>) -> Result<(), WriteError> {
        output.section(section);
        Ok(output.numbers(&self.ends)?)
    }
}
