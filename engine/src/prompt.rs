//! Questions that only a person, or a person's settings, can answer.

use crate::error::FetchFault;

/// A key that is about to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuestion {
    /// Last eight hex digits of the key id, as dnf5 shows it behind `0x`.
    pub short_id: String,
    /// User ids, `NAME <MAIL>`.
    pub user_ids: Vec<String>,
    /// Upper-case hex fingerprint.
    pub fingerprint: String,
    /// Where the key was read from.
    pub url: String,
    /// The repository that names it.
    pub repo_id: String,
}

/// Why a key file is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTrouble {
    /// A file of this machine cannot be read; the system's number of the error, 0 when it has none.
    File(i32),
    /// It cannot be fetched.
    Fetch(FetchFault),
    /// It would have to be fetched, and only the cache may be used.
    OnlyCache,
    /// There is no key in it.
    NoKey,
}

/// Answers questions during a run.
pub trait Prompt {
    /// Decides whether the key file at this place is looked at at all.
    fn look_at_key(&mut self, _url: &str) -> bool {
        true
    }

    /// Takes note that the key file at this place is of no use.
    fn key_trouble(&mut self, _url: &str, _trouble: &KeyTrouble) {}

    /// Decides whether a key is imported.
    fn import_key(&mut self, question: &KeyQuestion) -> bool;

    /// Takes note that the key was imported.
    fn key_imported(&mut self, _question: &KeyQuestion) {}

    /// Takes note that somebody else holds the system-repository lock and that this program now waits.
    fn waiting_for_lock(&mut self, _holders: &[LockHolder]) {}
}

/// A process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// Process id.
    pub pid: u32,
    /// Its command line.
    pub command: String,
}

/// Answers no to everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refuse;

impl Prompt for Refuse {
    fn import_key(&mut self, _question: &KeyQuestion) -> bool {
        false
    }
}

/// Answers yes to everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Accept;

impl Prompt for Accept {
    fn import_key(&mut self, _question: &KeyQuestion) -> bool {
        true
    }
}
