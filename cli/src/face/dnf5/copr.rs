//! Words of `copr`.

use oxidnf_engine::copr::{Configured, CoprError, CoprRepo, Oddity};
use oxidnf_engine::error::chain;

use super::errors::{lost_file, plain};

/// Returns what is said before a project is enabled.
pub(crate) fn about() -> &'static str {
    "Enabling a Copr repository. Please note that this repository is not part\n\
     of the main distribution, and quality may vary.\n\n\
     The Fedora Project does not exercise any power over the contents of\n\
     this repository beyond the rules outlined in the Copr FAQ at\n\
     <https://docs.copr.fedorainfracloud.org/user_documentation.html#what-i-can-build-in-copr>,\n\
     and packages are not held to any quality or security level.\n\n\
     Please do not file bug reports about these packages in Fedora\n\
     Bugzilla. In case of problems, contact the owner of this repository."
}

/// Returns what is said of the repositories that a project needs.
pub(crate) fn about_dependencies(repos: &[&CoprRepo]) -> String {
    let mut text = "\nMaintainer of the enabled Copr repository decided to make\n\
                    it dependent on other repositories. Such repositories are\n\
                    usually necessary for successful installation of RPMs from\n\
                    the main Copr repository (they provide runtime dependencies).\n\n\
                    Be aware that the note about quality and bug-reporting\n\
                    above applies here too, Fedora Project doesn't control the\n\
                    content. Please review the list:\n\n"
        .to_owned();
    for (number, repo) in repos.iter().enumerate() {
        text.push_str(&format!("  {}. [{}]\n     baseurl={}\n\n", number + 1, repo.id, repo.baseurl));
    }
    text + "These repositories are being enabled together with the main\nrepository.\n"
}

/// Returns the line of a project.
pub(crate) fn listed(project: &Configured) -> String {
    let Configured { name, enabled, has_dependencies, has_multilib } = project;
    let mut text = name.clone();
    // So spelled in dnf5.
    for (word, said) in
        [(" [eternal_deps]", *has_dependencies), (" [multilib]", *has_multilib), (" (disabled)", !enabled)]
    {
        text.push_str(if said { word } else { "" });
    }
    text
}

/// Returns the words about a repository file.
pub(crate) fn oddity(oddity: &Oddity) -> String {
    match oddity {
        Oddity::OldFormat { path, name } => format!(
            "WARNING: Copr repofile '{}' has an old format, fix by re-enabling it $ dnf5 copr enable {name}",
            path.display()
        ),
        Oddity::Suspicious { id, path } => format!("WARNING: Repo id '{id}' in '{}' is suspicious", path.display()),
        Oddity::Elsewhere { id, path } => {
            format!("WARNING: Repo id '{id}' doesn't belong to '{}' repofile", path.display())
        }
    }
}

/// Returns the lines about a failure.
pub(crate) fn words(error: &CoprError) -> Vec<String> {
    let list = |names: &[String]| names.iter().map(|name| format!(" {name}")).collect::<Vec<_>>();
    match error {
        CoprError::Fetch(lost) => lost_file(lost),
        CoprError::NoDirectory { available, .. } => {
            let mut lines = vec![error.to_string(), "You can use one of these available directories:".to_owned()];
            lines.extend(list(available));
            lines
        }
        CoprError::NoChroot { tried, available, .. } => {
            let mut lines = vec![error.to_string()];
            if !tried.is_empty() {
                lines.push("We tried to find these repos without a success:".to_owned());
                lines.extend(list(tried));
            }
            lines.push("You can choose one of the available chroots explicitly:".to_owned());
            lines.extend(list(available));
            lines
        }
        CoprError::File { doing: "write", path, source } => {
            vec![format!("filesystem error: cannot set permissions: {} [{}]", plain(source), path.display())]
        }
        other => vec![chain(other).join(": ")],
    }
}
