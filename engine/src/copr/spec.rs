//! Names of projects, and what they are called in repository files.

/// `[HUB/]OWNER/PROJECT`; the owner may be `@GROUP`, the project a directory of one such as `name:custom:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSpec {
    /// Hub, as it was typed.
    pub hub: Option<String>,
    /// User or `@group`.
    pub owner: String,
    /// Project or a directory of one.
    pub directory: String,
}

impl ProjectSpec {
    /// Reads a name; `None` when it has other than two or three parts, or the owner is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (hub, owner, directory) = match parts[..] {
            [owner, directory] => (None, owner, directory),
            [hub, owner, directory] if !hub.is_empty() => (Some(hub.to_owned()), owner, directory),
            _ => return None,
        };
        let clean = !owner.is_empty() && !text.chars().any(char::is_control);
        clean.then(|| ProjectSpec { hub, owner: owner.to_owned(), directory: directory.to_owned() })
    }

    /// Returns the project that a directory belongs to.
    pub fn project(&self) -> &str {
        self.directory.split_once(':').map_or(&self.directory, |(project, _)| project)
    }

    /// Returns the id of its repository.
    pub(super) fn repo_id(&self, host: &str) -> String {
        let owner = self.owner.strip_prefix('@').map_or_else(|| self.owner.clone(), |group| format!("group_{group}"));
        format!("copr:{host}:{owner}:{}", self.directory)
    }

    /// Returns the name of its repository file.
    pub(super) fn file_name(&self, host: &str) -> String {
        format!("_{}.repo", self.repo_id(host))
    }

    /// Returns the name that older versions gave the file.
    pub(super) fn old_file_name(&self) -> String {
        format!("_copr_{}-{}.repo", self.owner, self.directory)
    }
}

/// Returns `HUB/OWNER/PROJECT` of a repository's id.
pub(super) fn name_of(id: &str) -> Option<String> {
    let rest = id.strip_prefix("copr:")?;
    Some(rest.splitn(3, ':').collect::<Vec<_>>().join("/").replacen("/group_", "/@", 1))
}
