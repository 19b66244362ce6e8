//! Writes sections and their checksums, one after the other.

use std::io::{self, Seek, SeekFrom, Write};

use crate::format::{BLOCK, HEADER, Header, SECTIONS, Section, Span, checksum};

/// A catalog file being written.
#[derive(Debug)]
pub(crate) struct Output<W> {
    sink: W,
    block: Vec<u8>,
    /// Where the block starts in the file.
    block_start: u64,
    sums: Vec<u8>,
    spans: [Span; SECTIONS],
    current: Option<Section>,
}

impl<W: Write + Seek> Output<W> {
    /// Leaves room for the header.
    pub(crate) fn new(mut sink: W) -> io::Result<Self> {
        sink.write_all(&[0; HEADER])?;
        let block = Vec::with_capacity(BLOCK);
        let spans = [Span::default(); SECTIONS];
        Ok(Output { sink, block, block_start: HEADER as u64, sums: Vec::new(), spans, current: None })
    }

    fn place(&self) -> u64 {
        self.block_start + self.block.len() as u64
    }

    /// Starts a section; each is started once, in any order.
    pub(crate) fn section(&mut self, section: Section) {
        self.end_section();
        self.spans[section as usize].start = self.place();
        self.current = Some(section);
    }

    /// Appends a whole section.
    pub(crate) fn whole(&mut self, section: Section, bytes: &[u8]) -> io::Result<()> {
        self.section(section);
        self.bytes(bytes)
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
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// Appends numbers to the current section.
    pub(crate) fn numbers(&mut self, numbers: &[u32]) -> io::Result<()> {
        numbers.iter().try_for_each(|number| self.bytes(&number.to_le_bytes()))
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.sums.extend_from_slice(&checksum(self.block_start, &self.block).to_le_bytes());
        self.sink.write_all(&self.block)?;
        self.block_start += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }

    /// Writes the checksums and the header.
    pub(crate) fn finish(mut self, stamp: [u8; 32]) -> io::Result<W> {
        self.end_section();
        let sums_start = self.place();
        if !self.block.is_empty() {
            self.end_block()?;
        }
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
