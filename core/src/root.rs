//! The root of the target system.
