//! Column widths of dnf5's tables.
//!
//! dnf5 lays its tables out with a library whose rules show in the output: columns have wishes (a share of the terminal
//! or a number of columns), too wide tables lose width first where the lengths of the cells scatter most, and room that
//! is left is dealt out from the last column to the first. The rules here were found by comparing many widths and
//! contents with the real program.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The wish of a column for its width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wish {
    /// As wide as its widest cell.
    Content,
    /// At least this many columns.
    Columns(usize),
    /// As wide as its widest cell, and never cut below this many columns.
    AtLeast(usize),
    /// At least this share of the terminal.
    Share(f64),
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Wish for the width.
    pub(crate) wish: Wish,
    /// Cells may be cut.
    pub(crate) cut: bool,
    /// Cells stand at the right edge.
    pub(crate) right: bool,
}

impl Column {
    /// A column as wide as its content that is never cut.
    pub(crate) const CONTENT: Column = Column { wish: Wish::Content, cut: false, right: false };
}

struct State {
    width: usize,
    minimum: usize,
    average: f64,
    deviation: f64,
}

/// Returns the width of every column.
///
/// `rows` are the display widths of the cells, the heading included; `fill` spreads the room that is left.
pub(crate) fn widths(columns: &[Column], rows: &[Vec<usize>], terminal: usize, fill: bool) -> Vec<usize> {
    let last = columns.len().saturating_sub(1);
    let mut states: Vec<State> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().map(|row| row.get(index).copied().unwrap_or(0));
            start(column, &cells.collect::<Vec<_>>(), terminal, fill, index == last)
        })
        .collect();
    let separators = last;
    let total = |states: &[State]| states.iter().map(|state| state.width).sum::<usize>() + separators;

    // Widest scatter first: three deviations above the average cover nearly all cells of a column.
    let mut order: Vec<usize> = (0..columns.len()).collect();
    let scatter = |state: &State| state.average + 3.0 * state.deviation;
    order.sort_by(|a, b| scatter(&states[*a]).total_cmp(&scatter(&states[*b])));
    order.reverse();
    if total(&states) > terminal {
        shrink(columns, &mut states, &order, terminal, separators);
        if fill {
            grow(&mut states, &order, terminal, separators);
        }
    } else if fill {
        grow(&mut states, &(0..columns.len()).rev().collect::<Vec<_>>(), terminal, separators);
    }
    states.into_iter().map(|state| state.width).collect()
}

fn start(column: &Column, cells: &[usize], terminal: usize, fill: bool, is_last: bool) -> State {
    let mut minimum = match column.wish {
        Wish::AtLeast(columns) => columns,
        Wish::Share(share) if fill => ((share * terminal as f64) as usize).saturating_sub(usize::from(!is_last)),
        _ => 0,
    };
    minimum = minimum.max(1);
    let mut width = cells.iter().copied().max().unwrap_or(0).max(minimum);
    if let Wish::Columns(columns) = column.wish {
        width = width.max(columns);
    }
    let count = cells.len() as f64;
    let average = if cells.is_empty() { 0.0 } else { cells.iter().sum::<usize>() as f64 / count };
    let squares: f64 = cells.iter().map(|cell| (*cell as f64 - average).powi(2)).sum();
    let deviation = if cells.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
    State { width, minimum, average, deviation }
}

fn shrink(columns: &[Column], states: &mut [State], order: &[usize], terminal: usize, separators: usize) {
    let mut step = 0;
    while step <= 4 {
        let mut changed = false;
        for (nth, &index) in order.iter().enumerate() {
            let total = states.iter().map(|state| state.width).sum::<usize>() + separators;
            let Some(wanted) = total.checked_sub(terminal).filter(|wanted| *wanted > 0) else { return };
            let state = &mut states[index];
            if !columns[index].cut || state.width <= state.minimum {
                continue;
            }
            let before = state.width;
            let relative = match columns[index].wish {
                Wish::Share(share) => state.width >= (share * terminal as f64) as usize,
                _ => false,
            };
            match step {
                // The column that scatters most gives up its long cells first.
                0 if nth == 0 => to_usual_cells(state, wanted),
                1 if relative && state.deviation >= state.average / 2.0 => to_usual_cells(state, wanted),
                2 if relative => to_usual_cells(state, wanted),
                3 if state.deviation >= state.average / 2.2 => trim(state, nth, wanted),
                4 => trim(state, nth, wanted),
                _ => {}
            }
            changed |= states[index].width != before;
        }
        if !changed {
            step += 1;
        }
    }
}

/// Shrinks to one deviation above the average, which about two of three cells fit in.
fn to_usual_cells(state: &mut State, wanted: usize) {
    if state.deviation < 1.0 {
        return;
    }
    let usual = ((state.average + state.deviation) as usize).max(state.minimum);
    if usual < state.width {
        state.width = usual.max(state.width.saturating_sub(wanted));
    }
}

fn trim(state: &mut State, nth: usize, wanted: usize) {
    let step = if nth == 0 { 3 } else { 1 };
    state.width -= step.min(wanted).min(state.width - state.minimum);
}

fn grow(states: &mut [State], order: &[usize], terminal: usize, separators: usize) {
    let total = states.iter().map(|state| state.width).sum::<usize>() + separators;
    for turn in 0..terminal.saturating_sub(total) {
        states[order[turn % order.len()]].width += 1;
    }
}

/// Returns the number of terminal columns of a text.
pub(crate) fn display_width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Cuts a text to at most `width` columns.
pub(crate) fn cut(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += UnicodeWidthChar::width(character).unwrap_or(0);
        if used > width {
            return &text[..at];
        }
    }
    text
}

/// Pads a text with blanks to `width` columns, on the left when `right`; a longer text stays as it is.
pub(crate) fn pad(text: &str, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(display_width(text)));
    if right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

/// Renders one row; the last cell is not padded when it stands at the left and `trailing` is off.
pub(crate) fn row<S: AsRef<str>>(columns: &[Column], widths: &[usize], cells: &[S], trailing: bool) -> String {
    fitted(columns, widths, cells, trailing).join(" ")
}

/// Returns the cells of one row as wide as their columns; see [`row`].
pub(crate) fn fitted<S: AsRef<str>>(columns: &[Column], widths: &[usize], cells: &[S], trailing: bool) -> Vec<String> {
    let fit = |(index, (column, width)): (usize, (&Column, &usize))| {
        let is_last = index + 1 == columns.len();
        let text = cells.get(index).map_or("", AsRef::as_ref);
        let text = if column.cut { cut(text, *width) } else { text };
        if is_last && !column.right && !trailing { text.to_owned() } else { pad(text, *width, column.right) }
    };
    columns.iter().zip(widths).enumerate().map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const TRANSACTION: [Column; 5] = super::super::table::COLUMNS;

    fn cells(rows: &[[&str; 5]]) -> Vec<Vec<usize>> {
        let heading = ["Package", "Arch", "Version", "Repository", "Size"];
        let all = std::iter::once(&heading).chain(rows);
        all.map(|row| row.iter().map(|cell| display_width(cell)).collect()).collect()
    }

    // witness: `dnf5 install --assumeno alpha arched` with DNF5_FORCE_COLUMNS set to each width.
    #[rstest]
    #[case(20, [7, 6, 5, 1, 9])]
    #[case(40, [11, 6, 11, 3, 9])]
    #[case(60, [17, 6, 17, 7, 9])]
    #[case(72, [20, 6, 21, 11, 10])]
    #[case(80, [24, 7, 24, 11, 10])]
    #[case(90, [27, 8, 28, 12, 11])]
    #[case(120, [39, 10, 39, 15, 13])]
    #[case(250, [85, 18, 86, 36, 21])]
    fn short_rows(#[case] terminal: usize, #[case] want: [usize; 5]) {
        let rows = cells(&[
            [" alpha", "noarch", "0:2.0-1", "r2", " 48.8 KiB"],
            [" arched", "x86_64", "0:1.0-1", "r1", "  1.9 MiB"],
            [" beta", "noarch", "0:1.5-1", "r2", "  6.8 KiB"],
            [" wk", "noarch", "0:1.0-1", "r1", "100.0   B"],
        ]);
        assert_eq!(widths(&TRANSACTION, &rows, terminal, true), want);
    }

    // witness: `dnf5 install --assumeno alpha a-package*`.
    #[rstest]
    #[case(40, [39, 6, 11, 3, 9])]
    #[case(60, [39, 6, 17, 5, 9])]
    #[case(80, [39, 6, 23, 7, 9])]
    #[case(100, [39, 6, 33, 9, 9])]
    #[case(120, [39, 6, 49, 12, 10])]
    #[case(150, [49, 11, 53, 19, 14])]
    fn long_rows(#[case] terminal: usize, #[case] want: [usize; 5]) {
        let rows = cells(&[
            [
                " a-package-with-a-very-long-name-indeed",
                "noarch",
                "0:1.0.20250101.git1234567-1.example.long.release",
                "r1",
                "100.0   B",
            ],
            [" alpha", "noarch", "0:2.0-1", "r2", " 48.8 KiB"],
            [" beta", "noarch", "0:1.5-1", "r2", "  6.8 KiB"],
            [" wk", "noarch", "0:1.0-1", "r1", "100.0   B"],
        ]);
        assert_eq!(widths(&TRANSACTION, &rows, terminal, true), want);
    }

    #[rstest]
    #[case(60, [17, 6, 17, 7, 9])]
    #[case(80, [23, 6, 23, 15, 9])]
    #[case(100, [29, 6, 29, 23, 9])]
    fn long_repository(#[case] terminal: usize, #[case] want: [usize; 5]) {
        let repo = "a-long-repository-name-of-r1";
        let rows = cells(&[
            [" alpha", "noarch", "0:1.0-1", repo, "100.0   B"],
            [" beta", "noarch", "0:1.0-1", repo, "  4.9 KiB"],
            [" wk", "noarch", "0:1.0-1", repo, "100.0   B"],
        ]);
        assert_eq!(widths(&TRANSACTION, &rows, terminal, true), want);
    }

    #[test]
    fn cuts_by_columns() {
        assert_eq!(cut("日本語", 4), "日本");
        assert_eq!(pad("日本", 6, true), "  日本");
    }
}
