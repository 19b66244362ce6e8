//! `posix.*`: calls that only ask.

use mlua::{MultiValue, Value};
use rustix::fs::{self, Access, FileType, Stat};
use rustix::io::Errno;

use super::args::{Call, Failure, Registrar, one};
use super::mode;
use crate::fsm::error::describe;

const STAT_FIELDS: [&str; 11] =
    ["mode", "ino", "dev", "nlink", "uid", "gid", "size", "atime", "mtime", "ctime", "type"];
const PROCESS_FIELDS: [&str; 7] = ["egid", "euid", "gid", "uid", "pgrp", "pid", "ppid"];

/// Adds the functions.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("stat", |call| {
        let path = call.text(1)?;
        match fs::lstat(&path[..]) {
            Ok(stat) => select(call, 2, &STAT_FIELDS, |name| stat_field(call, &stat, name)),
            Err(errno) => call.failed(errno, Some(&path)),
        }
    })?;
    to.add("access", access)?;
    to.add("uname", uname)?;
    to.add("getprocessid", |call| select(call, 1, &PROCESS_FIELDS, |name| Ok(process_field(name))))?;
    to.add("errno", |call| {
        let number = call.shared.errno.get();
        let text = if number == 0 { "Success".to_owned() } else { describe(Errno::from_raw_os_error(number)) };
        Ok(MultiValue::from_vec(vec![call.string(text)?, Value::Number(f64::from(number))]))
    })?;
    to.add("sleep", |call| {
        let seconds = call.optional_number(1)?.and_then(|seconds| u64::try_from(seconds).ok());
        std::thread::sleep(std::time::Duration::from_secs(seconds.unwrap_or(0)));
        Ok(one(Value::Number(0.0)))
    })
}

/// Returns a table of all fields, or the value of the one that is named.
pub(super) fn select(
    call: &Call<'_>,
    first: usize,
    fields: &[&str],
    value: impl Fn(&str) -> Result<Option<Value>, Failure>,
) -> Result<MultiValue, Failure> {
    if call.len() < first || call.value(first).is_nil() {
        let table = call.lua.create_table()?;
        for name in fields {
            table.set(*name, value(name)?)?;
        }
        return Ok(one(Value::Table(table)));
    }
    // Further selectors are not looked at.
    let name = String::from_utf8_lossy(&call.text(first)?).into_owned();
    value(&name)?.map(one).ok_or_else(|| Failure::Argument(first, format!("invalid option '{name}'")))
}

fn stat_field(call: &Call<'_>, stat: &Stat, name: &str) -> Result<Option<Value>, Failure> {
    Ok(Some(match name {
        "mode" => call.string(mode::to_text(stat.st_mode))?,
        "type" => call.string(type_name(stat.st_mode))?,
        "_mode" => Value::Number(f64::from(stat.st_mode)),
        "ino" => Value::Number(stat.st_ino as f64),
        "dev" => Value::Number(stat.st_dev as f64),
        "nlink" => Value::Number(stat.st_nlink as f64),
        "uid" => Value::Number(f64::from(stat.st_uid)),
        "gid" => Value::Number(f64::from(stat.st_gid)),
        "size" => Value::Number(stat.st_size as f64),
        "atime" => Value::Number(stat.st_atime as f64),
        "mtime" => Value::Number(stat.st_mtime as f64),
        "ctime" => Value::Number(stat.st_ctime as f64),
        _ => return Ok(None),
    }))
}

fn type_name(mode: u32) -> &'static str {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => "regular",
        FileType::Directory => "directory",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "character device",
        FileType::BlockDevice => "block device",
        FileType::Unknown => "?",
    }
}

fn access(call: &Call<'_>) -> Result<MultiValue, Failure> {
    let path = call.text(1)?;
    let mut wanted = Access::empty();
    for letter in call.optional_text(2)?.unwrap_or_else(|| b"f".to_vec()) {
        wanted |= match letter {
            b' ' => continue,
            b'r' => Access::READ_OK,
            b'w' => Access::WRITE_OK,
            b'x' => Access::EXEC_OK,
            b'f' => Access::EXISTS,
            other => {
                let text = format!("unknown mode option `{}'", char::from(other));
                return Err(Failure::Argument(2, text));
            }
        };
    }
    call.done(fs::access(&path[..], wanted), Some(&path))
}

fn uname(call: &Call<'_>) -> Result<MultiValue, Failure> {
    let format = call.optional_text(1)?.unwrap_or_else(|| b"%s %n %r %v %m".to_vec());
    let facts = rustix::system::uname();
    let mut text = Vec::new();
    let mut letters = format.into_iter();
    while let Some(letter) = letters.next() {
        if letter != b'%' {
            text.push(letter);
            continue;
        }
        let part = match letters.next() {
            Some(b'%') => c"%",
            Some(b'm') => facts.machine(),
            Some(b'n') => facts.nodename(),
            Some(b'r') => facts.release(),
            Some(b's') => facts.sysname(),
            Some(b'v') => facts.version(),
            other => {
                let option = other.map_or_else(|| "<\\0>".to_owned(), |letter| char::from(letter).to_string());
                return Err(Failure::Argument(2, format!("unknown format option `{option}'")));
            }
        };
        text.extend_from_slice(part.to_bytes());
    }
    Ok(one(call.string(text)?))
}

fn process_field(name: &str) -> Option<Value> {
    let number = match name {
        "egid" => rustix::process::getegid().as_raw(),
        "euid" => rustix::process::geteuid().as_raw(),
        "gid" => rustix::process::getgid().as_raw(),
        "uid" => rustix::process::getuid().as_raw(),
        "pgrp" => rustix::process::getpgrp().as_raw_nonzero().get().unsigned_abs(),
        "pid" => std::process::id(),
        "ppid" => std::os::unix::process::parent_id(),
        _ => return None,
    };
    Some(Value::Number(f64::from(number)))
}
