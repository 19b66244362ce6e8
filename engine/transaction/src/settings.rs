//! What a transaction is told from outside: flags, filters and the values that rpm takes from its macros.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::ops::{BitOr, BitOrAssign};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use oxidnf_core::Nevra;
use oxidnf_core::header::query::{BareHost, QueryHost};
use oxidnf_core::package_file::{PackageFile, VerifyFlags, VerifyItem, VerifyLevel};
use oxidnf_rpmdb::Macros;

use crate::plugins::Plugins;

/// Bits that switch parts of a transaction off; numbers are rpm's `rpmtransFlags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u32);

#[allow(missing_docs, reason = "the names are rpm's")]
impl Flags {
    pub const NONE: Flags = Flags(0);
    pub const TEST: Flags = Flags(1);
    pub const NOSCRIPTS: Flags = Flags(1 << 2);
    pub const JUSTDB: Flags = Flags(1 << 3);
    pub const NOTRIGGERS: Flags = Flags(1 << 4);
    pub const NODOCS: Flags = Flags(1 << 5);
    pub const ALLFILES: Flags = Flags(1 << 6);
    pub const NOCONTEXTS: Flags = Flags(1 << 8);
    pub const NOCAPS: Flags = Flags(1 << 9);
    pub const NODB: Flags = Flags(1 << 10);
    pub const NOPREUNTRANS: Flags = Flags(1 << 14);
    pub const NOPOSTUNTRANS: Flags = Flags(1 << 15);
    pub const NOTRIGGERPREIN: Flags = Flags(1 << 16);
    pub const NOPRE: Flags = Flags(1 << 17);
    pub const NOPOST: Flags = Flags(1 << 18);
    pub const NOTRIGGERIN: Flags = Flags(1 << 19);
    pub const NOTRIGGERUN: Flags = Flags(1 << 20);
    pub const NOPREUN: Flags = Flags(1 << 21);
    pub const NOPOSTUN: Flags = Flags(1 << 22);
    pub const NOTRIGGERPOSTUN: Flags = Flags(1 << 23);
    pub const NOPRETRANS: Flags = Flags(1 << 24);
    pub const NOPOSTTRANS: Flags = Flags(1 << 25);
    pub const NOSYSUSERS: Flags = Flags(1 << 26);
    pub const NOFILEDIGEST: Flags = Flags(1 << 27);
    pub const NOARTIFACTS: Flags = Flags(1 << 29);
    pub const NOCONFIGS: Flags = Flags(1 << 30);

    const ALL_SCRIPTS: Flags = Flags(
        Self::NOPRE.0
            | Self::NOPOST.0
            | Self::NOPREUN.0
            | Self::NOPOSTUN.0
            | Self::NOPRETRANS.0
            | Self::NOPOSTTRANS.0
            | Self::NOPREUNTRANS.0
            | Self::NOPOSTUNTRANS.0,
    );
    const ALL_TRIGGERS: Flags =
        Flags(Self::NOTRIGGERPREIN.0 | Self::NOTRIGGERIN.0 | Self::NOTRIGGERUN.0 | Self::NOTRIGGERPOSTUN.0);

    /// Tells whether any of the given bits is set.
    pub const fn any(self, bits: Flags) -> bool {
        self.0 & bits.0 != 0
    }

    /// Returns the flags with those that follow from others: no scripts means no triggers, and so on.
    pub fn folded(mut self) -> Flags {
        if self.any(Flags(Self::TEST.0 | Self::JUSTDB.0 | Self::NOSCRIPTS.0)) {
            self |= Flags(Self::ALL_SCRIPTS.0 | Self::ALL_TRIGGERS.0);
        }
        if self.any(Self::NOTRIGGERS) {
            self |= Self::ALL_TRIGGERS;
        }
        if self.any(Self::TEST) {
            self |= Self::NOSYSUSERS;
        }
        self
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

/// Bits that make the transaction overlook problems; numbers are rpm's `rpmprobFilterFlags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter(pub u32);

#[allow(missing_docs, reason = "the names are rpm's")]
impl Filter {
    pub const NONE: Filter = Filter(0);
    pub const IGNOREOS: Filter = Filter(1);
    pub const IGNOREARCH: Filter = Filter(2);
    pub const REPLACEPKG: Filter = Filter(4);
    pub const FORCERELOCATE: Filter = Filter(8);
    pub const REPLACENEWFILES: Filter = Filter(16);
    pub const REPLACEOLDFILES: Filter = Filter(32);
    pub const OLDPACKAGE: Filter = Filter(64);
    pub const DISKSPACE: Filter = Filter(128);
    pub const DISKNODES: Filter = Filter(256);
    pub const VERIFY: Filter = Filter(512);

    /// Tells whether any of the given bits is set.
    pub const fn any(self, bits: Filter) -> bool {
        self.0 & bits.0 != 0
    }
}

impl BitOr for Filter {
    type Output = Filter;
    fn bitor(self, other: Filter) -> Filter {
        Filter(self.0 | other.0)
    }
}

/// Which files of a package stay out (reference of rpm, 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSelection {
    /// `_install_langs`: wanted languages; `all` wants every one.
    pub langs: Vec<String>,
    /// `_netsharedpath`: trees that another machine provides.
    pub netshared: Vec<PathBuf>,
    /// `_excludedocs` or `tsflags=nodocs`.
    pub exclude_docs: bool,
    /// Paths that are left out together with everything below them (`--excludepath`).
    pub exclude_paths: Vec<PathBuf>,
}

impl FileSelection {
    /// Tells whether a prefix of a relocatable package is one of the paths to leave out: then it is put nowhere, and
    /// neither the record nor scriptlets know it.
    pub(crate) fn excludes_prefix(&self, prefix: &[u8]) -> bool {
        let bare = |path: &[u8]| path.strip_suffix(b"/").unwrap_or(path).to_vec();
        self.exclude_paths.iter().any(|path| bare(path.as_os_str().as_bytes()) == bare(prefix))
    }
}

impl Default for FileSelection {
    fn default() -> Self {
        FileSelection {
            langs: vec!["all".to_owned()],
            netshared: Vec::new(),
            exclude_docs: false,
            exclude_paths: Vec::new(),
        }
    }
}

/// Where times come from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// Asks this function for the seconds since 1970 whenever a record is written.
    System(fn() -> u64),
    /// `SOURCE_DATE_EPOCH`: the first record gets this time, each later one a second more.
    Epoch(u64),
}

/// Knows what the signatures of packages are worth; whoever has a keyring does.
pub trait SignatureJudge: std::fmt::Debug + Send + Sync {
    /// Judges all signatures of a package but the disabled kinds; several packages may be judged at once.
    ///
    /// The error says in one line why the package cannot be judged.
    fn judge(&self, package: &PackageFile, disabled: VerifyFlags) -> Result<Vec<VerifyItem>, String>;
}

/// Everything that a transaction is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Parts to switch off.
    pub flags: Flags,
    /// Problems to overlook.
    pub filter: Filter,
    /// Transaction id: the time of its start; becomes INSTALLTID and the suffix of temporary names.
    pub tid: u32,
    /// Source of INSTALLTIME.
    pub clock: Clock,
    /// `_transaction_color`: 3 on multilib platforms, else 0.
    pub color: u32,
    /// `_prefer_color`: 2 for 64 bit.
    pub prefer_color: u32,
    /// Architectures that may be installed here, best first; empty accepts every one.
    pub arches: Vec<String>,
    /// `_install_script_path`: PATH of scriptlets.
    pub script_path: OsString,
    /// `_tmppath` inside the root.
    pub tmp_path: PathBuf,
    /// Command line of `%{__systemd_sysusers}`; none creates no users.
    pub sysusers: Option<String>,
    /// Macros of the host, for scriptlets that ask for them (`%post -e`, `rpm.expand`); without, the former fail.
    pub macros: Option<Macros>,
    /// Who knows times and signatures, for scriptlets that are query formats (`%post -q`).
    pub query_host: Arc<dyn QueryHost>,
    /// Whether rpm would be told to be verbose, as it is by dnf5; such scriptlets can ask for that.
    pub verbose: bool,
    /// Whether dependencies are among what [`Prepared::test`](crate::Prepared::test) and
    /// [`Prepared::check`](crate::Prepared::check) look at.
    pub check_dependencies: bool,
    /// What rpm has as plug-ins.
    pub plugins: Plugins,
    /// Files to leave out.
    pub selection: FileSelection,
    /// How package files are checked before anything is changed (`_pkgverify_level`); without a check the records get
    /// no PACKAGEDIGESTS.
    pub verify: VerifyLevel,
    /// What this check leaves out (`_pkgverify_flags`).
    pub verify_flags: VerifyFlags,
    /// Judge of signatures; without, packages count as unsigned.
    pub signatures: Option<Arc<dyn SignatureJudge>>,
    /// Bytes of unpacked payload that may wait in memory.
    pub memory: usize,
    /// Threads that decompress and write; at most this many work at a time.
    pub threads: NonZeroUsize,
}

impl Settings {
    /// Returns what is put behind temporary names, as rpm does.
    pub(crate) fn temporary_suffix(&self) -> String {
        temporary_suffix(self.tid)
    }

    /// Tells whether rpm takes an installed package for the very same one: without colours an architecture does not make
    /// it another one.
    pub(crate) fn same_package(&self, nevra: &Nevra, installed: &Nevra) -> bool {
        let same_arch = self.color == 0 || installed.arch == nevra.arch;
        same_arch && (Nevra { arch: nevra.arch.clone(), ..installed.clone() } == *nevra)
    }

    /// Returns rpm's defaults for an x86_64 machine with this transaction id and clock.
    pub fn new(tid: u32, clock: Clock) -> Self {
        Settings {
            flags: Flags::NONE,
            filter: Filter::NONE,
            tid,
            clock,
            color: 3,
            prefer_color: 2,
            arches: Vec::new(),
            script_path: OsString::from("/sbin:/bin:/usr/sbin:/usr/bin:/usr/X11R6/bin"),
            tmp_path: PathBuf::from("/var/tmp"),
            sysusers: None,
            macros: None,
            query_host: Arc::new(BareHost),
            verbose: false,
            check_dependencies: true,
            plugins: Plugins::default(),
            selection: FileSelection::default(),
            verify: VerifyLevel::default(),
            verify_flags: VerifyFlags::default(),
            signatures: None,
            memory: 4 << 20,
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }
}

/// Returns what a transaction puts behind the names of files that are not in place yet; the same as rpm's.
pub(crate) fn temporary_suffix(tid: u32) -> String {
    format!(";{tid:08x}")
}
