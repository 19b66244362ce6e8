//! Lists of mirrors: reading them, and the order in which mirrors are tried.

use oxidnf_core::conf::Vars;
use url::Url;

use crate::fetch::url::{Malformed, join, odd, parse, path_from_here, redact, redact_text};

/// A place where the files of a repository are.
#[derive(Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Its base location, or what stands there instead of one.
    place: Result<Url, Malformed>,
    /// Host and port, by which parallel downloads are counted; empty for local files.
    pub(crate) host: String,
}

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.location())
    }
}

impl Mirror {
    /// Reads a base location; `None` when it is no URL that can be fetched from.
    pub fn new(location: &str) -> Option<Self> {
        Some(Self::at(parse(location)?))
    }

    fn at(url: Url) -> Self {
        let host = match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            _ => String::new(),
        };
        Mirror { place: Ok(url), host }
    }

    /// Takes a path from the working directory, if anything is there.
    ///
    /// Witness: `dnf5 makecache` with `baseurl=some/dir`, which librepo resolves when it looks at the place.
    fn relative(location: &str) -> Option<Self> {
        path_from_here(location).map(Self::at)
    }

    /// Takes a location from which nothing can be fetched, and which is to fail by its name.
    fn hopeless(location: &str) -> Option<Self> {
        let place = odd(location).map(Ok).or_else(|| Malformed::of(location).map(Err))?;
        Some(Mirror { place, host: String::new() })
    }

    /// Returns the base location without credentials.
    pub fn location(&self) -> String {
        match &self.place {
            Ok(url) => redact(url),
            Err(malformed) => redact_text(&malformed.text),
        }
    }

    /// Returns the base location, if it is one.
    pub(crate) fn url(&self) -> Option<&Url> {
        self.place.as_ref().ok()
    }

    /// Returns where a checked location is.
    pub(crate) fn join(&self, href: &str) -> Result<Url, Malformed> {
        match &self.place {
            Ok(url) => Ok(join(url, href)),
            Err(malformed) => Err(malformed.join(href)),
        }
    }
}

/// Reads mirrors from base locations; those that cannot be used are left out.
pub fn from_locations<'a>(locations: impl IntoIterator<Item = &'a str>) -> Vec<Mirror> {
    let mut mirrors: Vec<Mirror> = Vec::new();
    for mirror in locations.into_iter().filter_map(Mirror::new) {
        if !mirrors.contains(&mirror) {
            mirrors.push(mirror);
        }
    }
    mirrors
}

/// Reads the base locations of a configuration; those with a scheme that is not supported stay, to fail by their name,
/// and a path that leads nowhere is the end of the list, as it is to librepo.
pub fn configured(locations: &[String]) -> Vec<Mirror> {
    let mut mirrors: Vec<Mirror> = Vec::new();
    for location in locations.iter().filter(|location| !location.is_empty()) {
        let mirror = Mirror::new(location).or_else(|| Mirror::relative(location));
        let Some(mirror) = mirror.or_else(|| Mirror::hopeless(location)) else { break };
        if !mirrors.contains(&mirror) {
            mirrors.push(mirror);
        }
    }
    mirrors
}

/// What a mirror list turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum MirrorList {
    /// One base location a line.
    Plain {
        /// Those that can be fetched from.
        mirrors: Vec<Mirror>,
        /// Whether any is named, also such as nothing can be fetched from.
        names_places: bool,
    },
    /// A metalink document.
    Metalink,
}

/// Reads a mirror list: a location on each line, `#` starts a comment, variables are replaced.
///
/// Servers answer with a metalink document where one line too many was configured, so that is recognised.
pub fn parse_mirrorlist(text: &str, vars: &Vars) -> MirrorList {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("<?xml") || text.starts_with("<metalink") {
        return MirrorList::Metalink;
    }
    let lines = text.lines().map(str::trim).filter(|line| line.contains("://") || line.starts_with('/'));
    let lines: Vec<String> = lines.filter(|line| !line.starts_with('#')).map(|line| vars.substitute(line)).collect();
    // What a server says must not lead to files of this machine; to curl a path is no URL, either.
    let mirror = |line: &String| {
        let path = line.starts_with('/');
        if path || Url::parse(line).is_err() { Mirror::hopeless(line) } else { Mirror::new(line) }
    };
    let mut mirrors: Vec<Mirror> = Vec::new();
    for mirror in lines.iter().filter_map(mirror) {
        if !mirrors.contains(&mirror) {
            mirrors.push(mirror);
        }
    }
    MirrorList::Plain { mirrors, names_places: !lines.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxidnf_core::conf::VarPriority;

    #[test]
    fn reads_mirror_lists() {
        let text = "# comment http://no\n\nhttp://a/$v/\n  https://b:81/y\nftp://c/\nnonsense\n/srv/z\nhttp://a/x/\r\n";
        let mut vars = Vars::new();
        vars.set("v", "x", VarPriority::Runtime);
        let MirrorList::Plain { mirrors, names_places: true } = parse_mirrorlist(text, &vars) else {
            panic!("a plain list")
        };
        let shown: Vec<_> = mirrors.iter().map(Mirror::location).collect();
        assert_eq!(shown, ["http://a/x/", "https://b:81/y", "/srv/z"]);
        let hosts: Vec<_> = mirrors.iter().map(|mirror| &*mirror.host).collect();
        assert_eq!(hosts, ["a:80", "b:81", ""]);
        assert_eq!(parse_mirrorlist("\n<?xml version='1.0'?>", &vars), MirrorList::Metalink);
    }
}
