//! The tables that say which test shows what: every test and file that they name exists.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the names of the tests in a table, as (file, function); without a function the file itself is meant.
fn named(table: &str, prefix: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut last = String::new();
    for line in table.lines().filter(|line| line.starts_with('|')) {
        // Only what is shown by something, not what it is.
        let Some((_, shown)) = line.trim_matches('|').split_once(" | ") else { continue };
        for text in shown.split('`').skip(1).step_by(2) {
            if let Some((file, functions)) = text.split_once("::") {
                // `{a,b}` are several, `*` any.
                let functions = functions.trim_start_matches('{').trim_end_matches('}');
                let file = match file {
                    "" => last.clone(),
                    file if is_source(file) => file.to_owned(),
                    // Where files are always told whole, this is a module with unit tests.
                    file if prefix.is_empty() || file.starts_with(char::is_uppercase) => continue,
                    file => format!("{prefix}{file}.rs"),
                };
                last.clone_from(&file);
                found.extend(functions.split(',').map(|name| (file.clone(), Some(name.trim().to_owned()))));
            } else if is_source(text) && !text.contains(' ') {
                found.push((text.to_owned(), None));
            }
        }
    }
    found
}

fn is_source(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "rs")
}

/// Returns where a file of the tables is: beside this one, or anywhere in the workspace.
fn place(file: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.parent().expect("this package lies in the workspace");
    let places = [here.join("tests").join(file), workspace.join(file)];
    places.into_iter().find(|place| place.is_file()).or_else(|| below(workspace, file))
}

fn below(dir: &Path, file: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).expect("sources can be read").flatten();
    let mut dirs = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_file() && path.ends_with(file) {
            return Some(path);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            dirs.push(path);
        }
    }
    dirs.iter().find_map(|dir| below(dir, file))
}

fn missing(table: &str, prefix: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(table)).expect("the table is there");
    let named = named(&text, prefix);
    assert!(named.len() > 40, "{table} cannot be read: {named:?}");
    let is_missing = |(file, function): &(String, Option<String>)| {
        let Some(place) = place(file) else { return true };
        let code = fs::read_to_string(place).expect("sources can be read");
        // An end with `*` names all that begin so.
        function.as_ref().is_some_and(|name| match name.strip_suffix('*') {
            Some(head) => !code.contains(&format!("fn {head}")),
            None => !code.contains(&format!("fn {name}(")),
        })
    };
    named.iter().filter(|entry| is_missing(entry)).map(|entry| format!("{table}: {entry:?}")).collect()
}

#[test]
fn repositories() {
    assert_eq!(missing("REPOSITORIES.md", ""), Vec::<String>::new());
}

#[test]
fn rows_of_rpm() {
    assert_eq!(missing("ROWS.md", ""), Vec::<String>::new());
}

#[test]
fn rows_of_tdnf() {
    assert_eq!(missing("TDNF.md", "tdnf_"), Vec::<String>::new());
}
