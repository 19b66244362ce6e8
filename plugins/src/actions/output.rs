//! What the lines say that commands write in the plain mode.

use oxidnf_core::conf::VarPriority;
use oxidnf_engine::log::Level;
use oxidnf_engine::plugin::{HookCx, HookResult};

use super::rule::Rule;
use super::{Actions, Failure, at_place, failed, tell, values};

impl Actions {
    /// Does what a line of output asks for; a mistake in it counts as one of the command.
    pub(super) fn obey(&mut self, rule: &Rule, line: &str, cx: &mut HookCx<'_>) -> HookResult {
        let Some((key, value)) = line.split_once('=') else {
            return match line.strip_prefix("tmp.") {
                Some(name) => {
                    self.temporary.remove(name);
                    Ok(())
                }
                None => {
                    let message = format!("Syntax error: Missing equal sign (=) in action output line: {line}");
                    failed(cx, rule, message.into())
                }
            };
        };
        match key.split_once('.') {
            Some(("tmp", name)) => {
                self.temporary.insert(name.to_owned(), value.to_owned());
            }
            Some(("var", name)) => {
                cx.vars.set(name, value, VarPriority::Plugin);
            }
            Some(("conf", option)) => {
                if let Err(cause) = values::set(cx, option, value) {
                    let message = format!("Cannot set option: Action output line: {line}");
                    return failed(cx, rule, Failure { message, cause: Some(cause.message) });
                }
            }
            Some(("log", level)) => match level_of(level) {
                Some(level) => tell(cx, rule, level, &format!("Message: {value}")),
                None => return failed(cx, rule, format!("Action sent the wrong log level: {line}").into()),
            },
            None if key == "stop" => {
                let stop = Failure::from(format!("Action calls for stop: {value}"));
                return Err(at_place(rule, stop).raise(rule.callback));
            }
            None if key == "error" => {
                return failed(cx, rule, format!("Action sent error message: {value}").into());
            }
            _ => {
                let message = "Syntax error: Action output line must start with \"tmp.\" or \"conf.\" or \"var.\" or \
                               \"stop=\" or \"error=\"";
                return failed(cx, rule, format!("{message}: {line}").into());
            }
        }
        Ok(())
    }
}

fn level_of(word: &str) -> Option<Level> {
    Some(match word {
        "CRITICAL" => Level::Critical,
        "ERROR" => Level::Error,
        "WARNING" => Level::Warning,
        "NOTICE" => Level::Notice,
        "INFO" => Level::Info,
        "DEBUG" => Level::Debug,
        "TRACE" => Level::Trace,
        _ => return None,
    })
}
