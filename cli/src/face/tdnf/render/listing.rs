//! Rows about single packages.

use oxidnf_engine::catalog::{PackageId, Sack};

use super::{columns, size};
use crate::face::tdnf::json::Json;

/// What tdnf shows of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Name.
    pub name: String,
    /// Architecture.
    pub arch: String,
    /// Epoch.
    pub epoch: u32,
    /// Version.
    pub version: String,
    /// Release.
    pub release: String,
    /// Repository; `@System` for what is installed.
    pub repo: String,
}

impl Row {
    /// Takes the facts of a package.
    pub fn of(sack: &Sack, id: PackageId) -> Self {
        let package = sack.package(id);
        Row {
            name: package.name().to_owned(),
            arch: package.arch().to_owned(),
            epoch: package.epoch(),
            version: package.version().to_owned(),
            release: package.release().to_owned(),
            repo: repo_id(&sack.repo(sack.repo_of(id)).id).to_owned(),
        }
    }

    /// `[epoch:]version-release`, the epoch only when it is not 0.
    pub fn evr(&self) -> String {
        match self.epoch {
            0 => self.vr(),
            epoch => format!("{epoch}:{}", self.vr()),
        }
    }

    /// `version-release`
    pub fn vr(&self) -> String {
        format!("{}-{}", self.version, self.release)
    }

    /// `name-version-release.arch`, without the epoch.
    pub fn nvra(&self) -> String {
        format!("{}-{}.{}", self.name, self.vr(), self.arch)
    }

    /// `name-[epoch:]version-release.arch`
    pub fn nevra(&self) -> String {
        format!("{}-{}.{}", self.name, self.evr(), self.arch)
    }

    /// The row of `list`.
    pub fn line(&self, width: usize) -> String {
        columns(width, &[55, 25, 15], &[&format!("{}.{}", self.name, self.arch), &self.evr(), &self.repo])
    }

    /// The object of `list`.
    pub fn json(&self) -> Json {
        Json::Object(vec![
            ("Name", Json::text(&self.name)),
            ("Arch", Json::text(&self.arch)),
            ("Evr", Json::text(self.evr())),
            ("Repo", Json::text(&self.repo)),
        ])
    }
}

/// tdnf has its own name for the packages of the command line.
pub fn repo_id(id: &str) -> &str {
    if id == oxidnf_core::plan::COMMANDLINE_REPO { "@cmdline" } else { id }
}

/// Returns the block of `info` about a package.
pub fn info(sack: &Sack, id: PackageId) -> Vec<String> {
    let (row, package) = (Row::of(sack, id), sack.package(id));
    let sized = |bytes: u64| format!("{} ({bytes})", size(bytes));
    let mut lines = vec![
        field("Name", &row.name),
        field("Arch", &row.arch),
        field("Epoch", &row.epoch.to_string()),
        field("Version", &row.version),
        field("Release", &row.release),
        field("Install Size", &sized(package.install_size())),
    ];
    if !sack.is_installed(id) {
        // The one key that is a column wider.
        lines.push(format!("Download Size  : {}", sized(package.package_size())));
    }
    lines.extend([
        field("Repo", &row.repo),
        field("Summary", package.summary()),
        field("URL", package.url()),
        field("License", package.license()),
        field("Description", package.description()),
        String::new(),
    ]);
    lines
}

fn field(key: &str, value: &str) -> String {
    format!("{key:<14}: {value}")
}

/// Returns the object of `info` about a package.
pub fn info_json(sack: &Sack, id: PackageId) -> Json {
    let (row, package) = (Row::of(sack, id), sack.package(id));
    let mut fields = vec![
        ("Name", Json::text(&row.name)),
        ("Arch", Json::text(&row.arch)),
        ("Evr", Json::text(row.evr())),
        ("Repo", Json::text(&row.repo)),
        ("Url", Json::text(package.url())),
        ("InstallSize", Json::size(package.install_size())),
    ];
    if !sack.is_installed(id) {
        fields.push(("DownloadSize", Json::size(package.package_size())));
    }
    fields.extend([
        ("Summary", Json::text(package.summary())),
        ("License", Json::text(package.license())),
        ("Description", Json::text(package.description())),
    ]);
    Json::Object(fields)
}
