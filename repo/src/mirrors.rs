//! Choice of mirrors.
