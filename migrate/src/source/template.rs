//! What templates fill in before a shell sees the text: `${{ … }}`, `{{ … }}`, `{% … %}`, `<% … %>`.

use crate::shell::Fragment;

const MARKS: &[(&str, &str)] = &[("${{", "}}"), ("{{", "}}"), ("{%", "%}"), ("<%", "%>")];

/// Hides the templates of a fragment.
pub(super) fn hide(fragment: &mut Fragment) {
    let mut at = 0;
    while let Some((start, end)) = next(&fragment.text, at) {
        fragment.hide(start..end);
        at = end;
    }
}

fn next(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let (start, open, close) = MARKS
        .iter()
        .filter_map(|(open, close)| Some((from + rest.find(open)?, *open, *close)))
        .min_by_key(|(start, open, _)| (*start, std::cmp::Reverse(open.len())))?;
    let inside = start + open.len();
    let end = inside + text[inside..].find(close)? + close.len();
    // A template in one line; braces of a shell function go over several.
    if text[start..end].contains('\n') { next(text, inside) } else { Some((start, end)) }
}
