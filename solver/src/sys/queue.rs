//! libsolv's growing array of ids.

use libsolv_sys::ffi;

use super::SolvId;

/// An owned libsolv queue for results.
pub(super) struct Queue(ffi::Queue);

impl Queue {
    /// Returns an empty queue; it allocates nothing.
    pub(super) fn new() -> Self {
        Queue(ffi::Queue { elements: std::ptr::null_mut(), count: 0, alloc: std::ptr::null_mut(), left: 0 })
    }

    /// Returns the pointer that C functions fill through.
    pub(super) fn as_mut_ptr(&mut self) -> *mut ffi::Queue {
        &raw mut self.0
    }

    /// Returns the ids; an empty queue has a null pointer, which no slice may be made of.
    pub(super) fn ids(&self) -> &[ffi::Id] {
        match usize::try_from(self.0.count) {
            Ok(count) if count > 0 && !self.0.elements.is_null() => {
                // SAFETY: libsolv keeps `count` initialised ids from `elements` on, and nothing changes the queue while
                // `self` is borrowed.
                unsafe { std::slice::from_raw_parts(self.0.elements, count) }
            }
            _ => &[],
        }
    }

    /// Copies the ids, taking them for packages.
    pub(super) fn solvables(&self) -> Vec<SolvId> {
        self.ids().iter().map(|id| SolvId(*id)).collect()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the queue was made empty or filled by libsolv, so `alloc` is null or from its allocator.
        unsafe { ffi::queue_free(&raw mut self.0) }
    }
}

/// Borrows ids as a queue that C only reads.
pub(super) fn borrowed(ids: &[ffi::Id]) -> ffi::Queue {
    ffi::Queue {
        elements: ids.as_ptr().cast_mut(),
        count: ffi::Id::try_from(ids.len()).unwrap_or(ffi::Id::MAX),
        alloc: std::ptr::null_mut(),
        left: 0,
    }
}
