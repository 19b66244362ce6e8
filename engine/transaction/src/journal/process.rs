//! Processes that may have outlived the run that started them.

/// Returns the tick at which a process started; none when there is no such process.
pub(super) fn start_of(pid: u32) -> Option<u64> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    // The name may hold blanks and parentheses; the fields after the last one are plain. The start is field 22.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    // A zombie does nothing any more.
    if state == "Z" { None } else { fields.nth(18)?.parse().ok() }
}

/// Tells whether the process that started at a tick still runs.
pub(super) fn is_alive(pid: u32, start: u64) -> bool {
    start_of(pid) == Some(start)
}

/// Returns the name of the running system's start; empty where the kernel does not tell.
pub(super) fn boot_id() -> Vec<u8> {
    std::fs::read("/proc/sys/kernel/random/boot_id").map(|id| id.trim_ascii().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive() {
        let pid = std::process::id();
        let start = start_of(pid).expect("procfs is mounted");
        assert!(is_alive(pid, start) && !is_alive(pid, start + 1));
        assert_eq!(boot_id().len(), 36);
    }
}
