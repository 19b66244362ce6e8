//! JSON as tdnf writes it: no blanks, keys in tdnf's order, bytes beyond ASCII as they are.

use std::fmt::Write as _;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// An object; the order of its keys is kept.
    Object(Vec<(&'static str, Json)>),
    /// A list.
    List(Vec<Json>),
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A truth value.
    Bool(bool),
}

impl Json {
    /// Makes a text.
    pub fn text(text: impl Into<String>) -> Self {
        Json::Text(text.into())
    }

    /// Makes a list of texts.
    pub fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Json::List(texts.into_iter().map(Json::text).collect())
    }

    /// Makes a number of a size or count.
    pub fn size(number: u64) -> Self {
        Json::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Writes the document without a newline at its end.
    pub fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Json::Object(fields) => {
                out.push('{');
                for (place, (key, value)) in fields.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Json::List(values) => {
                out.push('[');
                for (place, value) in values.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    value.write(out);
                }
                out.push(']');
            }
            Json::Text(text) => write_text(text, out),
            Json::Number(number) => write!(out, "{number}").expect("writing to a String cannot fail"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if (control as u32) < 0x20 => {
                write!(out, "\\u{:04x}", control as u32).expect("writing to a String cannot fail");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape() {
        let document = Json::List(vec![Json::Object(vec![
            ("Name", Json::text("na\u{ef}ve \"x\"\n\u{1}")),
            ("Enabled", Json::Bool(true)),
            ("Size", Json::size(65)),
            ("Files", Json::texts(["/a", "/b"])),
        ])]);
        let want =
            "[{\"Name\":\"na\u{ef}ve \\\"x\\\"\\n\\u0001\",\"Enabled\":true,\"Size\":65,\"Files\":[\"/a\",\"/b\"]}]";
        assert_eq!(document.render(), want);
    }
}
