//! A certificate authority of one's own, for servers that speak TLS.

use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod, SslStream, SslVerifyMode};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

/// A key with a certificate that it signed itself, good for 127.0.0.1.
pub struct Identity {
    key: PKey<Private>,
    certificate: X509,
    client: Option<X509>,
}

impl Identity {
    /// Makes one.
    ///
    /// # Panics
    /// When OpenSSL cannot make keys.
    pub fn new(name: &str) -> Self {
        Self::made(name, "127.0.0.1", 0, 2)
    }

    /// Makes one that is good from the first to the last of these days, counted from now.
    ///
    /// # Panics
    /// When OpenSSL cannot make keys.
    pub fn lasting(name: &str, first: i64, last: i64) -> Self {
        Self::made(name, "127.0.0.1", first, last)
    }

    /// Makes one for another host than 127.0.0.1.
    ///
    /// # Panics
    /// When OpenSSL cannot make keys.
    pub fn for_host(name: &str, host: &str) -> Self {
        Self::made(name, host, 0, 2)
    }

    fn made(name: &str, host: &str, first: i64, last: i64) -> Self {
        let key = Rsa::generate(2048).and_then(PKey::from_rsa).expect("OpenSSL makes keys");
        let certificate = certificate(name, host, [first, last], &key).expect("OpenSSL makes certificates");
        Identity { key, certificate, client: None }
    }

    /// Asks clients for a certificate by this authority.
    #[must_use]
    pub fn asking_for(mut self, client: &Identity) -> Self {
        self.client = Some(client.certificate.clone());
        self
    }

    /// Returns the certificate as PEM.
    ///
    /// # Panics
    /// When memory is out.
    pub fn certificate_pem(&self) -> String {
        text(self.certificate.to_pem())
    }

    /// Returns the key as PEM.
    ///
    /// # Panics
    /// When memory is out.
    pub fn key_pem(&self) -> String {
        text(self.key.private_key_to_pem_pkcs8())
    }

    pub(crate) fn acceptor(&self) -> Acceptor {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("OpenSSL serves");
        builder.set_private_key(&self.key).and_then(|()| builder.set_certificate(&self.certificate)).expect("they fit");
        if let Some(client) = &self.client {
            builder.cert_store_mut().add_cert(client.clone()).expect("a certificate is a certificate");
            builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        }
        Acceptor(Arc::new(builder.build()))
    }
}

fn text(pem: Result<Vec<u8>, openssl::error::ErrorStack>) -> String {
    String::from_utf8(pem.expect("memory is there")).expect("PEM is ASCII")
}

/// Makes a certificate that is good between two days, counted from now.
fn certificate(
    name: &str,
    host: &str,
    days: [i64; 2],
    key: &PKey<Private>,
) -> Result<X509, openssl::error::ErrorStack> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
    let [first, last] = days.map(|day| Asn1Time::from_unix(now + day * 86_400));
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_text("CN", name)?;
    let subject = subject.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(&subject)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(first?.as_ref())?;
    builder.set_not_after(last?.as_ref())?;
    builder.append_extension(BasicConstraints::new().ca().build()?)?;
    let mut names = SubjectAlternativeName::new();
    match host.parse::<IpAddr>() {
        Ok(_) => names.ip(host),
        Err(_) => names.dns(host),
    };
    let names = names.build(&builder.x509v3_context(None, None))?;
    builder.append_extension(names)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

/// Makes TLS of connections.
#[derive(Clone)]
pub(crate) struct Acceptor(Arc<SslAcceptor>);

impl Acceptor {
    pub(crate) fn accept<'s>(&self, stream: &'s TcpStream) -> std::io::Result<SslStream<&'s TcpStream>> {
        self.0.accept(stream).map_err(|error| std::io::Error::other(error.to_string()))
    }
}
