//! Files whose content did not reach the disk before the machine went down.

use rustix::fs::{Mode, OFlags};

use crate::element::{Member, Placement};
use crate::files::compare::OnDisk;
use crate::files::state::{FileAction, flag};
use crate::files::table::FileKind;
use crate::fsm::dirs::RootDir;

/// Looks at all files that an element has put in place, and returns which of them must be put there again.
///
/// A configuration file with other content may have been edited by a scriptlet or by the administrator, so it is
/// replaced only when it holds nothing: that is what file systems leave of a file whose content was not written.
pub(super) fn placement(member: &Member, root: &RootDir) -> Placement {
    let table = &member.files;
    let mut actions = vec![FileAction::Skip; table.len()];
    for (file, action) in member.actions.iter().enumerate() {
        let info = &table.files[file];
        if !action.creates() && *action != FileAction::Touch || info.has(flag::GHOST) {
            continue;
        }
        let mut path = table.path(file);
        if *action == FileAction::AltName {
            path.extend(b".rpmnew");
        }
        let lost = match OnDisk::look(root, path.clone()) {
            None => true,
            Some(mut disk) if info.has(flag::CONFIG) => {
                !disk.has_content_of(table, file) && disk.kind() == FileKind::Regular && is_blank(root, &path)
            }
            Some(mut disk) => info.kind() != FileKind::Directory && !disk.has_content_of(table, file),
        };
        if lost {
            // What was in the way is saved already.
            actions[file] = if *action == FileAction::AltName { FileAction::AltName } else { FileAction::Create };
        }
    }
    // Content is in the archive once for each set of hard links.
    for set in &table.link_sets {
        if set.iter().any(|file| actions[*file as usize].creates()) {
            for file in set {
                let action = &mut actions[*file as usize];
                if member.actions[*file as usize].creates() {
                    *action = FileAction::Create;
                }
            }
        }
    }
    if actions.iter().any(|action| action.creates()) { Placement::Repair(actions) } else { Placement::Done }
}

/// Tells whether a file is empty or holds nothing but zeros.
fn is_blank(root: &RootDir, path: &[u8]) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let Ok(fd) = root.open_at(path, flags, Mode::empty()) else { return false };
    let mut file = std::fs::File::from(fd);
    let mut buffer = [0; 8192];
    loop {
        match std::io::Read::read(&mut file, &mut buffer) {
            Ok(0) => return true,
            Ok(got) if buffer[..got].iter().all(|byte| *byte == 0) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_files_are_told_from_others() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = RootDir::open(dir.path()).expect("it is there");
        for (name, content, blank) in
            [("empty", &b""[..], true), ("zeros", &[0; 9000], true), ("text", b"x", false), ("end", b"\0\0x", false)]
        {
            std::fs::write(dir.path().join(name), content).expect("writable");
            assert_eq!(is_blank(&root, name.as_bytes()), blank, "{name}");
        }
        assert!(!is_blank(&root, b"missing"));
    }
}
