//! `why` and `why-not`. dnf5 has neither; what they say is checked by asking the real programs for the same facts.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

fn ours(world: &World, args: &str) -> (i32, String, String) {
    let output = world.run(Side::Ours, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn stdout(world: &World, args: &str) -> String {
    ours(world, args).1
}

#[test]
fn why_names_the_shortest_way_of_requirements() {
    let world = World::new().repo(
        "base",
        [
            rpm("app").requires("lib = 1").recommends("extra"),
            rpm("tool").requires("mid"),
            rpm("mid").requires("lib"),
            rpm("lib").provides("lib.so"),
            rpm("extra").requires("deep"),
            rpm("deep"),
            rpm("old").requires("older"),
            rpm("older"),
        ],
    );
    world.both("install -y app tool old").exits(0);
    assert_eq!(
        stdout(&world, "why lib.so").replace(|character: char| character.is_ascii_digit(), "N"),
        "lib-N-N.noarch is needed by what was asked for:\n  \
           app-N-N.noarch (asked for in transaction N of NNNN-NN-NN NN:NN:NN: dnfN --installroot=/srv/t/root install -y app tool old)\n    \
             requires lib = N\n  \
           lib-N-N.noarch\n  \
         N more package that was asked for leads to it; --all shows how.\n"
    );
    // The link is real: rpm will not let the one go without the other.
    let refused = world.run_rpm(Side::Real, "-e lib");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("lib = 1 is needed by (installed) app-1-1.noarch"));
    let all = stdout(&world, "why --all lib");
    assert!(all.contains("  tool-1-1.noarch (asked for"), "{all}");
    assert!(all.contains("    requires mid\n  mid-1-1.noarch\n    requires lib\n  lib-1-1.noarch\n"), "{all}");
    let weak = stdout(&world, "why deep");
    assert!(weak.contains("    recommends extra\n  extra-1-1.noarch\n    requires deep\n"), "{weak}");
    let (status, own, _) = ours(&world, "why app");
    assert_eq!(status, 0);
    assert!(own.starts_with("app-1-1.noarch: asked for in transaction 1 of "), "{own}");
    // What autoremove would take is needed by nothing.
    world.both("mark dependency -y old").exits(0);
    assert_eq!(
        stdout(&world, "why older old"),
        "older-1-1.noarch: nothing that was asked for needs it; \"autoremove\" would remove it.\n  \
           It is needed by what nothing needs either: old-1-1.noarch\n\
         old-1-1.noarch: nothing that was asked for needs it; \"autoremove\" would remove it.\n"
    );
    let gone = String::from_utf8(world.run(Side::Real, "autoremove --assumeno").stdout).expect("text");
    assert!(gone.contains(" old ") && gone.contains(" older "), "{gone}");
    let (status, _, complaint) = ours(&world, "why nothing");
    assert_eq!(status, 1);
    assert!(complaint.contains("No installed package matches: nothing"), "{complaint}");
}

#[test]
fn why_as_json() {
    let world = World::new().repo("base", [rpm("app").requires("lib"), rpm("lib"), rpm("other").provides("lib")]);
    world.both("install -y app lib other").exits(0);
    world.both("mark dependency -y lib").exits(0);
    let text = stdout(&world, "why --json lib");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value[0]["package"], "lib-1-1.noarch");
    assert_eq!(value[0]["reason"], "Dependency");
    let chain = &value[0]["chains"][0];
    assert_eq!((&chain["start"], &chain["wanted"]), (&"app-1-1.noarch".into(), &"user".into()));
    assert_eq!(chain["transaction"]["id"], 1);
    assert_eq!(chain["steps"][0]["dependency"], "lib");
    assert_eq!(chain["steps"][0]["also_provided_by"][0], "other-1-1.noarch");
}

#[test]
fn why_not_names_only_what_contradicts_and_what_helps() {
    let world = World::new().repo(
        "base",
        [
            rpm("here").provides("service"),
            rpm("app").requires("part").requires("noise"),
            rpm("part").conflicts("service"),
            rpm("noise").recommends("more-noise"),
            rpm("more-noise"),
        ],
    );
    world.both("install -y here").exits(0);
    assert_eq!(
        stdout(&world, "why-not app"),
        "app cannot be installed:\n  \
           Problem: problem with installed package\n    \
             - installed package here-1-1.noarch conflicts with service provided by part-1-1.noarch from base\n    \
             - package app-1-1.noarch from base requires part, but none of the providers can be installed\n    \
             - conflicting requests\n  \
           What would help:\n    \
             --allowerasing installs app-1-1.noarch (base), more-noise-1-1.noarch (base), noise-1-1.noarch (base), \
         part-1-1.noarch (base); removes here-1-1.noarch\n"
    );
    // What it promises is what the real program does.
    world.both("install -y --allowerasing app").exits(0);
    assert_eq!(stdout(&world, "why-not app"), "app: installed already as app-1-1.noarch.\n");
}

#[test]
fn why_not_tries_versions_and_excludes() {
    let world = World::new()
        .repo("base", [rpm("app").evr("2").requires("missing >= 2"), rpm("app").evr("1"), rpm("kept"), rpm("free")]);
    world.write("/etc/dnf/dnf.conf", "[main]\nbest=1\nexcludepkgs=kept\n");
    world.both("install -y app").exits(1);
    let (status, text, _) = ours(&world, "why-not app kept free nowhere");
    assert_eq!(status, 1, "{text}");
    assert_eq!(
        text,
        "app cannot be installed:\n  \
           Problem: cannot install the best candidate for the job\n    \
             - nothing provides missing >= 2 needed by app-2-1.noarch from base\n  \
           What would help:\n    \
             --no-best installs app-1-1.noarch (base)\n\
         kept cannot be installed:\n  \
           Argument 'kept' matches only excluded packages.\n  \
           What would help:\n    \
             --setopt=disable_excludes=* installs kept-1-1.noarch (base)\n\
         free: nothing prevents its installation, which installs free-1-1.noarch (base).\n\
         nowhere cannot be installed:\n  \
           No match for argument: nowhere\n"
    );
    world.both("install -y --no-best app").exits(0);
    let json: serde_json::Value = serde_json::from_str(&stdout(&world, "why-not --json kept")).expect("JSON");
    assert_eq!(json[0]["installable"], false);
    assert_eq!(json[0]["ways_out"][0]["options"][0], "--setopt=disable_excludes=*");
}
