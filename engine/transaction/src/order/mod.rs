//! The order of elements (reference of rpm, section 4).

pub(crate) mod graph;
pub(crate) mod relations;
