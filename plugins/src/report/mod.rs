//! The ways in which a report leaves the program: a shell command that reads it, a file for logins, mail.

mod format;
mod motd;
mod shell;

pub use format::{FormatError, format, quoted};
pub use motd::write_motd;
pub use shell::{pipe_into, run_shell};
