//! Quotes for new words.

/// Quotes a word so that a shell hands it over unchanged; single quotes where any are needed.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+^".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    if text.contains('\'') {
        let escaped: String = text
            .chars()
            .flat_map(|c| if matches!(c, '"' | '$' | '`' | '\\') { vec!['\\', c] } else { vec![c] })
            .collect();
        return format!("\"{escaped}\"");
    }
    format!("'{text}'")
}

/// The same word in the other kind of quotes, if it can stand in them.
pub(super) fn double_quoted(text: &str) -> Option<String> {
    (!text.contains(['"', '$', '`', '\\', '!'])).then(|| format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        assert_eq!(quoted("--use-host-config"), "--use-host-config");
        assert_eq!(quoted("foo = 1"), "'foo = 1'");
        assert_eq!(quoted("it's"), "\"it's\"");
    }
}
