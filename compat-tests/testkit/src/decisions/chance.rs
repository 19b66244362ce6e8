//! What dnf5 leaves to chance and no comparison counts:
//!
//! * the order in which the history has the members of a group;
//! * the kinds of packages of a group whose removal is undone while no transaction before says which they were: dnf5
//!   then writes a number that it never set. Where that cannot be a set of kinds, the kinds of that group are left out
//!   from there on, in the history and in `groups.toml`.

/// All kinds of packages of a group together.
const ALL_KINDS: i64 = 31;

/// A group whose kinds dnf5 left to chance.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WildKinds {
    /// The row of the history from which on they are.
    row: i64,
    group: String,
}

impl WildKinds {
    /// Finds them in a dump of dnf5's history.
    pub(super) fn find(history: &str) -> Vec<Self> {
        let wild = |line: &str| {
            let row = GroupRow::parse(line)?;
            let set = (0..=ALL_KINDS).contains(&row.kinds);
            (!set).then(|| Self { row: row.id, group: row.group.to_owned() })
        };
        history.lines().filter_map(wild).collect()
    }
}

/// A group in a dump of the history.
struct GroupRow<'l> {
    id: i64,
    group: &'l str,
    kinds: i64,
    cells: Vec<&'l str>,
}

impl<'l> GroupRow<'l> {
    const KINDS: usize = 5;

    fn parse(line: &'l str) -> Option<Self> {
        let cells: Vec<&str> = line.strip_prefix("groups: ")?.split(" | ").collect();
        let number = |cell: usize| cells.get(cell)?.parse().ok();
        Some(Self { id: number(0)?, group: cells.get(2)?, kinds: number(Self::KINDS)?, cells })
    }

    fn without_kinds(mut self) -> String {
        self.cells[Self::KINDS] = "?";
        format!("groups: {}", self.cells.join(" | "))
    }
}

/// Takes what is of chance out of a dump of the history. A history without transactions is none: dnf5 makes one when it
/// looks for one.
pub(super) fn settled_history(history: &str, wild: &[WildKinds]) -> String {
    if !history.lines().any(|line| line.starts_with("trans:")) {
        return String::new();
    }
    let (mut members, others): (Vec<&str>, Vec<&str>) =
        history.lines().partition(|line| line.starts_with("group packages:"));
    members.sort_unstable();
    let settled = |line: &str| match GroupRow::parse(line) {
        Some(row) if wild.iter().any(|wild| wild.group == row.group && wild.row <= row.id) => row.without_kinds(),
        _ => line.to_owned(),
    };
    others.into_iter().chain(members).map(|line| settled(line) + "\n").collect()
}

/// Takes what is of chance out of a dump of the state.
pub(super) fn settled_state(state: &str, wild: &[WildKinds]) -> String {
    let mut of_chance = false;
    let mut settled = String::new();
    for line in state.lines() {
        if line.starts_with('[') {
            of_chance = wild.iter().any(|wild| line == format!("[groups.{}]", wild.group));
        }
        let left_out = of_chance && line.starts_with("package_types = ");
        settled += if left_out { "package_types = ?" } else { line };
        settled.push('\n');
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: &str = "trans: 1 | 1\n\
        groups: 4 | 3 | tools | The tools | The tools | 7 | alpha | 1 | 2 | 1\n\
        groups: 9 | 6 | tools | The tools | The tools | -1885088464 | alpha | 1 | 2 | 1\n\
        groups: 10 | 6 | web | The web | The web | 7 | alpha | 1 | 2 | 1\n\
        group packages: tools | b | 0 | 4\n\
        group packages: tools | a | 0 | 4\n";

    // witness: HISTORY=1, seeds 710061, 711090: `dnf5 history undo` of the removal of a group
    #[test]
    fn kinds_that_nobody_set() {
        let wild = WildKinds::find(HISTORY);
        assert_eq!(wild, [WildKinds { row: 9, group: "tools".to_owned() }]);
        let settled = settled_history(HISTORY, &wild);
        let kinds: Vec<&str> = settled.lines().filter_map(|line| line.split(" | ").nth(5)).collect();
        // What was before, and what is of other groups, counts.
        assert_eq!(kinds, ["7", "?", "7"]);
        assert!(settled.ends_with("tools | a | 0 | 4\ngroup packages: tools | b | 0 | 4\n"));
        let state = "[groups]\n[groups.tools]\npackage_types = []\npackages = []\n[groups.web]\npackage_types = []\n";
        let expected = "[groups]\n[groups.tools]\npackage_types = ?\npackages = []\n[groups.web]\npackage_types = []\n";
        assert_eq!(settled_state(state, &wild), expected);
    }

    #[test]
    fn kinds_that_can_be_count() {
        let history = HISTORY.replace("-1885088464", "31");
        assert_eq!(WildKinds::find(&history), []);
        assert!(settled_history(&history, &[]).contains("| 31 |"));
    }
}
