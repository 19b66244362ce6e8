//! Users and groups that a package asks for in its provides (reference of rpm, 3.9).

use std::collections::BTreeMap;

use oxidnf_core::header::{Header, Tag};

/// What one file of a package asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sysusers {
    /// The sysusers.d file that stands behind it; empty when the package does not tell.
    pub(crate) path: Vec<u8>,
    /// Lines in the form of sysusers.d.
    pub(crate) lines: Vec<u8>,
}

/// Reads the requests of a package, one for each file that makes some, in the order of the files.
pub(crate) fn requests(header: &Header) -> Vec<Sysusers> {
    let lines = header.sysusers();
    if lines.is_empty() {
        return Vec::new();
    }
    let files = providing_files(header);
    let mut by_file: BTreeMap<Option<usize>, Vec<u8>> = BTreeMap::new();
    for (provide, line) in lines {
        let text = by_file.entry(files.get(&provide).copied()).or_default();
        text.extend(line);
        text.push(b'\n');
    }
    let list = header.files().ok();
    let path = |file: Option<usize>| file.and_then(|file| Some(list.as_ref()?.path(file))).unwrap_or_default();
    by_file.into_iter().map(|(file, lines)| Sysusers { path: path(file), lines }).collect()
}

/// Returns which file made each provide.
fn providing_files(header: &Header) -> BTreeMap<usize, usize> {
    let dict: Vec<u32> = header.u32s(Tag::DEPENDSDICT).collect();
    let ranges = header.u32s(Tag::FILEDEPENDSX).zip(header.u32s(Tag::FILEDEPENDSN));
    let mut files = BTreeMap::new();
    for (file, (first, count)) in ranges.enumerate() {
        for entry in dict.iter().skip(first as usize).take(count as usize) {
            if (entry >> 24) as u8 == b'P' {
                files.entry((entry & 0x00ff_ffff) as usize).or_insert(file);
            }
        }
    }
    files
}

impl Sysusers {
    /// Returns the command line for rpm's `%{__systemd_sysusers}` and a target root.
    pub(crate) fn command(&self, program: &str, root: Option<&std::path::Path>) -> Vec<Vec<u8>> {
        use std::os::unix::ffi::OsStrExt;
        let mut line = program.as_bytes().to_vec();
        if !self.path.is_empty() {
            line.extend(b" --replace ");
            line.extend(quoted(&self.path));
        }
        if let Some(root) = root {
            line.extend(b" --root ");
            line.extend(quoted(root.as_os_str().as_bytes()));
            line.extend(b"/");
        }
        line.extend(b" -");
        [b"/bin/sh".to_vec(), b"-c".to_vec(), line].to_vec()
    }
}

/// Quotes a word for the shell; the path comes from a package.
fn quoted(word: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in word {
        if *byte == b'\'' {
            out.extend(br"'\''");
        } else {
            out.push(*byte);
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        let request = Sysusers { path: b"/usr/lib/sysusers.d/it's.conf".to_vec(), lines: Vec::new() };
        let command = request.command("systemd-sysusers", Some(std::path::Path::new("/r")));
        assert_eq!(
            String::from_utf8_lossy(&command[2]),
            r"systemd-sysusers --replace '/usr/lib/sysusers.d/it'\''s.conf' --root '/r'/ -"
        );
    }
}
