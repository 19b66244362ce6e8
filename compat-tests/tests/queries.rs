//! Commands that only look: `list`, `info`, `search`, `provides`, `repoquery`, `repo`.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

fn library() -> World {
    World::new().repo(
        "base",
        [
            rpm("vim")
                .evr("2:9.1-3")
                .summary("The editor")
                .requires("vim-data = 2:9.1-3")
                .provides("editor = 9")
                .file_as("%attr(755,root,root)", "/usr/bin/vim", "v")
                .tag("URL: https://vim.example.org"),
            rpm("vim").evr("2:9.0-1").summary("The editor").requires("vim-data = 2:9.0-1"),
            rpm("vim-data").evr("2:9.1-3").summary("Data of the editor").file("/etc/vimrc", "rc"),
            rpm("nano").summary("A small EDITOR").conflicts("pico").recommends("hunspell").provides("editor = 5"),
            rpm("emacs").summary("Something else").requires("editor >= 6").obsoletes("xemacs < 3").arch("x86_64"),
        ],
    )
}

#[test]
fn list() {
    let world = library();
    world.both("list").exits(0);
    world.both("list 'v*'").exits(0);
    world.both("list VIM").exits(0);
    world.both("list nothere").exits(1);
    world.both("install -y vim").exits(0);
    for args in [
        "list",
        "list --installed",
        "list --available",
        "list --available --showduplicates",
        "list --upgrades",
        "list --extras",
        "list vim --json",
        "list --installed nothere",
    ] {
        world.both(args);
    }
}

#[test]
fn info() {
    let world = library();
    world.both("info vim").exits(0);
    world.both("info nothere").exits(1);
    world.both("info nano emacs").exits(0);
}

#[test]
fn info_of_an_installed_package() {
    let world = library();
    world.both("install -y nano").exits(0);
    world.both("info --available nano").exits(0);
}

#[test]
fn search() {
    let world = library();
    for args in [
        "search editor",
        "search EDITOR small",
        "search --all editor",
        "search 'v?m'",
        "search nothere",
        "search vim --showduplicates",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn provides() {
    let world = library();
    for args in [
        "provides editor",
        "provides /usr/bin/vim",
        "provides 'edit*'",
        "provides vim",
        "provides '*/vimrc'",
        "provides /etc/vimrc",
    ] {
        world.both(args).exits(0);
    }
    world.both("provides nothere").exits(1);
}

#[test]
fn repoquery_formats() {
    let world = library();
    for args in [
        "repoquery",
        "repoquery vim",
        "repoquery --qf '%{name} %{epoch} %{version} %{release} %{arch} %{evr} %{repoid} %{sourcerpm}\\n'",
        "repoquery --qf '%{name}' vim",
        "repoquery --qf '%-10{name}|%10{arch}|%{nonsense}\\n' vim",
        "repoquery --qf '%{name} %{summary} %{url} %{license} %{installsize} %{downloadsize} %{location}\\n'",
        "repoquery --querytags",
        "repoquery --info vim-data",
        "repoquery --location vim",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn repoquery_relations() {
    let world = library();
    for args in [
        "repoquery --requires vim",
        "repoquery --provides vim",
        "repoquery --conflicts nano",
        "repoquery --obsoletes emacs",
        "repoquery --recommends nano",
        "repoquery --whatrequires editor",
        "repoquery --whatrequires vim-data",
        "repoquery --whatprovides editor",
        "repoquery --whatprovides 'editor > 6'",
        "repoquery --whatprovides /usr/bin/vim",
        "repoquery --whatconflicts pico",
        "repoquery --whatrecommends hunspell",
        "repoquery --whatobsoletes xemacs",
        "repoquery --providers-of=requires emacs",
        "repoquery --whatrequires vim-data --recursive",
        "repoquery --files vim",
        "repoquery --file /usr/bin/vim",
        "repoquery --arch x86_64",
        "repoquery --latest-limit=1 vim",
        "repoquery --latest-limit=-1 vim",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn repoquery_installed() {
    let world = library();
    world.both("install -y emacs").exits(0);
    for args in [
        "repoquery --installed",
        "repoquery --userinstalled",
        "repoquery --unneeded",
        "repoquery --leaves",
        "repoquery --extras",
        "repoquery --upgrades",
        "repoquery --duplicates",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn nevra_forms_in_queries() {
    let world = library();
    for spec in [
        "vim-9.1",
        "vim-2:9.1",
        "vim-9.1-3",
        "vim-2:9.1-3.noarch",
        "vim.noarch",
        "'*-data'",
        "'vim*9.0*'",
        "vim-9.1-3.x86_64",
        "editor",
    ] {
        world.both(&format!("repoquery {spec}")).exits(0);
    }
}

#[test]
fn repositories() {
    let world = library().repo_conf("off", [rpm("x")], "enabled=0\n");
    for args in
        ["repo list", "repo list --all", "repo list --disabled", "repolist", "repo list --json", "repo info base"]
    {
        world.both(args).exits(0);
    }
}

#[test]
fn makecache_and_clean() {
    let world = library();
    world.both("makecache").exits(0).says("Metadata cache created.");
    world.both("makecache").exits(0);
    world.both("-C list vim").exits(0);
    // dnf5 expires the caches of the host here, although another root was asked for, and fetches nothing; oxidnf
    // refreshes the caches that it uses.
    for side in [Side::Real, Side::Ours] {
        let output = world.run(side, "makecache --refresh");
        assert!(output.status.success() && output.stdout == b"Metadata cache created.\n", "{output:?}");
    }
    world.both("clean expire-cache").exits(0);
    world.both("list vim").exits(0);
}

#[test]
fn download() {
    let world = library();
    world.both("download vim --destdir=/srv/t/root/opt").exits(0);
    world.both("download nothere").exits(1);
    world.both("download --resolve emacs --destdir=/srv/t/root/opt").exits(0);
}
