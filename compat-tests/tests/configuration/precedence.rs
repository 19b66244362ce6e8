//! Who wins: drop-ins of the distribution and of `/etc`, the main file, overrides, the command line.

use oxidnf_testkit::table::{Case, compare};

const USR: &str = "/usr/share/dnf5/libdnf.conf.d/";
const ETC: &str = "/etc/dnf/libdnf5.conf.d/";

fn main_dump() -> Case {
    Case::new("--dump-main-config")
}

#[test]
fn drop_ins_and_the_main_file() {
    let usr = |case: Case, name: &str, lines: &str| case.file(&format!("{USR}{name}"), &format!("[main]\n{lines}\n"));
    let etc = |case: Case, name: &str, lines: &str| case.file(&format!("{ETC}{name}"), &format!("[main]\n{lines}\n"));
    compare(&[
        usr(main_dump(), "10.conf", "recent=1"),
        etc(main_dump(), "10.conf", "recent=2"),
        usr(etc(main_dump(), "10.conf", "recent=2"), "10.conf", "recent=1\ntimeout=1"),
        usr(etc(main_dump(), "10.conf", "recent=2"), "20.conf", "recent=1"),
        usr(etc(main_dump(), "20.conf", "recent=2"), "10.conf", "recent=1\ntimeout=1"),
        usr(main_dump(), "10.conf", "recent=1").conf("[main]\nrecent=3\n"),
        etc(main_dump(), "99.conf", "recent=2").conf("[main]\nrecent=3\n"),
        etc(main_dump(), "99.conf", "recent=2").conf("[main]\nrecent=3\n").arg("--setopt=recent=4"),
        etc(etc(main_dump(), "2.conf", "recent=2"), "10.conf", "recent=10"),
        etc(etc(main_dump(), "B.conf", "recent=2"), "a.conf", "recent=10"),
        etc(main_dump(), "10.txt", "recent=2"),
        etc(main_dump(), ".hidden.conf", "recent=2"),
        etc(main_dump(), "10.conf.bak", "recent=2"),
        etc(main_dump(), ".conf", "recent=2"),
        etc(main_dump(), "sub.conf/x.conf", "recent=2"),
        etc(main_dump(), "10.conf", "recent=x").conf("[main]\nbest=x\n"),
        etc(main_dump(), "10.conf", "nosuch=x").conf("[main]\nalso_nosuch=x\n"),
        etc(main_dump(), "10.conf", "recent=5\nstrict=0").conf("[main]\nskip_broken=0\n"),
        usr(main_dump(), "10.conf", "[repo]\nname=x\nbaseurl=file:///x").arg("--dump-repo-config=*"),
        main_dump().conf("[main]\n[repo]\nname=x\nbaseurl=file:///x\n").arg("--dump-repo-config=*"),
        main_dump()
            .file("/srv/my.conf", "[main]\nrecent=9\n")
            .conf("[main]\nrecent=3\n")
            .arg("--config=root/srv/my.conf"),
        etc(main_dump(), "10.conf", "recent=2").file("/m.conf", "[main]\nbest=0\n").arg("--config=root/m.conf"),
        main_dump()
            .file("/m.conf", "[main]\n[r]\nbaseurl=file:///r\n")
            .arg("-c=root/m.conf")
            .arg("--dump-repo-config=*"),
        main_dump().arg("--config=/nowhere/at/all.conf"),
        main_dump().arg("--config=/srv"),
        main_dump().arg("--config="),
        main_dump().conf("[main]\nconfig_file_path=/x\nrecent=8\n"),
        main_dump().arg("--setopt=config_file_path=/x"),
    ]);
}

#[test]
fn lists_add_up() {
    const LISTS: [&str; 4] = ["excludepkgs", "tsflags", "optional_metadata_types", "protected_packages"];
    let mut cases = Vec::new();
    for (drop_in, main, arg) in [
        ("alpha", "beta", None),
        ("alpha", "", None),
        ("alpha", ",beta", None),
        ("", "beta", None),
        ("alpha", "beta", Some("gamma")),
        ("alpha", "beta", Some("")),
        ("alpha", "beta", Some(",gamma")),
        ("alpha", "beta", Some(",")),
        ("alpha", "beta", Some("gamma,,delta")),
        ("alpha alpha", "alpha", Some("alpha")),
    ] {
        let lines = |text: &str| {
            let lines: String = LISTS.iter().map(|list| format!("{list}={text}\n")).collect();
            format!("[main]\n{lines}")
        };
        let mut case = main_dump().file(&format!("{ETC}a.conf"), &lines(drop_in)).conf(&lines(main));
        for (list, text) in LISTS.iter().zip(std::iter::repeat(arg)) {
            if let Some(text) = text {
                case = case.arg(&format!("--setopt={list}={text}"));
            }
        }
        cases.push(case);
    }
    let conf = "[main]\nexcludepkgs=a\n";
    for args in [
        "--exclude=x",
        "-x x,y -x z",
        "--exclude= --exclude=q",
        "--setopt=exclude=x --exclude=y --setopt=excludepkgs=,z",
        "--no-docs",
        "--no-docs --setopt=tsflags=test",
        "--setopt=tsflags=test --setopt=tsflags=",
        "--setopt=installonlypkgs=,k",
        "--setopt=reposdir=/a,/b --setopt=varsdir=/c",
        "--setopt=group_package_types=optional",
        "--setopt=protected_packages=,vim --setopt=protected_packages=glob:/etc/p.d/*.conf",
        "--setopt=protected_packages=",
    ] {
        let case = main_dump().conf(conf).file("/etc/p.d/x.conf", "emacs\n# none\n\n nano \n");
        cases.push(args.split(' ').fold(case, Case::arg));
    }
    cases.push(
        main_dump()
            .conf("[main]\nprotected_packages=mine\n")
            // One file: dnf5 reads several in the order in which the file system has them.
            .file("/etc/dnf/protected.d/a.conf", "aa ab\n#no\n  bb\n\na\\ b\n"),
    );
    compare(&cases);
}

#[test]
fn the_command_line() {
    let conf = "[main]\nbest=0\nrecent=3\nsystem_cachedir=/c1\ncachedir=/c2\nlogdir=/l\nsystem_state_dir=/s\n";
    let mut cases: Vec<Case> = [
        "--setopt=recent=4 --setopt=recent=5",
        "--setopt=main.recent=4",
        "--best",
        "--no-best",
        "--best --no-best",
        "--nobest --setopt=best=1",
        "--setopt=best=1 --nobest",
        "-y",
        "--assumeno",
        "-y --setopt=assumeyes=0",
        "-C",
        "--cacheonly --setopt=cacheonly=metadata",
        "--setopt=cacheonly=metadata -C",
        "--color=always",
        "--color=sometimes",
        "--no-gpgchecks",
        "--no-gpgchecks --setopt=gpgcheck=1",
        "--allow-vendor-change",
        "--no-allow-vendor-change",
        "--forcearch=i686",
        "--forcearch=nonsense",
        "--forcearch=aarch64 --dump-variables",
        "--setopt=cachedir=/x",
        "--setopt=system_cachedir=/x",
        "--setopt=cachedir=/x --setopt=system_cachedir=/y",
        "--setopt=logdir=/tmp/l",
        "--setopt=cachedir=file:///x --setopt=system_cachedir=file:///y --setopt=transaction_history_dir=file:///z",
        "--setopt=system_state_dir=file:///x --setopt=config_file_path=file:///etc/dnf/dnf.conf",
        "--setopt=reposdir=file:///x --setopt=varsdir=file:///y --setopt=sslcacert=file:///z",
        "--setopt=system_state_dir=/x",
        "--setopt=transaction_history_dir=/x",
        "--setopt=transaction_history_dir=/x --setopt=system_state_dir=/y",
        "--setopt=persistdir=/x",
        "--setopt=strict=0",
        "--setopt=strict=0 --setopt=skip_broken=0",
        "--setopt=skip_broken=1 --setopt=strict=1",
        "--setopt=reposdir=",
        "--setopt=varsdir=",
        "--setopt=installroot=/other",
        "--setopt=use_host_config=1",
        "--setopt=plugins=0",
        "--no-plugins",
        "--setopt=destdir=/d",
        "--comment=text",
        "--refresh",
        "-q",
        "-x=foo -xbar",
        "-x,foo",
        "--setopt=proxy_auth_method=ntlm,basic,digest_ie,digest",
        "--setopt=proxy_auth_method=none,,basic",
        "--setopt=proxy_auth_method=,basic",
        "--setopt=proxy_auth_method=basic,x",
        "--setopt=downloadonly=1",
        "--skip-file-locks",
    ]
    .into_iter()
    .map(|args| args.split(' ').fold(main_dump().conf(conf), Case::arg))
    .collect();
    cases.push(main_dump().arg("--debugsolver").departs("what it writes is libsolv's; here the option is unknown"));
    for setting in [
        "strict=0",
        "strict=0\nskip_broken=0",
        "skip_broken=1\nstrict=1",
        "system_state_dir=/s",
        "transaction_history_dir=/t\nsystem_state_dir=/s",
        "system_state_dir=/s\ntransaction_history_dir=/t",
        "cachedir=/c",
        "system_cachedir=/c",
        "logdir=/l",
        "installroot=/other",
        "use_host_config=1",
        "reposdir=/r",
        "varsdir=/v",
        "reposdir=",
        "downloadonly=1",
        "logdir=relative",
        "cachedir=",
    ] {
        cases.push(main_dump().conf(&format!("[main]\n{setting}\n")));
    }
    compare(&cases);
}

#[test]
fn repositories_overrides_and_globs() {
    let repos = "[alpha]\nname=A\nbaseurl=file:///a\ncost=1\n[beta]\nname=B\nbaseurl=file:///b\nenabled=0\n\
                 [alpha-src]\nname=S\nbaseurl=file:///s\n";
    let etc = "/etc/dnf/repos.override.d/";
    let usr = "/usr/share/dnf5/repos.override.d/";
    let case = || Case::new("--dump-repo-config=*").file("/etc/yum.repos.d/a.repo", repos);
    let mut cases = vec![
        case().file(&format!("{etc}1.repo"), "[alpha]\ncost=2\n"),
        case().file(&format!("{etc}1.repo"), "[alpha*]\ncost=2\npriority=3\n[*]\ntimeout=4\n"),
        case().file(&format!("{usr}1.repo"), "[*]\ncost=2\n"),
        case().file(&format!("{usr}1.repo"), "[*]\ncost=2\n").file(&format!("{etc}1.repo"), "[*]\npriority=3\n"),
        case().file(&format!("{usr}2.repo"), "[*]\ncost=2\n").file(&format!("{etc}1.repo"), "[*]\ncost=3\n"),
        case().file(&format!("{usr}1.repo"), "[*]\ncost=2\n").file(&format!("{etc}2.repo"), "[*]\ncost=3\n"),
        case().file(&format!("{etc}1.repo"), "[nosuch]\ncost=2\n[*-src]\nenabled=0\n"),
        case().file(&format!("{etc}1.repo"), "[alpha]\ncost=x\nnosuch=1\nenabled=perhaps\n"),
        case().file(&format!("{etc}1.repo"), "[a?pha]\nname=N $arch\nexcludepkgs=q\n[alpha]\nexcludepkgs=r\n"),
        case().file(&format!("{etc}1.repo"), "[[ab]*]\ncost=7\n"),
        case().file(&format!("{etc}1.conf"), "[*]\ncost=7\n"),
        case().file(&format!("{etc}1.repo"), "[main]\nrecent=8\n").arg("--dump-main-config"),
        case().file(&format!("{etc}1.repo"), "[beta]\nenabled=1\n").arg("--setopt=beta.enabled=0"),
        case().file("/etc/distro.repos.d/a.repo", "[alpha]\nname=again\nbaseurl=file:///x\n"),
        case().file("/usr/share/dnf5/repos.d/z.repo", "[gamma]\nname=G\nbaseurl=file:///g\n"),
        case().file("/etc/yum.repos.d/0.repo", "[alpha]\nname=first\nbaseurl=file:///0\n"),
        case().conf("[main]\n[alpha]\nname=in main\nbaseurl=file:///m\n"),
        case().conf("[main]\nreposdir=/etc/distro.repos.d\n"),
        case().conf("[main]\nreposdir=/etc/other\n").file("/etc/other/o.repo", "[o]\nbaseurl=file:///o\n"),
        case().file("/srv/r/o.repo", "[o]\nbaseurl=file:///o\n").arg("--setopt=reposdir=root/srv/r"),
        case().file("/etc/yum.repos.d/x.conf", "[x]\nbaseurl=file:///x\n"),
        case().file("/etc/yum.repos.d/.h.repo", "[h]\nbaseurl=file:///h\n"),
        case().file("/etc/yum.repos.d/x.repo", "[main]\nrecent=9\n[x]\nbaseurl=file:///x\n").arg("--dump-main-config"),
    ];
    for args in [
        "--setopt=alpha.cost=5",
        "--setopt=alpha*.cost=5",
        "--setopt=*.cost=5 --setopt=alpha.cost=6",
        "--setopt=alpha.cost=6 --setopt=*.cost=5",
        "--setopt=nosuch.cost=5",
        "--setopt=nosuch*.cost=5",
        "--setopt=*a.cost=5",
        "--setopt=[ab]*.cost=5",
        "--setopt=alpha.nosuch=5",
        "--setopt=alpha.cost=x",
        "--setopt=alpha.enabled=perhaps",
        "--setopt=alpha.best=0",
        "--setopt=alpha.baseurl=file:///1,file:///2",
        "--setopt=alpha.baseurl=",
        "--setopt=alpha.name=new$arch",
        "--setopt=.cost=5",
        "--setopt=alpha.=5",
        "--setopt=cost=5",
        "--setopt=alpha.cost",
        "--setopt==",
        "--setopt=recent",
        "--setopt=a.b.cost=5",
        "--setopt=timeout=5 --setopt=alpha.timeout=6",
        "--setopt=alpha.enabled=0 --enable-repo=alpha",
        "--enablerepo=beta",
        "--enablerepo=b*,alpha",
        "--enablerepo=nosuch",
        "--enablerepo=nosuch*",
        "--disablerepo=*",
        "--disablerepo=* --enablerepo=beta",
        "--enablerepo=beta --disablerepo=*",
        "--disablerepo=nosuch",
        "--repo=beta",
        "--repo=beta --repo=alpha",
        "--repoid=alpha,beta",
        "--repo=nosuch",
        "--repo=beta --disablerepo=beta",
        "--repo=beta --enablerepo=alpha-src",
        "--setopt=a.cost=1 --setopt=b.cost=2",
        "--enablerepo=x,alpha,y --disablerepo=z --setopt=q.cost=1 --setopt=q.cost=1",
        "--setopt=alpha.enabled=0 --repo=beta",
        "--repo=beta --setopt=alpha.enabled=1",
        "--setopt=*.nosuch=1",
        "--setopt=zzz.nosuch=1 --setopt=alpha.cost=x --setopt=*.cost=y",
        "--setopt==x",
        "--setopt=..cost=1",
    ] {
        cases.push(args.split(' ').fold(case(), Case::arg));
    }
    compare(&cases);
}
