//! Shell scripts.

use super::find_in;
use crate::finding::Finding;
use crate::shell::Fragment;

pub(super) fn find(text: &str, into: &mut Vec<Finding>) {
    find_in(Fragment::of_file(text, 0..text.len()), into);
}
