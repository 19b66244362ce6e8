//! Encrypted connections.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::fetch::{DownloadError, FailureKind, Fetched, Place, Wanted};
use support::{Log, Server, fetcher, repo, settings, sha256};

const CONTENT: &[u8] = b"private bytes";

/// A certificate that signs itself, for 127.0.0.1.
fn certificate() -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).expect("RSA")).expect("RSA");
    let build = || -> Result<X509, openssl::error::ErrorStack> {
        let mut name = X509NameBuilder::new()?;
        name.append_entry_by_text("CN", "127.0.0.1")?;
        let name = name.build();
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&name)?;
        builder.set_issuer_name(&name)?;
        builder.set_pubkey(&key)?;
        let (from, to) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(2)?);
        builder.set_not_before(&from)?;
        builder.set_not_after(&to)?;
        let names = SubjectAlternativeName::new().ip("127.0.0.1").build(&builder.x509v3_context(None, None))?;
        builder.append_extension(names)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(builder.build())
    };
    (build().expect("certificates can be made"), key)
}

/// Serves `CONTENT`, or redirects `/away` there; asks for a certificate of `client` if there is one.
fn serve(certificate: &X509, key: &PKey<Private>, client: Option<&X509>, away: &str) -> String {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("TLS");
    acceptor.set_certificate(certificate).expect("good certificate");
    acceptor.set_private_key(key).expect("good key");
    if let Some(client) = client {
        acceptor.cert_store_mut().add_cert(client.clone()).expect("good certificate");
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    let acceptor = Arc::new(acceptor.build());
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let url = format!("https://{}/", listener.local_addr().expect("bound"));
    let away = away.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (acceptor, away) = (Arc::clone(&acceptor), away.clone());
            std::thread::spawn(move || {
                let Ok(mut stream) = acceptor.accept(stream) else { return };
                let mut line = String::new();
                let mut reader = BufReader::new(&mut stream);
                let _ = reader.read_line(&mut line);
                let mut header = String::from("x");
                while !header.trim().is_empty() {
                    header.clear();
                    let _ = reader.read_line(&mut header);
                }
                let head = if line.contains("/away") {
                    format!("HTTP/1.1 302 Go\r\nLocation: {away}\r\nContent-Length: 0\r\n\r\n")
                } else {
                    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", CONTENT.len())
                };
                let _ = stream.write_all(head.as_bytes());
                if !line.contains("/away") {
                    let _ = stream.write_all(CONTENT);
                }
                let _ = stream.shutdown();
            });
        }
    });
    url
}

fn fetch(repo: &RepoConfig, dir: &Path, href: &str, checked: bool) -> Result<Fetched, DownloadError> {
    let wanted = Wanted {
        repo,
        place: Place::Location { href: href.to_owned(), base: None },
        dest: dir.join("file"),
        size: None,
        checksum: checked.then(|| sha256(CONTENT)),
        nevra: None,
        observer: None,
    };
    let log = Log::default();
    let result = fetcher(&log).packages(&settings(dir), vec![wanted]).remove(0);
    // Only what is fetched anew says something.
    let _ = std::fs::remove_file(dir.join("file"));
    result
}

fn write_pem(dir: &Path, name: &str, pem: &[u8]) -> String {
    let path = dir.join(name);
    std::fs::write(&path, pem).expect("writable");
    path.display().to_string()
}

#[test]
fn certificates_are_checked() {
    let (certificate, key) = certificate();
    let url = serve(&certificate, &key, None, "");
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&url]);
    let error = fetch(&repo, dir.path(), "x", true).expect_err("nobody knows this certificate");
    assert_eq!((error.kind, error.attempts.len()), (FailureKind::Tls, 4), "{error}");
    repo.options.sslcacert = write_pem(dir.path(), "ca.pem", &certificate.to_pem().expect("PEM"));
    fetch(&repo, dir.path(), "x", true).expect("the configuration knows it");
    repo.options.sslcacert = String::new();
    repo.options.sslverify = false;
    fetch(&repo, dir.path(), "x", true).expect("nobody asks");
    repo.options.sslcacert = "/nonexistent/ca.pem".to_owned();
    let error = fetch(&repo, dir.path(), "x", true).expect_err("no such file");
    assert!(error.to_string().contains("/nonexistent/ca.pem"), "{error}");
}

#[test]
fn clients_have_certificates() {
    let (certificate, key) = certificate();
    let url = serve(&certificate, &key, Some(&certificate), "");
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&url]);
    repo.options.sslcacert = write_pem(dir.path(), "ca.pem", &certificate.to_pem().expect("PEM"));
    fetch(&repo, dir.path(), "x", true).expect_err("no certificate shown");
    repo.options.sslclientcert = repo.options.sslcacert.clone();
    // The old form of key files, which the TLS library does not read itself.
    let old_form = key.rsa().and_then(|key| key.private_key_to_pem()).expect("PEM");
    repo.options.sslclientkey = write_pem(dir.path(), "key.pem", &old_form);
    fetch(&repo, dir.path(), "x", true).expect("the right certificate");
}

#[test]
fn redirects_to_plain_connections() {
    let plain = Server::files(&[("x", CONTENT)]);
    let (certificate, key) = certificate();
    let url = serve(&certificate, &key, None, &plain.url("x"));
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&url]);
    repo.options.sslverify = false;
    fetch(&repo, dir.path(), "away", true).expect("a checksum vouches for it");
    let error = fetch(&repo, dir.path(), "away", false).expect_err("nothing vouches for it");
    assert_eq!(error.kind, FailureKind::Redirect);
}
