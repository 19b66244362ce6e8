//! Repositories with which something is wrong: what is said, and how commands end, beside dnf5.

mod certificates;
mod kinds;
mod lists;
mod nothing_left;
mod places;
