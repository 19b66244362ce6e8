//! The state files one by one: text in, maps out, and back.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::Reason;
use oxidnf_core::root::Root;
use toml::{Table, Value};

use super::text::{push_array, push_key, push_text};
use super::{GroupState, ModuleState, StateError};

const HEAD: &str = "version = \"1.0\"\n";

/// A state file's content, or nothing when there is no file.
pub(super) struct Document {
    path: PathBuf,
    table: Table,
}

/// Reads a file and checks its version.
pub(super) fn read(root: &Root, path: &Path) -> Result<Document, StateError> {
    match root.read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(source) if source.kind() == io::ErrorKind::NotFound => {
            Ok(Document { path: path.to_owned(), table: Table::new() })
        }
        Err(source) => Err(StateError::Read { path: path.to_owned(), source }),
    }
}

/// As [`read`], from a text that is at hand; none counts as a missing file.
pub(super) fn of_text(path: &Path, text: Option<&str>) -> Result<Document, StateError> {
    match text {
        Some(text) => parse(path, text),
        None => Ok(Document { path: path.to_owned(), table: Table::new() }),
    }
}

fn parse(path: &Path, text: &str) -> Result<Document, StateError> {
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| StateError::Syntax { path: path.to_owned(), reason: error.to_string() })?;
    let document = Document { path: path.to_owned(), table };
    let version = document.table.get("version").and_then(Value::as_str).ok_or_else(|| document.shape("version"))?;
    let known = version
        .split_once('.')
        .is_some_and(|(major, minor)| major.parse() == Ok(1_u32) && minor.parse::<u32>().is_ok_and(|minor| minor == 0));
    if known { Ok(document) } else { Err(StateError::Version { path: path.to_owned(), version: version.to_owned() }) }
}

impl Document {
    fn shape(&self, key: &str) -> StateError {
        StateError::Shape { path: self.path.clone(), key: key.to_owned() }
    }

    /// Iterates over the sub-tables of the table `key`; no entries when there is no file.
    fn entries(&self, key: &str) -> Result<Vec<(&String, &Table)>, StateError> {
        if self.table.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.table.get(key).and_then(Value::as_table).ok_or_else(|| self.shape(key))?;
        table.iter().map(|(name, value)| Ok((name, value.as_table().ok_or_else(|| self.shape(name))?))).collect()
    }

    fn text<'a>(&self, table: &'a Table, key: &str) -> Result<&'a str, StateError> {
        table.get(key).and_then(Value::as_str).ok_or_else(|| self.shape(key))
    }

    fn texts(&self, table: &Table, key: &str) -> Result<Vec<String>, StateError> {
        let items = table.get(key).and_then(Value::as_array).ok_or_else(|| self.shape(key))?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| self.shape(key))).collect()
    }
}

pub(super) fn packages(document: Document) -> Result<BTreeMap<String, Reason>, StateError> {
    let entries = document.entries("packages")?;
    entries
        .into_iter()
        .map(|(name, entry)| {
            let reason = Reason::from_name(document.text(entry, "reason")?);
            Ok((name.clone(), reason.ok_or_else(|| document.shape("reason"))?))
        })
        .collect()
}

pub(super) fn nevras(document: Document) -> Result<BTreeMap<String, String>, StateError> {
    let entries = document.entries("nevras")?;
    let pair = |(name, entry): (&String, &Table)| Ok((name.clone(), document.text(entry, "from_repo")?.to_owned()));
    entries.into_iter().map(pair).collect()
}

pub(super) fn groups(document: Document) -> Result<BTreeMap<String, GroupState>, StateError> {
    let mut groups = BTreeMap::new();
    for (id, entry) in document.entries("groups")? {
        let userinstalled = entry.get("userinstalled").and_then(Value::as_bool);
        let group = GroupState {
            package_types: ordered_types(document.texts(entry, "package_types")?),
            packages: document.texts(entry, "packages")?,
            userinstalled: userinstalled.ok_or_else(|| document.shape("userinstalled"))?,
        };
        groups.insert(id.clone(), group);
    }
    Ok(groups)
}

/// Returns the types in dnf5's order; words it does not know are dropped.
fn ordered_types(given: Vec<String>) -> Vec<String> {
    let known = ["mandatory", "default", "conditional", "optional"];
    known.into_iter().filter(|kind| given.iter().any(|g| g == kind)).map(str::to_owned).collect()
}

pub(super) fn environments(document: Document) -> Result<BTreeMap<String, Vec<String>>, StateError> {
    let entries = document.entries("environments")?;
    entries.into_iter().map(|(id, entry)| Ok((id.clone(), document.texts(entry, "groups")?))).collect()
}

pub(super) fn modules(document: Document) -> Result<BTreeMap<String, ModuleState>, StateError> {
    let mut modules = BTreeMap::new();
    for (name, entry) in document.entries("modules")? {
        let module = ModuleState {
            enabled_stream: document.text(entry, "enabled_stream")?.to_owned(),
            installed_profiles: document.texts(entry, "installed_profiles")?,
            state: document.text(entry, "state")?.to_owned(),
        };
        modules.insert(name.clone(), module);
    }
    Ok(modules)
}

pub(super) fn system(document: Document) -> Result<Option<String>, StateError> {
    if document.table.is_empty() {
        return Ok(None);
    }
    let system = document.table.get("system").and_then(Value::as_table).ok_or_else(|| document.shape("system"))?;
    document.text(system, "rpmdb_cookie").map(|cookie| Some(cookie.to_owned()))
}

/// Renders `key = {inner = "text"}` lines below a table header.
fn render_inline<'a>(table: &str, inner: &str, entries: impl Iterator<Item = (&'a String, &'a str)>) -> String {
    let mut out = format!("{HEAD}\n[{table}]\n");
    let before = out.len();
    for (key, value) in entries {
        push_key(&mut out, key);
        out.push_str(" = {");
        out.push_str(inner);
        out.push_str(" = ");
        push_text(&mut out, value);
        out.push_str("}\n");
    }
    if out.len() > before {
        out.push('\n');
    }
    out
}

pub(super) fn render_packages(packages: &BTreeMap<String, Reason>) -> String {
    render_inline("packages", "reason", packages.iter().map(|(key, reason)| (key, reason.as_str())))
}

pub(super) fn render_nevras(nevras: &BTreeMap<String, String>) -> String {
    render_inline("nevras", "from_repo", nevras.iter().map(|(key, repo)| (key, repo.as_str())))
}

pub(super) fn render_groups(groups: &BTreeMap<String, GroupState>) -> String {
    let mut out = format!("{HEAD}\n[groups]\n");
    for (id, group) in groups {
        out.push_str("[groups.");
        push_key(&mut out, id);
        out.push_str("]\npackage_types = ");
        push_array(&mut out, group.package_types.iter().map(String::as_str));
        out.push_str("\npackages = ");
        push_array(&mut out, group.packages.iter().map(String::as_str));
        out.push_str(&format!("\nuserinstalled = {}\n\n", group.userinstalled));
    }
    out
}

pub(super) fn render_environments(environments: &BTreeMap<String, Vec<String>>) -> String {
    let mut out = format!("{HEAD}\n[environments]\n");
    for (id, groups) in environments {
        push_key(&mut out, id);
        out.push_str(" = {groups = ");
        push_array(&mut out, groups.iter().map(String::as_str));
        out.push_str("}\n");
    }
    if !environments.is_empty() {
        out.push('\n');
    }
    out
}

pub(super) fn render_modules(modules: &BTreeMap<String, ModuleState>) -> String {
    let mut out = format!("{HEAD}\n[modules]\n");
    for (name, module) in modules {
        out.push_str("[modules.");
        push_key(&mut out, name);
        out.push_str("]\nenabled_stream = ");
        push_text(&mut out, &module.enabled_stream);
        out.push_str("\ninstalled_profiles = ");
        push_array(&mut out, module.installed_profiles.iter().map(String::as_str));
        out.push_str("\nstate = ");
        push_text(&mut out, &module.state);
        out.push_str("\n\n");
    }
    out
}

pub(super) fn render_system(cookie: &str) -> String {
    let mut out = format!("{HEAD}system = {{rpmdb_cookie = ");
    push_text(&mut out, cookie);
    out.push_str("}\n\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        parse(Path::new("x.toml"), text).expect("valid text")
    }

    // The texts were written by dnf5 5.4.6.
    #[test]
    fn files_of_dnf5_round_trip() {
        let text = "version = \"1.0\"\n\n[packages]\n\"alpha.noarch\" = {reason = \"User\"}\n\
                    \"delta.noarch\" = {reason = \"Weak Dependency\"}\n\n";
        assert_eq!(render_packages(&packages(document(text)).expect("shape")), text);
        let text = "version = \"1.0\"\n\n[nevras]\n\"delta-2:1.0-1.noarch\" = {from_repo = \"eng\"}\n\n";
        assert_eq!(render_nevras(&nevras(document(text)).expect("shape")), text);
        let text = "version = \"1.0\"\n\n[groups]\n[groups.g1]\npackage_types = [\"mandatory\", \"default\", \
                    \"conditional\"]\npackages = [\"gamma\"]\nuserinstalled = true\n\n[groups.\"we ird\"]\n\
                    package_types = [\"optional\"]\npackages = [\"q\\\"x\", \"\\t\", \"é\"]\nuserinstalled = false\n\n";
        assert_eq!(render_groups(&groups(document(text)).expect("shape")), text);
        let text = "version = \"1.0\"\n\n[environments]\n";
        assert_eq!(render_environments(&environments(document(text)).expect("shape")), text);
        let text = "version = \"1.0\"\n\n[environments]\n\"e 2\" = {groups = []}\n\n";
        assert_eq!(render_environments(&environments(document(text)).expect("shape")), text);
        let text = "version = \"1.0\"\n\n[modules]\n[modules.nodejs]\nenabled_stream = \"20\"\n\
                    installed_profiles = [\"a\", \"b\"]\nstate = \"Enabled\"\n\n";
        assert_eq!(render_modules(&modules(document(text)).expect("shape")), text);
        let text = "version = \"1.0\"\nsystem = {rpmdb_cookie = \"2751f0\"}\n\n";
        assert_eq!(render_system(&system(document(text)).expect("shape").expect("present")), text);
    }

    #[test]
    fn other_versions_are_refused() {
        for version in ["1.1", "2.0", "1", "x"] {
            let result = parse(Path::new("x.toml"), &format!("version = \"{version}\"\n[packages]\n"));
            assert!(matches!(result, Err(StateError::Version { .. })), "{version}");
        }
        assert!(matches!(parse(Path::new("x.toml"), "[packages]\n"), Err(StateError::Shape { .. })));
        assert!(matches!(parse(Path::new("x.toml"), "= 1"), Err(StateError::Syntax { .. })));
        assert!(packages(document("version = \"1.0\"\n[packages]\na = {reason = \"Why\"}\n")).is_err());
    }
}
