//! Rows of packages as `list` and `check-upgrade` show them.

use oxidnf_core::Nevra;
use serde_json::{Map, Value, json};

use super::columns::display_width;
use super::style::Style;
use crate::output::Output;
use crate::sanitize::one_line;

/// A package in a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) nevra: Nevra,
    /// Repository; for an installed package the one it came from.
    pub(crate) repo: String,
    /// Installed packages that this one obsoletes, in a list of obsoletes.
    pub(crate) obsoletes: Vec<Listed>,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// Heading.
    pub(crate) title: &'static str,
    /// Key in JSON.
    pub(crate) key: &'static str,
    pub(crate) packages: Vec<Listed>,
}

/// Prints the sections that have packages, separated by blank lines; tells whether there was any.
///
/// Columns are as wide in all sections and never cut: scripts take them apart.
pub(crate) fn print_sections(output: &Output, sections: &[Section]) -> bool {
    let shown: Vec<&Section> = sections.iter().filter(|section| !section.packages.is_empty()).collect();
    let rows = || shown.iter().flat_map(|section| &section.packages);
    let all = rows().flat_map(|package| std::iter::once((package, 0)).chain(package.obsoletes.iter().map(|o| (o, 4))));
    let (mut first, mut second) = (0, 0);
    for (package, indent) in all {
        first = first.max(display_width(&package.nevra.name_arch()) + indent);
        second = second.max(display_width(&package.nevra.evr().to_string()));
    }
    for (index, section) in shown.iter().enumerate() {
        if index > 0 {
            output.line("");
        }
        output.line(Style::Bold.paint(output, section.title));
        for package in &section.packages {
            print_row(output, package, "", first, second);
            for obsoleted in &package.obsoletes {
                print_row(output, obsoleted, "    ", first, second);
            }
        }
    }
    !shown.is_empty()
}

fn print_row(output: &Output, package: &Listed, indent: &str, first: usize, second: usize) {
    let name = format!("{indent}{}", one_line(&package.nevra.name_arch()));
    let evr = package.nevra.evr().to_string();
    output.line(format!("{name:<first$} {evr:<second$} {}", package.repo));
}

/// Returns the sections that have packages as JSON.
pub(crate) fn json(sections: &[Section]) -> Value {
    let shown = sections.iter().filter(|section| !section.packages.is_empty());
    let pairs = shown.map(|section| (section.key.to_owned(), section.packages.iter().map(package_json).collect()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn package_json(package: &Listed) -> Value {
    let mut value = json!({
        "name": package.nevra.name,
        "arch": package.nevra.arch,
        "evr": package.nevra.evr().to_string(),
        "repository": package.repo,
    });
    if let (Value::Object(map), false) = (&mut value, package.obsoletes.is_empty()) {
        map.insert("obsoletes".to_owned(), package.obsoletes.iter().map(package_json).collect());
    }
    value
}
