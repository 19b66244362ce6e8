//! Alias files: what they define, and what is said of mistakes in them.

use oxidnf_testkit::World;
use oxidnf_testkit::world::Side;

/// A file of the user, and calls that are made with it.
struct Case {
    file: &'static str,
    calls: &'static [&'static str],
}

const REPOS: &str = "[a]\nname=A\nbaseurl=file:///x\nenabled=0\n";

/// Runs all calls with both programs and compares what they print and how they end.
fn compare(cases: &[Case]) -> String {
    compare_in("$XDG_CONFIG_HOME/dnf5/aliases.d", cases)
}

fn compare_in(dir: &str, cases: &[Case]) -> String {
    let world = World::new();
    world.write("/etc/yum.repos.d/a.repo", REPOS);
    let mut script = format!("export XDG_CONFIG_HOME=/srv/xdg; mkdir -p {dir}\n");
    for (number, Case { file, calls }) in cases.iter().enumerate() {
        script.push_str(&format!("cat >{dir}/a.conf <<'EOT'\n{file}\nEOT\n"));
        for call in *calls {
            script.push_str(&format!("echo '== {number}: {call}'; $DNF {call} 2>&1; echo \"status $?\"\n"));
        }
    }
    let said = |side| String::from_utf8_lossy(&world.run_apart(side, &script).stdout).into_owned();
    let (real, ours) = (said(Side::Real), said(Side::Ours));
    for (one, other) in real.split("== ").zip(ours.split("== ")) {
        assert_eq!(one, other, "\ndnf5 on the left, oxidnf on the right");
    }
    assert_eq!(real, ours);
    assert!(!ours.is_empty());
    ours
}

/// Makes a file of version 1.1.
macro_rules! file {
    ($text:literal) => {
        concat!("version='1.1'\n", $text)
    };
}

#[test]
fn commands() {
    let said = compare(&[
        Case {
            file: file!("['rl']\ntype='command'\nattached_command='repo.list'"),
            calls: &["rl --all", "rl --foo", "rl", "nosuch"],
        },
        Case {
            file: file!(
                "['rl']\ntype='command'\nattached_command='repo.list'\nattached_named_args=[{id_path='repo.list.all'},{id_path='setopt',value='a.name=Zed'}]"
            ),
            calls: &["rl", "rl --all", "rl --enabled", "-q rl"],
        },
        Case {
            file: file!("['repo.ls']\ntype='command'\nattached_command='repo.list'"),
            calls: &["repo ls --all", "ls2"],
        },
        Case {
            file: file!("['rr']\ntype='command'\nattached_command='repo'"),
            calls: &["rr list --all", "rr", "rr nosuch"],
        },
        Case {
            file: file!(
                "['rl']\ntype='command'\nattached_command='repo.list'\nattached_named_args=[{id_path='repo.info.all'}]"
            ),
            calls: &["rl", "rl --all"],
        },
        Case {
            file: file!(
                "['wr']\ntype='command'\nattached_command='repo.list'\n[[wr.required_values]]\nvalue_help.C='CAP'\n[[wr.attached_named_args]]\nid_path='setopt'\nvalue='a.name=${1}-${0}'"
            ),
            calls: &["wr", "wr X --all", "wr X a --all", "wr X nosuch --all"],
        },
        Case {
            file: file!(
                "['rl']\ntype='command'\nattached_command='repo.list'\nattached_named_args=[{id_path='repo.list.all'},{id_path='repo.list.enabled'}]"
            ),
            calls: &["rl"],
        },
    ]);
    assert!(said.contains("a       Zed       disabled") && said.contains("a       X-wr      disabled"), "{said}");
}

#[test]
fn options() {
    let said = compare(&[
        Case {
            file: file!(
                "['repo.list.all2']\ntype='cloned_named_arg'\nlong_name='all2'\nshort_name='z'\nsource='repo.list.all'"
            ),
            calls: &["repolist --all2", "repolist -z", "-z repolist", "repolist --all2=1", "repolist -y -z"],
        },
        Case {
            file: file!("['all2']\ntype='cloned_named_arg'\nlong_name='all2'\nsource='repo.list.all'"),
            calls: &["repolist --all2", "--all2 repolist", "--all2 history list"],
        },
        Case {
            file: file!(
                "['nm']\ntype='named_arg'\nlong_name='nm'\nshort_name='N'\nhas_value=true\nattached_named_args=[{id_path='setopt',value='a.name=${}'}]"
            ),
            calls: &[
                "repolist --all --nm=Foo",
                "repolist --all --nm Foo",
                "repolist --all -N Foo",
                "repolist --all -NFoo",
                "repolist --nm",
                "--nm=Y repolist --all",
            ],
        },
        Case {
            file: file!(
                "['nm']\ntype='named_arg'\nlong_name='nm'\nconst_value='K'\nattached_named_args=[{id_path='setopt',value='a.name=${}'}]"
            ),
            calls: &["repolist --all --nm", "repolist --all --nm=x"],
        },
        Case { file: file!("['nm']\ntype='named_arg'\nlong_name='nm'"), calls: &["repolist --all --nm"] },
        Case {
            file: file!(
                "['repo.list.nm']\ntype='named_arg'\nlong_name='nm'\nattached_named_args=[{id_path='repo.list.all'}]"
            ),
            calls: &["repolist --nm", "repo list --nm"],
        },
        Case {
            file: file!(
                "['nm']\ntype='named_arg'\nlong_name='nm'\nhas_value=true\nattached_named_args=[{id_path='setopt'}]"
            ),
            // Not with an empty value: dnf5 looks beyond its end, and says one thing or another of what is there.
            calls: &["repolist --all --nm=a.name=Foo"],
        },
    ]);
    assert!(said.contains("a       Foo       disabled") && said.contains("a       K         disabled"), "{said}");
}

/// Which mistakes leave an alias there and which do not shows when it is used.
#[test]
fn mistakes_in_files() {
    const RL: &[&str] = &["rl"];
    const NN: &[&str] = &["repolist --nn"];
    const NONE: &[&str] = &["repolist"];
    let case = |file, calls| Case { file, calls };
    compare(&[
        case(file!("['rl']\ntype='command'\nattached_command='repo.nosuch'"), RL),
        case(file!("['rl']\ntype='command'"), RL),
        case(file!("['rl']\nattached_command='repo.list'"), RL),
        case(file!("['rl']\ntype='foo'"), RL),
        case("['rl']\ntype='command'\nattached_command='repo.list'", RL),
        case("version='2.0'\n['rl']\ntype='command'\nattached_command='repo.list'", RL),
        case("version=1\n['rl']\ntype='command'\nattached_command='repo.list'", RL),
        case("", NONE),
        case(file!(""), NONE),
        case(file!("ll=1"), NONE),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\nfoo=1"), RL),
        case(file!("['in']\ntype='command'\nattached_command='repo.list'"), &["in"]),
        case(file!("['install']\ntype='command'\nattached_command='repo.list'"), &["install"]),
        case(file!("['x.y']\ntype='command'\nattached_command='repo.list'"), NONE),
        case(file!("['rl']\ntype='command'\nattached_command=1"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='list'\ndescr=1"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\ncomplete='x'"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\ngroup_id='nosuch'"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\nattached_named_args='a'"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\nattached_named_args=[{value='1'}]"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\nrequired_values=1"), RL),
        case(file!("['rl']\ntype='command'\nattached_command='repo.list'\n[[rl.required_values]]\ndescr.C='x'"), RL),
        case(
            "version='1.0'\n['rl']\ntype='command'\nattached_command='repo.list'\n[[rl.required_values]]\nvalue_help.C='x'",
            RL,
        ),
        case(
            file!("['b']\ntype='command'\nattached_command='c'\n['c']\ntype='command'\nattached_command='repo.list'"),
            &["b", "c"],
        ),
        case(file!("['g']\ntype='group'"), NONE),
        case(file!("['g']\ntype='group'\nheader=1"), NONE),
        case(file!("['g']\ntype='group'\nheader='A'\nfoo=1"), NONE),
        case(file!("['commands-compatibility-aliases']\ntype='group'\nheader='B'"), NONE),
        case(file!("['x.n']\ntype='group'\nheader='A'"), NONE),
        case(file!("['n']\ntype='named_arg'"), NONE),
        case(file!("['n']\ntype='named_arg'\nlong_name='nn'\nhas_value='x'"), NN),
        case(
            file!(
                "['n']\ntype='named_arg'\nlong_name='nn'\nfoo=1\n['c']\ntype='cloned_named_arg'\nlong_name='cc'\nsource='best'"
            ),
            NN,
        ),
        case(file!("['n']\ntype='named_arg'\nlong_name='nn'\nattached_named_args=[{id_path='nosuch'}]"), NN),
        case(file!("['n']\ntype='named_arg'\nlong_name='nn'\nattached_named_args=[1]"), NN),
        case(file!("['n']\ntype='named_arg'\nlong_name='nn'\ngroup_id='nosuch'"), NN),
        case(file!("['best']\ntype='named_arg'\nlong_name='nn'"), NN),
        case(file!("['n']\ntype='named_arg'\nlong_name='best'"), NONE),
        case(file!("['n']\ntype='named_arg'\nlong_name='nn'\nshort_name='yy'"), NN),
        case(file!("['x.n']\ntype='named_arg'\nlong_name='nn'"), NN),
        case(file!("['n']\ntype='cloned_named_arg'\nsource='best'"), NN),
        case(file!("['n']\ntype='cloned_named_arg'\nlong_name='nn'"), NN),
        case(file!("['n']\ntype='cloned_named_arg'\nlong_name='nn'\nsource='nosuch'"), NN),
        case(file!("['n']\ntype='cloned_named_arg'\nlong_name='nn'\nsource='best'\ngroup_id='nosuch'"), NN),
    ]);
}

#[test]
fn files_of_the_administrator() {
    let said = compare_in(
        "/etc/dnf/dnf5-aliases.d",
        &[Case {
            file: file!("['rl']\ntype='command'\nattached_command='repo.list'"),
            calls: &["rl --all", "in", "--version --foo"],
        }],
    );
    assert!(said.contains("a       A         disabled"), "{said}");
}

/// The texts of help pages are our own; where the lines of aliases stand is dnf5's.
#[test]
fn help_pages() {
    let world = World::new();
    let file = file!(
        "['g']\ntype='group'\nheader='My group:'\n['rl']\ntype='command'\nattached_command='repo.list'\ngroup_id='g'\n\
         descr.C='My list'\ndescr.de_DE='Meine Liste'\n['nm']\ntype='named_arg'\nlong_name='nm'\nshort_name='N'\n\
         has_value=true\nvalue_help='NAME'\ndescr='Set name'\n['repo.list.all2']\ntype='cloned_named_arg'\n\
         long_name='all2'\nshort_name='z'\nsource='repo.list.all'\n['l2']\ntype='command'\nattached_command='list'\n"
    );
    let script = format!(
        "export XDG_CONFIG_HOME=/srv/xdg; mkdir -p $XDG_CONFIG_HOME/dnf5/aliases.d\n\
         cat >$XDG_CONFIG_HOME/dnf5/aliases.d/a.conf <<'EOT'\n{file}EOT\n\
         $DNF --help | grep -A2 '^My group'; LANG=de_DE.UTF-8 $DNF --help | grep Meine\n\
         $DNF --help | tail -n 2; $DNF --help | grep -B1 '^  l2'| tail -n 1\n\
         $DNF rl --help | head -n 2; $DNF repo list --help | grep all2; $DNF repolist --help | head -n 2\n"
    );
    let said = |side| String::from_utf8_lossy(&world.run_apart(side, &script).stdout).into_owned();
    let squeezed = |text: String| {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect::<String>()
    };
    let (real, ours) = (squeezed(said(Side::Real)), squeezed(said(Side::Ours)));
    assert_eq!(real, ours);
    assert!(ours.contains("rl My list\n") && ours.contains("-N NAME, --nm=NAME Set name\n"), "{ours}");
}
