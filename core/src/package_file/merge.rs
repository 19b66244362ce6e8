//! From signature header to installed header.

use crate::header::{Entry, Header, OwnedValue, Tag, Type, tag::sig};

/// Number in the signature header, number in the main header, type, wanted count (0 = any), and whether older packages
/// may carry it in the main header instead.
const TRANSLATION: &[(Tag, Tag, Type, usize, bool)] = &[
    (Tag::DSAHEADER, Tag::DSAHEADER, Type::Bin, 0, false),
    (Tag::RSAHEADER, Tag::RSAHEADER, Type::Bin, 0, false),
    (Tag::SHA1HEADER, Tag::SHA1HEADER, Type::String, 1, false),
    (Tag::LONGSIGSIZE, Tag::LONGSIGSIZE, Type::Int64, 1, false),
    (Tag::LONGARCHIVESIZE, Tag::LONGARCHIVESIZE, Type::Int64, 1, true),
    (Tag::SHA256HEADER, Tag::SHA256HEADER, Type::String, 1, false),
    (sig::FILESIGNATURES, Tag::FILESIGNATURES, Type::StringArray, 0, true),
    (sig::FILESIGNATURELENGTH, Tag::FILESIGNATURELENGTH, Type::Int32, 1, true),
    (Tag::VERITYSIGNATURES, Tag::VERITYSIGNATURES, Type::StringArray, 0, false),
    (Tag::VERITYSIGNATUREALGO, Tag::VERITYSIGNATUREALGO, Type::Int32, 1, false),
    (Tag::OPENPGP, Tag::OPENPGP, Type::StringArray, 0, false),
    (Tag::SHA3_256HEADER, Tag::SHA3_256HEADER, Type::String, 1, false),
    (sig::SIZE, Tag::SIGSIZE, Type::Int32, 1, false),
    (sig::PGP, Tag::SIGPGP, Type::Bin, 0, false),
    (sig::MD5, Tag::SIGMD5, Type::Bin, 16, false),
    (sig::GPG, Tag::SIGGPG, Type::Bin, 0, false),
    (sig::PAYLOADSIZE, Tag::ARCHIVESIZE, Type::Int32, 1, true),
];

/// First number that packages of the sixth format ignore.
const FIRST_LEGACY: u32 = 1000;
/// Largest count that is taken over.
const COUNT_MAX: usize = 16 * 1024 * 1024;

/// Returns the entries to append, or the tag of the main header that cannot be made of it (reference of rpm, section 1.4).
pub fn signature_dribbles(signature: &Header, header: &Header) -> Result<Vec<Entry>, Tag> {
    let format = header.number(Tag::RPMFORMAT).unwrap_or(0);
    let mut dribbles = Vec::new();
    for (from, to, kind, count, may_be_in_main) in TRANSLATION.iter().copied() {
        if format >= 6 && from.0 >= FIRST_LEGACY {
            continue;
        }
        let value = signature.get(from);
        if header.has(to) {
            // Older packages may carry these in the main header, but then not in the signature header as well.
            if may_be_in_main && format < 6 && value.is_none() {
                continue;
            }
            return Err(to);
        }
        let Some(value) = value else { continue };
        if value.kind() != kind || value.count() > COUNT_MAX || (count != 0 && value.count() != count) {
            return Err(to);
        }
        dribbles.push(Entry::new(to, value.to_owned()));
    }
    dribbles.extend(source_fix_up(header));
    dribbles.sort_by_key(|entry| entry.tag);
    Ok(dribbles)
}

/// Ancient packages say neither what they were built from nor that they are source packages.
fn source_fix_up(header: &Header) -> Option<Entry> {
    if header.has(Tag::SOURCERPM) || header.has(Tag::SOURCEPACKAGE) {
        return None;
    }
    // The files of a source package have no directory.
    let looks_like_source = header.has(Tag::BASENAMES) && header.strings(Tag::DIRNAMES).all(<[u8]>::is_empty);
    Some(if looks_like_source {
        Entry::new(Tag::SOURCEPACKAGE, OwnedValue::Int32(vec![1]))
    } else {
        Entry::new(Tag::SOURCERPM, OwnedValue::text("(none)"))
    })
}
