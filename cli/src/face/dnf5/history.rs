//! Past transactions.

use oxidnf_engine::history::{PastGroup, PastPackage, PastTransaction};
use serde_json::{Value, json};

use super::columns::{Column, Wish, display_width, row, widths};
use super::info::print_pairs;
use super::style::Style;
use crate::output::Output;
use crate::sanitize::one_line;

/// Shows seconds since 1970 in local time; a time that is out of range as its number.
pub(crate) fn local_time(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// Everything about one past transaction.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    pub(crate) transaction: PastTransaction,
    pub(crate) user: String,
    pub(crate) packages: Vec<PastPackage>,
    pub(crate) groups: Vec<PastGroup>,
}

const LIST: [Column; 5] = [
    Column { wish: Wish::Content, cut: false, right: true },
    // Never narrower than its heading.
    Column { wish: Wish::AtLeast(12), cut: true, right: false },
    Column::CONTENT,
    Column::CONTENT,
    Column { wish: Wish::Content, cut: false, right: true },
];

/// Prints the table of `history list`.
pub(crate) fn print_list(output: &Output, transactions: &[PastTransaction]) {
    let heading = ["ID", "Command line", "Date and time", "Action(s)", "Altered"].map(str::to_owned);
    let cells = |transaction: &PastTransaction| {
        [
            transaction.id.to_string(),
            one_line(&transaction.description).into_owned(),
            local_time(transaction.begin),
            // dnf5 leaves this column empty.
            String::new(),
            transaction.altered.to_string(),
        ]
    };
    let rows: Vec<[String; 5]> = std::iter::once(heading).chain(transactions.iter().map(cells)).collect();
    let lengths: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().map(|cell| display_width(cell)).collect()).collect();
    let widths = widths(&LIST, &lengths, output.width(), false);
    for (index, cells) in rows.iter().enumerate() {
        // The headings of the right-hand columns stand at the left.
        let columns = if index == 0 { [LIST[1]; 5] } else { LIST };
        output.line(row(&columns, &widths, cells, true).trim_end());
    }
}

/// Returns the JSON of `history list`.
pub(crate) fn list_json(transactions: &[PastTransaction]) -> Value {
    let item = |transaction: &PastTransaction| {
        json!({
            "id": transaction.id,
            "command_line": transaction.description,
            "start_time": transaction.begin,
            "end_time": transaction.end.unwrap_or(0),
            "user_id": transaction.user_id,
            "status": transaction.state.as_str(),
            "releasever": transaction.releasever,
            "altered_count": transaction.altered,
        })
    };
    transactions.iter().map(item).collect()
}

/// Prints one transaction and a blank line.
pub(crate) fn print_details(output: &Output, details: &Details) {
    let Details { transaction, user, packages, groups } = details;
    let pairs = [
        ("Transaction ID", Style::Bold.paint(output, &transaction.id.to_string())),
        ("Begin time", local_time(transaction.begin)),
        ("Begin rpmdb", transaction.rpmdb_begin.clone()),
        ("End time", transaction.end.map(local_time).unwrap_or_default()),
        ("End rpmdb", transaction.rpmdb_end.clone()),
        ("User", user.clone()),
        ("Status", transaction.state.as_str().to_owned()),
        ("Releasever", transaction.releasever.clone()),
        ("Description", transaction.description.clone()),
        ("Comment", transaction.comment.clone()),
    ];
    print_pairs(output, &pairs);
    let rows = packages.iter().map(|package| {
        [
            package.action.as_str().to_owned(),
            package.nevra.with_epoch().to_string(),
            package.reason.as_str().to_owned(),
            package.repo_id.clone(),
        ]
    });
    print_altered(output, "Packages altered:", rows.collect());
    for environment in [false, true] {
        let rows = groups.iter().filter(|group| group.environment == environment).map(|group| {
            [
                group.action.as_str().to_owned(),
                group.id.clone(),
                group.reason.as_str().to_owned(),
                group.repo_id.clone(),
            ]
        });
        print_altered(output, if environment { "Environments altered:" } else { "Groups altered:" }, rows.collect());
    }
    output.line("");
}

fn print_altered(output: &Output, title: &str, rows: Vec<[String; 4]>) {
    if rows.is_empty() {
        return;
    }
    output.line(title);
    // dnf5 calls everything a package here.
    let heading = ["Action", "Package", "Reason", "Repository"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(heading).chain(rows).collect();
    let lengths: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().map(|cell| display_width(cell)).collect()).collect();
    let columns = [Column::CONTENT; 4];
    let widths = widths(&columns, &lengths, usize::MAX / 2, false);
    for cells in &rows {
        output.line(format!("  {}", row(&columns, &widths, cells, false)));
    }
}

/// Returns the JSON of `history info`.
pub(crate) fn details_json(all: &[Details]) -> Value {
    let group = |group: &PastGroup| {
        let key = if group.environment { "environment" } else { "group" };
        json!({
            key: group.id,
            "action": group.action.as_str(),
            "reason": group.reason.as_str(),
            "repository": group.repo_id,
        })
    };
    let item = |details: &Details| {
        let Details { transaction, user, packages, groups } = details;
        let packages: Value = packages
            .iter()
            .map(|package| {
                json!({
                    "nevra": package.nevra.with_epoch().to_string(),
                    "action": package.action.as_str(),
                    "reason": package.reason.as_str(),
                    "repository": package.repo_id,
                })
            })
            .collect();
        let of_kind = |environment: bool| -> Value {
            groups.iter().filter(|group| group.environment == environment).map(group).collect()
        };
        json!({
            "id": transaction.id,
            "start_time": transaction.begin,
            "end_time": transaction.end.unwrap_or(0),
            "rpmdb_version_begin": transaction.rpmdb_begin,
            "rpmdb_version_end": transaction.rpmdb_end,
            "user_id": transaction.user_id,
            "user_name": user,
            "status": transaction.state.as_str(),
            "releasever": transaction.releasever,
            "description": transaction.description,
            "comment": transaction.comment,
            "packages": packages,
            "groups": of_kind(false),
            "environments": of_kind(true),
        })
    };
    all.iter().map(item).collect()
}
