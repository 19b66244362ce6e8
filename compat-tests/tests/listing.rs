//! `list`, `info`, `search`, `provides`, `check-upgrade` over installed and available packages of two repositories.

mod warehouse;

use warehouse::used;

#[test]
fn sections() {
    let world = used();
    world.both("remove -y --no-autoremove app").exits(0);
    for args in [
        "list",
        "list --showduplicates",
        "list --installed",
        "list --available",
        "list --extras",
        "list --obsoletes",
        "list --recent",
        "list --upgrades",
        "list --autoremove",
        "list --installed-from-repo=base",
    ] {
        for with in ["", " --json", " -q", " 'l*'", " lib.x86_64", " lib-3-1.x86_64"] {
            world.both(&format!("{args}{with}"));
        }
    }
}

#[test]
fn info_of_everything() {
    let world = used();
    for args in [
        "info app",
        "info --installed",
        "info --available",
        "info --showduplicates lib",
        "info --upgrades",
        "info --obsoletes",
        "info --extras",
        "info --autoremove",
        "info --recent app",
        "info --json app",
        "info 'a-package*'",
        "info app -q",
        "info nothere",
        "info nothere --json",
        "info nothere lib",
    ] {
        world.both(args);
    }
}

#[test]
fn ranks_of_search() {
    let world = used();
    for args in [
        "search app",
        "search APP -q",
        "search App",
        "search --all app",
        "search --all acme example",
        "search app application",
        "search lib library",
        "search 'a*p'",
        "search 'The*'",
        "search --name app",
        "search --summary app",
        "search --name --summary app",
        "search 要約",
        "search NAÏVE",
        "search naïve",
        "search app --showduplicates",
        "search 'Acme'",
        "search --all http",
        "search lib lib",
        "search 'An application'",
        "search a-package",
    ] {
        world.both(args);
    }
}

#[test]
fn several_providers() {
    let world = used();
    for spec in [
        "lib(api)",
        "'lib(api) = 7'",
        "'lib(api) > 7'",
        "tool nothere",
        "nothere nothing",
        "/usr/bin/tool",
        "'/usr/bin/too*'",
        "'/usr/bin/[t]ool'",
        "'*bin/tool'",
        "'*/too*'",
        "tool",
        "'t??l*'",
        "/bin/tool",
        "'/bin/too*'",
        "/sbin/tool",
        "/bin/sh",
        "'*/sh'",
        "sh",
        "ls",
        "usr/bin/app",
        "/opt/virtual",
        "'*/virtual'",
        "/bin/virt",
        "/bin/old",
        "old",
        "older",
        "'new?'",
        "/sbin/news",
        "'old-app < 2'",
    ] {
        // With several repositories dnf5's order is that in which its threads are done with them.
        world.both(&format!("provides --repo=base {spec}"));
    }
}

#[test]
fn upgrades_to_look_at() {
    let world = used();
    for args in [
        "check-upgrade",
        "check-upgrade --json",
        "check-upgrade -q",
        "check-upgrade app",
        "check-upgrade nothere",
        "check-upgrade nothere --json",
        "check-upgrade old-app",
        "check-upgrade kernel",
        "check-upgrade 'l*'",
        "check-update lib",
    ] {
        world.both(args);
    }
}

#[test]
fn repositories_by_name() {
    let world = used();
    for args in [
        "repo list -q",
        "repo list --disabled",
        "repo list --disabled -q",
        "repo list --disabled --json",
        "repo list 'b*'",
        "repo list nothere",
        "repo list --all nothere --json",
        "repo info updates",
        "repo info nothere",
        "repo info nothere --json",
        "leaves",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn narrow_and_wide_columns() {
    let world = used();
    // The long name does not fit, and is not cut; other columns are.
    world.both("list 'a*'").exits(0);
    world.both("info 'a-pack*'").exits(0);
    world.both("install --assumeno 'a-pack*'").exits(1);
    world.both("install -y 'a-pack*' virtual").exits(0);
    world.both("history list").exits(0);
    world.both("history info last").exits(0);
    world.both("remove --assumeno 'a-pack*'").exits(1);
    world.both("upgrade --assumeno").exits(1);
}

#[test]
fn colours() {
    let world = used();
    for args in [
        "list",
        "list --available --showduplicates app lib",
        "list --obsoletes",
        "list lib --setopt=color_list_available_upgrade=bold,red --setopt=color_list_available_reinstall=nonsense",
        "check-upgrade",
        "info lib new-app",
        "info --obsoletes",
        "repoquery --info lib-3",
        "search app application",
        "search tool",
        "search --all http",
        "repo list --all",
        "repo info updates",
        "history list",
        "history info 1",
        "install --assumeno new-app virtual",
        "upgrade --assumeno",
        "remove --assumeno lib",
        "mark dependency app --assumeno",
        "reinstall --assumeno app",
    ] {
        world.both(&format!("--color=always {args}"));
        world.both(&format!("--color=never {args}"));
    }
}

#[test]
fn upgrade_of_everything() {
    let world = used();
    world.both("upgrade -y").exits(0);
    world.both("downgrade -y app lib").exits(0);
}
