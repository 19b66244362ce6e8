//! What each option of `[main]` accepts, and what it then says: type by type, every option with every text.

use oxidnf_testkit::table::{Case, compare};

/// Options of one type and the texts that each of them is given.
struct Type {
    options: &'static [&'static str],
    texts: &'static [&'static str],
}

const BOOLEANS: &[&str] = &[
    "allow_downgrade",
    "allow_vendor_change",
    "assumeno",
    "assumeyes",
    "autocheck_running_kernel",
    "best",
    "build_cache",
    "check_config_file_age",
    "clean_requirements_on_remove",
    "countme",
    "debug_solver",
    "defaultyes",
    "deltarpm",
    "diskspacecheck",
    "enabled",
    "enablegroups",
    "exclude_from_weak_autodetect",
    "exit_on_lock",
    "fastestmirror",
    "gpgkey_dns_verification",
    "history_record",
    "ignorearch",
    "install_weak_deps",
    "keepcache",
    "localpkg_gpgcheck",
    "module_obsoletes",
    "module_stream_switch",
    "obsoletes",
    "pkg_gpgcheck",
    "protect_running_kernel",
    "proxy_sslverify",
    "repo_gpgcheck",
    "reset_nice",
    "skip_if_unavailable",
    "skip_system_repo_lock",
    "sslverify",
    "transformdb",
    "upgrade_group_objects_upgrade",
    "zchunk",
];

const TYPES: &[Type] = &[
    Type {
        options: BOOLEANS,
        texts: &[
            "1", "0", "yes", "no", "true", "false", "on", "off", "YES", "No", "oFF", "TRUE", "", "2", "maybe", "y",
            "t", "1 0", "-1", "enabled", "\"1\"", "'0'",
        ],
    },
    Type {
        options: &["debuglevel", "deltarpm_percentage", "errorlevel", "log_rotate", "recent", "retries"],
        texts: &[
            "0",
            "1",
            "-1",
            "+5",
            "007",
            "4294967295",
            "4294967296",
            "2147483648",
            "1.5",
            "x",
            "",
            "0x10",
            "1e3",
            "7x",
            "7 8",
            "99999999999999999999",
        ],
    },
    Type {
        options: &["max_downloads_per_mirror", "max_parallel_downloads"],
        texts: &["0", "1", "-1", "20", "21", "1000", "", "x", "+2", "1.5", "4294967296"],
    },
    Type {
        options: &["installonly_limit"],
        texts: &["0", "1", "2", "3", "-1", "<off>", "off", "unlimited", "", "1.5", "4x", "+4", "4294967296"],
    },
    Type {
        options: &["metadata_expire", "metadata_timer_sync", "timeout"],
        texts: &[
            "never",
            "-1",
            "0",
            "1",
            "1s",
            "1m",
            "1h",
            "1d",
            "1.5h",
            "90 m",
            "NEVER",
            "Never",
            "-2",
            "1y",
            "",
            "h",
            "1hh",
            "1e3",
            "0.5",
            "0.5m",
            "1H",
            "1D",
            "1S",
            "1w",
            "inf",
            "nan",
            "9999999999",
            "-1s",
            "-0",
            "1.s",
            ".5h",
            "+1",
            "0x10",
            "1 d x",
        ],
    },
    Type {
        options: &["bandwidth", "log_size", "minrate"],
        texts: &[
            "0", "1", "1k", "1K", "1M", "1m", "1G", "1g", "0.5k", "1.5M", "1T", "", "-1", "1 k", "1e3", "1kb", "10 ",
            "0.1", "1.9", ".5k", "+1", "0x10",
        ],
    },
    Type {
        options: &["throttle"],
        texts: &[
            "0", "100", "50%", "0%", "100%", "101%", "1k", "0.5", "1", "-1", "50 %", "1.5", "2.5M", "-1%", "33%",
            "12.5%", "", "1%k", "0.1%", "2", "1000000", "10000000",
        ],
    },
    Type { options: &["cacheonly"], texts: &["none", "metadata", "all", "All", "0", "1", "", "yes"] },
    Type { options: &["ip_resolve"], texts: &["ipv4", "ipv6", "4", "6", "IPv4", "IPV6", "whatever", "", "5"] },
    Type {
        options: &["color"],
        texts: &[
            "auto", "always", "never", "on", "yes", "1", "true", "off", "no", "0", "false", "tty", "if-tty", "ON", "",
        ],
    },
    Type { options: &["multilib_policy"], texts: &["best", "all", "Best", "", "none"] },
    Type { options: &["gpgcheck_policy"], texts: &["legacy", "full", "all", "Full", "", "none"] },
    Type { options: &["persistence"], texts: &["auto", "persist", "transient", "Auto", "", "no"] },
    Type {
        options: &["proxy_auth_method"],
        texts: &["any", "none", "basic", "digest", "negotiate", "ntlm", "digest_ie", "ntlm_wb", "Basic", "", "x"],
    },
    Type {
        options: &["rpmverbosity"],
        texts: &["critical", "emergency", "error", "warn", "warning", "info", "debug", "INFO", "x", ""],
    },
    Type {
        options: &["history_list_view"],
        texts: &["single-user-commands", "users", "commands", "default", "cmds", "Users", "x", ""],
    },
    Type {
        options: &[
            "exclude_from_weak",
            "excludeenvs",
            "excludegroups",
            "excludepkgs",
            "includepkgs",
            "installonlypkgs",
            "optional_metadata_types",
            "protected_packages",
            "tsflags",
            "usr_drift_protected_paths",
            "disable_excludes",
            "group_package_types",
            "history_record_packages",
        ],
        texts: LISTS,
    },
    Type {
        options: &[
            "bugtracker_url",
            "color_list_available_downgrade",
            "color_list_installed_extra",
            "color_search_match",
            "color_update_remote",
            "comment",
            "debugdir",
            "destdir",
            "module_platform_id",
            "password",
            "persistdir",
            "proxy_sslcacert",
            "proxy_sslclientcert",
            "proxy_sslclientkey",
            "sslcacert",
            "sslclientcert",
            "sslclientkey",
            "user_agent",
            "username",
        ],
        texts: &[
            "word",
            "two words",
            "",
            "\"quoted\"",
            "'single'",
            "\"half",
            "a=b",
            "# not a comment",
            "/absolute/path",
            "relative/path",
            "file:///x",
            "a\\,b",
            "ünï",
            "name:stream",
            "a:b:c",
            "\"\"",
            "\"",
            "a;b",
            "${nothing}",
            "$arch",
        ],
    },
    Type {
        options: &["proxy"],
        texts: &[
            "http://h:1",
            "https://h:1",
            "socks5://h:1",
            "socks5h://h",
            "socks4://h",
            "socks4a://h",
            "socks://h",
            "ftp://h",
            "h:1",
            "h",
            "",
            "_none_",
            "_NONE_",
            "http://u:p@h:1/x",
            "HTTP://h",
            "none",
        ],
    },
    Type { options: &["proxy_password", "proxy_username"], texts: &["x", "", "a b", "ü"] },
    Type { options: &["pluginpath", "pluginconfpath"], texts: &["/p", "/p/", "relative"] },
    Type { options: &["plugin_conf_dir"], texts: &["/p", "/p,/q", "relative"] },
];

const LISTS: &[&str] = &[
    "a",
    "a,b",
    "a b",
    "a, b",
    "a ,b,,c",
    "",
    ",",
    ",z",
    " ,z",
    "a,",
    "a\n b\n c,d",
    "a\\,b",
    "a\\ b",
    "a\\b",
    "b,a,b",
    "*",
    "a\\",
    "a\tb",
    "\"a,b\"",
    "a\\\\,b",
    "é,ü",
    "a=1,b=2",
];

/// Returns the main files of all rounds: in each, every option has the next text of its type.
fn rounds() -> impl Iterator<Item = String> {
    let count = TYPES.iter().map(|group| group.texts.len()).max().unwrap_or_default();
    (0..count).map(|round| {
        let mut conf = String::from("[main]\n");
        for Type { options, texts } in TYPES {
            // A small log turns over within the run, and what is compared of it would be gone.
            let options = options.iter().filter(|option| **option != "log_size");
            if let Some(text) = texts.get(round) {
                options.for_each(|option| conf.push_str(&format!("{option}={text}\n")));
            }
        }
        conf
    })
}

#[test]
fn every_type_in_a_file() {
    let cases: Vec<Case> = rounds().map(|conf| Case::new("--dump-main-config").conf(&conf)).collect();
    compare(&cases);
}

/// A bad value of the command line ends the run, so texts that may be bad are runs of their own, with one option of
/// their type. Texts that any option of their type takes are given to all of its options in one run.
#[test]
fn every_type_on_the_command_line() {
    let mut cases = Vec::new();
    for Type { options, texts } in TYPES {
        let option = options[options.len() / 2];
        for text in texts.iter().filter(|text| !text.contains('\n')) {
            cases.push(Case::new("--dump-main-config").arg(&format!("--setopt={option}={text}")));
        }
        let all = options.iter().map(|option| format!("--setopt={option}={}", texts[0]));
        cases.push(all.fold(Case::new("--dump-main-config"), |case, arg| case.arg(&arg)));
    }
    compare(&cases);
}

#[test]
fn texts_that_dnf5_does_not_understand_itself() {
    let beyond = "C++ leaves open what becomes of numbers beyond the type; here they are refused or kept";
    let unnamed = "dnf5 shows the name of a function of C++";
    let plugins = "dnf5 looks for the libraries of its plug-ins, and there are none here";
    let case = |setting: &str| Case::new("--dump-main-config").arg(&format!("--setopt={setting}"));
    let in_file = |setting: &str| Case::new("--dump-main-config").conf(&format!("[main]\n{setting}\n"));
    compare(&[
        case("log_size=inf").departs(beyond),
        case("log_size=9999999999999").departs(beyond),
        in_file("bandwidth=inf").departs(beyond),
        in_file("minrate=9999999999999").departs(beyond),
        case("throttle=x%").departs(unnamed),
        case("throttle=%").departs(unnamed),
        case("pluginconfpath=").departs(plugins),
        case("plugin_conf_dir=").departs(plugins),
        case("pluginpath=relative").departs(plugins),
    ]);
}
