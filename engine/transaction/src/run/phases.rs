//! The whole run, phase by phase (reference of rpm, 3.2).

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use oxidnf_core::event::{Event, Reporter, ScriptletKind};
use oxidnf_core::header::{Header, ScriptFlags};
use oxidnf_core::lock::FileLock;
use oxidnf_core::root::Root;
use oxidnf_rpmdb::{LockKind, RpmDb};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::batch::Batch;
use super::record::RecordClock;
use super::{Tested, sort_by_element};
use crate::element::{Member, Placement};
use crate::error::TransactionError;
use crate::files::prepare;
use crate::files::state::{FileAction, flag};
use crate::fsm::crew::Crew;
use crate::fsm::dirs::RootDir;
use crate::journal::Journal;
use crate::journal::entry::Phase;
use crate::outcome::{ElementEnd, ElementOutcome, Outcome, Times};
use crate::plugins::Labelling;
use crate::plugins::attributes::Labeller;
use crate::plugins::scriptlets::{Changes, NO_PRIVATE_MOUNTS};
use crate::script::{Script, ScriptContext, Scripts};
use crate::selinux::Labels;
use crate::selinux::kernel::Kernel;
use crate::settings::{Flags, Settings};
use crate::stage::budget::{Budget, Limits};
use crate::stage::descriptors::Descriptors;
use crate::stage::nursery::Nurseries;
use crate::stage::shop::Shop;
use crate::stage::{Feed, Job};
use crate::sys::{self, BlockedSignals};
use crate::trigger::Collected;
use crate::users::Users;

/// What a run knows and has done.
pub(crate) struct Run<'a> {
    pub(crate) db: &'a RpmDb,
    /// Writes records.
    pub(crate) batch: Rc<Batch<'a>>,
    pub(crate) dir: &'a RootDir,
    /// The root's path on the host, for programs of the host.
    pub(crate) root_path: Option<&'a Path>,
    pub(crate) settings: &'a Settings,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) members: Vec<Member>,
    pub(crate) scripts: Scripts<'a>,
    pub(crate) users: Users,
    pub(crate) clock: RecordClock,
    pub(crate) warnings: Vec<String>,
    /// Transaction file triggers that erasures have set off.
    pub(crate) collected: Collected,
    pub(crate) journal: &'a Journal,
    /// Labels files for SELinux.
    pub(crate) labeller: Option<Labeller>,
    /// Directories on the filesystems that are written to.
    mounts: &'a [String],
    pub(crate) times: Times,
}

/// Share of a filesystem's free bytes that contents ahead of their turn may take: a divisor.
const FREE_SHARE: u64 = 32;
/// Bytes that may be ahead however little is free.
const LEAST_AHEAD: u64 = 16 << 20;
/// Bytes that may be ahead at most; more would not be faster.
const MOST_AHEAD: u64 = 512 << 20;

/// What delivers the content of packages.
pub(crate) struct Supply<'a> {
    pub(crate) budget: &'a Budget,
    /// Helps with what is removed and replaced.
    pub(crate) crew: &'a Crew,
    /// Payloads by member, and their place in the queue.
    pub(crate) payloads: HashMap<usize, (usize, Feed)>,
}

/// Ends the readers ahead, which would otherwise wait for their turn for ever, whatever way the elements end.
struct CloseOnDrop<'s>(&'s Shop<'s>);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Runs a tested transaction.
pub(crate) fn run(tested: Tested<'_>, journal: &Journal, reporter: &dyn Reporter) -> Result<Outcome, TransactionError> {
    let again = tested.mounts.is_none() || tested.has_pretrans();
    let Tested { db, root, dir, settings, members, mounts } = tested;
    let mut mounts = mounts.unwrap_or_default();
    if members.is_empty() || settings.flags.any(Flags::TEST) {
        return Ok(Outcome::default());
    }
    // A signal in the middle would leave half of an element behind, so all of them wait.
    let signals = BlockedSignals::new().map_err(TransactionError::system("hold signals back"))?;
    let lock = db.lock(LockKind::Exclusive).map_err(TransactionError::database("lock"))?;
    let keyring = lock_keyring(root, db)?;
    let on_host = root.is_host();
    let kernel = Kernel::find().filter(|_| !settings.flags.any(Flags::NOCONTEXTS));
    let labeller = labeller(root, kernel.as_ref(), &settings)?;
    let changes = Changes::new(&settings.plugins, on_host, kernel);
    let context = ScriptContext { root: &dir, on_host, settings: &settings, reporter, journal, changes: &changes };
    let batch = Rc::new(Batch::new(db, journal));
    let mut run = Run {
        db,
        batch: Rc::clone(&batch),
        dir: &dir,
        root_path: (!on_host).then(|| root.path()),
        settings: &settings,
        reporter,
        members,
        scripts: Scripts::new(context, Rc::clone(&batch)),
        users: Users::default(),
        clock: RecordClock::new(settings.clock),
        warnings: Vec::new(),
        collected: journal.known().due.clone(),
        journal,
        labeller,
        mounts: &[],
        times: Times::default(),
    };
    if changes.cannot_hide {
        run.warn(vec![NO_PRIVATE_MOUNTS.to_owned()]);
    }
    if journal.enter(Phase::PreTrans) {
        run.before_transaction(ScriptletKind::PreTrans)?;
        if again {
            let mut found = prepare::prepare(&mut run.members, db, &dir, &settings, false)?;
            if !found.problems.is_empty() {
                sort_by_element(&mut found.problems, &run.members);
                return Ok(Outcome { problems: found.problems, ..run.outcome() });
            }
            mounts = found.mounts;
            run.note_fates();
        }
        journal.check()?;
    }
    run.mounts = &mounts;
    // Only what the journal calls synced has to survive a power cut; without one every record must.
    batch.relax().map_err(TransactionError::database("prepare"))?;
    run.phase(Phase::PreUnTrans, |run| run.before_transaction(ScriptletKind::PreUnTrans))?;
    run.phase(Phase::FileTriggersUn, Run::trans_file_triggers_un)?;
    run.phase(Phase::Elements, Run::elements)?;
    run.phase(Phase::PostTrans, |run| run.after_transaction(ScriptletKind::PostTrans))?;
    run.phase(Phase::PostUnTrans, |run| run.after_transaction(ScriptletKind::PostUnTrans))?;
    run.phase(Phase::FileTriggersAfter, Run::trans_file_triggers_after)?;
    Times::measure(&mut run.times.sync, || sync(db, &dir, &mounts));
    run.phase(Phase::Over, |_| Ok(()))?;
    Times::measure(&mut run.times.sync, || journal.synced());
    drop(keyring);
    drop(lock);
    drop(signals);
    let outcome = run.outcome();
    run.scripts.syslog.finish(if outcome.is_ok() { 0 } else { -1 });
    Ok(outcome)
}

/// Finds out whether files are labelled, and reads the policy that says how.
fn labeller(root: &Root, kernel: Option<&Kernel>, settings: &Settings) -> Result<Option<Labeller>, TransactionError> {
    let always = settings.plugins.labelling == Labelling::Always;
    if settings.flags.any(Flags::NOCONTEXTS | Flags::JUSTDB) || kernel.is_none() && !always {
        return Ok(None);
    }
    let mut roots = vec![root.clone()];
    if kernel.is_some() && !root.is_host() {
        // As with rpm, which knows no other.
        let host = Path::new("/");
        let opened = Root::open(host);
        roots.push(opened.map_err(|source| TransactionError::Root { path: host.to_owned(), source })?);
    }
    let labels = Arc::new(Labels::of(roots)?);
    Ok(Some(Labeller { labels, enforcing: always || kernel.is_some_and(Kernel::is_enforcing) }))
}

/// Keeps others, and the scriptlets above all, from changing the keys that packages were judged by.
fn lock_keyring(root: &Root, db: &RpmDb) -> Result<Option<FileLock>, TransactionError> {
    let failed = TransactionError::system("lock the keyring");
    let flags = OFlags::RDWR | OFlags::CREATE;
    match root.open_file(db.path().join(".keyring.lock"), flags, Mode::from_raw_mode(0o644)) {
        Ok(file) => FileLock::try_shared(file).map_err(&failed)?.map(Some).ok_or_else(|| failed(Errno::AGAIN.into())),
        // Where nothing can be written, nothing can be imported.
        Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Makes everything written durable: one call for each filesystem instead of one for each file.
fn sync(db: &RpmDb, dir: &RootDir, mounts: &[String]) {
    // It may lie where nothing else was written. Where it fails, closing the database says so.
    let _ = db.sync();
    for mount in mounts {
        // A filesystem that cannot be synced has told nobody that it could.
        if let Ok(fd) = dir.open_at(mount.as_bytes(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()) {
            let _ = rustix::fs::syncfs(fd);
        }
    }
}

impl Run<'_> {
    /// Runs a part of the transaction, unless the interrupted run has left it behind.
    fn phase(
        &mut self,
        phase: Phase,
        work: impl FnOnce(&mut Self) -> Result<(), TransactionError>,
    ) -> Result<(), TransactionError> {
        if !self.journal.enter(phase) {
            return Ok(());
        }
        work(self)?;
        self.journal.check()
    }

    /// Notes what was decided about the files after %pretrans.
    fn note_fates(&self) {
        if self.journal.is_kept() {
            for (number, member) in self.members.iter().enumerate() {
                self.journal.fates(number, member.fates());
            }
        }
    }

    /// Makes what was done so far durable now and then, so that a power cut does not undo all of a long transaction.
    pub(crate) fn sync_sometimes(&self) -> Result<(), TransactionError> {
        if self.journal.wants_sync() {
            self.batch.commit()?;
            sync(self.db, self.dir, self.mounts);
            self.journal.synced();
        }
        self.batch.commit_sometimes()
    }

    /// Runs %pretrans of packages to come or %preuntrans of packages to go; failures skip the element.
    fn before_transaction(&mut self, kind: ScriptletKind) -> Result<(), TransactionError> {
        let install = kind == ScriptletKind::PreTrans;
        let off = if install { Flags::NOPRETRANS } else { Flags::NOPREUNTRANS };
        if self.settings.flags.any(off) {
            return Ok(());
        }
        for number in 0..self.members.len() {
            let member = &self.members[number];
            if member.is_install() != install || member.end.is_some() || member.header.scriptlet(kind).is_none() {
                continue;
            }
            let count = self.count(&member.nevra.name)?;
            let arg = match (install, member.partner) {
                (true, _) => count + 1,
                (false, Some(_)) => count,
                (false, None) => count - 1,
            };
            if !self.own_scriptlet(number, kind, arg) {
                self.fail(number, ElementEnd::Skipped);
            }
        }
        Ok(())
    }

    /// Runs %posttrans of packages that came or %postuntrans of packages that went, but for what was replaced by members
    /// whose critical %posttrans failed.
    // witness: compat-tests/tests/transactions/scripts.rs::critical_scriptlets_fail_their_element
    fn after_transaction(&mut self, kind: ScriptletKind) -> Result<(), TransactionError> {
        let install = kind == ScriptletKind::PostTrans;
        let off = if install { Flags::NOPOSTTRANS } else { Flags::NOPOSTUNTRANS };
        if self.settings.flags.any(off) {
            return Ok(());
        }
        for number in 0..self.members.len() {
            let member = &self.members[number];
            let replaced = member.partner.is_some_and(|partner| self.members[partner].failed_behind);
            let done = member.end == Some(ElementEnd::Done) && !replaced;
            if member.is_install() != install || !done || member.header.scriptlet(kind).is_none() {
                continue;
            }
            let replaces = self.members.iter().any(|other| other.partner == Some(number));
            let arg = self.count(&member.nevra.name)? + i32::from(install && replaces);
            self.members[number].failed_behind = !self.own_scriptlet(number, kind, arg);
        }
        Ok(())
    }

    /// Runs the elements, while the payloads of later ones are read already.
    fn elements(&mut self) -> Result<(), TransactionError> {
        let mut numbers = Vec::new();
        let mut jobs = Vec::new();
        for (number, member) in self.members.iter().enumerate() {
            if let Some(job) = self.job(member) {
                numbers.push(number);
                jobs.push(job);
            }
        }
        let threads = self.settings.threads.get();
        sys::give_back_memory();
        let descriptors = Descriptors::raise();
        let budget = Budget::new(Limits { files: descriptors.files(), bytes: self.room_ahead() });
        let nurseries = Nurseries::new(self.dir, &self.settings.temporary_suffix());
        let shop = Shop::new(Arc::clone(&budget), nurseries, self.settings.memory, threads);
        std::thread::scope(|scope| {
            let _closing = CloseOnDrop(&shop);
            let feeds = shop.open(scope, jobs, threads);
            let payloads = numbers.into_iter().zip(feeds.into_iter().enumerate()).collect();
            let crew = Crew::open(scope, threads);
            let mut supply = Supply { budget: &budget, crew: &crew, payloads };
            (0..self.members.len()).try_for_each(|number| self.element(number, &mut supply))?;
            self.batch.commit()
        })
    }

    /// Returns how many bytes may be staged before their element's turn.
    ///
    /// The test has left a twentieth of the needs free on every filesystem, and no more than that may be in the way of
    /// the element in turn.
    fn room_ahead(&self) -> u64 {
        let free = |mount: &String| {
            let fd = self.dir.open_at(mount.as_bytes(), OFlags::PATH, Mode::empty()).ok()?;
            let facts = rustix::fs::fstatvfs(fd).ok()?;
            Some(facts.f_bavail.saturating_mul(facts.f_frsize))
        };
        let free = self.mounts.iter().filter_map(free).min().unwrap_or(0);
        (free / FREE_SHARE).clamp(LEAST_AHEAD, MOST_AHEAD)
    }

    /// Returns the reading of a member's payload, if anything of it is wanted.
    fn job(&self, member: &Member) -> Option<Job> {
        let nothing = self.settings.flags.any(Flags::JUSTDB) || member.files.is_empty();
        if member.end.is_some() || nothing || member.placement == Placement::Done {
            return None;
        }
        let package = member.package.clone()?;
        let wants = |(action, file): (&FileAction, &crate::files::table::FileInfo)| {
            !file.has(flag::GHOST) && (action.creates() || *action == FileAction::Touch)
        };
        let wanted = member.unpacking().iter().zip(&member.files.files).map(wants).collect();
        let open = Box::new(move || -> std::io::Result<Box<dyn std::io::Read + Send>> {
            Ok(Box::new(package.payload_reader()))
        });
        let flags = self.settings.flags;
        let (digests, caps) = (!flags.any(Flags::NOFILEDIGEST), !flags.any(Flags::NOCAPS));
        Some(Job { open, table: Arc::clone(&member.files), wanted, digests, caps })
    }

    /// Runs a scriptlet of a member itself; true also when it has none.
    pub(crate) fn own_scriptlet(&mut self, number: usize, kind: ScriptletKind, arg: i32) -> bool {
        let member = &self.members[number];
        let Some(flags) = member.header.scriptlet(kind).map(|scriptlet| scriptlet.flags) else { return true };
        let (header, instance) = self.seen_header(number, flags);
        let owner = member.nevra.clone();
        let Some(scriptlet) = header.scriptlet(kind) else { return true };
        let script = Script { owner: &owner, header: &header, instance, kind, scriptlet, args: &[arg], stdin: b"" };
        let ok = self.scripts.run(&script);
        self.users.refresh();
        ok
    }

    /// Returns the header that a script of a member with these flags sees, and the number of its record.
    ///
    /// A query format is filled in from the header as it is at that time: with the entries of the signature header
    /// first, and with those of the record as soon as there is one (witness: `query_formats.rs::in_scriptlets`).
    pub(crate) fn seen_header(&self, number: usize, flags: ScriptFlags) -> (Header, u32) {
        let member = &self.members[number];
        let instance = member.hnum.unwrap_or(0);
        let as_read = || (member.header.clone(), instance);
        let Some(package) = member.package.as_ref().filter(|_| flags.any(ScriptFlags::QFORMAT)) else {
            return as_read();
        };
        if let Some(record) = member.hnum.and_then(|hnum| self.db.header(hnum).ok()) {
            return (record, instance);
        }
        let merged =
            package.signature_dribbles().ok().and_then(|dribbles| package.header().with_dribbles(dribbles).ok());
        merged.map_or_else(as_read, |header| (header, instance))
    }

    /// Returns how many packages of a name are installed now.
    pub(crate) fn count(&self, name: &str) -> Result<i32, TransactionError> {
        let count = self.db.count(name.as_bytes()).map_err(TransactionError::database("search"))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// Marks an element, and skips the erasures that belong to a failed installation.
    pub(crate) fn fail(&mut self, number: usize, end: ElementEnd) {
        self.members[number].end = Some(end);
        self.journal.end(number, end);
        if self.members[number].is_install() {
            for other in &mut self.members {
                if other.partner == Some(number) && other.end.is_none() {
                    other.end = Some(ElementEnd::Skipped);
                }
            }
        }
    }

    /// Reports warnings and keeps them for the outcome.
    pub(crate) fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            self.reporter.report(Event::RpmWarning(&warning));
            self.warnings.push(warning);
        }
    }

    fn outcome(&mut self) -> Outcome {
        let ended = |member: &Member| ElementOutcome {
            nevra: member.nevra.clone(),
            install: member.is_install(),
            end: member.end.unwrap_or(ElementEnd::Skipped),
            hnum: member.hnum,
        };
        Outcome {
            elements: self.members.iter().map(ended).collect(),
            scriptlets: std::mem::take(&mut self.scripts.failures),
            warnings: std::mem::take(&mut self.warnings),
            problems: Vec::new(),
            times: Times { scripts: self.scripts.spent, ..self.times },
        }
    }
}
