//! What packages may ask of the program that installs them.

use oxidnf_core::reldep::Sense;

use crate::providers::{Range, overlap};

/// The features of rpm 6.1, all of which are built here, each with the version that brought it.
const FEATURES: [(&str, &str); 21] = [
    ("BuiltinLuaScripts", "4.2.2-1"),
    ("CaretInVersions", "4.15.0-1"),
    ("CompressedFileNames", "3.0.4-1"),
    ("ConcurrentAccess", "4.1-1"),
    ("DynamicBuildRequires", "4.15.0-1"),
    ("ExplicitPackageProvide", "4.0-1"),
    ("FileCaps", "4.6.1-1"),
    ("FileDigests", "4.6.0-1"),
    ("HeaderLoadSortsTags", "4.0.1-1"),
    ("LargeFiles", "4.12.0-1"),
    ("PartialHardlinkSets", "4.0.4-1"),
    ("PayloadFilesHavePrefix", "4.0-1"),
    ("PayloadIsBzip2", "3.0.5-1"),
    ("PayloadIsLzma", "4.4.2-1"),
    ("PayloadIsXz", "5.2-1"),
    ("PayloadIsZstd", "5.4.18-1"),
    ("RichDependencies", "4.12.0-1"),
    ("ScriptletExpansion", "4.9.0-1"),
    ("ScriptletInterpreterArgs", "4.0.3-1"),
    ("TildeInVersions", "4.10.0-1"),
    ("VersionedDependencies", "3.0.3-1"),
];

/// Tells whether a dependency on `rpmlib(…)` is met by this program.
pub fn is_feature(name: &str, sense: Sense, evr: &str) -> bool {
    provides(name.as_bytes(), (sense, evr.as_bytes()))
}

/// Tells whether `rpmlib(…)` is provided in a range.
pub(super) fn provides(name: &[u8], range: Range<'_>) -> bool {
    let feature = name.strip_prefix(b"rpmlib(").and_then(|rest| rest.strip_suffix(b")"));
    let known = FEATURES.iter().find(|(known, _)| feature == Some(known.as_bytes()));
    known.is_some_and(|(_, version)| overlap((Sense::EQUAL, version.as_bytes()), range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_have_versions() {
        let at_most = |version: &'static str| (Sense::LESS | Sense::EQUAL, version.as_bytes());
        // rpmbuild writes a later version than the one that is provided, which overlaps all the same.
        assert!(provides(b"rpmlib(PayloadIsLzma)", at_most("4.4.6-1")));
        assert!(provides(b"rpmlib(PayloadIsZstd)", at_most("5.4.18-1")));
        assert!(!provides(b"rpmlib(PayloadIsZstd)", at_most("5.4.17-1")));
        assert!(!provides(b"rpmlib(Telepathy)", at_most("1-1")));
        assert!(!provides(b"PayloadIsZstd", at_most("5.4.18-1")));
    }
}
