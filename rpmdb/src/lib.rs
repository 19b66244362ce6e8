//! The rpm database: read, write, verify, lock.
