//! `search`

use std::collections::{BTreeMap, HashMap};

use clap::Args;
use oxidnf_engine::catalog::{Package, PackageId};
use oxidnf_engine::repo_config::glob_match;
use oxidnf_engine::{Load, Session};

use super::list::all;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::style::Style;
use crate::output::Output;
use crate::sanitize::one_line;

/// Search for software by words
#[derive(Debug, Clone, Default, Args)]
pub struct SearchArgs {
    /// Search descriptions and URLs as well
    #[arg(long)]
    all: bool,
    /// Show all versions of packages
    #[arg(long)]
    showduplicates: bool,
    /// Search names only
    #[arg(long)]
    name: bool,
    /// Search summaries only
    #[arg(long)]
    summary: bool,
    /// Words to search for
    #[arg(required = true, value_name = "patterns")]
    patterns: Vec<String>,
}

const URL: u32 = 1;
const DESCRIPTION: u32 = 4;
const SUMMARY: u32 = 16;
const NAME: u32 = 64;

/// Fields in the order in which they are named, with their weight; an exact match counts twice that as well.
const FIELDS: [(u32, &str); 4] = [(NAME, "name"), (SUMMARY, "summary"), (DESCRIPTION, "description"), (URL, "url")];

impl SearchArgs {
    /// Prints the packages found, the best matches first.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        if self.name && self.summary {
            return Err(Failure::Message("Options --name and --summary cannot be used together.".to_owned()));
        }
        if self.all && (self.name || self.summary) {
            return Err(Failure::Message("Option --all cannot be used with --name or --summary.".to_owned()));
        }
        let mut session = cx.open()?;
        cx.load(&mut session, &Load::query(), true)?;
        let ranked = self.ranked(&session);
        if ranked.is_empty() {
            cx.tell_no_matches(&session, true);
        }
        for (rank, packages) in ranked.into_iter().rev() {
            // Unlike other colours these are for people only, even when colours are asked for always.
            let painted = cx.output.interactive() && cx.output.color();
            let heading = if painted { Style::Bold } else { Style::Plain }.paint(&cx.output, "Matched fields: ");
            cx.output.line(format!("{heading}{}", field_names(rank)));
            for id in packages {
                let package = session.sack().package(id);
                let name = if self.showduplicates {
                    session.nevra(id).with_epoch().to_string()
                } else {
                    format!("{}.{}", package.name(), package.arch())
                };
                let summary = one_line(package.summary());
                let mut texts = [name, summary.into_owned()];
                if painted {
                    texts = texts.map(|text| self.with_matches(&cx.output, &text));
                }
                let [name, summary] = texts;
                cx.output.line(format!(" {name}\t{summary}"));
            }
        }
        Ok(0)
    }

    /// Colours what the words match; what patterns match is not shown.
    fn with_matches(&self, output: &Output, text: &str) -> String {
        let words: Vec<&String> = self.patterns.iter().filter(|word| !word.is_empty()).collect();
        let mut painted = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let matches =
                |word: &&&String| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            let length = words.iter().find(matches).map(|word| word.len());
            let (part, after) = rest.split_at(length.unwrap_or(next.len_utf8()));
            if length.is_some() {
                painted.push_str(&Style::Green.paint(output, part));
            } else {
                painted.push_str(part);
            }
            rest = after;
        }
        painted
    }

    fn fields(&self) -> u32 {
        match self {
            SearchArgs { name: true, .. } => NAME,
            SearchArgs { summary: true, .. } => SUMMARY,
            SearchArgs { all: true, .. } => NAME | SUMMARY | DESCRIPTION | URL,
            _ => NAME | SUMMARY,
        }
    }

    fn ranked(&self, session: &Session) -> BTreeMap<u32, Vec<PackageId>> {
        let patterns: Vec<Pattern> = self.patterns.iter().map(|text| Pattern::new(text)).collect();
        let sack = session.sack();
        let query = all(session);
        let mut hits: HashMap<PackageId, u32> = HashMap::new();
        for id in query.packages().iter() {
            if let Some(rank) = self.rank(&sack.package(id), &patterns) {
                hits.insert(id, rank);
            }
        }
        let found = hits.keys().copied().collect();
        let query = query.and(&found);
        let query = if self.showduplicates { query } else { query.filter_latest(1) };
        let mut ranked: BTreeMap<u32, Vec<PackageId>> = BTreeMap::new();
        let mut shown = std::collections::HashSet::new();
        for id in query.sorted() {
            let package = sack.package(id);
            let rank = hits.get(&id).copied().unwrap_or(0);
            // The same version installed and in repositories makes one row.
            if shown.insert((package.name(), package.arch(), package.evr().to_string())) {
                ranked.entry(rank).or_default().push(id);
            }
        }
        ranked
    }

    /// Returns which fields match; `None` when the package does not.
    fn rank(&self, package: &Package<'_>, patterns: &[Pattern]) -> Option<u32> {
        let fields = self.fields();
        let mut rank = 0;
        let mut matched = 0;
        for pattern in patterns {
            let mut here = 0;
            for (weight, text) in [
                (NAME, package.name()),
                (SUMMARY, package.summary()),
                (DESCRIPTION, package.description()),
                (URL, package.url()),
            ] {
                if fields & weight != 0 && pattern.matches(text) {
                    here |= weight;
                    if patterns.len() == 1 && pattern.is_exactly(text) {
                        here |= weight << 1;
                    }
                }
            }
            matched += usize::from(here != 0);
            rank |= here;
        }
        let enough = if self.all { matched > 0 } else { matched == patterns.len() };
        enough.then_some(rank)
    }
}

struct Pattern {
    /// As typed: only this very text is an exact match.
    text: String,
    lower: String,
    glob: bool,
}

impl Pattern {
    fn new(text: &str) -> Self {
        Pattern { text: text.to_owned(), lower: text.to_lowercase(), glob: text.contains(['*', '?', '[']) }
    }

    fn matches(&self, text: &str) -> bool {
        if self.glob {
            // No pattern matches a text that a package does not have.
            return !text.is_empty() && glob_match(&self.lower, &text.to_lowercase());
        }
        // As in dnf5, the case of letters outside of ASCII matters here, unlike in patterns.
        let pattern = self.text.as_bytes();
        pattern.is_empty() || text.as_bytes().windows(pattern.len()).any(|part| part.eq_ignore_ascii_case(pattern))
    }

    fn is_exactly(&self, text: &str) -> bool {
        !self.glob && text == self.text
    }
}

fn field_names(rank: u32) -> String {
    let named = FIELDS.into_iter().filter(|(weight, _)| rank & weight != 0);
    let names = named.map(|(weight, name)| match rank & (weight << 1) {
        0 => name.to_owned(),
        _ => format!("{name} (exact)"),
    });
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fields_in_order() {
        assert_eq!(field_names(NAME | NAME << 1 | SUMMARY), "name (exact), summary");
        assert_eq!(field_names(DESCRIPTION | URL), "description, url");
    }

    #[test]
    fn patterns() {
        assert!(Pattern::new("ALP").matches("alpha"));
        assert!(Pattern::new("al*").matches("Alpha"));
        assert!(!Pattern::new("al*").matches("an alpha"));
        assert!(Pattern::new("äHE").matches("nähe"));
        assert!(!Pattern::new("ÄH").matches("nähe"));
        assert!(Pattern::new("*ÄH*").matches("nähe"));
        assert!(Pattern::new("Alpha").is_exactly("Alpha"));
        assert!(!Pattern::new("alpha").is_exactly("Alpha"));
    }
}
