//! Which packages have a dependency: lists by dependency, made from lists by package.

use crate::error::CatalogError;
use crate::format::put_varint;

/// The dependencies of one kind of all packages, in order.
#[derive(Default)]
pub(crate) struct Lists {
    /// How many each package has.
    counts: Vec<u32>,
    deps: Vec<u32>,
}

impl Lists {
    /// Starts the list of the next package.
    pub(crate) fn start(&mut self, count: u64) {
        self.counts.push(count as u32);
    }

    pub(crate) fn add(&mut self, dep: u32) {
        self.deps.push(dep);
    }
}

/// The contents of the two sections of a kind.
pub(crate) struct Encoded {
    pub(crate) postings: Vec<u8>,
    pub(crate) keys: Vec<u8>,
}

/// Turns lists by package into lists by dependency; `deps` is the number of all dependencies.
pub(crate) fn encode_postings(lists: Lists, deps: usize) -> Result<Encoded, CatalogError> {
    // Dependencies are numbered without gaps, so counting them sorts them.
    let mut ends = vec![0_u32; deps + 1];
    for dep in &lists.deps {
        ends[*dep as usize + 1] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut packages = vec![0_u32; lists.deps.len()];
    let mut rest = lists.deps.iter();
    for (package, count) in (0..).zip(&lists.counts) {
        for dep in rest.by_ref().take(*count as usize) {
            // What was the end of the list before is moved to the end of this one, entry by entry.
            let place = &mut ends[*dep as usize];
            packages[*place as usize] = package;
            *place += 1;
        }
    }
    drop(lists);
    let mut encoded = Encoded { postings: Vec::new(), keys: Vec::new() };
    let mut start = 0;
    for (dep, end) in (0_u32..).zip(&ends[..deps]) {
        let list = &packages[start as usize..*end as usize];
        start = *end;
        if list.is_empty() {
            continue;
        }
        let mut last = None;
        for package in list {
            // A package may say the same twice.
            if last != Some(*package) {
                put_varint(&mut encoded.postings, u64::from(package - last.unwrap_or(0)));
                last = Some(*package);
            }
        }
        let end = u32::try_from(encoded.postings.len()).map_err(|_| CatalogError::TooLarge("dependencies"))?;
        encoded.keys.extend_from_slice(&dep.to_le_bytes());
        encoded.keys.extend_from_slice(&end.to_le_bytes());
    }
    Ok(encoded)
}
