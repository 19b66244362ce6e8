//! Which packages have a dependency: lists by dependency, made from lists by package.

use std::io;

use crate::error::CatalogError;
use crate::format::{Reader, put_varint};
use crate::spill::{SpillFile, Stream};
use crate::writer::WriteError;

/// The dependencies of one kind of packages that follow one another.
pub(crate) struct List {
    stream: Stream,
    /// How many there are.
    entries: usize,
    package: Vec<u8>,
}

impl List {
    pub(crate) fn new(file: Option<&SpillFile>) -> Self {
        List { stream: Stream::new(file), entries: 0, package: Vec::new() }
    }

    /// Starts the dependencies of the next package.
    pub(crate) fn start(&mut self, count: u64) {
        self.entries += count as usize;
        put_varint(&mut self.package, count);
    }

    pub(crate) fn add(&mut self, dep: u32) {
        put_varint(&mut self.package, dep.into());
    }

    /// Ends them.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        let written = self.stream.write(&self.package);
        self.package.clear();
        written
    }
}

/// The dependencies of one kind of all packages, in order.
#[derive(Default)]
pub(crate) struct Lists(Vec<List>);

impl Lists {
    /// Adds the packages that follow.
    pub(crate) fn push(&mut self, list: List) {
        self.0.push(list);
    }

    fn entries(&self) -> usize {
        self.0.iter().map(|list| list.entries).sum()
    }

    /// Calls `each` with every package and dependency.
    fn read(&self, mut each: impl FnMut(u32, usize)) -> io::Result<()> {
        let mut package = 0;
        self.0.iter().try_for_each(|list| {
            list.stream.read(|bytes| {
                let mut reader = Reader::new(bytes);
                while !reader.is_empty() {
                    (0..reader.varint()).for_each(|_| each(package, reader.number() as usize));
                    package += 1;
                }
                Ok(())
            })
        })
    }
}

/// The contents of the two sections of a kind.
pub(crate) struct Encoded {
    pub(crate) postings: Stream,
    pub(crate) keys: Stream,
}

/// Turns lists by package into lists by dependency; `deps` is the number of all dependencies.
pub(crate) fn encode_postings(lists: Lists, deps: usize, file: Option<&SpillFile>) -> Result<Encoded, WriteError> {
    // Dependencies are numbered without gaps, so counting them sorts them.
    let mut ends = vec![0_u32; deps + 1];
    lists.read(|_, dep| ends[dep + 1] += 1)?;
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut packages = vec![0_u32; lists.entries()];
    lists.read(|package, dep| {
        // What was the end of the list before is moved to the end of this one, entry by entry.
        let place = &mut ends[dep];
        packages[*place as usize] = package;
        *place += 1;
    })?;
    drop(lists);
    let mut encoded = Encoded { postings: Stream::new(file), keys: Stream::new(file) };
    let (mut start, mut encoded_len, mut posting) = (0, 0, Vec::new());
    for (dep, end) in (0_u32..).zip(&ends[..deps]) {
        let list = &packages[start as usize..*end as usize];
        start = *end;
        if list.is_empty() {
            continue;
        }
        posting.clear();
        let mut last = None;
        for package in list {
            // A package may say the same twice.
            if last != Some(*package) {
                put_varint(&mut posting, u64::from(package - last.unwrap_or(0)));
                last = Some(*package);
            }
        }
        encoded.postings.write(&posting)?;
        encoded_len += posting.len();
        let end = u32::try_from(encoded_len).map_err(|_| CatalogError::TooLarge("dependencies"))?;
        encoded.keys.numbers(&[dep, end])?;
    }
    Ok(encoded)
}
