//! The lines that tdnf prints while something happens.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use oxidnf_core::event::{Event, Outcome, Reporter, ScriptletEnd, ScriptletKind, Task, TaskId, TransferFault};
use oxidnf_engine::repo_config::RepoConfig;

use super::conf::repos::RETRIES;
use super::console::Console;

/// Makes tdnf's lines of events.
pub struct Progress {
    console: Console,
    verbosity: Verbosity,
    state: Mutex<State>,
}

/// The least urgent of rpm's messages that are told; ordered as rpm's, from the most urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `emergency`, `alert` and `critical`, of which nothing here is.
    Critical,
    /// `error`
    Error,
    /// `warning` and everything less urgent; what rpm says beyond it, tdnf does not show.
    Warning,
}

impl Verbosity {
    /// Returns what a word of `--rpmverbosity` means; unknown words mean `info`.
    pub fn of_word(word: &str) -> Self {
        match word {
            "emergency" | "alert" | "critical" => Verbosity::Critical,
            "error" => Verbosity::Error,
            _ => Verbosity::Warning,
        }
    }
}

#[derive(Default)]
struct State {
    names: BTreeMap<String, String>,
    downloads: HashMap<TaskId, (String, u64)>,
    refreshed: BTreeSet<String>,
    /// Failed tries of a file.
    retries: HashMap<Option<TaskId>, u32>,
    /// URLs and statuses that were told.
    refused: BTreeSet<(String, u16)>,
    /// How often files below a URL are tried again.
    places: Vec<(String, u32)>,
    running: bool,
}

impl Progress {
    /// Writes to a console.
    pub fn new(console: Console) -> Self {
        Progress { console, verbosity: Verbosity::Warning, state: Mutex::default() }
    }

    /// Leaves out messages of rpm that are less urgent.
    #[must_use]
    pub fn with_verbosity(self, verbosity: Verbosity) -> Self {
        Progress { verbosity, ..self }
    }

    fn rpm_says(&self, level: Verbosity, word: &str, text: &str) {
        if level <= self.verbosity {
            self.console.error(format!("{word}: {text}"));
        }
    }

    /// Tells the names of repositories, which tdnf shows instead of ids, and how patient each is.
    pub fn set_names(&self, repos: &[RepoConfig]) {
        let mut state = self.lock();
        state.names = repos.iter().map(|repo| (repo.id.clone(), repo.name.clone())).collect();
        let place = |repo: &RepoConfig| {
            let retries = repo.options.max_tries.saturating_sub(1);
            repo.baseurl.iter().map(move |url| (url.clone(), retries)).collect::<Vec<_>>()
        };
        state.places = repos.iter().flat_map(place).collect();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, id: TaskId, task: Task<'_>, total: Option<u64>) {
        match task {
            Task::Repository { id: repo, name } => {
                if self.lock().refreshed.insert(repo.to_owned()) {
                    self.console.progress(format!("Refreshing metadata for: '{name}'"));
                }
            }
            Task::Download(nevra) => {
                self.lock().downloads.insert(id, (nevra.name.clone(), total.unwrap_or(0)));
            }
            Task::Verify | Task::Prepare | Task::Scriptlets => self.run(),
            Task::Install { nevra, .. } => {
                self.run();
                let text = nevra.to_string();
                // A source package has no architecture that anybody would want to know.
                let told = match text.strip_suffix(".src").or_else(|| text.strip_suffix(".nosrc")) {
                    Some(name) => format!("{name} (source)"),
                    None => text,
                };
                self.console.progress(format!("Installing/Updating: {told}"));
            }
            Task::Remove(nevra) => {
                self.run();
                self.console.progress(format!("Removing: {nevra}"));
            }
            Task::DownloadTotal { .. } | Task::Key(_) => {}
        }
    }

    fn run(&self) {
        if !std::mem::replace(&mut self.lock().running, true) {
            self.console.progress("Running transaction");
        }
    }

    fn finished(&self, id: TaskId, outcome: &Outcome) {
        let Some((name, bytes)) = self.lock().downloads.remove(&id) else { return };
        // Files are told one by one only where somebody looks, or wants to know all.
        let told = self.console.is_terminal() || self.console.verbose;
        if told && *outcome == Outcome::Ok {
            self.console.progress(format!("{name} 100% {bytes}"));
        }
    }

    fn mirror_failed(&self, id: Option<TaskId>, url: &str, fault: &TransferFault) {
        let retried = {
            let mut state = self.lock();
            if let TransferFault::Status { code, .. } = fault {
                // tdnf asks a server that answered once; that it was asked again is nobody's business.
                if state.refused.insert((url.to_owned(), *code)) {
                    self.console.error(format!("Error: {code} when downloading {url}"));
                    self.console.error(". Please check repo url or refresh metadata with 'tdnf makecache'.");
                }
                return;
            }
            if !is_retried(fault) {
                return;
            }
            let count = state.retries.entry(id).or_insert(0);
            *count += 1;
            *count
        };
        let most = self.retries_of(url);
        if retried <= most {
            self.console.progress(format!("retrying {retried}/{most}"));
        }
    }

    /// Returns how often files of the repository that a URL belongs to are tried again.
    fn retries_of(&self, url: &str) -> u32 {
        let state = self.lock();
        let own = state.places.iter().find(|(base, _)| url.starts_with(base.as_str()));
        own.map_or(RETRIES, |(_, retries)| *retries)
    }

    fn scriptlet(&self, nevra: &oxidnf_core::Nevra, kind: ScriptletKind, end: ScriptletEnd, critical: bool) {
        if end == ScriptletEnd::Ok {
            return;
        }
        let word = if critical { "error" } else { "warning" };
        let name = if kind == ScriptletKind::Post { "postin" } else { kind.rpm_name() };
        self.console.result(format!("package {nevra}: script {word} in %{name}"));
    }
}

/// Tells whether tdnf tries again after such a failure: not where the next try can be no better.
fn is_retried(fault: &TransferFault) -> bool {
    let hopeless = matches!(
        fault,
        TransferFault::File | TransferFault::Scheme(_) | TransferFault::Malformed | TransferFault::Authorities
    );
    let came = matches!(fault, TransferFault::Length { .. } | TransferFault::Checksum { .. } | TransferFault::Other);
    !hopeless && !came && *fault != TransferFault::Identity
}

impl Reporter for Progress {
    fn report(&self, event: Event<'_>) {
        match event {
            Event::Started { id, task, total } => self.started(id, task, total),
            Event::Finished { id, outcome } => self.finished(id, &outcome),
            Event::MirrorFailed { id, url, fault, .. } => self.mirror_failed(id, url, &fault),
            Event::ScriptletFinished { nevra, kind, end, critical, output } => {
                if !output.is_empty() {
                    self.console.scriptlet(&String::from_utf8_lossy(output));
                }
                self.scriptlet(nevra, kind, end, critical);
            }
            Event::RpmWarning(text) => {
                // rpm calls it an error when the package does not come because of it.
                let fatal = text.starts_with("%pre") && text.contains("scriptlet failed");
                let (level, word) = if fatal { (Verbosity::Error, "error") } else { (Verbosity::Warning, "warning") };
                self.rpm_says(level, word, text);
            }
            Event::UnpackFailed { message, .. } => self.rpm_says(Verbosity::Error, "error", message),
            Event::Total { id, total } => {
                if let Some((_, bytes)) = self.lock().downloads.get_mut(&id) {
                    *bytes = total;
                }
            }
            Event::Advanced { .. } | Event::ScriptletStarted { .. } => {}
        }
    }
}
