//! Man pages.
fn main() {}
