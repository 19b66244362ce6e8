//! Tags that rpm computes, and what it puts in the place of some that a header may store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::column::{Column, stored};
use super::{bits, files, triggers};
use crate::header::{DepKind, Header, HeaderDep, Tag, TriggerFamily};
use crate::reldep::Sense;

/// Returns the values of a tag that is computed, or else those that are stored.
pub(super) fn values(header: &Header, tag: Tag) -> Option<Column> {
    use Epoch::{IfAny, Never};
    match tag {
        Tag::NVR => Some(label(header, Never, true, false)),
        Tag::NVRA => Some(label(header, Never, true, true)),
        Tag::NEVR => Some(label(header, IfAny, true, false)),
        Tag::NEVRA => Some(label(header, IfAny, true, true)),
        Tag::EVR => Some(label(header, IfAny, false, false)),
        Tag::EPOCHNUM => Some(stored(header, Tag::EPOCH).unwrap_or_else(|| Column::number(0))),
        Tag::ARCHSUFFIX => Some(arch_suffix(header)),
        Tag::RPMFORMAT => Some(stored(header, tag).unwrap_or_else(|| Column::number(header.format().into()))),
        Tag::LONGSIZE => wide(header, tag, Tag::SIZE),
        Tag::LONGFILESIZES => wide(header, tag, Tag::FILESIZES),
        Tag::LONGARCHIVESIZE => wide(header, tag, Tag::ARCHIVESIZE),
        Tag::LONGSIGSIZE => wide(header, tag, Tag::SIGSIZE),
        Tag::OPENPGP => stored(header, tag).or_else(|| Column::array(signatures(header))),
        Tag::HEADERCOLOR => {
            let color = header.numbers(Tag::FILECOLORS).fold(0, |all, color| all | color);
            Some(Column::number(color & 0xf))
        }
        Tag::REQUIRENEVRS => relations(header, DepKind::Requires, None),
        Tag::PROVIDENEVRS => relations(header, DepKind::Provides, None),
        Tag::CONFLICTNEVRS => relations(header, DepKind::Conflicts, None),
        Tag::OBSOLETENEVRS => relations(header, DepKind::Obsoletes, None),
        Tag::RECOMMENDNEVRS => relations(header, DepKind::Recommends, Some((OLD_SUGGESTS, true))),
        Tag::SUGGESTNEVRS => relations(header, DepKind::Suggests, Some((OLD_SUGGESTS, false))),
        Tag::SUPPLEMENTNEVRS => relations(header, DepKind::Supplements, Some((OLD_ENHANCES, true))),
        Tag::ENHANCENEVRS => relations(header, DepKind::Enhances, Some((OLD_ENHANCES, false))),
        Tag::SYSUSERS => Column::array(header.sysusers().into_iter().map(|(_, line)| line).collect()),
        Tag::FILENAMES => files::names(header, files::PLACES, false),
        Tag::INSTFILENAMES => files::names(header, files::PLACES, true),
        Tag::ORIGFILENAMES => files::names(header, files::ORIGINAL_PLACES, false),
        Tag::FILECLASS => files::classes(header),
        Tag::FILEMIMES => files::mimes(header),
        Tag::FILENLINKS => files::link_counts(header),
        Tag::FILEPROVIDE => files::dependencies(header, DepKind::Provides),
        Tag::FILEREQUIRE => files::dependencies(header, DepKind::Requires),
        Tag::TRIGGERCONDS => triggers::conditions(header, TriggerFamily::Package),
        Tag::FILETRIGGERCONDS => triggers::conditions(header, TriggerFamily::File),
        Tag::TRANSFILETRIGGERCONDS => triggers::conditions(header, TriggerFamily::TransFile),
        Tag::TRIGGERTYPE => triggers::types(header, TriggerFamily::Package),
        Tag::FILETRIGGERTYPE => triggers::types(header, TriggerFamily::File),
        Tag::TRANSFILETRIGGERTYPE => triggers::types(header, TriggerFamily::TransFile),
        _ => stored(header, tag),
    }
}

/// When an epoch is part of a label.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Epoch {
    Never,
    IfAny,
}

/// Puts name, version and so on together; the hyphen belongs to what stands before it.
fn label(header: &Header, epoch: Epoch, name: bool, arch: bool) -> Column {
    let mut label = Vec::new();
    let mut add = |parts: &[&[u8]]| label.extend(parts.concat());
    if name && let Some(name) = header.text(Tag::NAME) {
        add(&[name, b"-"]);
    }
    if epoch == Epoch::IfAny
        && let Some(epoch) = header.number(Tag::EPOCH)
    {
        add(&[epoch.to_string().as_bytes(), b":"]);
    }
    if let Some(version) = header.text(Tag::VERSION) {
        add(&[version, b"-"]);
    }
    add(&[header.text(Tag::RELEASE).unwrap_or_default()]);
    if arch && let Some(arch) = header.text(Tag::ARCH).or(header.is_source().then_some(&b"src"[..])) {
        add(&[b".", arch]);
    }
    Column::one(label)
}

fn arch_suffix(header: &Header) -> Column {
    let arch = match header.is_source() {
        true if header.has(Tag::NOSOURCE) || header.has(Tag::NOPATCH) => Some(&b"nosrc"[..]),
        true => Some(&b"src"[..]),
        false => header.text(Tag::ARCH),
    };
    Column::one(arch.map(|arch| [b".", arch].concat()).unwrap_or_default())
}

/// Returns the 64-bit form, or else the 32-bit one.
fn wide(header: &Header, wide: Tag, narrow: Tag) -> Option<Column> {
    stored(header, wide).or_else(|| stored(header, narrow)).filter(|column| matches!(column, Column::Numbers(_)))
}

/// Returns the signatures of packages before version 6, in the form of the later ones.
fn signatures(header: &Header) -> Vec<Vec<u8>> {
    [Tag::RSAHEADER, Tag::DSAHEADER, Tag::SIGPGP, Tag::SIGGPG]
        .into_iter()
        .filter_map(|tag| header.bin(tag))
        .map(|packet| STANDARD.encode(packet).into_bytes())
        .collect()
}

/// Names, versions and flags of weak dependencies as SUSE's rpm had them.
type OldTags = (Tag, Tag, Tag);
const OLD_SUGGESTS: OldTags = (Tag::OLDSUGGESTSNAME, Tag::OLDSUGGESTSVERSION, Tag::OLDSUGGESTSFLAGS);
const OLD_ENHANCES: OldTags = (Tag::OLDENHANCESNAME, Tag::OLDENHANCESVERSION, Tag::OLDENHANCESFLAGS);
/// The bit of a strong one among them.
const STRONG: Sense = Sense(1 << 27);

/// Returns all dependencies of a kind, or else the former ones that are strong or are not.
fn relations(header: &Header, kind: DepKind, former: Option<(OldTags, bool)>) -> Option<Column> {
    let all = Column::array(header.deps(kind).map(|dep| relation(&dep)).collect());
    all.or_else(|| {
        let ((names, versions, flags), strong) = former?;
        let (mut versions, mut flags) = (header.strings(versions), header.numbers(flags));
        let deps = header.strings(names).enumerate().map(|(index, name)| {
            let (evr, sense) = (versions.next().unwrap_or_default(), Sense(flags.next().unwrap_or(0) as u32));
            HeaderDep { name, sense, evr, index }
        });
        Column::array(deps.filter(|dep| dep.sense.any(STRONG) == strong).map(|dep| relation(&dep)).collect())
    })
}

/// Writes a dependency: `name >= version`.
pub(super) fn relation(dep: &HeaderDep<'_>) -> Vec<u8> {
    let signs = bits::comparison(dep.sense.0.into());
    let mut text = dep.name.to_vec();
    for part in [signs.as_bytes(), dep.evr] {
        if !part.is_empty() {
            text.push(b' ');
            text.extend_from_slice(part);
        }
    }
    text
}
