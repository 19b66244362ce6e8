//! Owners and groups by name, from the files of the target root.

use std::collections::HashMap;
use std::path::Path;

use rustix::io::Errno;

use crate::fsm::dirs::RootDir;
use crate::fsm::error::describe;

/// Numeric owner and group of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// The user was not found, so the set-user-id bit must go.
    pub no_user: bool,
    /// The group was not found, so the set-group-id bit must go.
    pub no_group: bool,
}

impl Owner {
    /// Returns the permissions that a file may get: without the bits that would grant root's rights by accident.
    pub(crate) const fn restrict(self, mode: u32) -> u32 {
        let without_user = if self.no_user { mode & !0o4000 } else { mode };
        if self.no_group { without_user & !0o2000 } else { without_user }
    }
}

/// Looks names up; found ids are kept, misses are not, as a scriptlet may create the user in between.
#[derive(Debug, Default)]
pub(crate) struct Users {
    uids: HashMap<String, u32>,
    gids: HashMap<String, u32>,
    /// Complaints since the last [`Users::take_unknown`].
    unknown: Vec<String>,
    /// Names that were looked up in vain, with the trouble that reading the file gave.
    missing: HashMap<(bool, String), Option<String>>,
}

impl Users {
    /// Forgets which names were missing: to be called whenever a scriptlet may have changed the files.
    pub(crate) fn refresh(&mut self) {
        self.missing.clear();
    }

    /// Returns the ids of an owner; unknown ones become root and leave a warning.
    pub(crate) fn owner(&mut self, root: &RootDir, user: &str, group: &str) -> Owner {
        let uid = self.id(root, user, true);
        let gid = self.id(root, group, false);
        Owner { uid: uid.unwrap_or(0), gid: gid.unwrap_or(0), no_user: uid.is_none(), no_group: gid.is_none() }
    }

    /// Takes the warnings about unknown names, in rpm's words.
    pub(crate) fn take_unknown(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unknown)
    }

    fn id(&mut self, root: &RootDir, name: &str, user: bool) -> Option<u32> {
        if name == "root" {
            return Some(0);
        }
        let known = if user { &self.uids } else { &self.gids };
        if let Some(id) = known.get(name) {
            return Some(*id);
        }
        let key = (user, name.to_owned());
        if !self.missing.contains_key(&key) {
            let path = if user { "/etc/passwd" } else { "/etc/group" };
            let (text, trouble) = match root.read(Path::new(path)) {
                Ok(text) => (text, None),
                Err(error) => {
                    let cause = Errno::from_io_error(&error).map_or_else(|| error.to_string(), describe);
                    (Vec::new(), Some(format!("failed to open {path} for id/name lookup: {cause}")))
                }
            };
            if let Some(id) = find(&text, name.as_bytes()) {
                let known = if user { &mut self.uids } else { &mut self.gids };
                known.insert(name.to_owned(), id);
                return Some(id);
            }
            self.missing.insert(key.clone(), trouble);
        }
        // rpm complains for every file, and each time about both.
        self.unknown.extend(self.missing.get(&key).cloned().flatten());
        let kind = if user { "user" } else { "group" };
        self.unknown.push(format!("{kind} {name} does not exist - using root"));
        None
    }
}

/// Tells whether the root has this user, or else this group.
pub(crate) fn is_known(root: &RootDir, name: &[u8], user: bool) -> bool {
    let path = if user { "/etc/passwd" } else { "/etc/group" };
    name == b"root" || root.read(Path::new(path)).is_ok_and(|text| find(&text, name).is_some())
}

/// Finds the id in a passwd or group file: the third field of the line that begins with the name.
fn find(text: &[u8], name: &[u8]) -> Option<u32> {
    text.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        if fields.next() != Some(name) {
            return None;
        }
        std::str::from_utf8(fields.nth(1)?).ok()?.trim().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_ids() {
        let passwd = b"root:x:0:0::/root:/bin/sh\nbin:x:1:1::/:/bin/false\n# x\nbad:x:no\n";
        assert_eq!(find(passwd, b"bin"), Some(1));
        assert_eq!(find(passwd, b"bad"), None);
        assert_eq!(find(passwd, b"nobody"), None);
    }

    #[test]
    fn unknown_owners_lose_their_bits() {
        let owner = Owner { uid: 0, gid: 5, no_user: true, no_group: false };
        assert_eq!(owner.restrict(0o6755), 0o2755);
    }
}
