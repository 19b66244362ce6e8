//! The options of `[main]` (reference of dnf5, section 2.4).

use oxidnf_core::conf::{
    AppendList, Bytes, CacheOnly, ColorMode, ConfValue, Count, GpgcheckPolicy, HistoryListView, InstallonlyLimit,
    IpResolve, MultilibPolicy, Opt, Persistence, PlatformId, Priority, ProxyAuth, ProxyAuthMethods, Seconds, Throttle,
    ValueError, Verbosity,
};
use std::num::NonZeroU32;

/// An option whose type is hidden: it is set from text and shown as text.
pub trait Setting {
    /// Sets the option from the syntax of a configuration file; weaker settings than the one in force change nothing.
    fn set_text(&mut self, priority: Priority, text: &str) -> Result<(), ValueError>;

    /// Returns the value as `--dump-main-config` shows it, `None` when unset.
    fn render(&self) -> Option<String>;

    /// Returns how strongly the value was set.
    fn set_by(&self) -> Priority;
}

impl<T: ConfValue> Setting for Opt<T> {
    fn set_text(&mut self, priority: Priority, text: &str) -> Result<(), ValueError> {
        self.set(priority, T::parse(text)?);
        Ok(())
    }

    fn render(&self) -> Option<String> {
        self.get().render()
    }

    fn set_by(&self) -> Priority {
        self.priority()
    }
}

impl Setting for AppendList {
    fn set_text(&mut self, priority: Priority, text: &str) -> Result<(), ValueError> {
        self.add(priority, text);
        Ok(())
    }

    fn render(&self) -> Option<String> {
        self.get().render()
    }

    fn set_by(&self) -> Priority {
        self.priority()
    }
}

macro_rules! options {
    ($($name:ident: $type:ty = $default:expr;)*) => {
        /// Every option of `[main]`, by its name in the configuration file.
        ///
        /// `exclude` is another name of `excludepkgs`, `gpgcheck` of `pkg_gpgcheck`.
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "the names are dnf5's and documented in its dnf5.conf(5)")]
        pub struct Options {
            $(pub $name: $type,)*
        }

        impl Default for Options {
            fn default() -> Self {
                Options { $($name: $default,)* }
            }
        }

        impl Options {
            /// Returns the option of that name.
            pub fn setting_mut(&mut self, name: &str) -> Option<&mut dyn Setting> {
                match name {
                    "exclude" => Some(&mut self.excludepkgs),
                    "gpgcheck" => Some(&mut self.pkg_gpgcheck),
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }

            /// Returns names and options, sorted by name, other names included.
            pub fn settings(&self) -> Vec<(&'static str, &dyn Setting)> {
                let mut all: Vec<(&'static str, &dyn Setting)> = vec![
                    ("exclude", &self.excludepkgs),
                    ("gpgcheck", &self.pkg_gpgcheck),
                    $((stringify!($name), &self.$name),)*
                ];
                all.sort_by_key(|(name, _)| *name);
                all
            }
        }
    };
}

fn text(value: &str) -> Opt<String> {
    Opt::new(value.to_owned())
}

fn list(items: &[&str]) -> Opt<Vec<String>> {
    Opt::new(items.iter().map(|item| (*item).to_owned()).collect())
}

const ONE_AND_MORE: fn(u32) -> NonZeroU32 = |n| NonZeroU32::new(n).expect("the defaults below are not 0");

options! {
    allow_downgrade: Opt<bool> = Opt::new(true);
    allow_vendor_change: Opt<bool> = Opt::new(true);
    assumeno: Opt<bool> = Opt::new(false);
    assumeyes: Opt<bool> = Opt::new(false);
    autocheck_running_kernel: Opt<bool> = Opt::new(true);
    bandwidth: Opt<Bytes> = Opt::new(Bytes(0));
    best: Opt<bool> = Opt::new(true);
    bugtracker_url: Opt<String> =
        text("https://bugzilla.redhat.com/enter_bug.cgi?product=Fedora&component=dnf");
    build_cache: Opt<bool> = Opt::new(true);
    cachedir: Opt<String> = text("");
    cacheonly: Opt<CacheOnly> = Opt::new(CacheOnly::None);
    check_config_file_age: Opt<bool> = Opt::new(true);
    clean_requirements_on_remove: Opt<bool> = Opt::new(true);
    color: Opt<ColorMode> = Opt::new(ColorMode::Auto);
    color_list_available_downgrade: Opt<String> = text("dim,magenta");
    color_list_available_install: Opt<String> = text("bold,cyan");
    color_list_available_reinstall: Opt<String> = text("bold,green");
    color_list_available_upgrade: Opt<String> = text("bold,blue");
    color_list_installed_extra: Opt<String> = text("bold,red");
    color_list_installed_newer: Opt<String> = text("bold,yellow");
    color_list_installed_older: Opt<String> = text("yellow");
    color_list_installed_reinstall: Opt<String> = text("dim,cyan");
    color_search_match: Opt<String> = text("bold,magenta");
    color_update_installed: Opt<String> = text("dim,red");
    color_update_local: Opt<String> = text("dim,green");
    color_update_remote: Opt<String> = text("bold,green");
    comment: Opt<Option<String>> = Opt::new(None);
    config_file_path: Opt<String> = text("/etc/dnf/dnf.conf");
    countme: Opt<bool> = Opt::new(false);
    debug_solver: Opt<bool> = Opt::new(false);
    debugdir: Opt<String> = text("./debugdata");
    debuglevel: Opt<Verbosity> = Opt::new(Verbosity(2));
    defaultyes: Opt<bool> = Opt::new(false);
    deltarpm: Opt<bool> = Opt::new(false);
    deltarpm_percentage: Opt<u32> = Opt::new(75);
    destdir: Opt<Option<String>> = Opt::new(None);
    disable_excludes: Opt<Vec<String>> = list(&[]);
    diskspacecheck: Opt<bool> = Opt::new(true);
    enabled: Opt<bool> = Opt::new(true);
    enablegroups: Opt<bool> = Opt::new(true);
    errorlevel: Opt<Verbosity> = Opt::new(Verbosity(3));
    exclude_from_weak: AppendList = AppendList::new(&[]);
    exclude_from_weak_autodetect: Opt<bool> = Opt::new(true);
    excludeenvs: AppendList = AppendList::new(&[]);
    excludegroups: AppendList = AppendList::new(&[]);
    excludepkgs: AppendList = AppendList::new(&[]);
    exit_on_lock: Opt<bool> = Opt::new(false);
    fastestmirror: Opt<bool> = Opt::new(false);
    gpgcheck_policy: Opt<GpgcheckPolicy> = Opt::new(GpgcheckPolicy::Legacy);
    gpgkey_dns_verification: Opt<bool> = Opt::new(false);
    group_package_types: Opt<Vec<String>> = list(&["mandatory", "default", "conditional"]);
    history_list_view: Opt<HistoryListView> = Opt::new(HistoryListView::Commands);
    history_record: Opt<bool> = Opt::new(true);
    history_record_packages: Opt<Vec<String>> = list(&["dnf", "rpm"]);
    ignorearch: Opt<bool> = Opt::new(false);
    includepkgs: AppendList = AppendList::new(&[]);
    install_weak_deps: Opt<bool> = Opt::new(true);
    installonly_limit: Opt<InstallonlyLimit> = Opt::new(InstallonlyLimit(NonZeroU32::new(3)));
    installonlypkgs: AppendList = AppendList::new(&[
        "kernel", "kernel-PAE", "installonlypkg(kernel)", "installonlypkg(kernel-module)", "installonlypkg(vm)",
        "multiversion(kernel)",
    ]);
    installroot: Opt<String> = text("/");
    ip_resolve: Opt<IpResolve> = Opt::new(IpResolve::Whatever);
    keepcache: Opt<bool> = Opt::new(false);
    label_files: Opt<bool> = Opt::new(false);
    localpkg_gpgcheck: Opt<bool> = Opt::new(false);
    log_rotate: Opt<Count> = Opt::new(Count(4));
    log_size: Opt<Bytes> = Opt::new(Bytes(1024 * 1024));
    logdir: Opt<String> = text("/var/log");
    max_downloads_per_mirror: Opt<NonZeroU32> = Opt::new(ONE_AND_MORE(3));
    max_parallel_downloads: Opt<NonZeroU32> = Opt::new(ONE_AND_MORE(3));
    metadata_expire: Opt<Seconds> = Opt::new(Seconds::Of(48 * 3600));
    metadata_timer_sync: Opt<Seconds> = Opt::new(Seconds::Of(3 * 3600));
    minrate: Opt<Bytes> = Opt::new(Bytes(1000));
    module_obsoletes: Opt<bool> = Opt::new(false);
    module_platform_id: Opt<Option<PlatformId>> = Opt::new(None);
    module_stream_switch: Opt<bool> = Opt::new(false);
    multilib_policy: Opt<MultilibPolicy> = Opt::new(MultilibPolicy::Best);
    obsoletes: Opt<bool> = Opt::new(true);
    optional_metadata_types: AppendList = AppendList::set_of(&["comps", "updateinfo"]);
    password: Opt<String> = text("");
    persistdir: Opt<String> = text("/var/lib/dnf");
    persistence: Opt<Persistence> = Opt::new(Persistence::Auto);
    pkg_gpgcheck: Opt<bool> = Opt::new(false);
    plugin_conf_dir: Opt<Vec<String>> =
        list(&["/etc/dnf/libdnf5-plugins", "/usr/share/dnf5/libdnf.plugins.conf.d"]);
    pluginconfpath: Opt<String> = text("/etc/dnf/libdnf5-plugins");
    pluginpath: Opt<String> = text("/usr/lib64/libdnf5/plugins/");
    plugins: Opt<bool> = Opt::new(true);
    protect_running_kernel: Opt<bool> = Opt::new(true);
    protected_packages: AppendList = AppendList::new(&["dnf5", "glob:/etc/dnf/protected.d/*.conf"]);
    proxy: Opt<String> = text("");
    proxy_auth_method: Opt<ProxyAuthMethods> = Opt::new(ProxyAuthMethods(vec![ProxyAuth::Any]));
    proxy_password: Opt<Option<String>> = Opt::new(None);
    proxy_sslcacert: Opt<String> = text("");
    proxy_sslclientcert: Opt<String> = text("");
    proxy_sslclientkey: Opt<String> = text("");
    proxy_sslverify: Opt<bool> = Opt::new(true);
    proxy_username: Opt<Option<String>> = Opt::new(None);
    recent: Opt<Count> = Opt::new(Count(7));
    refuse_rollback: Opt<bool> = Opt::new(false);
    repo_gpgcheck: Opt<bool> = Opt::new(false);
    repo_pinned_keys: Opt<bool> = Opt::new(false);
    reposdir: Opt<Vec<String>> = list(&["/etc/yum.repos.d", "/etc/distro.repos.d", "/usr/share/dnf5/repos.d"]);
    reset_nice: Opt<bool> = Opt::new(true);
    retries: Opt<u32> = Opt::new(10);
    rpmdb_parked: Opt<bool> = Opt::new(false);
    rpmverbosity: Opt<String> = text("info");
    skip_broken: Opt<bool> = Opt::new(false);
    skip_if_unavailable: Opt<bool> = Opt::new(false);
    skip_system_repo_lock: Opt<bool> = Opt::new(false);
    skip_unavailable: Opt<bool> = Opt::new(false);
    sslcacert: Opt<String> = text("");
    sslclientcert: Opt<String> = text("");
    sslclientkey: Opt<String> = text("");
    sslverify: Opt<bool> = Opt::new(true);
    strict: Opt<bool> = Opt::new(true);
    system_cachedir: Opt<String> = text("/var/cache/libdnf5");
    system_state_dir: Opt<String> = text("/usr/lib/sysimage/libdnf5");
    throttle: Opt<Throttle> = Opt::new(Throttle::Rate(0));
    timeout: Opt<Seconds> = Opt::new(Seconds::Of(30));
    transaction_history_dir: Opt<String> = text("/usr/lib/sysimage/libdnf5");
    transformdb: Opt<bool> = Opt::new(true);
    tsflags: AppendList = AppendList::new(&[]);
    upgrade_group_objects_upgrade: Opt<bool> = Opt::new(true);
    use_host_config: Opt<bool> = Opt::new(false);
    user_agent: Opt<String> = text("libdnf");
    username: Opt<String> = text("");
    usr_drift_protected_paths: AppendList =
        AppendList::new(&["glob:/etc/dnf/usr-drift-protected-paths.d/*.conf"]);
    varsdir: Opt<Vec<String>> = list(&["/usr/share/dnf5/vars.d", "/etc/dnf/vars"]);
    zchunk: Opt<bool> = Opt::new(true);
}

/// Options that are paths, which may be written as `file://` URLs.
const PATHS: [&str; 12] = [
    "cachedir",
    "config_file_path",
    "debugdir",
    "destdir",
    "installroot",
    "logdir",
    "persistdir",
    "pluginconfpath",
    "pluginpath",
    "system_cachedir",
    "system_state_dir",
    "transaction_history_dir",
];

impl Options {
    /// Sets an option from text; `Ok(false)` when there is no option of that name.
    ///
    /// Setting `strict` also sets `skip_broken` and `skip_unavailable` to the opposite, setting `system_state_dir`
    /// moves `transaction_history_dir`, as in dnf5.
    pub fn set(&mut self, name: &str, priority: Priority, text: &str) -> Result<bool, ValueError> {
        let Some(setting) = self.setting_mut(name) else { return Ok(false) };
        let text = if PATHS.contains(&name) { text.strip_prefix("file://").unwrap_or(text) } else { text };
        if name == "installroot" && !text.starts_with('/') {
            return Err(ValueError::NotAbsolute { text: text.to_owned() });
        }
        setting.set_text(priority, text)?;
        match name {
            "strict" => {
                let strict = bool::parse(text)?;
                for other in [&mut self.skip_broken, &mut self.skip_unavailable] {
                    // What is said as strongly of the option itself stays, in whatever order.
                    if other.priority() < priority {
                        other.set(priority, !strict);
                    }
                }
            }
            // A directory that was given, or moved before, stays.
            "system_state_dir" if !self.transaction_history_dir.is_set() => {
                self.transaction_history_dir.set(priority, text.to_owned());
            }
            _ => {}
        }
        Ok(true)
    }

    /// `gpgcheck_policy`: what was said of packages' signatures also holds for metadata and local files, unless
    /// something was said of those.
    pub(super) fn spread_gpgcheck(&mut self) {
        let checked = self.pkg_gpgcheck.value();
        let policy = self.gpgcheck_policy.value();
        if matches!(policy, GpgcheckPolicy::Full | GpgcheckPolicy::All) && !self.repo_gpgcheck.is_set() {
            self.repo_gpgcheck = Opt::new(checked);
        }
        if policy == GpgcheckPolicy::All && !self.localpkg_gpgcheck.is_set() {
            self.localpkg_gpgcheck = Opt::new(checked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_are_the_same_option() {
        let mut options = Options::default();
        assert!(options.set("gpgcheck", Priority::MainConfig, "1").expect("boolean"));
        assert!(options.pkg_gpgcheck.value());
        assert!(options.set("exclude", Priority::MainConfig, "a").expect("list"));
        assert_eq!(options.excludepkgs.get(), ["a"]);
        assert!(!options.set("nonsense", Priority::MainConfig, "a").expect("unknown is no error"));
    }

    #[test]
    fn strict_speaks_for_two_others() {
        let mut options = Options::default();
        options.set("strict", Priority::MainConfig, "0").expect("boolean");
        assert!(options.skip_broken.value() && options.skip_unavailable.value());
        options.set("system_state_dir", Priority::CommandLine, "/x").expect("text");
        assert_eq!(options.transaction_history_dir.get(), "/x");
    }

    #[test]
    fn names_are_sorted_and_unique() {
        let options = Options::default();
        let names: Vec<_> = options.settings().into_iter().map(|(name, _)| name).collect();
        assert!(names.is_sorted_by(|a, b| a < b));
    }
}
