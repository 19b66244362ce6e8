//! Whole transactions on roots in temporary directories, with packages built on the spot.

mod files;
mod journal;
mod labels;
mod lua;
mod scriptlets;
mod support;
