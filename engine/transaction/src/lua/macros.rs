//! Macros of the host, as scriptlets use them.

use mlua::Value;
use oxidnf_rpmdb::macros::Expanded;

use super::args::{Answer, Call, Failure, Registrar, field, one};

/// Adds the functions.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("expand", |call| {
        let expanded = call.shared.macros().expand_keeping(&call.text(1)?);
        answer(call, expanded)
    })?;
    to.add("define", |call| {
        let defined = call.shared.macros().define_text(&call.text(1)?);
        if let Err(reason) = defined {
            call.shared.tell(&format!("error: {reason}"));
            return Err(Failure::Message("error defining macro".to_owned()));
        }
        Ok(one(Value::Nil))
    })?;
    to.add("undefine", |call| {
        let name = String::from_utf8_lossy(&call.text(1)?).into_owned();
        call.shared.macros().undefine(&name);
        Ok(one(Value::Nil))
    })?;
    to.add("isdefined", |call| {
        let name = String::from_utf8_lossy(&call.text(1)?).into_owned();
        let found = call.shared.macros().takes_parameters(&name);
        // The second value says whether it takes parameters.
        let values = [found.is_some(), found == Some(true)].map(Value::Boolean);
        Ok(mlua::MultiValue::from_iter(values))
    })?;
    to.add("load", |call| {
        let path = call.text(1)?;
        let text = std::fs::read(std::ffi::OsStr::new(&*String::from_utf8_lossy(&path)));
        Ok(one(Value::Number(match text {
            Ok(text) => {
                call.shared.macros().read(&text);
                0.0
            }
            Err(_) => -1.0,
        })))
    })
}

/// Adds what the table `macros` needs: a call of a macro by its name, with one text or a list of words.
pub(super) fn register_calls(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("call", |call| {
        let name = String::from_utf8_lossy(&call.text(1)?).into_owned();
        if call.len() > 2 {
            return Err(Failure::Message("too many arguments".to_owned()));
        }
        let expanded = match call.value(2) {
            Value::Table(table) => {
                let mut words = Vec::new();
                for index in 1..=table.raw_len() {
                    words.push(field(table, index)?.unwrap_or_default());
                }
                call.shared.macros().call(&name, &words)
            }
            value => match super::args::as_text(value) {
                Some(text) => {
                    let text = [b"%{", name.as_bytes(), b" ", &text, b"}"].concat();
                    call.shared.macros().expand_keeping(&text)
                }
                None => {
                    let reason = format!("bad argument #1 to '{name}' (string or table expected)");
                    return Err(Failure::Message(reason));
                }
            },
        };
        answer(call, expanded)
    })
}

fn answer(call: &Call<'_>, expanded: Expanded) -> Answer {
    for message in &expanded.messages {
        call.shared.tell(message);
    }
    if expanded.failed {
        return Err(Failure::Message("error expanding macro".to_owned()));
    }
    Ok(one(call.string(expanded.text)?))
}
