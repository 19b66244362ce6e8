//! What `automatic` reports: one line for each thing that happened, and a sentence that sums it up.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oxidnf_core::Nevra;
use oxidnf_core::event::{Event, Outcome, Reporter, ScriptletEnd, ScriptletKind, Task, TaskId};
use oxidnf_core::plan::{Action, Plan};

use super::progress::{scriptlet_name, verb};
use super::transfers;
use crate::output::Output;
use crate::sanitize::one_line;

/// Columns of the table in reports, wherever they go.
const WIDTH: usize = 80;

/// What rpm calls the result of a scriptlet that failed, however it ended.
const RPMRC_FAIL: u8 = 2;

/// A text that grows; clones share it.
#[derive(Debug, Clone, Default)]
pub struct ReportText(Arc<Mutex<Vec<u8>>>);

impl ReportText {
    /// Returns an output whose both streams go into the text.
    pub fn output(&self) -> Output {
        Output::to_writers(Box::new(self.clone()), Box::new(self.clone()), Some(WIDTH))
    }

    /// Returns the text so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.0)).into_owned()
    }
}

impl Write for ReportText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How far `automatic` was to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It looks for upgrades.
    Check,
    /// It downloads them.
    Download,
    /// It installs them.
    Apply,
}

/// Returns the sentence that sums a run up; `upgrades` counts the packages that go, `None` when it failed.
pub fn short_message(stage: Stage, nothing: bool, upgrades: Option<usize>) -> String {
    match (upgrades, stage) {
        (Some(_), _) if nothing => "No new upgrades available.".to_owned(),
        (Some(count), Stage::Check) => format!("{count} packages can be upgraded."),
        (Some(count), Stage::Download) => format!("{count} new upgrades have been downloaded."),
        (Some(count), Stage::Apply) => format!("{count} new upgrades have been installed."),
        (None, Stage::Check) => "Failed to check for upgrades.".to_owned(),
        (None, Stage::Download) => "Failed to download upgrades.".to_owned(),
        (None, Stage::Apply) => "Failed to install upgrades.".to_owned(),
    }
}

#[derive(Default)]
struct State {
    /// What is shown of a file, and whether it belongs to a repository's metadata.
    downloads: HashMap<TaskId, (String, bool)>,
    /// The element that was begun and not yet told of: its scriptlets that run first stand above it.
    begun: Option<(TaskId, String)>,
}

/// Writes a line for each download, element and scriptlet.
pub struct Narration {
    output: Output,
    removed: BTreeSet<String>,
    state: Mutex<State>,
}

impl Narration {
    /// Makes one that writes into a report.
    pub fn new(report: &ReportText) -> Self {
        Narration { output: report.output(), removed: BTreeSet::new(), state: Mutex::default() }
    }

    /// Makes one that tells packages of a plan that are removed from those that make room for others.
    pub fn of_plan(report: &ReportText, plan: &Plan) -> Self {
        let removed = plan.outbound().filter(|item| item.action == Action::Remove);
        Narration { removed: removed.map(|item| shown(&item.package.nevra)).collect(), ..Narration::new(report) }
    }

    fn start(&self, id: TaskId, task: &Task<'_>) {
        let mut state = lock(&self.state);
        let begun = match task {
            Task::Repository { name, .. } => {
                return drop(state.downloads.insert(id, (one_line(name).into_owned(), true)));
            }
            Task::Download(nevra) => return drop(state.downloads.insert(id, (shown(nevra), false))),
            Task::Key(url) => return drop(state.downloads.insert(id, (one_line(url).into_owned(), false))),
            Task::Prepare => return self.output.line("  Prepare transaction"),
            Task::Install { nevra, action } => format!("  {} {}", verb(*action), shown(nevra)),
            Task::Remove(nevra) => {
                let nevra = shown(nevra);
                let word = if self.removed.contains(&nevra) { "Removing" } else { "Cleanup" };
                format!("  {word} {nevra}")
            }
            Task::DownloadTotal { .. } | Task::Verify | Task::Scriptlets => return,
        };
        state.begun = Some((id, begun));
    }

    /// Tells of the element that was begun.
    fn tell_begun(&self, state: &mut State) {
        if let Some((_, line)) = state.begun.take() {
            self.output.line(line);
        }
    }

    fn finish(&self, id: TaskId, outcome: &Outcome) {
        let mut state = lock(&self.state);
        if state.begun.as_ref().is_some_and(|(begun, _)| *begun == id) {
            if !matches!(outcome, Outcome::Ok | Outcome::AlreadyDone) {
                // A package whose first scriptlet failed was never begun.
                state.begun = None;
            }
            self.tell_begun(&mut state);
        }
        let Some((name, metadata)) = state.downloads.remove(&id) else { return };
        let reason = match outcome {
            Outcome::Ok => return self.output.line(format!("  Downloaded: {name}")),
            // Metadata that is not newer is not what dnf5 calls there already.
            Outcome::AlreadyDone if metadata => return self.output.line(format!("  Downloaded: {name}")),
            Outcome::AlreadyDone => return self.output.line(format!("  Already downloaded: {name}")),
            // What is wrong with it ends the run.
            Outcome::Unusable => return,
            Outcome::Failed(reason) => reason.clone(),
            Outcome::Unavailable(what) => transfers::unavailable(what),
            Outcome::GivenUp(cause) => transfers::given_up(cause),
        };
        self.output.line(format!("  Error downloading: {name}: {}", one_line(&reason)));
    }

    fn scriptlet(&self, nevra: &Nevra, kind: ScriptletKind, line: impl FnOnce(&str, &str) -> String) {
        use ScriptletKind::{Pre, PreUn, SysUsers, TriggerPreIn, TriggerUn};
        let mut state = lock(&self.state);
        if !matches!(kind, Pre | PreUn | SysUsers | TriggerPreIn | TriggerUn) {
            self.tell_begun(&mut state);
        }
        self.output.line(line(&scriptlet_name(kind), &shown(nevra)));
    }
}

impl Reporter for Narration {
    fn report(&self, event: Event<'_>) {
        match event {
            Event::Started { id, task, .. } => self.start(id, &task),
            Event::Advanced { id, .. } => {
                let mut state = lock(&self.state);
                if state.begun.as_ref().is_some_and(|(begun, _)| *begun == id) {
                    self.tell_begun(&mut state);
                }
            }
            Event::Finished { id, outcome } => self.finish(id, &outcome),
            Event::ScriptletStarted { nevra, kind } => {
                self.scriptlet(nevra, kind, |name, nevra| format!("  Running {name} scriptlet: {nevra}"));
            }
            Event::ScriptletFinished { nevra, kind, end, critical, .. } => {
                self.scriptlet(nevra, kind, |name, nevra| format!("  Stop {name} scriptlet: {nevra}"));
                if critical && end != ScriptletEnd::Ok {
                    self.scriptlet(nevra, kind, |name, nevra| {
                        format!("  Error in {name} scriptlet: {nevra} return code {RPMRC_FAIL}")
                    });
                }
            }
            Event::UnpackFailed { nevra, .. } => {
                let mut state = lock(&self.state);
                self.tell_begun(&mut state);
                self.output.line(format!("  Unpack error: {}", shown(nevra)));
            }
            Event::Total { .. } | Event::MirrorFailed { .. } | Event::RpmWarning(_) => {}
        }
    }
}

fn shown(nevra: &Nevra) -> String {
    one_line(&nevra.with_epoch().to_string()).into_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in another thread leaves at worst half a line.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
