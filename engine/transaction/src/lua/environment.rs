//! Environment variables as scriptlets see and set them.

use mlua::{Function, Table, Value};

use super::args::{Registrar, one};

/// Adds the functions; `os` still holds Lua's own `getenv`.
pub(super) fn register(to: &Registrar<'_>, os: &Table) -> mlua::Result<()> {
    let stock: Function = os.get("getenv")?;
    let inherited = stock.clone();
    to.add("getenv", move |call| {
        let name = call.text(1)?;
        match call.shared.variables.borrow().get(&name) {
            Some(Some(value)) => Ok(one(call.string(value)?)),
            Some(None) => Ok(one(Value::Nil)),
            None => Ok(one(inherited.call::<Value>(call.string(name)?)?)),
        }
    })?;
    to.add("setenv", move |call| {
        let (name, value) = (call.text(1)?, call.text(2)?);
        let keep =
            matches!(call.value(3), Value::Boolean(false)) || call.optional_number(3).is_ok_and(|n| n == Some(0));
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) || value.contains(&0) {
            return call.failed(rustix::io::Errno::INVAL, Some(&name));
        }
        let mut variables = call.shared.variables.borrow_mut();
        let there = match variables.get(&name) {
            Some(value) => value.is_some(),
            None => !stock.call::<Value>(call.string(&name)?)?.is_nil(),
        };
        if !(keep && there) {
            variables.insert(name, Some(value));
        }
        Ok(one(Value::Number(0.0)))
    })?;
    to.add("putenv", |call| {
        let text = call.text(1)?;
        let mut variables = call.shared.variables.borrow_mut();
        match text.iter().position(|byte| *byte == b'=') {
            Some(at) => variables.insert(text[..at].to_vec(), Some(text[at + 1..].to_vec())),
            // Without a value the variable goes.
            None => variables.insert(text, None),
        };
        Ok(one(Value::Number(0.0)))
    })?;
    to.add("unsetenv", |call| {
        call.shared.variables.borrow_mut().insert(call.text(1)?, None);
        Ok(one(Value::Number(0.0)))
    })
}
