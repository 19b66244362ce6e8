//! JSON in the shape that dnf5 prints: two blanks of indentation, no blank after a colon, slashes escaped.

use serde_json::Value;

/// Renders a value, without a newline at the end.
pub(crate) fn render(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

/// Renders a value with slashes as they are, as some of dnf5's plug-ins do.
pub(crate) fn render_with_slashes(value: &Value) -> String {
    // A backslash of the text itself is doubled, so that one before a slash is an escape.
    render(value).replace("\\/", "/")
}

fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Array(items) if items.is_empty() => text.push_str("[]"),
        Value::Object(items) if items.is_empty() => text.push_str("{}"),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                next_line(index, depth, text);
                write(item, depth + 1, text);
            }
            end(depth, text);
            text.push(']');
        }
        Value::Object(items) => {
            text.push('{');
            for (index, (key, item)) in items.iter().enumerate() {
                next_line(index, depth, text);
                write_string(key, text);
                text.push(':');
                write(item, depth + 1, text);
            }
            end(depth, text);
            text.push('}');
        }
        Value::String(string) => write_string(string, text),
        other => text.push_str(&other.to_string()),
    }
}

fn next_line(index: usize, depth: usize, text: &mut String) {
    text.push_str(if index == 0 { "\n" } else { ",\n" });
    text.push_str(&"  ".repeat(depth + 1));
}

fn end(depth: usize, text: &mut String) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '/' => text.push_str("\\/"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            control if (control as u32) < 0x20 => text.push_str(&format!("\\u{:04x}", control as u32)),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn looks_like_dnf5() {
        let value = json!([{"id": 1, "url": ["file:///x"], "none": [], "empty": {}, "text": "a\"\u{1}\n"}]);
        insta::assert_snapshot!(render(&value), @r#"
        [
          {
            "id":1,
            "url":[
              "file:\/\/\/x"
            ],
            "none":[],
            "empty":{},
            "text":"a\"\u0001\n"
          }
        ]
        "#);
        assert_eq!(render(&json!({})), "{}");
    }
}
