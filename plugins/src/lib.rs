//! Built-in plugins and the bridge to outside programs.

mod actions;
pub mod report;

use oxidnf_engine::Plugin;

pub use actions::Actions;

/// Returns all built-in plug-ins; configuration and command line decide which of them take part.
pub fn all() -> Vec<Box<dyn Plugin>> {
    vec![Box::new(Actions::new())]
}
