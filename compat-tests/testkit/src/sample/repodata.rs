//! Metadata of a directory of packages: `repomd.xml` and `primary.xml.gz`, as createrepo_c writes them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use oxidnf_core::header::{DepKind, Header, Tag};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::{Checksum, ChecksumKind};

use super::Failure;

/// Writes `repodata/` for the packages that lie in `dir`.
pub fn write(dir: &Path) -> Result<(), Failure> {
    let mut files: Vec<_> = fs::read_dir(dir)?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rpm"));
    files.sort();
    write_files(dir, &files, &[])
}

/// Writes `repodata/` for packages in `dir`, in their order, and for other metadata: type and content.
pub fn write_files(dir: &Path, files: &[PathBuf], extras: &[(&str, &[u8])]) -> Result<(), Failure> {
    let mut primary = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"{}\">\n",
        files.len()
    );
    for file in files {
        primary += &package(file)?;
    }
    primary += "</metadata>\n";
    let repodata = dir.join("repodata");
    fs::create_dir_all(&repodata)?;
    let mut repomd = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n  <revision>1</revision>\n",
    );
    let mut records = vec![("primary", primary.as_bytes())];
    records.extend(extras);
    for (kind, content) in records {
        let name = if kind == "modules" { "modules.yaml".to_owned() } else { format!("{kind}.xml") };
        record(&mut repomd, &repodata, kind, &name, content)?;
    }
    repomd += "</repomd>\n";
    fs::write(repodata.join("repomd.xml"), repomd)?;
    Ok(())
}

/// Writes a packed file of metadata and its record.
fn record(repomd: &mut String, repodata: &Path, kind: &str, name: &str, content: &[u8]) -> Result<(), Failure> {
    let sum = |data: &[u8]| Checksum::of(ChecksumKind::Sha256, data).map(|sum| sum.hex());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(content)?;
    let packed = packed.finish()?;
    let name = format!("{}-{name}.gz", sum(&packed)?);
    fs::write(repodata.join(&name), &packed)?;
    writeln!(
        repomd,
        "  <data type=\"{kind}\">\n    <checksum type=\"sha256\">{}</checksum>\n    <open-checksum type=\"sha256\">{}</open-checksum>\n    <location href=\"repodata/{name}\"/>\n    <timestamp>1</timestamp>\n    <size>{}</size>\n    <open-size>{}</open-size>\n  </data>",
        sum(&packed)?,
        sum(content)?,
        packed.len(),
        content.len()
    )?;
    Ok(())
}

fn package(path: &Path) -> Result<String, Failure> {
    let file = PackageFile::open(path)?;
    let header = file.header();
    let nevra = file.nevra()?;
    let bytes = fs::read(path)?;
    let text = |tag| escape(&header.str(tag).unwrap_or_default());
    let number = |tag| header.number(tag).unwrap_or(0);
    let mut xml = format!(
        "<package type=\"rpm\">\n  <name>{}</name>\n  <arch>{}</arch>\n  <version epoch=\"{}\" ver=\"{}\" rel=\"{}\"/>\n  <checksum type=\"sha256\" pkgid=\"YES\">{}</checksum>\n  <summary>{}</summary>\n  <description>{}</description>\n  <packager/>\n  <url>{}</url>\n  <time file=\"{built}\" build=\"{built}\"/>\n",
        nevra.name,
        nevra.arch,
        nevra.epoch,
        nevra.version,
        nevra.release,
        Checksum::of(ChecksumKind::Sha256, &bytes)?.hex(),
        text(Tag::SUMMARY),
        text(Tag::DESCRIPTION),
        text(Tag::URL),
        built = number(Tag::BUILDTIME),
    );
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    writeln!(
        xml,
        "  <size package=\"{}\" installed=\"{}\" archive=\"0\"/>\n  <location href=\"{}\"/>\n  <format>\n    <rpm:license>{}</rpm:license>\n    <rpm:vendor>{}</rpm:vendor>\n    <rpm:group>{}</rpm:group>\n    <rpm:buildhost>{}</rpm:buildhost>\n    <rpm:sourcerpm>{}</rpm:sourcerpm>\n    <rpm:header-range start=\"{}\" end=\"{}\"/>",
        bytes.len(),
        number(Tag::SIZE).max(number(Tag::LONGSIZE)),
        escape(&name),
        text(Tag::LICENSE),
        text(Tag::VENDOR),
        text(Tag::GROUP),
        text(Tag::BUILDHOST),
        text(Tag::SOURCERPM),
        file.header_offset(),
        file.payload_offset(),
    )?;
    for (element, kind) in [
        ("provides", DepKind::Provides),
        ("requires", DepKind::Requires),
        ("conflicts", DepKind::Conflicts),
        ("obsoletes", DepKind::Obsoletes),
        ("recommends", DepKind::Recommends),
        ("suggests", DepKind::Suggests),
        ("supplements", DepKind::Supplements),
        ("enhances", DepKind::Enhances),
    ] {
        dependencies(&mut xml, header, element, kind)?;
    }
    let list = header.files()?;
    for index in 0..list.len() {
        let path = String::from_utf8_lossy(&list.path(index)).into_owned();
        if path.starts_with("/etc/") || path.contains("bin/") {
            writeln!(xml, "    <file>{}</file>", escape(&path))?;
        }
    }
    xml += "  </format>\n</package>\n";
    Ok(xml)
}

fn dependencies(xml: &mut String, header: &Header, element: &str, kind: DepKind) -> Result<(), Failure> {
    let mut entries = String::new();
    for dep in header.deps(kind) {
        let name = String::from_utf8_lossy(dep.name).into_owned();
        if name.starts_with("rpmlib(") {
            continue;
        }
        write!(entries, "      <rpm:entry name=\"{}\"", escape(&name))?;
        let flags = match dep.sense.operator() {
            Some("<") => "LT",
            Some("<=") => "LE",
            Some("=") => "EQ",
            Some(">=") => "GE",
            Some(">") => "GT",
            _ => "",
        };
        if !flags.is_empty() {
            let text = String::from_utf8_lossy(dep.evr).into_owned();
            let evr = oxidnf_core::Evr::parse(&text);
            write!(entries, " flags=\"{flags}\" epoch=\"{}\" ver=\"{}\"", evr.epoch.unwrap_or(0), escape(evr.version))?;
            if let Some(release) = evr.release {
                write!(entries, " rel=\"{}\"", escape(release))?;
            }
        }
        entries += "/>\n";
    }
    if !entries.is_empty() {
        write!(xml, "    <rpm:{element}>\n{entries}    </rpm:{element}>\n")?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
