//! Encryption of connections to servers and proxies, as the configuration asks for it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use native_tls::{Certificate, Identity, Protocol, TlsConnector};

use super::error::FailureKind;
use super::failure::{Failure, cause};
use oxidnf_core::event::TransferFault;

/// The options about encryption.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tls {
    verify: bool,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Tls {
    pub(super) fn new(verify: bool, ca: &str, certificate: &str, key: &str) -> Self {
        let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        Tls { verify, ca: path(ca), certificate: path(certificate), key: path(key) }
    }

    /// Reads the files that the options name; the connector offers these protocols of the layer above.
    fn connector(&self, protocols: &[&str]) -> Result<tokio_native_tls::TlsConnector, Failure> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12)).request_alpns(protocols);
        if !self.verify {
            builder.danger_accept_invalid_certs(true).danger_accept_invalid_hostnames(true);
        }
        if let Some(path) = &self.ca {
            builder.disable_built_in_roots(true);
            for certificate in authorities(path)? {
                builder.add_root_certificate(certificate);
            }
        }
        if let Some(path) = &self.certificate {
            builder.identity(identity(path, self.key.as_deref())?);
        }
        let connector = builder.build().map_err(|error| Failure::local(FailureKind::Tls, cause(&error)))?;
        Ok(connector.into())
    }
}

/// A connector that is made when something is to be encrypted: reading the system's certificates takes longer than many
/// a transfer, and as with curl files that the options name matter only then.
pub(super) struct LazyConnector {
    tls: Tls,
    protocols: &'static [&'static str],
    made: OnceLock<Result<tokio_native_tls::TlsConnector, Failure>>,
}

impl LazyConnector {
    pub(super) fn new(tls: Tls, protocols: &'static [&'static str]) -> Self {
        LazyConnector { tls, protocols, made: OnceLock::new() }
    }

    pub(super) fn get(&self) -> Result<&tokio_native_tls::TlsConnector, Failure> {
        self.made.get_or_init(|| self.tls.connector(self.protocols)).as_ref().map_err(Clone::clone)
    }
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let unusable = |reason: String| unusable(FailureKind::Authorities, TransferFault::Authorities, path, &reason);
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    Certificate::stack_from_pem(&pem).map_err(|error| unusable(cause(&error)))
}

/// Reads a client certificate and its key, which may be in the same file.
fn identity(certificate: &Path, key: Option<&Path>) -> Result<Identity, Failure> {
    let key_path = key.unwrap_or(certificate);
    let bad = |path: &Path, reason: String| unusable(FailureKind::Identity, TransferFault::Identity, path, &reason);
    let read = |path: &Path| std::fs::read(path).map_err(|error| bad(path, error.to_string()));
    // Keys come in several PEM forms, of which the TLS library takes only PKCS #8. An encrypted key must not ask for
    // its password on the terminal.
    let key = openssl::pkey::PKey::private_key_from_pem_callback(&read(key_path)?, |_| Ok(0))
        .and_then(|key| key.private_key_to_pem_pkcs8())
        .map_err(|error| bad(key_path, error.to_string()))?;
    Identity::from_pkcs8(&read(certificate)?, &key).map_err(|error| bad(certificate, cause(&error)))
}

fn unusable(kind: FailureKind, fault: TransferFault, path: &Path, reason: &str) -> Failure {
    Failure { fault, ..Failure::local(kind, format!("{}: {reason}", path.display())) }
}
