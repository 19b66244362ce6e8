//! Locations: which are safe, how they are joined, and how they are shown.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use ::url::{ParseError, Url};

/// Why a location from repository metadata is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeLocation {
    /// Nothing is named.
    #[error("the location is empty or names a directory")]
    Empty,
    /// A path from the root, or a whole URL.
    #[error("the location is absolute")]
    Absolute,
    /// A path that leads out of the repository, plainly or percent-encoded.
    #[error("the location leads out of the repository")]
    Parent,
    /// A backslash, NUL or another character that no file name of a repository has.
    #[error("the location has a character that is not allowed")]
    Character,
}

/// Checks a location from repository metadata.
///
/// It becomes part of a URL and its last part the name of a file in the cache, so it must be relative and must not
/// lead upwards however it is decoded.
pub fn check_location(href: &str) -> Result<(), UnsafeLocation> {
    let mut decoded = href.as_bytes().to_vec();
    // A server may decode once more than we do.
    for _ in 0..3 {
        check_bytes(&decoded)?;
        let next = decode(&decoded);
        if next == decoded {
            break;
        }
        decoded = next;
    }
    check_bytes(&decoded)
}

fn check_bytes(path: &[u8]) -> Result<(), UnsafeLocation> {
    if path.iter().any(|byte| *byte == b'\\' || byte.is_ascii_control()) {
        return Err(UnsafeLocation::Character);
    }
    let scheme_end = path.iter().position(|byte| *byte == b':');
    let has_scheme = scheme_end.is_some_and(|end| path[end..].starts_with(b"://"));
    if path.starts_with(b"/") || has_scheme {
        return Err(UnsafeLocation::Absolute);
    }
    if path.split(|byte| *byte == b'/').any(|part| part == b"..") {
        return Err(UnsafeLocation::Parent);
    }
    match path.rsplit(|byte| *byte == b'/').next() {
        None | Some(b"" | b".") => Err(UnsafeLocation::Empty),
        Some(_) => Ok(()),
    }
}

/// Returns the name under which the file of a location is kept: its last part.
pub fn file_name(href: &str) -> Result<&str, UnsafeLocation> {
    check_location(href)?;
    Ok(href.rsplit('/').next().unwrap_or(href))
}

/// Decodes `%41`; what is no valid escape stays as it is.
pub fn percent_decode(text: &str) -> OsString {
    OsString::from_vec(decode(text.as_bytes()))
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Parses a base location; a plain absolute path is a `file:` URL.
pub(crate) fn parse(text: &str) -> Option<Url> {
    let text = text.trim();
    if text.starts_with('/') {
        return Url::from_file_path(text).ok();
    }
    // A file from wherever one happens to be is no place.
    if text.starts_with("file:") && !text.starts_with("file:/") {
        return None;
    }
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https" | "file").then_some(url)
}

/// Resolves a path that stands where a URL should be; `None` when it is meant as a URL, or nothing is there.
pub(crate) fn path_from_here(text: &str) -> Option<Url> {
    if text.is_empty() || text.contains("://") || text.starts_with("file:/") {
        return None;
    }
    std::fs::canonicalize(text).ok().and_then(|path| Url::from_file_path(path).ok())
}

/// Parses a URL of a scheme from which nothing can be fetched, so that it fails by its name.
pub(crate) fn odd(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(Url::has_host)
}

/// Text that stands where a URL should be, with curl's word on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) text: String,
    pub(crate) problem: &'static str,
}

impl Malformed {
    /// Returns what is wrong with a text that [`parse`] does not take; `None` for what is not meant as a URL at all.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let problem = match Url::parse(text) {
            Err(ParseError::InvalidIpv6Address) => "Bad IPv6 address",
            Err(ParseError::InvalidPort) => "Port number was not a decimal number between 0 and 65535",
            Err(ParseError::InvalidIpv4Address | ParseError::IdnaError) if text.contains("://") => "Bad hostname",
            Err(_) if text.contains("://") || text.starts_with('/') => "No host present",
            _ => return None,
        };
        Some(Malformed { text: text.trim_end_matches('/').to_owned(), problem })
    }

    /// Returns the text with a location behind it.
    pub(crate) fn join(&self, href: &str) -> Self {
        Malformed { text: format!("{}/{href}", self.text), problem: self.problem }
    }
}

/// Appends a checked relative location to a base location, whose query stays where it is.
pub(crate) fn join(base: &Url, href: &str) -> Url {
    let mut url = base.clone();
    let path = base.path().trim_end_matches('/');
    // Characters with a meaning in URLs are part of file names here; escapes are kept, as dnf5 keeps them.
    let mut escaped = String::with_capacity(href.len());
    for c in href.chars() {
        match c {
            '?' => escaped.push_str("%3F"),
            '#' => escaped.push_str("%23"),
            _ => escaped.push(c),
        }
    }
    url.set_path(&format!("{path}/{}", escaped.trim_start_matches("./")));
    url
}

/// Returns the URL without user name and password.
pub fn redact(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut shown = url.clone();
    // Both fail only for URLs that cannot have them.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.to_string()
}

/// Returns a location as configured without user name and password.
pub fn redact_text(text: &str) -> String {
    let Some(scheme) = text.find("://") else { return text.to_owned() };
    let (head, rest) = text.split_at(scheme + 3);
    let end = match Url::parse(text) {
        Ok(_) => rest.find(['/', '?', '#']).unwrap_or(rest.len()),
        // A password with a slash in it makes a URL that cannot be parsed; hide too much rather than too little.
        Err(_) => rest.len(),
    };
    match rest[..end].rfind('@') {
        Some(at) => format!("{head}{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

/// Tells whether two URLs go to the same server, so that a password for one may be sent to the other.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host_str() == b.host_str() && a.port_or_known_default() == b.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("Packages/f/foo-1-1.noarch.rpm", Ok(()))]
    #[case("repodata/ab%2b-primary.xml.zst", Ok(()))]
    #[case("a/..b/c..rpm", Ok(()))]
    #[case("", Err(UnsafeLocation::Empty))]
    #[case("a/", Err(UnsafeLocation::Empty))]
    #[case("/etc/passwd", Err(UnsafeLocation::Absolute))]
    #[case("%2fetc/passwd", Err(UnsafeLocation::Absolute))]
    #[case("file:///etc/passwd", Err(UnsafeLocation::Absolute))]
    #[case("../x", Err(UnsafeLocation::Parent))]
    #[case("a/../../x", Err(UnsafeLocation::Parent))]
    #[case("a/%2e%2E/x", Err(UnsafeLocation::Parent))]
    #[case("a/%252e%252e/x", Err(UnsafeLocation::Parent))]
    #[case("a/..%2fx", Err(UnsafeLocation::Parent))]
    #[case("a\\..\\x", Err(UnsafeLocation::Character))]
    #[case("a\0b", Err(UnsafeLocation::Character))]
    #[case("a%00b", Err(UnsafeLocation::Character))]
    #[case("a%0ab", Err(UnsafeLocation::Character))]
    fn locations(#[case] href: &str, #[case] want: Result<(), UnsafeLocation>) {
        assert_eq!(check_location(href), want);
    }

    #[rstest]
    #[case("http://h/r", "repodata/x", "http://h/r/repodata/x")]
    #[case("http://h/r/", "x", "http://h/r/x")]
    #[case("http://h", "x", "http://h/x")]
    #[case("http://h/r/?token=1", "x", "http://h/r/x?token=1")]
    #[case("http://h/r", "a+b~c^d.rpm", "http://h/r/a+b~c^d.rpm")]
    #[case("http://h/r", "a?b#c", "http://h/r/a%3Fb%23c")]
    #[case("/srv/r", "x", "file:///srv/r/x")]
    fn joins(#[case] base: &str, #[case] href: &str, #[case] want: &str) {
        assert_eq!(join(&parse(base).expect("good base"), href).as_str(), want);
    }

    #[test]
    fn hides_credentials() {
        let url = parse("http://me:secret@h:81/x?y").expect("good url");
        assert_eq!(redact(&url), "http://h:81/x?y");
        assert_eq!(redact_text("http://me:se/cret@h/x"), "http://h/x");
        assert_eq!(redact_text("http://me:secret@h/x@y"), "http://h/x@y");
        assert_eq!(redact_text("/srv/x"), "/srv/x");
    }

    proptest! {
        #[test]
        fn accepted_locations_stay_inside(href in "[./%2eEfF a\\\\]{0,12}") {
            if check_location(&href).is_ok() {
                let url = join(&parse("http://h/repo/sub").expect("good base"), &href);
                prop_assert!(url.path().starts_with("/repo/sub/"), "{url}");
            }
        }
    }
}
