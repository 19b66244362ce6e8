//! The installed packages of a session.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_catalog::{Catalog, CatalogBuilder, Stamp};
use oxidnf_core::header::DepKind;
use oxidnf_core::reldep::Sense;
use oxidnf_core::{Checksum, ChecksumKind, Evr};
use oxidnf_rpmdb::{Access, DbError, Index, Macros, RpmDb, macros};

use super::Session;
use crate::error::Error;
use crate::log::Level;
use crate::vars::{self, Release};

/// Changes whenever records of the database are read differently.
const READER: &str = "oxidnf system 2\n";

impl Session {
    /// Returns rpm's macros as its files on the host define them.
    pub(crate) fn macros(&mut self) -> Result<Arc<Macros>, Error> {
        if let Some(macros) = &self.macros {
            return Ok(Arc::clone(macros));
        }
        let arch = super::open::build_arch();
        let files = macros::standard_files(&format!("{arch}-linux"));
        let mut loaded = Macros::load(&self.roots.host, &files).map_err(|error| Error::Io {
            operation: "read macro file",
            path: error.path,
            source: error.source,
        })?;
        for (name, body) in &self.settings.macros {
            loaded.define(name, body);
        }
        let loaded = Arc::new(loaded);
        self.macros = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Returns the directory of the rpm database, below the target root.
    pub(crate) fn db_path(&mut self) -> Result<PathBuf, Error> {
        Ok(self.macros()?.db_path())
    }

    /// Finds out what release the target is, from what its packages provide.
    pub(super) fn detect_release(&mut self) -> Result<(), Error> {
        if self.vars.get("releasever").is_some() {
            return Ok(());
        }
        let path = self.db_path()?;
        let root = if self.settings.use_host_config { &self.roots.host } else { &self.roots.target };
        let provides = &self.settings.release_provides;
        let found = RpmDb::open(root, &path, Access::Read).and_then(|db| release_of(&db, provides));
        match found {
            Ok(release) => vars::set_release(&mut self.vars, &release),
            // A database that cannot be read stops what needs it, later.
            Err(error) => self.log.write(Level::Warning, &format!("cannot detect the release: {error}")),
        }
        Ok(())
    }

    /// Returns the release that the packages of the target say it is, whatever the command line says.
    pub fn detected_release(&mut self) -> Result<Option<String>, Error> {
        let path = self.db_path()?;
        let found = RpmDb::open(&self.roots.target, &path, Access::Read)
            .and_then(|db| release_of(&db, &self.settings.release_provides));
        let failed = |source: DbError| Error::Database { operation: "read", path, source: Error::boxed(source) };
        Ok(found.map_err(failed)?.releasever)
    }

    /// Returns the installed packages: mapped from the kept catalog if the database has not changed since.
    pub(super) fn system_catalog(&mut self) -> Result<Arc<Catalog>, Error> {
        let path = self.db_path()?;
        let failed =
            |source: DbError| Error::Database { operation: "read", path: path.clone(), source: Error::boxed(source) };
        let db = RpmDb::open(&self.roots.target, &path, Access::Read).map_err(failed)?;
        let stamp = stamp(&db.cookie().map_err(failed)?)?;
        let kept = self.system_catalog_path(&path)?;
        if let Ok(catalog) = Catalog::open(&kept, &stamp) {
            return Ok(Arc::new(catalog));
        }
        let mut builder = CatalogBuilder::new();
        for damaged in db.records(&mut builder).map_err(failed)? {
            self.log.write(Level::Warning, &format!("record of the rpm database is damaged: {damaged:?}"));
        }
        let unusable = |source| Error::Catalog { id: "@System".to_owned(), source: Error::boxed(source) };
        let bytes = builder.finish(&stamp).map_err(unusable)?;
        keep(&kept, &bytes);
        Ok(Arc::new(Catalog::from_bytes(bytes).map_err(unusable)?))
    }

    /// Returns where the catalog of installed packages is kept; cache directories may be shared between roots.
    fn system_catalog_path(&self, db_path: &Path) -> Result<PathBuf, Error> {
        let place = format!("{}\n{}", self.roots.target.path().display(), db_path.display());
        let digest = sha256(place.as_bytes())?;
        Ok(self.config.cache_dir().join(format!("oxidnf-system-{}.catalog", hex::encode(&digest[..8]))))
    }
}

/// Writes the catalog where it can; a cache that cannot be written costs time only.
///
/// A cache directory is made when there is metadata to put into it, not for this, as dnf5 does.
fn keep(path: &Path, bytes: &[u8]) {
    let write = || -> std::io::Result<()> {
        let dir = path.parent().unwrap_or(Path::new("/"));
        let mut file = tempfile::Builder::new().prefix(".oxidnf-system.").tempfile_in(dir)?;
        std::io::Write::write_all(&mut file, bytes)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
        file.persist(path)?;
        Ok(())
    };
    drop(write());
}

fn sha256(bytes: &[u8]) -> Result<[u8; 32], Error> {
    let digest = Checksum::of(ChecksumKind::Sha256, bytes)
        .map_err(|source| Error::Catalog { id: "@System".to_owned(), source: Error::boxed(source) })?;
    Ok(digest.bytes().try_into().expect("SHA-256 has 32 bytes"))
}

fn stamp(cookie: &str) -> Result<Stamp, Error> {
    sha256(format!("{READER}{cookie}").as_bytes())
}

/// Reads the release from the first package that provides one of the given names, or of the well-known ones.
fn release_of(db: &RpmDb, given: &[String]) -> Result<Release, DbError> {
    let mut release = Release::default();
    let names: Vec<&str> =
        if given.is_empty() { vars::RELEASE_PROVIDES.to_vec() } else { given.iter().map(String::as_str).collect() };
    for name in names {
        if let Some(value) = provided_version(db, name, given.is_empty())? {
            release.releasever = Some(value);
            break;
        }
    }
    if release.releasever.is_some() {
        release.major = provided_version(db, "system-release(releasever_major)", true)?;
        release.minor = provided_version(db, "system-release(releasever_minor)", true)?;
    }
    Ok(release)
}

/// Returns the version of a provide, or that of its package when the provide has none; `whole` keeps epoch and release
/// of the provide, as dnf5 does.
fn provided_version(db: &RpmDb, name: &str, whole: bool) -> Result<Option<String>, DbError> {
    for found in db.find(Index::Providename, name.as_bytes())? {
        let header = db.header(found.hnum)?;
        let provide = header.deps(DepKind::Provides).find(|dep| dep.name == name.as_bytes());
        let Some(provide) = provide else { continue };
        let evr = String::from_utf8_lossy(provide.evr).into_owned();
        let version = if whole { evr.as_str() } else { Evr::parse(&evr).version };
        if provide.sense.comparison() == Sense::EQUAL && !version.is_empty() {
            return Ok(Some(version.to_owned()));
        }
        return Ok(header.nevra().ok().map(|nevra| nevra.version));
    }
    Ok(None)
}
