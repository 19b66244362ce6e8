//! Mistakes in files and on the command line: what is told where, and what goes on.

use oxidnf_testkit::table::{Case, compare, survives};

#[test]
fn bad_values_in_files_are_logged() {
    let main = "[main]\nbest=maybe\nrecent=soon\nmetadata_expire=1y\nminrate=1T\nthrottle=200%\ncolor=blue\n\
                max_parallel_downloads=0\nip_resolve=7\ninstallonly_limit=x\nnosuch=1\nproxy_auth_method=x\n\
                timeout=\nlog_size=1T\n";
    let repos = "[r]\nname=r\nbaseurl=file:///r\nenabled=perhaps\ncost=x\npriority=1.5\nmetadata_expire=1y\nbandwidth=1kb\n\
                 throttle=-1\nip_resolve=7\ntype=deb\nnosuch=1\ntimeout=soon\nmax_parallel_downloads=-1\nsslverify=2\n";
    let case = |args: &str| Case::new(args).conf(main).file("/etc/yum.repos.d/r.repo", repos);
    compare(&[
        case("repo list --all"),
        case("repo info --all").departs("dnf5 takes -1 parallel downloads and then finds that the number is too high"),
        case("--dump-main-config"),
        case("--dump-repo-config=*"),
    ]);
}

#[test]
fn mistakes_of_the_command_line() {
    let conf = "[main]\n[r]\nname=r\nbaseurl=file:///r\nenabled=0\n";
    let cases: Vec<Case> = [
        "--setopt=nosuch=1",
        "--setopt=nosuch=1 --setopt=nosuch2=2",
        "--setopt=best=maybe",
        "--setopt=recent=1 --setopt=best=maybe --setopt=nosuch=1",
        "--setopt=r.cost=x --setopt=r.nosuch=1",
        "--setopt=r.nosuch=1 --setopt=r.nosuch2=2",
        "--setopt=nosuch.cost=1 --setopt=r.nosuch=1",
        "--setopt=*.nosuch=1",
        "--setopt=*.cost=x",
        "--setopt=metadata_expire=1y",
        "--setopt=cacheonly=perhaps",
        "--setopt=max_parallel_downloads=0",
        "--setopt=reposdir=/nowhere",
        "--setopt=enabled=0",
        "--setopt=name=x",
        "--setopt=installroot=relative",
        "--setopt=cachedir=relative",
        "--setopt=logdir=relative",
        "--setopt=system_state_dir=relative",
        "--setopt=destdir=relative",
        "--setopt=debugdir=",
        "--setopt=sslcacert=relative",
        "--setopt=user_agent=",
        "--setopt=rpmverbosity=loud",
        "--setopt=history_list_view=x",
        "--setopt=module_platform_id=nocolon",
        "--repo=",
        "--enablerepo=",
        "--nosuchoption",
        "--setvar",
        "--releasever",
        "--config",
        "--dump-repo-config",
        "--dump-main-config=x",
        "--dump-variables --dump-main-config --dump-repo-config=r",
        "--installroot=relative",
        "--use-host-config=1",
    ]
    .into_iter()
    .flat_map(|args| {
        ["repo list --all", "--dump-main-config"].map(|base| Case::new(&format!("{base} {args}")).conf(conf))
    })
    .collect();
    compare(&cases);
}

/// Texts that dnf5 dies of are mistakes like others here.
#[test]
fn texts_that_bring_dnf5_down() {
    let cases = ["minrate=fast", "bandwidth=k", "log_size=x", "throttle=x", "throttle=x%", "throttle=%"];
    survives(&cases.map(|line| Case::new("repo list").conf(&format!("[main]\n{line}\n"))));
}
