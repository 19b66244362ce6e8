//! Colours of dnf5's output.

use oxidnf_core::plan::Action;

use crate::output::Output;

/// The looks that dnf5 uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Heading,
    Green,
    Magenta,
    Red,
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
            Style::Heading => "1;34",
            Style::Green => "32",
            Style::Magenta => "35",
            Style::Red => "31",
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
