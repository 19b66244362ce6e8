//! The only unsafe code of the executor: what a child process does between fork and exec, and signal masks.
#![expect(unsafe_code, reason = "fork and signal masks have no safe interface")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// Signals that are never held back: they mean that this very process is broken, or stop it for a while.
const UNBLOCKED: [i32; 6] = [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGTSTP];

/// Makes the C library's allocator give memory back to the system.
///
/// glibc makes an arena for every thread and, with time, keeps ever larger blocks: a third of the peak of an
/// installation would be memory that nobody uses. To be called before threads are started.
pub fn limit_allocator() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt takes two numbers and only changes settings of the allocator, which locks them itself.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 128 << 10);
    }
}

/// Holds signals back for as long as it lives; threads started meanwhile inherit that.
pub(crate) struct BlockedSignals {
    before: libc::sigset_t,
}

impl BlockedSignals {
    /// Starts holding back.
    pub(crate) fn new() -> io::Result<Self> {
        let mut wanted = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `wanted` is filled by sigfillset before it is read; `before` is filled by pthread_sigmask when that
        // returns 0, and not read otherwise. Both point to memory of the right type that lives long enough.
        let result = unsafe {
            libc::sigfillset(wanted.as_mut_ptr());
            for signal in UNBLOCKED {
                libc::sigdelset(wanted.as_mut_ptr(), signal);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, wanted.as_ptr(), before.as_mut_ptr())
        };
        if result != 0 {
            return Err(io::Error::from_raw_os_error(result));
        }
        // SAFETY: pthread_sigmask returned 0, so it stored the former mask.
        Ok(BlockedSignals { before: unsafe { before.assume_init() } })
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: `before` is a mask that the system itself gave; the old mask is not asked for.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut());
        }
    }
}

/// Soft limit of open files that children get; 0 leaves them ours.
static FILE_LIMIT: AtomicU64 = AtomicU64::new(0);

/// Says which soft limit of open files children get while ours is raised; none leaves them ours.
pub(crate) fn remember_file_limit(soft: Option<u64>) {
    FILE_LIMIT.store(soft.unwrap_or(0), Ordering::Relaxed);
}

/// What a child process waits at before it begins its program; all of them are closed when it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate<'a> {
    /// Where it says its number: four bytes as this machine has them.
    pub(crate) report: BorrowedFd<'a>,
    /// Where it waits for a byte; without one, because we are gone, it ends.
    pub(crate) wait: BorrowedFd<'a>,
    /// The other end, of which it has a copy.
    pub(crate) go: BorrowedFd<'a>,
}

/// Where a child process lives, and what it waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChildSetup<'a> {
    /// Directory that becomes its root; none leaves it in ours.
    pub(crate) root: Option<BorrowedFd<'a>>,
    /// None lets it begin at once.
    pub(crate) gate: Option<Gate<'a>>,
}

/// Makes a command start as rpm starts scriptlets: in its root and at `/`, umask 022, only INT and QUIT blocked, no
/// descriptors beyond the three standard ones.
///
/// The descriptors must stay open until the command was spawned.
pub(crate) fn set_up(command: &mut Command, setup: ChildSetup<'_>) {
    let root: Option<RawFd> = setup.root.map(|fd| fd.as_raw_fd());
    let gate = setup.gate.map(|gate| [gate.report, gate.wait, gate.go].map(|fd| fd.as_raw_fd()));
    let files = FILE_LIMIT.load(Ordering::Relaxed);
    let child = move || -> io::Result<()> {
        if let Some(root) = root {
            // SAFETY: plain system calls; the descriptor was inherited and is open, or the call fails with EBADF. The
            // path is a constant with its NUL.
            let result = unsafe { if libc::fchdir(root) == 0 { libc::chroot(c".".as_ptr()) } else { -1 } };
            if result != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        // SAFETY: plain system calls on constants, and on a mask and a limit that live on this stack; sigemptyset fills the mask
        // before it is used. close_range only marks descriptors, so the one by which std reports a failing exec
        // still works, and an old kernel that lacks the call leaves what std has marked already.
        unsafe {
            if libc::chdir(c"/".as_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            libc::umask(0o022);
            if files != 0 {
                let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
                    limit.rlim_cur = files;
                    libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
                }
            }
            libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as libc::c_int);
            let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(mask.as_mut_ptr());
            libc::sigaddset(mask.as_mut_ptr(), libc::SIGINT);
            libc::sigaddset(mask.as_mut_ptr(), libc::SIGQUIT);
            libc::pthread_sigmask(libc::SIG_SETMASK, mask.as_ptr(), std::ptr::null_mut());
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        }
        if let Some([report, wait, go]) = gate {
            pass_gate(report, wait, go)?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes only async-signal-safe system calls, allocates nothing (an
    // io::Error of a number does not) and takes no locks.
    unsafe {
        command.pre_exec(child);
    }
}

/// Says the number of this process and waits; for a child between fork and exec, as it makes only async-signal-safe
/// system calls and allocates nothing.
fn pass_gate(report: RawFd, wait: RawFd, go: RawFd) -> io::Result<()> {
    let mut byte = 0_u8;
    // SAFETY: plain system calls on descriptors that were inherited and are open, or the call fails with EBADF; `pid` and
    // `byte` live on this stack and are as long as the lengths say. `go` is this process's copy, which nothing else in
    // it uses.
    unsafe {
        let pid = libc::getpid().to_ne_bytes();
        if libc::write(report, pid.as_ptr().cast(), pid.len()) != pid.len() as isize {
            return Err(io::Error::last_os_error());
        }
        // With it open we would wait for ourselves.
        libc::close(go);
        loop {
            match libc::read(wait, (&raw mut byte).cast(), 1) {
                1 => return Ok(()),
                -1 if io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => {}
                _ => return Err(io::Error::from_raw_os_error(libc::ECANCELED)),
            }
        }
    }
}

/// Gives the calling thread a root, a working directory and a umask of its own, and moves it to `/` of a root (none keeps
/// ours). Other threads do not notice.
pub(crate) fn leave_shared_root(root: Option<BorrowedFd<'_>>) -> io::Result<()> {
    // SAFETY: plain system calls; unshare(CLONE_FS) separates only the calling thread's root, working directory and
    // umask, which no memory of this process depends on. The descriptor is borrowed, hence open; paths are constants
    // with their NULs. The thread changes its root only after it has been separated.
    let failed = unsafe {
        libc::unshare(libc::CLONE_FS) != 0
            || root.is_some_and(|root| libc::fchdir(root.as_raw_fd()) != 0 || libc::chroot(c".".as_ptr()) != 0)
            || libc::chdir(c"/".as_ptr()) != 0
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Returns a descriptor that becomes readable when the process ends.
pub(crate) fn pidfd(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?)
}
