//! Modules: what is listed, which streams are enabled, what they hide, and what is stored; with the real dnf5 in an equal
//! root.

use oxidnf_testkit::{Rpm, World, rpm};

/// A build of a module; `more` are further lines of its data.
fn build(name: &str, stream: &str, version: u32, context: &str, more: &str) -> String {
    let more: String = more.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"{stream}\"\n  version: {version}\n  \
         context: {context}\n  arch: x86_64\n  summary: Summary of {name} {stream} {version}\n  description: |\n    First \
         line of {name}\n\n    and another one\n  license: {{module: [MIT]}}\n{more}...\n"
    )
}

fn defaults(module: &str, modified: u32, more: &str) -> String {
    format!(
        "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: {module}\n  modified: {modified}\n  {more}\n...\n"
    )
}

fn packages() -> Vec<Rpm> {
    let builds = [
        ("node", "1.0-1"),
        ("node", "10.0-1"),
        ("node", "12.0-1"),
        ("npm", "10.1-1"),
        ("npm", "12.1-1"),
        ("other", "1-1"),
        ("post", "5-1"),
        ("post", "6-1"),
    ];
    let mut packages: Vec<Rpm> = builds.iter().map(|(name, evr)| rpm(name).evr(evr)).collect();
    packages.push(rpm("pretender").provides("node = 3"));
    packages
}

/// nodejs with two streams and a default, and postgresql, whose streams need one of them each.
fn common() -> String {
    [
        build(
            "nodejs",
            "12",
            2,
            "bbbb",
            "profiles:\n  minimal: {rpms: [node]}\n  default: {rpms: [node]}\n\
             artifacts: {rpms: ['npm-0:12.1-1.noarch', 'node-0:12.0-1.noarch']}",
        ),
        build(
            "nodejs",
            "10",
            1,
            "aaaa",
            "dependencies: [{requires: {platform: [f38]}}]\nprofiles:\n  default: {rpms: [node, npm]}\n  minimal: \
             {description: small, rpms: [node]}\nartifacts: {rpms: ['node-0:10.0-1.noarch', 'npm-0:10.1-1.noarch', \
             'node-0:10.0-1.src']}",
        ),
        build(
            "postgresql",
            "5",
            1,
            "cccc",
            "dependencies: [{requires: {nodejs: ['10'], platform: []}}]\nartifacts: {rpms: ['post-0:5-1.noarch']}",
        ),
        build(
            "postgresql",
            "6",
            1,
            "dddd",
            "dependencies: [{requires: {nodejs: ['12']}}]\nartifacts: {rpms: ['post-0:6-1.noarch']}",
        ),
        defaults("nodejs", 1, "stream: '10'\n  profiles: {'10': [default], '12': [minimal, default]}"),
    ]
    .concat()
}

fn world(yaml: &str) -> World {
    let world = World::new().with_modules().repo("base", packages());
    world.modulate("base", yaml, "zstd");
    world.write("/etc/os-release", "NAME=x\nPLATFORM_ID=\"platform:f38\"\n");
    world
}

#[test]
fn lists() {
    let world = world(&common());
    world.both("module list").exits(0).says("Hint: [d]efault");
    world.both("module info").exits(0).says("Artifacts        : node-0:10.0-1.noarch");
    for args in [
        "module list --enabled",
        "module list --disabled",
        "module info --enabled nodejs",
        "module list --enabled --disabled",
        "module list nope",
        "module info nope --disabled",
        "module list 'n*' postgresql:6",
        "module list nodejs:10:1:aaaa:x86_64 nope b: :x",
        "module info nodejs:12:2 nodejs::x86_64",
        "module info nodejs:12:bbbb",
        "module info nodejs:12:2:bbbb/default",
        "module list -q 'post*:5'",
        "module list 'NODE*'",
    ] {
        world.both(args).exits(0);
    }
    for args in ["module", "module enable", "module nope", "module list --nope", "module disable"] {
        world.both(args).exits(2);
    }
    // Without modules there is something else to say.
    world.edit(|root| std::fs::remove_file(root.join("etc/yum.repos.d/base.repo")).expect("it is there"));
    world.both("module list").exits(0);
    world.both("module enable x").exits(1);
    let without = World::new().with_modules().repo("base", packages());
    without.both("module list").exits(0).says("no module streams exist");
    without.both("module info --enabled").exits(0);
    without.both("module enable nodejs").exits(1).says("No match");
}

#[test]
fn enabling_disabling_and_resetting() {
    let world = world(&common());
    world.both("module enable -y postgresql:5").exits(0).says("Enabling module streams:");
    world.both("module list").exits(0).says("10 [d][e]");
    world.both("module info --enabled").exits(0).says("[e][a]");
    world.both("module enable -y nodejs:12").exits(1).says("module_stream_switch");
    world.both("module enable -y nodejs:10").exits(0).says("Nothing to do");
    world.both("module disable -y nodejs").exits(1).says("is disabled");
    world.both("module disable -y postgresql").exits(0).says("Disabling modules:");
    world.both("module list --disabled").exits(0).says("6 [x]");
    world.both("module enable -y nodejs:12 --skip-broken").exits(1);
    world.both("module enable -y nodejs:12 --setopt=module_stream_switch=1").exits(0).says("10 -> 12");
    world.both("module reset -y '*'").exits(0).says("Resetting modules:");
    world.both("module reset -y nodejs").exits(0).says("Nothing to do");
    world.both("history list").exits(0);
    world.both("history info 1").exits(0);
    world.both("history undo -y 1").exits(0);
    world.both("history rollback -y 1").exits(0);
}

#[test]
fn specs_of_changes() {
    let world = world(&common());
    for args in [
        // What only looks leaves nothing behind, where dnf5 makes the directory of its lock.
        "module enable -y nope",
        "module enable postgresql --assumeno",
        "module enable -y 'p*'",
        "module enable -y 'post*' nope",
        "module enable -y nope",
        "module disable -y nope nodejs",
        "module reset nope -y",
        "module enable -y nodejs:12:9",
        "module enable -y postgresql::x86_64",
        "module enable -y nodejs:12 nodejs:10",
        "module enable -y nodejs:12 postgresql:5",
        "module enable nodejs --assumeno",
        "module disable --assumeno 'n*' postgresql:5",
    ] {
        world.both(args).exits(1);
    }
    for args in [
        "module enable -y postgresql --skip-broken",
        "module enable -y nope nodejs:12:2:bbbb:x86_64 --skip-unavailable",
        "module enable -y nodejs:12/default",
        "module disable -y nope 'p*' --skip-unavailable",
        "module reset -y nope -q --skip-unavailable",
        "module enable -q -y postgresql:6",
        "module disable -y '*' --comment=why",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn packages_of_other_streams_are_hidden() {
    let world = world(&common());
    let queries = [
        "repoquery",
        "repoquery --disable-modular-filtering",
        "repoquery --available npm",
        "repoquery --whatprovides node",
        "list",
        "search node",
        "provides npm",
        "info node",
        "check-upgrade",
    ];
    let look = || queries.iter().for_each(|args| drop(world.both(args)));
    look();
    world.both("install -y node").exits(0).says("10.0-1");
    world.both("install -y post").exits(1).says("matches only excluded packages");
    world.both("install -y post-5-1.noarch").exits(1);
    world.both("install -y @nodejs:10/default").exits(1);
    world.both("module enable -y postgresql:6 --setopt=module_stream_switch=1").exits(0).says("12");
    look();
    world.both("upgrade -y").exits(0).says("12.0-1");
    world.both("install -y pretender").exits(1);
    world.both("install -y post npm").exits(0);
    world.both("module reset -y nodejs postgresql").exits(0);
    look();
    world.both("distro-sync -y").exits(0).says("10.0-1");
    world.both("remove -y node").exits(0);
    world.both("module disable -y nodejs").exits(0);
    look();
    world.both("install -y node").exits(0).says("1.0-1");
}

#[test]
fn hidden_packages_in_goals() {
    let mut all = packages();
    all.extend([
        rpm("needs-old").requires("post = 5"),
        rpm("needs-npm").requires("npm"),
        rpm("wants").recommends("post"),
        rpm("replaces").obsoletes("npm"),
    ]);
    let world = World::new().with_modules().repo("base", all);
    world.modulate("base", &common(), "zstd");
    world.write("/etc/os-release", "PLATFORM_ID=\"platform:f38\"\n");
    world.both("install -y needs-old").exits(1);
    world.both("install -y needs-old --skip-broken").exits(0);
    world.both("install -y wants needs-npm").exits(0).says("npm-0:10.1-1");
    world.both("install -y /srv/repos/base/post-6-1.noarch.rpm").exits(0).says("post-0:6-1");
    world.both("reinstall -y post");
    world.both("downgrade -y npm");
    world.both("list --extras");
    world.both("list --upgrades");
    world.both("repoquery --duplicates --disable-modular-filtering").exits(0);
    world.both("module enable -y postgresql:5").exits(0);
    world.both("distro-sync -y").exits(1).says("is filtered out by exclude filtering");
    world.both("distro-sync -y post").exits(0);
    world.both("install -y needs-old").exits(0);
    world.both("swap -y npm node");
    world.both("module disable -y postgresql nodejs").exits(0);
    world.both("check-upgrade");
    world.both("upgrade -y");
    world.both("remove -y needs-npm");
    world.both("autoremove -y").exits(0);
    world.both("history undo -y last");
}

#[test]
fn hotfix_repositories_are_exempt() {
    let world = world(&common()).repo_conf("hot", [rpm("node").evr("99-1")], "gpgcheck=0\nmodule_hotfixes=1\n");
    world.both("repoquery").exits(0).says("node-0:99-1");
    world.both("install -y node").exits(0).says("99-1");
    world.both("repoquery --available --setopt=hot.module_hotfixes=0").exits(0);
}

#[test]
fn platforms() {
    let world = world(&common());
    world.edit(|root| std::fs::remove_file(root.join("etc/os-release")).expect("it is there"));
    world.both("module info nodejs").exits(0);
    world.both("repoquery").exits(0);
    world.both("install -y node").exits(0).says("Modular dependency problems with the defaults");
    world.both("remove -y node").exits(0);
    world.both("upgrade").exits(0);
    world.both("module enable -y postgresql:5").exits(1).says("nothing provides module(platform");
    world.both("module enable -y postgresql:6").exits(0);
    world.both("module reset -y '*'").exits(0);
    world.both("module enable -y postgresql:5 --setopt=module_platform_id=platform:f38").exits(0);
    world.both("install -y npm").exits(1).says("Modular dependency problems:");
    world.both("module disable -y postgresql").exits(1);
    world.both("module reset -y nodejs postgresql").exits(0);
    for text in ["PLATFORM_ID=platform:f38\n", "PLATFORM_ID=\"f38\"\n", "X=1\n"] {
        world.write("/etc/os-release", text);
        world.both("module info nodejs:10").exits(0);
    }
    world.write("/usr/lib/os-release", "PLATFORM_ID=\"platform:f38\"\n");
    world.both("module info nodejs:10").exits(0).says("[d][a]");
}

#[test]
fn platforms_of_packages() {
    let release = |evr: &str, platform: &str| {
        rpm("release").evr(evr).provides("system-release").provides(&format!("base-module(platform:{platform})"))
    };
    let mut all = packages();
    all.extend([release("1-1", "f38"), release("2-1", "f39")]);
    let world = World::new().with_modules().repo("base", all);
    world.modulate("base", &common(), "gz");
    world.both("module info nodejs:10").exits(0);
    world.both("install -y release-1-1").exits(0);
    world.both("module info nodejs:10").exits(0);
    world.both("--exclude=release-2* module info nodejs:10").exits(0);
    world.both("module enable -y nodejs:10").exits(1);
    world.both("module enable -y nodejs:10 --setopt=module_platform_id=platform:f38").exits(0);
}

#[test]
fn contexts_versions_and_architectures() {
    let yaml = [
        build("s", "1", 2, "c1", "dependencies: [{requires: {m: [a]}}]"),
        build("s", "1", 2, "c2", "dependencies: [{requires: {m: [a]}}]\nstatic_context: true"),
        build("s", "1", 3, "c3", "dependencies: [{requires: {m: []}}]"),
        build("s", "1", 3, "c4", "dependencies: [{requires: {platform: []}}]"),
        build("m", "b", 1, "q", ""),
        build("m", "a", 1, "q", ""),
        build("z", "2", 1, "c", ""),
        build("z", "1", 2, "c", ""),
        build("z", "1", 10, "c", ""),
        build("z", "10", 1, "c", ""),
        build("M", "1", 1, "c", "profiles: {zz: {rpms: [b]}, aa: {rpms: [a]}}"),
        build("arm", "1", 1, "c", "").replace("arch: x86_64", "arch: aarch64"),
        build("i", "1", 1, "c", "").replace("arch: x86_64", "arch: i686"),
        build("none", "1", 1, "c", "").replace("  arch: x86_64\n", ""),
        build("best", "1", 1, "c", ""),
        build("best", "1", 2, "c", "dependencies: [{requires: {nope: [1]}}]"),
        build("self", "1", 1, "c", "dependencies: [{requires: {self: [-1]}}]"),
        build("multi", "1", 1, "c", "dependencies: [{requires: {z: [2, 10]}}, {requires: {m: []}}]"),
        build("neg", "1", 1, "c", "dependencies: [{requires: {nope: [-1]}}]"),
        "---\ndocument: modulemd\nversion: 1\ndata:\n  name: old\n  stream: s\n  version: 5\n  summary: Old\n  \
         description: One\n  license: {module: [MIT]}\n  dependencies: {requires: {z: \"1\"}}\n...\n"
            .to_owned(),
        defaults("m", 1, "stream: b"),
        defaults("M", 1, "stream: '1'\n  profiles: {'1': [nope, aa]}"),
    ];
    let world = world(&yaml.concat());
    world.both("module list").exits(0);
    world.both("module info").exits(0);
    world.both("module enable -y nope").exits(1);
    for spec in ["arm", "i", "none", "best", "self", "multi:1 z:2", "neg", "old", "s", "s:1:3:c4", "s:1:c2", "s m:a"] {
        world.both(&format!("module enable {spec} --assumeno")).exits(1);
    }
    world.both("module enable -y s:1:c2 --skip-broken").exits(0);
    world.both("module info s m").exits(0);
    world.both("module enable -y neg old --skip-broken").exits(1);
    world.both("module enable -y best z:1").exits(0);
    world.both("module info best z").exits(0);
    world.both("module enable -y 'm*' M").exits(1).says("cannot install the best candidate");
    world.both("module disable -y m").exits(0);
    world.both("module info s").exits(0);
}

// dnf5 5.4.6 ends with an assertion when a stream that is enabled says which stream of another module it does not want.
#[test]
fn streams_that_are_not_wanted() {
    let yaml = [
        build("app", "1", 1, "c", "dependencies: [{requires: {lib: [-1]}}]"),
        build("lib", "1", 1, "c", ""),
        build("lib", "2", 1, "c", ""),
        defaults("lib", 1, "stream: '1'"),
    ];
    let world = world(&yaml.concat());
    let dnf5 = world.run(oxidnf_testkit::world::Side::Real, "module enable -y app");
    assert_eq!(dnf5.status.code(), None, "dnf5 learned it: compare the outputs");
    let ours = world.run(oxidnf_testkit::world::Side::Ours, "module enable --assumeno app");
    let text = String::from_utf8_lossy(&ours.stdout).into_owned();
    assert_eq!(ours.status.code(), Some(1), "{text}");
    assert!(text.contains(" app "), "{text}");
    // Together with a stream of the other module both know what to do.
    world.both("module enable -y app lib:2").exits(0);
}

#[test]
fn defaults_of_several_repositories() {
    let names = ["m1", "m2", "m3", "m4", "m5", "m6"];
    let streams = |more: &str| -> String {
        names.iter().flat_map(|name| [build(name, "a", 1, "q", more), build(name, "b", 1, "q", "")]).collect()
    };
    let one = [
        streams("profiles: {p1: {rpms: [a]}, p2: {rpms: [b]}}"),
        defaults("m1", 5, "stream: a"),
        defaults("m1", 4, "stream: b"),
        defaults("m2", 2, "stream: a"),
        defaults("m3", 1, "stream: a"),
        defaults("m4", 1, "profiles: {a: [p2, p1]}"),
        defaults("m5", 1, "stream: a\n  profiles: {a: [p2]}"),
        defaults("m6", 0, "stream: a"),
    ];
    let two = [
        streams(""),
        defaults("m2", 3, "stream: b"),
        defaults("m3", 0, "stream: b"),
        defaults("m4", 1, "stream: b"),
        defaults("m5", 1, "stream: a\n  profiles: {a: [p2], b: [y, x]}"),
        defaults("m6", 0, "stream: b"),
    ];
    let world = world(&one.concat()).repo("second", [rpm("late")]);
    world.modulate("second", &two.concat(), "xz");
    world.both("makecache").exits(0);
    world.both("module list").exits(0);
    world.both("module info").exits(0);
    world.both("module enable -y 'm?:*'").exits(1);
    world.both("module enable -y 'm[1-5]:*'").exits(0);
    // Default profiles that differ cannot be put together.
    world.modulate("second", &defaults("m5", 1, "stream: a\n  profiles: {a: [p1]}"), "xz");
    let again = World::new().with_modules().repo("one", [rpm("early")]).repo("two", [rpm("late")]);
    again.modulate("one", &one.concat(), "");
    again.modulate("two", &defaults("m5", 1, "stream: a\n  profiles: {a: [p1]}"), "");
    again.both("module list").exits(1).says("Failed to resolve module metadata");
    again.both("install -y late").exits(1);
}

#[test]
fn documents_that_are_not_taken() {
    let good = build("good", "1", 1, "c", "");
    let without = |key: &str| {
        let text = build("bad", "1", 1, "c", "");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with(key)).map(|line| format!("{line}\n"));
        lines.collect::<String>()
    };
    let yaml = [
        without("name:"),
        without("stream:"),
        without("summary:"),
        without("license:"),
        good.clone(),
        build("twice", "1", 1, "c", "summary: again"),
        build("number", "1", 1, "c", "version: x"),
        build("artifact", "1", 1, "c", "artifacts: {rpms: ['node-0:10.0-1.noarch', nonsense]}"),
        "---\ndocument: modulemd-packager\nversion: 3\ndata:\n  name: x\n  stream: y\n...\n".to_owned(),
    ];
    let broken = world(&yaml.concat());
    broken.both("module list").exits(0);
    let garbage = world(": [");
    let said = garbage.run(oxidnf_testkit::world::Side::Real, "module list");
    assert_eq!(said.status.code(), Some(1));
    let ours = garbage.run(oxidnf_testkit::world::Side::Ours, "module list");
    let text = String::from_utf8_lossy(&ours.stderr).into_owned();
    assert_eq!(ours.status.code(), Some(1), "{text}");
    assert!(text.contains("Failed to load module metadata for repository \"base\""), "{text}");
    for empty in ["", "---\nfoo: bar\n...\n"] {
        world(empty).both("module list").exits(0).says("no module streams exist");
    }
}

#[test]
fn state_of_dnf4_is_taken_over() {
    let world = world(&common());
    world.write(
        "/etc/dnf/modules.d/nodejs.module",
        "[nodejs]\nname=nodejs\nstream=12\nprofiles=default, minimal\nstate=enabled\n",
    );
    world.write("/etc/dnf/modules.d/gone.module", "[gone]\nname=gone\nstream=\nprofiles=\nstate=disabled\n");
    world.write("/etc/dnf/modules.d/reset.module", "[reset]\nname=reset\nstream=1\nprofiles=\nstate=\n");
    world.both("module list").exits(0).says("12 [e]");
    world.both("repoquery node").exits(0);
    world.both("install -y other").exits(0);
    world.both("module disable -y postgresql").exits(0);
    world.both("module list").exits(0);
}

#[test]
fn what_is_kept_of_modules_may_be_damaged() {
    let world = world(&common());
    world.both("module info").exits(0);
    let root = world.root(oxidnf_testkit::world::Side::Ours);
    let find = || -> Vec<std::path::PathBuf> {
        let repos = std::fs::read_dir(root.join("var/cache/libdnf5")).expect("there is a cache").flatten();
        repos.map(|repo| repo.path().join("oxidnf/modules.cache")).filter(|file| file.exists()).collect()
    };
    let [file] = &find()[..] else { panic!("one repository has modules") };
    let good = std::fs::read(file).expect("it is there");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for bad in [&b""[..], &good[..good.len() - 1], &flipped, b"x"] {
        std::fs::write(file, bad).expect("the cache is writable");
        world.both("module info").exits(0);
        assert_eq!(std::fs::read(file).expect("it was made again"), good);
    }
    world.both("repoquery").exits(0);
}

// dnf5 has no such command; what is said is carried out.
#[test]
fn why_not_names_streams_that_would_help() {
    let world = world(&common());
    let why_not = |spec: &str| {
        let output = world.run(oxidnf_testkit::world::Side::Ours, &format!("-q why-not {spec}"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    world.both("makecache").exits(0);
    let text = why_not("post-6-1.noarch");
    assert!(text.contains("matches only excluded packages"), "{text}");
    assert!(text.contains("\"module enable postgresql:6\" installs post-6-1.noarch (base)"), "{text}");
    world.both("module enable -y postgresql:5").exits(0);
    let text = why_not("npm-12.1-1.noarch");
    assert!(text.contains("No option would help"), "{text}");
    world.both("module disable -y postgresql").exits(0);
    let text = why_not("npm-12.1-1.noarch");
    let way = "\"module enable nodejs:12 --setopt=module_stream_switch=1\" installs npm-12.1-1.noarch (base)";
    assert!(text.contains(way), "{text}");
    world.both("module enable -y nodejs:12 --setopt=module_stream_switch=1").exits(0);
    world.both("install -y npm-12.1-1.noarch").exits(0);
}

#[test]
fn enabled_streams_that_no_repository_has() {
    let world = world(&common());
    world.both("module enable -y postgresql:6 nodejs:12").exits(0);
    world.modulate("base", &[build("new", "1", 1, "c", ""), defaults("new", 1, "stream: '1'")].concat(), "zstd");
    world.edit(|root| {
        let _ = std::fs::remove_dir_all(root.join("var/cache/libdnf5"));
    });
    world.both("module list").exits(0);
    world.both("repoquery").exits(0);
    world.both("install -y node").exits(0);
    world.both("module reset -y nodejs").exits(1);
    world.both("module enable -y new").exits(0);
}
