//! The cpio archive of a payload: "newc" with names, and rpm's stripped form with file indexes.

use std::io::{self, Read};

use super::PayloadError;

/// Longest name in an archive, with its NUL.
const MAX_NAME: usize = 4096;
const TRAILER: &[u8] = b"TRAILER!!!";

/// How an entry names its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryName {
    /// newc: by path.
    Path(Vec<u8>),
    /// Stripped: by index into the header's file list.
    Index(u32),
}

/// Reads the entries of an archive one after another.
pub(crate) struct CpioReader<R> {
    input: R,
    offset: u64,
    /// Data of the current entry that was not read yet.
    left: u64,
}

impl<R: Read> CpioReader<R> {
    /// Starts at the beginning of an archive.
    pub(crate) fn new(input: R) -> Self {
        CpioReader { input, offset: 0, left: 0 }
    }

    /// Goes to the next entry and returns its name; none at the end of the archive.
    ///
    /// How much data it has is what the header says: see [`CpioReader::set_size`].
    /// Data of the current entry that was not read is skipped.
    pub(crate) fn next_entry(&mut self) -> Result<Option<EntryName>, PayloadError> {
        self.skip_rest()?;
        self.align()?;
        let mut magic = [0; 6];
        self.read_exactly(&mut magic).map_err(|_| PayloadError::BadMagic)?;
        match &magic {
            b"070701" | b"070702" => self.next_newc(),
            b"07070X" => self.next_stripped(),
            _ => Err(PayloadError::BadMagic),
        }
    }

    /// States how much data the current entry has.
    pub(crate) fn set_size(&mut self, size: u64) {
        self.left = size;
    }

    /// Reads data of the current entry; 0 at its end.
    pub(crate) fn read_data(&mut self, buffer: &mut [u8]) -> Result<usize, PayloadError> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let got = loop {
            match self.input.read(&mut buffer[..wanted]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(PayloadError::Read)?,
            }
        };
        if got == 0 {
            return Err(PayloadError::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        self.left -= got as u64;
        self.offset += got as u64;
        Ok(got)
    }

    fn next_newc(&mut self) -> Result<Option<EntryName>, PayloadError> {
        let mut fields = [0; 13 * 8];
        self.read_exactly(&mut fields)?;
        let field = |number: usize| hex(&fields[number * 8..number * 8 + 8]);
        // inode, mode, uid, gid, nlink, mtime, FILESIZE, four device numbers, NAMESIZE, checksum; the header's list says
        // what the file is, and of the other fields rpm only looks whether this one is a number.
        let (_, name_size) = (field(6)?, field(11)? as usize);
        if name_size == 0 || name_size > MAX_NAME {
            return Err(PayloadError::BadHeader);
        }
        let mut name = vec![0; name_size];
        self.read_exactly(&mut name)?;
        // rpm ends it itself, where no zero does.
        if let Some(end) = name.iter().position(|byte| *byte == 0) {
            name.truncate(end);
        }
        self.align()?;
        if name == TRAILER {
            return Ok(None);
        }
        Ok(Some(EntryName::Path(name)))
    }

    fn next_stripped(&mut self) -> Result<Option<EntryName>, PayloadError> {
        let mut field = [0; 8];
        self.read_exactly(&mut field)?;
        let index = hex(&field)?;
        self.align()?;
        Ok((index != u32::MAX).then_some(EntryName::Index(index)))
    }

    /// Skips what was not read of the current entry's data.
    pub(crate) fn skip_rest(&mut self) -> Result<(), PayloadError> {
        let mut scratch = [0; 8192];
        while self.read_data(&mut scratch)? > 0 {}
        Ok(())
    }

    fn align(&mut self) -> Result<(), PayloadError> {
        let mut pad = [0; 3];
        let count = (4 - (self.offset % 4) as usize) % 4;
        let broken = |_| PayloadError::Read(io::ErrorKind::UnexpectedEof.into());
        self.read_exactly(&mut pad[..count]).map_err(broken)
    }

    fn read_exactly(&mut self, buffer: &mut [u8]) -> Result<(), PayloadError> {
        // rpm does not tell an archive that broke off here from one with a bad header.
        self.input.read_exact(buffer).map_err(|_| PayloadError::BadHeader)?;
        self.offset += buffer.len() as u64;
        Ok(())
    }
}

fn hex(digits: &[u8]) -> Result<u32, PayloadError> {
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(PayloadError::BadHeader)?;
        Ok(value << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn newc(name: &[u8], data: &[u8]) -> Vec<u8> {
        let mut out = b"070701".to_vec();
        for number in 0..13 {
            let value = match number {
                6 => data.len(),
                11 => name.len() + 1,
                _ => 0,
            };
            out.extend(format!("{value:08x}").bytes());
        }
        out.extend(name);
        out.push(0);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(data);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn data<R: Read>(reader: &mut CpioReader<R>) -> Vec<u8> {
        let (mut out, mut buffer) = (Vec::new(), [0; 3]);
        loop {
            match reader.read_data(&mut buffer).expect("whole archive") {
                0 => return out,
                got => out.extend(&buffer[..got]),
            }
        }
    }

    #[test]
    fn reads_named_entries() {
        let archive = [newc(b"./etc/a", b"hello\n"), newc(b"/etc/b", b""), newc(TRAILER, b"")].concat();
        let mut reader = CpioReader::new(&archive[..]);
        let first = reader.next_entry().expect("valid").expect("first");
        assert_eq!(first, EntryName::Path(b"./etc/a".to_vec()));
        reader.set_size(6);
        assert_eq!(data(&mut reader), b"hello\n");
        assert_eq!(reader.next_entry().expect("valid"), Some(EntryName::Path(b"/etc/b".to_vec())));
        assert_eq!(reader.next_entry().expect("valid"), None);
    }

    #[test]
    fn reads_stripped_entries() {
        let mut archive = [&b"07070X00000001\0\0hello\0\0\0"[..], b"07070X00000004\0\0README\0\0"].concat();
        archive.extend(newc(TRAILER, b""));
        let mut reader = CpioReader::new(&archive[..]);
        assert_eq!(reader.next_entry().expect("valid"), Some(EntryName::Index(1)));
        reader.set_size(5);
        assert_eq!(data(&mut reader), b"hello");
        assert_eq!(reader.next_entry().expect("valid"), Some(EntryName::Index(4)));
        reader.set_size(6);
        assert_eq!(reader.next_entry().expect("valid"), None, "data that nobody reads is skipped");
    }

    #[test]
    fn refuses_nonsense() {
        assert!(matches!(CpioReader::new(&b"070709zzz"[..]).next_entry(), Err(PayloadError::BadMagic)));
        let mut long = newc(b"x", b"");
        long[6 + 11 * 8..6 + 12 * 8].copy_from_slice(b"00001001");
        assert!(matches!(CpioReader::new(&long[..]).next_entry(), Err(PayloadError::BadHeader)));
        assert!(matches!(CpioReader::new(&b"070701"[..]).next_entry(), Err(PayloadError::BadHeader)));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), flip in any::<Vec<(u16, u8)>>()) {
            let mut valid = [newc(b"./a", b"12345"), newc(b"b", b"1"), newc(TRAILER, b"")].concat();
            for (at, value) in flip {
                let at = usize::from(at) % valid.len();
                valid[at] = value;
            }
            for archive in [bytes, valid] {
                let mut reader = CpioReader::new(&archive[..]);
                while let Ok(Some(_)) = reader.next_entry() {
                    reader.set_size(3);
                    let _ = reader.read_data(&mut [0; 2]);
                }
            }
        }
    }
}
