//! `labels ROOT`: reads octal modes and paths, one pair on each line, and prints the labels that the policy of a root
//! gives them, as matchpathcon does.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::io::Read;

use oxidnf_core::root::Root;
use oxidnf_transaction::Labels;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Root::open(std::env::args().nth(1).ok_or("which root?")?)?;
    let labels = Labels::of(vec![root])?;
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let blank = line.iter().position(|byte| *byte == b' ').ok_or("each line is a mode and a path")?;
        let mode = u32::from_str_radix(std::str::from_utf8(&line[..blank])?, 8)?;
        let path = &line[blank + 1..];
        let label = labels.label(path, mode);
        let label = label.as_deref().map_or(&b"<<none>>"[..], |label| label.strip_suffix(b"\0").unwrap_or(label));
        println!("{}\t{}", String::from_utf8_lossy(path), String::from_utf8_lossy(label));
    }
    Ok(())
}
