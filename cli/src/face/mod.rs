//! Faces: what the program looks like, chosen by the name it is called by.

pub mod dnf5;
pub mod tdnf;

#[cfg(test)]
mod both_tests;

use std::path::Path;

/// A look and feel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// dnf5's; the program's own name is used in its texts when it is called by that.
    Dnf5 {
        /// The name in usage lines and messages.
        program: &'static str,
    },
    /// tdnf's; `tdnfj` is the same with JSON and without questions.
    Tdnf,
    /// That of tdnf's companion `tdnf-config`.
    TdnfConfig,
}

impl Face {
    /// Chooses by the first word of the command line.
    ///
    /// dnf5 calls itself `dnf5` whatever link it was started through; scripts look for that.
    pub fn of_program(argv0: &str) -> Face {
        let name = Path::new(argv0).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match name {
            "tdnf-config" => Face::TdnfConfig,
            name if name.ends_with("tdnf") || name.ends_with("tdnfj") => Face::Tdnf,
            "oxidnf" => Face::Dnf5 { program: "oxidnf" },
            _ => Face::Dnf5 { program: "dnf5" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/usr/bin/dnf", Face::Dnf5 { program: "dnf5" })]
    #[case("yum", Face::Dnf5 { program: "dnf5" })]
    #[case("./oxidnf", Face::Dnf5 { program: "oxidnf" })]
    #[case("tdnf", Face::Tdnf)]
    #[case("/usr/bin/tdnfj", Face::Tdnf)]
    #[case("/usr/bin/tdnf-config", Face::TdnfConfig)]
    fn by_name(#[case] argv0: &str, #[case] want: Face) {
        assert_eq!(Face::of_program(argv0), want);
    }
}
