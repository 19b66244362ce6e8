//! Reading repository files.

use std::path::{Path, PathBuf};

use oxidnf_core::conf::{Bytes, IpResolve, Seconds, Throttle, VarPriority, Vars};
use oxidnf_repo::cache::directory_name;
use oxidnf_repo::config::{
    ConfigError, ConfigNote, RepoConfig, RepoDefaults, RepoSet, RepoSources, SetOpt, Source, local_path,
};
use rstest::rstest;
use tempfile::TempDir;

struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("below the directory")).expect("writable");
            std::fs::write(path, text).expect("writable");
        }
        Tree(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self) -> Result<RepoSet, ConfigError> {
        self.read_with(&RepoDefaults::default(), &[], &[])
    }

    fn read_with(
        &self,
        defaults: &RepoDefaults,
        from_path: &[(String, String)],
        setopts: &[SetOpt],
    ) -> Result<RepoSet, ConfigError> {
        let mut vars = Vars::new();
        vars.set("basearch", "x86_64", VarPriority::Auto);
        let dirs = [self.path("yum.repos.d"), self.path("distro.repos.d"), self.path("missing")];
        let override_dirs = [self.path("override"), self.path("usr-override")];
        RepoConfig::read_dirs(&RepoSources {
            main: None,
            dirs: &dirs,
            override_dirs: &override_dirs,
            vars: &vars,
            defaults,
            gpgcheck_is_full: false,
            from_path,
            setopts,
        })
    }
}

fn ids(set: &RepoSet) -> Vec<&str> {
    set.repos.iter().map(|repo| &*repo.id).collect()
}

// The same files were given to dnf5 5.4.6; it showed these values.
#[test]
fn precedence() {
    let tree = Tree::new(&[
        (
            "yum.repos.d/a.repo",
            "[ok]\nname=OK\nbaseurl=http://h/$basearch/ http://x/\ngpgcheck=maybe\nfoo=bar\nproxy=_none_\n\
             [dup]\nbaseurl=file:///a\n[two]\nname=first\n[two]\nname=second\ncost=7\n\
             [pr]\nproxy=foo://x\ntype=zz\nexcludepkgs=a,b\n",
        ),
        ("yum.repos.d/b.repo", "[dup]\nbaseurl=file:///b\n"),
        ("yum.repos.d/ignored.conf", "[ignored]\n"),
        ("distro.repos.d/0.repo", "[dup]\nbaseurl=file:///0\n[late-$basearch]\nname=x\n"),
        (
            "override/1.repo",
            "[d*]\npriority=5\ncost=abc\nbaseurl=file:///over\n[zz*]\ncost=4\n[two]\nname=two $basearch\n\
             [pr]\nexcludepkgs=c\n",
        ),
        ("usr-override/1.repo", "[*]\ncost=1\n"),
        ("usr-override/2.repo", "[ok]\npriority=50\n"),
    ]);
    let set = tree.read().expect("good files");
    assert_eq!(ids(&set), ["ok", "dup", "two", "pr", "late-x86_64"]);
    let get = |id: &str| set.get(id).expect("defined");
    assert_eq!(get("ok").baseurl, ["http://h/x86_64/", "http://x/"]);
    assert_eq!((get("ok").options.proxy.as_str(), get("ok").priority), ("", 50));
    assert_eq!((get("dup").baseurl[0].as_str(), get("dup").priority, get("dup").cost), ("file:///over", 5, 1000));
    assert_eq!((get("dup").name.as_str(), get("two").name.as_str(), get("two").cost), ("dup", "two x86_64", 7));
    assert_eq!(get("pr").excludepkgs, ["a", "b", "c"]);
    assert_eq!(get("dup").file, Some(tree.path("yum.repos.d/a.repo")));
    let duplicates: Vec<_> =
        set.notes.iter().filter(|note| matches!(note, ConfigNote::Duplicate { .. })).map(ConfigNote::path).collect();
    assert_eq!(duplicates, [tree.path("yum.repos.d/b.repo"), tree.path("distro.repos.d/0.repo")]);
    let told = |wanted: &str| {
        set.notes.iter().any(|note| match note {
            ConfigNote::BadValue { key, .. } | ConfigNote::UnknownOption { key, .. } => key == wanted,
            _ => false,
        })
    };
    assert!(told("gpgcheck") && told("foo") && told("cost"));
    assert!(set.notes.contains(&ConfigNote::NoName { id: "dup".to_owned(), path: tree.path("yum.repos.d/a.repo") }));
}

#[rstest]
#[case("[bad id!]\n", "unexpected character ' '")]
#[case("[$nothing]\n", "unexpected character '$'")]
#[case("[x\n", "error in repository file")]
fn fatal_files(#[case] text: &str, #[case] want: &str) {
    let error = Tree::new(&[("yum.repos.d/a.repo", text)]).read().expect_err("cannot be used");
    assert!(error.to_string().contains(want), "{error}");
}

#[test]
fn values_are_inherited_and_typed() {
    let tree = Tree::new(&[(
        "yum.repos.d/a.repo",
        "[a]\nname=a\nmetadata_expire=1d\nminrate=2k\nthrottle=50%\nbandwidth=1M\nip_resolve=4\ngpgcheck=1\n\
         sslverify=off\nusername=u\npassword=p\nmax_parallel_downloads=0\ngpgkey=file:///k1\n  http://k2\n\
         module_hotfixes=1\nenabled=0\nincludepkgs=x\nmetalink=http://m\n[b]\nname=b\n",
    )]);
    let defaults = RepoDefaults { timeout: Seconds::Of(7), user_agent: "ua".to_owned(), ..RepoDefaults::default() };
    let set = tree.read_with(&defaults, &[], &[]).expect("good file");
    let (a, b) = (&set.repos[0], &set.repos[1]);
    assert_eq!(a.options.metadata_expire, Seconds::Of(86_400));
    assert_eq!((a.options.minrate, a.options.throttle), (Bytes(2048), Throttle::Part(0.5)));
    assert_eq!(a.options.max_speed(), Some(524_288));
    assert_eq!(a.options.ip_resolve, IpResolve::V4);
    assert!(a.options.pkg_gpgcheck && !a.options.sslverify && a.module_hotfixes && !a.enabled);
    assert_eq!(a.options.max_parallel_downloads, 3, "0 is no number of downloads");
    assert_eq!(a.gpgkey, ["file:///k1", "http://k2"]);
    assert_eq!(a.source(), Source::Metalink("http://m"));
    assert_eq!((b.options.timeout, b.options.user_agent.as_str(), b.priority), (Seconds::Of(7), "ua", 99));
    assert!(!format!("{a:?}").contains("\"p\""), "passwords are not shown");
    let dump = a.dump();
    assert!(dump.is_sorted_by_key(|(name, _)| *name));
    assert!(dump.contains(&("gpgcheck", Some("1".to_owned()))) && dump.contains(&("mirrorlist", None)));
}

#[test]
fn the_command_line_comes_last() {
    let tree = Tree::new(&[("yum.repos.d/a.repo", "[a]\nname=a\nexcludepkgs=x\n[b]\nname=b\n")]);
    let setopt = |pattern: &str, key: &str, value: &str| SetOpt {
        pattern: pattern.to_owned(),
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let from_path = [("new".to_owned(), "/srv/$basearch".to_owned())];
    let options = [setopt("*", "priority", "3"), setopt("a", "excludepkgs", "y"), setopt("b", "cost", "5")];
    let set = tree.read_with(&RepoDefaults::default(), &from_path, &options).expect("good files");
    assert_eq!(ids(&set), ["a", "b", "new"]);
    assert_eq!(set.repos[2].baseurl, ["/srv/x86_64"]);
    assert!(set.repos.iter().all(|repo| repo.priority == 3));
    assert_eq!((set.repos[0].excludepkgs.len(), set.repos[1].cost), (2, 5));
    let options = [setopt("*", "nonsense", "1"), setopt("a", "cost", "x"), setopt("z", "cost", "1")];
    let set = tree.read_with(&RepoDefaults::default(), &[], &options).expect("good files");
    let refused: Vec<_> = set.refused.iter().map(|refused| (&*refused.setopt.key, refused.error.is_some())).collect();
    assert_eq!(refused, [("nonsense", false), ("nonsense", false), ("cost", true)]);
    assert_eq!(set.unmatched, ["z"]);
    let bad = tree.read_with(&RepoDefaults::default(), &[("a".to_owned(), "/x".to_owned())], &[]);
    assert!(matches!(bad, Err(ConfigError::AlreadyDefined { .. })));
}

// The digests are those of the directories that dnf5 made for the same locations.
#[rstest]
#[case("pr", &["file:///nonexist"], "pr-5ef30e1c45d1f0bc")]
#[case("a", &["http://127.0.0.1:8811/"], "a-44f4b08089c1a769")]
#[case("f", &["file:///srv/fetch/repo/", "http://other/"], "f-5898ab1a85a3f917")]
#[case("s", &["file:///srv/fetch/srepo"], "s-abcb47dfd162d25a")]
fn cache_directories(#[case] id: &str, #[case] baseurl: &[&str], #[case] want: &str) {
    let mut repo = RepoConfig::new(id, &RepoDefaults::default());
    repo.baseurl = baseurl.iter().map(|url| (*url).to_owned()).collect();
    assert_eq!(directory_name(&repo), want);
}

#[rstest]
#[case("file:///srv/a%20b", Some("/srv/a b"))]
#[case("FILE:/srv/x", Some("/srv/x"))]
#[case("file://localhost/srv/x", Some("/srv/x"))]
#[case("/srv/x", Some("/srv/x"))]
#[case("http://h/srv/x", None)]
#[case("file://", None)]
#[case("", None)]
fn local_paths(#[case] url: &str, #[case] want: Option<&str>) {
    assert_eq!(local_path(url).as_deref(), want.map(Path::new));
}
