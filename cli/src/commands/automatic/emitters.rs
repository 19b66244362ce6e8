//! Where the report of a run goes.

use std::fs;

use oxidnf_engine::Session;
use oxidnf_engine::config::AutomaticConfig;
use oxidnf_engine::log::Level;
use oxidnf_plugins::report::{FormatError, MailServer, Message, format, login_of, pipe_into, quoted, write_motd};

use super::Report;
use crate::context::{Context, Failure};

/// Hands the report to everybody whom the configuration names.
pub(super) fn emit(cx: &Context, session: &Session, config: &AutomaticConfig, report: &Report) -> Result<(), Failure> {
    for emitter in config.emit_via.get() {
        match emitter.as_str() {
            "stdio" => stdio(cx, report),
            "motd" => motd(cx, report),
            "command" => command(cx, config, report)?,
            "command_email" => command_email(cx, config, report)?,
            "email" => email(cx, session, config, report),
            other => {
                session
                    .log()
                    .write(Level::Warning, &format!("Unknown report emitter for dnf5 automatic: \"{other}\"."));
            }
        }
    }
    Ok(())
}

fn stdio(cx: &Context, report: &Report) {
    cx.output.line(&report.summary);
    if !report.text.is_empty() {
        cx.output.line("");
        cx.output.text(&report.text);
    }
    cx.output.flush();
}

fn motd(cx: &Context, report: &Report) {
    if let Err(error) = write_motd(&format!("dnf5-automatic: {}", report.summary)) {
        cx.output.error(format!("Cannot write the message of the day: {error}"));
    }
}

fn command(cx: &Context, config: &AutomaticConfig, report: &Report) -> Result<(), Failure> {
    let command = format(config.command.get(), &[("body", &quoted(&report.text))]).map_err(badly_formatted)?;
    let stdin = || format(config.command_stdin.get(), &[("body", &report.text)]);
    feed(cx, &command, stdin)
}

fn command_email(cx: &Context, config: &AutomaticConfig, report: &Report) -> Result<(), Failure> {
    let arguments = [
        ("body", quoted(&report.text)),
        ("subject", quoted(&subject(config, report))),
        ("email_from", quoted(config.mailer_from.get())),
        ("email_to", quoted(&config.mailer_to.get().join(" "))),
    ];
    let arguments: Vec<(&str, &str)> = arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let command = format(config.mailer.get(), &arguments).map_err(badly_formatted)?;
    let stdin = || format(config.mailer_stdin.get(), &[("body", &report.text)]);
    feed(cx, &command, stdin)
}

/// Hands the report to a mail server; what goes wrong there is told and is no failure of the run.
fn email(cx: &Context, session: &Session, config: &AutomaticConfig, report: &Report) {
    let host = config.email_host.get();
    let login = || {
        let home = session.settings().environment.home.as_ref()?;
        login_of(&fs::read_to_string(home.join(".netrc")).ok()?, host)
    };
    let (to, from) = (config.email_to.get(), config.email_from.get());
    let subject = subject(config, report);
    let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let message = Message { date: &date, from, to, subject: &subject, body: &report.text }.render();
    let port = *config.email_port.get();
    let own_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let sent = match u16::try_from(port) {
        Ok(port) => {
            let server = MailServer { host, port, tls: *config.email_tls.get(), login: login(), own_name: &own_name };
            server.send(from, to, &message).map_err(|error| error.to_string())
        }
        Err(_) => Err(format!("{port} is no port")),
    };
    if let Err(cause) = sent {
        cx.output.error(format!("Cannot send e-mail through {host}:{port}: {cause}"));
    }
}

/// Runs a command that reads a text. The command is started before a mistake in the text's format is found, as in dnf5.
fn feed(cx: &Context, command: &str, stdin: impl Fn() -> Result<String, FormatError>) -> Result<(), Failure> {
    cx.output.flush();
    let text = stdin();
    let fed = pipe_into(command, text.as_deref().unwrap_or_default());
    if let Err(error) = fed {
        cx.output.error(format!("Cannot run the command \"{command}\" that gets the report: {error}"));
    }
    text.map(drop).map_err(badly_formatted)
}

fn subject(config: &AutomaticConfig, report: &Report) -> String {
    format!("[{}] dnf5-automatic: {}", config.system_name.get(), report.summary)
}

fn badly_formatted(error: FormatError) -> Failure {
    Failure::Message(error.to_string())
}
