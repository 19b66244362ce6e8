//! Built-in plugins and the bridge to outside programs.
