//! Writes sections and their checksums, one after the other.

use std::io::{self, Seek, SeekFrom, Write};

use crate::format::{BLOCK, HEADER, Header, SECTIONS, Section, Span, checksum};

/// So much is written at once.
const PIECE: usize = 16 * BLOCK;

/// A catalog file being written.
#[derive(Debug)]
pub(crate) struct Output<W> {
    sink: W,
    piece: Vec<u8>,
    /// Where the piece starts in the file.
    piece_start: u64,
    sums: Vec<u8>,
    spans: [Span; SECTIONS],
    current: Option<Section>,
}

impl<W: Write + Seek> Output<W> {
    /// Leaves room for the header.
    pub(crate) fn new(mut sink: W) -> io::Result<Self> {
        sink.write_all(&[0; HEADER])?;
        let piece = Vec::with_capacity(PIECE);
        let spans = [Span::default(); SECTIONS];
        Ok(Output { sink, piece, piece_start: HEADER as u64, sums: Vec::new(), spans, current: None })
    }

    fn place(&self) -> u64 {
        self.piece_start + self.piece.len() as u64
    }

    /// Starts a section; each is started once, in any order.
    pub(crate) fn section(&mut self, section: Section) {
        self.end_section();
        self.spans[section as usize].start = self.place();
        self.current = Some(section);
    }

    fn end_section(&mut self) {
        let place = self.place();
        if let Some(section) = self.current.take() {
            let span = &mut self.spans[section as usize];
            span.len = place - span.start;
        }
    }

    /// Appends to the current section.
    pub(crate) fn bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = PIECE - self.place() as usize % PIECE;
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.piece.extend_from_slice(now);
            bytes = later;
            if now.len() == room {
                self.end_piece()?;
            }
        }
        Ok(())
    }

    /// Appends numbers to the current section.
    pub(crate) fn numbers(&mut self, numbers: &[u32]) -> io::Result<()> {
        let room = PIECE - self.place() as usize % PIECE;
        if size_of_val(numbers) < room {
            self.piece.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            return Ok(());
        }
        numbers.iter().try_for_each(|number| self.bytes(&number.to_le_bytes()))
    }

    fn end_piece(&mut self) -> io::Result<()> {
        let (mut at, mut rest) = (self.piece_start, self.piece.as_slice());
        while !rest.is_empty() {
            let (block, later) = rest.split_at(rest.len().min(BLOCK - at as usize % BLOCK));
            self.sums.extend_from_slice(&checksum(at, block).to_le_bytes());
            at += block.len() as u64;
            rest = later;
        }
        self.sink.write_all(&self.piece)?;
        self.piece_start = at;
        self.piece.clear();
        Ok(())
    }

    /// Writes the checksums and the header.
    pub(crate) fn finish(mut self, stamp: [u8; 32]) -> io::Result<W> {
        self.end_section();
        let sums_start = self.place();
        self.end_piece()?;
        self.sink.write_all(&self.sums)?;
        let header = Header {
            stamp,
            spans: self.spans,
            sums_start,
            file_len: sums_start + self.sums.len() as u64,
            sums_sum: checksum(sums_start, &self.sums),
        };
        self.sink.seek(SeekFrom::Start(0))?;
        self.sink.write_all(&header.encode())?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}
