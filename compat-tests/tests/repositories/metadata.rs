//! Kinds of metadata: what is fetched when, in which forms it may come, and how long it is good for.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use oxidnf_testkit::http::Server;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, rpm};

const OPEN: &str = "gpgcheck=0\n";

/// A repository on a server with every kind of metadata; `script` changes it below its directory.
fn served(script: &str) -> (World, Server) {
    let packages = ["foo", "bar"].map(|name| rpm(name).file(&format!("/opt/{name}"), "x"));
    let world = World::new().repo("base", packages);
    change(&world, script);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), OPEN);
    (world, server)
}

fn change(world: &World, script: &str) {
    let script = format!("set -e; cd /srv/repos/base\n{{ :\n{script}\n}} >/dev/null\n");
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
}

const COMPS: &str = "cat >comps.xml <<'E'\n<comps><group><id>g</id><name>G</name><uservisible>true</uservisible><packagelist><packagereq type=\"mandatory\">foo</packagereq></packagelist></group></comps>\nE\n";
const UPDATES: &str = "cat >updateinfo.xml <<'E'\n<updates><update type=\"security\" status=\"final\"><id>ADV-1</id><title>t</title><issued date=\"2024-01-01 00:00:00\"/><severity>Low</severity><pkglist><collection><package name=\"foo\" version=\"1\" release=\"1\" epoch=\"0\" arch=\"noarch\"><filename>foo-1-1.noarch.rpm</filename></package></collection></pkglist></update></updates>\nE\n";
const OTHERS: &str = "echo '<components/>' >appstream.xml; modifyrepo_c --mdtype=appstream appstream.xml repodata\n\
                      echo x >foreign.txt; modifyrepo_c --mdtype=foreign foreign.txt repodata\n\
                      printf -- '---\\ndocument: modulemd-defaults\\nversion: 1\\ndata:\\n  module: m\\n  stream: \"1\"\\n...\\n' >modules.yaml; modifyrepo_c --mdtype=modules modules.yaml repodata\n";

/// An index of nothing.
const EMPTY: &str = "echo '<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>2</revision></repomd>' >repodata/repomd.xml\n";

fn all_kinds() -> String {
    format!(
        "{COMPS}{UPDATES}modifyrepo_c --mdtype=group comps.xml repodata\n\
         modifyrepo_c --mdtype=updateinfo updateinfo.xml repodata\n{OTHERS}"
    )
}

/// Empties the caches; what `clean` tells of the sizes of files that each program made for itself differs.
fn forget(world: &World) {
    for side in [Side::Real, Side::Ours] {
        let _ = fs::remove_dir_all(world.root(side).join("var/cache/libdnf5"));
    }
}

/// Returns what each program requests, names without checksums, in no order: files come side by side.
fn requests(world: &World, server: &Server, args: &str) -> [(Option<i32>, Vec<String>); 2] {
    [Side::Real, Side::Ours].map(|side| {
        server.forget();
        let output = world.run(side, args);
        let mut names: Vec<String> = server
            .requests()
            .iter()
            .map(|path| path.rsplit('/').next().unwrap_or_default())
            .map(|name| {
                name.split_once('-').filter(|(sum, _)| sum.len() > 30).map_or(name, |(_, rest)| rest).to_owned()
            })
            .collect();
        names.sort();
        (output.status.code(), names)
    })
}

fn same_requests(world: &World, server: &Server, args: &str) -> Vec<String> {
    let [real, ours] = requests(world, server, args);
    assert_eq!(real, ours, "{args}");
    ours.1
}

#[test]
fn kinds_are_fetched_when_they_are_wanted() {
    let (world, server) = served(&all_kinds());
    for types in [
        "",
        ",",
        "comps",
        "updateinfo",
        "filelists",
        "other",
        "presto",
        "appstream",
        "modules",
        "foreign",
        "all",
        "nosuch",
        "comps,updateinfo",
        ",filelists",
        ",comps,appstream",
        ",foreign",
    ] {
        forget(&world);
        let fetched = same_requests(&world, &server, &format!("makecache --setopt=optional_metadata_types={types}"));
        assert!(fetched.iter().any(|name| name.starts_with("primary")), "{types}: {fetched:?}");
        // Nothing that is there is fetched again; with all kinds dnf5 fails over what it has fetched.
        if types == "all" {
            continue;
        }
        let again = same_requests(&world, &server, &format!("makecache --setopt=optional_metadata_types={types}"));
        assert!(again.is_empty(), "{types}: {again:?}");
    }
    // What a command needs is fetched beside what is there; dnf5 fetches everything once more for it.
    forget(&world);
    for (args, needed) in [
        ("makecache --setopt=optional_metadata_types=,", "primary.xml.zst"),
        ("repoquery foo --setopt=optional_metadata_types=,", ""),
        ("repoquery /opt/foo --setopt=optional_metadata_types=,", "filelists.xml.zst"),
        ("provides /opt/foo --setopt=optional_metadata_types=,", ""),
        ("list --setopt=optional_metadata_types=,", ""),
        ("check-upgrade --setopt=optional_metadata_types=,", ""),
        ("install --assumeno foo --setopt=optional_metadata_types=,", ""),
        ("makecache", "updateinfo.xml.zst"),
        ("repoquery --changelogs foo", "other.xml.zst"),
    ] {
        let [real, ours] = requests(&world, &server, args);
        assert_eq!(real.0, ours.0, "{args}");
        assert!(ours.1.iter().all(|name| real.1.contains(name)), "{args}: {ours:?}, and dnf5 {real:?}");
        assert_eq!(ours.1.is_empty(), needed.is_empty(), "{args}: {ours:?}, and dnf5 {real:?}");
        assert!(needed.is_empty() || ours.1.iter().any(|name| name == needed), "{args}: {ours:?}");
    }
}

#[test]
fn forms_of_files() {
    for form in ["gz", "xz", "bz2", "zstd"] {
        let (world, server) = served(&format!(
            "createrepo_c -q --general-compress-type={form} .\n{COMPS}{UPDATES}\
             modifyrepo_c --compress-type={form} --mdtype=group comps.xml repodata\n\
             modifyrepo_c --compress-type={form} --mdtype=updateinfo updateinfo.xml repodata\n"
        ));
        same_requests(&world, &server, "makecache --setopt=optional_metadata_types=filelists,other");
        reads_everything(&world);
    }
    // No compression at all.
    let plain: String = ["primary", "filelists", "other"]
        .iter()
        .map(|kind| {
            format!("zstd -qdc old/*-{kind}.xml.zst >{kind}.xml; modifyrepo_c --no-compress --mdtype={kind} {kind}.xml repodata\n")
        })
        .collect();
    let (world, server) = served(&format!(
        "mv repodata old; mkdir repodata\n{EMPTY}{plain}{COMPS}{UPDATES}\
         modifyrepo_c --no-compress --mdtype=group comps.xml repodata\n\
         modifyrepo_c --no-compress --mdtype=updateinfo updateinfo.xml repodata\n"
    ));
    same_requests(&world, &server, "makecache");
    reads_everything(&world);
}

fn reads_everything(world: &World) {
    world.both("repoquery --qf '%{name} %{summary}\\n'").exits(0).says("foo");
    world.both("repoquery --files foo").exits(0).says("/opt/foo");
    world.both("advisory info ADV-1").exits(0);
    world.both("install -y foo").exits(0);
}

/// Repositories that offer comps twice, as createrepo_c did for years.
#[test]
fn compressed_comps_beside_plain_ones() {
    for (kinds, options) in [
        ("group group_gz", ""),
        ("group_gz", ""),
        ("group group_xz", ""),
        ("group_xz", ""),
        ("group group_zst", ""),
        ("group_zst", ""),
        ("group group_gz group_xz group_zst", ""),
        ("group group_gz group_zck", "--setopt=zchunk=1"),
        ("group group_gz group_zck", "--setopt=zchunk=0"),
    ] {
        let lines: String = kinds
            .split(' ')
            .map(|kind| {
                let form = match kind.split_once('_').map(|(_, form)| form) {
                    Some("zst") => "--compress-type=zstd",
                    Some("zck") => "--compress-type=zck",
                    Some("xz") => "--compress-type=xz",
                    Some(_) => "--compress-type=gz",
                    None => "--no-compress",
                };
                format!("cp comps.xml {kind}.xml; modifyrepo_c {form} --mdtype={kind} {kind}.xml repodata\n")
            })
            .collect();
        let (world, server) = served(&format!("{COMPS}{lines}"));
        same_requests(&world, &server, &format!("makecache {options}"));
        let [real, ours] =
            [Side::Real, Side::Ours].map(|side| world.run(side, &format!("group list {options}")).stdout);
        assert_eq!(String::from_utf8_lossy(&real), String::from_utf8_lossy(&ours), "{kinds}");
    }
}

/// Both records of a file, with zchunk and without: dnf5 of the oracle cannot read zchunk and takes the other.
#[test]
fn zchunk_beside_the_usual() {
    let (world, server) = served("createrepo_c -q --zck .\n");
    for options in ["", "--setopt=zchunk=1", "--setopt=zchunk=0", "--setopt=optional_metadata_types=filelists,other"] {
        forget(&world);
        same_requests(&world, &server, &format!("makecache {options}"));
        world.both(&format!("repoquery --qf '%{{name}}\\n' {options}")).exits(0).says("foo");
    }
}

/// Only zchunk, with one kind of name and with the other: the program that cannot read it says so, oxidnf reads it.
#[test]
fn zchunk_alone() {
    let renamed = "sed -i 's/type=\"\\(primary\\|filelists\\|other\\)\"/type=\"\\1_zck\"/' repodata/repomd.xml\n";
    for names in ["", renamed] {
        let (world, _server) = served(&format!("createrepo_c -q --general-compress-type=zck .\n{names}"));
        assert!(!world.run(Side::Real, "repoquery foo").status.success(), "dnf5 has learned to read zchunk: compare");
        for (args, says) in [
            ("repoquery --qf '%{name}\\n'", "foo"),
            ("repoquery --files bar", "/opt/bar"),
            ("provides /opt/foo", "foo-1-1.noarch"),
            ("install -y foo", "Complete!"),
        ] {
            let output = world.run(Side::Ours, args);
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(output.status.success() && said.contains(says), "{args}: {said}");
        }
    }
}

#[test]
fn packages_elsewhere() {
    for base in ["{url}/elsewhere/", "{url}/elsewhere", "{url}/elsewhere/deep/.."] {
        let (world, server) = served("mkdir -p ../elsewhere/deep; mv *.rpm ../elsewhere\n");
        let base = base.replace("{url}", &server.url());
        change(
            &world,
            &format!(
                "zstd -qdc repodata/*primary.xml.zst | sed 's|<location href|<location xml:base=\"{base}\" href|' >p.xml\n\
             rm -rf repodata; mkdir repodata; \
             {EMPTY}\
             modifyrepo_c --new-name=primary.xml --mdtype=primary p.xml repodata\n"
            ),
        );
        let fetched = same_requests(&world, &server, "install -y foo");
        assert!(fetched.contains(&"foo-1-1.noarch.rpm".to_owned()), "{fetched:?}");
        world.both("download --url foo").exits(0);
        world.both("repoquery --location foo").exits(0);
    }
}

#[test]
fn how_long_metadata_is_good_for() {
    let (world, server) = served("");
    let age = |seconds: u64| {
        for side in [Side::Real, Side::Ours] {
            let cache = world.root(side).join("var/cache/libdnf5");
            for repo in fs::read_dir(&cache).expect("there is a cache").flatten().filter(|e| e.path().is_dir()) {
                for file in fs::read_dir(repo.path().join("repodata")).into_iter().flatten().flatten() {
                    let time = SystemTime::now() - Duration::from_secs(seconds);
                    set_time(&file.path(), time);
                }
            }
            set_time(
                &world.root(side).join("etc/yum.repos.d/base.repo"),
                SystemTime::now() - Duration::from_secs(4_000_000),
            );
        }
    };
    for (expire, old, fetches) in [
        ("1h", 3500, false),
        ("1h", 3700, true),
        ("never", 3_000_000, false),
        ("-1", 3_000_000, false),
        ("0", 0, true),
        ("1d", 80_000, false),
        ("90", 100, true),
        ("1.5h", 5300, false),
        ("1.5h", 5500, true),
    ] {
        world.both("makecache").exits(0);
        age(old);
        let command = format!("repoquery --qf '%{{name}}\\n' --setopt=base.metadata_expire={expire}");
        let fetched = same_requests(&world, &server, &command);
        assert_eq!(!fetched.is_empty(), fetches, "{expire} after {old}: {fetched:?}");
        age(old);
        for args in ["-C", "--cacheonly --refresh", "--setopt=cacheonly=metadata", "--setopt=cacheonly=none"] {
            same_requests(&world, &server, &format!("{command} {args}"));
            age(old);
        }
    }
    // The file of the repository is newer than the metadata.
    world.both("makecache").exits(0);
    age(1000);
    world.repo_at("base", &format!("{}/base", server.url()), OPEN);
    let fetched = same_requests(&world, &server, "repoquery foo --setopt=check_config_file_age=0");
    assert!(fetched.is_empty(), "{fetched:?}");
    let fetched = same_requests(&world, &server, "repoquery foo");
    assert!(!fetched.is_empty());
}

fn set_time(file: &Path, time: SystemTime) {
    let file = fs::File::options().append(true).open(file).expect("there is such a file");
    file.set_times(fs::FileTimes::new().set_modified(time)).expect("the time can be set");
}

#[test]
fn what_is_not_there() {
    for conf in ["", "skip_if_unavailable=1\n", "skip_if_unavailable=0\n"] {
        let (world, server) = served("");
        world.repo_at("gone", &format!("{}/gone", server.url()), &format!("gpgcheck=0\n{conf}"));
        for args in ["makecache", "install -y foo", "repoquery foo", "list foo", "-C repoquery foo", "repo info --all"]
        {
            world.both(args);
            world.both(&format!("{args} --setopt=skip_if_unavailable=1"));
        }
        world.both("makecache --setopt=gone.skip_if_unavailable=1").exits(0);
    }
}

#[test]
fn cost_and_priority() {
    for (one, two) in [
        ("", ""),
        ("cost=1\n", "cost=2\n"),
        ("cost=2\n", "cost=1\n"),
        ("priority=1\n", ""),
        ("", "priority=1\n"),
        ("priority=1\ncost=9\n", "priority=1\ncost=1\n"),
        ("priority=99\n", "priority=100\n"),
        ("priority=-1\n", ""),
    ] {
        let world = World::new()
            .repo_conf("one", [rpm("foo").evr("1-1"), rpm("bar")], &format!("gpgcheck=0\n{one}"))
            .repo_conf("two", [rpm("foo").evr("2-1"), rpm("bar")], &format!("gpgcheck=0\n{two}"));
        for args in ["install -y foo bar", "repoquery foo bar", "list --available", "download --url bar foo", "upgrade"]
        {
            world.both(args);
        }
    }
}

#[test]
fn media() {
    let (world, server) = served("cat >.treeinfo <<'E'\n[general]\nname=x\nE\nmkdir media; cp -a repodata media/\n");
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\nmediaid=1234567890.1\n");
    same_requests(&world, &server, "makecache");
    world.both("--dump-repo-config=base").exits(0);
    world.both("install -y foo").exits(0);
}
