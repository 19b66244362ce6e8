//! Rows of packages as `list` and `check-upgrade` show them.

use oxidnf_core::Nevra;
use serde_json::{Map, Value, json};

use super::columns::{Column, Wish, display_width, row, widths};
use super::style::Look;
use crate::output::Output;
use crate::sanitize::one_line;

/// Name and architecture, version, repository.
const COLUMNS: [Column; 3] =
    [Column::CONTENT, Column::CONTENT, Column { wish: Wish::Content, cut: true, right: false }];

/// What stands before obsoleted packages.
const INDENT: &str = "    ";

/// A package in a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) nevra: Nevra,
    /// Repository; for an installed package the one it came from.
    pub(crate) repo: String,
    /// How it stands to what is installed.
    pub(crate) standing: Standing,
    /// Installed packages that this one obsoletes, in a list of obsoletes.
    pub(crate) obsoletes: Vec<Listed>,
}

/// How a package stands to the installed one of the same name and architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is none, or a newer one.
    Other,
    /// It has the same version.
    Same,
    /// It is older.
    Newer,
}

/// The looks of rows, by their packages' standing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Colors {
    pub(crate) reinstall: Look,
    pub(crate) upgrade: Look,
    pub(crate) other: Look,
}

impl Colors {
    /// Returns the look of a package.
    pub(crate) fn of(&self, standing: Standing) -> &Look {
        match standing {
            Standing::Other => &self.other,
            Standing::Same => &self.reinstall,
            Standing::Newer => &self.upgrade,
        }
    }

    /// Explains the colours behind a title.
    fn legend(&self, output: &Output) -> String {
        let parts = [(&self.reinstall, "reinstall"), (&self.upgrade, "upgrade")];
        let used = parts.into_iter().filter(|(look, _)| output.color() && !look.is_plain());
        let used: Vec<String> =
            used.map(|(look, word)| format!("available for {}", look.paint(output, word))).collect();
        if used.is_empty() { String::new() } else { format!(" ({})", used.join(", ")) }
    }
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
/// Columns are as wide in all sections, and cut only for a terminal: scripts take them apart.
pub(crate) fn print_sections(output: &Output, sections: &[Section], colors: &Colors) -> bool {
    let shown: Vec<&Section> = sections.iter().filter(|section| !section.packages.is_empty()).collect();
    let rows = shown.iter().flat_map(|section| &section.packages);
    let all =
        rows.flat_map(|package| std::iter::once((package, "")).chain(package.obsoletes.iter().map(|o| (o, INDENT))));
    let lengths: Vec<Vec<usize>> =
        all.map(|(package, indent)| cells(package, indent).iter().map(|cell| display_width(cell)).collect()).collect();
    let widths = widths(&COLUMNS, &lengths, output.real_terminal().unwrap_or(usize::MAX / 2), false);
    let line = |package: &Listed, indent: &str| row(&COLUMNS, &widths, &cells(package, indent), false);
    for (index, section) in shown.iter().enumerate() {
        if index > 0 {
            output.line("");
        }
        output.line(format!("{}{}", section.title, colors.legend(output)));
        for package in &section.packages {
            output.line(colors.of(package.standing).paint(output, &line(package, "")));
            for obsoleted in &package.obsoletes {
                output.line(line(obsoleted, INDENT));
            }
        }
    }
    !shown.is_empty()
}

fn cells(package: &Listed, indent: &str) -> [String; 3] {
    let name = format!("{indent}{}", one_line(&package.nevra.name_arch()));
    [name, package.nevra.evr().to_string(), package.repo.clone()]
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
