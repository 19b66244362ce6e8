//! Logins of HTTP: what a server or proxy asks for, and the answer (RFC 7617 and RFC 7616).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::base64::encode_block;
use openssl::hash::{MessageDigest, hash};

use crate::config::Secret;

/// A user name and a password.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
}

impl Login {
    /// Returns the value of a header that tells both as they are.
    pub(super) fn basic(&self) -> String {
        format!("Basic {}", encode_block(format!("{}:{}", self.user, self.password.reveal()).as_bytes()))
    }
}

/// The ways of logging in that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Methods {
    pub(super) basic: bool,
    pub(super) digest: bool,
}

/// What is known of how one server or proxy wants a login.
///
/// Basic alone is told at once; where digests are allowed, the first request is made without, as curl does, because
/// nothing is known to make one of.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<Known>);

#[derive(Debug, Default, Clone)]
enum Known {
    #[default]
    Nothing,
    Basic,
    Digest {
        challenge: Challenge,
        /// Requests that were made with this challenge.
        count: u32,
    },
}

/// A request that a login is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Path and query, or host and port of a tunnel.
    pub(super) uri: &'a str,
}

impl Logins {
    /// Makes one that tells name and password as they are, until it is asked for a digest.
    pub(super) fn frank() -> Self {
        Logins(Mutex::new(Known::Basic))
    }

    /// Returns the value of the header for a request, as far as it is known what to say.
    pub(super) fn header(&self, login: &Login, methods: Methods, asked: Asked<'_>) -> Option<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *known {
            Known::Nothing => (methods.basic && !methods.digest).then(|| login.basic()),
            Known::Basic => Some(login.basic()),
            Known::Digest { challenge, count } => {
                *count = count.saturating_add(1);
                challenge.answer(login, asked, *count, &client_nonce())
            }
        }
    }

    /// Learns from an answer that asked for a login; tells whether another request may do better.
    ///
    /// `sent` is the header of the request that was refused.
    pub(super) fn refused<'v>(
        &self,
        methods: Methods,
        headers: impl Iterator<Item = &'v str>,
        sent: Option<&str>,
    ) -> bool {
        let offered: Vec<Challenge> = headers.flat_map(challenges).collect();
        let basic = offered.iter().any(|challenge| challenge.is("Basic"));
        if basic && sent.is_some_and(|sent| sent.starts_with("Basic ")) {
            // It is not the way of telling that was wrong.
            return false;
        }
        let digests = offered.iter().filter(|challenge| methods.digest && challenge.algorithm().is_some());
        let best = digests.max_by_key(|challenge| challenge.algorithm().map(|algorithm| algorithm.strength));
        let next = match best {
            Some(challenge) => Known::Digest { challenge: challenge.clone(), count: 0 },
            None if methods.basic && basic => Known::Basic,
            None => return false,
        };
        // A nonce that is too old is replaced by a new one; otherwise it is the password that is wrong.
        let stale = matches!(&next, Known::Digest { challenge, .. } if challenge.is_stale());
        if sent.is_some_and(|sent| sent.starts_with("Digest ")) && !stale {
            return false;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
        true
    }
}

/// What several servers are known to want.
///
/// A server is told name and password at once, as dnf5 does, and a digest from then on if it asks for one.
#[derive(Debug, Default)]
pub(super) struct LoginsByServer(Mutex<HashMap<(String, Login), Arc<Logins>>>);

impl LoginsByServer {
    /// Returns what a server is known to want; it is named by scheme, host and port.
    pub(super) fn of(&self, server: &str, login: &Login) -> Arc<Logins> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry((server.to_owned(), login.clone())).or_insert_with(|| Arc::new(Logins::frank())))
    }
}

/// One way of logging in that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

/// A digest algorithm of RFC 7616.
#[derive(Clone, Copy)]
struct Algorithm {
    digest: MessageDigest,
    /// Whether a key is made for the session.
    session: bool,
    strength: u8,
}

impl Challenge {
    fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn is_stale(&self) -> bool {
        self.parameter("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    }

    /// Returns the algorithm if this is a digest that can be answered.
    fn algorithm(&self) -> Option<Algorithm> {
        if !self.is("Digest") || self.parameter("nonce").is_none() {
            return None;
        }
        let quality =
            self.parameter("qop").map(|all| all.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")));
        if quality == Some(false) {
            return None;
        }
        let name = self.parameter("algorithm").unwrap_or("MD5").to_ascii_uppercase();
        let (name, session) = name.strip_suffix("-SESS").map_or((name.as_str(), false), |name| (name, true));
        let (digest, strength) = match name {
            "MD5" => (MessageDigest::md5(), 1),
            "SHA-256" => (MessageDigest::sha256(), 2),
            "SHA-512-256" => (MessageDigest::from_name("SHA512-256")?, 3),
            _ => return None,
        };
        Some(Algorithm { digest, session, strength })
    }

    fn answer(&self, login: &Login, asked: Asked<'_>, count: u32, client_nonce: &str) -> Option<String> {
        let Algorithm { digest, session, .. } = self.algorithm()?;
        let digested = |text: String| hash(digest, text.as_bytes()).map(hex::encode).ok();
        let (realm, nonce) = (self.parameter("realm").unwrap_or_default(), self.parameter("nonce")?);
        let Asked { method, uri } = asked;
        let mut key = digested(format!("{}:{realm}:{}", login.user, login.password.reveal()))?;
        if session {
            key = digested(format!("{key}:{nonce}:{client_nonce}"))?;
        }
        let request = digested(format!("{method}:{uri}"))?;
        let has_quality = self.parameter("qop").is_some();
        // Servers older than RFC 2617 know no quality of protection.
        let between = if has_quality { format!("{count:08x}:{client_nonce}:auth:") } else { String::new() };
        let response = digested(format!("{key}:{nonce}:{between}{request}"))?;
        let user = quoted(&login.user);
        let mut header =
            format!("Digest username=\"{user}\", realm=\"{}\", nonce=\"{}\"", quoted(realm), quoted(nonce));
        header.push_str(&format!(", uri=\"{}\"", quoted(uri)));
        if has_quality || session {
            header.push_str(&format!(", cnonce=\"{client_nonce}\""));
        }
        if has_quality {
            header.push_str(&format!(", nc={count:08x}, qop=auth"));
        }
        header.push_str(&format!(", response=\"{response}\""));
        if let Some(opaque) = self.parameter("opaque") {
            header.push_str(&format!(", opaque=\"{}\"", quoted(opaque)));
        }
        if let Some(algorithm) = self.parameter("algorithm") {
            header.push_str(&format!(", algorithm={algorithm}"));
        }
        Some(header)
    }
}

/// Puts a backslash before what has a meaning in a quoted string.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn client_nonce() -> String {
    let mut bytes = [0; 12];
    // A nonce that can be guessed only weakens the protection against a server that chooses its own.
    let _ = openssl::rand::rand_bytes(&mut bytes);
    encode_block(&bytes)
}

/// Splits a header into what it offers: schemes, each with parameters.
fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after = after.trim_start_matches([' ', '\t']);
        if word.is_empty() && after.is_empty() {
            return found;
        }
        match (after.strip_prefix('='), found.last_mut()) {
            (Some(value), Some(challenge)) => {
                let (value, next) = value_of(value.trim_start_matches([' ', '\t']));
                challenge.parameters.push((word.to_owned(), value));
                rest = next;
            }
            // A value that belongs to nothing.
            (Some(value), None) => rest = value_of(value).1,
            (None, _) => {
                found.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                rest = after;
            }
        }
    }
}

/// Reads a word or a quoted string; returns it and what follows.
fn value_of(text: &str) -> (String, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &inner[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOTH: Methods = Methods { basic: true, digest: true };

    fn login(user: &str, password: &str) -> Login {
        Login { user: user.to_owned(), password: Secret::new(password.to_owned()) }
    }

    /// The example of RFC 7616, section 3.9.1.
    #[test]
    fn answers_as_the_standard_does() {
        let header = "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=ALGORITHM, \
                      nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                      opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let asked = Asked { method: "GET", uri: "/dir/index.html" };
        let nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = &challenges(&header.replace("ALGORITHM", algorithm))[0];
            let answer = challenge.answer(&login("Mufasa", "Circle of Life"), asked, 1, nonce).expect("an answer");
            assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
            assert!(answer.contains("nc=00000001, qop=auth"), "{answer}");
            assert!(answer.ends_with(&format!("algorithm={algorithm}")), "{answer}");
        }
    }

    /// The example of RFC 2069 as its errata correct it.
    #[test]
    fn answers_old_servers() {
        let challenge = &challenges(
            "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
             opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        )[0];
        let asked = Asked { method: "GET", uri: "/dir/index.html" };
        let answer = challenge.answer(&login("Mufasa", "CircleOfLife"), asked, 1, "x").expect("an answer");
        assert!(answer.contains("response=\"1949323746fe6a43ef61f9606e7febea\""), "{answer}");
        assert!(!answer.contains("qop"), "{answer}");
    }

    #[test]
    fn takes_the_strongest_that_it_knows() {
        let asked = Asked { method: "GET", uri: "/" };
        let offers = [
            "Basic realm=\"r\", Digest realm=\"r\", nonce=\"n\", qop=\"auth\"",
            "Digest realm=\"r\", nonce=\"m\", algorithm=SHA-256, qop=\"auth\", Digest nonce=z, algorithm=SHA-3",
            "Digest realm=\"r\", nonce=\"o\", algorithm=SHA-512-256, qop=\"auth-int\"",
        ];
        let logins = Logins::default();
        let me = login("u", "p");
        assert_eq!(logins.header(&me, BOTH, asked), None);
        assert!(logins.refused(BOTH, offers.into_iter(), None));
        let first = logins.header(&me, BOTH, asked).expect("a login");
        assert!(first.contains("nonce=\"m\"") && first.contains("nc=00000001"), "{first}");
        let second = logins.header(&me, BOTH, asked).expect("a login");
        assert!(second.contains("nc=00000002"), "{second}");
        // The same again means that the password is wrong, unless the nonce was too old.
        assert!(!logins.refused(BOTH, offers.into_iter(), Some(&second)));
        let stale = "Digest realm=\"r\", nonce=\"q\", stale=TRUE, qop=auth";
        assert!(logins.refused(BOTH, [stale].into_iter(), Some(&second)));
        let third = logins.header(&me, BOTH, asked).expect("a login");
        assert!(third.contains("nonce=\"q\"") && third.contains("nc=00000001"), "{third}");
    }

    #[test]
    fn says_nothing_that_may_not_be_said() {
        let asked = Asked { method: "GET", uri: "/" };
        let (basic, digest) = ("Basic realm=\"r\"", "Digest nonce=\"n\"");
        let only = |basic, digest| Methods { basic, digest };
        let me = login("u", "p");
        assert_eq!(Logins::default().header(&me, only(true, false), asked).as_deref(), Some("Basic dTpw"));
        assert!(!Logins::default().refused(only(false, true), [basic].into_iter(), None));
        assert!(!Logins::default().refused(only(true, false), [digest].into_iter(), None));
        assert!(!Logins::default().refused(BOTH, ["Negotiate", "NTLM TlRM"].into_iter(), None));
        let logins = Logins::default();
        assert!(logins.refused(BOTH, [basic].into_iter(), None));
        assert_eq!(logins.header(&me, BOTH, asked).as_deref(), Some("Basic dTpw"));
        assert!(!logins.refused(BOTH, [basic].into_iter(), Some("Basic dTpw")));
    }

    #[test]
    fn quotes_in_names() {
        let challenge = &challenges("digest Realm=\"a \\\"b\\\" c\" , NONCE = n,")[0];
        assert_eq!(challenge.parameter("realm"), Some("a \"b\" c"));
        let asked = Asked { method: "GET", uri: "/" };
        let answer = challenge.answer(&login("me\"x", "p"), asked, 1, "c").expect("an answer");
        assert!(answer.starts_with("Digest username=\"me\\\"x\", realm=\"a \\\"b\\\" c\", nonce=\"n\""), "{answer}");
    }

    proptest! {
        #[test]
        fn never_panics(header in "(Digest |Basic |realm=|nonce=|\"|\\\\|,|=| |[a-zß]{0,3}){0,16}") {
            let logins = Logins::default();
            logins.refused(BOTH, [header.as_str()].into_iter(), None);
            let asked = Asked { method: "GET", uri: "/" };
            logins.header(&login("u", "p"), BOTH, asked);
        }
    }
}
