//! What tasks tell the thread that called, which alone talks to the reporter and asks questions.

use std::collections::{HashMap, HashSet};

use oxidnf_core::event::{Event, Outcome, Reporter, Task, TaskId, TransferFault};
use oxidnf_core::nevra::Nevra;
use tokio::sync::{mpsc, oneshot};

use crate::openpgp::KeyFacts;

/// A piece of work as its task knows it.
#[derive(Debug, Clone)]
pub(super) enum Work {
    Repository { id: String, name: String },
    Package(Nevra),
    Key(String),
}

/// A key that a repository offers for its own signatures.
#[derive(Debug, Clone)]
pub struct KeyOffer {
    /// Repository id.
    pub repo: String,
    /// The location it came from, without credentials.
    pub url: String,
    /// The key.
    pub facts: KeyFacts,
}

/// Decides whether keys are imported; asked on the thread that called.
pub trait KeyPrompt {
    /// Tells whether the key is to be trusted for the metadata of its repository.
    fn accept(&self, offer: &KeyOffer) -> bool;
    /// The key was stored.
    fn imported(&self, _offer: &KeyOffer) {}
}

/// Accepts no keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefuseKeys;

impl KeyPrompt for RefuseKeys {
    fn accept(&self, _offer: &KeyOffer) -> bool {
        false
    }
}

pub(super) enum Message {
    Started {
        id: TaskId,
        work: Work,
        total: Option<u64>,
    },
    Total {
        id: TaskId,
        total: u64,
    },
    Advanced {
        id: TaskId,
        done: u64,
    },
    /// With what is needed to announce a task that ended before it began.
    Finished {
        id: TaskId,
        outcome: Outcome,
        unstarted: Option<(Work, Option<u64>)>,
    },
    MirrorFailed {
        id: Option<TaskId>,
        url: String,
        fault: TransferFault,
        reason: String,
    },
    OfferKey {
        offer: Box<KeyOffer>,
        answer: oneshot::Sender<bool>,
    },
    KeyImported {
        offer: Box<KeyOffer>,
    },
}

/// The way to the calling thread.
#[derive(Clone)]
pub(super) struct Messages(mpsc::UnboundedSender<Message>);

impl Messages {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Messages(sender), receiver)
    }

    /// Returns a way to nobody.
    pub(super) fn unheard() -> Self {
        Messages::new().0
    }

    pub(super) fn send(&self, message: Message) {
        // Nobody listens any more when the run was cancelled, and then nobody needs to know.
        let _ = self.0.send(message);
    }
}

/// Turns messages into events.
pub(super) struct Teller<'a> {
    pub(super) reporter: &'a dyn Reporter,
    pub(super) prompt: &'a dyn KeyPrompt,
    /// The sum of all downloads, where one is shown.
    pub(super) total: Option<TaskId>,
    counted: HashMap<TaskId, u64>,
    sum: u64,
    started: HashSet<TaskId>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter, prompt: &'a dyn KeyPrompt, total: Option<TaskId>) -> Self {
        Teller { reporter, prompt, total, counted: HashMap::new(), sum: 0, started: HashSet::new() }
    }

    pub(super) fn tell(&mut self, message: Message) {
        match message {
            Message::Started { id, work, total } => self.start(id, &work, total),
            Message::Total { id, total } => self.reporter.report(Event::Total { id, total }),
            Message::Advanced { id, done } => {
                self.reporter.report(Event::Advanced { id, done });
                self.add(id, done);
            }
            Message::Finished { id, outcome, unstarted } => {
                if let Some((work, total)) = unstarted.filter(|_| !self.started.contains(&id)) {
                    self.start(id, &work, total);
                }
                self.reporter.report(Event::Finished { id, outcome });
            }
            Message::MirrorFailed { id, url, fault, reason } => {
                self.reporter.report(Event::MirrorFailed { id, url: &url, fault, reason: &reason });
            }
            Message::OfferKey { offer, answer } => {
                // The task that asks is gone when the run was cancelled.
                let _ = answer.send(self.prompt.accept(&offer));
            }
            Message::KeyImported { offer } => self.prompt.imported(&offer),
        }
    }

    fn start(&mut self, id: TaskId, work: &Work, total: Option<u64>) {
        let task = match work {
            Work::Repository { id, name } => Task::Repository { id, name },
            Work::Package(nevra) => Task::Download(nevra),
            Work::Key(url) => Task::Key(url),
        };
        self.started.insert(id);
        self.reporter.report(Event::Started { id, task, total });
    }

    fn add(&mut self, id: TaskId, done: u64) {
        let Some(total) = self.total else { return };
        let before = self.counted.insert(id, done).unwrap_or(0);
        self.sum = (self.sum + done).saturating_sub(before);
        self.reporter.report(Event::Advanced { id: total, done: self.sum });
    }
}
