//! What a transaction on the running system tells the system's log, in rpm's words.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Where the log listens.
const SOCKET: &str = "/dev/log";
/// Facility `user` with the levels `warning` and `notice`.
const WARNING: u8 = 12;
const NOTICE: u8 = 13;

/// The system's log; nothing is told where nobody listens.
#[derive(Debug)]
pub(crate) struct Syslog {
    socket: Option<UnixDatagram>,
    tid: u32,
    failed_elements: u32,
    failed_scripts: u32,
}

impl Syslog {
    /// Tells that a transaction starts; `wanted` says whether anything is told at all.
    pub(crate) fn start(wanted: bool, tid: u32) -> Self {
        Syslog::to(wanted.then_some(Path::new(SOCKET)), tid)
    }

    fn to(path: Option<&Path>, tid: u32) -> Self {
        let connect = |path: &Path| {
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect(path).ok()?;
            Some(socket)
        };
        let log = Syslog { socket: path.and_then(connect), tid, failed_elements: 0, failed_scripts: 0 };
        log.send(NOTICE, &format!("Transaction ID {tid:x} started"));
        log
    }

    /// Tells how an element ended.
    pub(crate) fn element(&mut self, install: bool, nevra: &str, done: bool) {
        let operation = if install { "install" } else { "erase" };
        self.failed_elements += u32::from(!done);
        let (level, end) = if done { (NOTICE, "success") } else { (WARNING, "failure") };
        self.send(level, &format!("{operation} {nevra}: {end}"));
    }

    /// Tells of a scriptlet that failed; `status` is its exit status.
    pub(crate) fn script(&mut self, name: &str, status: i32) {
        self.failed_scripts += 1;
        self.send(WARNING, &format!("scriptlet {name} failure: {status}"));
    }

    /// Tells that the transaction is over.
    pub(crate) fn finish(&self, result: i32) {
        if self.failed_elements > 0 || self.failed_scripts > 0 {
            let (elements, scripts) = (self.failed_elements, self.failed_scripts);
            self.send(WARNING, &format!("{elements} elements failed, {scripts} scripts failed"));
        }
        self.send(NOTICE, &format!("Transaction ID {:x} finished: {result}", self.tid));
    }

    fn send(&self, level: u8, text: &str) {
        let Some(socket) = &self.socket else { return };
        // Whoever listens adds the time. A log that is gone is no reason to stop.
        let _ = socket.send(format!("<{level}>[RPM][{}]: {text}", std::process::id()).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_told_in_rpms_words() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("log");
        let listener = UnixDatagram::bind(&path).expect("a new socket");
        let mut log = Syslog::to(Some(&path), 0x2a);
        log.element(true, "a-1-1.noarch", true);
        log.element(false, "b-1-1.noarch", false);
        log.script("%post(a-1-1.noarch)", 3);
        log.finish(-1);
        let mut buffer = [0; 200];
        let mut heard = Vec::new();
        for _ in 0..6 {
            let length = listener.recv(&mut buffer).expect("it was sent already");
            heard.push(String::from_utf8_lossy(&buffer[..length]).replace(&format!("[{}]", std::process::id()), ""));
        }
        assert_eq!(
            heard,
            [
                "<13>[RPM]: Transaction ID 2a started",
                "<13>[RPM]: install a-1-1.noarch: success",
                "<12>[RPM]: erase b-1-1.noarch: failure",
                "<12>[RPM]: scriptlet %post(a-1-1.noarch) failure: 3",
                "<12>[RPM]: 1 elements failed, 1 scripts failed",
                "<13>[RPM]: Transaction ID 2a finished: -1",
            ]
        );
        Syslog::to(None, 1).finish(0);
    }
}
