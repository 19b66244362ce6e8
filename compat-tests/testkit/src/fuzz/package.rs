//! What a package of a random transaction is made of.

/// Bits of FILEFLAGS.
pub mod flag {
    #![allow(missing_docs, reason = "the names are rpm's")]
    pub const CONFIG: u32 = 1;
    pub const DOC: u32 = 2;
    pub const MISSINGOK: u32 = 8;
    pub const NOREPLACE: u32 = 16;
    pub const GHOST: u32 = 64;
    pub const LICENSE: u32 = 128;
    pub const ARTIFACT: u32 = 4096;
}

/// Bits of dependencies (`rpmsenseFlags`) that are used here.
pub mod sense {
    #![allow(missing_docs, reason = "the names are rpm's")]
    pub const ANY: u32 = 0;
    pub const LESS: u32 = 2;
    pub const GREATER: u32 = 4;
    pub const EQUAL: u32 = 8;
    pub const PRETRANS: u32 = 0x80;
    pub const PRE: u32 = 0x200;
    pub const POST: u32 = 0x400;
    pub const PREUN: u32 = 0x800;
    pub const POSTUN: u32 = 0x1000;
    pub const MISSINGOK: u32 = 0x8_0000;
    pub const PREUNTRANS: u32 = 0x10_0000;
    pub const RPMLIB: u32 = 0x0100_0000;
}

/// What scriptlets in Lua print.
pub const LUA_PRINTS: &str = "lua prints";

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Regular(String),
    Directory,
    Symlink(String),
    Fifo,
    Char(u16),
    Block(u16),
    Socket,
}

/// What is wrong with the archive of a package, whose digests are right all the same; numbers choose the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// It ends early.
    Cut(usize),
    /// Some of its bytes are others.
    Spoilt(usize),
    /// A file of the header is not in it.
    Missing(usize),
    /// There is a file that the header does not know.
    Stranger(usize),
    /// Files come in the opposite order.
    Backwards,
    /// The header has another digest for a file.
    Digest(usize),
}

/// One file. Texts are written as Latin-1, so that `é` is a name that is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub struct File {
    pub path: String,
    pub kind: Kind,
    pub mode: u16,
    pub user: &'static str,
    pub group: &'static str,
    pub flags: u32,
    pub mtime: u32,
    pub color: u32,
    pub langs: &'static str,
    pub caps: &'static str,
    /// Regular files of a package with the same number, if it is not 0, are hard links of each other.
    pub link_set: u32,
}

impl File {
    /// Makes a plain file of root.
    pub fn new(path: &str, kind: Kind) -> Self {
        let mode = match kind {
            Kind::Directory => 0o755,
            Kind::Symlink(_) => 0o777,
            _ => 0o644,
        };
        let (user, group, langs, caps) = ("root", "root", "", "");
        let path = path.to_owned();
        File { path, kind, mode, user, group, flags: 0, mtime: 1_600_000_000, color: 0, langs, caps, link_set: 0 }
    }

    /// Makes a regular file.
    pub fn regular(path: &str, content: &str) -> Self {
        File::new(path, Kind::Regular(content.to_owned()))
    }

    /// Makes a directory.
    pub fn dir(path: &str) -> Self {
        File::new(path, Kind::Directory)
    }

    /// Makes a symbolic link.
    pub fn link(path: &str, target: &str) -> Self {
        File::new(path, Kind::Symlink(target.to_owned()))
    }

    /// Adds bits of [`flag`].
    #[must_use]
    pub fn flags(mut self, flags: u32) -> Self {
        self.flags |= flags;
        self
    }

    /// Sets the permissions.
    #[must_use]
    pub fn mode(mut self, mode: u16) -> Self {
        self.mode = mode;
        self
    }

    /// Sets owner and group.
    #[must_use]
    pub fn owner(mut self, user: &'static str, group: &'static str) -> Self {
        (self.user, self.group) = (user, group);
        self
    }

    /// Sets the colour: 1 for 32 bit, 2 for 64 bit.
    #[must_use]
    pub fn color(mut self, color: u32) -> Self {
        self.color = color;
        self
    }

    /// Makes it a hard link of the others of this number.
    #[must_use]
    pub fn linked(mut self, set: u32) -> Self {
        self.link_set = set;
        self
    }

    /// Tells whether any of these bits is set.
    pub fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }
}

/// When a scriptlet runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub enum Moment {
    PreTrans,
    Pre,
    Post,
    PreUn,
    PostUn,
    PostTrans,
    PreUnTrans,
    PostUnTrans,
}

impl Moment {
    /// All of them.
    pub const ALL: [Moment; 8] = [
        Moment::PreTrans,
        Moment::Pre,
        Moment::Post,
        Moment::PreUn,
        Moment::PostUn,
        Moment::PostTrans,
        Moment::PreUnTrans,
        Moment::PostUnTrans,
    ];
}

/// A scriptlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// When it runs.
    pub moment: Moment,
    /// Interpreter with its arguments.
    pub program: Vec<String>,
    /// Text; none for a program that runs without.
    pub body: Option<String>,
    /// 1 expands macros, 2 is a query format, 4 makes failures critical.
    pub flags: u32,
}

/// The family of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Family {
    Package,
    File,
    TransFile,
}

/// When a trigger runs; numbers are those of the dependency flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub enum Sense {
    PreIn = 0x0200_0000,
    In = 0x0001_0000,
    Un = 0x0002_0000,
    PostUn = 0x0004_0000,
}

/// A trigger script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// What sets it off.
    pub family: Family,
    /// When it runs.
    pub sense: Sense,
    /// Packages or prefixes of paths: name, comparison, version.
    pub conditions: Vec<(String, u32, String)>,
    /// Only of file triggers.
    pub priority: Option<u32>,
    /// Interpreter.
    pub program: String,
    /// Text.
    pub body: String,
    /// As [`Script::flags`].
    pub flags: u32,
}

/// A dependency: name, sense bits, version.
pub type Dependency = (String, u32, String);

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub struct Package {
    pub name: String,
    pub epoch: Option<u32>,
    pub version: String,
    pub release: String,
    pub arch: &'static str,
    /// 4 or 6.
    pub format: u32,
    pub compressed: bool,
    /// PGPHASHALGO of file digests: 1, 2, 8 to 12 or 14.
    pub digest_algo: u32,
    pub files: Vec<File>,
    pub scripts: Vec<Script>,
    pub triggers: Vec<Trigger>,
    pub provides: Vec<Dependency>,
    pub requires: Vec<Dependency>,
    pub conflicts: Vec<Dependency>,
    pub obsoletes: Vec<Dependency>,
    pub recommends: Vec<Dependency>,
    pub order: Vec<Dependency>,
    pub prefixes: Vec<String>,
    /// What is wrong with it.
    pub defect: Option<Defect>,
    /// Signatures for fs-verity, base64, one for each file in the order of paths; none leaves the tag out.
    pub verity: Vec<String>,
}

impl Package {
    /// Makes `name-version-1.noarch` without anything in it.
    pub fn new(name: &str, version: &str) -> Self {
        Package {
            name: name.to_owned(),
            epoch: None,
            version: version.to_owned(),
            release: "1".to_owned(),
            arch: "noarch",
            format: 4,
            compressed: true,
            digest_algo: 8,
            files: Vec::new(),
            scripts: Vec::new(),
            triggers: Vec::new(),
            provides: Vec::new(),
            requires: Vec::new(),
            conflicts: Vec::new(),
            obsoletes: Vec::new(),
            recommends: Vec::new(),
            order: Vec::new(),
            prefixes: Vec::new(),
            defect: None,
            verity: Vec::new(),
        }
    }

    /// Returns `name-version-release.arch`.
    pub fn nevra(&self) -> String {
        format!("{}-{}-{}.{}", self.name, self.version, self.release, self.arch)
    }

    /// Returns `[epoch:]version-release`.
    pub fn evr(&self) -> String {
        let epoch = self.epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
        format!("{epoch}{}-{}", self.version, self.release)
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, file: File) -> Self {
        self.files.push(file);
        self
    }

    /// Sets the architecture.
    #[must_use]
    pub fn arch(mut self, arch: &'static str) -> Self {
        self.arch = arch;
        self
    }

    /// Adds a scriptlet for /bin/sh.
    #[must_use]
    pub fn script(mut self, moment: Moment, body: &str) -> Self {
        let program = vec!["/bin/sh".to_owned()];
        self.scripts.push(Script { moment, program, body: Some(body.to_owned()), flags: 0 });
        self
    }

    /// Adds a scriptlet that writes package, moment and arguments into `/scripts.log`.
    #[must_use]
    pub fn logs(self, moment: Moment) -> Self {
        let label = format!("{} {moment:?}", self.nevra());
        self.script(moment, &format!("echo \"{label} $*\" >>/scripts.log"))
    }

    /// Adds a trigger for /bin/sh that writes package, kind, arguments and what it reads into `/scripts.log`.
    #[must_use]
    pub fn trigger(mut self, family: Family, sense: Sense, names: &[&str], priority: Option<u32>) -> Self {
        let label = format!("{} {family:?}{sense:?}{}", self.nevra(), self.triggers.len());
        self.triggers.push(Trigger {
            family,
            sense,
            conditions: names.iter().map(|name| ((*name).to_owned(), sense::ANY, String::new())).collect(),
            priority,
            program: "/bin/sh".to_owned(),
            body: format!("echo \"{label} $*\" >>/scripts.log; cat >>/scripts.log"),
            flags: 0,
        });
        self
    }

    /// Adds an obsoletes without version.
    #[must_use]
    pub fn obsoletes(mut self, name: &str) -> Self {
        self.obsoletes.push((name.to_owned(), sense::ANY, String::new()));
        self
    }

    /// Adds a requirement without version.
    #[must_use]
    pub fn requires(mut self, name: &str, flags: u32) -> Self {
        self.requires.push((name.to_owned(), flags, String::new()));
        self
    }
}
