//! `posix.*`: the process, its terminal and what the system can do at most.

use std::ffi::CString;
use std::os::fd::BorrowedFd;

use mlua::Value;
use rustix::fs::{Gid, Uid};
use rustix::io::Errno;

use super::accounts;
use super::args::{Call, Failure, Registrar, as_number, one};
use super::posix_facts::select;
use crate::sys;

/// What rpm says of its library.
const VERSION: &str = "posix library for Lua 5.3 / Nov 2003";
/// Where every process finds its terminal.
const TERMINAL: &str = "/dev/tty";

const TIMES: [&str; 5] = ["utime", "stime", "cutime", "cstime", "elapsed"];
/// Names of limits of the system, and their numbers.
const LIMITS: [(&str, libc::c_int); 10] = [
    ("arg_max", libc::_SC_ARG_MAX),
    ("child_max", libc::_SC_CHILD_MAX),
    ("clk_tck", libc::_SC_CLK_TCK),
    ("ngroups_max", libc::_SC_NGROUPS_MAX),
    ("stream_max", libc::_SC_STREAM_MAX),
    ("tzname_max", libc::_SC_TZNAME_MAX),
    ("open_max", libc::_SC_OPEN_MAX),
    ("job_control", libc::_SC_JOB_CONTROL),
    ("saved_ids", libc::_SC_SAVED_IDS),
    ("version", libc::_SC_VERSION),
];
/// Names of limits of a file, and their numbers.
const PATH_LIMITS: [(&str, libc::c_int); 9] = [
    ("link_max", libc::_PC_LINK_MAX),
    ("max_canon", libc::_PC_MAX_CANON),
    ("max_input", libc::_PC_MAX_INPUT),
    ("name_max", libc::_PC_NAME_MAX),
    ("path_max", libc::_PC_PATH_MAX),
    ("pipe_buf", libc::_PC_PIPE_BUF),
    ("chown_restricted", libc::_PC_CHOWN_RESTRICTED),
    ("no_trunc", libc::_PC_NO_TRUNC),
    ("vdisable", libc::_PC_VDISABLE),
];

/// Adds the functions.
// witness: compat-tests/tests/lua.rs::processes_and_limits
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.table.set("version", VERSION)?;
    to.add("ctermid", |call| Ok(one(call.string(TERMINAL)?)))?;
    to.add("getlogin", |call| {
        let name = accounts::login_name();
        Ok(one(name.map_or(Ok(Value::Nil), |name| call.string(name))?))
    })?;
    to.add("ttyname", |call| {
        let number = call.optional_number(1)?.and_then(|number| i32::try_from(number).ok());
        let name =
            sys::with_descriptor(number.unwrap_or(0), |fd: BorrowedFd<'_>| rustix::termios::ttyname(fd, Vec::new()));
        Ok(one(match name {
            Ok(name) => call.string(name.as_bytes())?,
            Err(_) => Value::Nil,
        }))
    })?;
    to.add("sysconf", |call| {
        let names = LIMITS.map(|(name, _)| name);
        select(call, 1, &names, |name| {
            Ok(limit(&LIMITS, name).map(|limit| Value::Number(sys::system_limit(limit) as f64)))
        })
    })?;
    to.add("pathconf", |call| {
        let path = CString::new(call.text(1)?).map_err(|_| Failure::Argument(1, "bad path".to_owned()))?;
        let names = PATH_LIMITS.map(|(name, _)| name);
        let value =
            |name: &str| limit(&PATH_LIMITS, name).map(|limit| Value::Number(sys::path_limit(&path, limit) as f64));
        select(call, 2, &names, |name| Ok(value(name)))
    })?;
    to.add("times", |call| {
        let (elapsed, parts) = sys::process_times();
        let value = |name: &str| {
            let at = TIMES.iter().position(|known| *known == name)?;
            Some(Value::Number(parts.get(at).copied().unwrap_or(elapsed)))
        };
        select(call, 1, &TIMES, |name| Ok(value(name)))
    })?;
    to.add("kill", |call| {
        let process = required_number(call, 1)?;
        let signal = if call.len() < 2 { i64::from(libc::SIGTERM) } else { required_number(call, 2)? };
        let numbers = i32::try_from(process).ok().zip(i32::try_from(signal).ok());
        let sent = numbers.map_or(Err(Errno::INVAL), |(process, signal)| sys::kill(process, signal));
        call.done(sent, None)
    })?;
    // Only the thread of the interpreter changes, as the rest of the transaction needs its rights.
    to.add("setuid", |call| {
        let id = accounts::named_id(call, true)?.map(Uid::from_raw);
        call.done(id.map_or(Err(Errno::INVAL), rustix::thread::set_thread_uid), None)
    })?;
    to.add("setgid", |call| {
        let id = accounts::named_id(call, false)?.map(Gid::from_raw);
        call.done(id.map_or(Err(Errno::INVAL), rustix::thread::set_thread_gid), None)
    })
}

fn limit(limits: &[(&str, libc::c_int)], wanted: &str) -> Option<libc::c_int> {
    limits.iter().find(|(name, _)| *name == wanted).map(|(_, number)| *number)
}

fn required_number(call: &Call<'_>, index: usize) -> Result<i64, Failure> {
    let value = call.value(index);
    let got = if index > call.len() { "no value" } else { value.type_name() };
    as_number(value).ok_or_else(|| Failure::Argument(index, format!("number expected, got {got}")))
}
