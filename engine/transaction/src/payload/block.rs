//! Recycled memory for unpacked data, with a bound over all packages that are read ahead.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of one block. Small enough to stay in a processor's cache between decompression and writing.
pub(crate) const BLOCK: usize = 256 << 10;

/// Blocks that the element in turn may take beyond the bound, so that those ahead of it cannot starve it.
const RESERVE: usize = 8;

/// A bounded store of blocks.
pub(crate) struct BlockPool {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

struct State {
    free: Vec<Box<[u8]>>,
    used: usize,
    /// Number of the element whose turn it is.
    turn: usize,
    closed: bool,
}

impl BlockPool {
    /// Makes a pool of this many bytes.
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(BlockPool {
            state: Mutex::new(State { free: Vec::new(), used: 0, turn: 0, closed: false }),
            changed: Condvar::new(),
            limit: (bytes / BLOCK).saturating_sub(RESERVE).max(4),
        })
    }

    /// Waits for a block for this element; none when the pool was closed.
    pub(crate) fn take(self: &Arc<Self>, element: usize) -> Option<Block> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let limit = if element <= state.turn { self.limit + RESERVE } else { self.limit };
            if state.used < limit {
                break;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.used += 1;
        let bytes = state.free.pop().unwrap_or_else(|| vec![0; BLOCK].into_boxed_slice());
        Some(Block { bytes, pool: Arc::clone(self) })
    }

    /// Says whose turn it is now.
    pub(crate) fn set_turn(&self, element: usize) {
        self.lock().turn = element;
        self.changed.notify_all();
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
        drop(state);
        self.pool.changed.notify_all();
    }
}
