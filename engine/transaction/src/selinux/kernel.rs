//! What the kernel says about SELinux: whether it runs, whether it forbids, and the context of a scriptlet.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs;

use super::ATTRIBUTE;

/// Magic number of selinuxfs.
const MAGIC: i64 = 0xf97c_ff8c;
/// Type of a scriptlet's context where the policy knows no transition.
const SCRIPT_TYPE: &str = "rpm_script_t";

/// The running SELinux.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    /// Where selinuxfs is mounted.
    dir: PathBuf,
}

impl Kernel {
    /// Finds it; none where it does not run or the host is not configured for it.
    pub(crate) fn find() -> Option<Self> {
        let dir = Path::new("/sys/fs/selinux");
        let facts = fs::statfs(dir).ok()?;
        // The type of the number depends on the machine.
        let is_mounted = (facts.f_type as i64) & 0xffff_ffff == MAGIC;
        (is_mounted && Path::new("/etc/selinux/config").exists()).then(|| Kernel { dir: dir.to_owned() })
    }

    /// Tells whether it forbids what the policy does not allow.
    pub(crate) fn is_enforcing(&self) -> bool {
        std::fs::read(self.dir.join("enforce")).is_ok_and(|text| text.trim_ascii() == b"1")
    }

    /// Returns the context of a scriptlet whose interpreter is an open file; none when the kernel does not tell.
    pub(crate) fn scriptlet_context(&self, interpreter: impl AsFd) -> Option<Vec<u8>> {
        let ours = text(std::fs::read("/proc/self/attr/current").ok()?)?;
        let mut label = vec![0; 4096];
        let length = fs::fgetxattr(interpreter, ATTRIBUTE, &mut label[..]).ok()?;
        label.truncate(length);
        let transition = self.transition(&ours, &text(label)?)?;
        let context = if transition == ours { with_type(&ours, SCRIPT_TYPE)? } else { transition };
        Some(context.into_bytes())
    }

    /// Asks the policy for the context of a process that runs a program.
    fn transition(&self, process: &str, program: &str) -> Option<String> {
        let class = text(std::fs::read(self.dir.join("class/process/index")).ok()?)?;
        let mut asked: File = OpenOptions::new().read(true).write(true).open(self.dir.join("create")).ok()?;
        asked.write_all(format!("{process} {program} {}", class.trim()).as_bytes()).ok()?;
        let mut answer = Vec::new();
        asked.read_to_end(&mut answer).ok()?;
        text(answer)
    }
}

/// Reads a text that may end with NULs.
fn text(mut bytes: Vec<u8>) -> Option<String> {
    while bytes.last().is_some_and(|byte| *byte == 0 || *byte == b'\n') {
        bytes.pop();
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// Returns a context, `user:role:type[:range]`, with another type.
fn with_type(context: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = context.splitn(4, ':').collect();
    *parts.get_mut(2)? = name;
    Some(parts.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_the_third_part() {
        let with = |context| with_type(context, SCRIPT_TYPE);
        assert_eq!(with("u:r:unconfined_t:s0-s0:c0.c1023").as_deref(), Some("u:r:rpm_script_t:s0-s0:c0.c1023"));
        assert_eq!(with("u:r:rpm_t").as_deref(), Some("u:r:rpm_script_t"));
        assert_eq!(with("kernel"), None);
        assert_eq!(text(b"a:b:c\n\0".to_vec()).as_deref(), Some("a:b:c"));
        assert_eq!(text(b"\0".to_vec()), None);
    }
}
