//! `--queryformat` and the options that show one attribute.

use std::collections::{HashMap, HashSet};

use oxidnf_core::Reason;
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_engine::catalog::{Package, PackageId, Relation};
use oxidnf_engine::{Session, debuginfo_name, source_name};

use unicode_width::UnicodeWidthStr;

use crate::commands::list::shown_repo;
use crate::face::dnf5::info;

/// The tags that `--querytags` lists.
pub(super) const TAGS: [&str; 40] = [
    "arch",
    "buildtime",
    "conflicts",
    "debug_name",
    "depends",
    "description",
    "downloadsize",
    "enhances",
    "epoch",
    "evr",
    "files",
    "from_repo",
    "full_nevra",
    "group",
    "installsize",
    "installtime",
    "license",
    "location",
    "name",
    "obsoletes",
    "packager",
    "prereq_ignoreinst",
    "provides",
    "reason",
    "recommends",
    "regular_requires",
    "release",
    "repoid",
    "reponame",
    "requires",
    "requires_pre",
    "source_debug_name",
    "source_name",
    "sourcerpm",
    "suggests",
    "summary",
    "supplements",
    "url",
    "vendor",
    "version",
];

/// Requirements that scriptlets need, in rpm's words.
const PRE: Sense = Sense(
    Sense::PREREQ.0
        | Sense::SCRIPT_PRE.0
        | Sense::SCRIPT_POST.0
        | Sense::SCRIPT_PREUN.0
        | Sense::SCRIPT_POSTUN.0
        | Sense::PRETRANS.0
        | Sense::POSTTRANS.0,
);

/// Marks requirements that are needed when a package is removed, too.
const FOR_ERASING: Sense = Sense::SCRIPT_PREUN;

enum Piece {
    Text(String),
    Tag { name: &'static str, width: Width, left: bool },
}

/// A width, or what dnf5 says about it as soon as there is a package to show.
type Width = Result<usize, &'static str>;

/// Tags whose values are numbers to dnf5; an epoch is none.
const NUMBERS: [&str; 4] = ["buildtime", "downloadsize", "installsize", "installtime"];

/// A parsed format.
pub(super) struct QueryFormat(Vec<Piece>);

impl QueryFormat {
    /// Parses a format; what is no known tag is text, and the only escape is `\n`.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\\n") {
                plain.push('\n');
                rest = after;
            } else if let Some((tag, after)) = tag(rest) {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(tag);
                rest = after;
            } else {
                plain.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
        pieces.push(Piece::Text(plain));
        QueryFormat(pieces)
    }

    /// Renders one package; fails with the text that dnf5 has for widths it cannot use.
    pub(super) fn render(&self, data: &Data<'_>, id: PackageId) -> Result<String, &'static str> {
        let mut line = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Tag { name, width, left } => {
                    let value = data.value(id, name);
                    let padding = " ".repeat((*width)?.saturating_sub(value.width()));
                    let (before, after) = if *left { ("", padding.as_str()) } else { (padding.as_str(), "") };
                    line.extend([before, value.as_str(), after]);
                }
            }
        }
        Ok(line)
    }
}

/// Reads `%{tag}`, `%-10{tag}` or `%10{tag}` at the start of a text.
fn tag(text: &str) -> Option<(Piece, &str)> {
    let rest = text.strip_prefix('%')?;
    let (left, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (digits, rest) = rest.split_at(rest.find('{')?);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (name, after) = rest[1..].split_once('}')?;
    let name = TAGS.iter().find(|known| known.eq_ignore_ascii_case(name))?;
    Some((Piece::Tag { name, width: width(digits, name), left }, after))
}

/// Reads a width; a zero before it asks for zeros as padding, which only numbers can have, but never do.
fn width(digits: &str, tag: &str) -> Width {
    if digits.starts_with('0') && !NUMBERS.contains(&tag) {
        return Err("format specifier requires numeric argument");
    }
    let width: Option<i32> = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    width.and_then(|width| usize::try_from(width).ok()).ok_or("number is too big")
}

/// What the values of tags are taken from.
pub(super) struct Data<'a> {
    pub(super) session: &'a Session,
    /// File lists of the packages, if a tag asks for them.
    pub(super) files: &'a HashMap<PackageId, Vec<String>>,
}

impl Data<'_> {
    /// Returns the value of a tag; the items of a list are followed by a newline each.
    fn value(&self, id: PackageId, tag: &str) -> String {
        let session = self.session;
        let package = session.sack().package(id);
        match tag {
            "arch" => package.arch().to_owned(),
            "buildtime" => package.build_time().to_string(),
            "debug_name" => debuginfo_name(package.name()),
            "description" => package.description().to_owned(),
            // Nothing is left to download of what is installed.
            "downloadsize" if session.sack().is_installed(id) => "0".to_owned(),
            "downloadsize" => package.package_size().to_string(),
            "epoch" => package.epoch().to_string(),
            "evr" => package.evr().to_string(),
            "from_repo" if session.sack().is_installed(id) => shown_repo(session, id).to_owned(),
            "from_repo" => String::new(),
            "full_nevra" => session.nevra(id).with_epoch().to_string(),
            "group" => package.group().to_owned(),
            "installsize" => package.install_size().to_string(),
            "installtime" => package.install_time().to_string(),
            "license" => package.license().to_owned(),
            "location" => location(session, id),
            "name" => package.name().to_owned(),
            "packager" => package.packager().to_owned(),
            "reason" => shown_reason(session, id).as_str().to_owned(),
            "release" => package.release().to_owned(),
            "repoid" => session.repo_id(id).to_owned(),
            "reponame" => repo_name(session, id).to_owned(),
            "source_debug_name" => debuginfo_name(source_name(&package)),
            "source_name" => source_name(&package).to_owned(),
            "sourcerpm" => package.sourcerpm().to_owned(),
            "summary" => package.summary().to_owned(),
            "url" => package.url().to_owned(),
            "vendor" => info::vendor(&package, session.sack().is_installed(id)).to_owned(),
            "version" => package.version().to_owned(),
            list => self.items(id, list).into_iter().map(|item| item + "\n").collect(),
        }
    }

    /// Returns the items of a list-valued tag, or the one value of another.
    pub(super) fn items(&self, id: PackageId, tag: &str) -> Vec<String> {
        let package = self.session.sack().package(id);
        if tag == "files" {
            let mut files = self.files.get(&id).cloned().unwrap_or_default();
            if self.session.sack().is_installed(id) {
                // The rpm database has them in this order; the catalog has them by directories.
                files.sort_unstable();
            }
            return files;
        }
        if tag == "prereq_ignoreinst" && !self.session.sack().is_installed(id) {
            // No metadata of a repository tells that.
            return Vec::new();
        }
        match relations(&package, tag) {
            Some(relations) => relations.iter().map(ToString::to_string).collect(),
            None => vec![self.value(id, tag)],
        }
    }
}

/// Returns the dependencies behind a tag, `None` for a tag that is no list of dependencies.
pub(super) fn relations<'c>(package: &Package<'c>, tag: &str) -> Option<Vec<ReldepRef<'c>>> {
    // The rpm database has no cache in which the order would be another one, and where what is said again is left out.
    let of = |relation| match package.hnum() {
        Some(_) => package.relations(relation).collect::<Vec<_>>(),
        None => {
            let mut seen = HashSet::new();
            package.relations_as_cached(relation).filter(|dep| seen.insert((dep.name, dep.sense, dep.evr))).collect()
        }
    };
    let requires =
        |pre: bool| of(Relation::Requires).into_iter().filter(move |requirement| requirement.sense.any(PRE) == pre);
    Some(match tag {
        "conflicts" => of(Relation::Conflicts),
        "enhances" => of(Relation::Enhances),
        "obsoletes" => of(Relation::Obsoletes),
        "provides" => of(Relation::Provides),
        "recommends" => of(Relation::Recommends),
        "requires" => requires(false).chain(requires(true)).collect(),
        "regular_requires" => requires(false).collect(),
        "requires_pre" => requires(true).collect(),
        "prereq_ignoreinst" => requires(true).filter(|requirement| !requirement.sense.any(FOR_ERASING)).collect(),
        "suggests" => of(Relation::Suggests),
        "supplements" => of(Relation::Supplements),
        "depends" => {
            let kinds = [Relation::Enhances, Relation::Suggests, Relation::Supplements, Relation::Recommends];
            requires(false).chain(kinds.into_iter().flat_map(of)).collect()
        }
        _ => return None,
    })
}

/// Returns the reason of the installed package of that name and architecture, for available packages too.
// witness: compat-tests/tests/decisions.rs::answers_about_reasons
fn shown_reason(session: &Session, id: PackageId) -> Reason {
    let sack = session.sack();
    let package = sack.package(id);
    let own =
        sack.named(package.name()).find(|it| sack.is_installed(*it) && sack.package(*it).arch() == package.arch());
    own.map_or(Reason::None, |own| session.reason(own))
}

/// Returns the name of an available package's repository; the system has none.
fn repo_name(session: &Session, id: PackageId) -> &str {
    let own = session.repo_id(id);
    session.repos().iter().find(|repo| repo.id == own).map_or("", |repo| repo.name.as_str())
}

fn location(session: &Session, id: PackageId) -> String {
    let package = session.sack().package(id);
    let location = package.location();
    if location.is_empty() || session.sack().is_installed(id) {
        return String::new();
    }
    let own = session.repo_id(id);
    let repo = session.repos().iter().find(|repo| repo.id == own);
    match package.location_base().or_else(|| repo.and_then(|repo| repo.baseurl.first()).map(String::as_str)) {
        Some(base) => format!("{}/{location}", base.trim_end_matches('/')),
        None => location.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        let pieces = QueryFormat::parse(text).0;
        let show = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Tag { name, width: Ok(width), left } => format!("<{name} {width} {left}>"),
            Piece::Tag { width: Err(complaint), .. } => format!("<{complaint}>"),
        };
        pieces.iter().map(show).collect()
    }

    #[test]
    fn formats() {
        assert_eq!(shape("%{name} x"), "<name 0 false> x");
        assert_eq!(shape("%-10{NAME}|%10{evr}\\n"), "<name 10 true>|<evr 10 false>\n");
        assert_eq!(shape("%{nonesuch} 100% %{"), "%{nonesuch} 100% %{");
        assert_eq!(shape("\\t"), "\\t");
        assert_eq!(shape("%+5{name}"), "%+5{name}");
        assert_eq!(shape("%05{name}%08{nonesuch}"), "<format specifier requires numeric argument>%08{nonesuch}");
        assert_eq!(shape("%08{buildtime}"), "<buildtime 8 false>");
        assert_eq!(shape("%2147483648{name}"), "<number is too big>");
    }
}
