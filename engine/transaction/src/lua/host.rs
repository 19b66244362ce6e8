//! The state of the interpreter, and how a scriptlet runs in it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, MultiValue, Table, Value};
use oxidnf_rpmdb::macros::Macros;

use super::accounts;
use super::args::{Registrar, as_text, one};
use super::{Job, Reply, Variables, environment, macros, posix, posix_facts, posix_process, rpm, stream};
use crate::script::process::MAX_OUTPUT;

const PRELUDE: &str = include_str!("prelude.lua");

/// Turns a function that says whether it succeeded into one that raises an error if not. The last call is a tail
/// call, so that level 2 is the line that called.
const GUARD: &str = "\
local error = error
local function check(ok, ...)
    if ok then return ... end
    error((...), 2)
end
return function(inner) return function(...) return check(inner(...)) end end";

/// What the functions share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) output: RefCell<Vec<u8>>,
    /// What rpm itself has to tell.
    messages: RefCell<Vec<String>>,
    /// Number of the last error.
    pub(super) errno: Cell<i32>,
    /// Variables that scriptlets have set (or unset).
    pub(super) variables: RefCell<Variables>,
    macros: Arc<Mutex<Macros>>,
    /// Paths for `rpm.next_file`.
    pub(super) files: RefCell<std::vec::IntoIter<Vec<u8>>>,
}

impl Shared {
    /// Returns the macros of the transaction.
    pub(super) fn macros(&self) -> MutexGuard<'_, Macros> {
        self.macros.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has something told beside what is printed.
    pub(super) fn tell(&self, message: &str) {
        self.messages.borrow_mut().push(message.to_owned());
    }
}

/// An interpreter with the functions of rpm.
pub(super) struct Host {
    lua: Lua,
    shared: Rc<Shared>,
    rpm: Table,
    next_file: Function,
}

impl Host {
    /// Makes a state; the calling thread must be in its root already.
    pub(super) fn new(macros: Arc<Mutex<Macros>>, variables: Variables) -> mlua::Result<Self> {
        let lua = Lua::new();
        let shared = Rc::new(Shared { macros, variables: RefCell::new(variables), ..Shared::default() });
        let guard: Function = lua.load(GUARD).set_name("=rpm").eval()?;
        let registrar = |table| Registrar { lua: &lua, shared: &shared, table, guard: guard.clone() };
        let (posix_table, rpm_table) = (lua.create_table()?, lua.create_table()?);
        let os: Table = lua.globals().get("os")?;
        posix::register(&registrar(posix_table.clone()))?;
        posix_facts::register(&registrar(posix_table.clone()))?;
        posix_process::register(&registrar(posix_table.clone()))?;
        accounts::register(&registrar(posix_table.clone()))?;
        environment::register(&registrar(posix_table.clone()), &os)?;
        macros::register(&registrar(rpm_table.clone()))?;
        rpm::register(&registrar(rpm_table.clone()))?;
        rpm::register_os(&registrar(os))?;
        let hidden = registrar(lua.create_table()?);
        hidden.add("next_file", |call| match call.shared.files.borrow_mut().next() {
            Some(path) => Ok(one(call.string(path)?)),
            None => Ok(one(Value::Nil)),
        })?;
        let next_file = hidden.table.get("next_file")?;
        lua.globals().set("posix", posix_table)?;
        lua.globals().set("rpm", &rpm_table)?;
        let printed = Rc::clone(&shared);
        let collect = lua.create_function(move |_, text: mlua::LuaString| {
            let mut output = printed.output.borrow_mut();
            let room = MAX_OUTPUT.saturating_sub(output.len());
            let text = text.as_bytes();
            output.extend_from_slice(&text[..text.len().min(room)]);
            Ok(())
        })?;
        let told = Rc::clone(&shared);
        let tell = lua.create_function(move |_, text: mlua::LuaString| {
            told.tell(&text.to_string_lossy());
            Ok(())
        })?;
        macros::register_calls(&hidden)?;
        stream::register(&hidden)?;
        let (call, open): (Function, Function) = (hidden.table.get("call")?, hidden.table.get("stream")?);
        lua.load(PRELUDE).set_name("=rpm").call::<()>((collect, tell, call, open))?;
        Ok(Host { lua, shared, rpm: rpm_table, next_file })
    }

    /// Runs a scriptlet.
    pub(super) fn run(&self, job: &Job) -> Reply {
        // Surroundings are put back for the next scriptlet; only this thread has them.
        let umask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        *self.shared.files.borrow_mut() = job.files.clone().unwrap_or_default().into_iter();
        let result = self.call(job);
        rustix::process::umask(umask);
        let _ = rustix::process::chdir("/");
        let variables = Some(self.shared.variables.borrow().clone());
        let (output, messages) = (self.shared.output.take(), self.shared.messages.take());
        Reply { output, messages, result, variables }
    }

    fn call(&self, job: &Job) -> Result<(), String> {
        let internal = |error: mlua::Error| format!("lua script failed: {error}");
        self.set_surroundings(job).map_err(internal)?;
        // On the line of the first statement, so that lines keep their numbers.
        let text = [b"local opt, arg = ...; ", &job.body[..]].concat();
        let chunk = self.lua.load(text).set_name(job.name.as_str()).set_mode(ChunkMode::Text);
        let chunk = chunk.into_function().map_err(|error| match error {
            mlua::Error::SyntaxError { message, .. } => format!("invalid syntax in lua script: {message}"),
            error => internal(error),
        })?;
        // Through Lua's own pcall the error stays what was raised, without a traceback.
        let pcall: Function = self.lua.globals().get("pcall").map_err(internal)?;
        let (opt, arg) = self.arguments(job).map_err(internal)?;
        let ended = pcall.call::<MultiValue>((chunk, opt, arg)).map_err(internal)?;
        self.flush();
        match (ended.front(), ended.get(1)) {
            (Some(Value::Boolean(true)), _) => Ok(()),
            (_, Some(Value::Error(error))) => Err(format!("lua script failed: {error}")),
            (_, reason) => {
                // rpm prints what the C library makes of a null pointer when the error is no text.
                let reason = reason.and_then(as_text).unwrap_or_else(|| b"(null)".to_vec());
                Err(format!("lua script failed: {}", String::from_utf8_lossy(&reason)))
            }
        }
    }

    /// Sets what is there for some scriptlets only.
    fn set_surroundings(&self, job: &Job) -> mlua::Result<()> {
        self.rpm.set("next_file", job.files.is_some().then_some(&self.next_file))?;
        let prefixes = match &job.prefixes[..] {
            [] => None,
            prefixes => {
                let texts = prefixes.iter().map(|prefix| self.lua.create_string(prefix));
                Some(self.lua.create_sequence_from(texts.collect::<mlua::Result<Vec<_>>>()?)?)
            }
        };
        self.lua.globals().set("RPM_INSTALL_PREFIX", prefixes)
    }

    fn arguments(&self, job: &Job) -> mlua::Result<(Table, Table)> {
        let arg = self.lua.create_table()?;
        arg.push("<lua>")?;
        for number in &job.args {
            arg.push(*number)?;
        }
        Ok((self.lua.create_table()?, arg))
    }

    /// Writes out what `io.write` holds back.
    fn flush(&self) {
        let flushed = self.lua.load("io.stdout:flush()").exec();
        // A scriptlet that took io.stdout away has nothing to write out.
        drop(flushed);
    }
}
