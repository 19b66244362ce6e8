//! The oxidnf program.
fn main() {}
