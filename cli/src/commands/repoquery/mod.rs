//! `repoquery`

mod args;
mod format;
mod related;
mod select;

use std::collections::{BTreeSet, HashMap};

use oxidnf_engine::Session;
use oxidnf_engine::catalog::PackageSet;

pub use args::RepoqueryArgs;

use crate::context::{CommandResult, Context, Failure, no_repository_is_enabled};
use crate::face::dnf5::info;
use format::{Data, QueryFormat, TAGS};

impl RepoqueryArgs {
    /// Prints what was asked for of the packages that were asked for.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        if self.format.querytags {
            for tag in TAGS {
                cx.output.line(tag);
            }
            return Ok(0);
        }
        let latest = self.latest().map_err(|text| {
            Failure::Message(format!("OptionInvalidValueError: Invalid number option value \"{text}\""))
        })?;
        if let Some(attribute) = &self.providers_of
            && !args::PROVIDERS_OF.contains(&attribute.as_str())
        {
            return Err(Failure::Message(format!(
                "OptionValueNotAllowedError: Enum option value \"{attribute}\" not allowed"
            )));
        }
        let mut session = cx.open()?;
        if self.srpm {
            super::download::enable_source_repositories(&mut session);
        }
        cx.load(&mut session, &self.load(), true)?;
        let packages = self.select(cx, &session, latest)?;
        if packages.is_empty() && self.needs_available() {
            tell_why(cx, &session);
        }
        if self.format.changelogs {
            super::changelogs::print(cx, &mut session, &packages, &super::changelogs::Part::All)?;
        } else {
            self.print(cx, &session, &packages)?;
        }
        Ok(0)
    }

    fn print(&self, cx: &Context, session: &Session, packages: &PackageSet) -> Result<(), Failure> {
        if self.format.info {
            let mut shown: BTreeSet<String> = BTreeSet::new();
            for id in session.sack().sorted(packages) {
                // The same package in two repositories is shown twice, as the repository differs.
                let key = format!("{} {}", session.nevra(id), session.repo_id(id));
                if shown.insert(key) {
                    info::print(&cx.output, &session.sack().package(id), super::list::origin(session, id), &[], None);
                    cx.output.line("");
                }
            }
            return Ok(());
        }
        // dnf5 renders everything into a sorted set: lines are neither in package order nor repeated.
        let files = if self.shows_files() { session.file_lists(packages)? } else { HashMap::new() };
        let data = Data { session, files: &files };
        let mut lines: BTreeSet<String> = BTreeSet::new();
        let end = if let Some(tag) = self.format.attribute() {
            for id in packages.iter() {
                lines.extend(data.items(id, tag));
            }
            "\n"
        } else {
            let text = self.format.queryformat.as_deref().unwrap_or("%{full_nevra}\n");
            let format = QueryFormat::parse(text);
            for id in packages.iter() {
                lines.insert(format.render(&data, id).map_err(|text| Failure::Message(text.to_owned()))?);
            }
            ""
        };
        for line in &lines {
            cx.output.text(line);
            cx.output.text(end);
        }
        Ok(())
    }
}

/// Says why nothing was found when that is clear; otherwise an empty answer stays empty.
fn tell_why(cx: &Context, session: &Session) {
    if no_repository_is_enabled(session) {
        cx.tell_no_matches(session, true);
    }
}
