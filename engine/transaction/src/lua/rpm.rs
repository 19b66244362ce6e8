//! `rpm.*`: programs, versions, and small conversions.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use mlua::{MultiValue, Table, Value};
use oxidnf_core::Evr;
use rustix::io::Errno;

use super::args::{Answer, Call, Failure, Registrar, field, one};
use super::glob;

/// What holds an argument with blanks together: the separator of units, as quotes are ordinary letters here.
const QUOTE: u8 = 0x1f;
/// Length of a line of base64, unless told otherwise.
const BASE64_LINE: usize = 64;

/// Adds the functions.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("execute", |call| {
        let argv = (1..=call.len()).map(|index| call.text(index)).collect::<Result<Vec<_>, _>>()?;
        if argv.is_empty() {
            call.text(1)?;
        }
        answer(call, run(call, &argv, |_| Ok(())))
    })?;
    to.add("spawn", spawn)?;
    to.add("vercmp", |call| {
        let texts = [call.text(1)?, call.text(2)?].map(|text| String::from_utf8_lossy(&text).into_owned());
        Ok(one(Value::Integer(Evr::parse(&texts[0]).rpm_cmp(&Evr::parse(&texts[1])) as i64)))
    })?;
    to.add("glob", |call| {
        let pattern = call.text(1)?;
        let found = glob::paths(&pattern);
        // Without a match the answer is the pattern; it is in a list only if `c` asks not to check.
        let unchecked = call.optional_text(2)?.is_some_and(|flags| flags.contains(&b'c'));
        match (found.is_empty(), unchecked) {
            (false, _) => call.list(found),
            (true, true) => call.list([pattern]),
            (true, false) => Ok(one(call.string(pattern)?)),
        }
    })?;
    to.add("b64encode", |call| {
        let text = openssl::base64::encode_block(&call.text(1)?);
        let width = call.optional_number(2)?.map_or(Some(BASE64_LINE), |width| usize::try_from(width).ok());
        match width.unwrap_or(BASE64_LINE) {
            0 => Ok(one(call.string(text)?)),
            width => {
                let lines: Vec<u8> = text.as_bytes().chunks(width).flat_map(|line| [line, b"\n"].concat()).collect();
                Ok(one(call.string(lines)?))
            }
        }
    })?;
    to.add("b64decode", |call| {
        let text: String = String::from_utf8_lossy(&call.text(1)?).split_whitespace().collect();
        Ok(one(match openssl::base64::decode_block(&text) {
            Ok(bytes) if !text.is_empty() => call.string(bytes)?,
            _ => Value::Nil,
        }))
    })?;
    to.add("splitargs", |call| call.list(split(&call.text(1)?)))?;
    to.add("unsplitargs", |call| {
        let Value::Table(table) = call.value(1) else {
            return Err(Failure::Argument(1, format!("table expected, got {}", call.value(1).type_name())));
        };
        let words: Vec<Vec<u8>> =
            list(table)?.into_iter().map(|word| [&[QUOTE], &word[..], &[QUOTE]].concat()).collect();
        Ok(one(call.string(words.join(&b' '))?))
    })?;
    to.add("interactive", |_| Err(Failure::Message("not available in scriptlets".to_owned())))
}

/// Replaces what Lua's `os` does with the variables of scriptlets.
pub(super) fn register_os(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("execute", |call| {
        let Some(command) = call.optional_text(1)? else { return Ok(one(Value::Boolean(true))) };
        let argv = [b"/bin/sh".to_vec(), b"-c".to_vec(), command];
        let status = run(call, &argv, |_| Ok(())).unwrap_or_else(|_| ExitStatus::from_raw(127 << 8));
        let ended = if status.success() { Value::Boolean(true) } else { Value::Nil };
        let (how, number) = match status.signal() {
            Some(signal) => ("signal", signal),
            None => ("exit", status.code().unwrap_or(0)),
        };
        Ok(MultiValue::from_vec(vec![ended, call.string(how)?, Value::Integer(number.into())]))
    })
}

fn spawn(call: &Call<'_>) -> Answer {
    let Value::Table(argv) = call.value(1) else {
        return Err(Failure::Argument(1, format!("table expected, got {}", call.value(1).type_name())));
    };
    let argv = list(argv)?;
    if argv.is_empty() {
        return Err(Failure::Argument(1, "command not supplied".to_owned()));
    }
    let file = |name: &str| match call.value(2) {
        Value::Table(table) => field(table, name),
        _ => Ok(None),
    };
    let (stdin, stdout, stderr) = (file("stdin")?, file("stdout")?, file("stderr")?);
    answer(
        call,
        run(call, &argv, |command| {
            if let Some(path) = stdin {
                command.stdin(File::open(OsStr::from_bytes(&path))?);
            }
            let append =
                |path: Vec<u8>| OpenOptions::new().append(true).create(true).mode(0o644).open(OsStr::from_bytes(&path));
            if let Some(path) = stdout {
                command.stdout(append(path)?);
            }
            if let Some(path) = stderr {
                command.stderr(append(path)?);
            }
            Ok(())
        }),
    )
}

/// Runs a program to its end.
///
/// It has the streams of this process, as under rpm: only what Lua itself prints counts as output of the scriptlet.
fn run(
    call: &Call<'_>,
    argv: &[Vec<u8>],
    set_up: impl FnOnce(&mut Command) -> io::Result<()>,
) -> io::Result<ExitStatus> {
    let (program, args) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(OsStr::from_bytes(program));
    command.args(args.iter().map(|arg| OsStr::from_bytes(arg)));
    for (name, value) in &*call.shared.variables.borrow() {
        let name = OsString::from_vec(name.clone());
        match value {
            Some(value) => command.env(name, OsStr::from_bytes(value)),
            None => command.env_remove(name),
        };
    }
    set_up(&mut command)?;
    command.status()
}

fn answer(call: &Call<'_>, ended: io::Result<ExitStatus>) -> Answer {
    let failed = |how: &str, number: i32| {
        let number = Value::Number(f64::from(number));
        Ok(MultiValue::from_vec(vec![Value::Nil, call.string(how)?, number]))
    };
    match ended {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(0), _) => Ok(one(Value::Number(0.0))),
            (Some(code), _) => failed("exit code", code),
            (None, signal) => failed("exit signal", signal.unwrap_or(0)),
        },
        Err(error) => call.failed(Errno::from_io_error(&error).unwrap_or(Errno::INVAL), None),
    }
}

fn list(table: &Table) -> Result<Vec<Vec<u8>>, Failure> {
    let mut texts = Vec::new();
    for index in 1..=table.raw_len() {
        let text = field(table, index)?;
        texts.push(text.ok_or_else(|| Failure::Argument(1, "table of strings expected".to_owned()))?);
    }
    Ok(texts)
}

/// Splits at blanks that are not quoted.
fn split(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<Vec<u8>>, false);
    for &byte in text {
        match byte {
            QUOTE => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            byte if byte.is_ascii_whitespace() && !quoted => words.extend(word.take()),
            byte => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}
