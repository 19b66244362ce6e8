//! `--import` and `--checksig`.

use oxidnf_engine::Error;
use oxidnf_engine::rpm::Checked;

use super::{Shell, status};

pub(super) fn import(shell: &Shell<'_>, files: &[String]) -> Result<u8, Error> {
    let mut failures = 0;
    for file in files {
        let imported = shell.rpm.import(file)?;
        for (remark, usable) in imported.remarks {
            shell.output.error(format!("{}: {remark}", if usable { "warning" } else { "error" }));
        }
        if let Some(trouble) = imported.trouble {
            shell.output.error(format!("error: {trouble}"));
            failures += 1;
        }
    }
    Ok(status(failures))
}

pub(super) fn checksig(shell: &Shell<'_>, files: &[String], verbose: bool) -> Result<u8, Error> {
    let mut failures = 0;
    for (file, checked) in files.iter().zip(shell.rpm.checksig(files)?) {
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
