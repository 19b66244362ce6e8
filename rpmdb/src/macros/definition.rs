//! How a macro is written down: `name(options) body`.

/// A macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// Letters as getopt(3) takes them, of a macro that takes parameters.
    pub(super) options: Option<String>,
    pub(super) body: String,
    /// How many macros with parameters were at work when it was defined: it goes with the innermost of them.
    pub(super) level: usize,
}

/// A definition found in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parsed<'t> {
    pub(super) name: &'t str,
    pub(super) definition: Definition,
    /// Bytes of the text that belong to it, with the end of its last line.
    pub(super) length: usize,
}

/// Returns the name at the start of a text, empty if there is none.
pub(super) fn name_of(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { "" } else { &text[..end] }
}

/// Returns where the bracket that opens a text is closed.
pub(super) fn matching_end(text: &str, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' {
            bytes.next();
        } else if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Reads `name body` or `name(options) body`; the body ends with its line, or with the bracket that it begins with.
///
/// # Errors
/// What is wrong, in rpm's words.
pub(super) fn parse(text: &str) -> Result<Parsed<'_>, String> {
    let start = blanks(text);
    let name = name_of(&text[start..]);
    if name.is_empty() {
        let end = text[start..].find([' ', '\t', '\n']).unwrap_or(text.len() - start);
        return Err(format!("Macro %{} has illegal name (%define)", &text[start..start + end]));
    }
    let mut at = start + name.len();
    let mut options = None;
    if let Some(inside) = text[at..].strip_prefix('(') {
        let end = inside.find(')').ok_or_else(|| format!("Macro %{name} has unterminated opts"))?;
        options = Some(inside[..end].to_owned());
        at += end + 2;
    }
    at += blanks(&text[at..]);
    let body = if text[at..].starts_with('{') {
        let end =
            matching_end(&text[at..], b'{', b'}').ok_or_else(|| format!("Macro %{name} has unterminated body"))?;
        let body = text[at + 1..at + end].to_owned();
        at += end + 1;
        // What follows the bracket on its line is not part of it.
        let after = blanks(&text[at..]);
        at += if text[at + after..].starts_with('\n') { after + 1 } else { 0 };
        body
    } else {
        let (body, length) = line(&text[at..]);
        at += length;
        at += usize::from(text[at..].starts_with('\n'));
        body.trim_end_matches([' ', '\t', '\n', '\r']).to_owned()
    };
    if body.is_empty() {
        return Err(format!("Macro %{name} has empty body"));
    }
    Ok(Parsed { name, definition: Definition { options, body, level: 0 }, length: at })
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Returns a body up to the end of its line, which brackets of references and backslashes put off, and its length.
fn line(text: &str) -> (String, usize) {
    let mut body = String::new();
    // Of `{`, `(` and `[`, but only within such a reference.
    let mut open = [0_usize; 3];
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' if open == [0; 3] => return (body, at),
            '\\' => {
                // It stands for the next letter itself.
                body.push(chars.next().map_or('\\', |(_, next)| next));
                continue;
            }
            '%' => {
                body.push('%');
                let next = chars.peek().map(|(_, next)| *next);
                let bracket = next.and_then(|next| "{([".find(next));
                if let Some(bracket) = bracket {
                    open[bracket] += 1;
                }
                if let Some(next) = next.filter(|next| *next == '%' || bracket.is_some()) {
                    body.push(next);
                    chars.next();
                }
                continue;
            }
            _ => {}
        }
        if let Some(bracket) = "{([".find(c).filter(|bracket| open[*bracket] > 0) {
            open[bracket] += 1;
        } else if let Some(bracket) = "})]".find(c).filter(|bracket| open[*bracket] > 0) {
            open[bracket] -= 1;
        }
        body.push(c);
    }
    (body, text.len())
}
