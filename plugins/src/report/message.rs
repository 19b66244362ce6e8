//! A report as mail.

/// A message of plain text.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// When it was written, as mail writes times.
    pub date: &'a str,
    /// Its sender.
    pub from: &'a str,
    /// Its recipients.
    pub to: &'a [String],
    /// What it is about.
    pub subject: &'a str,
    /// The text.
    pub body: &'a str,
}

impl Message<'_> {
    /// Returns header and text; every line ends with CR and LF.
    pub fn render(&self) -> String {
        let Message { date, from, to, subject, body } = *self;
        let to: Vec<String> = to.iter().map(|address| one_line(address)).collect();
        let mut text = String::new();
        for (name, value) in [
            ("Date", one_line(date)),
            ("To", to.join(", ")),
            ("From", one_line(from)),
            ("Subject", one_line(subject)),
            ("X-Mailer", "dnf5-automatic".to_owned()),
        ] {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        for line in body.lines() {
            text.push_str(line);
            text.push_str("\r\n");
        }
        text
    }
}

/// A line break in a value would begin another field.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_cannot_be_broken() {
        let to = ["a".to_owned(), "b\r\nBcc: c".to_owned()];
        let message =
            Message { date: "Mon", from: "root", to: &to, subject: "[host] dnf5-automatic: x", body: "one\n\ntwo" };
        let want = "Date: Mon\r\nTo: a, b  Bcc: c\r\nFrom: root\r\nSubject: [host] dnf5-automatic: x\r\n\
                    X-Mailer: dnf5-automatic\r\n\r\none\r\n\r\ntwo\r\n";
        assert_eq!(message.render(), want);
    }
}
