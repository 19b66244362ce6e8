//! Macros of the host, as scriptlets use them.

use mlua::Value;

use super::args::{Failure, Registrar, one};

/// Adds the functions.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("expand", |call| {
        let text = String::from_utf8_lossy(&call.text(1)?).into_owned();
        Ok(one(call.string(call.shared.macros.borrow().expand(&text))?))
    })?;
    to.add("define", |call| {
        let text = String::from_utf8_lossy(&call.text(1)?).into_owned();
        let (name, body) = text.trim_start().split_once(char::is_whitespace).ok_or_else(bad_definition)?;
        if name.is_empty() || name.contains('(') {
            return Err(bad_definition());
        }
        call.shared.macros.borrow_mut().define(name, body.trim_start());
        Ok(one(Value::Nil))
    })?;
    to.add("undefine", |call| {
        let name = String::from_utf8_lossy(&call.text(1)?).into_owned();
        call.shared.macros.borrow_mut().undefine(&name);
        Ok(one(Value::Nil))
    })?;
    to.add("isdefined", |call| {
        let name = String::from_utf8_lossy(&call.text(1)?).into_owned();
        let defined = Value::Boolean(call.shared.macros.borrow().body(&name).is_some());
        // The second value says whether the macro takes parameters; those are not kept here.
        Ok(mlua::MultiValue::from_vec(vec![defined, Value::Boolean(false)]))
    })?;
    to.add("load", |call| {
        let path = call.text(1)?;
        let text = std::fs::read(std::ffi::OsStr::new(&*String::from_utf8_lossy(&path)));
        Ok(one(Value::Number(match text {
            Ok(text) => {
                call.shared.macros.borrow_mut().read(&String::from_utf8_lossy(&text));
                0.0
            }
            Err(_) => -1.0,
        })))
    })
}

fn bad_definition() -> Failure {
    Failure::Message("error defining macro".to_owned())
}
