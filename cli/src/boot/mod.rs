//! What an offline transaction has to do with the machine: restarting it, the splash screen, the system's journal.

pub(crate) mod journal;
pub(crate) mod power;
pub(crate) mod splash;
