//! File capabilities: the text of FILECAPS turned into the value of the `security.capability` attribute.

/// Names in the order of their numbers.
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];
const ALL: u64 = (1 << NAMES.len()) - 1;
const REVISION_2: u32 = 0x0200_0000;
const EFFECTIVE: u32 = 1;

/// Returns the value that the attribute `security.capability` of a file with these capabilities has; none for an empty
/// set, and an error as nothing for a text that is none.
pub fn attribute_of(text: &str) -> Option<Option<[u8; 20]>> {
    let caps = FileCaps::parse(text)?;
    Some((!text.trim().is_empty()).then(|| caps.attribute()))
}

/// Three sets of capabilities: a bit per number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FileCaps {
    effective: u64,
    permitted: u64,
    inheritable: u64,
}

impl FileCaps {
    /// Parses the text form (cap_from_text(3)): clauses of names, operators and flags, such as `cap_net_raw=ep`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut caps = FileCaps::default();
        for clause in text.split_ascii_whitespace() {
            caps.apply(clause)?;
        }
        Some(caps)
    }

    /// Returns the attribute's value in the kernel's second revision.
    pub(crate) fn attribute(&self) -> [u8; 20] {
        let magic = REVISION_2 | if self.effective != 0 { EFFECTIVE } else { 0 };
        let words = [
            magic,
            self.permitted as u32,
            self.inheritable as u32,
            (self.permitted >> 32) as u32,
            (self.inheritable >> 32) as u32,
        ];
        let mut out = [0; 20];
        for (chunk, word) in out.chunks_exact_mut(4).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    fn apply(&mut self, clause: &str) -> Option<()> {
        let start = clause.find(['=', '+', '-'])?;
        let (names, mut rest) = clause.split_at(start);
        let mask = mask(names, rest.starts_with('='))?;
        while let Some(operator) = rest.chars().next() {
            rest = &rest[1..];
            let end = rest.find(['=', '+', '-']).unwrap_or(rest.len());
            let (flags, next) = rest.split_at(end);
            rest = next;
            self.combine(mask, operator, flags)?;
        }
        Some(())
    }

    fn combine(&mut self, mask: u64, operator: char, flags: &str) -> Option<()> {
        if !flags.chars().all(|flag| matches!(flag, 'e' | 'i' | 'p')) {
            return None;
        }
        let sets = [('e', &mut self.effective), ('i', &mut self.inheritable), ('p', &mut self.permitted)];
        for (flag, set) in sets {
            match (operator, flags.contains(flag)) {
                ('=' | '+', true) => *set |= mask,
                ('=', false) | ('-', true) => *set &= !mask,
                _ => {}
            }
        }
        Some(())
    }
}

/// Returns the bits of a list of names; an empty list before `=` and the word `all` mean every capability.
fn mask(names: &str, assignment: bool) -> Option<u64> {
    if names.is_empty() {
        return assignment.then_some(ALL);
    }
    names.split(',').try_fold(0, |mask, name| {
        let name = name.to_ascii_lowercase();
        if name == "all" {
            return Some(ALL);
        }
        let bare = name.strip_prefix("cap_").unwrap_or(&name);
        let number = NAMES.iter().position(|known| *known == bare).or_else(|| bare.parse().ok())?;
        (number < 64).then(|| mask | 1_u64 << number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(text in "[a-z_,=+eip -]{0,40}|.{0,20}") {
            let _ = FileCaps::parse(&text);
        }
    }

    #[test]
    fn texts_become_attributes() {
        let caps = FileCaps::parse("cap_net_raw=ep").expect("valid");
        assert_eq!(&caps.attribute()[..8], &[1, 0, 0, 2, 0, 0x20, 0, 0]);
        assert_eq!(FileCaps::parse("cap_net_raw+p"), FileCaps::parse("= cap_net_raw=p"));
        assert_eq!(FileCaps::parse("cap_setuid,cap_setgid=ep").map(|caps| caps.permitted), Some(0xc0));
        assert_eq!(FileCaps::parse("="), Some(FileCaps::default()));
        assert_eq!(FileCaps::parse("cap_flying=ep"), None);
        assert_eq!(FileCaps::parse("cap_bpf"), None);
    }
}
