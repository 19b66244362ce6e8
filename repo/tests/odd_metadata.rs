//! Metadata that no careful program writes, but that are found in the wild or sent by an enemy.
#![allow(missing_docs, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use oxidnf_catalog::{Catalog, CatalogError, FileKind, PackageSink, Record};
use oxidnf_core::ChecksumKind;
use oxidnf_core::reldep::Sense;
use oxidnf_repo::metadata::{Metadata, MetadataError, PathQuery, Repomd, comps, updateinfo};
use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;

const THREADS: NonZeroUsize = NonZeroUsize::new(3).expect("3 is not 0");

/// A cache directory with these files, uncompressed and without checksums.
struct Repo(TempDir);

impl Repo {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let dir = TempDir::new().expect("temporary directory");
        fs::create_dir(dir.path().join("repodata")).expect("fresh");
        let mut index = "<repomd>".to_owned();
        for (kind, bytes) in files {
            fs::write(dir.path().join(format!("repodata/{kind}.xml")), bytes).expect("writes");
            write!(index, "<data type='{kind}'><location href='repodata/{kind}.xml'/></data>").expect("a String");
        }
        fs::write(dir.path().join("repodata/repomd.xml"), index + "</repomd>").expect("writes");
        Repo(dir)
    }

    fn metadata(&self) -> Metadata {
        Metadata::open(self.0.path()).expect("index is good")
    }
}

/// Keeps what it is sent as text.
#[derive(Default)]
struct Seen(Vec<String>);

impl PackageSink for Seen {
    fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        self.0.push(format!("{record:?}"));
        Ok(())
    }
}

fn packages(primary: &str) -> Result<Vec<String>, MetadataError> {
    let repo = Repo::new(&[("primary", primary.as_bytes())]);
    let mut seen = Seen::default();
    repo.metadata().packages(&mut seen)?;
    Ok(seen.0)
}

fn catalog(primary: &str) -> Catalog {
    let repo = Repo::new(&[("primary", primary.as_bytes())]);
    let bytes = repo.metadata().catalog(THREADS).expect("parses").finish(&[0; 32]).expect("fits");
    Catalog::from_bytes(bytes).expect("is a catalog")
}

fn wrap(packages: &str) -> String {
    format!("<metadata xmlns:rpm='x' packages='1'>{packages}</metadata>")
}

#[test]
fn everything_that_may_be_odd() {
    let catalog = catalog(&format!(
        "\u{feff}<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><!-- <package> -->\n{}",
        wrap(
            r#"
        <!-- </package> --><unknown><deep/></unknown>
        <package>
          <format>
            <file type='ghost'>/g&amp;h</file><file type="dir">/d</file><file type="x">/f</file><file></file><file/>
            <rpm:unknown><rpm:entry name="not me"/></rpm:unknown>
            <rpm:requires>
              <rpm:entry name='(a if b)'/><rpm:entry name="p" pre="1"/><rpm:entry name="q" pre="0"/>
              <rpm:entry ver="1" flags="GE" name="a&gt;b"  rel = "2"  epoch="" />
              <rpm:entry name="noversion" flags="EQ"/><rpm:entry name="weird" flags="XX" ver="1"/>
              <rpm:entry name="e" flags="LE" epoch="3" ver="1"></rpm:entry><rpm:entry/><other/>
            </rpm:requires>
            <rpm:license><![CDATA[A & B]]> or&#32;C<!-- x --><b>not this</b>!</rpm:license>
          </format>
          <description>&amp;amp; &amp;lt; &nbsp; <![CDATA[<raw> & ]]>end</description>
          <summary lang="de">Deutsch</summary><summary>English</summary><summary lang="fr">Français</summary>
          <version ver="1" rel="2"/>
          <size package="x" installed="18446744073709551616" archive="7"/>
          <location xml:base="https://elsewhere.example/a b/" href="p/x.rpm"/>
          <checksum type="sha" pkgid="YES"> DA39A3EE5E6B4B0D3255BFEF95601890AFD80709
          </checksum>
          <name>odd</name>
        </package>
        <package type="deb"><name>foreign</name></package>
        <package type="rpm"><arch>noarch</arch><version ver="1" rel="1"/></package>
    "#
        )
    ));
    assert_eq!(catalog.len(), 1);
    let odd = catalog.package(0);
    assert_eq!((odd.name(), odd.arch(), odd.epoch(), odd.version(), odd.release()), ("odd", "noarch", 0, "1", "2"));
    assert_eq!(odd.summary(), "English");
    assert_eq!(odd.description(), "&amp; &lt; &nbsp; <raw> & end");
    assert_eq!(odd.license(), "A & B or C!");
    assert_eq!((odd.package_size(), odd.install_size(), odd.archive_size()), (0, 0, 7));
    assert_eq!(odd.location_base(), Some("https://elsewhere.example/a b/"));
    let checksum = odd.checksum().expect("is one");
    assert_eq!(
        (checksum.kind, checksum.hex().as_str()),
        (ChecksumKind::Sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    );
    let mut files: Vec<_> = odd.files().map(|file| (file.path(), file.kind)).collect();
    files.sort();
    let want = [("/d", FileKind::Directory), ("/f", FileKind::File), ("/g&h", FileKind::Ghost)];
    assert_eq!(files, want.map(|(path, kind)| (path.to_owned(), kind)));
    let mut requires: Vec<(String, bool)> =
        odd.requires().map(|dep| (dep.to_string(), dep.sense.any(Sense::PREREQ))).collect();
    requires.sort();
    let want = [
        ("(a if b)", false),
        ("a>b >= 1-2", false),
        ("e <= 3:1", false),
        ("noversion", false),
        ("p", true),
        ("q", false),
        ("weird", false),
    ];
    assert_eq!(requires, want.map(|(text, pre)| (text.to_owned(), pre)));
    // Nobody said so, but every binary package provides itself.
    assert_eq!(odd.provides().map(|dep| dep.to_string()).collect::<Vec<_>>(), ["odd = 1-2"]);
}

#[rstest]
#[case("", "no element metadata")]
#[case("<metadata>", "the element metadata is not closed")]
#[case("<html></html>", "unexpected element")]
#[case("<package type='rpm'><name>a</name></package>", "unexpected element")]
#[case("<metadata><package><name>a</nome></package></metadata>", "mismatched end tag")]
#[case("<metadata><package><name>a</package></metadata>", "mismatched end tag")]
#[case("<metadata><package><name>a</name></metadata>", "mismatched end tag")]
#[case("<metadata><package><version ver=1/></package></metadata>", "attribute without quotes")]
#[case("<metadata><package><version ver='1/></package></metadata>", "unfinished attribute")]
#[case("<metadata><package><version ver/></package></metadata>", "malformed attribute")]
#[case("<metadata><package", "malformed tag name")]
#[case("<metadata><!-- ", "unfinished comment")]
#[case("<metadata></metadata></metadata>", "unexpected end tag")]
#[case("<metadata></metadata><package></package>", "unexpected element")]
fn malformed_primary_is_an_error(#[case] primary: &str, #[case] reason: &str) {
    let error = packages(primary).expect_err("is malformed");
    assert!(error.to_string().contains(reason), "{error}");
    assert!(error.to_string().contains("primary.xml at byte "), "{error}");
}

#[test]
fn place_of_an_error_is_that_in_the_whole_file() {
    let mut primary = "<metadata>".to_owned();
    while primary.len() < 5 << 20 {
        primary.push_str("<package><name>a</name><arch>noarch</arch><version ver='1' rel='1'/></package>");
    }
    let bad = primary.len();
    primary.push_str("<package><name>\u{e4}</name></wrong>");
    let error = packages(&primary).expect_err("is malformed");
    let MetadataError::Package { offset, .. } = error else { panic!("{error:?}") };
    assert!((bad as u64..primary.len() as u64 + 1).contains(&offset), "{offset} {bad}");

    let mut bytes = primary.as_bytes()[..bad].to_vec();
    bytes.extend(b"<package><name>\xff</name></package></metadata>");
    let repo = Repo::new(&[("primary", &bytes)]);
    let error = repo.metadata().packages(&mut Seen::default()).expect_err("is not UTF-8");
    let MetadataError::Package { offset, reason, .. } = error else { panic!("{error:?}") };
    assert_eq!((offset, reason.as_str()), (bad as u64 + 15, "not UTF-8"));
}

/// Comments and CDATA sections with package tags in them, spread so that some are where pieces are cut.
#[test]
fn pieces_are_not_cut_inside_of_comments() {
    let mut primary = "<metadata>".to_owned();
    let mut count = 0;
    while primary.len() < 9 << 20 {
        writeln!(
            primary,
            "<package type=\"rpm\"><name>p{count}</name><arch>noarch</arch><version epoch=\"0\" ver=\"{count}\" rel=\"1\"/>\
             <description><![CDATA[{}</package>]]></description></package><!-- {} -->",
            "</package>".repeat(count % 60_000),
            "<package></package>".repeat(count % 700),
        )
        .expect("a String");
        count += 997;
    }
    primary.push_str("</metadata>");
    let repo = Repo::new(&[("primary", primary.as_bytes())]);
    let mut seen = Seen::default();
    repo.metadata().packages(&mut seen).expect("parses");
    assert_eq!(seen.0.len(), count / 997);
    let builder = repo.metadata().catalog(THREADS).expect("parses");
    assert_eq!(builder.len(), count / 997);
}

#[test]
fn one_huge_package_is_taken() {
    let files: String = (0..150_000).fold(String::new(), |mut all, number| {
        write!(all, "<file>/usr/share/huge/file-{number}</file>").expect("a String");
        all
    });
    let catalog = catalog(&wrap(&format!(
        "<package><name>huge</name><arch>noarch</arch><version ver='1' rel='1'/><format>{files}</format></package>"
    )));
    assert_eq!(catalog.package(0).files().count(), 150_000);
}

#[rstest]
#[case("/a&b", "<file>/a&#38;b</file>")]
#[case("/a&b", "<file>/a&amp;b</file>")]
#[case("/abc", "<file>/&#97;bc</file>")]
#[case("/abc", "<file><![CDATA[/abc]]></file>")]
#[case("/a*c", "<file>/a<!-- x -->bc</file>")]
#[case("/abc", "<file type = 'dir' >/abc</file>")]
fn paths_are_found_however_they_are_written(#[case] path: &str, #[case] file: &str) {
    let list = format!(
        "<filelists><package pkgid='00' name='x&amp;y' arch='noarch'><version ver='1'/><file>/zzz</file>{file}</package>\
         <package pkgid='01' name='other' arch='noarch'><file>/other</file></package></filelists>"
    );
    let repo = Repo::new(&[("filelists", list.as_bytes())]);
    let owners = repo.metadata().path_owners(&PathQuery::new().path(path), THREADS).expect("searches");
    assert_eq!(owners.len(), 1);
    assert_eq!((owners[0].pkgid.as_str(), owners[0].name.as_str()), ("00", "x&y"));
}

#[rstest]
#[case("<repomd><data><location href='x'/></data></repomd>", 1, "data without a type")]
#[case("<repomd>\n<data type='a'>\n</data></repomd>", 3, "data of type a without location")]
#[case("<repomd>\n\n<data type='a'><location/></data></repomd>", 3, "location of a without href")]
#[case("<repomd><data type='a'>\n<size>many</size></data></repomd>", 2, "size \"many\" is not a number in range")]
#[case("<repomd><data type='a'>\n<checksum type='x'>00</checksum></data></repomd>", 2, "unknown checksum type \"x\"")]
#[case(
    "<repomd><data type='a'>\n<checksum type='md5'>00</checksum></data></repomd>",
    2,
    "\"00\" is not a md5 checksum"
)]
#[case("<html/>", 1, "expected repomd, found html")]
#[case("", 1, "no element repomd")]
#[case("<repomd>\n<revision>", 2, "revision is not closed")]
fn index_errors_name_the_line(#[case] text: &str, #[case] line: usize, #[case] reason: &str) {
    let error = Repomd::parse(text.as_bytes()).expect_err("is malformed");
    assert_eq!((error.line, error.reason.as_str()), (line, reason));
}

#[test]
fn index_takes_what_it_does_not_know() {
    let text = "<repomd xmlns='x'><future><a/></future><data type='primary'><location href='a/b.xml'/><new>1</new>\
                <timestamp>12.75</timestamp><database_version>10</database_version></data></repomd>";
    let repomd = Repomd::parse(text.as_bytes()).expect("is good");
    assert_eq!((repomd.records[0].timestamp, repomd.records[0].database_version), (12, Some(10)));
    assert_eq!(repomd.records[0].file_name(), Some("b.xml"));
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/createrepo-zstd/repodata").join(path)
}

/// The open content of the fixture's file of this type.
fn open(kind: &str) -> Vec<u8> {
    let metadata = Metadata::open(fixture("..")).expect("fixture");
    metadata.read(kind).expect("reads").expect("is there").1
}

fn mutated(data: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> =
        vec![b"<", b">", b"/>", b"</", b"&", b";", b"\"", b"<!--", b"<![CDATA[", b"\xff", b"", b"<package", b"="];
    let change = (any::<prop::sample::Index>(), 0..4_usize, prop::sample::select(pieces));
    proptest::collection::vec(change, 1..6).prop_map(move |changes| {
        let mut data = data.clone();
        for (at, remove, insert) in changes {
            let at = at.index(data.len() + 1);
            let end = (at + remove).min(data.len());
            data.splice(at..end, insert.iter().copied());
        }
        data
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn index_never_panics(data in mutated(fs::read(fixture("repomd.xml")).expect("fixture"))) {
        if let Ok(repomd) = Repomd::parse(&data) {
            for record in &repomd.records {
                if let Some(name) = record.file_name() {
                    prop_assert!(!name.contains('/') && name != "..");
                }
            }
        }
    }

    #[test]
    fn advisories_never_panic(data in mutated(open("updateinfo"))) {
        let _ = updateinfo::parse(&data);
    }

    #[test]
    fn groups_never_panic(data in mutated(open("group"))) {
        let _ = comps::parse(&data);
    }

    #[test]
    fn packages_never_panic(data in mutated(open("primary"))) {
        let repo = Repo::new(&[("primary", &data)]);
        let _ = repo.metadata().packages(&mut Seen::default());
    }

    #[test]
    fn paths_never_panic(data in mutated(open("filelists")), path in "[/a-z*?\\[]{0,6}") {
        let repo = Repo::new(&[("filelists", &data)]);
        let _ = repo.metadata().path_owners(&PathQuery::new().path(&path), THREADS);
    }
}
