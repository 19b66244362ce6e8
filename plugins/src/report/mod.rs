//! The ways in which a report leaves the program: a shell command that reads it, a file for logins, mail.

mod format;
mod message;
mod motd;
mod netrc;
mod shell;
mod smtp;

pub use format::{FormatError, format, quoted};
pub use message::Message;
pub use motd::write_motd;
pub use netrc::login_of;
pub use shell::{pipe_into, run_shell};
pub use smtp::{MailServer, SmtpError};
