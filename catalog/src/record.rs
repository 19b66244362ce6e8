//! One package as its source describes it, on its way into a catalog.

use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::evr::Evr;
use oxidnf_core::reldep::ReldepRef;

use crate::error::CatalogError;

/// A package from repository metadata, the rpm database or a package file; texts are borrowed from there.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names are rpm's and rpm-md's")]
pub struct Record<'a> {
    pub name: &'a str,
    /// Architecture; `src` (or `nosrc`) for source packages.
    pub arch: &'a str,
    pub epoch: u32,
    pub version: &'a str,
    pub release: &'a str,
    pub summary: &'a str,
    pub description: &'a str,
    pub url: &'a str,
    pub license: &'a str,
    pub vendor: &'a str,
    pub packager: &'a str,
    pub group: &'a str,
    pub build_host: &'a str,
    /// File name of the source package, empty for source packages.
    pub sourcerpm: &'a str,
    /// Path of the package file below its repository's base, or wherever it is.
    pub location: &'a str,
    /// `xml:base` of the location, when the package is elsewhere than its repository.
    pub location_base: Option<&'a str>,
    /// Digest of the package file in hex; a value whose length is wrong for its kind is left out.
    pub checksum: Option<(ChecksumKind, &'a str)>,
    /// Size of the package file.
    pub package_size: u64,
    /// Sum of the sizes of the files.
    pub install_size: u64,
    /// Size of the payload, uncompressed.
    pub archive_size: u64,
    /// First byte of the main header in the package file.
    pub header_start: u64,
    /// First byte after the main header in the package file.
    pub header_end: u64,
    pub file_time: u64,
    pub build_time: u64,
    /// When it was installed, 0 for packages that are not.
    pub install_time: u64,
    /// Number of the header in the rpm database.
    pub hnum: Option<u32>,
    pub provides: Vec<ReldepRef<'a>>,
    /// Requirements; `pre="1"` of rpm-md is [`oxidnf_core::reldep::Sense::PREREQ`]. For installed packages
    /// [`oxidnf_core::reldep::Sense::SCRIPT_PREUN`] marks those that are needed for their removal, too.
    pub requires: Vec<ReldepRef<'a>>,
    pub conflicts: Vec<ReldepRef<'a>>,
    pub obsoletes: Vec<ReldepRef<'a>>,
    pub recommends: Vec<ReldepRef<'a>>,
    pub suggests: Vec<ReldepRef<'a>>,
    pub supplements: Vec<ReldepRef<'a>>,
    pub enhances: Vec<ReldepRef<'a>>,
    pub files: Vec<FileRef<'a>>,
}

impl<'a> Record<'a> {
    /// Returns epoch, version and release together.
    pub fn evr(&self) -> Evr<'a> {
        Evr { epoch: Some(self.epoch), version: self.version, release: Some(self.release) }
    }

    /// Returns the dependencies of one kind.
    pub fn relations(&self, relation: Relation) -> &[ReldepRef<'a>] {
        match relation {
            Relation::Provides => &self.provides,
            Relation::Requires => &self.requires,
            Relation::Conflicts => &self.conflicts,
            Relation::Obsoletes => &self.obsoletes,
            Relation::Recommends => &self.recommends,
            Relation::Suggests => &self.suggests,
            Relation::Supplements => &self.supplements,
            Relation::Enhances => &self.enhances,
        }
    }

    /// Returns the dependencies of one kind for filling.
    pub fn relations_mut(&mut self, relation: Relation) -> &mut Vec<ReldepRef<'a>> {
        match relation {
            Relation::Provides => &mut self.provides,
            Relation::Requires => &mut self.requires,
            Relation::Conflicts => &mut self.conflicts,
            Relation::Obsoletes => &mut self.obsoletes,
            Relation::Recommends => &mut self.recommends,
            Relation::Suggests => &mut self.suggests,
            Relation::Supplements => &mut self.supplements,
            Relation::Enhances => &mut self.enhances,
        }
    }
}

/// The kinds of dependencies that a package has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub enum Relation {
    Provides,
    Requires,
    Conflicts,
    Obsoletes,
    Recommends,
    Suggests,
    Supplements,
    Enhances,
}

impl Relation {
    /// All kinds, in the order in which catalogs store them.
    pub const ALL: [Relation; 8] = [
        Relation::Provides,
        Relation::Requires,
        Relation::Conflicts,
        Relation::Obsoletes,
        Relation::Recommends,
        Relation::Suggests,
        Relation::Supplements,
        Relation::Enhances,
    ];
}

/// What a path in a package's file list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum FileKind {
    /// A file, link or device.
    #[default]
    File,
    /// A directory.
    Directory,
    /// Owned but not shipped.
    Ghost,
}

/// A path of a package, cut into directory and last component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileRef<'a> {
    /// Directory with its final `/`, as in rpm's DIRNAMES; empty for a relative name.
    pub dir: &'a str,
    /// Last component.
    pub name: &'a str,
    /// What it is.
    pub kind: FileKind,
}

impl<'a> FileRef<'a> {
    /// Cuts a full path after its last `/`.
    pub fn new(path: &'a str, kind: FileKind) -> Self {
        let (dir, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        FileRef { dir, name, kind }
    }

    /// Returns the full path.
    pub fn path(&self) -> String {
        format!("{}{}", self.dir, self.name)
    }
}

/// Takes packages one by one, as a parser meets them.
pub trait PackageSink {
    /// Takes one package.
    fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError>;
}
