//! What the engine puts into the transaction journal, so that a later run can finish its books: the plan, the state files
//! as they will be, the number in the history.

use std::collections::HashMap;
use std::path::PathBuf;

use oxidnf_core::plan::PlanPackage;
use oxidnf_core::{Action, Checksum, ChecksumKind, Nevra, Plan, PlanItem, Reason};
use toml::{Table, Value};

use crate::download::Downloaded;

/// The engine's part of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Number in the history.
    pub(crate) history: i64,
    /// Words of `tsflags`.
    pub(crate) tsflags: Vec<String>,
    /// State files by name, as they are once the transaction has succeeded.
    pub(crate) state: Vec<(String, String)>,
    /// Copies of groups and environments: path below the state directory, and text; without one they are removed.
    pub(crate) copies: Vec<(String, Option<String>)>,
    /// The plan.
    pub(crate) plan: Plan,
    /// The package files.
    pub(crate) downloaded: Downloaded,
}

impl Notes {
    /// Writes everything as TOML.
    pub(crate) fn render(&self) -> String {
        let Notes { history, tsflags, state, copies, plan, downloaded } = self;
        let mut table = Table::new();
        let texts = |texts: &[String]| Value::Array(texts.iter().cloned().map(Value::String).collect());
        table.insert("history".to_owned(), Value::Integer(*history));
        table.insert("tsflags".to_owned(), texts(tsflags));
        table.insert("keep".to_owned(), Value::Boolean(downloaded.keep));
        // Paths that are no UTF-8 come from a cache directory that nobody could configure.
        let files: Vec<String> = downloaded.files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        table.insert("files".to_owned(), texts(&files));
        let files = state.iter().map(|(name, text)| (name.clone(), Value::String(text.clone())));
        table.insert("state".to_owned(), Value::Table(files.collect()));
        let pair = |(path, text): &(String, Option<String>)| {
            texts(&std::iter::once(path).chain(text).cloned().collect::<Vec<_>>())
        };
        table.insert("copies".to_owned(), Value::Array(copies.iter().map(pair).collect()));
        table.insert("plan".to_owned(), Value::Array(plan.items.iter().map(render_item).collect()));
        table.to_string()
    }

    /// Reads them back; none when something is missing or not understood.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let state = table.get("state")?.as_table()?.iter();
        let state = state.map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))).collect::<Option<_>>()?;
        let items = table.get("plan")?.as_array()?.iter();
        Some(Notes {
            history: table.get("history")?.as_integer()?,
            tsflags: read_texts(table.get("tsflags")?)?,
            state,
            copies: read_copies(&table)?,
            plan: Plan { items: items.map(|item| read_item(item.as_table()?)).collect::<Option<_>>()? },
            downloaded: Downloaded {
                files: read_texts(table.get("files")?)?.into_iter().map(PathBuf::from).collect(),
                keep: table.get("keep")?.as_bool()?,
                digests: HashMap::new(),
            },
        })
    }
}

/// Journals of older versions have none.
fn read_copies(table: &Table) -> Option<Vec<(String, Option<String>)>> {
    let Some(copies) = table.get("copies") else { return Some(Vec::new()) };
    let pair = |copy: &Value| {
        let mut texts = read_texts(copy)?.into_iter();
        Some((texts.next()?, texts.next()))
    };
    copies.as_array()?.iter().map(pair).collect()
}

fn read_texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn render_item(item: &PlanItem) -> Value {
    let PlanItem { action, reason, old_reason, group_id, package, replaces, sequence } = item;
    let PlanPackage {
        nevra,
        repo_id,
        from_repo,
        install_size,
        download_size,
        location,
        location_base,
        checksum,
        hnum,
        vendor,
    } = package;
    let mut table = Table::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            table.insert(key.to_owned(), value);
        }
    };
    let text = |text: &str| Some(Value::String(text.to_owned()));
    let size = |size: u64| i64::try_from(size).ok().map(Value::Integer);
    put("action", text(action.as_str()));
    put("reason", text(reason.as_str()));
    put("old_reason", old_reason.and_then(|reason| text(reason.as_str())));
    put("group", group_id.as_deref().and_then(text));
    put("nevra", text(&nevra.with_epoch().to_string()));
    put("repo", text(repo_id));
    put("from_repo", from_repo.as_deref().and_then(text));
    put("install_size", size(*install_size));
    put("download_size", size(*download_size));
    put("location", location.as_deref().and_then(text));
    put("location_base", location_base.as_deref().and_then(text));
    put("checksum", checksum.as_ref().and_then(|sum| text(&format!("{}:{}", sum.kind.name(), sum.hex()))));
    put("hnum", hnum.map(|hnum| Value::Integer(hnum.into())));
    put("vendor", text(vendor));
    put(
        "replaces",
        Some(Value::Array(replaces.iter().map(|other| Value::String(other.with_epoch().to_string())).collect())),
    );
    put("sequence", Some(Value::Integer((*sequence).into())));
    Value::Table(table)
}

fn read_item(table: &Table) -> Option<PlanItem> {
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let owned = |key: &str| text(key).map(str::to_owned);
    let size = |key: &str| table.get(key).and_then(Value::as_integer).and_then(|size| u64::try_from(size).ok());
    let number = |key: &str| size(key).and_then(|number| u32::try_from(number).ok());
    let checksum = |text: &str| {
        let (kind, hex) = text.split_once(':')?;
        Checksum::from_hex(ChecksumKind::from_name(kind)?, hex)
    };
    Some(PlanItem {
        action: action(text("action")?)?,
        reason: Reason::from_name(text("reason")?)?,
        old_reason: text("old_reason").and_then(Reason::from_name),
        group_id: owned("group"),
        package: PlanPackage {
            nevra: Nevra::parse(text("nevra")?)?,
            repo_id: owned("repo")?,
            from_repo: owned("from_repo"),
            install_size: size("install_size").unwrap_or_default(),
            download_size: size("download_size").unwrap_or_default(),
            location: owned("location"),
            location_base: owned("location_base"),
            checksum: text("checksum").and_then(checksum),
            hnum: number("hnum"),
            vendor: owned("vendor").unwrap_or_default(),
        },
        replaces: read_texts(table.get("replaces")?)?.iter().map(|text| Nevra::parse(text)).collect::<Option<_>>()?,
        sequence: number("sequence")?,
    })
}

fn action(word: &str) -> Option<Action> {
    use Action::{Downgrade, Install, ReasonChange, Reinstall, Remove, Replaced, Upgrade};
    let all = [Install, Upgrade, Downgrade, Reinstall, Remove, Replaced, ReasonChange];
    all.into_iter().find(|action| action.as_str() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back() {
        let nevra = |text: &str| Nevra::parse(text).expect("complete");
        let package = PlanPackage {
            nevra: nevra("foo-3:1.0~rc1-2.x86_64"),
            repo_id: "base".to_owned(),
            from_repo: None,
            install_size: 7,
            download_size: 8,
            location: Some("f/foo \"x\".rpm".to_owned()),
            location_base: Some("https://example.org/".to_owned()),
            checksum: Checksum::of(ChecksumKind::Sha256, b"x").ok(),
            hnum: None,
            vendor: "é".to_owned(),
        };
        let item = PlanItem {
            action: Action::Upgrade,
            reason: Reason::WeakDependency,
            old_reason: None,
            group_id: None,
            package: package.clone(),
            replaces: vec![nevra("foo-0.9-1.x86_64"), nevra("bar-1-1.noarch")],
            sequence: 4,
        };
        let gone = PlanItem {
            action: Action::ReasonChange,
            old_reason: Some(Reason::User),
            group_id: Some("core".to_owned()),
            package: PlanPackage { hnum: Some(9), from_repo: Some("old".to_owned()), ..package },
            replaces: Vec::new(),
            ..item.clone()
        };
        let notes = Notes {
            history: 3,
            tsflags: vec!["nodocs".to_owned()],
            state: vec![("packages.toml".to_owned(), "version = \"1.0\"\n\n[packages]\n".to_owned())],
            copies: vec![("g/a.xml".to_owned(), Some("<a/>\n".to_owned())), ("g/b.xml".to_owned(), None)],
            plan: Plan { items: vec![item, gone] },
            downloaded: Downloaded { files: vec!["/var/cache/foo.rpm".into()], keep: true, ..Downloaded::default() },
        };
        assert_eq!(Notes::parse(&notes.render()), Some(notes));
        assert_eq!(Notes::parse("history = 1"), None);
    }
}
