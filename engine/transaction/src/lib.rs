//! The rpm transaction executor.
