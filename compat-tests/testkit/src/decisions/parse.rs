//! Cases as texts: what [`Case`] displays can be read again, and written by hand.
//!
//! ```text
//! # a remark
//! [base] priority=10
//! app-1-1.noarch Requires: lib >= 2; Provides: thing;
//! comps:
//! |<comps>…</comps>
//! [@System]
//! lib-1-1.noarch reason=User from=base
//! [main] best=1
//! /etc/dnf/versionlock.toml:
//! |version = "1.0"
//! $ install app 'lib >= 1'
//! ```

use std::str::FromStr;

use oxidnf_core::Nevra;

use super::case::{Case, Installed, Pkg, Relation, Repository};

/// A line that is not understood.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the case is not understood: {text}")]
pub struct CaseError {
    line: usize,
    text: String,
}

/// Where the next package or text belongs.
enum Section {
    Repo,
    System,
    Main,
}

impl FromStr for Case {
    type Err = CaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut case = Case::default();
        let mut section = Section::Main;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            take(&mut case, &mut section, line).ok_or_else(|| CaseError { line: number + 1, text: line.to_owned() })?;
        }
        Ok(case)
    }
}

fn take(case: &mut Case, section: &mut Section, line: &str) -> Option<()> {
    if let Some(command) = line.strip_prefix("$ ") {
        case.commands.push(split(command));
    } else if let Some((id, conf)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let conf: Vec<String> = conf.split_whitespace().map(str::to_owned).collect();
        match id {
            "main" => {
                case.conf = conf;
                *section = Section::Main;
            }
            "@System" => *section = Section::System,
            _ => {
                case.repos.push(Repository { id: id.to_owned(), conf, ..Repository::default() });
                *section = Section::Repo;
            }
        }
    } else if let Some(text) = line.strip_prefix('|') {
        let content = match section {
            Section::Repo => &mut case.repos.last_mut()?.extras.last_mut()?.1,
            _ => &mut case.files.last_mut()?.1,
        };
        content.push_str(text);
        content.push('\n');
    } else if let Some(name) = line.strip_suffix(':') {
        match section {
            Section::Repo => case.repos.last_mut()?.extras.push((name.to_owned(), String::new())),
            _ => case.files.push((name.to_owned(), String::new())),
        }
    } else {
        let installed = package(line)?;
        match section {
            Section::Repo => case.repos.last_mut()?.packages.push(installed.package),
            Section::System => case.installed.push(installed),
            Section::Main => return None,
        }
    }
    Some(())
}

fn package(line: &str) -> Option<Installed> {
    let (nevra, rest) = line.split_once(' ').unwrap_or((line, ""));
    let nevra = Nevra::parse(nevra)?;
    let mut package = Pkg {
        name: nevra.name,
        epoch: nevra.epoch,
        version: nevra.version,
        release: nevra.release,
        arch: nevra.arch,
        vendor: String::new(),
        built: 0,
        deps: Vec::new(),
        files: Vec::new(),
    };
    let (mut reason, mut from_repo) = (None, None);
    for item in rest.split(';') {
        // What has an equals sign and no blanks around it stands before the first or behind the last semicolon.
        let mut item = item.trim();
        while let Some((key, after)) = item.split_once('=').filter(|(key, _)| !key.contains([' ', ':'])) {
            let (value, after) = after.split_once(' ').unwrap_or((after, ""));
            item = after.trim();
            match key {
                "vendor" => package.vendor = value.to_owned(),
                "built" => package.built = value.parse().ok()?,
                "reason" if value == "-" => reason = None,
                "reason" => reason = Some(known_reason(value)?),
                "from" => from_repo = (value != "-").then(|| value.to_owned()),
                _ => return None,
            }
        }
        if let Some(file) = item.strip_prefix("file ") {
            package.files.push(file.to_owned());
        } else if !item.is_empty() {
            let (relation, dep) = item.split_once(": ")?;
            package.deps.push((known_relation(relation)?, dep.to_owned()));
        }
    }
    Some(Installed { package, reason, from_repo })
}

fn known_relation(name: &str) -> Option<Relation> {
    use Relation::{Conflicts, Enhances, Obsoletes, Provides, Recommends, Requires, Suggests, Supplements};
    let all = [Provides, Requires, Conflicts, Obsoletes, Recommends, Suggests, Supplements, Enhances];
    all.into_iter().find(|relation| format!("{relation:?}") == name)
}

/// Returns a reason; `-` is none, which the caller sees to.
fn known_reason(name: &str) -> Option<&'static str> {
    let known = ["User", "Dependency", "Weak Dependency", "External User"];
    known.into_iter().find(|known| known.replace(' ', "_") == name)
}

/// Splits at blanks; single quotes keep blanks together.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, words.last_mut()) {
            ('\'', _) => quoted = !quoted,
            (' ', _) if !quoted => words.push(String::new()),
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_cases_are_read_again() {
        for seed in 1..200 {
            let text = Case::from_seed(seed).to_string();
            let again: Case = text.parse().expect("what was displayed can be read");
            assert_eq!(again.to_string(), text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>());
        }
    }
}
