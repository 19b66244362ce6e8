//! `--import`, `--list`, `--export`, `--delete` and `--checksig`.

use oxidnf_engine::Error;
use oxidnf_engine::rpm::{Checked, KeyRemark, TrustedKey};

use super::{Shell, status};

pub(super) fn import(shell: &Shell<'_>, files: &[String], test: bool) -> Result<u8, Error> {
    let mut failures = 0;
    for file in files {
        let imported = shell.rpm.import(file, test)?;
        remark(shell, &imported.remarks);
        if let Some(trouble) = imported.trouble {
            shell.output.error(format!("error: {trouble}"));
            failures += 1;
        }
    }
    Ok(status(failures))
}

fn remark(shell: &Shell<'_>, remarks: &[KeyRemark]) {
    for remark in remarks {
        shell.output.error(remark.to_string());
    }
}

pub(super) fn list(shell: &Shell<'_>, ids: &[String]) -> Result<u8, Error> {
    each(shell, ids, |key| {
        shell.output.line(key.summary());
        Ok(())
    })
}

pub(super) fn export(shell: &Shell<'_>, ids: &[String]) -> Result<u8, Error> {
    each(shell, ids, |key| {
        shell.output.text(key.armored());
        Ok(())
    })
}

pub(super) fn rebuild(shell: &Shell<'_>, from: Option<&str>) -> Result<u8, Error> {
    /// What rpm ends with when it does not know the store.
    const FAILED: u8 = 2;
    Ok(match shell.rpm.rebuild_keys(from)? {
        Ok(remarks) => {
            remark(shell, &remarks);
            0
        }
        Err(trouble) => {
            remark(shell, &[trouble]);
            FAILED
        }
    })
}

pub(super) fn delete(shell: &Shell<'_>, ids: &[String]) -> Result<u8, Error> {
    let keys = match shell.rpm.lock_keys() {
        Ok(keys) => keys,
        Err(trouble) => {
            remark(shell, &[trouble]);
            return Ok(1);
        }
    };
    each(shell, ids, |key| keys.delete(key))
}

/// Does something with each key that goes by one of the ids, or with all when there are none.
fn each(
    shell: &Shell<'_>,
    ids: &[String],
    mut work: impl FnMut(&TrustedKey) -> Result<(), Error>,
) -> Result<u8, Error> {
    let (keys, remarks) = shell.rpm.keys()?;
    remark(shell, &remarks);
    let mut all_done = true;
    if ids.is_empty() {
        for key in &keys {
            work(key)?;
        }
    }
    for id in ids {
        if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            shell.output.error(format!("error: invalid key id: {id}"));
            all_done = false;
            continue;
        }
        let mut found = false;
        for key in keys.iter().filter(|key| key.is_called(id)) {
            found = true;
            work(key)?;
        }
        if !found {
            shell.output.error(format!("error: key not found: {id}"));
            all_done = false;
        }
    }
    Ok(u8::from(!all_done))
}

pub(super) fn checksig(shell: &Shell<'_>, files: &[String], verbose: bool) -> Result<u8, Error> {
    let mut failures = 0;
    let (checked, remarks) = shell.rpm.checksig(files)?;
    remark(shell, &remarks);
    for (file, checked) in files.iter().zip(checked) {
        failures += usize::from(!matches!(&checked, Checked::Read { ok: true, .. }));
        if let Checked::Read { complaints, .. } = &checked {
            for complaint in complaints {
                shell.output.error(format!("error: {complaint}"));
            }
        }
        match checked {
            Checked::Unopened(message) => shell.output.error(format!("error: {message}")),
            Checked::Damaged(message) => {
                shell.output.text(if verbose { format!("{file}:\n") } else { format!("{file}:") });
                if let Some(message) = message {
                    shell.output.error(format!("error: {message}"));
                }
            }
            Checked::Read { items, .. } if verbose => {
                shell.output.line(format!("{file}:"));
                for item in items {
                    shell.output.line(format!("    {item}"));
                }
            }
            Checked::Read { kinds, ok, .. } => {
                let mut line = format!("{file}:");
                for (kind, good) in kinds {
                    let kind = if good { kind.to_owned() } else { kind.to_ascii_uppercase() };
                    line.push_str(&format!(" {kind}"));
                }
                line.push_str(if ok { " OK" } else { " NOT OK" });
                shell.output.line(line);
            }
        }
    }
    Ok(status(failures))
}
