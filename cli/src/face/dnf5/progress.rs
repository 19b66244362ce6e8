//! Progress as dnf5 shows it: bars that move on a terminal, one line for each finished bar otherwise.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use oxidnf_core::event::{Event, Outcome, Reporter, ScriptletEnd, ScriptletKind, Task, TaskId};
use oxidnf_core::plan::Action;

use super::bar::{Bar, BarState};
use super::transfers;
use crate::output::Output;
use crate::sanitize::{one_line, sanitize};

/// What the bars are about; decides numbering and whether `-q` hides them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Repositories: bars without numbers.
    Repositories,
    /// Packages: numbered, with a line for the sum at the end.
    Downloads { numbered: bool },
    /// The run of the transaction: numbered, shown even under `-q`.
    Transaction,
}

struct Running {
    description: String,
    done: u64,
    /// Nothing as long as nobody knows.
    total: Option<u64>,
    started: Instant,
    graph: Option<ProgressBar>,
    messages: Vec<String>,
    /// Whether it was begun for good: dnf5 shows the bar of a package whose files could not be put in place.
    unpacking_failed: bool,
    is_total: bool,
    /// dnf5 is told percentages of an installation, and shows them as bytes.
    in_percent: bool,
}

struct State {
    phase: Phase,
    finished: usize,
    expected: usize,
    running: HashMap<TaskId, Running>,
    current: Option<TaskId>,
    /// Lines that stand under the next bar.
    afterwards: Vec<String>,
    bars: Option<MultiProgress>,
    silent: bool,
    /// What the finished bars of the phase really moved.
    moved: u64,
    /// How the downloads of packages ended.
    downloads: Downloads,
    /// The phase that a key interrupts, with its number of steps.
    interrupted: Option<(Phase, usize)>,
}

/// Downloads of packages that are over. Keys that turn out to be missing later are counted on from here.
#[derive(Default, Clone, Copy)]
struct Downloads {
    files: usize,
    moved: u64,
    took: Duration,
}

impl State {
    /// Counts one file more as a download, until its bar is finished.
    fn resume_downloads(&mut self) {
        self.interrupted = Some((self.phase, self.expected));
        self.phase = Phase::Downloads { numbered: true };
        self.finished = self.downloads.files;
        self.expected = self.downloads.files + 1;
    }
}

/// Shows the events of a run on stderr.
pub struct Progress {
    output: Arc<Output>,
    state: Mutex<State>,
}

impl Progress {
    /// Starts without any bar.
    pub fn new(output: Arc<Output>) -> Self {
        let state = State {
            phase: Phase::Repositories,
            finished: 0,
            expected: 0,
            running: HashMap::new(),
            current: None,
            afterwards: Vec::new(),
            bars: None,
            silent: false,
            moved: 0,
            downloads: Downloads::default(),
            interrupted: None,
        };
        Progress { output, state: Mutex::new(state) }
    }

    /// The bars that follow are repositories.
    pub fn repositories(&self) {
        self.begin(Phase::Repositories, 0);
    }

    /// Shows nothing at all, as for `--json`.
    pub fn set_hidden(&self, hidden: bool) {
        self.lock().silent = hidden;
    }

    /// The bars that follow are downloads of `count` packages.
    pub fn downloads(&self, count: usize) {
        self.begin(Phase::Downloads { numbered: true }, count);
    }

    /// The bars that follow are downloads without numbers and sum, as `dnf5 download` shows them.
    pub fn plain_downloads(&self) {
        self.begin(Phase::Downloads { numbered: false }, 0);
    }

    /// The bars that follow are `count` steps of a transaction.
    pub fn transaction(&self, count: usize) {
        self.begin(Phase::Transaction, count);
    }

    /// Ends the phase: what is still on the screen stays there.
    pub fn end(&self) {
        self.begin(Phase::Repositories, 0);
    }

    fn begin(&self, phase: Phase, expected: usize) {
        let mut state = self.lock();
        if let Some(bars) = state.bars.take() {
            let _ = bars.clear();
        }
        state.phase = phase;
        state.finished = 0;
        state.moved = 0;
        state.expected = expected;
        state.running.clear();
        state.current = None;
        state.afterwards.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hidden(&self, state: &State) -> bool {
        // A transaction that only changes reasons has no steps to show.
        let nothing_to_show = state.phase == Phase::Transaction && state.expected == 0;
        state.silent || nothing_to_show || self.output.quiet() && state.phase != Phase::Transaction
    }

    fn start(&self, id: TaskId, task: Task<'_>, total: Option<u64>) {
        let mut state = self.lock();
        if matches!(task, Task::Key(_)) && state.phase == Phase::Transaction {
            state.resume_downloads();
        }
        let description = describe(&task);
        let mut running = Running {
            description,
            done: 0,
            total,
            started: Instant::now(),
            graph: None,
            messages: Vec::new(),
            unpacking_failed: false,
            is_total: matches!(task, Task::DownloadTotal { .. }),
            // Removing a package without files counts as one step of a hundred as well.
            in_percent: matches!(task, Task::Install { .. })
                || matches!(task, Task::Remove(_)) && total.unwrap_or(0) == 0,
        };
        if self.output.interactive() && !self.hidden(&state) {
            running.graph = Some(self.graph(&mut state, &running));
        }
        running.messages.append(&mut state.afterwards);
        state.running.insert(id, running);
        state.current = Some(id);
    }

    fn graph(&self, state: &mut State, running: &Running) -> ProgressBar {
        let message = self.render(state, running, BarState::Running);
        let bars = state.bars.get_or_insert_with(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        let bar = ProgressBar::new(running.total.unwrap_or(0));
        bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
        // The sum stands below the files.
        let total = state.running.values().find(|other| other.is_total).and_then(|other| other.graph.as_ref());
        let bar = match total {
            Some(total) => bars.insert_before(total, bar),
            None => bars.add(bar),
        };
        bar.set_message(message);
        bar
    }

    fn advance(&self, id: TaskId, done: Option<u64>, total: Option<u64>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(mut running) = state.running.remove(&id) else { return };
        running.done = done.unwrap_or(running.done);
        running.total = total.or(running.total);
        if let Some(graph) = &running.graph {
            graph.set_message(self.render(state, &running, BarState::Running));
        }
        state.running.insert(id, running);
        state.current = Some(id);
    }

    fn finish(&self, id: TaskId, outcome: &Outcome) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(running) = state.running.remove(&id) else { return };
        if state.current == Some(id) {
            state.current = None;
        }
        self.finish_bar(state, running, outcome);
        self.end_key(state);
    }

    fn finish_bar(&self, state: &mut State, mut running: Running, outcome: &Outcome) {
        if let Some(graph) = running.graph.take() {
            graph.finish_and_clear();
            if let Some(bars) = &state.bars {
                bars.remove(&graph);
            }
        }
        let failed = !matches!(outcome, Outcome::Ok | Outcome::AlreadyDone);
        if self.hidden(state) {
            return;
        }
        match outcome {
            Outcome::Ok => running.done = running.total.unwrap_or(0).max(running.done),
            // Metadata that proved to be current: what was fetched to find out is shown.
            Outcome::AlreadyDone if state.phase == Phase::Repositories => running.total = Some(running.done),
            Outcome::AlreadyDone => {
                (running.done, running.total) = (0, Some(0));
                running.messages.push("Already downloaded".to_owned());
            }
            // What failed is told by the files.
            _ if running.is_total => {}
            Outcome::Failed(reason) => running.messages.push(reason.clone()),
            Outcome::Unavailable(what) => running.messages.push(transfers::unavailable(what)),
            Outcome::GivenUp(cause) if matches!(state.phase, Phase::Downloads { .. }) => {
                running.messages.push(transfers::given_up(cause));
            }
            // Who interrupts the loading of repositories sees nothing more of them.
            Outcome::GivenUp(_) | Outcome::Unusable => return,
        }
        if failed && state.phase == Phase::Transaction {
            // The messages say what is wrong; dnf5 shows no bar for a package that was not installed.
            // rpm's own line about it reaches dnf5 late, and stands under the next bar if there is one.
            state.afterwards.extend(running.messages.pop().map(|reason| format!("[RPM] {reason}")));
            if !running.unpacking_failed {
                for message in &running.messages {
                    self.message(state, message);
                }
                return;
            }
            running.done = running.total.unwrap_or(0).max(running.done);
        }
        if running.is_total {
            // Files that were at hand do not count.
            (running.done, running.total) = (state.moved, Some(state.moved));
            if matches!(state.phase, Phase::Downloads { numbered: false }) {
                return;
            }
            self.above(state, &"-".repeat(self.output.width()));
            state.downloads = Downloads { files: state.finished, moved: state.moved, took: running.started.elapsed() };
        }
        if !running.is_total {
            state.finished += 1;
            state.moved += running.done;
        }
        let end = if failed && !running.is_total { BarState::Failed } else { BarState::Finished };
        let line = self.render(state, &running, end);
        self.above(state, &line);
        for message in &running.messages {
            self.message(state, message);
        }
    }

    /// Goes back to what a key interrupted.
    fn end_key(&self, state: &mut State) {
        let Some(phase) = state.interrupted.take() else { return };
        if !self.hidden(state) {
            self.sum_again(state);
        }
        (state.phase, state.expected) = phase;
        (state.finished, state.moved) = (0, 0);
    }

    /// Shows the sum of the downloads again, with one file more; its bytes are those of the packages.
    fn sum_again(&self, state: &mut State) {
        let Downloads { moved, took, .. } = state.downloads;
        state.downloads.files = state.finished;
        let sum = Running {
            description: describe(&Task::DownloadTotal { files: state.finished }),
            done: moved,
            total: Some(moved),
            started: Instant::now().checked_sub(took).unwrap_or_else(Instant::now),
            graph: None,
            messages: Vec::new(),
            unpacking_failed: false,
            is_total: true,
            in_percent: false,
        };
        self.above(state, &"-".repeat(self.output.width()));
        let line = self.render(state, &sum, BarState::Finished);
        self.above(state, &line);
    }

    /// Notes that the files of the package that is running cannot be put in place.
    fn unpacking_failed(&self) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if let Some(running) = state.current.and_then(|id| state.running.get_mut(&id)) {
            running.unpacking_failed = true;
        }
    }

    /// Shows a message under the bar that is running, or at once when none is.
    fn note(&self, text: String) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if self.hidden(state) {
            return;
        }
        let current = state.current.and_then(|id| state.running.get_mut(&id));
        match current {
            Some(running) => running.messages.push(text),
            None => self.message(state, &text),
        }
    }

    /// Shows the lines of a scriptlet: those that run before the files of their package are touched stand above the
    /// bar of the package, which dnf5 starts with the files.
    fn scriptlet_note(&self, kind: ScriptletKind, text: String) {
        use ScriptletKind::{Pre, PreUn, SysUsers, TriggerPreIn, TriggerUn};
        let mut guard = self.lock();
        let state = &mut *guard;
        if !matches!(kind, Pre | PreUn | SysUsers | TriggerPreIn | TriggerUn) {
            drop(guard);
            return self.note(text);
        }
        if !self.hidden(state) {
            self.message(state, &text);
        }
    }

    /// Shows a message under the bar of a task.
    fn note_on(&self, id: TaskId, text: String) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if self.hidden(state) {
            return;
        }
        match state.running.get_mut(&id) {
            Some(running) => running.messages.push(text),
            None => self.message(state, &text),
        }
    }

    fn message(&self, state: &State, text: &str) {
        for line in text.split('\n') {
            self.above(state, &format!(">>> {}", sanitize(line)));
        }
    }

    fn above(&self, state: &State, line: &str) {
        match &state.bars {
            Some(bars) => bars.suspend(|| self.output.error(line)),
            None => self.output.error(line),
        }
    }

    fn render(&self, state: &State, running: &Running, bar: BarState) -> String {
        let finished = bar != BarState::Running;
        let number = if finished || !running.is_total { state.finished } else { state.expected };
        let number = if finished { number } else { number + usize::from(!running.is_total) };
        let prefix = match state.phase {
            Phase::Repositories | Phase::Downloads { numbered: false } => " ".to_owned(),
            _ => {
                let digits = state.expected.to_string().len();
                format!("[{number:>digits$}/{}] ", state.expected)
            }
        };
        let (done, total) = match (running.in_percent, running.total) {
            (true, None | Some(0)) => (if finished { 100 } else { 0 }, Some(100)),
            (true, Some(total)) => (running.done.min(total) * 100 / total, Some(100)),
            (false, total) => (running.done, total),
        };
        let passed = running.started.elapsed();
        let speed = if passed.as_millis() == 0 { 0.0 } else { done as f64 / passed.as_secs_f64() };
        let left = if speed > 0.0 { total.unwrap_or(0).saturating_sub(done) as f64 / speed } else { 0.0 };
        let time = if finished { passed } else { Duration::from_secs_f64(left.min(1e9)) };
        let description = &running.description;
        // A moving line must not reach the edge, where terminals disagree about what comes next.
        let width = self.output.width() - usize::from(!finished);
        Bar { prefix: &prefix, description, done, total, speed, time, state: bar }.render(width)
    }
}

impl Reporter for Progress {
    fn report(&self, event: Event<'_>) {
        match event {
            Event::Started { id, task, total } => self.start(id, task, total),
            Event::Total { id, total } => self.advance(id, None, Some(total)),
            Event::Advanced { id, done } => self.advance(id, Some(done), None),
            Event::Finished { id, outcome } => self.finish(id, &outcome),
            Event::ScriptletStarted { .. } => {}
            Event::ScriptletFinished { nevra, kind, end, critical, output } => {
                if let Some(text) = scriptlet(&nevra.with_epoch().to_string(), kind, end, critical, output) {
                    self.scriptlet_note(kind, text);
                }
            }
            Event::MirrorFailed { id, url, fault, reason } => {
                let text = format!("{} - {url}", transfers::sentence(&fault, url, reason));
                match id {
                    Some(id) => self.note_on(id, text),
                    None => self.note(text),
                }
            }
            Event::RpmWarning(text) => self.note(format!("[RPM] {text}")),
            Event::UnpackFailed { nevra, message } => {
                self.unpacking_failed();
                self.note(format!("[RPM] {message}"));
                self.note(format!("Unpack error: {}", nevra.with_epoch()));
            }
        }
    }
}

fn describe(task: &Task<'_>) -> String {
    let text = match task {
        Task::Repository { name, .. } => (*name).to_owned(),
        Task::Download(nevra) => nevra.with_epoch().to_string(),
        Task::Key(url) => (*url).to_owned(),
        Task::DownloadTotal { .. } => "Total".to_owned(),
        Task::Verify => "Verify package files".to_owned(),
        Task::Prepare => "Prepare transaction".to_owned(),
        Task::Install { nevra, action } => format!("{} {}", verb(*action), nevra.with_epoch()),
        Task::Remove(nevra) => format!("Removing {}", nevra.with_epoch()),
        Task::Scriptlets => "Running scriptlets".to_owned(),
    };
    one_line(&text).into_owned()
}

pub(super) const fn verb(action: Action) -> &'static str {
    match action {
        Action::Upgrade => "Upgrading",
        Action::Downgrade => "Downgrading",
        Action::Reinstall => "Reinstalling",
        Action::Install => "Installing",
        Action::Remove | Action::Replaced | Action::ReasonChange => "Removing",
    }
}

/// Returns the lines about a scriptlet, `None` when it went well and wrote nothing.
fn scriptlet(nevra: &str, kind: ScriptletKind, end: ScriptletEnd, critical: bool, output: &[u8]) -> Option<String> {
    let name = scriptlet_name(kind);
    let went_well = end == ScriptletEnd::Ok;
    if went_well && output.is_empty() {
        return None;
    }
    let result = match (went_well, critical) {
        (true, _) => "Finished",
        (false, true) => "Error in",
        (false, false) => "Non-critical error in",
    };
    let mut text = format!("Running {name} scriptlet: {nevra}\n{result} {name} scriptlet: {nevra}");
    if !output.is_empty() {
        text.push_str("\nScriptlet output:\n");
        text.push_str(&String::from_utf8_lossy(output));
    }
    Some(text)
}

pub(super) fn scriptlet_name(kind: ScriptletKind) -> String {
    match kind {
        ScriptletKind::Pre => "%pre".to_owned(),
        ScriptletKind::SysUsers => "sysusers".to_owned(),
        ScriptletKind::FileTriggerIn | ScriptletKind::TransFileTriggerIn => "%triggerin".to_owned(),
        ScriptletKind::FileTriggerUn | ScriptletKind::TransFileTriggerUn => "%triggerun".to_owned(),
        ScriptletKind::FileTriggerPostUn | ScriptletKind::TransFileTriggerPostUn => "%triggerpostun".to_owned(),
        other => format!("%{}", other.rpm_name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::Written;
    use oxidnf_core::Nevra;

    /// Sends a whole task and returns nothing; what it shows goes to the output.
    fn task(progress: &Progress, task: Task<'_>, total: u64, outcome: Outcome) {
        let id = TaskId::fresh();
        progress.report(Event::Started { id, task, total: Some(total) });
        progress.report(Event::Finished { id, outcome });
    }

    fn scriptlet(progress: &Progress, nevra: &Nevra, kind: ScriptletKind, end: ScriptletEnd, output: &[u8]) {
        let critical = kind == ScriptletKind::Pre;
        progress.report(Event::ScriptletStarted { nevra, kind });
        progress.report(Event::ScriptletFinished { nevra, kind, end, critical, output });
    }

    /// What stands between the bars and the sizes depends on the clock.
    fn masked(text: &str) -> String {
        let mask = |line: &str| match line.split_once("% |") {
            Some((bar, rest)) => {
                let size = rest.split('|').nth(1).unwrap_or_default();
                format!("{bar}% |{size}|\n")
            }
            None => format!("{line}|\n"),
        };
        text.lines().map(mask).collect()
    }

    // witness: `dnf5 -y install` of packages whose scriptlets write or fail.
    #[test]
    fn a_whole_run() {
        let (output, written) = Written::terminal();
        let progress = Progress::new(Arc::new(output));
        let good = Nevra::parse("scr-1.0-1.noarch").expect("complete");
        let bad = Nevra::parse("badpre-1.0-1.noarch").expect("complete");
        progress.repositories();
        task(&progress, Task::Repository { id: "r1", name: "r1 name" }, 2458, Outcome::Ok);
        progress.downloads(2);
        let sum = TaskId::fresh();
        progress.report(Event::Started { id: sum, task: Task::DownloadTotal { files: 2 }, total: Some(9000) });
        task(&progress, Task::Download(&good), 6857, Outcome::Ok);
        task(&progress, Task::Download(&bad), 2143, Outcome::AlreadyDone);
        progress.report(Event::Finished { id: sum, outcome: Outcome::Ok });
        progress.transaction(4);
        task(&progress, Task::Verify, 2, Outcome::Ok);
        task(&progress, Task::Prepare, 2, Outcome::Ok);
        let install = Task::Install { nevra: &good, action: Action::Install };
        task(&progress, install, 5_000_000, Outcome::Ok);
        scriptlet(&progress, &good, ScriptletKind::Pre, ScriptletEnd::Ok, b"");
        scriptlet(&progress, &good, ScriptletKind::Post, ScriptletEnd::Ok, b"hello\x1b[2J\n");
        let failing = TaskId::fresh();
        let task = Task::Install { nevra: &bad, action: Action::Install };
        progress.report(Event::Started { id: failing, task, total: Some(10) });
        scriptlet(&progress, &bad, ScriptletKind::Pre, ScriptletEnd::Exit(3), b"");
        progress.report(Event::RpmWarning("%prein(badpre-1.0-1.noarch) scriptlet failed, exit status 3"));
        progress.report(Event::Finished { id: failing, outcome: Outcome::Failed("install failed".to_owned()) });
        progress.end();
        insta::assert_snapshot!(masked(&written.text()), @r"
         r1 name                                100% |   2.4 KiB |
        [1/2] scr-0:1.0-1.noarch                100% |   6.7 KiB |
        [2/2] badpre-0:1.0-1.noarch             100% |   0.0   B |
        >>> Already downloaded|
        --------------------------------------------------------------------------------|
        [2/2] Total                             100% |   6.7 KiB |
        [1/4] Verify package files              100% |   2.0   B |
        [2/4] Prepare transaction               100% |   2.0   B |
        [3/4] Installing scr-0:1.0-1.noarch     100% | 100.0   B |
        >>> Running %post scriptlet: scr-0:1.0-1.noarch|
        >>> Finished %post scriptlet: scr-0:1.0-1.noarch|
        >>> Scriptlet output:|
        >>> hello�[2J|
        >>> |
        >>> Running %pre scriptlet: badpre-0:1.0-1.noarch|
        >>> Error in %pre scriptlet: badpre-0:1.0-1.noarch|
        >>> [RPM] %prein(badpre-1.0-1.noarch) scriptlet failed, exit status 3|
        ");
    }

    #[test]
    fn quiet_hides_all_but_the_transaction() {
        let (mut output, written) = Written::terminal();
        output.set_quiet(true);
        let progress = Progress::new(Arc::new(output));
        progress.repositories();
        task(&progress, Task::Repository { id: "r1", name: "r1" }, 1, Outcome::Ok);
        progress.transaction(1);
        task(&progress, Task::Prepare, 1, Outcome::Ok);
        progress.end();
        insta::assert_snapshot!(masked(&written.text()), @"[1/1] Prepare transaction               100% |   1.0   B |");
    }
}
