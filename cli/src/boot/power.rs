//! Restarting the machine and switching it off, by systemd.

use std::path::Path;
use std::process::{Command, Stdio};

/// Socket of the system's message bus; without it systemd cannot be asked.
const BUS: &str = "/run/dbus/system_bus_socket";
/// The unit that carries offline transactions out, and the target that has to want it.
const UNITS: [&str; 2] = ["dnf5-offline-transaction.service", "oxidnf-offline-transaction.service"];
const TARGET: &str = "system-update.target";

/// What is to happen to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    Reboot,
    Off,
}

/// Tells whether a boot with the trigger would carry a transaction out; `Err` says why that cannot be known.
pub(crate) fn is_wanted() -> Result<bool, String> {
    if !Path::new(BUS).exists() {
        return Err(
            "Warning: couldn't connect to D-Bus: [org.freedesktop.DBus.Error.FileNotFound] Failed to open bus (No such \
             file or directory)"
                .to_owned(),
        );
    }
    let mut command = Command::new("systemctl");
    let output = command.args(["show", "--property=Wants", "--value", TARGET]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("Warning: couldn't run systemctl: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().any(|unit| UNITS.contains(&unit)))
}

/// Returns what to say when no unit is wanted.
pub(crate) fn not_wanted() -> String {
    format!("{} is not wanted by {TARGET}.", UNITS[0])
}

/// Restarts the machine or switches it off.
pub(crate) fn request(power: Power) -> Result<(), String> {
    let verb = match power {
        Power::Reboot => "reboot",
        Power::Off => "poweroff",
    };
    let status = Command::new("systemctl").arg(verb).stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("Couldn't {verb} the system: systemctl ended with {status}")),
        Err(error) => Err(format!("Couldn't {verb} the system: systemctl: {error}")),
    }
}
