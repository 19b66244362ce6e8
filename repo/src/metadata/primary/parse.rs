//! From the XML of packages to records.

use oxidnf_catalog::{CatalogError, FileKind, FileRef, PackageSink, Record, Relation};
use oxidnf_core::ChecksumKind;
use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::metadata::scan::{Attribute, Piece, ScanError, Scanner, Token};

/// Why a part of the file could not be taken.
#[derive(Debug)]
pub(super) enum ParseError {
    /// The XML is not what it should be.
    Xml(ScanError),
    /// The sink refused a package.
    Sink(CatalogError),
}

impl From<ScanError> for ParseError {
    fn from(error: ScanError) -> Self {
        ParseError::Xml(error)
    }
}

/// What a part of the file was.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Parsed {
    /// Packages in it.
    pub(super) packages: u64,
    /// Whether the root element began in it or before.
    pub(super) opened: bool,
    /// Whether the root element ended in it.
    pub(super) closed: bool,
}

/// Parses a part of `primary.xml` that holds whole packages; the first part begins with the root's start tag.
pub(super) fn parse(text: &str, first: bool, sink: &mut impl PackageSink) -> Result<Parsed, ParseError> {
    let mut scanner = Scanner::new(text.trim_start_matches('\u{feff}'));
    let mut parsed = Parsed { opened: !first, ..Parsed::default() };
    let mut draft = Draft::default();
    loop {
        match scanner.next()? {
            Token::Start("metadata") if !parsed.opened => parsed.opened = true,
            Token::Start(_) if !parsed.opened || parsed.closed => {
                return Err(scanner.error("unexpected element").into());
            }
            Token::Start("package") => {
                draft.read(&mut scanner)?;
                if draft.is_package() && draft.send(sink)? {
                    parsed.packages += 1;
                }
            }
            Token::Start(_) => scanner.skip()?,
            Token::End("metadata") if !parsed.closed => parsed.closed = true,
            Token::End(_) => return Err(scanner.error("unexpected end tag").into()),
            Token::Eof => return Ok(parsed),
        }
    }
}

/// A dependency on its way into a record.
#[derive(Clone, Copy)]
struct DraftDep<'a> {
    relation: Relation,
    name: Piece<'a>,
    sense: Sense,
    evr: Piece<'a>,
}

/// A package while its elements are read; the vectors serve for all packages of a part.
#[derive(Default)]
struct Draft<'a> {
    text: Texts<'a>,
    numbers: Numbers,
    checksum: Option<ChecksumKind>,
    /// `type` said that this is something else than an rpm.
    foreign: bool,
    deps: Vec<DraftDep<'a>>,
    files: Vec<(Piece<'a>, FileKind)>,
    scratch: String,
    /// Vectors of the last record, emptied.
    spare: Spare,
}

#[derive(Default)]
struct Texts<'a> {
    name: Piece<'a>,
    arch: Piece<'a>,
    version: Piece<'a>,
    release: Piece<'a>,
    summary: Piece<'a>,
    description: Piece<'a>,
    url: Piece<'a>,
    license: Piece<'a>,
    vendor: Piece<'a>,
    packager: Piece<'a>,
    group: Piece<'a>,
    build_host: Piece<'a>,
    sourcerpm: Piece<'a>,
    location: Piece<'a>,
    location_base: Option<Piece<'a>>,
    checksum: Piece<'a>,
}

#[derive(Default)]
struct Numbers {
    epoch: u32,
    package_size: u64,
    install_size: u64,
    archive_size: u64,
    header_start: u64,
    header_end: u64,
    file_time: u64,
    build_time: u64,
}

/// Emptied vectors whose memory the next record takes over.
#[derive(Default)]
struct Spare {
    relations: [Vec<ReldepRef<'static>>; 8],
    files: Vec<FileRef<'static>>,
}

/// Empties a vector and gives its memory another lifetime.
fn recycle<'to>(mut vector: Vec<ReldepRef<'_>>) -> Vec<ReldepRef<'to>> {
    vector.clear();
    vector.into_iter().map(|_| ReldepRef { name: "", sense: Sense::ANY, evr: "" }).collect()
}

fn recycle_files<'to>(mut vector: Vec<FileRef<'_>>) -> Vec<FileRef<'to>> {
    vector.clear();
    vector.into_iter().map(|_| FileRef { dir: "", name: "", kind: FileKind::File }).collect()
}

impl<'a> Draft<'a> {
    fn clear(&mut self) {
        self.text = Texts::default();
        self.numbers = Numbers::default();
        self.checksum = None;
        self.foreign = false;
        self.deps.clear();
        self.files.clear();
        self.scratch.clear();
    }

    /// A package without a name could not be referred to; libsolv keeps it, invisible.
    fn is_package(&self) -> bool {
        !self.foreign && !self.text.name.is_empty()
    }

    /// Reads the package whose start tag was just scanned.
    fn read(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        self.clear();
        while let Some(attribute) = scanner.attribute()? {
            if attribute.name == "type" {
                self.foreign = attribute.raw != "rpm";
            }
        }
        while let Some(name) = scanner.child("package")? {
            match name {
                "name" => self.text.name = scanner.text(&mut self.scratch)?,
                "arch" => self.text.arch = scanner.text(&mut self.scratch)?,
                "version" => self.read_version(scanner)?,
                "checksum" => self.read_checksum(scanner)?,
                "summary" => self.read_translated(scanner, |text| &mut text.summary)?,
                "description" => self.read_translated(scanner, |text| &mut text.description)?,
                "packager" => self.text.packager = scanner.text(&mut self.scratch)?,
                "url" => self.text.url = scanner.text(&mut self.scratch)?,
                "time" => self.read_numbers(scanner, |numbers, attribute| match attribute.name {
                    "file" => numbers.file_time = attribute.number(),
                    "build" => numbers.build_time = attribute.number(),
                    _ => {}
                })?,
                "size" => self.read_numbers(scanner, |numbers, attribute| match attribute.name {
                    "package" => numbers.package_size = attribute.number(),
                    "installed" => numbers.install_size = attribute.number(),
                    "archive" => numbers.archive_size = attribute.number(),
                    _ => {}
                })?,
                "location" => self.read_location(scanner)?,
                "format" => self.read_format(scanner)?,
                _ => scanner.skip()?,
            }
        }
        Ok(())
    }

    fn read_version(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        while let Some(attribute) = scanner.attribute()? {
            match attribute.name {
                "epoch" => self.numbers.epoch = attribute.number(),
                "ver" => self.text.version = attribute.value(&mut self.scratch),
                "rel" => self.text.release = attribute.value(&mut self.scratch),
                _ => {}
            }
        }
        scanner.skip()
    }

    fn read_checksum(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        let mut kind = None;
        while let Some(attribute) = scanner.attribute()? {
            if attribute.name == "type" {
                kind = ChecksumKind::from_name(attribute.raw);
            }
        }
        self.text.checksum = scanner.text(&mut self.scratch)?;
        self.checksum = kind;
        Ok(())
    }

    /// Some makers write one element a language; the one without a language counts, else the first.
    fn read_translated(
        &mut self,
        scanner: &mut Scanner<'a>,
        field: impl for<'t> Fn(&'t mut Texts<'a>) -> &'t mut Piece<'a>,
    ) -> Result<(), ScanError> {
        let mut translated = false;
        while let Some(attribute) = scanner.attribute()? {
            translated |= matches!(attribute.name, "lang" | "xml:lang");
        }
        let text = scanner.text(&mut self.scratch)?;
        let field = field(&mut self.text);
        if !translated || field.is_empty() {
            *field = text;
        }
        Ok(())
    }

    fn read_numbers(
        &mut self,
        scanner: &mut Scanner<'a>,
        take: impl Fn(&mut Numbers, &Attribute<'a>),
    ) -> Result<(), ScanError> {
        while let Some(attribute) = scanner.attribute()? {
            take(&mut self.numbers, &attribute);
        }
        scanner.skip()
    }

    fn read_location(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        while let Some(attribute) = scanner.attribute()? {
            match attribute.name {
                "href" => self.text.location = attribute.value(&mut self.scratch),
                "xml:base" => self.text.location_base = Some(attribute.value(&mut self.scratch)),
                _ => {}
            }
        }
        scanner.skip()
    }

    fn read_format(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        while let Some(name) = scanner.child("format")? {
            match name {
                "license" => self.text.license = scanner.text(&mut self.scratch)?,
                "vendor" => self.text.vendor = scanner.text(&mut self.scratch)?,
                "group" => self.text.group = scanner.text(&mut self.scratch)?,
                "buildhost" => self.text.build_host = scanner.text(&mut self.scratch)?,
                "sourcerpm" => self.text.sourcerpm = scanner.text(&mut self.scratch)?,
                "header-range" => self.read_numbers(scanner, |numbers, attribute| match attribute.name {
                    "start" => numbers.header_start = attribute.number(),
                    "end" => numbers.header_end = attribute.number(),
                    _ => {}
                })?,
                "file" => self.read_file(scanner)?,
                "provides" => self.read_entries(scanner, name, Relation::Provides)?,
                "requires" => self.read_entries(scanner, name, Relation::Requires)?,
                "conflicts" => self.read_entries(scanner, name, Relation::Conflicts)?,
                "obsoletes" => self.read_entries(scanner, name, Relation::Obsoletes)?,
                "recommends" => self.read_entries(scanner, name, Relation::Recommends)?,
                "suggests" => self.read_entries(scanner, name, Relation::Suggests)?,
                "supplements" => self.read_entries(scanner, name, Relation::Supplements)?,
                "enhances" => self.read_entries(scanner, name, Relation::Enhances)?,
                _ => scanner.skip()?,
            }
        }
        Ok(())
    }

    fn read_file(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        let mut kind = FileKind::File;
        while let Some(attribute) = scanner.attribute()? {
            if attribute.name == "type" {
                kind = file_kind(attribute.raw);
            }
        }
        let path = scanner.text(&mut self.scratch)?;
        if !path.is_empty() {
            self.files.push((path, kind));
        }
        Ok(())
    }

    fn read_entries(&mut self, scanner: &mut Scanner<'a>, parent: &str, relation: Relation) -> Result<(), ScanError> {
        while let Some(name) = scanner.child(parent)? {
            if name == "entry"
                && let Some(dep) = self.read_entry(scanner, relation)?
            {
                self.deps.push(dep);
            }
            scanner.skip()?;
        }
        Ok(())
    }

    fn read_entry(&mut self, scanner: &mut Scanner<'a>, relation: Relation) -> Result<Option<DraftDep<'a>>, ScanError> {
        let empty = Piece::default;
        let mut dep = DraftDep { relation, name: empty(), sense: Sense::ANY, evr: empty() };
        let (mut epoch, mut version, mut release) = ("", empty(), empty());
        while let Some(attribute) = scanner.attribute()? {
            match attribute.name {
                "name" => dep.name = attribute.value(&mut self.scratch),
                "flags" => dep.sense = dep.sense | sense(attribute.raw),
                "epoch" => epoch = attribute.raw,
                "ver" => version = attribute.value(&mut self.scratch),
                "rel" => release = attribute.value(&mut self.scratch),
                "pre" if attribute.raw == "1" => dep.sense = dep.sense | Sense::PREREQ,
                _ => {}
            }
        }
        if dep.sense.comparison() != Sense::ANY && !version.is_empty() {
            dep.evr = self.evr(epoch, version, release);
        }
        Ok((!dep.name.is_empty()).then_some(dep))
    }

    /// Joins the parts of a version; an epoch of 0 is left out, as libsolv does.
    fn evr(&mut self, epoch: &str, version: Piece<'a>, release: Piece<'a>) -> Piece<'a> {
        let epoch = if epoch == "0" { "" } else { epoch };
        if epoch.is_empty() && release.is_empty() {
            return version;
        }
        let mut text = std::mem::take(&mut self.scratch);
        let start = text.len();
        if !epoch.is_empty() {
            text.push_str(epoch);
            text.push(':');
        }
        push(&mut text, version);
        if !release.is_empty() {
            text.push('-');
            push(&mut text, release);
        }
        let evr = Piece::scratched(&text, start);
        self.scratch = text;
        evr
    }

    /// Makes a record of what was read and hands it over; returns whether it was taken.
    fn send(&mut self, sink: &mut impl PackageSink) -> Result<bool, ParseError> {
        self.provide_itself();
        let Draft { text, numbers, deps, files, scratch, spare, checksum, .. } = self;
        let scratch: &str = scratch;
        let [provides, requires, conflicts, obsoletes, recommends, suggests, supplements, enhances] =
            std::mem::take(&mut spare.relations).map(recycle);
        let mut record = Record {
            name: text.name.get(scratch),
            arch: if text.arch.is_empty() { "noarch" } else { text.arch.get(scratch) },
            epoch: numbers.epoch,
            version: text.version.get(scratch),
            release: text.release.get(scratch),
            summary: text.summary.get(scratch),
            description: text.description.get(scratch),
            url: text.url.get(scratch),
            license: text.license.get(scratch),
            vendor: text.vendor.get(scratch),
            packager: text.packager.get(scratch),
            group: text.group.get(scratch),
            build_host: text.build_host.get(scratch),
            sourcerpm: text.sourcerpm.get(scratch),
            location: text.location.get(scratch),
            location_base: text.location_base.as_ref().map(|base| base.get(scratch)),
            checksum: checksum.map(|kind| (kind, text.checksum.get(scratch).trim())),
            package_size: numbers.package_size,
            install_size: numbers.install_size,
            archive_size: numbers.archive_size,
            header_start: numbers.header_start,
            header_end: numbers.header_end,
            file_time: numbers.file_time,
            build_time: numbers.build_time,
            install_time: 0,
            hnum: None,
            provides,
            requires,
            conflicts,
            obsoletes,
            recommends,
            suggests,
            supplements,
            enhances,
            files: recycle_files(std::mem::take(&mut spare.files)),
        };
        for dep in deps.iter() {
            let reldep = ReldepRef { name: dep.name.get(scratch), sense: dep.sense, evr: dep.evr.get(scratch) };
            record.relations_mut(dep.relation).push(reldep);
        }
        record.files.extend(files.iter().map(|(path, kind)| FileRef::new(path.get(scratch), *kind)));
        let result = sink.package(&record);
        spare.files = recycle_files(record.files);
        spare.relations = [
            record.provides,
            record.requires,
            record.conflicts,
            record.obsoletes,
            record.recommends,
            record.suggests,
            record.supplements,
            record.enhances,
        ]
        .map(recycle);
        match result {
            Ok(()) => Ok(true),
            // libsolv keeps such packages, but nothing can be done with them.
            Err(CatalogError::Incomplete(_)) => Ok(false),
            Err(error) => Err(ParseError::Sink(error)),
        }
    }

    /// libsolv lets every binary package provide itself, whether or not its metadata say so.
    fn provide_itself(&mut self) {
        let scratch = &self.scratch;
        let name = self.text.name.get(scratch);
        if matches!(self.text.arch.get(scratch), "src" | "nosrc") {
            return;
        }
        let start = self.scratch.len();
        let epoch = self.numbers.epoch;
        let mut text = String::new();
        if epoch != 0 {
            text = format!("{epoch}:");
        }
        text.push_str(self.text.version.get(scratch));
        if !self.text.release.is_empty() {
            text.push('-');
            text.push_str(self.text.release.get(scratch));
        }
        let provided = self.deps.iter().any(|dep| {
            dep.relation == Relation::Provides
                && dep.sense.comparison() == Sense::EQUAL
                && dep.name.get(scratch) == name
                && dep.evr.get(scratch) == text
        });
        if !provided {
            self.scratch.push_str(&text);
            let evr = Piece::scratched(&self.scratch, start);
            let (relation, sense) = (Relation::Provides, Sense::EQUAL);
            self.deps.push(DraftDep { relation, name: self.text.name, sense, evr });
        }
    }
}

/// Appends a piece of the same memory to it.
fn push(scratch: &mut String, piece: Piece<'_>) {
    match piece.scratch_range() {
        Some(range) => scratch.extend_from_within(range),
        None => scratch.push_str(piece.get("")),
    }
}

pub(crate) fn file_kind(kind: &str) -> FileKind {
    match kind {
        "dir" => FileKind::Directory,
        "ghost" => FileKind::Ghost,
        _ => FileKind::File,
    }
}

fn sense(flags: &str) -> Sense {
    match flags {
        "EQ" => Sense::EQUAL,
        "LT" => Sense::LESS,
        "LE" => Sense::LESS | Sense::EQUAL,
        "GT" => Sense::GREATER,
        "GE" => Sense::GREATER | Sense::EQUAL,
        "NE" => Sense::LESS | Sense::GREATER,
        _ => Sense::ANY,
    }
}
