//! The rpm header codec.
