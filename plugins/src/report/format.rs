//! Format strings of configuration files in the syntax of the C++ library fmt, which dnf5 hands them to: `{name}`,
//! `{name:*^20.5}`, `{{`.
//!
//! All arguments are texts, so of the many specifiers only those of texts are accepted; the complaints are fmt's.

/// A format string that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// `}` alone.
    #[error("unmatched '}}' in format string")]
    UnmatchedBrace,
    /// `{` without its end.
    #[error("missing '}}' in format string")]
    MissingBrace,
    /// There is no argument of that name or number.
    #[error("argument not found")]
    UnknownArgument,
    /// Something that stands for no argument.
    #[error("invalid format string")]
    Invalid,
    /// A specifier that texts do not have.
    #[error("invalid format specifier")]
    InvalidSpecifier,
    /// The string ends within a specifier.
    #[error("unknown format specifier")]
    UnknownSpecifier,
    /// A specifier of numbers.
    #[error("format specifier requires numeric argument")]
    NotNumeric,
    /// A width or precision beyond what is allowed.
    #[error("number is too big")]
    TooBig,
    /// `{}` after `{0}` or `{name}`.
    #[error("cannot switch from manual to automatic argument indexing")]
    ManualToAutomatic,
    /// `{0}` or `{name}` after `{}`.
    #[error("cannot switch from automatic to manual argument indexing")]
    AutomaticToManual,
}

/// Most columns that a value is filled up to; fmt takes two thousand million, which is memory for nothing.
const MOST_COLUMNS: u32 = 1 << 20;

/// Replaces what stands in braces by arguments, which are pairs of name and value.
pub fn format(text: &str, arguments: &[(&str, &str)]) -> Result<String, FormatError> {
    let mut parser = Parser { rest: text, arguments, next: Next::Unknown };
    let mut out = String::with_capacity(text.len());
    while let Some(place) = parser.rest.find(['{', '}']) {
        let (before, rest) = parser.rest.split_at(place);
        out.push_str(before);
        let (brace, rest) = rest.split_at(1);
        parser.rest = rest;
        if parser.eat(brace) {
            out.push_str(brace);
        } else if brace == "}" {
            return Err(FormatError::UnmatchedBrace);
        } else {
            out.push_str(&parser.replacement()?);
        }
    }
    out.push_str(parser.rest);
    Ok(out)
}

/// Returns a text as C++'s `std::quoted` writes it: in double quotes, with a backslash before these and backslashes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// How arguments are chosen.
#[derive(Clone, Copy)]
enum Next {
    Unknown,
    Numbered(usize),
    Named,
}

struct Parser<'a> {
    rest: &'a str,
    arguments: &'a [(&'a str, &'a str)],
    next: Next,
}

impl Parser<'_> {
    fn eat(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(text) else { return false };
        self.rest = rest;
        true
    }

    /// Reads what follows an opening brace, with its end, and returns what comes in its place.
    fn replacement(&mut self) -> Result<String, FormatError> {
        if self.rest.is_empty() {
            return Err(FormatError::Invalid);
        }
        let place = self.argument()?;
        let value = |parser: &Self| parser.arguments.get(place).map(|(_, value)| *value);
        if self.eat("}") {
            return value(self).map(str::to_owned).ok_or(FormatError::UnknownArgument);
        }
        if !self.eat(":") {
            return Err(FormatError::MissingBrace);
        }
        let value = value(self).ok_or(FormatError::UnknownArgument)?.to_owned();
        let layout = self.layout()?;
        Ok(layout.apply(&value))
    }

    /// Reads the name or number of an argument and returns its place.
    fn argument(&mut self) -> Result<usize, FormatError> {
        let rest = self.rest;
        if rest.starts_with(['}', ':']) {
            let place = match self.next {
                Next::Unknown => 0,
                Next::Numbered(place) => place,
                Next::Named => return Err(FormatError::ManualToAutomatic),
            };
            self.next = Next::Numbered(place + 1);
            return Ok(place);
        }
        let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        let end = if is_number {
            rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
        } else {
            rest.find(|c: char| !in_name(c)).unwrap_or(rest.len())
        };
        let (name, behind) = rest.split_at(end);
        let ends_badly = is_number && !behind.is_empty() && !behind.starts_with(['}', ':']);
        if name.is_empty() || ends_badly {
            return Err(FormatError::Invalid);
        }
        self.rest = behind;
        if matches!(self.next, Next::Numbered(_)) {
            return Err(FormatError::AutomaticToManual);
        }
        self.next = Next::Named;
        if is_number {
            return name.parse().map_err(|_| FormatError::TooBig);
        }
        self.arguments.iter().position(|(known, _)| *known == name).ok_or(FormatError::UnknownArgument)
    }

    /// Reads a specifier with its end.
    fn layout(&mut self) -> Result<Layout, FormatError> {
        let mut layout = Layout { fill: ' ', align: Align::Left, width: 0, precision: None, escaped: false };
        let mut chars = self.rest.chars();
        let Some(first) = chars.next() else { return Err(FormatError::UnknownSpecifier) };
        if let Some(align) = chars.next().and_then(Align::parse).filter(|_| !matches!(first, '{' | '}')) {
            (layout.fill, layout.align) = (first, align);
            self.rest = chars.as_str();
        } else if let Some(align) = Align::parse(first) {
            layout.align = align;
            self.rest = &self.rest[1..];
        }
        if self.eat("0") {
            return Err(FormatError::NotNumeric);
        }
        layout.width = self.number()?.unwrap_or(0);
        if self.eat(".") {
            layout.precision = Some(self.number()?.ok_or_else(|| self.no_number())?);
        }
        if self.eat("?") {
            layout.escaped = true;
        } else {
            self.eat("s");
        }
        match self.rest.chars().next() {
            Some('}') => {
                self.rest = &self.rest[1..];
                Ok(layout)
            }
            Some(_) => Err(FormatError::InvalidSpecifier),
            None => Err(FormatError::UnknownSpecifier),
        }
    }

    /// Returns what is wrong where a number must be; a number that is an argument itself cannot be a text.
    fn no_number(&self) -> FormatError {
        let asks_next = self.rest.starts_with("{}") && matches!(self.next, Next::Named);
        if asks_next { FormatError::ManualToAutomatic } else { FormatError::Invalid }
    }

    fn number(&mut self) -> Result<Option<usize>, FormatError> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, behind) = self.rest.split_at(end);
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.parse::<u32>().ok().filter(|number| *number <= MOST_COLUMNS).ok_or(FormatError::TooBig)?;
        self.rest = behind;
        Ok(Some(number as usize))
    }
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Center,
    Right,
}

impl Align {
    fn parse(c: char) -> Option<Self> {
        match c {
            '<' => Some(Align::Left),
            '^' => Some(Align::Center),
            '>' => Some(Align::Right),
            _ => None,
        }
    }
}

/// How a value is laid out.
struct Layout {
    fill: char,
    align: Align,
    width: usize,
    precision: Option<usize>,
    escaped: bool,
}

impl Layout {
    fn apply(&self, value: &str) -> String {
        let text: String = if self.escaped { escaped(value) } else { value.to_owned() };
        let text: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        let missing = self.width.saturating_sub(text.chars().count());
        let before = match self.align {
            Align::Left => 0,
            Align::Center => missing / 2,
            Align::Right => missing,
        };
        let fill = |count: usize| self.fill.to_string().repeat(count);
        format!("{}{text}{}", fill(before), fill(missing - before))
    }
}

/// Returns a text as a literal, with what cannot be seen written out.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    // witness: `dnf5 automatic` with each of them as `stdin_format` of the emitter `command`.
    #[rstest]
    #[case("{{ {body:.5}|{body:*^20.3}|}}", "{ Updat|********Upd*********|}")]
    #[case("{}", "Updating")]
    #[case("{0:.3}", "Upd")]
    #[case("{:.3}", "Upd")]
    #[case("{body:.3s}", "Upd")]
    #[case("{body:<<3.1}", "U<<")]
    #[case("{body:é>9.1}", "ééééééééU")]
    #[case("{body:a<}", "Updating")]
    #[case("{body:?}", "\"Updating\"")]
    fn texts(#[case] text: &str, #[case] want: &str) {
        assert_eq!(format(text, &[("body", "Updating")]).as_deref(), Ok(want));
    }

    #[rstest]
    #[case("{", FormatError::Invalid)]
    #[case("{body", FormatError::MissingBrace)]
    #[case("{body!r}", FormatError::MissingBrace)]
    #[case("{body:", FormatError::UnknownSpecifier)]
    #[case("{body:d}", FormatError::InvalidSpecifier)]
    #[case("{body:+.1}", FormatError::InvalidSpecifier)]
    #[case("{body:.3L}", FormatError::InvalidSpecifier)]
    #[case("{}{}{}", FormatError::UnknownArgument)]
    #[case("{0}{}", FormatError::ManualToAutomatic)]
    #[case("{}{0}", FormatError::AutomaticToManual)]
    #[case("{body:.{}}", FormatError::ManualToAutomatic)]
    #[case("{1}", FormatError::UnknownArgument)]
    #[case("{bödy}", FormatError::UnknownArgument)]
    #[case("{body:05.2}", FormatError::NotNumeric)]
    #[case("{ body}", FormatError::Invalid)]
    #[case("{0body}", FormatError::Invalid)]
    #[case("{-}", FormatError::Invalid)]
    #[case("{body:.}", FormatError::Invalid)]
    #[case("{body:99999999999}", FormatError::TooBig)]
    #[case("a}b", FormatError::UnmatchedBrace)]
    #[case("{body:.3}}", FormatError::UnmatchedBrace)]
    fn mistakes(#[case] text: &str, #[case] want: FormatError) {
        assert_eq!(format(text, &[("body", "Updating")]), Err(want));
    }

    #[test]
    fn quotes() {
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    }
}
