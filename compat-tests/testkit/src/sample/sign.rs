//! Signs packages as `rpmsign` does: an OpenPGP signature over the main header, put into the signature header.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use oxidnf_core::header::{HeaderBuilder, OwnedValue, Tag};
use oxidnf_core::package_file::PackageFile;
use sequoia_openpgp as openpgp;

use openpgp::cert::{CertBuilder, CipherSuite};
use openpgp::crypto::KeyPair;
use openpgp::packet::signature::SignatureBuilder;
use openpgp::serialize::SerializeInto as _;
use openpgp::types::{HashAlgorithm, SignatureType};

use super::Failure;

const HEADER_MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];

/// A throwaway key.
pub struct Signer {
    cert: openpgp::Cert,
}

impl Signer {
    /// Makes a new RSA key for this user id; every rpm of the last twenty years can check RSA.
    pub fn generate(user_id: &str) -> Result<Self, Failure> {
        let (cert, _) = CertBuilder::new()
            .add_userid(user_id)
            .set_cipher_suite(CipherSuite::RSA3k)
            .set_primary_key_flags(openpgp::types::KeyFlags::empty().set_certification().set_signing())
            .generate()?;
        Ok(Signer { cert })
    }

    /// Returns the public key, armored.
    pub fn armored_key(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.cert.armored().to_vec()?)
    }

    fn key_pair(&self) -> Result<KeyPair, Failure> {
        Ok(self.cert.primary_key().key().clone().parts_into_secret()?.into_keypair()?)
    }

    /// Replaces the package file by the same package with a signature in its signature header.
    pub fn sign_package(&self, path: &Path) -> Result<(), Failure> {
        let file = PackageFile::open(path)?;
        let bytes = fs::read(path)?;
        let (header, payload) = (file.header_offset() as usize, file.payload_offset() as usize);
        let mut pair = self.key_pair()?;
        let signature = SignatureBuilder::new(SignatureType::Binary)
            .set_hash_algo(HashAlgorithm::SHA256)
            .sign_message(&mut pair, &bytes[header..payload])?;
        let packet = openpgp::Packet::from(signature).to_vec()?;
        let signed = file
            .signature()
            .entries()
            .filter(|entry| entry.tag() != Tag::HEADERSIGNATURES)
            .fold(HeaderBuilder::new(), |builder, entry| builder.entry(entry.tag(), entry.to_owned()))
            .entry(Tag::RSAHEADER, OwnedValue::Bin(packet))
            .build_signature()?;
        let mut output = bytes[..96].to_vec();
        output.extend_from_slice(&HEADER_MAGIC);
        output.extend_from_slice(signed.bytes());
        output.resize(output.len().next_multiple_of(8), 0);
        output.extend_from_slice(&bytes[header..]);
        let mut new = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        new.write_all(&output)?;
        new.persist(path)?;
        Ok(())
    }
}
