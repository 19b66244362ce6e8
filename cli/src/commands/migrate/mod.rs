//! `migrate`: calls of older package managers in scripts

mod files;
mod json;
mod sarif;
mod text;

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oxidnf_migrate::{Finding, Verdict, apply, find};

use crate::context::{CommandResult, Context, Failure};
use files::Source;

/// Find calls of tdnf, yum, dnf 4 and microdnf in scripts and put them into dnf5's words
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// Files and directories to look into
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Rewrite the files where the meaning stays
    #[arg(long)]
    write: bool,
    /// Show what would be rewritten as a diff
    #[arg(long)]
    diff: bool,
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// Exit status when something needs a person.
const NEEDS_A_PERSON: u8 = 1;

/// What was found in a file.
struct Found {
    path: PathBuf,
    text: String,
    findings: Vec<Finding>,
}

impl Found {
    fn rewritten(&self) -> String {
        let edits: Vec<_> = self.findings.iter().flat_map(|finding| finding.edits.iter().cloned()).collect();
        apply(&self.text, &edits)
    }
}

impl MigrateArgs {
    /// Looks into the files, reports, and rewrites them if asked to.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let MigrateArgs { paths, write, diff, format } = self;
        let mut found = Vec::new();
        let mut files = 0;
        for path in &paths {
            for source in files::below(path).map_err(Failure::Message)? {
                files += 1;
                let Source { path, text, kind } = source;
                let findings = find(kind, &text);
                if !findings.is_empty() {
                    found.push(Found { path, text, findings });
                }
            }
        }
        match format {
            Format::Json => cx.output.line(json::render(&found, files)),
            Format::Sarif => cx.output.line(sarif::render(&found)),
            Format::Text if diff => found.iter().for_each(|found| text::print_diff(&cx.output, found)),
            Format::Text => text::print(&cx.output, &found, files),
        }
        if write {
            for found in &found {
                let rewritten = found.rewritten();
                if rewritten != found.text {
                    write_file(found, &rewritten).map_err(Failure::Message)?;
                }
            }
        }
        let is_left = found.iter().flat_map(|found| &found.findings).any(|finding| finding.verdict == Verdict::Person);
        Ok(if is_left { NEEDS_A_PERSON } else { 0 })
    }
}

/// Puts the text in the place of the file's, as a whole, and keeps its mode.
fn write_file(found: &Found, text: &str) -> Result<(), String> {
    let path = &found.path;
    let fail = |error: std::io::Error| format!("Cannot write {}: {error}", path.display());
    // A link stays a link; what it points to is rewritten.
    let target = fs::canonicalize(path).map_err(fail)?;
    let mode = fs::metadata(&target).map_err(fail)?.permissions();
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".oxidnf-migrate");
    let new = target.with_file_name(name);
    let done =
        fs::write(&new, text).and_then(|()| fs::set_permissions(&new, mode)).and_then(|()| fs::rename(&new, &target));
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done.map_err(fail)
}

#[cfg(test)]
mod tests {
    /// Commands that none of the tools has which scripts call.
    const OWN: [&str; 7] = ["apply", "lock", "migrate", "rpm", "transaction", "why", "why-not"];

    #[test]
    fn knows_all_commands_of_dnf5() {
        let grammar = crate::grammar::command_with_aliases("dnf5");
        let names = grammar.get_subcommands().flat_map(|command| {
            std::iter::once(command.get_name()).chain(command.get_all_aliases()).map(str::to_owned).collect::<Vec<_>>()
        });
        let unknown: Vec<String> =
            names.filter(|name| !OWN.contains(&&**name) && !oxidnf_migrate::is_command(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
