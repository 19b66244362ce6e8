//! Recycled memory for unpacked data, with a bound over all threads.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of one block. Small enough to stay in a processor's cache between decompression and writing.
pub(crate) const BLOCK: usize = 256 << 10;

/// Blocks for each thread that must be allowed: one that is filled, and those on the way to a helper.
const PER_THREAD: usize = 4;

/// A bounded store of blocks.
pub(crate) struct BlockPool {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

struct State {
    free: Vec<Box<[u8]>>,
    used: usize,
    waiting: usize,
    closed: bool,
}

impl BlockPool {
    /// Makes a pool of this many bytes, or of what so many threads need at least.
    pub(crate) fn new(bytes: usize, threads: usize) -> Arc<Self> {
        Arc::new(BlockPool {
            state: Mutex::new(State { free: Vec::new(), used: 0, waiting: 0, closed: false }),
            changed: Condvar::new(),
            limit: (bytes / BLOCK).max(threads * PER_THREAD),
        })
    }

    /// Waits for a block; none when the pool was closed.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Block> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if state.used < self.limit {
                break;
            }
            state.waiting += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.used += 1;
        let bytes = state.free.pop().unwrap_or_else(|| vec![0; BLOCK].into_boxed_slice());
        Some(Block { bytes, pool: Arc::clone(self) })
    }

    /// Makes every waiting and later [`BlockPool::take`] return nothing.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A block of memory; goes back to its pool when dropped.
pub(crate) struct Block {
    bytes: Box<[u8]>,
    pool: Arc<BlockPool>,
}

impl std::ops::Deref for Block {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::ops::DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut state = self.pool.lock();
        state.free.push(bytes);
        state.used -= 1;
        // Waking nobody would still be a system call.
        let waiting = state.waiting > 0;
        drop(state);
        if waiting {
            self.pool.changed.notify_one();
        }
    }
}
