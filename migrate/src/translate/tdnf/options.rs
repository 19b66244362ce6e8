//! Options that tdnf has for all commands.

use super::super::Part;
use super::super::call::OptionUse;
use super::super::tdnf_options::{Means, means};
use super::Tdnf;
use crate::word::EXPANSION;

impl Tdnf<'_> {
    /// Options that mean something to every command.
    pub(super) fn shared_options(&mut self) {
        for option in self.call.take("installroot") {
            self.draft.rename(&option, "--installroot");
            self.draft.add("--use-host-config");
            self.draft.differs(
                "tdnf takes configuration and repositories from the root where it has them; --use-host-config always takes the host's",
            );
        }
        for option in self.call.take("exclude") {
            self.exclude(&option);
        }
        for option in self.call.take("setopt") {
            self.setopt(&option);
        }
        for option in self.call.take("repofrompath") {
            self.draft.keep(&option);
            self.draft.differs("tdnf checks signatures of such a repository, dnf5 as [main] says");
        }
    }

    pub(super) fn exclude(&mut self, option: &OptionUse) {
        self.draft.keep(option);
        let Some(value) = &option.value else { return };
        if !value.text.contains(':') {
            return;
        }
        if value.text.contains(EXPANSION) {
            self.draft.lost("dnf5 wants commas between the excluded packages");
        } else {
            let list = value.text.replace(':', ",");
            let word = value.word.unwrap_or(option.word);
            self.draft.becomes(word, vec![Part::New(format!("{}{list}", value.lead))]);
        }
    }

    pub(super) fn setopt(&mut self, option: &OptionUse) {
        let Some(value) = option.value.clone() else { return };
        let Some((key, setting)) = value.text.split_once('=') else {
            self.draft.lost("--setopt wants KEY=VALUE");
            return;
        };
        match key {
            "reposdir" | "cachedir" | "keepcache" => self.draft.keep(option),
            "tsflags" if matches!(setting, "noscripts" | "nodocs") => self.draft.keep(option),
            "snapshottime" | "snapshotexcluderepos" => {
                self.draft.lost("dnf5 has no point in time; oxidnf knows --snapshottime under every name");
            }
            "exclude" => self.draft.lost("write --exclude for dnf5"),
            _ if key.contains('.') || dnf5_obeys(key) => {
                self.draft.lost(format!("tdnf ignores the setting {}, dnf5 obeys it", key.replace(EXPANSION, "…")));
            }
            _ => {
                self.draft.drop(option);
                self.draft.differs(format!("tdnf ignores the setting {}", key.replace(EXPANSION, "…")));
            }
        }
    }

    /// Deals with the options that no command took.
    pub(super) fn options(&mut self) {
        for option in std::mem::take(&mut self.call.options) {
            match means(option.name) {
                Means::Global => self.draft.keep(&option),
                Means::Renamed(text) if option.value.is_some() => self.draft.rename(&option, text),
                Means::Renamed(text) => self.draft.replace(&option, text),
                Means::Nothing(why) => {
                    self.draft.drop(&option);
                    if why.starts_with("tdnf's plug-ins") {
                        self.draft.differs(why);
                    }
                }
                Means::Lost(why) => self.draft.lost(why),
                Means::Command => {
                    self.draft.drop(&option);
                    self.draft.differs(format!("tdnf ignores --{} here", option.name));
                }
            }
        }
    }
}

/// Settings of `dnf.conf` that people give on the command line.
fn dnf5_obeys(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "allow_vendor_change",
        "assumeno",
        "assumeyes",
        "best",
        "check_config_file_age",
        "clean_requirements_on_remove",
        "defaultyes",
        "excludepkgs",
        "exclude_from_weak",
        "fastestmirror",
        "gpgcheck",
        "pkg_gpgcheck",
        "includepkgs",
        "install_weak_deps",
        "installonly_limit",
        "installonlypkgs",
        "ip_resolve",
        "localpkg_gpgcheck",
        "log_size",
        "max_parallel_downloads",
        "metadata_expire",
        "minrate",
        "module_platform_id",
        "multilib_policy",
        "obsoletes",
        "optional_metadata_types",
        "plugins",
        "protected_packages",
        "proxy",
        "proxy_password",
        "proxy_username",
        "repo_gpgcheck",
        "retries",
        "skip_broken",
        "skip_if_unavailable",
        "skip_unavailable",
        "sslcacert",
        "sslverify",
        "strict",
        "throttle",
        "timeout",
        "tsflags",
        "user_agent",
        "varsdir",
        "zchunk",
    ];
    KEYS.contains(&key)
}
