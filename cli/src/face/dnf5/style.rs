//! Colours of dnf5's output.

use oxidnf_core::plan::Action;

use crate::output::Output;

/// The looks that dnf5 uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Green,
    Magenta,
    Red,
    /// What is replaced by a package of another name.
    Brown,
    Dim,
    Bold,
    Plain,
}

impl Style {
    /// Returns the look of a row with this action.
    pub(crate) const fn of_action(action: Action) -> Style {
        match action {
            Action::Install | Action::Upgrade | Action::Reinstall | Action::ReasonChange => Style::Green,
            Action::Downgrade => Style::Magenta,
            Action::Remove => Style::Red,
            Action::Replaced => Style::Dim,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Style::Green => "32",
            Style::Magenta => "35",
            Style::Red => "31",
            Style::Brown => "33",
            Style::Dim => "2",
            Style::Bold => "1",
            Style::Plain => "",
        }
    }

    /// Colours a text when the output may have colours.
    pub(crate) fn paint(self, output: &Output, text: &str) -> String {
        if output.color() && !text.is_empty() && self != Style::Plain {
            format!("\x1b[{}m{text}\x1b[0m", self.code())
        } else {
            text.to_owned()
        }
    }
}

/// A look from the configuration, in the words that dnf5 knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Look(String);

impl Look {
    /// Parses words such as `bold,green`; unknown ones say nothing.
    pub(crate) fn parse(text: &str) -> Look {
        let code = |word: &str| match word {
            "reset" => "0",
            "bold" => "1",
            "dim" => "2",
            "underline" => "4",
            "blink" => "5",
            "reverse" => "7",
            "black" => "30",
            "red" => "31",
            "green" => "32",
            "brown" => "33",
            "blue" => "34",
            "magenta" => "35",
            "cyan" => "36",
            "gray" => "37",
            "white" => "1;37",
            _ => "",
        };
        let codes = text.split(',').map(code).filter(|code| !code.is_empty());
        Look(codes.map(|code| format!("\x1b[{code}m")).collect())
    }

    /// Tells whether it changes nothing.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives a text this look when the output may have colours; dnf5 marks plain texts as well.
    pub(crate) fn paint(&self, output: &Output, text: &str) -> String {
        match self.0.as_str() {
            _ if !output.color() => text.to_owned(),
            "" => format!("\x1b[m{text}\x1b[0m"),
            codes => format!("{codes}{text}\x1b[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: `dnf5 --color=always list lib --setopt=color_list_available_reinstall=…`
    #[test]
    fn looks() {
        assert_eq!(Look::parse("bold,,green,dim").0, "\x1b[1m\x1b[32m\x1b[2m");
        assert_eq!(Look::parse("white").0, "\x1b[1;37m");
        assert!(Look::parse("bold red").is_plain());
    }
}
