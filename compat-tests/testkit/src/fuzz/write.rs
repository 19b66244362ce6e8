//! Writes a package file: lead, signature header, header and archive, as rpmbuild lays them out.
//!
//! Made here and not by rpmbuild, because that needs half a second for each, and refuses much that rpm installs.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use oxidnf_core::header::tag::sig;
use oxidnf_core::header::{Header, HeaderBuilder, OwnedValue, Tag};
use oxidnf_core::{Checksum, ChecksumKind};

use super::package::{Defect, Dependency, Family, File, Kind, Moment, Package, Sense, Trigger, flag, sense};

const MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
const BUILT: u32 = 1_650_000_000;

/// Returns the bytes of the package file.
///
/// # Panics
/// When the description cannot be a header, which is a mistake of the generator.
pub fn write(package: &Package) -> Vec<u8> {
    let files = Files::new(package);
    let mut archive = files.archive(package.format >= 6, package.defect);
    let room = archive.len();
    match package.defect {
        Some(Defect::Cut(at)) => archive.truncate(at % room),
        Some(Defect::Spoilt(at)) => archive.iter_mut().skip(at % room).take(6).for_each(|byte| *byte = b'Z'),
        _ => {}
    }
    let payload = if package.compressed { gzip(&archive) } else { archive.clone() };
    let header = header(package, &files, &archive, &payload);
    let blob = [&MAGIC, header.bytes()].concat();
    let signature = signature(package, &blob, &payload, archive.len());
    let mut out = lead(package);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(signature.bytes());
    out.resize(out.len().next_multiple_of(8), 0);
    out.extend_from_slice(&blob);
    out.extend_from_slice(&payload);
    out
}

fn hex(kind: ChecksumKind, data: &[u8]) -> String {
    Checksum::of(kind, data).expect("these digests are always there").hex()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

/// Texts are written as Latin-1, so that names can be no UTF-8.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn lead(package: &Package) -> Vec<u8> {
    let mut lead = vec![0; 96];
    lead[..4].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb]);
    lead[4] = if package.format >= 6 { 4 } else { 3 };
    lead[9] = 1;
    let name = package.nevra();
    let length = name.len().min(65);
    lead[10..10 + length].copy_from_slice(&name.as_bytes()[..length]);
    lead[77] = 1;
    lead[79] = 5;
    lead
}

fn signature(package: &Package, header: &[u8], payload: &[u8], archive: usize) -> Header {
    let mut builder = HeaderBuilder::new().text(Tag::SHA256HEADER, hex(ChecksumKind::Sha256, header));
    if package.format >= 6 {
        builder = builder
            .text(Tag::SHA3_256HEADER, hex(ChecksumKind::Sha3_256, header))
            .entry(sig::RESERVED, OwnedValue::Bin(vec![0; 32]));
    } else {
        let whole = [header, payload].concat();
        let md5 = Checksum::of(ChecksumKind::Md5, &whole).expect("MD5 is always there").bytes().to_vec();
        builder = builder
            .text(Tag::SHA1HEADER, hex(ChecksumKind::Sha1, header))
            .u32s(sig::SIZE, [whole.len() as u32])
            .entry(sig::MD5, OwnedValue::Bin(md5))
            .u32s(sig::PAYLOADSIZE, [archive as u32])
            .entry(sig::RESERVEDSPACE, OwnedValue::Bin(vec![0; 32]));
    }
    if !package.verity.is_empty() {
        builder = builder.texts(Tag::VERITYSIGNATURES, package.verity.iter().map(|text| text.clone().into_bytes()));
        builder = builder.u32s(Tag::VERITYSIGNATUREALGO, [1]);
    }
    builder.build_signature().expect("the generator makes valid signature headers")
}

fn header(package: &Package, files: &Files<'_>, archive: &[u8], payload: &[u8]) -> Header {
    let mut builder = HeaderBuilder::new()
        .texts(Tag::HEADERI18NTABLE, ["C"])
        .text(Tag::NAME, package.name.as_str())
        .text(Tag::VERSION, package.version.as_str())
        .text(Tag::RELEASE, package.release.as_str())
        .entry(Tag::SUMMARY, OwnedValue::I18nString(vec![b"none".to_vec()]))
        .entry(Tag::DESCRIPTION, OwnedValue::I18nString(vec![b"None.".to_vec()]))
        .u32s(Tag::BUILDTIME, [BUILT])
        .text(Tag::BUILDHOST, "builder.example.org")
        .text(Tag::LICENSE, "MIT")
        .entry(Tag::GROUP, OwnedValue::I18nString(vec![b"Unspecified".to_vec()]))
        .text(Tag::OS, "linux")
        .text(Tag::ARCH, package.arch)
        .text(Tag::SOURCERPM, format!("{}-{}-{}.src.rpm", package.name, package.version, package.release))
        .text(Tag::RPMVERSION, "6.1.0")
        .text(Tag::PAYLOADFORMAT, "cpio")
        .text(Tag::PAYLOADFLAGS, "1")
        .text(Tag::ENCODING, "utf-8")
        .texts(Tag::PAYLOADSHA256, [hex(ChecksumKind::Sha256, payload)])
        .u32s(Tag::PAYLOADSHA256ALGO, [8])
        .texts(Tag::PAYLOADSHA256ALT, [hex(ChecksumKind::Sha256, archive)]);
    if package.compressed {
        builder = builder.text(Tag::PAYLOADCOMPRESSOR, "gzip");
    }
    if let Some(epoch) = package.epoch {
        builder = builder.u32s(Tag::EPOCH, [epoch]);
    }
    let size = files.list.iter().map(|file| Files::size(file)).sum::<u64>();
    if package.format >= 6 {
        builder = builder
            .u32s(Tag::RPMFORMAT, [6])
            .entry(Tag::LONGSIZE, OwnedValue::Int64(vec![size]))
            .text(Tag::SOURCENEVR, package.nevra())
            .entry(Tag::PAYLOADSIZE, OwnedValue::Int64(vec![payload.len() as u64]))
            .entry(Tag::PAYLOADSIZEALT, OwnedValue::Int64(vec![archive.len() as u64]))
            .text(Tag::PAYLOADSHA512, hex(ChecksumKind::Sha512, payload))
            .text(Tag::PAYLOADSHA512ALT, hex(ChecksumKind::Sha512, archive))
            .text(Tag::PAYLOADSHA3_256, hex(ChecksumKind::Sha3_256, payload))
            .text(Tag::PAYLOADSHA3_256ALT, hex(ChecksumKind::Sha3_256, archive));
    } else {
        builder = builder.u32s(Tag::SIZE, [size as u32]);
    }
    if !package.prefixes.is_empty() {
        builder = builder.texts(Tag::PREFIXES, package.prefixes.iter().map(String::as_str));
    }
    builder = dependencies(builder, package);
    builder = scriptlets(builder, package);
    for family in [Family::Package, Family::File, Family::TransFile] {
        builder = triggers(builder, package, family);
    }
    builder = files.tags(builder, package);
    builder.build().unwrap_or_else(|error| panic!("{} makes no header: {error}", package.nevra()))
}

fn dependencies(builder: HeaderBuilder, package: &Package) -> HeaderBuilder {
    let own = vec![(package.name.clone(), sense::EQUAL, package.evr())];
    let provides = [own, package.provides.clone()].concat();
    let rpmlib = |name: &str, version: &str| (format!("rpmlib({name})"), sense::RPMLIB | 0xa, version.to_owned());
    let requires =
        [package.requires.clone(), vec![rpmlib("CompressedFileNames", "3.0.4-1"), rpmlib("FileDigests", "4.6.0-1")]];
    let kinds = [
        (provides, [Tag::PROVIDENAME, Tag::PROVIDEFLAGS, Tag::PROVIDEVERSION]),
        (requires.concat(), [Tag::REQUIRENAME, Tag::REQUIREFLAGS, Tag::REQUIREVERSION]),
        (package.conflicts.clone(), [Tag::CONFLICTNAME, Tag::CONFLICTFLAGS, Tag::CONFLICTVERSION]),
        (package.obsoletes.clone(), [Tag::OBSOLETENAME, Tag::OBSOLETEFLAGS, Tag::OBSOLETEVERSION]),
        (package.recommends.clone(), [Tag::RECOMMENDNAME, Tag::RECOMMENDFLAGS, Tag::RECOMMENDVERSION]),
        (package.order.clone(), [Tag::ORDERNAME, Tag::ORDERFLAGS, Tag::ORDERVERSION]),
    ];
    kinds.into_iter().fold(builder, |builder, (list, [names, flags, versions])| {
        let list: Vec<Dependency> = list;
        builder
            .texts(names, list.iter().map(|dep| latin1(&dep.0)))
            .u32s(flags, list.iter().map(|dep| dep.1))
            .texts(versions, list.iter().map(|dep| dep.2.as_str()))
    })
}

fn scriptlets(mut builder: HeaderBuilder, package: &Package) -> HeaderBuilder {
    for script in &package.scripts {
        let [body, program, flags] = match script.moment {
            Moment::PreTrans => [Tag::PRETRANS, Tag::PRETRANSPROG, Tag::PRETRANSFLAGS],
            Moment::Pre => [Tag::PREIN, Tag::PREINPROG, Tag::PREINFLAGS],
            Moment::Post => [Tag::POSTIN, Tag::POSTINPROG, Tag::POSTINFLAGS],
            Moment::PreUn => [Tag::PREUN, Tag::PREUNPROG, Tag::PREUNFLAGS],
            Moment::PostUn => [Tag::POSTUN, Tag::POSTUNPROG, Tag::POSTUNFLAGS],
            Moment::PostTrans => [Tag::POSTTRANS, Tag::POSTTRANSPROG, Tag::POSTTRANSFLAGS],
            Moment::PreUnTrans => [Tag::PREUNTRANS, Tag::PREUNTRANSPROG, Tag::PREUNTRANSFLAGS],
            Moment::PostUnTrans => [Tag::POSTUNTRANS, Tag::POSTUNTRANSPROG, Tag::POSTUNTRANSFLAGS],
        };
        builder = builder.texts(program, script.program.iter().map(String::as_str));
        if let Some(text) = &script.body {
            builder = builder.text(body, latin1(text));
        }
        if script.flags != 0 {
            builder = builder.u32s(flags, [script.flags]);
        }
    }
    builder
}

fn triggers(builder: HeaderBuilder, package: &Package, family: Family) -> HeaderBuilder {
    let list: Vec<&Trigger> = package.triggers.iter().filter(|trigger| trigger.family == family).collect();
    let [scripts, program, flags, names, senses, versions, indexes] = match family {
        Family::Package => [
            Tag::TRIGGERSCRIPTS,
            Tag::TRIGGERSCRIPTPROG,
            Tag::TRIGGERSCRIPTFLAGS,
            Tag::TRIGGERNAME,
            Tag::TRIGGERFLAGS,
            Tag::TRIGGERVERSION,
            Tag::TRIGGERINDEX,
        ],
        Family::File => [
            Tag::FILETRIGGERSCRIPTS,
            Tag::FILETRIGGERSCRIPTPROG,
            Tag::FILETRIGGERSCRIPTFLAGS,
            Tag::FILETRIGGERNAME,
            Tag::FILETRIGGERFLAGS,
            Tag::FILETRIGGERVERSION,
            Tag::FILETRIGGERINDEX,
        ],
        Family::TransFile => [
            Tag::TRANSFILETRIGGERSCRIPTS,
            Tag::TRANSFILETRIGGERSCRIPTPROG,
            Tag::TRANSFILETRIGGERSCRIPTFLAGS,
            Tag::TRANSFILETRIGGERNAME,
            Tag::TRANSFILETRIGGERFLAGS,
            Tag::TRANSFILETRIGGERVERSION,
            Tag::TRANSFILETRIGGERINDEX,
        ],
    };
    let conditions: Vec<(u32, Sense, &(String, u32, String))> = list
        .iter()
        .zip(0_u32..)
        .flat_map(|(trigger, index)| trigger.conditions.iter().map(move |condition| (index, trigger.sense, condition)))
        .collect();
    let builder = builder
        .texts(scripts, list.iter().map(|trigger| latin1(&trigger.body)))
        .texts(program, list.iter().map(|trigger| trigger.program.as_str()))
        .u32s(flags, list.iter().map(|trigger| trigger.flags))
        .texts(names, conditions.iter().map(|(_, _, condition)| latin1(&condition.0)))
        .u32s(senses, conditions.iter().map(|(_, sense, condition)| *sense as u32 | condition.1))
        .texts(versions, conditions.iter().map(|(_, _, condition)| condition.2.as_str()))
        .u32s(indexes, conditions.iter().map(|(index, ..)| *index));
    let priorities = match family {
        Family::Package => return builder,
        Family::File => Tag::FILETRIGGERPRIORITIES,
        Family::TransFile => Tag::TRANSFILETRIGGERPRIORITIES,
    };
    builder.u32s(priorities, list.iter().map(|trigger| trigger.priority.unwrap_or(1_000_000)))
}

/// The files in the order of the header.
struct Files<'p> {
    list: Vec<&'p File>,
}

impl<'p> Files<'p> {
    fn new(package: &'p Package) -> Self {
        let mut list: Vec<&File> = package.files.iter().collect();
        list.sort_by_key(|file| latin1(&file.path));
        Files { list }
    }

    fn size(file: &File) -> u64 {
        match &file.kind {
            Kind::Regular(content) => content.len() as u64,
            Kind::Symlink(target) => target.len() as u64,
            Kind::Directory => 4096,
            _ => 0,
        }
    }

    /// Members of a set of hard links share the inode of its first member.
    fn inode(&self, index: usize) -> u32 {
        let file = self.list[index];
        let first = |other: &&File| other.link_set == file.link_set && matches!(other.kind, Kind::Regular(_));
        let linked = file.link_set != 0 && matches!(file.kind, Kind::Regular(_));
        let at = if linked { self.list.iter().position(first).unwrap_or(index) } else { index };
        at as u32 + 1
    }

    fn tags(&self, builder: HeaderBuilder, package: &Package) -> HeaderBuilder {
        if self.list.is_empty() {
            return builder;
        }
        let mut dirs: Vec<Vec<u8>> = Vec::new();
        let mut indexes = Vec::new();
        let mut bases = Vec::new();
        for file in &self.list {
            let path = latin1(&file.path);
            let split = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
            let (dir, base) = path.split_at(split);
            let at = dirs.iter().position(|known| known == dir).unwrap_or_else(|| {
                dirs.push(dir.to_vec());
                dirs.len() - 1
            });
            indexes.push(at as u32);
            bases.push(base.to_vec());
        }
        let sizes = self.list.iter().map(|file| Self::size(file));
        let builder = if package.format >= 6 {
            builder.entry(Tag::LONGFILESIZES, OwnedValue::Int64(sizes.collect()))
        } else {
            builder.u32s(Tag::FILESIZES, sizes.map(|size| size as u32))
        };
        let algo = package.digest_algo;
        let builder = builder
            .entry(Tag::FILEMODES, OwnedValue::Int16(self.list.iter().map(|file| mode(file)).collect()))
            .entry(Tag::FILERDEVS, OwnedValue::Int16(self.list.iter().map(|file| rdev(file)).collect()))
            .u32s(Tag::FILEMTIMES, self.list.iter().map(|file| file.mtime))
            .texts(Tag::FILEDIGESTS, self.digests(package.defect, algo))
            .texts(Tag::FILELINKTOS, self.list.iter().map(|file| target(file)))
            .u32s(Tag::FILEFLAGS, self.list.iter().map(|file| file.flags))
            .texts(Tag::FILEUSERNAME, self.list.iter().map(|file| file.user))
            .texts(Tag::FILEGROUPNAME, self.list.iter().map(|file| file.group))
            .u32s(Tag::FILEVERIFYFLAGS, self.list.iter().map(|_| u32::MAX))
            .u32s(Tag::FILEDEVICES, self.list.iter().map(|_| 1))
            .u32s(Tag::FILEINODES, (0..self.list.len()).map(|index| self.inode(index)))
            .texts(Tag::FILELANGS, self.list.iter().map(|file| file.langs))
            .u32s(Tag::DIRINDEXES, indexes)
            .texts(Tag::BASENAMES, bases)
            .texts(Tag::DIRNAMES, dirs)
            .u32s(Tag::FILECOLORS, self.list.iter().map(|file| file.color))
            .u32s(Tag::FILEDEPENDSX, self.list.iter().map(|_| 0))
            .u32s(Tag::FILEDEPENDSN, self.list.iter().map(|file| u32::from(file.color != 0)))
            // Files with a colour have made the package's own provide.
            .u32s(Tag::DEPENDSDICT, [u32::from(b'P') << 24])
            .u32s(Tag::FILEDIGESTALGO, [algo]);
        if self.list.iter().all(|file| file.caps.is_empty()) {
            return builder;
        }
        builder.texts(Tag::FILECAPS, self.list.iter().map(|file| file.caps))
    }

    fn digests(&self, defect: Option<Defect>, algo: u32) -> Vec<String> {
        let mut digests: Vec<String> = self.list.iter().map(|file| digest(file, algo)).collect();
        if let Some(Defect::Digest(at)) = defect {
            let mut some: Vec<&mut String> = digests.iter_mut().filter(|digest| !digest.is_empty()).collect();
            let count = some.len().max(1);
            if let Some(digest) = some.get_mut(at % count) {
                **digest = digest.chars().rev().collect();
            }
        }
        digests
    }

    /// Writes the archive: plain files first, then each set of hard links, whose last member has the content.
    fn archive(&self, stripped: bool, defect: Option<Defect>) -> Vec<u8> {
        let mut out = Vec::new();
        let linked = |index: &usize| {
            let file = self.list[*index];
            let other = |(at, other): (usize, &&File)| {
                at != *index && matches!(other.kind, Kind::Regular(_)) && self.inode(at) == self.inode(*index)
            };
            file.link_set != 0 && self.list.iter().enumerate().any(other)
        };
        let mut there: Vec<usize> = (0..self.list.len()).filter(|index| !self.list[*index].has(flag::GHOST)).collect();
        match defect {
            Some(Defect::Missing(at)) if !there.is_empty() => drop(there.remove(at % there.len())),
            Some(Defect::Backwards) => there.reverse(),
            _ => {}
        }
        for index in there.iter().copied().filter(|index| !linked(index)) {
            self.entry(&mut out, index, stripped, true);
        }
        let mut sets: Vec<u32> = there.iter().filter(|index| linked(index)).map(|index| self.inode(*index)).collect();
        sets.sort_unstable();
        sets.dedup();
        for set in sets {
            let members: Vec<usize> =
                there.iter().copied().filter(|index| linked(index) && self.inode(*index) == set).collect();
            for index in &members {
                self.entry(&mut out, *index, stripped, Some(index) == members.last());
            }
        }
        if let Some(Defect::Stranger(at)) = defect {
            // Between two entries of any order: the stranger comes first or last.
            let mut stranger = Vec::new();
            if stripped {
                write!(stranger, "07070X{:08x}\0\0", self.list.len()).expect("writing to memory cannot fail");
            } else {
                newc(&mut stranger, &[9_999, 0o100_644, 0, 0, 1, 0, 0], b"./opt/stranger");
            }
            out = if at % 2 == 0 { [out, stranger].concat() } else { [stranger, out].concat() };
        }
        newc(&mut out, &[0, 0, 0, 0, 1, 0, 0], b"TRAILER!!!");
        out
    }

    fn entry(&self, out: &mut Vec<u8>, index: usize, stripped: bool, content: bool) {
        let file = self.list[index];
        let data: Vec<u8> = match &file.kind {
            Kind::Regular(text) if content => text.as_bytes().to_vec(),
            Kind::Symlink(target) => latin1(target),
            _ => Vec::new(),
        };
        if stripped {
            write!(out, "07070X{index:08x}\0\0").expect("writing to memory cannot fail");
        } else {
            let fields = [
                self.inode(index),
                u32::from(mode(file)),
                0,
                0,
                1,
                file.mtime,
                u32::try_from(data.len()).unwrap_or(u32::MAX),
            ];
            newc(out, &fields, &[b".", &latin1(&file.path)[..]].concat());
        }
        out.extend_from_slice(&data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
}

/// Writes the head of an entry: inode, mode, uid, gid, links, mtime, size, and the name.
fn newc(out: &mut Vec<u8>, fields: &[u32; 7], name: &[u8]) {
    out.extend_from_slice(b"070701");
    let rest = [0, 0, 0, 0, name.len() as u32 + 1, 0];
    for field in fields.iter().chain(&rest) {
        write!(out, "{field:08x}").expect("writing to memory cannot fail");
    }
    out.extend_from_slice(name);
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn mode(file: &File) -> u16 {
    let kind = match file.kind {
        Kind::Regular(_) => 0o100_000,
        Kind::Directory => 0o040_000,
        Kind::Symlink(_) => 0o120_000,
        Kind::Fifo => 0o010_000,
        Kind::Char(_) => 0o020_000,
        Kind::Block(_) => 0o060_000,
        Kind::Socket => 0o140_000,
    };
    kind | file.mode
}

fn rdev(file: &File) -> u16 {
    match file.kind {
        Kind::Char(rdev) | Kind::Block(rdev) => rdev,
        _ => 0,
    }
}

fn target(file: &File) -> Vec<u8> {
    match &file.kind {
        Kind::Symlink(target) => latin1(target),
        _ => Vec::new(),
    }
}

fn digest(file: &File, algo: u32) -> String {
    let kind = match algo {
        1 => ChecksumKind::Md5,
        2 => ChecksumKind::Sha1,
        9 => ChecksumKind::Sha384,
        10 => ChecksumKind::Sha512,
        11 => ChecksumKind::Sha224,
        12 => ChecksumKind::Sha3_256,
        14 => ChecksumKind::Sha3_512,
        _ => ChecksumKind::Sha256,
    };
    match &file.kind {
        Kind::Regular(content) if !file.has(flag::GHOST) => hex(kind, content.as_bytes()),
        _ => String::new(),
    }
}
