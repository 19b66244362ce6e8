//! What rpm has as plug-ins, built in: labels and signatures on files, and what scriptlets are kept from.
//!
//! Each one is on when the macro `%__transaction_NAME` is defined, as with rpm; only the labels of SELinux depend on
//! whether it runs, so that a host without rpm does not leave files unlabelled.

pub(crate) mod attributes;
pub(crate) mod scriptlets;
pub(crate) mod syslog;
pub(crate) mod target;

use std::path::PathBuf;

use oxidnf_rpmdb::Macros;

/// When files get labels of SELinux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Labelling {
    /// When SELinux runs here, as with rpm.
    #[default]
    WhenEnabled,
    /// Always, for images that are made elsewhere.
    Always,
}

/// Signatures that become part of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileSignatures {
    /// Whether configuration files get theirs, too.
    pub config_files: bool,
}

/// What scriptlets do not share with the system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unshare {
    /// Directories that are empty for them; only on the running system.
    pub paths: Vec<PathBuf>,
    /// Whether they have no network.
    pub network: bool,
}

/// Which plug-ins are on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plugins {
    /// selinux.
    pub labelling: Labelling,
    /// ima.
    pub ima: Option<FileSignatures>,
    /// fsverity.
    pub fsverity: Option<FileSignatures>,
    /// unshare.
    pub unshare: Option<Unshare>,
    /// prioreset.
    pub prioreset: bool,
    /// syslog.
    pub syslog: bool,
}

impl Plugins {
    /// Reads which ones the macros of the host switch on.
    pub fn read(macros: &Macros) -> Self {
        let text = |name: &str| macros.value(name).filter(|value| !value.is_empty());
        let on = |name: &str| text(&format!("__transaction_{name}")).is_some();
        let number = |name: &str| macros.number(name).is_some_and(|value| value != 0);
        let paths = || text("__transaction_unshare_paths").unwrap_or_default();
        Plugins {
            labelling: Labelling::default(),
            ima: on("ima").then(|| FileSignatures { config_files: number("_ima_sign_config_files") }),
            fsverity: on("fsverity").then(|| FileSignatures { config_files: number("_fsverity_sign_config_files") }),
            unshare: on("unshare").then(|| Unshare {
                paths: paths().split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
                network: number("__transaction_unshare_nonet"),
            }),
            prioreset: on("prioreset"),
            syslog: on("syslog"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_switch_them_on() {
        let mut macros = Macros::default();
        assert_eq!(Plugins::read(&macros), Plugins::default());
        for (name, value) in [
            ("__transaction_unshare", "%{__plugindir}/unshare.so"),
            ("__transaction_unshare_paths", "/tmp:/home"),
            ("__transaction_unshare_nonet", "1"),
            ("__transaction_fsverity", "x"),
            ("_fsverity_sign_config_files", "1"),
            ("__transaction_prioreset", "x"),
        ] {
            macros.define(name, value);
        }
        let unshare = Unshare { paths: vec!["/tmp".into(), "/home".into()], network: true };
        let fsverity = Some(FileSignatures { config_files: true });
        let wanted = Plugins { unshare: Some(unshare), fsverity, prioreset: true, ..Plugins::default() };
        assert_eq!(Plugins::read(&macros), wanted);
    }
}
