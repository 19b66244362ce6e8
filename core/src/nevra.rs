//! Package names in full: name, epoch, version, release, architecture.

use std::cmp::Ordering;
use std::fmt;

use crate::evr::Evr;

/// Name, epoch, version, release and architecture of one package build.
///
/// Equality is textual (epoch 0 and no epoch are the same); order is by name, then version as rpm compares it, then
/// architecture, so that sorted output is deterministic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nevra {
    /// Package name.
    pub name: String,
    /// Epoch, 0 when the package has none.
    pub epoch: u32,
    /// Version.
    pub version: String,
    /// Release.
    pub release: String,
    /// Architecture; `src` for source packages.
    pub arch: String,
}

impl Nevra {
    /// Returns the version part as an [`Evr`].
    pub fn evr(&self) -> Evr<'_> {
        Evr { epoch: Some(self.epoch), version: &self.version, release: Some(&self.release) }
    }

    /// Displays with the epoch always written: `bash-0:5.2-1.x86_64`.
    pub fn with_epoch(&self) -> impl fmt::Display + '_ {
        FullNevra(self)
    }

    /// Returns `name.arch`.
    pub fn name_arch(&self) -> String {
        format!("{}.{}", self.name, self.arch)
    }

    /// Parses a complete `name-[epoch:]version-release.arch`.
    ///
    /// Returns `None` when a part is missing or empty.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = NevraSpec::parse(text, NevraForm::Nevra)?;
        Some(Nevra {
            name: parts.name.to_owned(),
            epoch: match parts.epoch {
                Some(epoch) => epoch.parse().ok()?,
                None => 0,
            },
            version: parts.version?.to_owned(),
            release: parts.release?.to_owned(),
            arch: parts.arch?.to_owned(),
        })
    }
}

struct FullNevra<'a>(&'a Nevra);

impl fmt::Display for FullNevra<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}", self.0.name, self.0.evr().with_epoch(), self.0.arch)
    }
}

/// Writes the epoch only when it is not 0: `bash-5.2-1.x86_64`.
impl fmt::Display for Nevra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}", self.name, self.evr(), self.arch)
    }
}

impl Ord for Nevra {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| self.evr().rpm_cmp(&other.evr()))
            .then_with(|| self.arch.cmp(&other.arch))
            // Equal versions may be written differently; texts decide, so that Ord agrees with Eq.
            .then_with(|| (&self.version, &self.release).cmp(&(&other.version, &other.release)))
    }
}

impl PartialOrd for Nevra {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The shapes a user's package spec may have, in the order in which dnf5 tries them (reference of dnf5, section 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NevraForm {
    /// `name-[epoch:]version-release.arch`
    Nevra,
    /// `name.arch`
    Na,
    /// `name`
    Name,
    /// `name-[epoch:]version-release`
    Nevr,
    /// `name-[epoch:]version`
    Nev,
}

impl NevraForm {
    /// All forms in the order in which dnf5 tries them.
    pub const ALL: [NevraForm; 5] = [NevraForm::Nevra, NevraForm::Na, NevraForm::Name, NevraForm::Nevr, NevraForm::Nev];
}

/// The parts of a user's spec under one [`NevraForm`]; each part may be a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NevraSpec<'a> {
    /// Name or name glob; never empty.
    pub name: &'a str,
    /// Epoch as written; a glob is possible.
    pub epoch: Option<&'a str>,
    /// Version or version glob.
    pub version: Option<&'a str>,
    /// Release or release glob.
    pub release: Option<&'a str>,
    /// Architecture or architecture glob.
    pub arch: Option<&'a str>,
}

impl<'a> NevraSpec<'a> {
    /// Splits `text` as `form`; `None` when it cannot have that form.
    pub fn parse(text: &'a str, form: NevraForm) -> Option<Self> {
        let none = NevraSpec { name: text, epoch: None, version: None, release: None, arch: None };
        let spec = match form {
            NevraForm::Name => none,
            NevraForm::Na => {
                let (name, arch) = split_last(text, '.')?;
                NevraSpec { name, arch: Some(arch), ..none }
            }
            NevraForm::Nevra => {
                let (rest, arch) = split_last(text, '.')?;
                NevraSpec { arch: Some(arch), ..Self::name_version_release(rest)? }
            }
            NevraForm::Nevr => Self::name_version_release(text)?,
            NevraForm::Nev => {
                let (name, version) = split_last(text, '-')?;
                let (epoch, version) = split_epoch(version);
                NevraSpec { name, epoch, version: Some(version), ..none }
            }
        };
        let given = [Some(spec.name), spec.epoch, spec.version, spec.release, spec.arch];
        // A hyphen in a trailing part means that the text was cut at the wrong place.
        let tail_clean = spec.arch.is_none_or(|arch| split_last(arch, '-').is_none());
        (given.into_iter().flatten().all(|part| !part.is_empty()) && tail_clean).then_some(spec)
    }

    fn name_version_release(text: &'a str) -> Option<Self> {
        let (rest, release) = split_last(text, '-')?;
        let (name, version) = split_last(rest, '-')?;
        let (epoch, version) = split_epoch(version);
        Some(NevraSpec { name, epoch, version: Some(version), release: Some(release), arch: None })
    }
}

/// Splits at the last separator that does not stand in the brackets of a pattern, as in `a-[1-3]-1`.
///
/// witness: compat-tests/tests/odd_specs.rs::brackets
fn split_last(text: &str, separator: char) -> Option<(&str, &str)> {
    let mut end = text.len();
    loop {
        let at = text[..end].rfind([separator, ']'])?;
        if text[at..].starts_with(separator) {
            return Some((&text[..at], &text[at + separator.len_utf8()..]));
        }
        // A bracket that was never opened is a letter like others.
        end = text[..at].rfind('[').unwrap_or(at);
    }
}

fn split_epoch(version: &str) -> (Option<&str>, &str) {
    match version.split_once(':') {
        Some((epoch, version)) => (Some(epoch), version),
        None => (None, version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_displays() {
        let nevra = Nevra::parse("kernel-core-1:6.1.0-2.fc40.x86_64").expect("complete");
        assert_eq!((nevra.name.as_str(), nevra.epoch, nevra.version.as_str()), ("kernel-core", 1, "6.1.0"));
        assert_eq!(nevra.to_string(), "kernel-core-1:6.1.0-2.fc40.x86_64");
        assert_eq!(Nevra::parse("a-1-1.noarch").expect("complete").with_epoch().to_string(), "a-0:1-1.noarch");
        assert_eq!(Nevra::parse("bash"), None);
        assert_eq!(Nevra::parse("bash-x:1-1.noarch"), None);
    }

    #[test]
    fn forms_split_where_dnf5_splits() {
        let nev = NevraSpec::parse("a-b-1:2.0", NevraForm::Nev).expect("splits");
        assert_eq!((nev.name, nev.epoch, nev.version), ("a-b", Some("1"), Some("2.0")));
        assert!(NevraSpec::parse("noarch", NevraForm::Na).is_none());
        let nevr = NevraSpec::parse("a-[1-3]-1", NevraForm::Nevr).expect("splits");
        assert_eq!((nevr.name, nevr.version, nevr.release), ("a", Some("[1-3]"), Some("1")));
        assert_eq!(NevraSpec::parse("*.noarch", NevraForm::Na).expect("splits").arch, Some("noarch"));
    }
}
