//! What is wrong with a signature and its key, in the words of rpm's OpenPGP library.
//!
//! witness: compat-tests/tests/keys.rs

use std::time::SystemTime;

use jiff::Timestamp;
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::{Cert, anyhow};

/// Collects what is wrong while a signature is looked at.
#[derive(Debug, Default)]
pub(super) struct Complaints(Vec<Vec<String>>);

impl Complaints {
    /// Adds something about the signature itself.
    pub(super) fn signature(&mut self, signature: &Signature, what: &str, cause: Option<&anyhow::Error>) {
        let made = signature.signature_creation_time().map_or_else(|| "<unknown>".to_owned(), date);
        let [first, second] = signature.digest_prefix();
        self.add(format!("Signature {first:02x}{second:02x} created at {made} invalid: {what}"), cause);
    }

    /// Adds a sentence with its causes.
    pub(super) fn add(&mut self, sentence: String, cause: Option<&anyhow::Error>) {
        let causes = cause.map(chain).unwrap_or_default();
        self.0.push(std::iter::once(sentence).chain(causes).collect());
    }

    /// Returns all of it under a heading that names the certificate; nothing when there is nothing.
    pub(super) fn text(self, cert: Option<&Cert>) -> Option<String> {
        let count = self.0.len();
        let mut text = match cert {
            Some(cert) => {
                let user = cert.userids().next();
                let user = user.map(|user| String::from_utf8_lossy(user.userid().value()).into_owned());
                let user = user.unwrap_or_else(|| "<unknown>".to_owned());
                format!("Verifying a signature using certificate {} ({user}):", cert.fingerprint())
            }
            None => "Verifying a signature, but no certificate was provided:".to_owned(),
        };
        for (number, sentences) in self.0.into_iter().enumerate() {
            text.push_str("\n  ");
            if count > 1 {
                text.push_str(&format!("{}. ", number + 1));
            }
            text.push_str(&sentences.join("\n      because: "));
        }
        (count > 0).then_some(text)
    }
}

/// Returns an error and its causes.
pub(super) fn chain(error: &anyhow::Error) -> Vec<String> {
    error.chain().map(ToString::to_string).collect()
}

/// Writes a time as C does for the plainest of languages.
fn date(time: SystemTime) -> String {
    Timestamp::try_from(time)
        .map_or_else(|_| "<unknown>".to_owned(), |time| time.strftime("%a %b %e %H:%M:%S %Y").to_string())
}
