//! `%verifyscript`: what `rpm -V` runs beside looking at files.

use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use oxidnf_core::event::{Event, Reporter, ScriptletKind};
use oxidnf_core::{Header, Root};
use oxidnf_rpmdb::{Hnum, RpmDb};

use super::runner::{Script, ScriptContext, Scripts};
use crate::error::TransactionError;
use crate::fsm::dirs::RootDir;
use crate::journal::Journal;
use crate::plugins::scriptlets::Changes;
use crate::run::batch::Batch;
use crate::selinux::kernel::Kernel;
use crate::settings::Settings;

/// What a `%verifyscript` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyScript {
    /// What it printed.
    pub output: Vec<u8>,
    /// rpm's line, without `error: `, when it failed.
    pub failure: Option<String>,
}

/// Notes what a scriptlet prints.
#[derive(Default)]
struct Printed(Mutex<Vec<u8>>);

impl Reporter for Printed {
    fn report(&self, event: Event<'_>) {
        if let Event::ScriptletFinished { output, .. } = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(output);
        }
    }
}

/// Runs the `%verifyscript` of an installed package; `None` when it has none.
///
/// Its argument is the number of packages of that name, as the record says nothing of a transaction.
///
/// # Errors
/// When the root or the database cannot be used, or the header has no name.
pub fn verify_script(
    db: &RpmDb,
    root: &Root,
    settings: &Settings,
    (hnum, header): (Hnum, &Header),
) -> Result<Option<VerifyScript>, TransactionError> {
    let kind = ScriptletKind::Verify;
    let Some(scriptlet) = header.scriptlet(kind) else { return Ok(None) };
    let nevra = header.nevra().map_err(|source| TransactionError::Header { package: format!("#{hnum}"), source })?;
    let dir = RootDir::new(root).map_err(|source| TransactionError::Root { path: root.path().to_owned(), source })?;
    let count = db.count(nevra.name.as_bytes()).map_err(TransactionError::database("search"))?;
    let on_host = root.is_host();
    let changes = Changes::new(&settings.plugins, on_host, Kernel::find());
    let (journal, printed) = (Journal::none(), Printed::default());
    let context =
        ScriptContext { root: &dir, on_host, settings, reporter: &printed, journal: &journal, changes: &changes };
    let mut scripts = Scripts::new(context, Rc::new(Batch::new(db, &journal)));
    let args = [i32::try_from(count).unwrap_or(i32::MAX)];
    scripts.run(&Script { owner: &nevra, header, instance: hnum, kind, scriptlet, args: &args, stdin: b"" });
    let failure = scripts.failures.pop().map(|failure| failure.message);
    drop(scripts);
    Ok(Some(VerifyScript { output: printed.0.into_inner().unwrap_or_else(PoisonError::into_inner), failure }))
}
