//! What one builder has collected: arenas in which nothing is kept twice.

use std::collections::{HashMap, VecDeque};

use oxidnf_core::reldep::ReldepRef;
use oxidnf_core::rich::RichDep;

use crate::error::CatalogError;
use crate::format::{Reader, put_varint};
use crate::intern::{DepInterner, Interner};
use crate::meta::{Meta, checksum_number};
use crate::record::{FileKind, FileRef, Record, Relation};
use crate::texts::{ChunkKey, ChunkTexts, DESCRIPTION, SUMMARY, URL};

/// A package's row, in numbers of the part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartRow {
    pub(crate) name: u32,
    pub(crate) arch: u32,
    pub(crate) epoch: u32,
    pub(crate) version: u32,
    pub(crate) release: u32,
    /// Name of the source package plus 1, where it is another one than the package's.
    pub(crate) source: u32,
    ends: [u32; 3],
}

/// Packages of one piece of the source.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// Its first row.
    pub(crate) first: u32,
    pub(crate) number: u32,
    pub(crate) handed_over: bool,
}

impl Chunk {
    /// Returns the key of its texts; `place` is that of the part or run that it is in.
    pub(crate) fn key(&self, place: u32) -> ChunkKey {
        (self.number, if self.handed_over { 0 } else { place + 1 })
    }
}

/// Packages in the order of coming, with numbers that mean something in this part only.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) strings: Interner,
    pub(crate) deps: DepInterner,
    pub(crate) rows: Vec<PartRow>,
    /// By rising number.
    pub(crate) chunks: Vec<Chunk>,
    /// Texts of the chunks from the first that was not handed over.
    pub(crate) texts: VecDeque<ChunkTexts>,
    /// Directories with the components of their paths.
    pub(crate) dirs: HashMap<u32, Vec<u32>>,
    metas: Vec<u8>,
    relations: Vec<u8>,
    files: Vec<u8>,
    /// For each field whose text is often that of the package before, the number of that text plus 1.
    last: [u32; Field::COUNT],
}

/// Fields of packages that come from one source, or of all packages, say the same.
#[derive(Debug, Clone, Copy)]
enum Field {
    Arch,
    Version,
    Release,
    Source,
    SourceRpm,
    Vendor,
    License,
    Packager,
    Group,
    BuildHost,
    LocationDir,
}

impl Field {
    const COUNT: usize = Field::LocationDir as usize + 1;
}

impl Part {
    /// Forgets everything but how much memory it takes, which the next packages will need again.
    pub(crate) fn clear(&mut self) {
        self.strings.clear();
        self.deps.clear();
        self.rows.clear();
        self.chunks.clear();
        self.texts.clear();
        self.dirs.clear();
        self.metas.clear();
        self.relations.clear();
        self.files.clear();
        self.last = [0; Field::COUNT];
    }

    /// Says that the packages to come are from a chunk; without that they are from chunk 0.
    ///
    /// Numbers rise within a part.
    pub(crate) fn start_chunk(&mut self, number: u32) {
        if self.chunks.last().is_none_or(|last| last.number != number) {
            self.chunks.push(Chunk { first: self.rows.len() as u32, number, handed_over: false });
            self.texts.push_back(ChunkTexts::default());
        }
    }

    /// Returns the number of the last chunk.
    pub(crate) fn last_chunk(&self) -> Option<u32> {
        self.chunks.last().map(|chunk| chunk.number)
    }

    /// Returns about how many bytes of memory the packages take.
    pub(crate) fn size(&self) -> usize {
        let arenas = self.metas.len() + self.relations.len() + self.files.len();
        let texts: usize = self.texts.iter().map(ChunkTexts::size).sum();
        arenas + texts + self.strings.size() + self.deps.all().len() * 28 + self.rows.len() * size_of::<PartRow>()
    }

    /// Hands the texts of the last chunk over to whom they are written by; nothing more is added to that chunk.
    pub(crate) fn hand_over(&mut self) -> Option<(u32, ChunkTexts)> {
        let last = self.chunks.last_mut().filter(|chunk| !chunk.handed_over)?;
        last.handed_over = true;
        Some((last.number, self.texts.pop_back()?))
    }

    pub(crate) fn add(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        for (text, what) in [(record.name, "name"), (record.version, "version")] {
            if text.is_empty() {
                return Err(CatalogError::Incomplete(what));
            }
        }
        if self.chunks.is_empty() {
            self.start_chunk(0);
        }
        let before = [self.metas.len(), self.relations.len(), self.files.len()];
        let added = self.add_row(record);
        if added.is_err() {
            // What was written of the package must not become part of the next one.
            self.metas.truncate(before[0]);
            self.relations.truncate(before[1]);
            self.files.truncate(before[2]);
        }
        added
    }

    fn add_row(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        self.add_meta(record)?;
        for relation in Relation::ALL {
            let deps = record.relations(relation);
            put_varint(&mut self.relations, deps.len() as u64);
            for dep in deps {
                let id = self.dep(dep)?;
                put_varint(&mut self.relations, id.into());
            }
        }
        put_varint(&mut self.files, record.files.len() as u64);
        for file in &record.files {
            self.add_file(file)?;
        }
        let name = self.string(record.name)?;
        let row = PartRow {
            name,
            arch: self.repeated(Field::Arch, record.arch)?,
            epoch: record.epoch,
            version: self.repeated(Field::Version, record.version)?,
            release: self.repeated(Field::Release, record.release)?,
            source: self.source_name(record, name)?,
            ends: [place(&self.metas)?, place(&self.relations)?, place(&self.files)?],
        };
        self.rows.push(row);
        Ok(())
    }

    /// Returns the name of the source package plus 1; 0 when it is that of the package, or not known.
    fn source_name(&mut self, record: &Record<'_>, name: u32) -> Result<u32, CatalogError> {
        // name-version-release.src.rpm
        match record.sourcerpm.rsplitn(3, '-').nth(2).filter(|source| !source.is_empty()) {
            Some(source) => {
                let source = self.repeated(Field::Source, source)?;
                Ok(if source == name { 0 } else { source + 1 })
            }
            None => Ok(0),
        }
    }

    fn dep(&mut self, dep: &ReldepRef<'_>) -> Result<u32, CatalogError> {
        let known = self.deps.all().len();
        let id = self.deps.intern((dep.name.as_bytes(), dep.evr.as_bytes(), dep.sense.0), &mut self.strings)?;
        if dep.is_rich() && id as usize == known {
            // The index by the names inside needs these names among the strings. A text that does not parse is kept
            // and has none.
            for inner in RichDep::parse(dep.name).iter().flat_map(RichDep::simple) {
                self.string(&inner.name)?;
            }
        }
        Ok(id)
    }

    fn string(&mut self, text: &str) -> Result<u32, CatalogError> {
        self.strings.intern(text.as_bytes())
    }

    /// Interns the text of a field, which needs no search when the package before had the same.
    fn repeated(&mut self, field: Field, text: &str) -> Result<u32, CatalogError> {
        if let Some(last) = self.last[field as usize].checked_sub(1)
            && self.strings.get(last) == text.as_bytes()
        {
            return Ok(last);
        }
        let id = self.string(text)?;
        self.last[field as usize] = id + 1;
        Ok(id)
    }

    /// Interns the text of a field that may be missing: 0, or its number plus 1.
    fn optional(&mut self, field: Field, text: &str) -> Result<u32, CatalogError> {
        if text.is_empty() { Ok(0) } else { Ok(self.repeated(field, text)? + 1) }
    }

    fn add_file(&mut self, file: &FileRef<'_>) -> Result<(), CatalogError> {
        let dir = self.string(file.dir)?;
        let name = self.string(file.name)?;
        if !self.dirs.contains_key(&dir) {
            // libsolv counts the components of directories among the names.
            let components = file.dir.split('/').filter(|part| !part.is_empty());
            let components = components.map(|part| self.string(part)).collect::<Result<_, _>>()?;
            self.dirs.insert(dir, components);
        }
        put_varint(&mut self.files, dir.into());
        put_varint(&mut self.files, name.into());
        self.files.push(file.kind as u8);
        Ok(())
    }

    fn add_meta(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        let digest = record.checksum.and_then(|(kind, hex)| {
            let mut digest = [0; 64];
            let len = decode_hex(hex, &mut digest).filter(|len| *len == kind.len())?;
            Some((checksum_number(kind), len, digest))
        });
        let (location_dir, location) = self.location(record)?;
        let meta = Meta {
            summary: self.long(SUMMARY, record.summary)?,
            sourcerpm: self.optional(Field::SourceRpm, record.sourcerpm)?,
            package_size: record.package_size,
            install_size: record.install_size,
            hnum: record.hnum.map_or(0, |hnum| u64::from(hnum) + 1),
            build_time: record.build_time,
            install_time: record.install_time,
            vendor: self.optional(Field::Vendor, record.vendor)?,
            location_dir,
            location,
            location_base: match record.location_base {
                Some(base) => self.string(base)? + 1,
                None => 0,
            },
            checksum: digest.as_ref().map_or((0, &[]), |(kind, len, digest)| (*kind, &digest[..*len])),
            license: self.optional(Field::License, record.license)?,
            packager: self.optional(Field::Packager, record.packager)?,
            group: self.optional(Field::Group, record.group)?,
            build_host: self.optional(Field::BuildHost, record.build_host)?,
            url: self.long(URL, record.url)?,
            description: self.long(DESCRIPTION, record.description)?,
            archive_size: record.archive_size,
            file_time: record.file_time,
            header_start: record.header_start,
            header_end: record.header_end,
        };
        meta.encode(&mut self.metas);
        Ok(())
    }

    /// Adds a text to those of the chunk; its number plus 1.
    fn long(&mut self, kind: usize, text: &str) -> Result<u32, CatalogError> {
        self.texts.back_mut().map_or(Ok(0), |texts| texts.add(kind, text))
    }

    /// Cuts a location that ends as usual (`name-version-release.arch.rpm`) down to its directory.
    fn location(&mut self, record: &Record<'_>) -> Result<(u32, u32), CatalogError> {
        if record.location.is_empty() {
            return Ok((0, 0));
        }
        let parts = [record.name, "-", record.version, "-", record.release, ".", record.arch, ".rpm"];
        let dir = parts.iter().rev().try_fold(record.location, |rest, part| rest.strip_suffix(part));
        match dir {
            Some(dir) => Ok((self.repeated(Field::LocationDir, dir)? + 1, 0)),
            None => Ok((0, self.string(record.location)? + 1)),
        }
    }

    pub(crate) fn meta(&self, index: usize) -> Meta<'_> {
        Meta::decode(self.record(&self.metas, index, 0))
    }

    /// Returns counts and numbers of dependencies, kind by kind.
    pub(crate) fn relations(&self, index: usize) -> Reader<'_> {
        Reader::new(self.record(&self.relations, index, 1))
    }

    /// Returns directory, last component and kind of every file.
    pub(crate) fn files(&self, index: usize) -> impl Iterator<Item = (u32, u32, u8)> {
        let mut reader = Reader::new(self.record(&self.files, index, 2));
        (0..reader.varint())
            .map(move |_| (reader.number(), reader.number(), reader.bytes(1).first().copied().unwrap_or(0)))
    }

    fn record<'a>(&self, arena: &'a [u8], index: usize, which: usize) -> &'a [u8] {
        let start = if index == 0 { 0 } else { self.rows[index - 1].ends[which] };
        &arena[start as usize..self.rows[index].ends[which] as usize]
    }
}

fn place(arena: &[u8]) -> Result<u32, CatalogError> {
    u32::try_from(arena.len()).map_err(|_| CatalogError::TooLarge("packages"))
}

fn decode_hex(text: &str, digest: &mut [u8; 64]) -> Option<usize> {
    let (pairs, rest) = text.trim().as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() > digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = (nibble(pair[0])? << 4 | nibble(pair[1])?) as u8;
    }
    Some(pairs.len())
}

/// Returns the kind for a stored number.
pub(crate) fn file_kind(number: u8) -> FileKind {
    match number {
        1 => FileKind::Directory,
        2 => FileKind::Ghost,
        _ => FileKind::File,
    }
}
