//! What an installroot takes from itself, and what from the host.

use oxidnf_testkit::table::{Case, compare};

/// Gives host and root different configuration, so that each dump tells where it comes from.
fn both_sides(case: Case) -> Case {
    let root = "[main]\nrecent=1\nuser_agent=root\n[in-root-conf]\nbaseurl=file:///rc\n";
    let host = "[main]\nrecent=2\nuser_agent=host\n[in-host-conf]\nbaseurl=file:///hc\n";
    case.conf(root)
        .host_file("/etc/dnf/dnf.conf", host)
        .file("/etc/dnf/libdnf5.conf.d/a.conf", "[main]\ntimeout=1\n")
        .host_file("/etc/dnf/libdnf5.conf.d/b.conf", "[main]\ntimeout=2\nretries=2\n")
        .file("/usr/share/dnf5/libdnf.conf.d/c.conf", "[main]\nminrate=1\n")
        .host_file("/usr/share/dnf5/libdnf.conf.d/d.conf", "[main]\nminrate=2\ndebuglevel=7\n")
        .file("/etc/dnf/vars/where", "root\n")
        .host_file("/etc/dnf/vars/where", "host\n")
        .file("/usr/share/dnf5/vars.d/usr_where", "root\n")
        .host_file("/usr/share/dnf5/vars.d/usr_where", "host\n")
        .file("/usr/share/dnf5/repos.d/r.repo", "[in-root]\nname=$where\nbaseurl=file:///r\n")
        .host_file("/usr/share/dnf5/repos.d/h.repo", "[in-host]\nname=$where\nbaseurl=file:///h\n")
        .file("/etc/dnf/repos.override.d/o.repo", "[*]\ncost=1\n")
        .host_file("/etc/dnf/repos.override.d/o.repo", "[*]\ncost=2\n")
        .file("/etc/dnf/protected.d/p.conf", "root-package\n")
        .host_file("/etc/dnf/protected.d/p.conf", "host-package\n")
        .file("/etc/os-release", "NAME=Root\nVERSION_ID=1\n")
}

#[test]
fn host_and_root() {
    let cases: Vec<Case> = [
        "",
        "--use-host-config",
        "--setopt=use_host_config=1",
        "--setopt=reposdir=/usr/share/dnf5/repos.d",
        "--use-host-config --setopt=reposdir=/usr/share/dnf5/repos.d",
        "--setopt=varsdir=/etc/dnf/vars",
        "--use-host-config --setopt=varsdir=/etc/dnf/vars",
        "--config=/etc/dnf/dnf.conf",
        "--config=root/etc/dnf/dnf.conf --use-host-config",
        "--setopt=cachedir=/tmp/c --setopt=logdir=/tmp/l",
        "--use-host-config --setopt=system_cachedir=/tmp/c",
        "--use-host-config --setopt=protected_packages=glob:/etc/dnf/protected.d/*.conf",
        "--setopt=config_file_path=/etc/dnf/dnf.conf",
        "--setopt=user_agent=cli --use-host-config",
    ]
    .into_iter()
    .map(|args| {
        let dump = both_sides(Case::new("--dump-main-config --dump-variables --dump-repo-config=*"));
        args.split(' ').filter(|arg| !arg.is_empty()).fold(dump, Case::arg)
    })
    .collect();
    compare(&cases);
}

#[test]
fn nothing_in_the_root() {
    let host = |case: Case| {
        case.host_file("/etc/dnf/dnf.conf", "[main]\nrecent=2\n")
            .host_file("/usr/share/dnf5/repos.d/h.repo", "[h]\nname=h\nbaseurl=file:///h\n")
    };
    compare(&[
        host(Case::new("repo list")),
        host(Case::new("repo list --all")),
        host(Case::new("repo list --use-host-config")),
        host(Case::new("--dump-repo-config=*")),
        host(Case::new("--dump-repo-config=h")),
        host(Case::new("--dump-repo-config=h --use-host-config")),
        host(Case::new("repo list -q")),
        host(Case::new("repo list --json")),
        host(Case::new("makecache")),
    ]);
}

#[test]
fn what_os_release_says() {
    let texts = [
        "NAME=Fedora\nVERSION_ID=41\n",
        "NAME=\"Fedora Linux\"\nVERSION_ID=41\nVARIANT_ID=server\n",
        "NAME=\"Fedora Linux\"\nVERSION_ID=\"41.2\"\nVARIANT_ID=\"work station\"\n",
        "NAME=Fedora\nVERSION_ID=41.2\n",
        "NAME='Fedora'\nVERSION_ID=41\n",
        "NAME=Fedora\n",
        "VERSION_ID=41\n",
        "NAME=\nVERSION_ID=\n",
        "NAME=\"\"\nVERSION_ID=\"\"\n",
        "# c\n NAME=Fedora\nVERSION_ID=41\n",
        "NAME=Fedora\nNAME=Other\nVERSION_ID=41\n",
        "NAME=\"a \\\"b\\\" c\"\nVERSION_ID=41\n",
        "NAME=Fedora \nVERSION_ID=41\n",
        "NAME=\"Fedora\" # x\nVERSION_ID=41\n",
        "NAME=\"ünï\"\nVERSION_ID=41\n",
    ];
    let mut cases: Vec<Case> =
        texts.iter().map(|text| Case::new("--dump-main-config").file("/etc/os-release", text)).collect();
    cases.push(Case::new("--dump-main-config").file("/usr/lib/os-release", texts[0]));
    cases.push(Case::new("--dump-main-config").file("/usr/lib/os-release", texts[0]).file("/etc/os-release", texts[1]));
    cases.push(Case::new("--dump-main-config").file("/etc/os-release", texts[0]).conf("[main]\nuser_agent=mine\n"));
    compare(&cases);
}
