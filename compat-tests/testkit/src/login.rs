//! What servers and proxies ask for before they answer: names and passwords, told plainly or as digests.

use openssl::hash::{MessageDigest, hash};

/// The name that is let in.
pub const USER: &str = "u";
/// Its password.
pub const PASSWORD: &str = "p";

/// A way of logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Name and password as they are.
    Basic,
    /// A digest by MD5.
    Digest,
    /// A digest by SHA-256.
    DigestSha256,
}

/// Returns what the ways of logging in are offered by.
pub(crate) fn challenges(schemes: &[Scheme]) -> Vec<String> {
    let challenge = |scheme: &Scheme| match scheme {
        Scheme::Basic => "Basic realm=\"a realm\"".to_owned(),
        Scheme::Digest => "Digest realm=\"a realm\", qop=\"auth\", nonce=\"n0nce\", opaque=\"op\"".to_owned(),
        Scheme::DigestSha256 => {
            "Digest realm=\"a realm\", qop=\"auth\", algorithm=SHA-256, nonce=\"n0nce256\", opaque=\"op\"".to_owned()
        }
    };
    schemes.iter().map(challenge).collect()
}

/// Tells whether the header lets somebody in; where no way is given, everybody is let in.
pub(crate) fn accepts(schemes: &[Scheme], header: Option<&str>, method: &str) -> bool {
    let one = |header: &str, scheme: &Scheme| match scheme {
        Scheme::Basic => header == "Basic dTpw",
        Scheme::Digest => digest(header, method, MessageDigest::md5(), "n0nce"),
        Scheme::DigestSha256 => digest(header, method, MessageDigest::sha256(), "n0nce256"),
    };
    schemes.is_empty() || header.is_some_and(|header| schemes.iter().any(|scheme| one(header, scheme)))
}

/// Describes a header without what is different each time.
pub(crate) fn described(header: Option<&str>) -> String {
    match header {
        None => "nobody".to_owned(),
        Some(header) if header.starts_with("Digest ") => {
            let uri = parameter(header, "uri").unwrap_or_default();
            format!("Digest {} {uri}", parameter(header, "username").unwrap_or_default())
        }
        Some(header) => header.to_owned(),
    }
}

fn digest(header: &str, method: &str, algorithm: MessageDigest, nonce: &str) -> bool {
    let Some(rest) = header.strip_prefix("Digest ") else { return false };
    let value = |name| parameter(rest, name).unwrap_or_default();
    let digested = |text: String| {
        let bytes = hash(algorithm, text.as_bytes()).expect("OpenSSL knows both");
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let key = digested(format!("{USER}:a realm:{PASSWORD}"));
    let request = digested(format!("{method}:{}", value("uri")));
    let (count, client) = (value("nc"), value("cnonce"));
    let wanted = digested(format!("{key}:{nonce}:{count}:{client}:auth:{request}"));
    value("nonce") == nonce && value("username") == USER && value("opaque") == "op" && value("response") == wanted
}

fn parameter(header: &str, name: &str) -> Option<String> {
    let start = header.match_indices(&format!("{name}=")).map(|(at, _)| at).find(|at| {
        // Not the end of another name.
        *at == 0 || header[..*at].ends_with([' ', ','])
    })?;
    let value = &header[start + name.len() + 1..];
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(',').next(),
    };
    value.map(|value| value.trim().to_owned())
}
