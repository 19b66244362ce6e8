//! The only unsafe code of the executor: what a child process does between fork and exec, signal masks, and the few calls
//! that scriptlets ask for and no crate of ours has.
#![expect(unsafe_code, reason = "fork and signal masks have no safe interface")]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

use crate::plugins::scriptlets::Changes;

/// Signals that are never held back: they mean that this very process is broken, or stop it for a while.
const UNBLOCKED: [i32; 6] = [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGTSTP];

/// Bytes from which a block comes from the system and goes back to it: more than the buffers that a download fills one
/// after the other, as every page of a new block costs more than copying into it.
const BIG_BLOCK: i32 = 1 << 18;

/// Makes the C library's allocator give memory back to the system.
///
/// glibc makes an arena for every thread and, with time, keeps ever larger blocks: a third of the peak of an
/// installation would be memory that nobody uses. To be called before threads are started.
pub fn limit_allocator() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt takes two numbers and only changes settings of the allocator, which locks them itself.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_MMAP_THRESHOLD, BIG_BLOCK);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * BIG_BLOCK);
    }
}

/// Gives memory that nobody uses back to the system: before a part of the work that wants much of its own.
pub(crate) fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim takes a number and looks only at what the allocator itself has.
    unsafe {
        libc::malloc_trim(0);
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

/// Sends a signal; the numbers mean what they mean to kill(2).
pub(crate) fn kill(process: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: a system call that takes two numbers and checks them itself.
    if unsafe { libc::kill(process, signal) } == 0 { Ok(()) } else { Err(last_errno()) }
}

fn last_errno() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

/// Returns a limit of the system by its number (`_SC_…`); -1 where there is none.
pub(crate) fn system_limit(number: libc::c_int) -> i64 {
    // SAFETY: sysconf takes a number and answers -1 for those that it does not know.
    unsafe { libc::sysconf(number) }
}

/// Returns a limit of a file by its number (`_PC_…`); -1 where there is none, or no file.
pub(crate) fn path_limit(path: &CStr, number: libc::c_int) -> i64 {
    // SAFETY: the path ends in a zero and lives as long as the call, which only reads it.
    unsafe { libc::pathconf(path.as_ptr(), number) }
}

/// Returns the seconds since some moment, and those that this process and its children spent: user, system, user of
/// children, system of children.
pub(crate) fn process_times() -> (f64, [f64; 4]) {
    let mut times = libc::tms { tms_utime: 0, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 };
    // SAFETY: the call fills in the structure, which is of its type and lives longer.
    let elapsed = unsafe { libc::times(&raw mut times) };
    let tick = system_limit(libc::_SC_CLK_TCK).max(1) as f64;
    let parts = [times.tms_utime, times.tms_stime, times.tms_cutime, times.tms_cstime];
    (elapsed as f64 / tick, parts.map(|ticks| ticks as f64 / tick))
}

/// Looks at a descriptor that may or may not be open, by a copy of it.
pub(crate) fn with_descriptor<T>(
    number: RawFd,
    look: impl FnOnce(BorrowedFd<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    // SAFETY: a system call on a number; whether that is an open descriptor is what it finds out.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(last_errno());
    }
    // SAFETY: the descriptor was just made, and nobody else knows it.
    let copy = unsafe { OwnedFd::from_raw_fd(copy) };
    look(copy.as_fd())
}

/// Soft limit of open files that children get; 0 leaves them ours.
static FILE_LIMIT: AtomicU64 = AtomicU64::new(0);

/// Says which soft limit of open files children get while ours is raised; none leaves them ours.
pub(crate) fn remember_file_limit(soft: Option<u64>) {
    FILE_LIMIT.store(soft.unwrap_or(0), Ordering::Relaxed);
}

/// What a child process waits at before it begins its program: two ends of a socket, which are closed when it does.
///
/// Both must be open when it is forked, and the child's until the command was spawned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    /// Where it says its number, four bytes as this machine has them, and waits for a byte; without one, because we are
    /// gone, it ends.
    pub(crate) child: RawFd,
    /// Our end, of which it has a copy.
    pub(crate) parent: RawFd,
}

/// Lets a child begin; the descriptor is our end of its gate.
pub(crate) fn open_gate(parent: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: a plain system call on one byte of this stack. A child that is gone is an error and no signal.
    let sent = unsafe { libc::send(parent.as_raw_fd(), (&raw const GO).cast(), 1, libc::MSG_NOSIGNAL) };
    if sent == 1 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What is sent to a child that may begin.
static GO: u8 = 1;

/// Where a child process lives, and what it waits for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ChildSetup<'a> {
    /// Directory that becomes its root; none leaves it in ours.
    pub(crate) root: Option<BorrowedFd<'a>>,
    /// What it does not share, and its priority.
    pub(crate) changes: Option<&'a Changes>,
    /// Its context of SELinux, and whether it must not run without.
    pub(crate) context: Option<(&'a [u8], bool)>,
    /// None lets it begin at once.
    pub(crate) gate: Option<Gate>,
}

/// Makes a command start as rpm starts scriptlets: in its root and at `/`, umask 022, only INT and QUIT blocked, no
/// descriptors beyond the three standard ones.
///
/// The descriptors must stay open until the command was spawned.
pub(crate) fn set_up(command: &mut Command, setup: ChildSetup<'_>) {
    let root: Option<RawFd> = setup.root.map(|fd| fd.as_raw_fd());
    let gate = setup.gate;
    let files = FILE_LIMIT.load(Ordering::Relaxed);
    let context = setup.context.map(|(context, needed)| (context.to_vec(), needed));
    let changes = setup.changes.map(|changes| (changes.unshared, changes.hidden.clone(), changes.reset_priority));
    let child = move || -> io::Result<()> {
        if let Some((unshared, hidden, reset_priority)) = &changes {
            change(*unshared, hidden, *reset_priority);
        }
        if let Some((context, needed)) = &context {
            take_context(context, *needed);
        }
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
        if let Some(gate) = gate {
            pass_gate(gate)?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes only async-signal-safe system calls, allocates nothing (an
    // io::Error of a number does not) and takes no locks.
    unsafe {
        command.pre_exec(child);
    }
}

/// Exit status of a scriptlet that a plug-in does not let run.
const VETO: libc::c_int = 126;

/// Writes to standard error between fork and exec.
fn complain(parts: &[&[u8]]) {
    for part in parts {
        // SAFETY: a plain system call on memory that the slice borrows; a descriptor that is closed fails.
        unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
    }
}

/// Returns the C library's words for the errors that may come here; to ask it might allocate.
fn reason() -> &'static [u8] {
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EPERM) => b"Operation not permitted",
        Some(libc::EACCES) => b"Permission denied",
        Some(libc::EINVAL) => b"Invalid argument",
        Some(libc::ENOENT) => b"No such file or directory",
        Some(libc::ENOMEM) => b"Cannot allocate memory",
        Some(libc::ENOSPC) => b"No space left on device",
        _ => b"Unknown error",
    }
}

/// Ends a child whose plug-in failed, as rpm's ends.
fn veto(plugin: &[u8]) -> ! {
    complain(&[b"error: Plugin ", plugin, b": hook scriptlet_fork_post failed\n"]);
    // SAFETY: it only ends this process, which is a child between fork and exec.
    unsafe { libc::_exit(VETO) }
}

/// Takes a child out of what it is not to share and resets its priority; for a child between fork and exec, as it makes
/// only async-signal-safe calls and allocates nothing.
fn change(unshared: libc::c_int, hidden: &[CString], reset_priority: bool) {
    // SAFETY: plain system calls; paths and types are NUL-terminated strings that live longer than the calls.
    unsafe {
        if reset_priority {
            if libc::setpriority(libc::PRIO_PROCESS, 0, 0) != 0 {
                complain(&[b"warning: Unable to reset nice value: ", reason(), b"\n"]);
            }
            if libc::syscall(libc::SYS_ioprio_set, 1, 0, 0) != 0 {
                complain(&[b"warning: Unable to reset I/O priority: ", reason(), b"\n"]);
            }
        }
        if unshared == 0 {
            return;
        }
        if libc::unshare(unshared) != 0 {
            let flags: &[u8] = match unshared {
                libc::CLONE_NEWNS => b"x20000",
                libc::CLONE_NEWNET => b"x40000000",
                _ => b"x40020000",
            };
            complain(&[b"error: unshare with flags ", flags, b" failed: ", reason(), b"\n"]);
            veto(b"unshare");
        }
        let private = libc::MS_REC | libc::MS_PRIVATE;
        let (none, root) = (std::ptr::null(), c"/".as_ptr());
        if unshared & libc::CLONE_NEWNS != 0 && libc::mount(none, root, none, private, none.cast()) != 0 {
            complain(&[b"error: failed to change mount propagation /: ", reason(), b"\n"]);
            veto(b"unshare");
        }
        for path in hidden {
            let tmpfs = c"tmpfs".as_ptr();
            if libc::mount(c"none".as_ptr(), path.as_ptr(), tmpfs, 0, none.cast()) != 0 {
                complain(&[b"error: failed to mount private ", path.as_bytes(), b": ", reason(), b"\n"]);
                veto(b"unshare");
            }
        }
    }
}

/// Says under which context of SELinux the program of this child is to run; for a child between fork and exec.
fn take_context(context: &[u8], needed: bool) {
    // SAFETY: plain system calls; the path is a constant with its NUL, the context is borrowed.
    let done = unsafe {
        let fd = libc::open(c"/proc/thread-self/attr/exec".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        fd >= 0 && {
            let written = libc::write(fd, context.as_ptr().cast(), context.len());
            libc::close(fd);
            usize::try_from(written) == Ok(context.len())
        }
    };
    if !done && needed {
        complain(&[b"error: setexecfilecon: (", context, b") ", reason(), b"\n"]);
        veto(b"selinux");
    }
}

/// Makes the kernel check a file against a tree of hashes from now on (fs-verity), and keep a signature of its root.
///
/// The file is open for reading and nobody has it open for writing. An algorithm of 0 is the usual one, SHA-256.
pub(crate) fn enable_verity(fd: BorrowedFd<'_>, algorithm: u32, signature: &[u8]) -> Result<(), Errno> {
    /// The argument of the call; the kernel's `struct fsverity_enable_arg`.
    #[repr(C)]
    struct Enable {
        version: u32,
        hash_algorithm: u32,
        block_size: u32,
        salt_size: u32,
        salt: u64,
        signature_size: u32,
        reserved: u32,
        signature: u64,
        more: [u64; 11],
    }
    let argument = Enable {
        version: 1,
        hash_algorithm: if algorithm == 0 { 1 } else { algorithm },
        block_size: 4096,
        salt_size: 0,
        salt: 0,
        signature_size: u32::try_from(signature.len()).map_err(|_| Errno::MSGSIZE)?,
        reserved: 0,
        signature: signature.as_ptr() as u64,
        more: [0; 11],
    };
    let request = rustix::ioctl::opcode::write::<Enable>(b'f', 133);
    // SAFETY: the kernel reads the argument, which has its layout and lives here, and the signature that it points to,
    // which is borrowed; it writes to neither.
    let done = unsafe { libc::ioctl(fd.as_raw_fd(), request as _, &raw const argument) };
    if done == 0 { Ok(()) } else { Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)) }
}

/// Says the number of this process and waits; for a child between fork and exec, as it makes only async-signal-safe
/// system calls and allocates nothing.
fn pass_gate(gate: Gate) -> io::Result<()> {
    let mut byte = 0_u8;
    // SAFETY: plain system calls on descriptors that were inherited and are open, or the call fails with EBADF; `pid` and
    // `byte` live on this stack and are as long as the lengths say. `parent` is this process's copy, which nothing else
    // in it uses.
    unsafe {
        let pid = libc::getpid().to_ne_bytes();
        if libc::send(gate.child, pid.as_ptr().cast(), pid.len(), libc::MSG_NOSIGNAL) != pid.len() as isize {
            return Err(io::Error::last_os_error());
        }
        // With it open we would wait for ourselves.
        libc::close(gate.parent);
        loop {
            match libc::recv(gate.child, (&raw mut byte).cast(), 1, 0) {
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
