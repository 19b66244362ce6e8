//! What a user may call a package.

use oxidnf_core::nevra::NevraForm;

use crate::query::Query;
use crate::sack::Sack;
use crate::set::PackageSet;

/// Which readings of a spec are tried (reference of dnf5, section 5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecSettings {
    /// Names and NEVRAs match whatever their case.
    pub icase: bool,
    /// Try the name and NEVRA forms.
    pub with_nevra: bool,
    /// Try as provide.
    pub with_provides: bool,
    /// Try as file name.
    pub with_filenames: bool,
    /// Try as program in `/usr/bin` and `/usr/sbin`.
    pub with_binaries: bool,
    /// Take `*`, `?` and `[` as wildcards.
    pub expand_globs: bool,
    /// Match source packages, too.
    pub with_source: bool,
    /// Forms to try; empty means all of them, and the whole-NEVRA glob after them.
    pub forms: Vec<NevraForm>,
}

impl Default for SpecSettings {
    /// Everything but `icase`, as `install` does it.
    fn default() -> Self {
        SpecSettings {
            icase: false,
            with_nevra: true,
            with_provides: true,
            with_filenames: true,
            with_binaries: true,
            expand_globs: true,
            with_source: false,
            forms: Vec::new(),
        }
    }
}

/// The reading under which a spec matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecForm {
    /// As name, possibly with version and architecture.
    Nevra(NevraForm),
    /// As a pattern for the whole NEVRA.
    WholeNevra,
    /// As provide.
    Provides,
    /// As file name.
    File,
    /// As program in `/usr/bin` or `/usr/sbin`.
    Binary,
}

/// What a spec matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecMatch {
    /// The packages; empty when nothing matched.
    pub packages: PackageSet,
    /// The reading that matched.
    pub form: Option<SpecForm>,
}

/// Why a spec matched nothing, for the hint that dnf5 prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecHint {
    /// It matches when upper and lower case are the same; the names.
    OnlyIcase(Vec<String>),
    /// It matches source packages only.
    OnlySource,
    /// It matches packages that versionlock excludes only.
    OnlyVersionlocked,
    /// It matches excluded packages only.
    OnlyExcluded,
    /// It matches packages of other architectures only; which.
    OtherArch(Vec<String>),
}

/// Finds what a spec means among all considered packages.
pub fn resolve_spec(sack: &Sack, text: &str, settings: &SpecSettings) -> SpecMatch {
    Query::new(sack).resolve_spec(text, settings)
}

/// Finds out why a spec matches nothing.
pub fn spec_hints(sack: &Sack, text: &str, settings: &SpecSettings) -> Vec<SpecHint> {
    let _ = (sack, text, settings);
    Vec::new()
}

impl Query<'_> {
    /// Finds what a spec means among the packages of the query.
    pub fn resolve_spec(&self, text: &str, settings: &SpecSettings) -> SpecMatch {
        let _ = (text, settings);
        SpecMatch::default()
    }
}
