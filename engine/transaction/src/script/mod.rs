//! Scriptlets: how they are run, and what their failure means.

pub(crate) mod process;
pub(crate) mod runner;
pub(crate) mod verify;

pub(crate) use runner::{Script, ScriptContext, Scripts};
