//! The parsed form of a repository's modules, kept beside its catalog.
//!
//! `<cache directory>/oxidnf/modules.cache` holds what decides about streams and what people get to see of them, so that
//! not every command has to take megabytes of YAML apart. It belongs to one `repomd.xml`, and what does not fit or is
//! damaged is made anew.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oxidnf_core::{Checksum, ChecksumKind};

use crate::catalog_cache::{CatalogSettings, writable};
use crate::metadata::modules::{
    ModuleDefaults, ModuleDependencies, ModuleFailure, ModuleProfile, ModuleStream, Modules,
};
use crate::metadata::{Metadata, MetadataError};

/// Changes whenever modules are read or stored differently.
const FORMAT: &[u8] = b"oxidnf modules 1\n";

/// Returns the path of the file that belongs to a cache directory.
pub fn path(dir: &Path) -> PathBuf {
    dir.join("oxidnf/modules.cache")
}

/// Returns the modules of a repository without obsoletes and translations, which nothing asks for.
pub fn load(metadata: &Metadata, settings: CatalogSettings) -> Result<Modules, MetadataError> {
    if metadata.repomd().record("modules").is_none() {
        return Ok(Modules::default());
    }
    let digest = |bytes: &[u8]| {
        let digest = Checksum::of(ChecksumKind::Sha256, bytes);
        digest.map_err(|source| MetadataError::Digest { path: metadata.dir().to_owned(), source })
    };
    let head = [FORMAT, digest(metadata.repomd_digest().as_slice())?.bytes()].concat();
    let path = path(metadata.dir());
    if let Ok(bytes) = fs::read(&path)
        && let Some((body, sum)) = bytes.strip_prefix(&head[..]).and_then(<[u8]>::split_last_chunk::<32>)
        && digest(body)?.bytes() == sum
        && let Some(modules) = decode(body)
    {
        return Ok(modules);
    }
    let mut modules = metadata.modules()?;
    modules.obsoletes.clear();
    modules.translations.clear();
    if modules.unreadable.is_none() && settings.keep && writable(&path) {
        let body = encode(&modules);
        let sum = digest(&body)?;
        // A full disk costs nothing but time.
        let _ = write(&path, &[&head, &body, sum.bytes()]);
    }
    Ok(modules)
}

/// Replaces the file at once.
fn write(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    // Other users may read the cache.
    let mode = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().prefix(".modules-").permissions(mode).tempfile_in(dir)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.persist(path)?;
    Ok(())
}

fn encode(modules: &Modules) -> Vec<u8> {
    let Modules { streams, defaults, failures, obsoletes: _, translations: _, unreadable: _ } = modules;
    let mut out = Vec::new();
    streams.put(&mut out);
    defaults.put(&mut out);
    failures.put(&mut out);
    out
}

fn decode(mut bytes: &[u8]) -> Option<Modules> {
    let input = &mut bytes;
    let (streams, defaults, failures) = (Stored::get(input)?, Stored::get(input)?, Stored::get(input)?);
    bytes.is_empty().then(|| Modules { streams, defaults, failures, ..Modules::default() })
}

/// What can be written down and read back.
trait Stored: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// Takes a value from the front; none when the bytes are not one.
    fn get(input: &mut &[u8]) -> Option<Self>;
}

impl Stored for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = input.split_first_chunk()?;
        *input = rest;
        Some(u64::from_le_bytes(*bytes))
    }
}

impl Stored for usize {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as u64).put(out);
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        usize::try_from(u64::get(input)?).ok()
    }
}

impl Stored for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        Some(*byte != 0)
    }
}

impl Stored for String {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        out.extend(self.as_bytes());
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        let length = usize::get(input)?;
        let (text, rest) = input.split_at_checked(length)?;
        *input = rest;
        String::from_utf8(text.to_owned()).ok()
    }
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        if bool::get(input)? { T::get(input).map(Some) } else { Some(None) }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        for item in self {
            item.put(out);
        }
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        // Grows with what is really there, whatever the count says.
        let count = usize::get(input)?;
        (0..count).map(|_| T::get(input)).collect()
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn get(input: &mut &[u8]) -> Option<Self> {
        Some((A::get(input)?, B::get(input)?))
    }
}

/// Stores all fields of a struct in their order; one that is forgotten does not compile.
macro_rules! stored {
    ($kind:ident { $($field:ident),* $(,)? }) => {
        impl Stored for $kind {
            fn put(&self, out: &mut Vec<u8>) {
                let $kind { $($field),* } = self;
                $($field.put(out);)*
            }

            fn get(input: &mut &[u8]) -> Option<Self> {
                $(let $field = Stored::get(input)?;)*
                Some($kind { $($field),* })
            }
        }
    };
}

stored!(ModuleStream {
    document_version,
    name,
    stream,
    version,
    context,
    arch,
    static_context,
    summary,
    description,
    module_licenses,
    content_licenses,
    dependencies,
    community,
    documentation,
    tracker,
    profiles,
    api,
    filter,
    demodularized,
    artifacts,
});
stored!(ModuleDependencies { build_requires, requires });
stored!(ModuleProfile { name, description, default, packages });
stored!(ModuleDefaults { module, stream, profiles, modified });
stored!(ModuleFailure { document, line, reason });

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> Modules {
        let text = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: nodejs\n  stream: '1.10'\n  version: 7\n  \
                    context: c\n  summary: S\n  description: D\n  license: {module: [MIT], content: [BSD]}\n  \
                    dependencies: [{buildrequires: {a: []}, requires: {platform: [f38, -f37]}}]\n  profiles: {p: {rpms: \
                    [x], default: true}}\n  artifacts: {rpms: ['node-0:1-1.noarch']}\n---\ndocument: \
                    modulemd-defaults\nversion: 1\ndata: {module: nodejs, stream: '1.10', profiles: {'1.10': [p]}}\n---\n\
                    document: modulemd\nversion: 2\ndata: {name: x}\n";
        let modules = crate::metadata::modules::parse(text.as_bytes());
        assert_eq!((modules.streams.len(), modules.defaults.len(), modules.failures.len()), (1, 1, 1));
        modules
    }

    #[test]
    fn round_trip() {
        assert_eq!(decode(&encode(&modules())), Some(modules()));
    }

    #[test]
    fn damaged_bytes_are_no_modules() {
        let good = encode(&modules());
        for end in 0..good.len() {
            assert_eq!(decode(&good[..end]), None, "{end}");
        }
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 0xff;
            // A changed letter is still a letter; what counts is that nothing panics or takes memory without end.
            let _ = decode(&bad);
        }
        assert_eq!(decode(&[good, vec![0]].concat()), None);
    }
}
