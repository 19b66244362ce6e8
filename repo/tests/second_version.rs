//! HTTP/2, which is agreed on when a connection is encrypted.

mod support;

use std::sync::{Arc, Mutex};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use native_tls::{Identity, TlsAcceptor};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use oxidnf_core::event::Silent;
use oxidnf_repo::fetch::{FetchOptions, Fetcher, Place, Wanted};
use support::{quick, repo, settings, sha256};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What the server saw: versions of requests, and how many connections there were.
#[derive(Default)]
struct Seen {
    versions: Vec<Version>,
    connections: usize,
}

fn content(path: &str) -> Vec<u8> {
    path.repeat(5000).into_bytes()
}

fn identity() -> Identity {
    let key = PKey::from_rsa(Rsa::generate(2048).expect("RSA")).expect("RSA");
    let mut builder = X509::builder().expect("memory");
    let (from, to) = (Asn1Time::days_from_now(0).expect("a time"), Asn1Time::days_from_now(2).expect("a time"));
    builder
        .set_version(2)
        .and_then(|()| builder.set_pubkey(&key))
        .and_then(|()| builder.set_not_before(&from))
        .and_then(|()| builder.set_not_after(&to))
        .and_then(|()| builder.sign(&key, MessageDigest::sha256()))
        .expect("certificates can be made");
    let (certificate, key) = (builder.build().to_pem().expect("PEM"), key.private_key_to_pem_pkcs8().expect("PEM"));
    Identity::from_pkcs8(&certificate, &key).expect("they fit")
}

/// Serves texts made of their paths, in the best of these versions that a client knows.
fn serve(runtime: &Runtime, protocols: &[&str]) -> (String, Arc<Mutex<Seen>>) {
    let acceptor = TlsAcceptor::builder(identity()).accept_alpn(protocols).build().expect("TLS");
    let acceptor = tokio_native_tls::TlsAcceptor::from(acceptor);
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("loopback has free ports");
    let url = format!("https://{}/", listener.local_addr().expect("bound"));
    let seen = Arc::new(Mutex::new(Seen::default()));
    let for_server = Arc::clone(&seen);
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&for_server));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                seen.lock().expect("no panics").connections += 1;
                let second = stream.get_ref().negotiated_alpn().ok().flatten().as_deref() == Some(b"h2");
                let answer = service_fn(move |request: Request<Incoming>| {
                    let seen = Arc::clone(&seen);
                    async move {
                        seen.lock().expect("no panics").versions.push(request.version());
                        let body = content(request.uri().path().trim_start_matches('/'));
                        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(body))))
                    }
                });
                let io = TokioIo::new(stream);
                // A client that goes away is not the server's problem.
                if second {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    drop(server.serve_connection(io, answer).await);
                } else {
                    drop(hyper::server::conn::http1::Builder::new().serve_connection(io, answer).await);
                }
            });
        }
    });
    (url, seen)
}

fn fetch(url: &str, names: &[String]) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[url]);
    repo.options.sslverify = false;
    repo.options.max_downloads_per_mirror = 8;
    let wanted = names.iter().map(|name| Wanted {
        repo: &repo,
        place: Place::Location { href: name.clone(), base: None },
        dest: dir.path().join(name),
        size: Some(content(name).len() as u64),
        checksum: Some(sha256(&content(name))),
        nevra: None,
        observer: None,
    });
    let options = FetchOptions { max_parallel_downloads: 8, ..quick() };
    let fetcher = Fetcher::new(options, &Silent).expect("threads can be started");
    // The first one makes the connection.
    let mut wanted: Vec<_> = wanted.collect();
    let rest = wanted.split_off(1);
    for wanted in [wanted, rest] {
        for result in fetcher.packages(&settings(dir.path()), wanted) {
            let fetched = result.expect("fetched");
            let name = fetched.path.file_name().expect("a name").to_string_lossy().into_owned();
            assert_eq!(std::fs::read(&fetched.path).expect("there"), content(&name));
        }
    }
}

#[test]
fn servers_that_know_it_are_spoken_to_in_it() {
    let runtime = Runtime::new().expect("threads can be started");
    let (url, seen) = serve(&runtime, &["h2", "http/1.1"]);
    let names: Vec<String> = (0..40).map(|number| format!("p{number}.rpm")).collect();
    fetch(&url, &names);
    let seen = seen.lock().expect("no panics");
    assert_eq!(seen.versions.len(), names.len());
    assert!(seen.versions.iter().all(|version| *version == Version::HTTP_2), "{:?}", seen.versions);
    // All go over one connection, eight at a time.
    assert_eq!(seen.connections, 1);
}

#[test]
fn others_are_not() {
    let runtime = Runtime::new().expect("threads can be started");
    for protocols in [&["http/1.1"][..], &["something"]] {
        let (url, seen) = serve(&runtime, protocols);
        let names: Vec<String> = (0..4).map(|number| format!("p{number}.rpm")).collect();
        if protocols == ["something"] {
            // Nothing in common: nothing is agreed on, and the first version is spoken.
            fetch(&url, &names[..2]);
        } else {
            fetch(&url, &names);
        }
        let seen = seen.lock().expect("no panics");
        assert!(!seen.versions.is_empty());
        assert!(seen.versions.iter().all(|version| *version == Version::HTTP_11), "{:?}", seen.versions);
    }
}
