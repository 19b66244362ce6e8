//! Where bytes wait until it is their turn: in memory, or in a file without a name.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::builder::create_beside;
use crate::format::Reader;

/// How much of each run is read at once; hundreds of them may be open.
const WINDOW: usize = 4 * 1024;
/// How much of a stream is written at once.
const PIECE: usize = 64 * 1024;

/// A file that several threads append to; it is gone when the last part of it is.
#[derive(Debug, Clone)]
pub(crate) struct SpillFile {
    file: Arc<File>,
    end: Arc<AtomicU64>,
}

impl SpillFile {
    /// Makes the file in the directory of `path`.
    pub(crate) fn beside(path: &Path) -> io::Result<Self> {
        let (name, file) = create_beside(path)?;
        fs::remove_file(name)?;
        Ok(SpillFile { file: Arc::new(file), end: Arc::default() })
    }

    /// Appends bytes.
    pub(crate) fn keep(&self, bytes: &[u8]) -> io::Result<Kept> {
        let start = self.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(bytes, start)?;
        Ok(Kept::File { file: Arc::clone(&self.file), start, len: bytes.len() })
    }
}

/// Bytes that were put aside.
#[derive(Debug)]
pub(crate) enum Kept {
    Memory(Vec<u8>),
    File { file: Arc<File>, start: u64, len: usize },
}

impl Kept {
    /// Puts bytes aside and empties `bytes`: into a file, where there is one, and then the memory stays for others.
    pub(crate) fn new(bytes: &mut Vec<u8>, file: Option<&SpillFile>) -> io::Result<Self> {
        let Some(file) = file else { return Ok(Kept::Memory(std::mem::take(bytes))) };
        let kept = file.keep(bytes)?;
        bytes.clear();
        Ok(kept)
    }

    fn read(&self, at: usize, buffer: &mut [u8]) -> io::Result<()> {
        match self {
            Kept::Memory(bytes) => {
                let part = bytes.get(at..at + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
                buffer.copy_from_slice(part);
                Ok(())
            }
            Kept::File { file, start, .. } => file.read_exact_at(buffer, start + at as u64),
        }
    }
}

/// Reads a part of what was put aside from front to back, record by record.
#[derive(Debug)]
pub(crate) struct Window<'k> {
    kept: &'k Kept,
    /// Where what is not in the buffer yet begins and ends.
    next: usize,
    end: usize,
    buffer: Vec<u8>,
    at: usize,
}

impl<'k> Window<'k> {
    pub(crate) fn new(kept: &'k Kept, span: &std::ops::Range<usize>) -> Self {
        Window { kept, next: span.start, end: span.end, buffer: Vec::new(), at: 0 }
    }

    /// Returns at least `len` bytes, unless there are fewer.
    fn ensure(&mut self, len: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.at < len && self.next < self.end {
            self.buffer.drain(..self.at);
            self.at = 0;
            let have = self.buffer.len();
            let more = (len.max(WINDOW) - have).min(self.end - self.next);
            self.buffer.resize(have + more, 0);
            self.kept.read(self.next, &mut self.buffer[have..])?;
            self.next += more;
        }
        Ok(&self.buffer[self.at..])
    }

    /// Goes on to the next record, which begins with its length; `None` at the end.
    pub(crate) fn record(&mut self) -> io::Result<Option<Reader<'_>>> {
        let bytes = self.ensure(10)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(bytes);
        let len = reader.varint() as usize;
        let head = bytes.len() - reader.left();
        let bytes = self.ensure(head + len)?;
        if bytes.len() < head + len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += head + len;
        Ok(Some(Reader::new(&self.buffer[self.at - len..self.at])))
    }
}

/// Bytes that come bit by bit and are read when all are there.
#[derive(Debug)]
pub(crate) struct Stream {
    file: Option<SpillFile>,
    pieces: Vec<Kept>,
    buffer: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(file: Option<&SpillFile>) -> Self {
        Stream { file: file.cloned(), pieces: Vec::new(), buffer: Vec::new() }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes numbers, which stay together.
    pub(crate) fn numbers(&mut self, numbers: &[u32]) -> io::Result<()> {
        self.buffer.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        match &self.file {
            Some(file) if self.buffer.len() >= PIECE => {
                self.pieces.push(file.keep(&self.buffer)?);
                self.buffer.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Calls `each` with everything in order, cut only between what [`Stream::write`] was given.
    pub(crate) fn read<E: From<io::Error>>(&self, mut each: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut block = Vec::new();
        for piece in &self.pieces {
            let Kept::File { len, .. } = piece else { continue };
            block.resize(*len, 0);
            piece.read(0, &mut block)?;
            each(&block)?;
        }
        each(&self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::put_varint;

    #[test]
    fn records_and_streams_come_back() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = SpillFile::beside(&dir.path().join("x")).expect("writable");
        assert_eq!(dir.path().read_dir().expect("readable").count(), 0, "the file has no name");
        for file in [None, Some(&file)] {
            let mut bytes = b"front".to_vec();
            let lens = [0, 1, 20_000, 5, WINDOW, 70_000, 3];
            for (number, len) in (0_u8..).zip(lens) {
                put_varint(&mut bytes, len as u64);
                bytes.resize(bytes.len() + len, number);
            }
            let span = 5..bytes.len();
            let kept = Kept::new(&mut bytes, file).expect("kept");
            let mut window = Window::new(&kept, &span);
            for (number, len) in (0_u8..).zip(lens) {
                let mut record = window.record().expect("readable").expect("there");
                assert_eq!(record.bytes(usize::MAX), vec![number; len]);
            }
            assert!(window.record().expect("readable").is_none());

            let mut stream = Stream::new(file);
            let all: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
            all.chunks(999).try_for_each(|part| stream.write(part)).expect("written");
            let mut back = Vec::new();
            stream
                .read(|part| {
                    back.extend_from_slice(part);
                    Ok::<(), io::Error>(())
                })
                .expect("read");
            assert!(back == all);
        }
    }
}
