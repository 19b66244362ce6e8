//! The options of a repository: their names, types and defaults.

use std::fmt;
use std::num::NonZeroU32;

use oxidnf_core::conf::{
    Bytes, ConfValue, IpResolve, ProxyAuth, ProxyAuthMethods, Seconds, Throttle, ValueError, split_list,
};

use super::RepoConfig;

/// A text that is never shown by accident.
#[derive(Clone, PartialEq, Eq, Default, Hash)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// Returns the text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl ConfValue for Secret {
    fn parse(text: &str) -> Result<Self, ValueError> {
        Ok(Secret::new(text))
    }

    fn render(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// Declares [`RepoOptions`] together with the functions that go through all of its fields.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
        /// Options that a repository inherits from `[main]`.
        ///
        /// [`RepoOptions::default`] has the defaults of dnf5's library.
        #[derive(Debug, Clone, PartialEq)]
        pub struct RepoOptions { $($(#[$doc])* pub $name: $type,)* }

        impl Default for RepoOptions {
            fn default() -> Self {
                RepoOptions { $($name: $default,)* }
            }
        }

        impl RepoOptions {
            /// Names of the options, sorted, without aliases.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// Sets an option from its text in a file; `Ok(false)` when there is no option of this name.
            pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ValueError> {
                match canonical(key) {
                    $(stringify!($name) => self.$name = read(key, value)?,)*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Returns the text of an option; the inner `None` is an option that is not set.
            pub fn render(&self, key: &str) -> Option<Option<String>> {
                match canonical(key) {
                    $(stringify!($name) => Some(self.$name.render()),)*
                    _ => None,
                }
            }
        }
    };
}

options! {
    /// Speed of the line, which a `throttle` in percent is a part of.
    bandwidth: Bytes = Bytes(0),
    /// Whether the parsed form of metadata is kept.
    build_cache: bool = true,
    /// Whether the repository may count machines.
    countme: bool = false,
    /// Accepted, without effect.
    deltarpm: bool = false,
    /// Accepted, without effect.
    deltarpm_percentage: u32 = 75,
    /// Accepted, without effect.
    enablegroups: bool = true,
    /// Whether mirrors are ordered by the time they take to connect.
    fastestmirror: bool = false,
    /// Internet protocol to use.
    ip_resolve: IpResolve = IpResolve::Whatever,
    /// Most downloads from one host at a time.
    max_downloads_per_mirror: u32 = 3,
    /// Most downloads at a time.
    max_parallel_downloads: u32 = 3,
    /// How often a file is tried to be had where there are fewer mirrors; 0 for librepo's rule. Not an option of dnf5.
    max_tries: u32 = 0,
    /// How long metadata is used before it is looked for again.
    metadata_expire: Seconds = Seconds::Of(48 * 3600),
    /// A transfer that stays below this speed for `timeout` is given up; bytes per second.
    minrate: Bytes = Bytes(1000),
    /// Password for the server.
    password: Secret = Secret::default(),
    /// Whether signatures of packages are checked; also called `gpgcheck`.
    pkg_gpgcheck: bool = false,
    /// Proxy; empty for none.
    proxy: String = String::new(),
    /// How to log in at the proxy.
    proxy_auth_method: ProxyAuthMethods = ProxyAuthMethods(vec![ProxyAuth::Any]),
    /// Password for the proxy.
    proxy_password: Option<Secret> = None,
    /// Certificates that the proxy's is checked with.
    proxy_sslcacert: String = String::new(),
    /// Certificate shown to the proxy.
    proxy_sslclientcert: String = String::new(),
    /// Its key.
    proxy_sslclientkey: String = String::new(),
    /// Whether the proxy's certificate is checked.
    proxy_sslverify: bool = true,
    /// User name for the proxy.
    proxy_username: Option<String> = None,
    /// Whether the signature of the repository's index is checked.
    repo_gpgcheck: bool = false,
    /// Whether metadata that is older than what was seen before is refused. Not an option of dnf5.
    refuse_rollback: bool = false,
    /// Whether packages of the repository must be signed by a key of its own `gpgkey`. Not an option of dnf5.
    repo_pinned_keys: bool = false,
    /// Accepted, without effect: mirrors are tried until there are none left.
    retries: u32 = 10,
    /// Whether a repository that cannot be reached is left out instead of ending the run.
    skip_if_unavailable: bool = false,
    /// Certificates that the server's is checked with; empty for the system's.
    sslcacert: String = String::new(),
    /// Certificate shown to the server.
    sslclientcert: String = String::new(),
    /// Its key.
    sslclientkey: String = String::new(),
    /// Whether the server's certificate is checked.
    sslverify: bool = true,
    /// Most bytes per second.
    throttle: Throttle = Throttle::Rate(0),
    /// How long to wait for a connection, and how long a transfer may be slow.
    timeout: Seconds = Seconds::Of(30),
    /// Name told to the server.
    user_agent: String = "libdnf".to_owned(),
    /// User name for the server.
    username: String = String::new(),
}

impl RepoOptions {
    /// Returns the rate limit in bytes per second, if there is one.
    pub fn max_speed(&self) -> Option<u64> {
        let rate = match self.throttle {
            // A number up to 1 is a part of the bandwidth however it is written.
            Throttle::Rate(1) => self.bandwidth.0,
            Throttle::Rate(rate) => rate,
            Throttle::Part(part) => (self.bandwidth.0 as f64 * part) as u64,
        };
        (rate > 0).then_some(rate)
    }
}

/// Options that dnf5 does not have.
const OWN_OPTIONS: &[&str] = &["max_tries", "refuse_rollback", "repo_pinned_keys"];

/// Tells whether an option is one that dnf5 does not have and nobody uses: dumps are compared with dnf5's.
fn is_own_and_unused(name: &str, value: Option<&str>) -> bool {
    OWN_OPTIONS.contains(&name) && value == Some("0")
}

fn canonical(key: &str) -> &str {
    if key == "gpgcheck" { "pkg_gpgcheck" } else { key }
}

fn read<T: ConfValue>(key: &str, value: &str) -> Result<T, ValueError> {
    match key {
        // A word for "no proxy here, whatever main says".
        "proxy" if value.eq_ignore_ascii_case("_none_") => T::parse(""),
        "max_downloads_per_mirror" | "max_parallel_downloads" => {
            NonZeroU32::parse(value)?;
            T::parse(value)
        }
        _ => T::parse(value),
    }
}

/// Names of the options that only repositories have, sorted, without the alias `exclude`.
const OWN: &[&str] = &[
    "baseurl",
    "cost",
    "enabled",
    "enabled_metadata",
    "excludepkgs",
    "gpgkey",
    "includepkgs",
    "mediaid",
    "metalink",
    "mirrorlist",
    "module_hotfixes",
    "name",
    "priority",
    "type",
];

impl RepoConfig {
    /// Sets an option from its text in a file; `Ok(false)` when there is no option of this name.
    ///
    /// `excludepkgs` and `includepkgs` add to what is there; an empty value or one that begins with a comma clears
    /// first.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ValueError> {
        match key {
            "baseurl" => self.baseurl = ConfValue::parse(value)?,
            "cost" => self.cost = ConfValue::parse(value)?,
            "enabled" => self.enabled = ConfValue::parse(value)?,
            "enabled_metadata" => value.clone_into(&mut self.enabled_metadata),
            "excludepkgs" | "exclude" => append(&mut self.excludepkgs, value),
            "gpgkey" => self.gpgkey = ConfValue::parse(value)?,
            "includepkgs" => append(&mut self.includepkgs, value),
            "mediaid" => value.clone_into(&mut self.mediaid),
            "metalink" => self.metalink = Some(value.to_owned()),
            "mirrorlist" => self.mirrorlist = Some(value.to_owned()),
            "module_hotfixes" => self.module_hotfixes = ConfValue::parse(value)?,
            "name" => value.clone_into(&mut self.name),
            "priority" => self.priority = ConfValue::parse(value)?,
            "type" => value.clone_into(&mut self.kind),
            _ => return self.options.set(key, value),
        }
        Ok(true)
    }

    /// Returns every option with its text, sorted by name and with both names of aliases, as dnf5 dumps them.
    ///
    /// `None` is an option that is not set. Passwords are in it: the caller is the one who shows them.
    pub fn dump(&self) -> Vec<(&'static str, Option<String>)> {
        let own = OWN.iter().chain(&["exclude"]).map(|name| (*name, self.render_own(name)));
        let shared = RepoOptions::NAMES.iter().chain(&["gpgcheck"]);
        let shared = shared.map(|name| (*name, self.options.render(name).flatten()));
        let shared = shared.filter(|(name, value)| !is_own_and_unused(name, value.as_deref()));
        let mut all: Vec<_> = own.chain(shared).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    fn render_own(&self, name: &str) -> Option<String> {
        match name {
            "baseurl" => self.baseurl.render(),
            "cost" => self.cost.render(),
            "enabled" => self.enabled.render(),
            "enabled_metadata" => self.enabled_metadata.render(),
            "excludepkgs" | "exclude" => self.excludepkgs.render(),
            "gpgkey" => self.gpgkey.render(),
            "includepkgs" => self.includepkgs.render(),
            "mediaid" => self.mediaid.render(),
            "metalink" => self.metalink.clone(),
            "mirrorlist" => self.mirrorlist.clone(),
            "module_hotfixes" => self.module_hotfixes.render(),
            "name" => self.name.render(),
            "priority" => self.priority.render(),
            "type" => self.kind.render(),
            _ => None,
        }
    }
}

fn append(list: &mut Vec<String>, value: &str) {
    if value.is_empty() || value.starts_with(',') {
        list.clear();
    }
    list.extend(split_list(value));
}
