//! Details of packages as `info` and `repoquery --info` show them.

use oxidnf_catalog::Package;

use super::units::size;
use crate::output::Output;

/// Where a package is shown to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// An available package of this repository.
    Repository(&'a str),
    /// An installed package that came from this repository, `<unknown>` if nobody knows.
    Installed(&'a str),
}

/// Prints a table of keys and values; keys are padded to the longest of all.
///
/// `obsoletes` are the installed packages that this one replaces, shown in a list of obsoletes only.
pub(crate) fn print(output: &Output, package: &Package<'_>, origin: Origin<'_>, obsoletes: &[String]) {
    print_pairs(output, &pairs(package, origin, obsoletes));
}

fn pairs(package: &Package<'_>, origin: Origin<'_>, obsoletes: &[String]) -> Vec<(&'static str, String)> {
    let mut pairs = vec![
        ("Name", package.name().to_owned()),
        ("Epoch", package.epoch().to_string()),
        ("Version", package.version().to_owned()),
        ("Release", package.release().to_owned()),
        ("Architecture", package.arch().to_owned()),
    ];
    if !obsoletes.is_empty() {
        pairs.push(("Obsoletes", obsoletes.join("\n")));
    }
    if let Origin::Repository(_) = origin {
        pairs.push(("Download size", size(package.package_size())));
    }
    pairs.push(("Installed size", size(package.install_size())));
    if !package.is_source() && !package.sourcerpm().is_empty() {
        pairs.push(("Source", package.sourcerpm().to_owned()));
    }
    match origin {
        Origin::Repository(id) => pairs.push(("Repository", id.to_owned())),
        Origin::Installed(id) => pairs.push(("From repository", id.to_owned())),
    }
    pairs.push(("Summary", package.summary().to_owned()));
    pairs.push(("URL", package.url().to_owned()));
    pairs.push(("License", package.license().to_owned()));
    pairs.push(("Description", package.description().to_owned()));
    let vendor = vendor(package, matches!(origin, Origin::Installed(_)));
    pairs.push(("Vendor", vendor.to_owned()));
    pairs
}

/// Returns the vendor as dnf5 shows it: what C calls a missing text, for installed packages only.
pub(crate) fn vendor<'c>(package: &Package<'c>, installed: bool) -> &'c str {
    match package.vendor() {
        "" if installed => "<NULL>",
        vendor => vendor,
    }
}

/// Prints keys and values; further lines of a value stand below the first.
pub(crate) fn print_pairs(output: &Output, pairs: &[(impl AsRef<str>, String)]) {
    let width = pairs.iter().map(|(key, _)| key.as_ref().len()).max().unwrap_or(0);
    for (key, value) in pairs {
        let mut key = key.as_ref();
        let mut lines = value.split('\n').peekable();
        while let Some(line) = lines.next() {
            if line.is_empty() && lines.peek().is_none() && key.is_empty() {
                break;
            }
            output.line(format!("{key:<width$} : {line}"));
            key = "";
        }
    }
}
