//! A small part of Markdown, turned into man page source: paragraphs, `#` headings, `-` items, indented code, and
//! backquotes.

/// Splits a text before its first heading.
pub(crate) fn split(text: &str) -> (&str, &str) {
    match text.find("\n# ") {
        Some(at) => text.split_at(at + 1),
        None => (text, ""),
    }
}

/// Turns a text into man page source.
pub(crate) fn to_roff(text: &str) -> String {
    let mut page = String::new();
    let mut in_code = false;
    for line in text.lines() {
        let code = line.strip_prefix("    ");
        if in_code && code.is_none() {
            page.push_str(".fi\n.RE\n");
            in_code = false;
        }
        if let Some(heading) = line.strip_prefix("# ") {
            page.push_str(&format!(".SH {}\n", escape(heading)));
        } else if let Some(item) = line.strip_prefix("- ") {
            match item.split_once(": ") {
                Some((term, text)) => page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escape(term), inline(text))),
                None => page.push_str(&format!(".IP \\(bu 2\n{}\n", inline(item))),
            }
        } else if let Some(code) = code {
            if !in_code {
                page.push_str(".RS 4\n.nf\n");
                in_code = true;
            }
            page.push_str(&format!("{}\n", escape(code)));
        } else if line.is_empty() {
            page.push_str(".PP\n");
        } else {
            page.push_str(&format!("{}\n", inline(line)));
        }
    }
    if in_code {
        page.push_str(".fi\n.RE\n");
    }
    // A paragraph break before a heading or at the end is an empty line too many.
    page.replace(".PP\n.SH", ".SH").replace(".PP\n.TP", ".TP").trim_end_matches(".PP\n").to_owned()
}

/// Escapes what the formatter would take for its own.
pub(crate) fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

/// Escapes a text and makes what stands in backquotes bold.
fn inline(text: &str) -> String {
    let mut line = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            line.push_str(&format!("\\fB{}\\fR", escape(part)));
        } else {
            line.push_str(&escape(part));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_into_roff() {
        let text = "One `word`.\n\n# FILES\n\n- a-b: text\n\n    code -x\n";
        assert_eq!(
            to_roff(text),
            "One \\fBword\\fR\\&.\n.SH FILES\n.TP\n\\fBa\\-b\\fR\ntext\n.PP\n.RS 4\n.nf\ncode \\-x\n.fi\n.RE\n"
        );
        assert_eq!(split("a\n# B\n"), ("a\n", "# B\n"));
    }
}
