//! Faces: grammar, commands, rendering.

mod boot;
pub mod commands;
pub mod context;
pub mod driver;
pub mod environment;
pub mod face;
pub mod grammar;
mod interrupt;
mod outlet;
pub mod output;
mod panic;
pub mod prompt;
mod run;
pub mod sanitize;
pub mod settings;
mod unfinished;
mod version;

pub use panic::install_hook;
pub use run::run;
