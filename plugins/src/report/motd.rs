//! The line that people read when they log in.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The file, on the host even when another root is worked on.
const FILE: &str = "/etc/motd.d/dnf5-automatic";

/// Writes the line. A system without the directory has nobody who would show it, and is none the worse for it.
pub fn write_motd(line: &str) -> io::Result<()> {
    write(Path::new(FILE), line)
}

fn write(path: &Path, line: &str) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o666).open(path);
    let mut file: File = match file {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    writeln!(file, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_stays() {
        let dir = std::env::temp_dir().join(format!("oxidnf-motd-{}", std::process::id()));
        let file = dir.join("dnf5-automatic");
        write(&file, "nobody reads this").expect("a missing directory is no mistake");
        std::fs::create_dir_all(&dir).expect("writable");
        write(&file, "a longer line").expect("writable");
        write(&file, "a line").expect("writable");
        let text = std::fs::read_to_string(&file).expect("written");
        std::fs::remove_dir_all(&dir).expect("writable");
        assert_eq!(text, "a line\n");
    }
}
