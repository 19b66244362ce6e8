//! What is wrong with a certificate, told when it is imported in the words of rpm's OpenPGP library.
//!
//! witness: compat-tests/tests/keys.rs

use std::time::SystemTime;

use sequoia_openpgp::cert::amalgamation::{ValidAmalgamation, ValidateAmalgamation as _};
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::types::RevocationStatus;

use super::complaint::chain;
use super::key::Key;
use super::policy::policy;

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// The certificate can be used at all; rpm does not import others.
    pub usable: bool,
    /// Several lines for people; none when nothing is wrong.
    pub text: Option<String>,
}

impl Key {
    /// Looks for what is wrong with the certificate as of now: whether it or its signing keys are refused by the
    /// policy, revoked or over, and whether any can sign.
    pub fn lint(&self, now: SystemTime) -> Lint {
        let policy = policy(now);
        let mut lines = Vec::new();
        let usable = match self.cert.with_policy(&policy, now) {
            Err(error) => {
                lines.push(format!("Policy rejects {}: {}", self.cert.keyid(), chain(&error).join(", because ")));
                false
            }
            Ok(valid) => {
                lines.extend(revocations("The certificate", &valid.revocation_status()));
                if let Err(error) = valid.alive() {
                    lines.extend(not_alive("The certificate", valid.primary_key().key_expiration_time(), now, &error));
                }
                true
            }
        };
        if usable && !self.lint_keys(&policy, now, &mut lines) {
            lines.push("Certificate does not have any usable signing keys".to_owned());
        }
        let text = format!("Certificate {}:\n  {}", self.cert.keyid(), lines.join("\n  "));
        Lint { usable, text: (!lines.is_empty()).then_some(text) }
    }

    /// Looks at the primary key and the subkeys; tells whether one of them can sign.
    fn lint_keys(
        &self,
        policy: &dyn sequoia_openpgp::policy::Policy,
        now: SystemTime,
        lines: &mut Vec<String>,
    ) -> bool {
        let mut signs = false;
        for key in self.cert.keys() {
            let name = format!("Subkey {}", key.key().keyid());
            let valid = match key.with_policy(policy, now) {
                Ok(valid) => valid,
                Err(error) => {
                    let causes = chain(&error).join(", because ");
                    lines.push(format!("Policy rejects subkey {}: {causes}", key.key().keyid()));
                    continue;
                }
            };
            if !valid.for_signing() {
                continue;
            }
            let revoked = valid.revocation_status();
            if matches!(revoked, RevocationStatus::Revoked(_)) {
                lines.extend(revocations(&name, &revoked));
            } else if let Err(error) = valid.alive() {
                lines.extend(not_alive(&name, valid.key_expiration_time(), now, &error));
            } else if valid.key().pk_algo().is_supported() {
                signs = true;
            } else {
                lines.push(format!("{name} is not supported (no support for {})", valid.key().pk_algo()));
            }
        }
        signs
    }
}

/// Tells the reasons of revocations.
fn revocations(what: &str, status: &RevocationStatus<'_>) -> Vec<String> {
    let RevocationStatus::Revoked(revocations) = status else { return Vec::new() };
    let told = |revocation: &&Signature| match revocation.reason_for_revocation() {
        Some((reason, b"")) => format!("{what} was revoked: {reason}"),
        Some((reason, words)) => format!("{what} was revoked: {reason}, {}", String::from_utf8_lossy(words)),
        None => format!("{what} was revoked: unspecified reason"),
    };
    revocations.iter().map(told).collect()
}

/// Tells that something is over or has not begun; nothing when it has no end.
fn not_alive(
    what: &str,
    end: Option<SystemTime>,
    now: SystemTime,
    error: &sequoia_openpgp::anyhow::Error,
) -> Option<String> {
    let how = if end? <= now { "expired" } else { "not live" };
    Some(format!("{what} is {how}: {}", chain(error).join(", because ")))
}
