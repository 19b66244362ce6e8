//! Runs scriptlets and notes what came of them.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use oxidnf_core::Nevra;
use oxidnf_core::event::{Event, Reporter, ScriptletEnd, ScriptletKind};
use oxidnf_core::header::query::{QueryContext, QueryFormat, QueryFormatError};
use oxidnf_core::header::{Header, ScriptFlags, Scriptlet, Tag};
use oxidnf_rpmdb::Macros;
use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::process::{Ended, Process};
use crate::fsm::dirs::{DirWalker, RootDir};
use crate::fsm::error::describe;
use crate::journal::Journal;
use crate::journal::entry::Entry;
use crate::lua::{Interpreter, Job, Variables};
use crate::outcome::ScriptletFailure;
use crate::plugins::scriptlets::Changes;
use crate::plugins::syslog::Syslog;
use crate::run::batch::Batch;
use crate::settings::Settings;

/// rpm's number for a failure.
const FAILED: i32 = 2;
/// Attempts to find a free name.
const ATTEMPTS: usize = 100;

/// A scriptlet that is about to run.
pub(crate) struct Script<'a> {
    pub(crate) owner: &'a Nevra,
    /// Header of the owner.
    pub(crate) header: &'a Header,
    /// Number of its record, 0 when it has none.
    pub(crate) instance: u32,
    pub(crate) kind: ScriptletKind,
    pub(crate) scriptlet: Scriptlet<'a>,
    /// `$1` and `$2`.
    pub(crate) args: &'a [i32],
    pub(crate) stdin: &'a [u8],
}

/// What scriptlets need of their surroundings.
#[derive(Clone, Copy)]
pub(crate) struct ScriptContext<'a> {
    pub(crate) root: &'a RootDir,
    /// Whether the root is that of the running system, so that nothing has to be entered.
    pub(crate) on_host: bool,
    pub(crate) settings: &'a Settings,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) journal: &'a Journal,
    /// What plug-ins change for scriptlets.
    pub(crate) changes: &'a Changes,
}

/// Runs scriptlets of one transaction.
pub(crate) struct Scripts<'a> {
    pub(crate) context: ScriptContext<'a>,
    /// Records that a scriptlet must find in the database.
    batch: Rc<Batch<'a>>,
    pub(crate) failures: Vec<ScriptletFailure>,
    /// Time that they took so far.
    pub(crate) spent: Duration,
    /// Hears of failures.
    pub(crate) syslog: Syslog,
    /// Runs `<lua>` scriptlets, from the first of them on.
    interpreter: Option<Interpreter>,
    /// What `<lua>` scriptlets have set: they run in the process of rpm, whose children inherit it.
    variables: Variables,
    /// All scriptlets of a process see what others have defined.
    macros: Arc<Mutex<Macros>>,
    /// What is to be told once the scriptlet has ended.
    messages: Vec<String>,
}

/// Tells whether the failure of such a scriptlet makes its element fail.
const fn is_critical(kind: ScriptletKind) -> bool {
    matches!(
        kind,
        ScriptletKind::PreTrans
            | ScriptletKind::SysUsers
            | ScriptletKind::TriggerPreIn
            | ScriptletKind::Pre
            | ScriptletKind::PreUnTrans
            | ScriptletKind::TriggerUn
            | ScriptletKind::PreUn
    )
}

const fn is_file_trigger(kind: ScriptletKind) -> bool {
    matches!(
        kind,
        ScriptletKind::FileTriggerIn
            | ScriptletKind::FileTriggerUn
            | ScriptletKind::FileTriggerPostUn
            | ScriptletKind::TransFileTriggerIn
            | ScriptletKind::TransFileTriggerUn
            | ScriptletKind::TransFileTriggerPostUn
    )
}

impl<'a> Scripts<'a> {
    /// Makes a runner.
    pub(crate) fn new(context: ScriptContext<'a>, batch: Rc<Batch<'a>>) -> Self {
        let settings = context.settings;
        let syslog = Syslog::start(settings.plugins.syslog && context.on_host, settings.tid);
        let failures = context.journal.past_failures();
        let known = context.journal.known();
        let mut macros = settings.macros.clone().unwrap_or_default();
        for (name, definitions) in &known.macros {
            macros.restore(name, definitions.clone());
        }
        macros.watch();
        Scripts {
            context,
            batch,
            failures,
            spent: Duration::ZERO,
            syslog,
            interpreter: None,
            variables: known.variables.clone(),
            macros: Arc::new(Mutex::new(macros)),
            messages: Vec::new(),
        }
    }

    /// Runs a scriptlet; returns false if it failed and its element must fail with it.
    pub(crate) fn run(&mut self, script: &Script<'_>) -> bool {
        let critical = is_critical(script.kind)
            || (script.scriptlet.flags.any(ScriptFlags::CRITICAL) && !is_file_trigger(script.kind));
        let (owner, kind) = (script.owner, script.kind);
        let ScriptContext { reporter, journal, .. } = self.context;
        let (key, past) = journal.script(kind, owner);
        if let Some(past) = past {
            return past.passed();
        }
        // It may ask the database.
        self.batch.commit_or_stop();
        if !journal.is_good() {
            return false;
        }
        reporter.report(Event::ScriptletStarted { nevra: owner, kind });
        let start = Instant::now();
        let executed = self.execute(script, &key);
        self.spent += start.elapsed();
        let (ended, reason) = match executed {
            Ok(mut ended) if ended.end == ScriptletEnd::Failed => {
                let reason = ended.error.take().map(|error| error.to_string());
                (ended, reason)
            }
            Ok(ended) => (ended, None),
            Err(reason) => {
                let ended = Ended { end: ScriptletEnd::Failed, output: Vec::new(), error: None };
                (ended, Some(reason))
            }
        };
        reporter.report(Event::ScriptletFinished {
            nevra: owner,
            kind,
            end: ended.end,
            critical,
            output: &ended.output,
        });
        self.tell_messages();
        if !journal.is_good() {
            return false;
        }
        if ended.end == ScriptletEnd::Ok {
            journal.ran(&key, ended.end, critical, "");
            return true;
        }
        self.syslog.script(&format!("%{}({owner})", kind.rpm_name()), FAILED);
        let message = failure_message(script, ended.end, reason);
        journal.ran(&key, ended.end, critical, &message);
        reporter.report(Event::RpmWarning(&message));
        self.failures.push(ScriptletFailure { nevra: owner.clone(), kind, end: ended.end, critical, message });
        !critical
    }

    fn execute(&mut self, script: &Script<'_>, key: &[u8]) -> Result<Ended, String> {
        let Scriptlet { program, body, flags } = &script.scriptlet;
        let journal = self.context.journal;
        if program.first().is_some_and(|program| program == b"<lua>") {
            journal.runs(key, b"");
            return self.interpret(script);
        }
        let mut argv = program.clone();
        let mut file = None;
        if body.is_none() {
            journal.runs(key, b"");
        }
        if let Some(body) = body {
            let body = self.expand(body, *flags, script)?;
            let written = self.write_body(&body, key)?;
            argv.push(written.path.clone());
            argv.extend(script.args.iter().map(|arg| arg.to_string().into_bytes()));
            file = Some(written);
        }
        let root = (!self.context.on_host).then(|| self.context.root.fd());
        let env = self.environment(script);
        if !journal.is_good() {
            return Err("the transaction journal cannot be written".to_owned());
        }
        let (changes, context) = (Some(self.context.changes), self.selinux_context(argv.first()));
        let mut ended = self.run_process(&Process { argv, env, stdin: script.stdin, root, changes, context });
        if let Some(error) = &ended.error {
            // No process, no memory, a broken disk: that says nothing about the scriptlet.
            journal.stop_for(|| "run a scriptlet".to_owned(), Errno::from_io_error(error));
            // rpm's child says this, so it is part of what the scriptlet wrote.
            ended.output = format!("error: {}\n", exec_failure(&script.scriptlet, error)).into_bytes();
        }
        drop(file);
        Ok(ended)
    }

    /// Runs a scriptlet in the embedded interpreter, which is started for the first of them.
    fn interpret(&mut self, script: &Script<'_>) -> Result<Ended, String> {
        let body = self.expand(script.scriptlet.body.unwrap_or_default(), script.scriptlet.flags, script)?.into_owned();
        let interpreter = match self.interpreter.take() {
            Some(interpreter) => interpreter,
            None => {
                let ScriptContext { root, on_host, .. } = self.context;
                let root = (!on_host).then(|| root.fd().try_clone_to_owned()).transpose();
                let root = root.map_err(|error| format!("lua script failed: cannot keep the root open: {error}"))?;
                Interpreter::start(root, Arc::clone(&self.macros), self.variables.clone())?
            }
        };
        let prefixes = self.prefixes(script).map(<[u8]>::to_vec).collect();
        let reply = self.interpreter.insert(interpreter).run(Job {
            name: format!("%{}({})", script.kind.rpm_name(), script.owner),
            body,
            args: script.args.to_vec(),
            files: is_file_trigger(script.kind).then(|| lines(script.stdin)),
            prefixes,
        });
        if let Some(variables) = reply.variables {
            self.keep_variables(variables);
        }
        self.keep_macros();
        self.messages.extend(reply.messages);
        Ok(match reply.result {
            Ok(()) => Ended { end: ScriptletEnd::Ok, output: reply.output, error: None },
            Err(reason) => {
                let error = Some(std::io::Error::other(reason));
                Ended { end: ScriptletEnd::Failed, output: reply.output, error }
            }
        })
    }

    /// Takes over what a scriptlet has set; a resumed run is to know it, too.
    fn keep_variables(&mut self, variables: Variables) {
        for (name, value) in &variables {
            if self.variables.get(name) != Some(value) {
                self.context.journal.note(&Entry::Variable { name: name.clone(), value: value.clone() });
            }
        }
        self.variables = variables;
    }

    /// Notes what has become of macros.
    fn keep_macros(&self) {
        for (name, definitions) in self.macros().take_changes() {
            self.context.journal.note(&Entry::Macro { name, definitions });
        }
    }

    fn macros(&self) -> MutexGuard<'_, Macros> {
        self.macros.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what rpm has logged about a scriptlet.
    fn tell_messages(&mut self) {
        for message in self.messages.drain(..) {
            let text = message.strip_prefix("error: ").or_else(|| message.strip_prefix("warning: "));
            self.context.reporter.report(Event::RpmWarning(text.unwrap_or(&message)));
        }
    }

    /// Returns what a macro says, if a scriptlet has made it say something else than the settings were made of; what is
    /// not defined any more is taken by its letters.
    fn redefined(&self, name: &str) -> Option<Vec<u8>> {
        let reference = format!("%{{{name}}}");
        let before = self.context.settings.macros.as_ref()?.expand(&reference);
        let now = self.macros().expand(&reference);
        (before != now).then(|| now.into_bytes())
    }

    fn script_path(&self) -> Vec<u8> {
        let settled = || self.context.settings.script_path.as_bytes().to_vec();
        self.redefined("_install_script_path").unwrap_or_else(settled)
    }

    /// Expands the macros of a text that asks for it, and then fills in what the header says, if it asks for that.
    fn expand<'b>(&mut self, body: &'b [u8], flags: ScriptFlags, script: &Script<'_>) -> Result<Cow<'b, [u8]>, String> {
        let mut text = Cow::Borrowed(body);
        if flags.any(ScriptFlags::EXPAND) {
            if self.context.settings.macros.is_none() {
                return Err("the scriptlet asks for macros, and there are none".to_owned());
            }
            let expanded = self.macros().expand_keeping(&text);
            self.keep_macros();
            self.messages.extend(expanded.messages);
            text = Cow::Owned(expanded.text);
        }
        if flags.any(ScriptFlags::QFORMAT) {
            text = Cow::Owned(self.filled(&text, script).map_err(|error| format!("incorrect format: {error}"))?);
        }
        Ok(text)
    }

    /// Fills in what a header says.
    fn filled(&self, text: &[u8], script: &Script<'_>) -> Result<Vec<u8>, QueryFormatError> {
        let Settings { verbose, query_host, .. } = self.context.settings;
        let context = QueryContext { instance: script.instance, verbose: *verbose, host: &**query_host };
        let mut out = Vec::new();
        QueryFormat::parse(text)?.render(script.header, &context, &mut out)?;
        Ok(out)
    }

    /// Runs a program of the host outside the root, as rpm does to make users.
    pub(crate) fn run_on_host(&mut self, owner: &Nevra, argv: Vec<Vec<u8>>, stdin: &[u8]) -> bool {
        let (reporter, kind) = (self.context.reporter, ScriptletKind::SysUsers);
        let journal = self.context.journal;
        let (key, past) = journal.script(kind, owner);
        if let Some(past) = past {
            return past.passed();
        }
        self.batch.commit_or_stop();
        journal.runs(&key, b"");
        if !journal.is_good() {
            return false;
        }
        reporter.report(Event::ScriptletStarted { nevra: owner, kind });
        let mut env: Vec<(Vec<u8>, Option<Vec<u8>>)> = self.variables.clone().into_iter().collect();
        env.push((b"PATH".to_vec(), Some(self.script_path())));
        let start = Instant::now();
        let (changes, context) = (Some(self.context.changes), self.host_context(argv.first()));
        let ended = self.run_process(&Process { argv, env, stdin, root: None, changes, context });
        self.spent += start.elapsed();
        if let Some(error) = &ended.error {
            journal.stop_for(|| "run a program that makes users".to_owned(), Errno::from_io_error(error));
        }
        let (end, output) = (ended.end, &ended.output[..]);
        reporter.report(Event::ScriptletFinished { nevra: owner, kind, end, critical: true, output });
        if !journal.is_good() {
            return false;
        }
        if end == ScriptletEnd::Ok {
            journal.ran(&key, end, true, "");
            return true;
        }
        self.syslog.script(&format!("%{}({owner})", kind.rpm_name()), FAILED);
        let message = format!("%{}({owner}) scriptlet failed, {}", kind.rpm_name(), end_text(end));
        journal.ran(&key, end, true, &message);
        self.failures.push(ScriptletFailure { nevra: owner.clone(), kind, end, critical: true, message });
        false
    }

    /// Returns the context of SELinux for a scriptlet, and whether it must not run without.
    fn selinux_context(&self, interpreter: Option<&Vec<u8>>) -> Option<(Vec<u8>, bool)> {
        let kernel = self.context.changes.kernel.as_ref()?;
        let opened = self.context.root.open_at(interpreter?, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty());
        Some((kernel.scriptlet_context(opened.ok()?)?, kernel.is_enforcing()))
    }

    /// As [`Scripts::selinux_context`], for a program of the host.
    fn host_context(&self, program: Option<&Vec<u8>>) -> Option<(Vec<u8>, bool)> {
        let kernel = self.context.changes.kernel.as_ref()?;
        let opened = File::open(OsStr::from_bytes(program?)).ok()?;
        Some((kernel.scriptlet_context(opened)?, kernel.is_enforcing()))
    }

    /// Runs a program; the journal knows its process before it begins.
    fn run_process(&self, process: &Process<'_>) -> Ended {
        let journal = self.context.journal;
        if journal.is_kept() { process.run_noting(&mut |pid| journal.process(pid)) } else { process.run() }
    }

    fn environment(&self, script: &Script<'_>) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        /// Prefixes of a relocatable package; rpm numbers them without limit, packages have one or two.
        const PREFIXES: [&str; 8] = [
            "RPM_INSTALL_PREFIX0",
            "RPM_INSTALL_PREFIX1",
            "RPM_INSTALL_PREFIX2",
            "RPM_INSTALL_PREFIX3",
            "RPM_INSTALL_PREFIX4",
            "RPM_INSTALL_PREFIX5",
            "RPM_INSTALL_PREFIX6",
            "RPM_INSTALL_PREFIX7",
        ];
        let mut env: Vec<(Vec<u8>, Option<Vec<u8>>)> = self.variables.clone().into_iter().collect();
        let mut set = |name: &str, value: &[u8]| env.push((name.as_bytes().to_vec(), Some(value.to_vec())));
        set("PATH", &self.script_path());
        for (number, (name, prefix)) in PREFIXES.into_iter().zip(self.prefixes(script)).enumerate() {
            set(name, prefix);
            if number == 0 {
                set("RPM_INSTALL_PREFIX", prefix);
            }
        }
        env
    }

    /// Returns the places that a relocatable package is put to: its own ones, as nothing here moves packages.
    ///
    /// The record tells them; before it is written, the package does if it has files, but not to %pretrans.
    fn prefixes<'s>(&'s self, script: &Script<'s>) -> impl Iterator<Item = &'s [u8]> + use<'s> {
        let header = script.header;
        let recorded = header.has(Tag::INSTALLTIME);
        let known = recorded || script.kind != ScriptletKind::PreTrans && header.has(Tag::BASENAMES);
        let tag = if recorded { Tag::INSTPREFIXES } else { Tag::PREFIXES };
        let selection = &self.context.settings.selection;
        header.strings(tag).filter(move |prefix| known && (recorded || !selection.excludes_prefix(prefix)))
    }

    /// Writes the text of a scriptlet to a file that only root can read.
    fn write_body(&self, body: &[u8], key: &[u8]) -> Result<BodyFile, String> {
        let journal = self.context.journal;
        let settled = || self.context.settings.tmp_path.as_os_str().as_bytes().to_vec();
        let mut tmp = self.redefined("_tmppath").unwrap_or_else(settled);
        if !tmp.starts_with(b"/") {
            tmp.insert(0, b'/');
        }
        let tmp = &*tmp;
        let failed = |reason: String| {
            let tmp = String::from_utf8_lossy(tmp);
            format!("Couldn't create temporary file for scriptlet in {tmp}: {reason}")
        };
        let stop = |errno: Option<Errno>| journal.stop_for(|| "write the text of a scriptlet".to_owned(), errno);
        let dir = DirWalker::new(self.context.root).dir(tmp, true).map_err(|walk| {
            stop(walk.error.errno());
            failed(walk.error.to_string())
        })?;
        for _ in 0..ATTEMPTS {
            let name = random_name().ok_or_else(|| failed("no random numbers".to_owned()))?;
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let path = [tmp, b"/", &name].concat();
            journal.runs(key, &path);
            match fs::openat(&*dir, OsStr::from_bytes(&name), flags, Mode::from_raw_mode(0o600)) {
                Ok(fd) => {
                    let written = BodyFile { dir, name, path };
                    File::from(fd).write_all(body).map_err(|error| {
                        stop(Errno::from_io_error(&error));
                        failed(error.to_string())
                    })?;
                    return Ok(written);
                }
                Err(Errno::EXIST) => {}
                Err(errno) => {
                    stop(Some(errno));
                    return Err(failed(describe(errno)));
                }
            }
        }
        Err(failed(describe(Errno::EXIST)))
    }
}

/// The file of a scriptlet's text; removed when dropped.
struct BodyFile {
    dir: Arc<OwnedFd>,
    name: Vec<u8>,
    /// Path inside the root.
    path: Vec<u8>,
}

impl Drop for BodyFile {
    fn drop(&mut self) {
        // A scriptlet may have removed its own file.
        let _ = fs::unlinkat(&*self.dir, OsStr::from_bytes(&self.name), AtFlags::empty());
    }
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Returns a name like mkstemp's.
fn random_name() -> Option<Vec<u8>> {
    Some([b"rpm-tmp.", &random_letters()?[..]].concat())
}

/// Returns the six letters that make a temporary name hard to guess.
pub(crate) fn random_letters() -> Option<Vec<u8>> {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut random = [0; 6];
    openssl::rand::rand_bytes(&mut random).ok()?;
    let letters = random.iter().map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]);
    Some(letters.collect())
}

fn exec_failure(scriptlet: &Scriptlet<'_>, error: &std::io::Error) -> String {
    let program = scriptlet.program.first().map(|program| String::from_utf8_lossy(program)).unwrap_or_default();
    let reason =
        error.raw_os_error().map_or_else(|| error.to_string(), |errno| describe(Errno::from_raw_os_error(errno)));
    format!("failed to exec scriptlet interpreter {program}: {reason}")
}

fn end_text(end: ScriptletEnd) -> String {
    match end {
        ScriptletEnd::Exit(status) => format!("exit status {status}"),
        ScriptletEnd::Signal(signal) => format!("signal {signal}"),
        ScriptletEnd::Ok | ScriptletEnd::Failed => "not run".to_owned(),
    }
}

fn failure_message(script: &Script<'_>, end: ScriptletEnd, reason: Option<String>) -> String {
    match (end, reason) {
        (ScriptletEnd::Failed, Some(reason)) => reason,
        _ => format!("%{}({}) scriptlet failed, {}", script.kind.rpm_name(), script.owner, end_text(end)),
    }
}
