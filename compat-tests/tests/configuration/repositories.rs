//! What each option of a repository accepts, and what repositories inherit.

use oxidnf_testkit::table::{Case, compare};

const NUMBERS: &[&str] =
    &["0", "1", "-5", "2147483647", "2147483648", "-2147483649", "x", "", "1.5", "+7", "007", "7x"];
const BOOLEANS: &[&str] = &["1", "0", "yes", "NO", "", "maybe", "2"];
const LISTS: &[&str] = &["a", "a,b", "a b", "", ",z", "a\\,b", "a\n b"];
const TEXTS: &[&str] = &["word", "two words", "", "\"quoted\"", "$arch", "${nothing:-else}", "_none_"];

/// Options and the texts that each of them is given, every pair in a repository of its own.
const OPTIONS: &[(&[&str], &[&str])] = &[
    (&["cost", "priority"], NUMBERS),
    (&["retries", "deltarpm_percentage"], NUMBERS),
    (&["max_downloads_per_mirror", "max_parallel_downloads"], &["0", "1", "-1", "30", "", "x"]),
    (
        &[
            "enabled",
            "module_hotfixes",
            "gpgcheck",
            "pkg_gpgcheck",
            "repo_gpgcheck",
            "skip_if_unavailable",
            "sslverify",
            "proxy_sslverify",
            "countme",
            "fastestmirror",
            "build_cache",
            "deltarpm",
            "enablegroups",
        ],
        BOOLEANS,
    ),
    (&["baseurl", "gpgkey", "excludepkgs", "exclude", "includepkgs"], LISTS),
    (
        &[
            "name",
            "metalink",
            "mirrorlist",
            "mediaid",
            "enabled_metadata",
            "username",
            "password",
            "proxy_username",
            "proxy_password",
            "sslcacert",
            "sslclientcert",
            "sslclientkey",
            "proxy_sslcacert",
            "proxy_sslclientcert",
            "proxy_sslclientkey",
            "user_agent",
        ],
        TEXTS,
    ),
    (&["proxy"], &["http://h:1", "socks5h://h", "_none_", "_NONE_", "", "h:1", "ftp://h", "$arch"]),
    (&["type"], &["rpm-md", "rpm", "repomd", "rpmmd", "yum", "YUM", "", "Rpm", "deb", "rpm-MD"]),
    (&["metadata_expire", "timeout"], &["never", "-1", "0", "90m", "1.5h", "1y", "", "x", "-2", "1d"]),
    (&["bandwidth", "minrate"], &["0", "1k", "1.5M", "1T", "", "-1"]),
    (&["throttle"], &["0", "50%", "101%", "1k", "", "0.5", "-1"]),
    (&["ip_resolve"], &["ipv4", "4", "6", "whatever", "IPv6", "", "x"]),
    (&["proxy_auth_method"], &["any", "none", "digest", "Basic", "", "x"]),
    // Options that only `[main]` has, and such that nobody has.
    (&["best", "keepcache", "failovermethod", "nosuch", "bandwith", "optional_metadata_types"], &["1", "roundrobin"]),
];

#[test]
fn every_option() {
    let mut file = String::new();
    let mut count = 0;
    for (options, texts) in OPTIONS {
        for option in *options {
            for text in *texts {
                count += 1;
                file.push_str(&format!("[r{count:03}]\nbaseurl=file:///b\n{option}={text}\n"));
            }
        }
    }
    assert!(count > 300, "the table has {count} repositories");
    compare(&[Case::new("--dump-repo-config=*").file("/etc/yum.repos.d/all.repo", &file)]);
}

#[test]
fn inherited_from_main() {
    let main = "[main]\ntimeout=7\nretries=2\nproxy=http://h:1\nproxy_username=u\nproxy_password=p\nuser_agent=me\n\
                gpgcheck=1\nskip_if_unavailable=1\nexcludepkgs=m\nincludepkgs=n\nminrate=5k\nthrottle=50%\nbandwidth=1M\n\
                metadata_expire=never\nip_resolve=6\ncountme=1\nfastestmirror=1\nmax_parallel_downloads=9\nsslverify=0\n\
                sslcacert=/c\nusername=mu\npassword=mp\nenabled=0\nbuild_cache=0\nkeepcache=1\n";
    let repos = "[plain]\nname=plain\nbaseurl=file:///p\n[own]\nname=own\nbaseurl=file:///o\ntimeout=8\nretries=3\n\
                 proxy=_none_\nproxy_username=\ngpgcheck=0\nexcludepkgs=o\nuser_agent=\nmetadata_expire=1d\nsslcacert=\n";
    let case = |args: &str| Case::new(args).conf(main).file("/etc/yum.repos.d/a.repo", repos);
    compare(&[
        case("--dump-repo-config=*"),
        case("--dump-repo-config=plain --setopt=timeout=9 --setopt=retries=1 --setopt=user_agent=cli"),
        case("--dump-repo-config=own --setopt=timeout=9 --setopt=retries=1 --setopt=user_agent=cli"),
        case("--dump-repo-config=* --setopt=own.timeout=10 --setopt=*.retries=5"),
        case("--dump-repo-config=* --no-gpgchecks"),
        case("--dump-repo-config=* --setopt=gpgcheck=0"),
        case("--dump-repo-config=* --setopt=*.gpgcheck=1 --setopt=own.repo_gpgcheck=1"),
        case("--dump-repo-config=* --exclude=x,y"),
        case("--dump-repo-config=* --setopt=excludepkgs=x --setopt=own.excludepkgs=z"),
        case("--dump-repo-config=own --setopt=own.excludepkgs="),
        case("--dump-repo-config=own --setopt=own.excludepkgs=,z"),
        case("--dump-repo-config=own --setopt=*.excludepkgs=z --setopt=own.excludepkgs=y"),
        case("--dump-repo-config=p*,nosuch"),
        case("--dump-repo-config=nosuch"),
        case("--dump-repo-config="),
        case("--dump-repo-config=plain --dump-main-config --dump-variables"),
        case("repo list --all"),
        case("repo info --all --disablerepo=*"),
    ]);
}

#[test]
fn gpgcheck_policies() {
    let mut cases = Vec::new();
    for policy in ["legacy", "full", "all"] {
        for main in ["", "gpgcheck=1\n", "pkg_gpgcheck=1\n", "gpgcheck=0\n", "gpgcheck=1\nrepo_gpgcheck=0\n"] {
            let conf = format!("[main]\ngpgcheck_policy={policy}\n{main}");
            let repos = "[a]\nbaseurl=file:///a\n[b]\nbaseurl=file:///b\ngpgcheck=1\n[c]\nbaseurl=file:///c\ngpgcheck=0\n\
                         [d]\nbaseurl=file:///d\npkg_gpgcheck=1\n[e]\nbaseurl=file:///e\ngpgcheck=1\nrepo_gpgcheck=0\n";
            cases.push(
                Case::new("--dump-main-config --dump-repo-config=*").conf(&conf).file("/etc/yum.repos.d/a.repo", repos),
            );
        }
        let conf = format!("[main]\ngpgcheck_policy={policy}\n");
        cases.push(Case::new("--dump-main-config --setopt=gpgcheck=1").conf(&conf));
        cases.push(Case::new("--dump-main-config --setopt=pkg_gpgcheck=1").conf(&conf));
        cases.push(
            Case::new("--dump-main-config --setopt=gpgcheck=1").arg(&format!("--setopt=gpgcheck_policy={policy}")),
        );
    }
    compare(&cases);
}

#[test]
fn ids_and_names() {
    let ids = ["a b", "a/b", "a@b", "a+b", "a-b_c.d:E9", "@System", "a,b", "a[1]", "$arch", "${nope}", "x*", "a'b"];
    let mut cases: Vec<Case> = ids
        .iter()
        .map(|id| {
            let file = format!("[good]\nname=good\nbaseurl=file:///g\n[{id}]\nname=it\nbaseurl=file:///x\n");
            Case::new("repo list --all").file("/etc/yum.repos.d/a.repo", &file)
        })
        .collect();
    let letter = Case::new("repo list --all").file("/etc/yum.repos.d/a.repo", "[ä]\nname=it\nbaseurl=file:///x\n");
    cases.push(letter.departs("dnf5 shows the first byte of the letter, which no terminal can show"));
    for args in [
        "--repofrompath=new,/x repo list",
        "--repofrompath=new,http://localhost/x --dump-repo-config=new",
        "--repofrompath=new,/$arch/x --dump-repo-config=new",
        "--repofrompath=$arch,/x --dump-repo-config=*",
        "--repofrompath=new,relative/x --dump-repo-config=new",
        "--repofrompath=good,/x repo list",
        "--repofrompath=good,file:///g repo list",
        "--repofrompath=b@d,/x repo list",
        "--repofrompath=new repo list",
        "--repofrompath=,x repo list",
        "--repofrompath=new, repo list",
        "--repofrompath=n1,/x --repofrompath=n2,/y repo list",
        "--repofrompath=n1,/x --repofrompath=n1,/y repo list",
        "--repofrompath=n1,/x --repo=n1 repo list",
        "--repofrompath=n1,/x --setopt=n1.cost=5 --dump-repo-config=n1",
        "--repofrompath=n1,/a,/b --dump-repo-config=n1",
        "--repofrompath=n1,/x --disablerepo=* repo list",
        "--repofrompath=n1,/x --disablerepo=n1 repo list",
        "--repofrompath=n1,/x --setopt=n1.enabled=0 --repo=good repo list",
        "--repofrompath=n1,/x --disablerepo=good makecache",
    ] {
        let file = "[good]\nname=good\nbaseurl=file:///g\n";
        cases.push(Case::new(args).file("/etc/yum.repos.d/a.repo", file));
    }
    compare(&cases);
}
