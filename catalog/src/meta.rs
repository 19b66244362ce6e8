//! What is known about a package besides its row and its lists, as a compact record.

use oxidnf_core::checksum::ChecksumKind;

use crate::format::{Reader, put_varint};

/// The fields of a record. Texts are numbers: with 1 added, so that 0 is "none".
///
/// While a catalog is built, they are numbers of the builder's arenas; in the file, `url`, `summary` and
/// `description` are places in their sections and the others numbers of strings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Meta<'a> {
    pub(crate) summary: u32,
    pub(crate) sourcerpm: u32,
    pub(crate) package_size: u64,
    pub(crate) install_size: u64,
    /// Database number plus 1.
    pub(crate) hnum: u64,
    pub(crate) build_time: u64,
    pub(crate) install_time: u64,
    pub(crate) vendor: u32,
    /// Directory of the location; the rest of it follows from the package's name when `location` is 0.
    pub(crate) location_dir: u32,
    pub(crate) location: u32,
    pub(crate) location_base: u32,
    /// Number of the kind plus 1, and the digest.
    pub(crate) checksum: (u8, &'a [u8]),
    pub(crate) license: u32,
    pub(crate) packager: u32,
    pub(crate) group: u32,
    pub(crate) build_host: u32,
    pub(crate) url: u32,
    pub(crate) description: u32,
    pub(crate) archive_size: u64,
    pub(crate) file_time: u64,
    pub(crate) header_start: u64,
    pub(crate) header_end: u64,
}

impl<'a> Meta<'a> {
    /// Returns the fields that are numbers of strings plus 1.
    pub(crate) fn strings(&mut self) -> [&mut u32; 9] {
        [
            &mut self.sourcerpm,
            &mut self.vendor,
            &mut self.location_dir,
            &mut self.location,
            &mut self.location_base,
            &mut self.license,
            &mut self.packager,
            &mut self.group,
            &mut self.build_host,
        ]
    }

    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let Meta {
            summary,
            sourcerpm,
            package_size,
            install_size,
            hnum,
            build_time,
            install_time,
            vendor,
            location_dir,
            location,
            location_base,
            checksum: (kind, digest),
            license,
            packager,
            group,
            build_host,
            url,
            description,
            archive_size,
            file_time,
            header_start,
            header_end,
        } = *self;
        let first = [u64::from(summary), u64::from(sourcerpm), package_size, install_size, hnum, build_time];
        let second = [install_time, vendor.into(), location_dir.into(), location.into(), location_base.into()];
        first.into_iter().chain(second).for_each(|number| put_varint(bytes, number));
        bytes.push(kind);
        bytes.extend_from_slice(digest);
        let third = [license, packager, group, build_host, url, description].map(u64::from);
        // Times and places near one another are written as differences (modulo 2^64, so that any value comes back).
        let fourth =
            [archive_size, file_time.wrapping_sub(build_time), header_start, header_end.wrapping_sub(header_start)];
        third.into_iter().chain(fourth).for_each(|number| put_varint(bytes, number));
    }

    pub(crate) fn decode(bytes: &'a [u8]) -> Self {
        let mut reader = Reader::new(bytes);
        let mut meta = Meta {
            summary: reader.number(),
            sourcerpm: reader.number(),
            package_size: reader.varint(),
            install_size: reader.varint(),
            hnum: reader.varint(),
            build_time: reader.varint(),
            install_time: reader.varint(),
            vendor: reader.number(),
            location_dir: reader.number(),
            location: reader.number(),
            location_base: reader.number(),
            ..Meta::default()
        };
        let kind = reader.bytes(1).first().copied().unwrap_or(0);
        meta.checksum = (kind, reader.bytes(checksum_kind(kind).map_or(0, ChecksumKind::len)));
        meta.license = reader.number();
        meta.packager = reader.number();
        meta.group = reader.number();
        meta.build_host = reader.number();
        meta.url = reader.number();
        meta.description = reader.number();
        meta.archive_size = reader.varint();
        meta.file_time = reader.varint().wrapping_add(meta.build_time);
        meta.header_start = reader.varint();
        meta.header_end = reader.varint().wrapping_add(meta.header_start);
        meta
    }
}

const KINDS: [ChecksumKind; 8] = [
    ChecksumKind::Md5,
    ChecksumKind::Sha1,
    ChecksumKind::Sha224,
    ChecksumKind::Sha256,
    ChecksumKind::Sha384,
    ChecksumKind::Sha512,
    ChecksumKind::Sha3_256,
    ChecksumKind::Sha3_512,
];

/// Returns the kind for a record's number, 0 being none.
pub(crate) fn checksum_kind(number: u8) -> Option<ChecksumKind> {
    KINDS.get(usize::from(number.checked_sub(1)?)).copied()
}

/// Returns the record's number for a kind.
pub(crate) fn checksum_number(kind: ChecksumKind) -> u8 {
    KINDS.iter().position(|other| *other == kind).map_or(0, |index| index as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let digest = [9; 32];
        let meta = Meta {
            summary: 1,
            sourcerpm: 2,
            package_size: u64::MAX,
            install_size: 4,
            hnum: 5,
            build_time: 1_700_000_000,
            install_time: 7,
            vendor: 8,
            location_dir: 9,
            location: 10,
            location_base: 11,
            checksum: (checksum_number(ChecksumKind::Sha256), &digest),
            license: 12,
            packager: 13,
            group: 14,
            build_host: 15,
            url: 16,
            description: u32::MAX,
            archive_size: 18,
            file_time: 0,
            header_start: 20,
            header_end: 3,
        };
        let mut bytes = Vec::new();
        meta.encode(&mut bytes);
        assert_eq!(Meta::decode(&bytes), meta);
        for end in 0..bytes.len() {
            Meta::decode(&bytes[..end]);
        }
    }
}
