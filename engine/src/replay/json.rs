//! `transaction.json`, the file form of a transaction (reference of dnf5, section 6.4).

use std::path::PathBuf;

use oxidnf_core::nevra::{Nevra, NevraForm, NevraSpec};
use oxidnf_core::{Action, Reason};
use serde_json::{Map, Value};

use super::{Replay, ReplayGroup, ReplayPackage};
use crate::comps::PackageKind;

/// Major and minor version of the files that are written.
const VERSION: &str = "1.0";
const KINDS: [PackageKind; 4] =
    [PackageKind::Mandatory, PackageKind::Default, PackageKind::Conditional, PackageKind::Optional];
const ACTIONS: [Action; 7] = [
    Action::Install,
    Action::Upgrade,
    Action::Downgrade,
    Action::Reinstall,
    Action::Remove,
    Action::Replaced,
    Action::ReasonChange,
];

/// A text that is no transaction; the words are dnf5's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// There is no text at all.
    #[error("Transaction replay JSON serialized transaction input is empty")]
    Empty,
    /// The text is no JSON.
    #[error("Error during transaction replay JSON parsing : {reason}")]
    Syntax {
        /// What the parser says.
        reason: String,
    },
    /// The version is missing.
    #[error("Missing key \"version\"")]
    NoVersion,
    /// The version is no version.
    #[error("Unexpected version format: \"{version}\", supported version is \"1.0\"")]
    VersionFormat {
        /// The version.
        version: String,
    },
    /// The part behind the first dot is no number.
    #[error("Invalid minor version: \"{minor}\", number expected")]
    MinorVersion {
        /// That part.
        minor: String,
    },
    /// The part before the first dot is no number.
    #[error("Invalid major version: \"{major}\", number expected")]
    MajorVersion {
        /// That part.
        major: String,
    },
    /// The file has a form that this program does not know.
    #[error("Incompatible major version: \"{major}\", supported major version is \"1\"")]
    Incompatible {
        /// The major version.
        major: u64,
    },
    /// Something that must be a list is none.
    #[error("Unexpected type of \"{key}\", array expected")]
    NoArray {
        /// Its key.
        key: &'static str,
    },
    /// An entry lacks something.
    #[error("Missing object key \"{key}\" in {owner}")]
    Missing {
        /// What is missing.
        key: &'static str,
        /// In what: `an rpm`, `a group`, `an environment`.
        owner: &'static str,
    },
    /// A package has no name.
    #[error("Either \"nevra\" or \"package_path\" object key is required in an rpm")]
    NoPackage,
    /// The name of a package is not complete.
    #[error("Cannot parse NEVRA for rpm \"{nevra}\"")]
    Nevra {
        /// The name.
        nevra: String,
    },
    /// A package is to belong to a group that is not named.
    #[error("Missing mandatory object key \"group_id\" in an rpm with reason \"Group\" and action \"Reason Change\"")]
    NoGroup,
    /// An action that there is not.
    #[error("Invalid transaction item action: {action}")]
    Action {
        /// Its name.
        action: String,
    },
    /// A reason that there is not.
    #[error("Invalid transaction item reason: {reason}")]
    Reason {
        /// Its name.
        reason: String,
    },
    /// A kind of packages that there is not.
    #[error("Invalid comps package type \"{word}\"")]
    PackageType {
        /// Its name.
        word: String,
    },
    /// What this program cannot carry out yet.
    #[error("{what} cannot be replayed yet; remove them from the file, or use dnf5")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
}

impl Replay {
    /// Reads a transaction.
    pub fn parse(text: &str) -> Result<Replay, JsonError> {
        if text.is_empty() {
            return Err(JsonError::Empty);
        }
        // What follows the first value does not matter to dnf5.
        let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
        let root = match first {
            Some(Ok(root)) => root,
            Some(Err(error)) if !error.is_eof() => return Err(JsonError::Syntax { reason: error.to_string() }),
            _ => return Err(JsonError::Syntax { reason: "unexpected end of data".to_owned() }),
        };
        let none = Map::new();
        let root = root.as_object().unwrap_or(&none);
        check_version(&text_of(root, "version").ok_or(JsonError::NoVersion)?)?;
        let environments = array(root, "environments")?;
        let groups = array(root, "groups")?;
        let environments = environments.iter().map(|entry| group(entry, true)).collect::<Result<Vec<_>, _>>()?;
        let mut groups = groups.iter().map(|entry| group(entry, false)).collect::<Result<Vec<_>, _>>()?;
        groups.extend(environments);
        let packages = array(root, "rpms")?.iter().map(package).collect::<Result<Vec<_>, _>>()?;
        Ok(Replay { packages, groups, ..Replay::default() })
    }

    /// Writes the transaction as dnf5 does, without a line end behind the last brace.
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\n");
        push_objects(&mut out, "rpms", self.packages.iter().map(package_fields).collect());
        let (environments, groups): (Vec<_>, Vec<_>) = self.groups.iter().partition(|group| group.environment);
        push_objects(&mut out, "groups", groups.into_iter().map(group_fields).collect());
        push_objects(&mut out, "environments", environments.into_iter().map(environment_fields).collect());
        out.push_str(&format!("  \"version\":\"{VERSION}\"\n}}"));
        out
    }
}

type Fields = Vec<(&'static str, String)>;

fn package_fields(package: &ReplayPackage) -> Fields {
    let mut fields = vec![
        ("nevra", package.nevra.to_string()),
        ("action", package.action.as_str().to_owned()),
        ("reason", package.reason.as_str().to_owned()),
        ("repo_id", package.repo_id.clone()),
    ];
    let path = package.path.as_ref().map(|path| path.to_string_lossy().into_owned());
    fields.extend(path.map(|path| ("package_path", path)));
    fields.extend(package.group_id.clone().map(|group| ("group_id", group)));
    fields
}

fn group_fields(group: &ReplayGroup) -> Fields {
    let mut fields = vec![
        ("id", group.id.clone()),
        ("action", group.action.as_str().to_owned()),
        ("reason", group.reason.as_str().to_owned()),
    ];
    fields.extend(group.path.clone().map(|path| ("group_path", path)));
    fields.push(("repo_id", group.repo_id.clone()));
    let kinds = KINDS.iter().filter(|kind| group.kinds.contains(kind)).map(|kind| kind.as_str());
    fields.push(("package_types", kinds.collect::<Vec<_>>().join(", ")));
    fields
}

fn environment_fields(environment: &ReplayGroup) -> Fields {
    let mut fields = vec![("id", environment.id.clone()), ("action", environment.action.as_str().to_owned())];
    fields.extend(environment.path.clone().map(|path| ("environment_path", path)));
    fields.push(("repo_id", environment.repo_id.clone()));
    fields
}

/// Adds a list of objects and a comma, nothing if there are none.
fn push_objects(out: &mut String, key: &str, objects: Vec<Fields>) {
    if objects.is_empty() {
        return;
    }
    out.push_str(&format!("  \"{key}\":[\n"));
    let count = objects.len();
    for (index, fields) in objects.into_iter().enumerate() {
        let fields: Vec<String> =
            fields.iter().map(|(key, value)| format!("      \"{key}\":{}", quoted(value))).collect();
        let comma = if index + 1 < count { "," } else { "" };
        out.push_str(&format!("    {{\n{}\n    }}{comma}\n", fields.join(",\n")));
    }
    out.push_str("  ],\n");
}

/// Returns a JSON string in which slashes are escaped, as json-c does it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('/', "\\/")
}

/// Returns a member as text; what is no string is taken as it is written.
fn text_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn array<'a>(root: &'a Map<String, Value>, key: &'static str) -> Result<&'a [Value], JsonError> {
    match root.get(key) {
        None => Ok(&[]),
        Some(value) => value.as_array().map(Vec::as_slice).ok_or(JsonError::NoArray { key }),
    }
}

fn require(entry: &Value, keys: &[&'static str], owner: &'static str) -> Result<(), JsonError> {
    match keys.iter().find(|key| entry.get(**key).is_none()) {
        Some(key) => Err(JsonError::Missing { key, owner }),
        None => Ok(()),
    }
}

fn check_version(version: &str) -> Result<(), JsonError> {
    let Some((major, minor)) = version.split_once('.') else {
        return Err(JsonError::VersionFormat { version: version.to_owned() });
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let major = number(major).ok_or_else(|| JsonError::MajorVersion { major: major.to_owned() })?;
    number(minor).ok_or_else(|| JsonError::MinorVersion { minor: minor.to_owned() })?;
    if major == 1 { Ok(()) } else { Err(JsonError::Incompatible { major }) }
}

fn package(entry: &Value) -> Result<ReplayPackage, JsonError> {
    let none = Map::new();
    let object = entry.as_object().unwrap_or(&none);
    let nevra = text_of(object, "nevra");
    let path = text_of(object, "package_path").map(PathBuf::from);
    if nevra.is_none() && path.is_none() {
        return Err(JsonError::NoPackage);
    }
    require(entry, &["action", "reason"], "an rpm")?;
    let nevra = match nevra {
        Some(text) => complete(&text).ok_or(JsonError::Nevra { nevra: text })?,
        None => return Err(JsonError::Unsupported { what: "package files without names" }),
    };
    let action = read_action(text_of(object, "action").unwrap_or_default())?;
    let reason = read_reason(text_of(object, "reason").unwrap_or_default())?;
    let group_id = text_of(object, "group_id");
    if action == Action::ReasonChange && reason == Reason::Group && group_id.is_none() {
        return Err(JsonError::NoGroup);
    }
    Ok(ReplayPackage { nevra, action, reason, repo_id: text_of(object, "repo_id").unwrap_or_default(), group_id, path })
}

/// Reads a group or an environment.
fn group(entry: &Value, environment: bool) -> Result<ReplayGroup, JsonError> {
    let keys: &[&'static str] = if environment { &["id", "action"] } else { &["id", "action", "reason"] };
    require(entry, keys, if environment { "an environment" } else { "a group" })?;
    let none = Map::new();
    let object = entry.as_object().unwrap_or(&none);
    let text = |key: &str| text_of(object, key).unwrap_or_default();
    let action = read_action(text("action"))?;
    let reason = if environment { Reason::User } else { read_reason(text("reason"))? };
    let words = text("package_types");
    let kind = |word: &str| {
        let kind = KINDS.into_iter().find(|kind| kind.as_str() == word);
        kind.ok_or_else(|| JsonError::PackageType { word: word.to_owned() })
    };
    let kinds = words.split([',', ' ']).filter(|word| !word.is_empty()).map(kind).collect::<Result<_, _>>()?;
    let path = text_of(object, if environment { "environment_path" } else { "group_path" });
    Ok(ReplayGroup { id: text("id"), environment, action, reason, repo_id: text("repo_id"), kinds, path })
}

fn read_action(action: String) -> Result<Action, JsonError> {
    ACTIONS.into_iter().find(|known| known.as_str() == action).ok_or(JsonError::Action { action })
}

fn read_reason(reason: String) -> Result<Reason, JsonError> {
    Reason::from_name(&reason).ok_or(JsonError::Reason { reason })
}

fn complete(text: &str) -> Option<Nevra> {
    NevraSpec::parse(text, NevraForm::Nevra)?;
    Nevra::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const PACKAGE: &str = r#"{"nevra":"e-1-1.noarch","action":"Install","reason":"User","repo_id":"r\/1"}"#;

    // witness: `dnf5 history store`
    #[test]
    fn written_as_dnf5_does_and_read_again() {
        let text = format!(r#"{{"version":"1.7","rpms":[{PACKAGE}]}} rest"#);
        let replay = Replay::parse(&text).expect("complete");
        let want = "{\n  \"rpms\":[\n    {\n      \"nevra\":\"e-1-1.noarch\",\n      \"action\":\"Install\",\n      \
                    \"reason\":\"User\",\n      \"repo_id\":\"r\\/1\"\n    }\n  ],\n  \"version\":\"1.0\"\n}";
        assert_eq!(replay.to_json(), want);
        assert_eq!(Replay::parse(want), Ok(replay));
        assert_eq!(Replay::default().to_json(), "{\n  \"version\":\"1.0\"\n}");
    }

    // witness: `dnf5 history store` of `group install` and `group remove`.
    #[test]
    fn groups_and_environments() {
        let text = "{\n  \"groups\":[\n    {\n      \"id\":\"core\",\n      \"action\":\"Install\",\n      \
                    \"reason\":\"Dependency\",\n      \"repo_id\":\"r1\",\n      \
                    \"package_types\":\"mandatory, default, conditional\"\n    },\n    {\n      \"id\":\"tools\",\n      \
                    \"action\":\"Remove\",\n      \"reason\":\"User\",\n      \"repo_id\":\"@System\",\n      \
                    \"package_types\":\"\"\n    }\n  ],\n  \"environments\":[\n    {\n      \"id\":\"mini\",\n      \
                    \"action\":\"Install\",\n      \"repo_id\":\"r1\"\n    }\n  ],\n  \"version\":\"1.0\"\n}";
        let replay = Replay::parse(text).expect("complete");
        assert_eq!(replay.groups.len(), 3);
        assert_eq!(replay.to_json(), text);
    }

    // witness: `dnf5 replay` of each of these.
    #[rstest]
    #[case("", "Transaction replay JSON serialized transaction input is empty")]
    #[case("{", "Error during transaction replay JSON parsing : unexpected end of data")]
    #[case("[]", "Missing key \"version\"")]
    #[case(r#"{"version":1}"#, "Unexpected version format: \"1\", supported version is \"1.0\"")]
    #[case(r#"{"version":"2.0"}"#, "Incompatible major version: \"2\", supported major version is \"1\"")]
    #[case(r#"{"version":"1.0.0"}"#, "Invalid minor version: \"0.0\", number expected")]
    #[case(r#"{"version":"1.0","rpms":1,"groups":1}"#, "Unexpected type of \"groups\", array expected")]
    #[case(r#"{"version":"1.0","rpms":[1]}"#, "Either \"nevra\" or \"package_path\" object key is required in an rpm")]
    #[case(r#"{"version":"1.0","groups":[{}]}"#, "Missing object key \"id\" in a group")]
    #[case(r#"{"version":"1.0","rpms":[{"nevra":"e","action":"x","reason":"y"}]}"#, "Cannot parse NEVRA for rpm \"e\"")]
    fn faults(#[case] text: &str, #[case] want: &str) {
        assert_eq!(Replay::parse(text).expect_err("has a fault").to_string(), want);
    }
}
