//! `rpm -qlv`: a line for each file, as `ls -l` prints them.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use oxidnf_core::header::FileFlags;

use super::{Header, Rpm};
use crate::clock;

/// Half a year: what is older, or lies more than [`AHEAD`] in the future, has a year and no time of day.
const RECENT: i64 = 6 * 30 * 24 * 60 * 60;
/// An hour.
const AHEAD: i64 = 60 * 60;
/// Letters of an owner or a group that are shown.
const OWNER: usize = 8;

const TYPE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const DIRECTORY: u16 = 0o040_000;
const LINK: u16 = 0o120_000;
const CHARACTER: u16 = 0o020_000;
const BLOCK: u16 = 0o060_000;

impl Rpm {
    /// Returns a line for each file, without its end, and the flags of the file.
    ///
    /// Nothing when the file list contradicts itself, of which [`Header::listing`] tells.
    pub fn long_listing(&self, header: &Header) -> Vec<(Vec<u8>, FileFlags)> {
        let Ok(files) = header.files() else { return Vec::new() };
        let mut links: HashMap<(u32, u32), u32> = HashMap::new();
        let set = |file: &oxidnf_core::header::FileEntry<'_>| {
            let is_linked = file.mode & TYPE == REGULAR && !file.is_ghost() && file.inode > 0;
            is_linked.then_some((file.dev, file.inode))
        };
        for file in files.iter() {
            if let Some(set) = set(&file) {
                *links.entry(set).or_default() += 1;
            }
        }
        let line = |file: oxidnf_core::header::FileEntry<'_>| {
            let count = set(&file).and_then(|set| links.get(&set).copied()).unwrap_or(1);
            // A directory counts with itself, and its size depends on the file system.
            let (count, size) = if file.mode & TYPE == DIRECTORY { (2, 0) } else { (count, file.size) };
            let size = match file.mode & TYPE {
                CHARACTER | BLOCK => format!("{:>3}, {:>3}", file.rdev >> 8, file.rdev & 0xff),
                _ => format!("{size:>20}"),
            };
            let mut line = format!("{} {count:>4} ", permissions(file.mode)).into_bytes();
            for name in [file.user, file.group] {
                let name = &name[..name.len().min(OWNER)];
                line.extend_from_slice(name);
                line.resize(line.len() + OWNER + 1 - name.len(), b' ');
            }
            line.extend_from_slice(format!("{size:>10} {} ", time(file.mtime)).as_bytes());
            line.extend_from_slice(&file.path());
            if file.mode & TYPE == LINK {
                line.extend_from_slice(&[b" -> ", file.linkto].concat());
            }
            (line, file.flags)
        };
        files.iter().map(line).collect()
    }
}

/// `-rwxr-xr-x`, as `ls` writes it.
fn permissions(mode: u16) -> String {
    let kind = match mode & TYPE {
        REGULAR => '-',
        DIRECTORY => 'd',
        LINK => 'l',
        0o010_000 => 'p',
        0o140_000 => 's',
        CHARACTER => 'c',
        BLOCK => 'b',
        _ => '?',
    };
    let mut text = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 == 0 { '-' } else { 'r' });
        text.push(if bits & 2 == 0 { '-' } else { 'w' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    text
}

fn time(seconds: u32) -> String {
    let (now, then) = (clock::unix_time() as i64, i64::from(seconds));
    let style = if now > then + RECENT || now < then - AHEAD { "%b %e  %Y" } else { "%b %e %H:%M" };
    let time = Timestamp::from_second(then).ok();
    time.map_or_else(String::new, |time| time.to_zoned(TimeZone::system()).strftime(style).to_string())
}
