//! `posix.*`: calls that change or list files and directories.
//!
//! Paths are plain ones: the thread lives in the root of the target.

use mlua::{MultiValue, Value};
use rustix::fs::{self, AtFlags, CWD, Gid, Mode, OFlags, Timespec, Timestamps, Uid};
use rustix::io::Errno;

use super::accounts::id;
use super::args::{Call, Failure, Registrar, one};
use super::mode;
use crate::script::runner::random_letters;

/// Attempts to find a free name.
const ATTEMPTS: usize = 100;

/// Adds the functions.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("mkdir", |call| {
        let path = call.text(1)?;
        call.done(fs::mkdir(&path[..], Mode::from_raw_mode(0o777)), Some(&path))
    })?;
    to.add("mkfifo", |call| {
        let path = call.text(1)?;
        call.done(fs::mknodat(CWD, &path[..], fs::FileType::Fifo, Mode::from_raw_mode(0o777), 0), Some(&path))
    })?;
    to.add("rmdir", |call| {
        let path = call.text(1)?;
        call.done(fs::rmdir(&path[..]), Some(&path))
    })?;
    to.add("unlink", |call| {
        let path = call.text(1)?;
        call.done(fs::unlink(&path[..]), Some(&path))
    })?;
    to.add("link", |call| {
        let (from, to) = (call.text(1)?, call.text(2)?);
        call.done(fs::link(&from[..], &to[..]), None)
    })?;
    to.add("symlink", |call| {
        let (target, path) = (call.text(1)?, call.text(2)?);
        call.done(fs::symlink(&target[..], &path[..]), None)
    })?;
    to.add("readlink", |call| {
        let path = call.text(1)?;
        match fs::readlink(&path[..], Vec::new()) {
            Ok(target) => Ok(one(call.string(target.as_bytes())?)),
            Err(errno) => call.failed(errno, Some(&path)),
        }
    })?;
    to.add("chdir", |call| {
        let path = call.text(1)?;
        call.done(rustix::process::chdir(&path[..]), Some(&path))
    })?;
    to.add("getcwd", |call| match rustix::process::getcwd(Vec::new()) {
        Ok(path) => Ok(one(call.string(path.as_bytes())?)),
        Err(errno) => call.failed(errno, Some(b".")),
    })?;
    to.add("dir", dir)?;
    to.add("chmod", |call| {
        let path = call.text(1)?;
        let before = match fs::stat(&path[..]) {
            Ok(stat) => stat.st_mode & 0o7777,
            Err(errno) => return call.failed(errno, Some(&path)),
        };
        let wanted = mode_argument(call, 2, before)?;
        call.done(fs::chmod(&path[..], Mode::from_raw_mode(wanted)), Some(&path))
    })?;
    to.add("umask", |call| {
        let before = rustix::process::umask(Mode::from_raw_mode(0o022));
        let mut allowed = !before.as_raw_mode() & 0o777;
        // The argument is what stays allowed, not what is taken away.
        let wanted = if call.len() > 0 { mode_argument(call, 1, allowed) } else { Ok(allowed) };
        let result = wanted.map(|wanted| allowed = wanted & 0o777);
        rustix::process::umask(Mode::from_raw_mode(!allowed & 0o777));
        result?;
        Ok(one(call.string(mode::to_text(allowed))?))
    })?;
    to.add("chown", |call| {
        let path = call.text(1)?;
        let uid = id(call, 2, true)?.map(Uid::from_raw);
        let gid = id(call, 3, false)?.map(Gid::from_raw);
        call.done(fs::chownat(CWD, &path[..], uid, gid, AtFlags::empty()), Some(&path))
    })?;
    to.add("utime", |call| {
        let path = call.text(1)?;
        let time = |index| {
            let seconds = call.optional_number(index)?;
            let nsec = if seconds.is_some() { 0 } else { fs::UTIME_NOW };
            Ok::<_, Failure>(Timespec { tv_sec: seconds.unwrap_or(0), tv_nsec: nsec })
        };
        let times = Timestamps { last_modification: time(2)?, last_access: time(3)? };
        call.done(fs::utimensat(CWD, &path[..], &times, AtFlags::empty()), Some(&path))
    })?;
    to.add("mkstemp", mkstemp)
}

fn dir(call: &Call<'_>) -> Result<MultiValue, Failure> {
    let path = call.optional_text(1)?.unwrap_or_else(|| b".".to_vec());
    match fs::open(&path[..], OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .and_then(|fd| fs::Dir::read_from(&fd))
        .and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_bytes().to_vec())).collect::<Result<Vec<_>, Errno>>()
        }) {
        Ok(names) => call.list(names),
        Err(errno) => call.failed(errno, Some(&path)),
    }
}

/// Makes a file of a name that ends with `XXXXXX`; the prelude opens it.
fn mkstemp(call: &Call<'_>) -> Result<MultiValue, Failure> {
    let template = call.text(1)?;
    let Some(start) = template.strip_suffix(b"XXXXXX") else { return call.failed(Errno::INVAL, Some(&template)) };
    for _ in 0..ATTEMPTS {
        let letters = random_letters().ok_or_else(|| Failure::Message("no random numbers".to_owned()))?;
        let path = [start, &letters].concat();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        match fs::open(&path[..], flags, Mode::from_raw_mode(0o600)) {
            Ok(_) => return Ok(one(call.string(path)?)),
            Err(Errno::EXIST) => {}
            Err(errno) => return call.failed(errno, Some(&template)),
        }
    }
    call.failed(Errno::EXIST, Some(&template))
}

/// Reads permissions; a number stands for its decimal digits, so that 755 and 0755 mean the same.
fn mode_argument(call: &Call<'_>, index: usize, before: u32) -> Result<u32, Failure> {
    let text = match call.value(index) {
        Value::Number(number) if number.fract() == 0.0 => format!("{number:.0}").into_bytes(),
        _ => call.text(index)?,
    };
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| mode::parse(text, before))
        .ok_or_else(|| Failure::Argument(index, "bad mode".to_owned()))
}
