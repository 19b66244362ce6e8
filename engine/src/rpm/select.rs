//! Which packages a query is about.

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::header::{DigestCheck, FileState, Header, Tag};
use oxidnf_core::package_file::{ItemStatus, PackageError, PackageFile, VerifyFlags, signature_dribbles};
use oxidnf_repo::config::glob_match;
use oxidnf_repo::openpgp::Keyring;
use oxidnf_rpmdb::{Access, DamagedRecord, DbError, Hnum, Index, RpmDb};

use super::Rpm;
use crate::error::{Error, chain};

/// Where packages are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Installed packages by name, with any of version, release and architecture.
    Name,
    /// Installed packages by a path that they own.
    File,
    /// Package files.
    Package,
}

/// Packages, and records that had to be passed over.
#[derive(Debug, Default)]
pub struct Found {
    /// Headers, with the numbers of their records.
    pub headers: Vec<(Hnum, Header)>,
    /// What rpm says of records that it cannot use and of signatures that it cannot check, whole lines.
    pub complaints: Vec<String>,
}

/// Why an argument stands for no package.
#[derive(Debug)]
pub enum Miss {
    /// No package has this name.
    NotInstalled {
        /// As typed.
        name: String,
        /// What rpm says of records of that name that it cannot use, whole lines.
        complaints: Vec<String>,
    },
    /// No package owns this path.
    NotOwned {
        /// As typed.
        path: String,
    },
    /// There is no such file.
    NoFile {
        /// As typed.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The package file cannot be used.
    BadPackage {
        /// What rpm says, whole lines.
        complaints: Vec<String>,
    },
}

impl Rpm {
    /// Returns all installed packages, or those whose name, name-version or name-version-release matches a pattern.
    pub fn all(&self, patterns: &[String]) -> Result<Found, Error> {
        let db = self.db(Access::Read)?;
        let mut found = Found::default();
        let mut packages = db.packages().map_err(self.failed("read"))?;
        for package in packages.by_ref() {
            let (hnum, header) = package.map_err(self.failed("read"))?;
            if patterns.is_empty()
                || patterns.iter().any(|pattern| labels(&header).iter().any(|l| glob_match(pattern, l)))
            {
                found.headers.push((hnum, header));
            }
        }
        found.complaints = packages.damaged().iter().map(complaint).collect();
        Ok(found)
    }

    /// Returns the packages that an argument stands for.
    pub fn find(&self, source: Source, argument: &str, current_dir: &Path) -> Result<Result<Found, Miss>, Error> {
        match source {
            Source::Name => self.by_name(argument),
            Source::File => self.by_file(argument, current_dir),
            Source::Package => self.by_package(argument),
        }
    }

    fn by_name(&self, argument: &str) -> Result<Result<Found, Miss>, Error> {
        let db = self.db(Access::Read)?;
        // `name`, `name-version`, `name-version-release`, each perhaps with an architecture.
        let cuts = argument.match_indices('-').map(|(at, _)| at).rev().take(2);
        let with_arch = argument.rsplit_once('.').map(|(before, _)| before);
        let names = std::iter::once(argument).chain(with_arch).chain(cuts.map(|at| &argument[..at]));
        let mut complaints = Vec::new();
        for name in names {
            let mut found = Found::default();
            for hit in db.find(Index::Name, name.as_bytes()).map_err(self.failed("search"))? {
                self.take(&db, hit.hnum, &mut found)?;
            }
            // What the whole argument is the name of, the index alone decides.
            found.headers.retain(|(_, header)| name == argument || labels(header).iter().any(|l| l == argument));
            if !found.headers.is_empty() {
                return Ok(Ok(found));
            }
            complaints.append(&mut found.complaints);
        }
        Ok(Err(Miss::NotInstalled { name: argument.to_owned(), complaints }))
    }

    fn by_file(&self, argument: &str, current_dir: &Path) -> Result<Result<Found, Miss>, Error> {
        let path = lexical(&current_dir.join(argument));
        let db = self.db(Access::Read)?;
        let mut found = Found::default();
        if let (Some(name), Some(parent)) = (path.file_name(), path.parent()) {
            let name = std::os::unix::ffi::OsStrExt::as_bytes(name);
            for hit in db.find(Index::Basenames, name).map_err(self.failed("search"))? {
                if found.headers.iter().any(|(hnum, _)| *hnum == hit.hnum) {
                    continue;
                }
                let mut one = Found::default();
                self.take(&db, hit.hnum, &mut one)?;
                let owns = |header: &Header| {
                    let files = header.files().ok();
                    let file = files.as_ref().and_then(|files| files.get(hit.idx as usize));
                    // Nobody owns by a file what was left out, or is another package's by now.
                    // witness: compat-tests/tests/rpm_records.rs::verification_of_every_state
                    let file = file.filter(|file| {
                        file.state.is_none_or(|state| matches!(state, FileState::Normal | FileState::NetShared))
                    });
                    file.map(|file| file.path()).is_some_and(|owned| {
                        let owned =
                            PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&owned));
                        owned == path || owned.parent().is_some_and(|dir| self.same_directory(dir, parent))
                    })
                };
                one.headers.retain(|(_, header)| owns(header));
                found.headers.append(&mut one.headers);
                found.complaints.append(&mut one.complaints);
            }
        }
        // Paths can also be what somebody provides.
        if found.headers.is_empty() && found.complaints.is_empty() {
            let path = path.as_os_str().as_encoded_bytes();
            for hit in db.find(Index::Providename, path).map_err(self.failed("search"))? {
                self.take(&db, hit.hnum, &mut found)?;
            }
        }
        // An owner whose record cannot be used is one all the same.
        if !found.headers.is_empty() || !found.complaints.is_empty() {
            return Ok(Ok(found));
        }
        Ok(Err(match self.root.lstat(&path) {
            Ok(_) => Miss::NotOwned { path: argument.to_owned() },
            Err(source) => Miss::NoFile { path: argument.to_owned(), source },
        }))
    }

    /// Tells whether two directories are one, as after the merge of `/usr`.
    fn same_directory(&self, one: &Path, other: &Path) -> bool {
        match (self.root.stat(one), self.root.stat(other)) {
            (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
            _ => false,
        }
    }

    fn by_package(&self, argument: &str) -> Result<Result<Found, Miss>, Error> {
        let mut found = Found::default();
        let said = |error: &PackageError| match error.rpm_message() {
            Some(message) => format!("error: {argument}: {message}"),
            None => format!("error: {}", chain(error).join(": ")),
        };
        let package = match PackageFile::open_unloaded(argument) {
            Ok(package) => package,
            Err(error) => return Ok(Err(not_a_package(argument, said(&error), &error))),
        };
        let (ring, remarks) = self.keyring()?;
        found.complaints.extend(remarks.into_iter().map(|remark| remark.to_string()));
        let vouched = match vouch(&ring, &package) {
            Vouched::Bad(items) => {
                let lines = items.iter().map(|item| format!("error: {argument}: {item}")).collect::<Vec<_>>();
                return Ok(Err(Miss::BadPackage { complaints: with_manifest(argument, lines.join("\n")) }));
            }
            // One warning says it for all packages.
            Vouched::Unknown(item) => {
                let first = self.warned.borrow_mut().insert(item.clone());
                first.then(|| format!("warning: {argument}: {item}"))
            }
            Vouched::Fine => None,
        };
        found.complaints.extend(vouched);
        let loads = package.check_load();
        let failed = |source| PackageError::Header { path: argument.into(), source };
        let header = package.header().with_places().map_err(failed);
        if package.is_deprecated() && loads.is_ok() {
            let nevra = package.nevra().map(|nevra| nevra.to_string()).unwrap_or_default();
            found.complaints.push(format!("warning: RPM v3 packages are deprecated: {nevra}"));
        }
        let loaded = loads.and(header).and_then(|header| {
            if !header.has_region() {
                return Ok(header);
            }
            let tag = |tag| PackageError::SignatureTag { path: argument.into(), tag };
            let dribbles = signature_dribbles(package.signature(), &header).map_err(tag)?;
            header.with_dribbles(dribbles).and_then(|header| header.with_places()).map_err(failed)
        });
        Ok(match loaded {
            Ok(header) => {
                found.headers.push((0, header));
                Ok(found)
            }
            Err(error) => {
                found.complaints.push(said(&error));
                Err(not_a_package(argument, found.complaints.join("\n"), &error))
            }
        })
    }

    fn take(&self, db: &RpmDb, hnum: Hnum, found: &mut Found) -> Result<(), Error> {
        match db.header(hnum) {
            Ok(header) => found.headers.push((hnum, header)),
            Err(DbError::Damaged(damaged)) => found.complaints.push(complaint(&damaged)),
            Err(DbError::NoRecord { .. }) => {}
            Err(error) => return Err(self.failed("read")(error)),
        }
        Ok(())
    }
}

/// What the header of a package file is worth.
enum Vouched {
    /// Nothing speaks against it.
    Fine,
    /// Something cannot be checked; rpm's words.
    Unknown(String),
    /// Something is wrong; rpm's words for each.
    Bad(Vec<String>),
}

/// Looks at the signatures and digests that cover a header, as rpm does when it reads a package.
fn vouch(ring: &Keyring, package: &PackageFile) -> Vouched {
    let payload = VerifyFlags::NOMD5.with(VerifyFlags::NORSA).with(VerifyFlags::NODSA);
    // What cannot be read at all is told by who loads the header.
    let signatures = ring.signature_items(package, payload).unwrap_or_default();
    let mut bad: Vec<String> = Vec::new();
    bad.extend(signatures.iter().filter(|item| item.status == ItemStatus::Bad).map(ToString::to_string));
    let digests = package.check_header_digests().unwrap_or_default();
    // From the strongest to the weakest.
    for check in digests.iter().rev().filter(|check| !check.ok()) {
        let tag = match check.kind {
            ChecksumKind::Sha3_256 => Tag::SHA3_256HEADER,
            ChecksumKind::Sha256 => Tag::SHA256HEADER,
            _ => Tag::SHA1HEADER,
        };
        bad.push(format!("{}: BAD {}", DigestCheck::title(check.range, check.kind), check.fault(tag)));
    }
    if !bad.is_empty() {
        return Vouched::Bad(bad);
    }
    let unknown = signatures.iter().find(|item| item.status != ItemStatus::Ok);
    unknown.map_or(Vouched::Fine, |item| Vouched::Unknown(item.to_string()))
}

/// What rpm says of a file that it cannot take for a package, and takes for a list of packages then.
fn not_a_package(argument: &str, said: String, error: &PackageError) -> Miss {
    let complaints = match error {
        PackageError::NotAPackage { .. } | PackageError::Open { .. } => vec![said],
        _ => with_manifest(argument, said),
    };
    Miss::BadPackage { complaints }
}

fn with_manifest(argument: &str, said: String) -> Vec<String> {
    vec![said, format!("error: {argument}: not an rpm package (or package manifest)")]
}

/// rpm's words for a record that it passes over, a whole line.
pub(super) fn complaint(damaged: &DamagedRecord) -> String {
    let text = match &damaged.damage {
        oxidnf_rpmdb::Damage::Digest(text) => {
            format!("rpmdbNextIterator: skipping h#{:8} \n{text}", damaged.hnum)
        }
        oxidnf_rpmdb::Damage::Structure(oxidnf_core::header::HeaderError::Load) => format!("rpmdb: {damaged}"),
        oxidnf_rpmdb::Damage::Structure(error) => {
            format!("rpmdbNextIterator: skipping h#{:8} {error}", damaged.hnum)
        }
    };
    format!("error: {text}")
}

/// Returns what a package may be called: with and without version, release and architecture.
fn labels(header: &Header) -> Vec<String> {
    let text = |tag| header.str(tag).unwrap_or_default();
    let (name, version, release, arch) = (text(Tag::NAME), text(Tag::VERSION), text(Tag::RELEASE), text(Tag::ARCH));
    let epoch = header.number(Tag::EPOCH).map(|epoch| format!("{epoch}:"));
    let mut labels = vec![name.to_string(), format!("{name}-{version}"), format!("{name}-{version}-{release}")];
    if let Some(epoch) = epoch {
        labels.push(format!("{name}-{epoch}{version}"));
        labels.push(format!("{name}-{epoch}{version}-{release}"));
    }
    let with_arch: Vec<String> = labels.iter().map(|label| format!("{label}.{arch}")).collect();
    labels.extend(with_arch);
    labels
}

/// Takes `.` and `..` out of a path without looking at the file system, as rpm does.
fn lexical(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}
