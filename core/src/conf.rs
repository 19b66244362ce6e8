//! Configuration syntax: INI files, typed options with priorities, variables.
