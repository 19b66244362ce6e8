//! Labels of a policy that was written for this test; the answers are those of libselinux 3.11 (`matchpathcon -m`).

use super::contexts::{FileContexts, Texts};

const CONTEXTS: &str = r"# Patterns for everything come first.
/.* system_u:object_r:default_t:s0
/[^/]+ -- system_u:object_r:root_file_t:s0
/ -d system_u:object_r:root_t:s0
/etc(/.*)? system_u:object_r:etc_t:s0
/etc/.*\.conf -- system_u:object_r:conf_t:s0
/etc/passwd[-+]? -- system_u:object_r:passwd_t:s0
/usr(/.*)? system_u:object_r:usr_t:s0
/usr/(.*/)?bin(/.*)? system_u:object_r:bin_t:s0
/usr/lib(64)?(/.*)? system_u:object_r:lib_t:s0
/usr/(.*/)?lib(64)?/.+\.so(\.[^/]*)* -- system_u:object_r:so_t:s0
/usr/lib/deep/one/two(/.*)? system_u:object_r:deep_t:s0
/usr/bin/plain\.sh system_u:object_r:plain_t:s0
/usr/bin/plain\.sh -l system_u:object_r:never_t:s0
/usr/bin/twice system_u:object_r:first_t:s0
/usr/bin/twice system_u:object_r:second_t:s0
/usr/bin/over system_u:object_r:under_t:s0
/dev/null -c system_u:object_r:null_t:s0
/tmp/.* <<none>>
/tmp -d system_u:object_r:tmp_t:s0
/var/run(/.*)? system_u:object_r:run_t:s0
/var/run/.*\.pid <<none>>
/[xyz]/a|/b system_u:object_r:odd_t:s0
/srv/a{2} system_u:object_r:count_t:s0
/srv/\<odd\> system_u:object_r:odd_t:s0
/srv/[[]x system_u:object_r:bracket_t:s0
";

const HOMES: &str = r"/home/[^/]+/.+ user_u:object_r:home_t:s0
/home/[^/]+/\.ssh(/.*)? user_u:object_r:ssh_t:s0
";

const LOCAL: &str = r"/usr/bin/over system_u:object_r:over_t:s0
/etc/local(/.*)? system_u:object_r:local_t:s0
/usr/.*\.local system_u:object_r:late_t:s0
";

fn policy() -> FileContexts {
    let texts = Texts {
        contexts: vec![
            ("file_contexts", CONTEXTS.into()),
            ("file_contexts.homedirs", HOMES.into()),
            ("file_contexts.local", LOCAL.into()),
        ],
        substitutions: b"/opt/own /run/own\n/srv/etc /etc\n".to_vec(),
        distribution: b"/run /var/run\n/lib /usr/lib\n/lib/other /never\n".to_vec(),
    };
    FileContexts::read(&texts).expect("every line makes sense")
}

#[test]
fn labels_are_those_of_libselinux() {
    let policy = policy();
    for (mode, path, wanted) in [
        (0o100_000, "/x", "root_file_t"),
        (0o40_000, "/x", "default_t"),
        (0o40_000, "/", "root_t"),
        (0o100_000, "/etc", "etc_t"),
        (0o40_000, "/etc", "etc_t"),
        (0o100_000, "/etc/a.conf", "conf_t"),
        (0o40_000, "/etc/a.conf", "etc_t"),
        (0o100_000, "/etc/passwd", "passwd_t"),
        (0o100_000, "/etc/passwd-", "passwd_t"),
        (0o100_000, "/etc/passwdx", "etc_t"),
        (0o120_000, "/etc/passwd", "etc_t"),
        (0o100_000, "/usr/x", "usr_t"),
        (0o100_000, "/usr/bin/x", "bin_t"),
        (0o40_000, "/usr/bin", "bin_t"),
        (0o100_000, "/usr/local/bin/x/y", "bin_t"),
        (0o100_000, "/usr/lib/x", "lib_t"),
        (0o100_000, "/usr/lib64/x.so.1", "so_t"),
        (0o120_000, "/usr/lib64/x.so", "lib_t"),
        (0o100_000, "/usr/lib/libx.so", "so_t"),
        (0o100_000, "/usr/lib/deep/one/two/x.so", "deep_t"),
        (0o40_000, "/usr/lib/deep/one/two", "deep_t"),
        (0o100_000, "/usr/bin/plain.sh", "plain_t"),
        (0o120_000, "/usr/bin/plain.sh", "plain_t"),
        (0o100_000, "/usr/bin/plainXsh", "bin_t"),
        (0o100_000, "/usr/bin/twice", "first_t"),
        (0o100_000, "/usr/bin/over", "over_t"),
        (0o20_000, "/dev/null", "null_t"),
        (0o100_000, "/dev/null", "default_t"),
        (0o40_000, "/tmp", "tmp_t"),
        (0o100_000, "/tmp/x", "none"),
        (0o140_000, "/var/run/x", "run_t"),
        (0o100_000, "/var/run/x.pid", "none"),
        (0o100_000, "/run/x.pid", "none"),
        (0o100_000, "/run/x", "run_t"),
        (0o40_000, "/run", "run_t"),
        (0o100_000, "/lib/x", "lib_t"),
        (0o100_000, "/lib/other/x", "default_t"),
        (0o100_000, "/libx", "root_file_t"),
        (0o100_000, "/opt/own/x", "run_t"),
        (0o100_000, "/srv/etc/a.conf", "conf_t"),
        (0o100_000, "/x/a", "odd_t"),
        (0o100_000, "/x/ab", "odd_t"),
        (0o100_000, "/b", "odd_t"),
        (0o100_000, "/srv/aa", "count_t"),
        (0o100_000, "/srv/<odd>", "odd_t"),
        (0o100_000, "/srv/[x", "bracket_t"),
        (0o100_000, "/home/u/f", "user_u:object_r:home_t"),
        (0o100_000, "/home/u/.ssh/key", "user_u:object_r:ssh_t"),
        (0o40_000, "/home/u", "default_t"),
        (0o100_000, "/etc/local/passwd", "local_t"),
        (0o100_000, "/usr/lib/x.local", "late_t"),
        (0o100_000, "//etc//passwd/", "passwd_t"),
        (0o100_000, "/usr/bin/", "bin_t"),
        (0o10_000, "/usr/lib/x.so.local", "late_t"),
    ] {
        let wanted = match wanted {
            "none" => None,
            wanted if wanted.contains(':') => Some(format!("{wanted}:s0\0")),
            wanted => Some(format!("system_u:object_r:{wanted}:s0\0")),
        };
        let label = policy.of(path.as_bytes(), mode).map(|label| String::from_utf8_lossy(&label).into_owned());
        assert_eq!(label, wanted, "{mode:o} {path}");
    }
}

#[test]
fn a_line_without_sense_is_named() {
    let texts = Texts { contexts: vec![("file_contexts", b"/a ctx\n/b\n".to_vec())], ..Texts::default() };
    assert_eq!(
        FileContexts::read(&texts).expect_err("the second line has one word"),
        ("file_contexts", "line 2 is missing fields".to_owned())
    );
}
