//! Metadata made by the real createrepo_c, read as the real dnf5 reads them.
#![allow(missing_docs, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use oxidnf_catalog::{Catalog, FileKind, Package, Relation};
use oxidnf_core::reldep::Sense;
use oxidnf_repo::catalog_cache::{self, CatalogOrigin, CatalogSettings};
use oxidnf_repo::decompress::DecompressError;
use oxidnf_repo::metadata::comps::{Field, PackageKind};
use oxidnf_repo::metadata::updateinfo::AdvisoryKind;
use oxidnf_repo::metadata::{Metadata, MetadataError, PathQuery};
use rstest::rstest;
use tempfile::TempDir;

const THREADS: NonZeroUsize = NonZeroUsize::new(3).expect("3 is not 0");

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn metadata(kind: &str) -> Metadata {
    Metadata::open(fixture(&format!("createrepo-{kind}"))).expect("the fixture is good")
}

fn catalog(metadata: &Metadata) -> Catalog {
    let bytes = metadata.catalog(THREADS).expect("parses").finish(&[7; 32]).expect("fits");
    Catalog::from_bytes(bytes).expect("is a catalog")
}

/// A copy of the zstd fixture that may be changed.
fn copy() -> TempDir {
    let dir = TempDir::new().expect("temporary directory");
    let repodata = dir.path().join("repodata");
    fs::create_dir(&repodata).expect("fresh");
    for entry in fs::read_dir(fixture("createrepo-zstd/repodata")).expect("fixture") {
        let entry = entry.expect("readable");
        fs::copy(entry.path(), repodata.join(entry.file_name())).expect("copies");
    }
    dir
}

fn relations(package: Package<'_>, relation: Relation) -> Vec<String> {
    let mut list: Vec<String> = package.relations(relation).map(|dep| dep.to_string()).collect();
    list.sort();
    list
}

/// Writes a package as the golden file has it; lists are sorted, since dnf5's order is that of its pool.
fn render(package: Package<'_>) -> String {
    let mut out = String::new();
    let nevra = package.nevra();
    let mut line = |key: &str, value: &str| writeln!(out, "{key}: {value}").expect("a String takes all");
    line("name", package.name());
    line("arch", package.arch());
    line("evr", &nevra.evr().to_string());
    line("epoch", &package.epoch().to_string());
    line("full_nevra", &nevra.with_epoch().to_string());
    line("summary", package.summary());
    line("url", package.url());
    line("license", package.license());
    line("vendor", package.vendor());
    line("packager", package.packager());
    line("group", package.group());
    line("buildtime", &package.build_time().to_string());
    line("downloadsize", &package.package_size().to_string());
    line("installsize", &package.install_size().to_string());
    line("location", &format!("file:///srv/metadata/repo-zstd/{}", package.location()));
    line("sourcerpm", package.sourcerpm());
    line("description", package.description());
    let mut pre: Vec<String> =
        package.requires().filter(|dep| dep.sense.any(Sense::PREREQ)).map(|dep| dep.to_string()).collect();
    pre.sort();
    let lists = [
        ("provides", relations(package, Relation::Provides)),
        ("requires", relations(package, Relation::Requires)),
        ("requires_pre", pre),
        ("conflicts", relations(package, Relation::Conflicts)),
        ("obsoletes", relations(package, Relation::Obsoletes)),
        ("recommends", relations(package, Relation::Recommends)),
        ("suggests", relations(package, Relation::Suggests)),
        ("supplements", relations(package, Relation::Supplements)),
        ("enhances", relations(package, Relation::Enhances)),
    ];
    for (name, list) in lists {
        writeln!(out, "[{name}]").expect("a String takes all");
        for entry in list {
            writeln!(out, "{entry}").expect("a String takes all");
        }
    }
    out
}

/// Sorts the lists of dnf5's output and drops what file lists would add.
fn golden() -> Vec<String> {
    let text = fs::read_to_string(fixture("dnf5-repoquery.txt")).expect("fixture");
    let mut packages = Vec::new();
    for block in text.split("====\n").filter(|block| !block.trim().is_empty()) {
        let (head, lists) = block.split_once("[provides]\n").expect("every block has provides");
        let (lists, _files) = lists.split_once("[files]\n").expect("every block has files");
        let mut out = head.to_owned();
        for list in
            format!("[provides]\n{lists}").split_inclusive('\n').fold(Vec::<Vec<&str>>::new(), |mut all, line| {
                if line.starts_with('[') {
                    all.push(Vec::new());
                }
                all.last_mut().expect("the first line is a heading").push(line);
                all
            })
        {
            let (heading, mut entries) = (list[0], list[1..].to_vec());
            entries.retain(|entry| !entry.trim().is_empty());
            entries.sort_by_key(|entry| entry.trim_end());
            out.push_str(heading);
            out.extend(entries);
        }
        packages.push(out);
    }
    packages.sort();
    packages
}

#[test]
fn packages_are_what_dnf5_prints() {
    let metadata = metadata("zstd");
    let catalog = catalog(&metadata);
    let mut ours: Vec<String> = catalog.packages().map(render).collect();
    ours.sort();
    assert_eq!(ours.join("====\n"), golden().join("====\n"));
}

#[rstest]
#[case("gz")]
#[case("xz")]
#[case("bz2")]
fn compression_makes_no_difference(#[case] kind: &str) {
    let render_all = |kind: &str| catalog(&metadata(kind)).packages().map(render).collect::<Vec<_>>();
    assert_eq!(render_all(kind), render_all("zstd"));
    let query = || PathQuery::new().path("/usr/share/odd dir/*");
    let owners = metadata(kind).path_owners(&query(), THREADS).expect("searches");
    assert_eq!(owners, metadata("zstd").path_owners(&query(), THREADS).expect("searches"));
    assert_eq!(owners.len(), 1);
}

#[test]
fn files_and_checksums_come_from_primary() {
    let metadata = metadata("zstd");
    let catalog = catalog(&metadata);
    let odd = catalog.packages().find(|package| package.name() == "odd" && !package.is_source()).expect("is there");
    let mut files: Vec<(String, FileKind)> = odd.files().map(|file| (file.path(), file.kind)).collect();
    files.sort();
    let want = [
        ("/etc/odd.d", FileKind::Directory),
        ("/etc/odd.d/a & b.conf", FileKind::File),
        ("/etc/odd.ghost", FileKind::Ghost),
        ("/usr/bin/odd", FileKind::File),
        ("/usr/bin/odd-link", FileKind::File),
        ("/usr/lib/sendmail", FileKind::File),
    ];
    assert_eq!(files, want.map(|(path, kind)| (path.to_owned(), kind)));
    let checksum = odd.checksum().expect("has one");
    assert_eq!(checksum.hex(), "fcdf8c3f9bea430d0647218a4b9aea722c1b6b8e897e376b4fac794fd7ba6907");
    assert_eq!((odd.header_start(), odd.header_end(), odd.build_host()), (4456, 8603, "builder.example.org"));
}

#[test]
fn index_tells_everything() {
    let metadata = metadata("zstd");
    let repomd = metadata.repomd();
    assert_eq!(repomd.revision, "1767225600");
    assert_eq!(
        (&repomd.content_tags[..], &repomd.repo_tags[..]),
        (&["binary-x86_64".to_owned()][..], &["tag-a".to_owned()][..])
    );
    assert_eq!(repomd.distro_tags[0].cpeid.as_deref(), Some("cpe:/o:test:40"));
    assert_eq!(repomd.distro_tags[0].name, "Test 40");
    let kinds: Vec<&str> = repomd.records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds, ["primary", "filelists", "other", "group", "modules", "updateinfo"]);
    let primary = repomd.record("primary").expect("is there");
    assert_eq!((primary.size, primary.open_size, primary.timestamp), (Some(1640), Some(7625), 1_767_225_600));
    assert!(primary.checksum.is_some() && primary.open_checksum.is_some());
}

#[test]
fn groups_advisories_and_modules() {
    let metadata = metadata("zstd");
    let comps = metadata.comps().expect("parses");
    let tools = &comps.groups[0];
    assert_eq!((tools.id.as_str(), tools.texts.name.as_deref()), ("tools", Some("Tools")));
    assert_eq!(tools.texts.in_language(Field::Name, "de_DE.UTF-8"), "Werkzeuge & mehr");
    assert_eq!(tools.texts.in_language(Field::Name, "fr"), "Tools");
    assert!(tools.default && tools.hidden);
    assert_eq!((tools.display_order.as_deref(), tools.langonly.as_deref()), (Some("7"), Some("de")));
    let kinds: Vec<(&str, PackageKind)> =
        tools.packages.iter().map(|package| (package.name.as_str(), package.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("plain", PackageKind::Mandatory),
            ("odd", PackageKind::Default),
            ("odd-sub", PackageKind::Optional),
            ("odd-de", PackageKind::Conditional),
            ("untyped", PackageKind::Default),
        ]
    );
    assert_eq!(tools.packages[3].condition, "plain");
    let desk = &comps.environments[0];
    assert_eq!(desk.groups, ["tools"]);
    assert_eq!(desk.option_groups, [("games".to_owned(), true), ("sound".to_owned(), false)]);
    assert_eq!(comps.categories[0].groups, ["tools"]);
    assert_eq!(comps.langpacks, [("odd".to_owned(), "odd-%s".to_owned())]);

    let advisories = metadata.advisories().expect("parses");
    let first = &advisories[0];
    assert_eq!(
        (first.id.as_str(), first.kind, first.severity.as_str()),
        ("TEST-2026-1", AdvisoryKind::Security, "Important")
    );
    assert_eq!(first.title, "plain-2.0-1.fc40 & more");
    assert_eq!(first.description, "Fixes <holes>.\n\nSecond paragraph.");
    assert_eq!((first.issued, first.updated), (Some(1_767_323_045), Some(1_770_091_506)));
    assert_eq!(first.references[0].title, "Bug \"one\"");
    assert_eq!(first.references[1].kind, "cve");
    let packages = &first.collections[0].packages;
    assert_eq!((packages[0].name.as_str(), packages[0].epoch, packages[0].reboot_suggested), ("plain", 0, true));
    assert_eq!((packages[1].name.as_str(), packages[1].epoch), ("odd", 2));
    assert!(packages[1].restart_suggested && !packages[1].relogin_suggested);
    assert_eq!(first.collections[0].module.as_ref().map(|module| module.stream.as_str()), Some("s"));
    assert_eq!((advisories[1].kind, advisories[1].issued), (AdvisoryKind::Bugfix, Some(1_767_225_600)));

    let modules = metadata.modules().expect("reads");
    // The document of the fixture lacks a stream.
    assert_eq!(
        modules.failures.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["document 1 at line 1: no stream"]
    );
}

#[rstest]
#[case(&["/usr/share/odd dir/file with <angle>"], &["odd"])]
#[case(&["/usr/bin/plain"], &["plain", "plain"])]
#[case(&["/usr/bin/plai"], &[])]
#[case(&["*/README"], &["plain", "plain"])]
#[case(&["/etc/odd.d/a & b.conf"], &["odd"])]
#[case(&["/etc/odd.d/*"], &["odd"])]
#[case(&["/usr/bin/odd", "/usr/bin/plain", "/nowhere"], &["odd", "plain", "plain"])]
#[case(&["/usr/*/pl?in", "/var/log/[no]dd.log"], &["odd", "plain", "plain"])]
#[case(&["/[!a-z]*"], &[])]
#[case(&["*"], &["odd", "odd", "plain", "plain"])]
fn paths_are_found(#[case] paths: &[&str], #[case] owners: &[&str]) {
    let query = paths.iter().fold(PathQuery::new(), |query, path| query.path(path));
    let mut found: Vec<String> =
        metadata("zstd").path_owners(&query, THREADS).expect("searches").into_iter().map(|owner| owner.name).collect();
    found.sort();
    assert_eq!(found, owners);
}

#[test]
fn owners_name_their_package() {
    let query = PathQuery::new().exact("/var/log/odd.log");
    let owners = metadata("zstd").path_owners(&query, THREADS).expect("searches");
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].pkgid, "fcdf8c3f9bea430d0647218a4b9aea722c1b6b8e897e376b4fac794fd7ba6907");
    assert_eq!(owners[0].arch, "noarch");
    assert_eq!(owners[0].paths, [("/var/log/odd.log".to_owned(), FileKind::Ghost)]);
}

fn rewrite_index(dir: &Path, from: &str, to: &str) {
    let path = dir.join("repodata/repomd.xml");
    let text = fs::read_to_string(&path).expect("fixture");
    assert!(text.contains(from), "the fixture changed");
    fs::write(&path, text.replacen(from, to, 1)).expect("writes");
}

#[test]
fn wrong_open_checksum_is_noticed_where_it_is_the_only_one() {
    let dir = copy();
    let closed =
        "<checksum type=\"sha256\">88ecbfbfe6f26a130db535397f5935813f2096e939f6bf51a1eb37c12c18dc33</checksum>";
    rewrite_index(dir.path(), closed, "");
    rewrite_index(dir.path(), "c034c7ec98bb770c", "0000000000000000");
    let error = Metadata::open(dir.path()).expect("index is good").catalog(THREADS).expect_err("checksum is wrong");
    assert!(matches!(error, MetadataError::OpenChecksum { .. }), "{error:?}");
    assert!(error.to_string().contains("primary.xml.zst"), "{error}");
}

#[rstest]
#[case("7626")]
#[case("7624")]
#[case("3")]
fn wrong_open_size_is_noticed(#[case] size: &str) {
    let dir = copy();
    rewrite_index(dir.path(), "<open-size>7625", &format!("<open-size>{size}"));
    let error = Metadata::open(dir.path()).expect("index is good").catalog(THREADS).expect_err("size is wrong");
    let MetadataError::Read { source, .. } = error else { panic!("{error:?}") };
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref::<DecompressError>()).expect("says what");
    assert!(matches!(inner, DecompressError::TooLarge { .. } | DecompressError::TooShort { .. }), "{inner:?}");
}

#[test]
fn truncated_file_is_noticed() {
    let dir = copy();
    let metadata = Metadata::open(dir.path()).expect("index is good");
    let path = metadata.path("primary").expect("is listed");
    let bytes = fs::read(&path).expect("fixture");
    fs::write(&path, &bytes[..bytes.len() - 100]).expect("writes");
    let error = metadata.catalog(THREADS).expect_err("file is cut");
    assert!(matches!(error, MetadataError::Read { .. }), "{error:?}");
    assert!(error.to_string().contains("primary.xml.zst"), "{error}");
    fs::remove_file(&path).expect("removes");
    assert!(matches!(metadata.catalog(THREADS).expect_err("file is gone"), MetadataError::Open { .. }));
}

#[test]
fn locations_cannot_leave_the_cache() {
    let dir = copy();
    rewrite_index(dir.path(), "repodata/88ecbfbf", "repodata/../../../88ecbfbf");
    let metadata = Metadata::open(dir.path()).expect("index is good");
    // Only the last part is used, so this still names the file in the cache.
    assert_eq!(metadata.path("primary").expect("is listed").parent(), Some(&*dir.path().join("repodata")));
    rewrite_index(dir.path(), "repodata/ceb3ba18", "..\" x=\"");
    let metadata = Metadata::open(dir.path()).expect("index is good");
    assert!(matches!(metadata.path("filelists"), Err(MetadataError::UnsafeLocation { .. })));
    assert!(matches!(metadata.path("presto"), Err(MetadataError::NotListed { .. })));
}

fn load(dir: &Path, keep: bool) -> (CatalogOrigin, u32) {
    let metadata = Metadata::open(dir).expect("index is good");
    let loaded = catalog_cache::load(&metadata, CatalogSettings { threads: THREADS, keep }).expect("loads");
    (loaded.origin, loaded.catalog.len())
}

#[test]
fn catalog_is_kept_and_made_again() {
    let dir = copy();
    let path = catalog_cache::path(dir.path());
    assert_eq!(load(dir.path(), false), (CatalogOrigin::Memory, 5));
    assert!(!path.exists());
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Made, 5));
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Kept, 5));

    // Another state of the repository.
    rewrite_index(dir.path(), "<revision>1767225600", "<revision>1767225601");
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Made, 5));
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Kept, 5));

    // Damage.
    let bytes = fs::read(&path).expect("kept");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("writes");
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Made, 5));
    fs::write(&path, b"").expect("writes");
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Made, 5));

    // A place that cannot be written costs time only.
    fs::remove_dir_all(path.parent().expect("is in a directory")).expect("removes");
    fs::write(path.parent().expect("is in a directory"), b"in the way").expect("writes");
    assert_eq!(load(dir.path(), true), (CatalogOrigin::Memory, 5));
}

#[test]
fn number_of_threads_makes_no_difference() {
    let metadata = metadata("zstd");
    let build = |threads| {
        let builder = metadata.catalog(NonZeroUsize::new(threads).expect("not 0")).expect("parses");
        builder.finish(&[7; 32]).expect("fits")
    };
    assert_eq!(build(1), build(4));
}

#[test]
fn changelogs_are_found() {
    let odd = "fcdf8c3f9bea430d0647218a4b9aea722c1b6b8e897e376b4fac794fd7ba6907".to_owned();
    let changelogs = metadata("zstd").changelogs(&[odd.clone()].into(), THREADS).expect("searches");
    assert_eq!(changelogs.len(), 1);
    assert_eq!(changelogs[0].pkgid, odd);
    let entries: Vec<(&str, i64, &str)> =
        changelogs[0].entries.iter().map(|entry| (entry.author.as_str(), entry.date, entry.text.as_str())).collect();
    assert_eq!(
        entries,
        [
            ("Other <o@example.org> - 2:1.0~rc1-2", 1_767_182_400, "- Older"),
            ("Pack Ager <pack@example.org> - 2:1.0~rc1-3", 1_767_268_800, "- Fix <this> & that\n- Two"),
        ]
    );
}
