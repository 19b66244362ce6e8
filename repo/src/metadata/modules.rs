//! `modules`: module builds, defaults, obsoletes and translations (modulemd documents).
//!
//! Read are the fields that decide what is visible, enabled and installed, and those that people get to see; how a
//! module is built (components, build options, `xmd`) is not kept. A document that cannot be used is told in
//! [`Modules::failures`] and does not hide the others, as libmodulemd has it.

use oxidnf_core::Nevra;

use super::updateinfo::parse_date;
use super::yaml::{Documents, Node, YamlError};

/// Everything in a file of modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modules {
    /// Builds, in the order of the file.
    pub streams: Vec<ModuleStream>,
    /// Which streams and profiles are taken when nothing is said.
    pub defaults: Vec<ModuleDefaults>,
    /// Ends of life.
    pub obsoletes: Vec<ModuleObsoletes>,
    /// Texts in other languages.
    pub translations: Vec<ModuleTranslation>,
    /// Documents that could not be used.
    pub failures: Vec<ModuleFailure>,
    /// Where the file ceases to be YAML, if it does; what follows is unknown.
    pub unreadable: Option<ModuleFailure>,
}

/// A document that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("document {document} at line {line}: {reason}")]
pub struct ModuleFailure {
    /// Its number in the file, from 1.
    pub document: usize,
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// One build of a stream of a module (`modulemd`, versions 1 and 2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleStream {
    /// Version of the document's format.
    pub document_version: u64,
    /// Name of the module.
    pub name: String,
    /// Its stream, as written (`1.10` is not `1.1`).
    pub stream: String,
    /// Version of the build.
    pub version: u64,
    /// Hash or name of what it was built for; empty when missing.
    pub context: String,
    /// Architecture; empty when missing.
    pub arch: String,
    /// Whether the context is a name that stays the same for all builds.
    pub static_context: bool,
    /// Summary.
    pub summary: String,
    /// Description.
    pub description: String,
    /// Licenses of the module itself.
    pub module_licenses: Vec<String>,
    /// Licenses of what is in it.
    pub content_licenses: Vec<String>,
    /// Sets of dependencies of which one must hold; a document of version 1 has one set.
    pub dependencies: Vec<ModuleDependencies>,
    /// Web page for users.
    pub community: String,
    /// Web page with documentation.
    pub documentation: String,
    /// Bug tracker.
    pub tracker: String,
    /// Lists of packages to install together.
    pub profiles: Vec<ModuleProfile>,
    /// Names of the packages that others may rely on.
    pub api: Vec<String>,
    /// Names of packages that were built but are not part of it.
    pub filter: Vec<String>,
    /// Names of packages that are not in the module any more, and may come from elsewhere.
    pub demodularized: Vec<String>,
    /// The packages, as name-epoch:version-release.arch.
    pub artifacts: Vec<String>,
}

/// A set of dependencies on other modules: name, and the streams of which one will do.
///
/// No streams means any; `-stream` means any but this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleDependencies {
    /// For building.
    pub build_requires: Vec<(String, Vec<String>)>,
    /// For using.
    pub requires: Vec<(String, Vec<String>)>,
}

/// A list of packages to install together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleProfile {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether the build itself says that it is a default.
    pub default: bool,
    /// Names of packages.
    pub packages: Vec<String>,
}

/// What is taken of a module when nothing is said (`modulemd-defaults`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleDefaults {
    /// Name of the module.
    pub module: String,
    /// Default stream, if there is one.
    pub stream: Option<String>,
    /// Default profiles by stream.
    pub profiles: Vec<(String, Vec<String>)>,
    /// When it was changed: larger is newer, and wins.
    pub modified: u64,
}

/// The end of a stream's life (`modulemd-obsoletes`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleObsoletes {
    /// Name of the module.
    pub module: String,
    /// Its stream.
    pub stream: String,
    /// The context, if not all are meant.
    pub context: Option<String>,
    /// When this was said, in seconds since 1970.
    pub modified: i64,
    /// Whether this takes back what was said before.
    pub reset: bool,
    /// When the stream ends, in seconds since 1970; at once if not given.
    pub eol_date: Option<i64>,
    /// The reason.
    pub message: String,
    /// Module and stream to use instead.
    pub obsoleted_by: Option<(String, String)>,
}

/// Texts of a stream in other languages (`modulemd-translations`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleTranslation {
    /// Name of the module.
    pub module: String,
    /// Its stream.
    pub stream: String,
    /// When it was changed: larger is newer.
    pub modified: u64,
    /// Texts by language.
    pub languages: Vec<ModuleTexts>,
}

/// Texts of a stream in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleTexts {
    /// The language (`de`, `pt_BR`).
    pub language: String,
    /// Summary; empty when not translated.
    pub summary: String,
    /// Description; empty when not translated.
    pub description: String,
    /// Descriptions of profiles by their names.
    pub profiles: Vec<(String, String)>,
}

/// Parses the documents of a `modules` file, or of one in `modules.d`.
pub fn parse(bytes: &[u8]) -> Modules {
    let mut modules = Modules::default();
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            modules.unreadable = Some(ModuleFailure { document: 1, line, reason: "not UTF-8".to_owned() });
            return modules;
        }
    };
    let mut documents = Documents::new(text);
    for number in 1.. {
        let (line, result) = match documents.next() {
            Ok(None) => break,
            Ok(Some(document)) => match document.root {
                Ok(root) => (document.line, modules.take(&root)),
                Err(YamlError { line, reason }) => (line, Err(reason)),
            },
            Err(YamlError { line, reason }) => {
                modules.unreadable = Some(ModuleFailure { document: number, line, reason });
                break;
            }
        };
        if let Err(reason) = result {
            modules.failures.push(ModuleFailure { document: number, line, reason });
        }
    }
    modules
}

impl Modules {
    fn take(&mut self, root: &Node<'_>) -> Result<(), String> {
        if *root == Node::Null {
            return Ok(());
        }
        let kind = root.get("document").and_then(Node::text).ok_or("no type of document")?;
        let version = number(root, "version").ok_or("no version of the document")?;
        let data = root.get("data").ok_or("no data")?;
        match (kind, version) {
            ("modulemd" | "modulemd-stream", 1 | 2) => self.streams.push(stream(data, version)?),
            ("modulemd-defaults", 1) => self.defaults.push(defaults(data)?),
            ("modulemd-obsoletes", 1) => self.obsoletes.push(obsoletes(data)?),
            ("modulemd-translations", 1) => self.translations.push(translation(data)?),
            // For build systems only.
            ("modulemd-packager", 2 | 3) => {}
            _ => return Err(format!("unknown document {kind} of version {version}")),
        }
        Ok(())
    }
}

fn text(node: &Node<'_>, key: &str) -> String {
    node.get(key).and_then(Node::text).unwrap_or_default().to_owned()
}

fn required(node: &Node<'_>, key: &str) -> Result<String, String> {
    let value = text(node, key);
    if value.is_empty() { Err(format!("no {key}")) } else { Ok(value) }
}

fn number(node: &Node<'_>, key: &str) -> Option<u64> {
    node.get(key)?.text()?.parse().ok()
}

fn flag(node: &Node<'_>, key: &str) -> bool {
    node.get(key).and_then(Node::text).is_some_and(|text| matches!(text, "true" | "True" | "TRUE" | "yes" | "1"))
}

/// Returns the scalars of a list; a single scalar is a list of one.
fn texts(node: Option<&Node<'_>>) -> Vec<String> {
    match node {
        Some(Node::Text(text)) => vec![text.to_string()],
        Some(node) => node.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
        None => Vec::new(),
    }
}

/// Returns the lists of a map by their keys.
fn lists(node: Option<&Node<'_>>) -> Vec<(String, Vec<String>)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().map(|(key, value)| (key.to_string(), texts(Some(value)))).collect()
}

/// Returns `rpms` of a map such as `api`.
fn rpms(node: &Node<'_>, key: &str) -> Vec<String> {
    texts(node.get(key).and_then(|node| node.get("rpms")))
}

fn stream(data: &Node<'_>, document_version: u64) -> Result<ModuleStream, String> {
    let version = match data.get("version").and_then(Node::text) {
        Some(text) => text.parse().map_err(|_| format!("version \"{text}\" is not a number"))?,
        None => 0,
    };
    let license = |key| texts(data.get("license").and_then(|license| license.get(key)));
    let reference = |key| data.get("references").map(|node| text(node, key)).unwrap_or_default();
    let profile = |(name, node): &(std::borrow::Cow<'_, str>, Node<'_>)| ModuleProfile {
        name: name.to_string(),
        description: text(node, "description"),
        default: flag(node, "default"),
        packages: texts(node.get("rpms")),
    };
    let (name, stream) = (required(data, "name")?, required(data, "stream")?);
    // libmodulemd does not take a build without these.
    let module_licenses = license("module");
    if module_licenses.is_empty() {
        return Err("no license of the module".to_owned());
    }
    let artifacts = rpms(data, "artifacts");
    if let Some(bad) = artifacts.iter().find(|artifact| Nevra::parse(artifact).is_none()) {
        return Err(format!("artifact '{bad}' is not a name, epoch, version, release and architecture"));
    }
    Ok(ModuleStream {
        document_version,
        name,
        stream,
        version,
        context: text(data, "context"),
        arch: text(data, "arch"),
        static_context: flag(data, "static_context"),
        summary: required(data, "summary")?,
        description: required(data, "description")?,
        module_licenses,
        content_licenses: license("content"),
        dependencies: dependencies(data.get("dependencies")),
        community: reference("community"),
        documentation: reference("documentation"),
        tracker: reference("tracker"),
        profiles: data.get("profiles").map(Node::entries).unwrap_or_default().iter().map(profile).collect(),
        api: rpms(data, "api"),
        filter: rpms(data, "filter"),
        demodularized: rpms(data, "demodularized"),
        artifacts,
    })
}

/// Version 1 has one map, version 2 a list of them.
fn dependencies(node: Option<&Node<'_>>) -> Vec<ModuleDependencies> {
    let set = |node: &Node<'_>| ModuleDependencies {
        build_requires: lists(node.get("buildrequires")),
        requires: lists(node.get("requires")),
    };
    match node {
        Some(map @ Node::Map(_)) => vec![set(map)],
        Some(node) => node.items().iter().map(set).collect(),
        None => Vec::new(),
    }
}

fn defaults(data: &Node<'_>) -> Result<ModuleDefaults, String> {
    Ok(ModuleDefaults {
        module: required(data, "module")?,
        stream: data.get("stream").and_then(Node::text).map(str::to_owned),
        profiles: lists(data.get("profiles")),
        modified: number(data, "modified").unwrap_or(0),
    })
}

fn obsoletes(data: &Node<'_>) -> Result<ModuleObsoletes, String> {
    let date = |key: &str| match data.get(key).and_then(Node::text) {
        Some(text) => parse_date(text).map(Some).ok_or_else(|| format!("{key} \"{text}\" is not a date")),
        None => Ok(None),
    };
    let obsoleted_by = match data.get("obsoleted_by") {
        Some(node @ Node::Map(_)) => Some((required(node, "module")?, required(node, "stream")?)),
        _ => None,
    };
    Ok(ModuleObsoletes {
        module: required(data, "module")?,
        stream: required(data, "stream")?,
        context: data.get("context").and_then(Node::text).map(str::to_owned),
        modified: date("modified")?.ok_or("no modified")?,
        reset: flag(data, "reset"),
        eol_date: date("eol_date")?,
        message: text(data, "message"),
        obsoleted_by,
    })
}

fn translation(data: &Node<'_>) -> Result<ModuleTranslation, String> {
    let languages = data.get("translations").map(Node::entries).unwrap_or_default();
    let texts = |(language, node): &(std::borrow::Cow<'_, str>, Node<'_>)| {
        let profiles = node.get("profiles").map(Node::entries).unwrap_or_default().iter();
        ModuleTexts {
            language: language.to_string(),
            summary: text(node, "summary"),
            description: text(node, "description"),
            profiles: profiles.filter_map(|(name, text)| Some((name.to_string(), text.text()?.to_owned()))).collect(),
        }
    };
    Ok(ModuleTranslation {
        module: required(data, "module")?,
        stream: required(data, "stream")?,
        modified: number(data, "modified").unwrap_or(0),
        languages: languages.iter().map(texts).collect(),
    })
}

#[cfg(test)]
#[path = "modules_tests.rs"]
mod tests;
