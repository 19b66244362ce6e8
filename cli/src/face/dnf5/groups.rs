//! Groups and environments.

use oxidnf_core::introsort::introsort;
use oxidnf_engine::comps::{Environment, Group, PackageKind};

use super::columns::{Column, Wish, display_width, fitted, widths};
use super::info::print_pairs;
use super::style::Style;
use crate::output::Output;
use crate::sanitize::one_line;

/// Width of the first column, unless all ids are as short as its heading.
const ID_WIDTH: usize = 20;
const LIST: [Column; 3] = [Column::CONTENT, Column::CONTENT, Column { wish: Wish::Content, cut: false, right: true }];

/// Sorts as dnf5 shows: by place, what has none behind.
pub(crate) fn sort_by_order<T>(all: &mut [T], order: impl Fn(&T) -> Option<&str>) {
    introsort(all, |one, two| place(order(one)).cmp(&place(order(two))));
}

/// Returns the number that a text begins with; a text without one, or with one too large, has the last place.
fn place(text: Option<&str>) -> i64 {
    let text = text.unwrap_or_default().trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count() + (text.len() - digits.len());
    text[..length].parse::<i32>().map_or(i64::MAX, i64::from)
}

/// Prints the table of `group list`, nothing when there is no group.
pub(crate) fn print_list(output: &Output, groups: &[&Group]) {
    let rows = groups.iter().map(|group| (group.id.as_str(), group.name(), group.installed));
    if !print_table(output, rows.collect()) {
        return;
    }
    let installed = groups.iter().filter(|group| group.installed).count();
    let available = groups.len() - installed;
    output.line(format!("Groups: {} ({installed} installed, {available} available)", groups.len()));
}

/// Prints the table of `environment list`, nothing when there is no environment.
pub(crate) fn print_environments(output: &Output, environments: &[&Environment]) {
    let rows = environments.iter().map(|known| (known.id.as_str(), known.name(), known.installed));
    print_table(output, rows.collect());
}

fn print_table(output: &Output, entries: Vec<(&str, &str, bool)>) -> bool {
    if entries.is_empty() {
        return false;
    }
    let mut rows = vec![["ID", "Name", "Installed"].map(str::to_owned)];
    for (id, name, installed) in &entries {
        let installed = if *installed { "yes" } else { "no" };
        rows.push([one_line(id).into_owned(), one_line(name).into_owned(), installed.to_owned()]);
    }
    let lengths: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().map(|cell| display_width(cell)).collect()).collect();
    let mut columns = LIST;
    if lengths.iter().any(|row| row[0] > lengths[0][0]) {
        columns[0].wish = Wish::Columns(ID_WIDTH);
    }
    let widths = widths(&columns, &lengths, usize::MAX / 2, false);
    for (index, cells) in rows.iter().enumerate() {
        let mut cells = fitted(&columns, &widths, cells, true);
        if let Some((_, _, true)) = entries.get(index.wrapping_sub(1)) {
            cells[2] = Style::Green.paint(output, &cells[2]);
        }
        output.line(cells.join(" "));
    }
    true
}

/// Prints a group and a blank line.
pub(crate) fn print_details(output: &Output, group: &Group) {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let mut pairs = vec![
        ("Id", Style::Bold.paint(output, &group.id)),
        ("Name", group.name().to_owned()),
        ("Description", group.texts.description.clone().unwrap_or_default()),
        ("Installed", yes(group.installed)),
        ("Order", group.display_order.clone().unwrap_or_default()),
        ("Langonly", group.langonly.clone().unwrap_or_default()),
        ("Uservisible", yes(!group.hidden)),
        ("Repositories", group.repos.join(", ")),
    ];
    for (key, kind) in [
        ("Mandatory packages", PackageKind::Mandatory),
        ("Default packages", PackageKind::Default),
        ("Optional packages", PackageKind::Optional),
        ("Conditional packages", PackageKind::Conditional),
    ] {
        push_list(&mut pairs, key, group.packages_of(kind));
    }
    print_block(output, &pairs);
}

/// Prints an environment and a blank line.
pub(crate) fn print_environment(output: &Output, environment: &Environment) {
    let mut pairs = vec![
        ("Id", Style::Bold.paint(output, &environment.id)),
        ("Name", environment.name().to_owned()),
        ("Description", environment.texts.description.clone().unwrap_or_default()),
        ("Order", environment.display_order.clone().unwrap_or_default()),
        ("Installed", if environment.installed { "True" } else { "False" }.to_owned()),
        ("Repositories", environment.repos.join(", ")),
    ];
    push_list(&mut pairs, "Required groups", environment.groups.iter().map(String::as_str));
    push_list(&mut pairs, "Default groups", environment.options(true));
    push_list(&mut pairs, "Optional groups", environment.options(false));
    print_block(output, &pairs);
}

/// Adds a list, one item a line, sorted and each once; an empty one is left out.
fn push_list<'a>(pairs: &mut Vec<(&'static str, String)>, key: &'static str, items: impl Iterator<Item = &'a str>) {
    let items: std::collections::BTreeSet<&str> = items.collect();
    if !items.is_empty() {
        pairs.push((key, items.into_iter().collect::<Vec<_>>().join("\n")));
    }
}

fn print_block(output: &Output, pairs: &[(&'static str, String)]) {
    let (fixed, lists): (Vec<_>, Vec<_>) = pairs.iter().cloned().partition(|(key, _)| !key.contains(' '));
    let width = "Conditional packages".len();
    let padded = |(key, value): (&str, String)| (format!("{key:<width$}"), value);
    print_pairs(output, &fixed.into_iter().chain(lists).map(padded).collect::<Vec<_>>());
    output.line("");
}

#[cfg(test)]
mod tests {
    use super::place;

    // witness: `dnf5 group list` of groups with these orders.
    #[test]
    fn places() {
        let texts = ["-3", "0", "4", " 12 ", "12x"];
        let places: Vec<i64> = texts.iter().map(|text| place(Some(text))).collect();
        assert_eq!(places, [-3, 0, 4, 12, 12]);
        assert_eq!([None, Some(""), Some("abc"), Some("99999999999")].map(place), [i64::MAX; 4]);
    }
}
