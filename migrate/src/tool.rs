//! The programs whose calls are looked for.

use std::fmt;

/// A program that dnf5 takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// tdnf, the package manager of Photon and Azure Linux.
    Tdnf,
    /// tdnf with JSON and yes for all questions.
    Tdnfj,
    /// yum, whether yum 3 or a link to dnf 4.
    Yum,
    /// dnf: version 4 and version 5 share the name.
    Dnf,
    /// dnf 4 by a name that says so.
    Dnf4,
    /// microdnf, in small images.
    Microdnf,
    /// yum-config-manager of yum-utils.
    YumConfigManager,
    /// yumdownloader of yum-utils.
    Yumdownloader,
    /// yum-builddep of yum-utils.
    YumBuilddep,
}

const NAMES: &[(&str, Tool)] = &[
    ("tdnf", Tool::Tdnf),
    ("tdnfj", Tool::Tdnfj),
    ("yum", Tool::Yum),
    ("tyum", Tool::Tdnf),
    ("dnf", Tool::Dnf),
    ("dnf4", Tool::Dnf4),
    ("dnf-3", Tool::Dnf4),
    ("microdnf", Tool::Microdnf),
    ("yum-config-manager", Tool::YumConfigManager),
    ("yumdownloader", Tool::Yumdownloader),
    ("yum-builddep", Tool::YumBuilddep),
];

impl Tool {
    /// The tool that a program's name or path names.
    pub fn of_program(program: &str) -> Option<Tool> {
        let name = match program.rsplit_once('/') {
            None => program,
            Some(("/usr/bin" | "/bin" | "/usr/sbin" | "/sbin" | "/usr/local/bin", name)) => name,
            Some(_) => return None,
        };
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, tool)| *tool)
    }

    /// Tells whether a text names a tool at all, so that most files need no parsing.
    pub(crate) fn is_named_in(text: &str) -> bool {
        ["tdnf", "yum", "dnf"].iter().any(|name| text.contains(name))
    }

    /// The name that dnf5 has in the place of this tool: `dnf` may well be dnf5 already and keeps its name.
    pub(crate) fn successor(self) -> &'static str {
        if self == Tool::Dnf { "dnf" } else { "dnf5" }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, tool)| tool == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("tdnf", Some(Tool::Tdnf))]
    #[case("/usr/bin/yum", Some(Tool::Yum))]
    #[case("/opt/own/yum", None)]
    #[case("dnf5", None)]
    #[case("tdnf-config", None)]
    fn by_name(#[case] program: &str, #[case] tool: Option<Tool>) {
        assert_eq!(Tool::of_program(program), tool);
    }
}
