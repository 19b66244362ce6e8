//! What files get beside owner, permissions and times: labels of SELinux, signatures of IMA and of fs-verity.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use oxidnf_core::header::tag::sig;
use oxidnf_core::header::{Header, Tag};
use rustix::io::Errno;

use super::target::Target;
use super::{FileSignatures, Plugins};
use crate::files::state::flag;
use crate::files::table::{FileKind, FileTable};
use crate::fsm::FileError;
use crate::fsm::error::describe;
use crate::selinux::{self, Labels};
use crate::sys;

/// The attribute that holds a signature of IMA.
const IMA: &str = "security.ima";
/// What a signature of IMA begins with when it is none: room that was filled later in the others.
const NO_SIGNATURE: [u8; 9] = [0; 9];
/// Permissions to execute.
const EXECUTABLE: u32 = 0o111;

/// Gives labels to files of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Labeller {
    /// The policy.
    pub labels: Arc<Labels>,
    /// Whether a label that cannot be set is told as an error; else nobody misses it.
    pub enforcing: bool,
}

impl Labeller {
    /// Sets the label that a path wants; `shown` is the path as messages have it.
    pub(crate) fn set(&self, target: Target<'_>, path: &[u8], shown: &[u8], mode: u32) -> Result<(), FileError> {
        let Some(label) = self.labels.label(path, mode) else { return Ok(()) };
        target.set(selinux::ATTRIBUTE, &label).map_err(|errno| {
            let label = String::from_utf8_lossy(label.strip_suffix(b"\0").unwrap_or(&label)).into_owned();
            let (number, path) = (target.number(), String::from_utf8_lossy(shown));
            let reason = describe(errno);
            let line = self.enforcing.then(|| format!("lsetfilecon: ({number} {path}, {label}) {reason}"));
            FileError::Plugin { name: "selinux", line, errno }
        })
    }
}

/// Signatures of the files of one package.
#[derive(Debug, Default)]
struct Signatures {
    ima: Vec<Vec<u8>>,
    verity: Vec<Vec<u8>>,
    /// Algorithm of the tree of hashes, as the kernel numbers them.
    verity_algorithm: u32,
}

/// What the files of one package get.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) labeller: Option<Labeller>,
    signatures: Signatures,
}

impl Attributes {
    /// Reads what a package brings for the plug-ins that are on; none when its files get nothing.
    ///
    /// `headers` are that of the signature, which has them in most packages, and the main one.
    pub(crate) fn of(
        headers: [&Header; 2],
        table: &FileTable,
        plugins: &Plugins,
        labeller: Option<&Labeller>,
    ) -> Option<Self> {
        let ima_signature = |text: &[u8]| hex(text).filter(|bytes| is_ima_signature(bytes)).unwrap_or_default();
        // Also those of older packages whose signatures are no base64 text are left out.
        let base64 = |text: &[u8]| openssl::base64::decode_block(&String::from_utf8_lossy(text)).unwrap_or_default();
        let ima = plugins.ima.map(|wanted| {
            signatures(headers, [sig::FILESIGNATURES, Tag::FILESIGNATURES], table, wanted, ima_signature)
        });
        let mut verity =
            plugins.fsverity.map(|wanted| signatures(headers, [Tag::VERITYSIGNATURES; 2], table, wanted, base64));
        for (signature, file) in verity.iter_mut().flatten().zip(&table.files) {
            if file.kind() != FileKind::Regular
                || plugins.fsverity.is_none_or(|it| !it.config_files) && file.has(flag::CONFIG)
            {
                signature.clear();
            }
        }
        let signatures = Signatures {
            ima: ima.unwrap_or_default(),
            verity: verity.unwrap_or_default(),
            verity_algorithm: headers[0]
                .number(Tag::VERITYSIGNATUREALGO)
                .and_then(|it| u32::try_from(it).ok())
                .unwrap_or(0),
        };
        let nothing = labeller.is_none() && signatures.ima.is_empty() && signatures.verity.is_empty();
        (!nothing).then(|| Attributes { labeller: labeller.cloned(), signatures })
    }

    /// Tells whether the policy has a label for a file.
    pub(crate) fn labels(&self, table: &FileTable, file: usize) -> bool {
        let label = |labeller: &Labeller| labeller.labels.label(&table.path(file), table.files[file].mode);
        self.labeller.as_ref().and_then(label).is_some()
    }

    /// Sets label and signature of IMA; `suffix` stands behind the name that the file still has.
    pub(crate) fn set(
        &self,
        target: Target<'_>,
        table: &FileTable,
        file: usize,
        suffix: &str,
    ) -> Result<(), FileError> {
        let shown = || [&table.path(file), suffix.as_bytes()].concat();
        if let Some(labeller) = &self.labeller {
            labeller.set(target, &table.path(file), &shown(), table.files[file].mode)?;
        }
        let signature = self.signatures.ima.get(file).filter(|signature| !signature.is_empty());
        let Some(signature) = signature else { return Ok(()) };
        target.set(IMA, signature).map_err(|errno| {
            let (path, reason) = (shown(), describe(errno));
            let path = String::from_utf8_lossy(&path);
            let line = Some(format!("ima: could not apply signature on '{path}': {reason}"));
            FileError::Plugin { name: "ima", line, errno }
        })
    }

    /// Tells whether fs-verity is to be enabled on a file, which nobody may have open for writing then.
    pub(crate) fn seals(&self, file: usize) -> bool {
        self.signatures.verity.get(file).is_some_and(|signature| !signature.is_empty())
    }

    /// Enables fs-verity on a file that is open for reading.
    pub(crate) fn seal(&self, fd: BorrowedFd<'_>, file: usize) -> Result<(), FileError> {
        let Some(signature) = self.signatures.verity.get(file).filter(|signature| !signature.is_empty()) else {
            return Ok(());
        };
        match sys::enable_verity(fd, self.signatures.verity_algorithm, signature) {
            // Kernels and file systems without it are no failure; everything else is, as with rpm.
            Ok(()) | Err(Errno::NOTTY | Errno::OPNOTSUPP) => Ok(()),
            Err(errno) => Err(FileError::Plugin { name: "fsverity", line: None, errno }),
        }
    }
}

/// Reads a signature for each file; without any, nothing.
fn signatures(
    headers: [&Header; 2],
    tags: [Tag; 2],
    table: &FileTable,
    wanted: FileSignatures,
    decode: impl Fn(&[u8]) -> Vec<u8>,
) -> Vec<Vec<u8>> {
    let place = usize::from(!headers[0].has(tags[0]));
    let texts = headers[place].strings(tags[place]);
    let mutable = |file: usize| {
        let info = &table.files[file];
        info.has(flag::CONFIG) && info.mode & EXECUTABLE == 0
    };
    let all = texts.enumerate().take(table.len()).map(|(file, text)| {
        let bytes = decode(text);
        if !wanted.config_files && mutable(file) { Vec::new() } else { bytes }
    });
    let all: Vec<Vec<u8>> = all.collect();
    if all.iter().all(Vec::is_empty) { Vec::new() } else { all }
}

/// Tells whether bytes are long enough for a signature and not only room for one.
fn is_ima_signature(bytes: &[u8]) -> bool {
    bytes.len() >= NO_SIGNATURE.len() && !bytes.starts_with(&NO_SIGNATURE)
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    text.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::table::FileInfo;
    use oxidnf_core::header::HeaderBuilder;
    use std::os::fd::AsFd;

    const SIGNATURE: &str = "030204aabbccdd0011";
    const EMPTY: &str = "0000000000000000000000";

    fn table(files: &[(u32, u32)]) -> FileTable {
        let file = |(number, (mode, flags)): (usize, &(u32, u32))| FileInfo {
            base: number.to_string().into_bytes().into(),
            mode: *mode,
            flags: *flags,
            ..FileInfo::default()
        };
        FileTable::new(vec![b"/d/"[..].into()], files.iter().enumerate().map(file).collect(), Vec::new(), None)
    }

    fn header(ima: &[&str], verity: &[&str]) -> Header {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
        let mut builder = HeaderBuilder::new().texts(Tag::VERITYSIGNATURES, texts(verity));
        if !ima.is_empty() {
            builder = builder.texts(sig::FILESIGNATURES, texts(ima));
        }
        builder.u32s(Tag::VERITYSIGNATUREALGO, [2]).build_signature().expect("a valid signature header")
    }

    #[test]
    fn signatures_of_mutable_files_and_empty_ones_are_left_out() {
        let table = table(&[(0o100_644, 0), (0o100_644, flag::CONFIG), (0o100_755, flag::CONFIG), (0o100_644, 0)]);
        let main = HeaderBuilder::new().build().expect("an empty header");
        let signature = header(&[SIGNATURE, SIGNATURE, SIGNATURE, EMPTY], &["YQ==", "YQ==", "YQ==", ""]);
        let both = |config_files| {
            let wanted = Some(FileSignatures { config_files });
            let plugins = Plugins { ima: wanted, fsverity: wanted, ..Plugins::default() };
            Attributes::of([&signature, &main], &table, &plugins, None).expect("there are signatures")
        };
        let has = |attributes: &Attributes| {
            let ima: Vec<bool> = attributes.signatures.ima.iter().map(|signature| !signature.is_empty()).collect();
            (ima, (0..4).map(|file| attributes.seals(file)).collect::<Vec<_>>())
        };
        assert_eq!(has(&both(false)), (vec![true, false, true, false], vec![true, false, false, false]));
        assert_eq!(has(&both(true)), (vec![true, true, true, false], vec![true, true, true, false]));
        assert_eq!(both(false).signatures.verity_algorithm, 2);
        assert!(Attributes::of([&signature, &main], &table, &Plugins::default(), None).is_none(), "nothing is on");
    }

    #[test]
    fn what_is_too_short_is_no_signature() {
        assert!(is_ima_signature(&[3, 2, 4, 1, 1, 1, 1, 0, 2]) && !is_ima_signature(&[3, 2, 4, 1, 1, 1, 1, 0]));
        assert!(!is_ima_signature(&[0; 20]) && !is_ima_signature(&[]));
    }

    #[test]
    fn links_have_no_tree_of_hashes() {
        let table = table(&[(0o120_777, 0), (0o100_644, 0)]);
        let main = HeaderBuilder::new().build().expect("an empty header");
        let plugins = Plugins { fsverity: Some(FileSignatures::default()), ..Plugins::default() };
        let attributes = Attributes::of([&header(&[], &["YQ==", "YQ=="]), &main], &table, &plugins, None);
        let attributes = attributes.expect("there are signatures");
        assert!(!attributes.seals(0) && attributes.seals(1));
        let file = tempfile::tempfile().expect("a temporary file");
        // Kernels and file systems without fs-verity are no failure; others refuse a signature that is none.
        let sealed = attributes.seal(file.as_fd(), 1);
        assert!(sealed.is_ok() || matches!(sealed, Err(FileError::Plugin { name: "fsverity", line: None, .. })));
        assert!(attributes.seal(file.as_fd(), 0).is_ok());
    }

    #[test]
    fn a_signature_becomes_an_attribute_or_a_failure_in_rpms_words() {
        let table = table(&[(0o100_644, 0)]);
        let main = HeaderBuilder::new().build().expect("an empty header");
        let plugins = Plugins { ima: Some(FileSignatures::default()), ..Plugins::default() };
        let attributes = Attributes::of([&header(&[SIGNATURE], &[]), &main], &table, &plugins, None);
        let attributes = attributes.expect("there is a signature");
        let file = tempfile::tempfile().expect("a temporary file");
        match attributes.set(Target::Open(file.as_fd()), &table, 0, ";1") {
            Ok(()) => {
                let mut value = [0; 32];
                let length = rustix::fs::fgetxattr(&file, IMA, &mut value[..]).expect("it was set");
                assert_eq!(Some(value[..length].to_vec()), hex(SIGNATURE.as_bytes()));
            }
            // Without the rights of root, or where the kernel looks at it.
            Err(error) => {
                let FileError::Plugin { name: "ima", line: Some(line), errno } = error else { panic!("{error:?}") };
                assert_eq!(line, format!("ima: could not apply signature on '/d/0;1': {}", describe(errno)));
            }
        }
    }
}
