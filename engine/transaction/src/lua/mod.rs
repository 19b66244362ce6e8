//! The embedded interpreter of `<lua>` scriptlets.
//!
//! rpm runs them in its own process, which it moves into the root. Here they run in a thread with a root, a working
//! directory and a umask of its own, so that nothing else of the process notices. The thread and its state live as
//! long as the transaction: globals of one scriptlet are seen by the next.

mod accounts;
mod args;
mod environment;
mod glob;
mod host;
mod macros;
mod mode;
mod posix;
mod posix_facts;
mod posix_process;
mod rpm;
mod stream;

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::Builder;

use oxidnf_rpmdb::macros::Macros;

use crate::sys;

/// A scriptlet for the interpreter.
#[derive(Debug)]
pub(crate) struct Job {
    /// Name in messages: `%post(foo-1-1.noarch)`.
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    /// `$1` and `$2`.
    pub(crate) args: Vec<i32>,
    /// Paths for `rpm.next_file`; only file triggers have them.
    pub(crate) files: Option<Vec<Vec<u8>>>,
    /// `RPM_INSTALL_PREFIX`.
    pub(crate) prefixes: Vec<Vec<u8>>,
}

/// Variables of the environment that scriptlets have set, or, without a value, unset.
pub(crate) type Variables = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What came of a scriptlet.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What it printed.
    pub(crate) output: Vec<u8>,
    /// What is to be told beside it.
    pub(crate) messages: Vec<String>,
    /// Why it failed, in rpm's words.
    pub(crate) result: Result<(), String>,
    /// What is set now; none if there is no state that could know.
    pub(crate) variables: Option<Variables>,
}

impl Reply {
    fn failed(reason: String) -> Self {
        Reply { output: Vec::new(), messages: Vec::new(), result: Err(reason), variables: None }
    }
}

/// A running interpreter; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Interpreter {
    jobs: Sender<Job>,
    replies: Receiver<Reply>,
}

impl Interpreter {
    /// Starts the interpreter in a root; none leaves it in ours. It shares its macros with whoever starts it, and begins
    /// with these variables set.
    pub(crate) fn start(
        root: Option<OwnedFd>,
        macros: Arc<Mutex<Macros>>,
        variables: Variables,
    ) -> Result<Self, String> {
        let (jobs, taken) = mpsc::channel::<Job>();
        let (answer, replies) = mpsc::channel();
        let body = move || {
            let state = sys::leave_shared_root(root.as_ref().map(AsFd::as_fd))
                .map_err(|error| error.to_string())
                .and_then(|()| host::Host::new(macros, variables).map_err(|error| error.to_string()));
            for job in taken {
                let reply = match &state {
                    Ok(host) => host.run(&job),
                    Err(reason) => {
                        let reason = format!("lua script failed: cannot set up the interpreter: {reason}");
                        Reply::failed(reason)
                    }
                };
                if answer.send(reply).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("lua".to_owned()).stack_size(8 << 20).spawn(body);
        thread.map_err(|error| format!("lua script failed: cannot start a thread: {error}"))?;
        Ok(Interpreter { jobs, replies })
    }

    /// Runs a scriptlet to its end.
    pub(crate) fn run(&self, job: Job) -> Reply {
        let reply = self.jobs.send(job).ok().and_then(|()| self.replies.recv().ok());
        reply.unwrap_or_else(|| Reply::failed("lua script failed: the interpreter has ended".to_owned()))
    }
}
