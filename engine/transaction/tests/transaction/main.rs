//! Whole transactions on roots in temporary directories, with packages built on the spot.

mod files;
mod journal;
mod lua;
mod scriptlets;
mod support;
