//! What repositories send.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use oxidnf_catalog::CatalogBuilder;
use oxidnf_core::conf::{Ini, Vars};
use oxidnf_repo::config::{RepoConfig, RepoDefaults, RepoSources};
use oxidnf_repo::metadata::{
    Metadata, PathQuery, Repomd, comps as comps_file, modules as modules_file, updateinfo as updateinfo_file,
};
use oxidnf_repo::metalink::Metalink;

/// The index of a repository.
pub fn repomd(data: &[u8]) {
    if let Ok(repomd) = Repomd::parse(data) {
        let _ = repomd.record("primary").and_then(|record| record.file_name());
    }
}

/// The packages of a repository.
pub fn primary(data: &[u8]) {
    let dir = Files::with("primary", data);
    let Ok(metadata) = dir.open() else { return };
    if let Ok(builder) = metadata.catalog(NonZeroUsize::MIN) {
        let _ = builder.finish(&[0; 32]);
    }
    let mut sink = CatalogBuilder::new();
    let _ = metadata.packages(&mut sink);
}

/// The file lists of a repository.
pub fn filelists(data: &[u8]) {
    let dir = Files::with("filelists", data);
    let Ok(metadata) = dir.open() else { return };
    let query = PathQuery::new().exact("/usr/bin/sh").glob("/etc/*.conf");
    let _ = metadata.path_owners(&query, NonZeroUsize::MIN);
}

/// The advisories of a repository.
pub fn updateinfo(data: &[u8]) {
    let _ = updateinfo_file::parse(data);
}

/// The groups of a repository.
pub fn comps(data: &[u8]) {
    let _ = comps_file::parse(data);
}

/// The modules of a repository: YAML.
pub fn modules(data: &[u8]) {
    let parsed = modules_file::parse(data);
    assert!(parsed.failures.len() <= data.len() + 1, "every failure has a document");
}

/// The index of paths that is kept beside a catalog.
pub fn path_index(data: &[u8]) {
    let place = base().join(format!("oxidnf-fuzz-{}.paths", std::process::id()));
    oxidnf_catalog::fuzzing::path_index(data, &place);
}

/// A list of mirrors with checksums.
pub fn metalink(data: &[u8]) {
    if let Ok(metalink) = Metalink::parse(data) {
        let _ = metalink.current.matches(data);
    }
}

/// A `.repo` file.
pub fn repo_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(ini) = Ini::parse(text) else { return };
    let (vars, defaults) = (Vars::default(), RepoDefaults::default());
    let path = PathBuf::from("input.repo");
    let sources = RepoSources {
        main: Some((&path, &ini)),
        dirs: &[],
        override_dirs: &[],
        vars: &vars,
        defaults: &defaults,
        gpgcheck_is_full: true,
        from_path: &[],
        setopts: &[],
    };
    if let Ok(set) = RepoConfig::read_dirs(&sources) {
        for repo in &set.repos {
            let _ = repo.source();
        }
    }
}

/// Where temporary files cost least.
fn base() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// A cache directory with one metadata file.
struct Files {
    dir: PathBuf,
}

impl Files {
    /// Writes the file, and an index that names it; the directory is the same for every input of a process.
    fn with(kind: &str, data: &[u8]) -> Self {
        let dir = base().join(format!("oxidnf-fuzz-{}-{kind}", std::process::id()));
        let repodata = dir.join("repodata");
        let index = format!(
            "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><data type=\"{kind}\"><location href=\"repodata/data.xml\"/></data></repomd>"
        );
        if !repodata.is_dir() {
            std::fs::create_dir_all(&repodata).expect("a temporary directory can be made");
            std::fs::write(repodata.join("repomd.xml"), index).expect("a temporary file can be written");
        }
        std::fs::write(repodata.join("data.xml"), data).expect("a temporary file can be written");
        Files { dir }
    }

    fn open(&self) -> Result<Metadata, oxidnf_repo::metadata::MetadataError> {
        Metadata::open(&self.dir)
    }
}
