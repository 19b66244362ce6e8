//! Details of packages as `info` and `repoquery --info` show them.

use std::borrow::Cow;

use oxidnf_catalog::Package;

use super::columns::{cut, display_width};
use super::style::Look;
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
/// `obsoletes` are the installed packages that this one replaces, shown in a list of obsoletes only; `first_line` is the
/// look of the first line.
pub(crate) fn print(
    output: &Output,
    package: &Package<'_>,
    origin: Origin<'_>,
    obsoletes: &[String],
    first_line: Option<&Look>,
) {
    let pairs = pairs(package, origin, obsoletes);
    let width = key_width(&pairs);
    let room = output.real_terminal().map(|columns| columns.saturating_sub(width + SEPARATOR.len()).max(1));
    for (index, (key, value)) in pairs.iter().enumerate() {
        for line in lines(key, width, &wrapped(value, room)) {
            match first_line.filter(|_| index == 0) {
                Some(look) => output.line(look.paint(output, &line)),
                None => output.line(line),
            }
        }
    }
}

/// Breaks the lines of a text that are longer than `room`, wherever that is.
pub(super) fn wrapped(text: &str, room: Option<usize>) -> Cow<'_, str> {
    let Some(room) = room.filter(|room| text.split('\n').any(|line| display_width(line) > *room)) else {
        return text.into();
    };
    let mut broken = Vec::new();
    for line in text.split('\n') {
        let mut rest = line;
        while display_width(rest) > room {
            // A wide character may not fit at all.
            let end = cut(rest, room).len().max(rest.chars().next().map_or(1, char::len_utf8));
            let (start, after) = rest.split_at(end);
            broken.push(start);
            rest = after;
        }
        if line.is_empty() || !rest.is_empty() {
            broken.push(rest);
        }
    }
    broken.join("\n").into()
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
    let width = key_width(pairs);
    for (key, value) in pairs {
        for line in lines(key.as_ref(), width, value) {
            output.line(line);
        }
    }
}

/// What stands between a key and its value.
const SEPARATOR: &str = " : ";

fn key_width(pairs: &[(impl AsRef<str>, String)]) -> usize {
    pairs.iter().map(|(key, _)| key.as_ref().len()).max().unwrap_or(0)
}

fn lines(key: &str, width: usize, value: &str) -> Vec<String> {
    let keys = std::iter::once(key).chain(std::iter::repeat(""));
    let value = value.strip_suffix('\n').unwrap_or(value);
    keys.zip(value.split('\n')).map(|(key, line)| format!("{key:<width$}{SEPARATOR}{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: `dnf5 info` on terminals of several widths.
    #[test]
    fn long_lines_are_broken_for_a_terminal() {
        assert_eq!(wrapped("an application\n\nof old", Some(6)), "an app\nlicati\non\n\nof old");
        assert_eq!(wrapped("日本語", Some(4)), "日本\n語");
        assert_eq!(wrapped("日", Some(1)), "日");
        assert_eq!(wrapped("an application", None), "an application");
    }

    #[test]
    fn further_lines_stand_below_the_first() {
        assert_eq!(lines("Key", 5, "one\n\ntwo\n"), ["Key   : one", "      : ", "      : two"]);
        assert_eq!(lines("Key", 3, ""), ["Key : "]);
    }
}
