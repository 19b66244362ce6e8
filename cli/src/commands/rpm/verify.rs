//! `-V`.

use oxidnf_engine::Error;

use super::args::Verify;
use super::query::{report, select, tell};
use super::{Shell, status};

pub(super) fn run(shell: &Shell<'_>, verify: &Verify) -> Result<u8, Error> {
    let Verify { which, arguments, files, deps, scripts, verbose } = verify;
    let mut failures = 0;
    for found in select(shell, *which, arguments)? {
        let found = match found {
            Ok(found) => found,
            Err(miss) => {
                report(shell, &miss, |line| shell.output.line(line));
                failures += 1;
                continue;
            }
        };
        tell(shell, &found);
        // An argument counts once, whatever it stands for.
        let mut failed = false;
        for (hnum, header) in &found.headers {
            let verified = shell.rpm.verify(header, *files, *deps)?;
            let nevra = header.nevra().map(|nevra| nevra.to_string()).unwrap_or_default();
            if !verified.unmet.is_empty() {
                failed = true;
                shell.output.line(format!("Unsatisfied dependencies for {nevra}:"));
                for dep in &verified.unmet {
                    shell.output.line(format!("\t{dep} is needed by (installed) {nevra}"));
                }
            }
            for file in &verified.files {
                failed |= file.differs;
                if file.told || *verbose {
                    shell.output.bytes(&[&file.line[..], b"\n"].concat());
                }
            }
            if let Some(script) = scripts.then(|| shell.rpm.run_verify_script(*hnum, header)).transpose()?.flatten() {
                shell.output.bytes(&script.output);
                if let Some(failure) = script.failure {
                    failed = true;
                    shell.output.error(format!("error: {failure}"));
                }
            }
        }
        failures += usize::from(failed);
    }
    Ok(status(failures))
}
