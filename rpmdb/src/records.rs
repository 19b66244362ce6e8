//! Feeding the installed packages to a catalog.

use std::borrow::Cow;

use oxidnf_catalog::{FileKind, FileRef, PackageSink, Record};
use oxidnf_core::header::{DepKind, Entry, Header, HeaderBuilder, OwnedValue, Tag};
use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::Hnum;
use crate::connection::RpmDb;
use crate::error::{DamagedRecord, DbError};

/// What dnf5 looks at to tell that a requirement is one of a scriptlet, and of which: once a package is installed, what
/// only its installation required may go.
const PRE: Sense = Sense(
    Sense::PREREQ.0 | Sense::SCRIPT_PRE.0 | Sense::SCRIPT_POST.0 | Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0,
);

impl RpmDb {
    /// Feeds all installed packages to `sink`, one at a time, and returns the records that could not be read.
    ///
    /// `gpg-pubkey` records are no packages and are left out, as dnf5 leaves them out.
    pub fn records(&self, sink: &mut dyn PackageSink) -> Result<Vec<DamagedRecord>, DbError> {
        let mut packages = self.packages()?;
        for package in packages.by_ref() {
            let (hnum, header) = package?;
            if header.text(Tag::NAME) != Some(b"gpg-pubkey") {
                feed(hnum, &header, sink)?;
            }
        }
        Ok(packages.damaged().to_vec())
    }
}

/// Feeds the package of a file to `sink`, as if it were from a repository: `location` is its path, `size` its size.
pub fn feed_package(header: &Header, location: &str, size: u64, sink: &mut dyn PackageSink) -> Result<(), DbError> {
    let readable = readable(header)?;
    let header = readable.as_ref();
    let nevra = header.nevra()?;
    let arch = if header.is_source() { "src" } else { &nevra.arch };
    let record = Record {
        name: &nevra.name,
        arch,
        epoch: nevra.epoch,
        version: &nevra.version,
        release: &nevra.release,
        location,
        package_size: size,
        install_time: 0,
        ..record(header)?
    };
    Ok(sink.package(&record)?)
}

fn feed(hnum: Hnum, header: &Header, sink: &mut dyn PackageSink) -> Result<(), DbError> {
    let readable = readable(header)?;
    let header = readable.as_ref();
    let nevra = header.nevra()?;
    let record = Record {
        name: &nevra.name,
        arch: &nevra.arch,
        epoch: nevra.epoch,
        version: &nevra.version,
        release: &nevra.release,
        hnum: Some(hnum),
        ..record(header)?
    };
    Ok(sink.package(&record)?)
}

/// Returns the header with texts that are UTF-8; only rare ones have to be copied for that.
fn readable(header: &Header) -> Result<Cow<'_, Header>, DbError> {
    let is_readable =
        |value: oxidnf_core::header::Value<'_>| !value.kind().is_text() || std::str::from_utf8(value.raw()).is_ok();
    if header.entries().all(is_readable) {
        return Ok(Cow::Borrowed(header));
    }
    let lossy = |text: &Vec<u8>| String::from_utf8_lossy(text).into_owned().into_bytes();
    let mut builder = HeaderBuilder::new();
    for value in header.entries() {
        let owned = match value.to_owned() {
            OwnedValue::String(text) => OwnedValue::String(lossy(&text)),
            OwnedValue::StringArray(texts) => OwnedValue::StringArray(texts.iter().map(lossy).collect()),
            OwnedValue::I18nString(texts) => OwnedValue::I18nString(texts.iter().map(lossy).collect()),
            other => other,
        };
        let Entry { tag, value } = Entry::new(value.tag(), owned);
        builder = builder.entry(tag, value);
    }
    Ok(Cow::Owned(builder.build()?))
}

fn text(header: &Header, tag: Tag) -> &str {
    str_of(header.text(tag).unwrap_or_default())
}

fn str_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Returns the bits that tell what a requirement is needed for, as the catalog has them.
fn prerequisite(sense: Sense) -> Sense {
    const ERASING: Sense = Sense(Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0);
    if !sense.any(PRE) {
        Sense::ANY
    } else if sense.any(ERASING | Sense::PREREQ) {
        // An unqualified one is needed for everything.
        Sense::PREREQ | Sense::SCRIPT_PREUN
    } else {
        Sense::PREREQ
    }
}

fn record(header: &Header) -> Result<Record<'_>, DbError> {
    let number = |tags: [Tag; 2]| tags.into_iter().find_map(|tag| header.number(tag)).unwrap_or(0);
    let deps = |kind| {
        header
            .deps(kind)
            .map(|dep| {
                let pre = if kind == DepKind::Requires { prerequisite(dep.sense) } else { Sense::ANY };
                ReldepRef { name: str_of(dep.name), sense: dep.sense.comparison() | pre, evr: str_of(dep.evr) }
            })
            .collect()
    };
    let files = header.files()?;
    let file_refs = files.iter().map(|file| FileRef {
        dir: str_of(file.dirname),
        name: str_of(file.basename),
        kind: match () {
            () if file.is_ghost() => FileKind::Ghost,
            () if file.is_dir() => FileKind::Directory,
            () => FileKind::File,
        },
    });
    Ok(Record {
        summary: text(header, Tag::SUMMARY),
        description: text(header, Tag::DESCRIPTION),
        url: text(header, Tag::URL),
        license: text(header, Tag::LICENSE),
        vendor: text(header, Tag::VENDOR),
        packager: text(header, Tag::PACKAGER),
        group: text(header, Tag::GROUP),
        build_host: text(header, Tag::BUILDHOST),
        sourcerpm: text(header, Tag::SOURCERPM),
        package_size: number([Tag::LONGSIGSIZE, Tag::SIGSIZE]),
        install_size: number([Tag::LONGSIZE, Tag::SIZE]),
        archive_size: number([Tag::LONGARCHIVESIZE, Tag::ARCHIVESIZE]),
        build_time: number([Tag::BUILDTIME; 2]),
        install_time: number([Tag::INSTALLTIME; 2]),
        provides: deps(DepKind::Provides),
        requires: deps(DepKind::Requires),
        conflicts: deps(DepKind::Conflicts),
        obsoletes: deps(DepKind::Obsoletes),
        recommends: deps(DepKind::Recommends),
        suggests: deps(DepKind::Suggests),
        supplements: deps(DepKind::Supplements),
        enhances: deps(DepKind::Enhances),
        files: file_refs.collect(),
        ..Record::default()
    })
}
