//! Where the report of a run goes.

use oxidnf_engine::Session;
use oxidnf_engine::config::AutomaticConfig;
use oxidnf_engine::log::Level;
use oxidnf_plugins::report::{FormatError, format, pipe_into, quoted, write_motd};

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
            "email" => cx
                .output
                .error("The emitter \"email\" is not there yet; use \"command_email\" with a program that sends mail."),
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
