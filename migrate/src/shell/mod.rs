//! Calls in shell text.

mod calls;
mod context;
mod exec;
mod fragment;
mod places;
mod quote;
mod rewrite;
mod syntax;
mod wrappers;

pub use wrappers::is_command;

pub(crate) use calls::{LOOKS, exec_form, find};
pub(crate) use exec::List;
pub(crate) use fragment::{Encoding, Fragment};
pub(crate) use places::cache_directory;
