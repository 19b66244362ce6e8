//! Arguments and results of the functions that scriptlets call.

use std::rc::Rc;

use mlua::{Function, IntoLua, Lua, MultiValue, Table, Value};
use rustix::io::Errno;

use super::host::Shared;
use crate::fsm::error::describe;

/// Why a call raises an error instead of returning.
#[derive(Debug)]
pub(super) enum Failure {
    /// Argument (from 1) and what is wrong with it.
    Argument(usize, String),
    /// Any other message.
    Message(String),
}

impl From<mlua::Error> for Failure {
    fn from(error: mlua::Error) -> Self {
        Failure::Message(error.to_string())
    }
}

/// What a function returns or raises.
pub(super) type Answer = Result<MultiValue, Failure>;

/// One call.
pub(super) struct Call<'a> {
    pub(super) lua: &'a Lua,
    pub(super) shared: &'a Shared,
    args: MultiValue,
}

impl Call<'_> {
    /// Returns an argument, counted from 1; nil when it was not given.
    pub(super) fn value(&self, index: usize) -> &Value {
        self.args.get(index - 1).unwrap_or(&Value::Nil)
    }

    /// Returns how many arguments were given.
    pub(super) fn len(&self) -> usize {
        self.args.len()
    }

    /// Returns a text; numbers are taken as their text, as everywhere in Lua.
    pub(super) fn text(&self, index: usize) -> Result<Vec<u8>, Failure> {
        let value = self.value(index);
        match as_text(value) {
            Some(text) => Ok(text),
            None if index > self.len() => Err(Failure::Argument(index, "string expected, got no value".to_owned())),
            None => Err(Failure::Argument(index, format!("string expected, got {}", value.type_name()))),
        }
    }

    /// Returns a text that may be left out.
    pub(super) fn optional_text(&self, index: usize) -> Result<Option<Vec<u8>>, Failure> {
        if self.value(index).is_nil() { Ok(None) } else { self.text(index).map(Some) }
    }

    /// Returns a number that may be left out.
    pub(super) fn optional_number(&self, index: usize) -> Result<Option<i64>, Failure> {
        match self.value(index) {
            Value::Nil => Ok(None),
            value => {
                let expected = || Failure::Argument(index, format!("number expected, got {}", value.type_name()));
                as_number(value).map(Some).ok_or_else(expected)
            }
        }
    }

    /// Makes a text of Lua.
    pub(super) fn string(&self, bytes: impl AsRef<[u8]>) -> Result<Value, Failure> {
        Ok(Value::String(self.lua.create_string(bytes)?))
    }

    /// Makes a list of texts.
    pub(super) fn list(&self, texts: impl IntoIterator<Item = Vec<u8>>) -> Answer {
        let table = self.lua.create_table()?;
        for text in texts {
            table.push(self.lua.create_string(text)?)?;
        }
        Ok(one(Value::Table(table)))
    }

    /// Returns what the functions of rpm return: zero, or nil with the reason and its number.
    pub(super) fn done<T>(&self, result: Result<T, Errno>, object: Option<&[u8]>) -> Answer {
        match result {
            Ok(_) => Ok(one(Value::Number(0.0))),
            Err(errno) => self.failed(errno, object),
        }
    }

    /// Returns nil, the reason and its number.
    pub(super) fn failed(&self, errno: Errno, object: Option<&[u8]>) -> Answer {
        self.shared.errno.set(errno.raw_os_error());
        let mut text = object.map_or_else(Vec::new, |object| [object, b": "].concat());
        text.extend_from_slice(describe(errno).as_bytes());
        let number = Value::Number(f64::from(errno.raw_os_error()));
        Ok(MultiValue::from_vec(vec![Value::Nil, self.string(text)?, number]))
    }
}

/// Reads `table[key]` as a text.
pub(super) fn field(table: &Table, key: impl IntoLua) -> Result<Option<Vec<u8>>, Failure> {
    Ok(as_text(&table.get::<Value>(key)?))
}

/// Makes a result of one value.
pub(super) fn one(value: Value) -> MultiValue {
    MultiValue::from_vec(vec![value])
}

/// Returns the text of a string or a number.
pub(super) fn as_text(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        Value::Integer(number) => Some(number.to_string().into_bytes()),
        Value::Number(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Returns a number, or the one that a text holds.
pub(super) fn as_number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Number(number) => Some(*number as i64),
        Value::String(text) => text.to_str().ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// Puts functions into a table.
pub(super) struct Registrar<'a> {
    pub(super) lua: &'a Lua,
    pub(super) shared: &'a Rc<Shared>,
    pub(super) table: Table,
    /// Lua's side of a function: raises what the inner one says, at the line of its caller.
    pub(super) guard: Function,
}

impl Registrar<'_> {
    /// Adds a function.
    pub(super) fn add(&self, name: &'static str, body: impl Fn(&Call<'_>) -> Answer + 'static) -> mlua::Result<()> {
        let shared = Rc::clone(self.shared);
        let inner = self.lua.create_function(move |lua, args: MultiValue| {
            let call = Call { lua, shared: &shared, args };
            match body(&call) {
                Ok(mut values) => {
                    values.push_front(Value::Boolean(true));
                    Ok(values)
                }
                Err(failure) => {
                    let text = match failure {
                        Failure::Argument(index, reason) => format!("bad argument #{index} to '{name}' ({reason})"),
                        Failure::Message(text) => text,
                    };
                    let text = Value::String(lua.create_string(text)?);
                    Ok(MultiValue::from_vec(vec![Value::Boolean(false), text]))
                }
            }
        })?;
        self.table.set(name, self.guard.call::<Function>(inner)?)
    }
}
