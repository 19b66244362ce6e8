//! The TOML text that dnf5 5.4 writes: its libraries' layout, byte for byte.

/// Appends a key, quoted where TOML asks for it.
pub(super) fn push_key(out: &mut String, key: &str) {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { out.push_str(key) } else { push_text(out, key) }
}

/// Appends a basic string.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{0}'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// Appends an array of strings: on one line while it is short, else one line an item with a comma after each.
///
/// "Short" is dnf5's: quoted items count with four more bytes each, and the sum may be 62.
pub(super) fn push_array<'a>(out: &mut String, items: impl IntoIterator<Item = &'a str>) {
    let quoted: Vec<String> = items
        .into_iter()
        .map(|item| {
            let mut text = String::new();
            push_text(&mut text, item);
            text
        })
        .collect();
    let width: usize = quoted.iter().map(|item| item.len() + 4).sum();
    if width <= 62 {
        out.push('[');
        out.push_str(&quoted.join(", "));
        out.push(']');
    } else {
        out.push_str("[\n");
        for item in &quoted {
            out.push_str("    ");
            out.push_str(item);
            out.push_str(",\n");
        }
        out.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_break_where_dnf5_breaks_them() {
        let one_line = |items: &[&str]| {
            let mut out = String::new();
            push_array(&mut out, items.iter().copied());
            !out.contains('\n')
        };
        assert!(one_line(&[&"z".repeat(56)]) && !one_line(&[&"z".repeat(57)]));
        assert!(one_line(&["aa", "aa", &"z".repeat(40)]) && !one_line(&["aa", "aa", &"z".repeat(41)]));
        assert!(one_line(&[]));
    }

    #[test]
    fn escapes() {
        let mut out = String::new();
        push_text(&mut out, "\u{1}\u{7f}\u{8}\n\\/\"'é");
        assert_eq!(out, "\"\\u0001\\u007F\\b\\n\\\\/\\\"'é\"");
        let mut out = String::new();
        push_key(&mut out, "alpha.noarch");
        push_key(&mut out, "g-1_x");
        assert_eq!(out, "\"alpha.noarch\"g-1_x");
    }
}
