//! Character references of XML.

use std::borrow::Cow;

/// Resolves the name between `&` and `;`; `None` for entities that XML does not define.
pub(crate) fn resolve(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok()?,
                None if !number.starts_with('+') => number.parse().ok()?,
                _ => return None,
            };
            // NUL cannot be written in XML and would cut strings short elsewhere.
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    })
}

/// Resolves the references in a text, once.
///
/// A reference that is unknown or unfinished stays as it is written, so that a careless repository is still usable;
/// text that was encoded twice by its maker stays encoded once, as it does in dnf5.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    unescape_from(text, first, &mut out);
    Cow::Owned(out)
}

/// Appends `text`, whose first `&` is at `first`, with its references resolved.
pub(crate) fn unescape_from(text: &str, first: usize, out: &mut String) {
    let mut rest = text;
    let mut next = Some(first);
    while let Some(start) = next {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        // The longest reference is `&#x10FFFF;`; a `;` further away belongs to something else.
        let end = after.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, resolve(&after[1..end])?))) {
            Some((end, character)) => {
                out.push(character);
                rest = &after[end + 1..];
            }
            None => {
                out.push('&');
                rest = &after[1..];
            }
        }
        next = memchr::memchr(b'&', rest.as_bytes());
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain", "plain")]
    #[case("a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;", "a & b <c> \"d\" 'e'")]
    #[case("&amp;lt;", "&lt;")]
    #[case("&#65;&#x42;&#x1F600;", "AB\u{1F600}")]
    #[case("&nbsp; & &;", "&nbsp; & &;")]
    #[case("&#0; &#xD800; &#+65;", "&#0; &#xD800; &#+65;")]
    #[case("&\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4};", "&\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4};")]
    fn unescapes(#[case] text: &str, #[case] want: &str) {
        assert_eq!(unescape(text), want);
    }
}
