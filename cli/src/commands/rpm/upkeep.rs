//! `--initdb`, `--rebuilddb`, `--verifydb`, `--exportdb` and `--importdb`.

use std::io;

use oxidnf_engine::Error;

use super::Shell;
use super::args::Upkeep;

pub(super) fn run(shell: &Shell<'_>, upkeep: Upkeep) -> Result<u8, Error> {
    let complaints = match upkeep {
        Upkeep::Init => {
            shell.rpm.init_database()?;
            Vec::new()
        }
        Upkeep::Rebuild => shell.rpm.rebuild()?,
        Upkeep::Verify => match shell.rpm.verify_database()? {
            Some(problem) => {
                shell.output.error(format!("error: {problem}"));
                return Ok(1);
            }
            None => Vec::new(),
        },
        // Records are no text: they go past what tidies texts for terminals.
        Upkeep::Export => {
            shell.output.flush();
            shell.rpm.export_database(&mut io::BufWriter::new(io::stdout().lock()))?
        }
        Upkeep::Import => {
            shell.rpm.import_database(&mut io::BufReader::new(io::stdin().lock()))?;
            Vec::new()
        }
    };
    for complaint in complaints {
        shell.output.error(complaint);
    }
    Ok(0)
}
