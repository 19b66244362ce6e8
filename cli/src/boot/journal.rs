//! The system's journal: messages about offline transactions, and the boots that have them.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Where journald takes messages.
const SOCKET: &str = "/run/systemd/journal/socket";
const JOURNALCTL: &str = "journalctl";

/// Ids of messages, which are dnf5's, so that each program finds the other's boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    RebootRequested,
    Started,
    Finished,
}

impl Message {
    const fn id(self) -> &'static str {
        match self {
            Message::RebootRequested => "9348174c5cc74001a71ef26bd79d302e",
            Message::Started => "3e0a5636d16b4ca4bbe5321d06c6aa62",
            Message::Finished => "8cec00a1566f4d3594f116450395f06c",
        }
    }
}

/// Writes a message, if there is a journal.
pub(crate) fn send(message: Message, text: &str, system_releasever: &str, target_releasever: &str) {
    let one_line = |text: &str| text.replace('\n', " ");
    let mut datagram = String::new();
    let fields = [
        ("MESSAGE", text),
        ("MESSAGE_ID", message.id()),
        ("PRIORITY", "5"),
        ("SYSTEM_RELEASEVER", system_releasever),
        ("TARGET_RELEASEVER", target_releasever),
        ("DNF_VERSION", env!("CARGO_PKG_VERSION")),
        ("SYSLOG_IDENTIFIER", "oxidnf"),
    ];
    for (key, value) in fields {
        datagram.push_str(&format!("{key}={}\n", one_line(value)));
    }
    if let Ok(socket) = UnixDatagram::unbound() {
        // Nobody has to be listening.
        let _ = socket.send_to(datagram.as_bytes(), SOCKET);
    }
}

/// A boot in which an offline transaction was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Boot {
    pub(crate) id: String,
    /// Microseconds since 1970.
    pub(crate) time: u64,
    pub(crate) system_releasever: String,
    pub(crate) target_releasever: String,
}

/// Returns the boots in which offline transactions were begun, oldest first; none when there is no journal.
pub(crate) fn boots() -> Vec<Boot> {
    let id = format!("MESSAGE_ID={}", Message::Started.id());
    let output = Command::new(JOURNALCTL)
        .args(["--output=json", "--no-pager", "--quiet", &id])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout).lines().filter_map(boot).collect()
}

fn boot(line: &str) -> Option<Boot> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Boot {
        id: entry.get("_BOOT_ID")?.as_str()?.to_owned(),
        time: text("__REALTIME_TIMESTAMP").parse().unwrap_or(0),
        system_releasever: text("SYSTEM_RELEASEVER"),
        target_releasever: text("TARGET_RELEASEVER"),
    })
}

/// Shows what the services of offline transactions wrote in one boot; tells whether that went well.
pub(crate) fn show(boot: &Boot) -> bool {
    let units = ["dnf5-offline-transaction.service", "oxidnf-offline-transaction.service"];
    let mut command = Command::new(JOURNALCTL);
    command.args(["--boot", &boot.id]);
    for unit in units {
        command.args(["--unit", unit]);
    }
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_journal() {
        let line = r#"{"_BOOT_ID":"0a","__REALTIME_TIMESTAMP":"1700000000000000","TARGET_RELEASEVER":"43","X":[1]}"#;
        let boot = boot(line).expect("has a boot id");
        assert_eq!((boot.id.as_str(), boot.time), ("0a", 1_700_000_000_000_000));
        assert_eq!((boot.system_releasever.as_str(), boot.target_releasever.as_str()), ("", "43"));
        assert_eq!(super::boot("nonsense"), None);
    }
}
