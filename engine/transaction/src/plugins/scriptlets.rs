//! What is changed for scriptlets before they begin: what they share with the system, their priority, their context.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use super::Plugins;
use crate::selinux::kernel::Kernel;

/// New mounts of the process.
const NEW_MOUNTS: i32 = libc::CLONE_NEWNS;
/// A network of its own, without interfaces.
const NEW_NETWORK: i32 = libc::CLONE_NEWNET;

/// What rpm says where mounts cannot be private, at the first scriptlet.
pub(crate) const NO_PRIVATE_MOUNTS: &str = "private mounts in chroot not implemented";

/// Changes for every scriptlet of a transaction.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// What is not shared: bits of unshare(2).
    pub(crate) unshared: i32,
    /// Directories over which an empty one is mounted.
    pub(crate) hidden: Vec<CString>,
    /// Whether the priorities of CPU and disk are reset.
    pub(crate) reset_priority: bool,
    /// Gives contexts of SELinux.
    pub(crate) kernel: Option<Kernel>,
    /// Mounts are to be private, and cannot be.
    pub(crate) cannot_hide: bool,
}

impl Changes {
    /// Reads what the plug-ins ask for; `on_host` says that the root is that of the running system.
    pub(crate) fn new(plugins: &Plugins, on_host: bool, kernel: Option<Kernel>) -> Self {
        // rpm makes mounts private, or says that it cannot, also where no directory is to be hidden.
        let wanted = plugins.unshare.is_some();
        let unshare = plugins.unshare.clone().unwrap_or_default();
        let paths = unshare.paths.iter().filter_map(|path| CString::new(path.as_os_str().as_bytes()).ok());
        let hide = wanted && on_host;
        let bit = |wanted: bool, bit: i32| if wanted { bit } else { 0 };
        Changes {
            unshared: bit(hide, NEW_MOUNTS) | bit(unshare.network, NEW_NETWORK),
            hidden: if hide { paths.collect() } else { Vec::new() },
            reset_priority: plugins.prioreset,
            kernel,
            cannot_hide: wanted && !on_host,
        }
    }
}
