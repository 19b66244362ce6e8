//! What algorithms are good enough: sequoia's standard policy, as the crypto policy of the system changes it.
//!
//! rpm's OpenPGP library reads the same files in the same order, so that a system that has given up an algorithm has
//! given it up here, too. A file that cannot be understood changes nothing.

use std::sync::OnceLock;
use std::time::SystemTime;

use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::policy::{AsymmetricAlgorithm, StandardPolicy};
use sequoia_openpgp::types::HashAlgorithm;
use sequoia_policy_config::ConfiguredStandardPolicy;

/// Where distributions put it: what is said for rpm, else what is said for everybody.
const FILES: [&str; 2] =
    ["/etc/crypto-policies/back-ends/rpm-sequoia.config", "/etc/crypto-policies/back-ends/sequoia.config"];

/// Returns the policy as of a time.
pub(super) fn policy(now: SystemTime) -> StandardPolicy<'static> {
    static SYSTEM: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| FILES.iter().find_map(|file| std::fs::read(file).ok()));
    configured(now, system.as_deref())
}

/// Returns the policy that a configuration makes.
///
/// Signatures of version 3 are accepted, as rpm accepts them: they are old but not broken, and much of what is
/// packaged was signed so.
fn configured(now: SystemTime, configuration: Option<&[u8]>) -> StandardPolicy<'static> {
    let mut policy = ConfiguredStandardPolicy::at(now);
    if configuration.is_some_and(|configuration| policy.parse_bytes(configuration).is_err()) {
        policy = ConfiguredStandardPolicy::at(now);
    }
    let mut policy = policy.build();
    policy.accept_packet_tag_version(Tag::Signature, 3);
    policy
}

/// Returns a policy that accepts what has been given up, to tell a signature by a weak key from a wrong one.
pub(super) fn lenient_policy(now: SystemTime) -> StandardPolicy<'static> {
    let mut policy = policy(now);
    for hash in [HashAlgorithm::MD5, HashAlgorithm::SHA1, HashAlgorithm::RipeMD] {
        policy.accept_hash(hash);
    }
    for algorithm in [AsymmetricAlgorithm::RSA1024, AsymmetricAlgorithm::DSA1024, AsymmetricAlgorithm::DSA2048] {
        policy.accept_asymmetric_algo(algorithm);
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use sequoia_openpgp::policy::HashAlgoSecurity;

    fn sha256_is_good(configuration: &str) -> bool {
        let policy = configured(SystemTime::now(), Some(configuration.as_bytes()));
        policy.hash_cutoff(HashAlgorithm::SHA256, HashAlgoSecurity::CollisionResistance).is_none()
    }

    // witness: `rpmkeys -K` with such a file in place says NOTTRUSTED.
    #[test]
    fn the_system_has_the_last_word() {
        assert!(sha256_is_good(""));
        assert!(!sha256_is_good("[hash_algorithms]\nsha256.collision_resistance = \"never\"\n"));
        assert!(sha256_is_good("[hash_algorithms]\nsha1.collision_resistance = \"never\"\n"));
        // What is no configuration changes nothing.
        assert!(sha256_is_good("[hash_algorithms\nsha256 = \"never\""));
    }
}
