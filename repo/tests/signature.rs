//! `repo_gpgcheck`: the signature of a repository's index.

mod support;

use std::io::Write as _;
use std::sync::Mutex;

use oxidnf_core::event::IndexSignature;
use oxidnf_repo::cache::{CacheSettings, RepoCache};
use oxidnf_repo::fetch::{FailureKind, KeyOffer, KeyPrompt, RepoError, RepoFault};
use oxidnf_repo::metadata::Metadata;
use sequoia_openpgp as openpgp;

use openpgp::cert::{Cert, CertBuilder};
use openpgp::policy::StandardPolicy;
use openpgp::serialize::SerializeInto as _;
use openpgp::serialize::stream::{Armorer, Message, Signer};
use support::{Fixture, Log, Reply, Server, fetcher, repo, settings};

fn key(name: &str) -> Cert {
    CertBuilder::general_purpose(Some(name)).generate().expect("keys can be made").0
}

fn sign(key: &Cert, data: &[u8]) -> Vec<u8> {
    let policy = StandardPolicy::new();
    let keypair = key.keys().with_policy(&policy, None).for_signing().secret().next().expect("can sign");
    let keypair = keypair.key().clone().into_keypair().expect("not encrypted");
    let mut signature = Vec::new();
    let message = Armorer::new(Message::new(&mut signature)).kind(openpgp::armor::Kind::Signature);
    let message = message.build().expect("memory is writable");
    let signer = Signer::new(message, keypair).expect("signing key").detached();
    let mut signer = signer.build().expect("memory is writable");
    signer.write_all(data).expect("memory is writable");
    signer.finalize().expect("memory is writable");
    signature
}

#[derive(Default)]
struct Prompt {
    accept: bool,
    offers: Mutex<Vec<KeyOffer>>,
    imported: Mutex<usize>,
}

impl KeyPrompt for Prompt {
    fn accept(&self, offer: &KeyOffer) -> bool {
        self.offers.lock().expect("no panics").push(offer.clone());
        self.accept
    }

    fn imported(&self, _offer: &KeyOffer) {
        *self.imported.lock().expect("no panics") += 1;
    }
}

/// A server with a repository, its signature and a key.
fn server(signature: Option<Vec<u8>>, offered: &Cert) -> Server {
    let fixture = Fixture::new(&["primary"], "one");
    let offered = offered.armored().to_vec().expect("memory is writable");
    Server::start(move |request| match &*request.path {
        "/repodata/repomd.xml.asc" => signature.clone().map_or(Reply::Status(404), Reply::File),
        "/key" => Reply::File(offered.clone()),
        _ => fixture.reply(request),
    })
}

fn sync(server: &Server, settings: &CacheSettings, prompt: &Prompt) -> Result<Metadata, RepoError> {
    let mut repo = repo("r", &[&server.url("")]);
    repo.options.repo_gpgcheck = true;
    repo.gpgkey = vec![server.url("key")];
    let log = Log::default();
    fetcher(&log).with_prompt(prompt).sync(&[repo], settings).remove(0).1
}

fn index() -> Vec<u8> {
    Fixture::new(&["primary"], "one").repomd
}

#[test]
fn keys_are_asked_for_once() {
    let key = key("Somebody <some@body.invalid>");
    let server = server(Some(sign(&key, &index())), &key);
    let dir = tempfile::tempdir().expect("temporary directory");
    let settings = settings(dir.path());
    let refuse = Prompt::default();
    let error = sync(&server, &settings, &refuse).expect_err("the key was refused");
    assert!(matches!(*error.fault, RepoFault::Signature { kind: IndexSignature::NoKey, .. }), "{error:?}");
    assert_eq!(refuse.offers.lock().expect("no panics").len(), 1);
    let accept = Prompt { accept: true, ..Prompt::default() };
    let metadata = sync(&server, &settings, &accept).expect("the key was accepted");
    assert!(metadata.dir().join("repodata/repomd.xml.asc").is_file());
    {
        let offers = accept.offers.lock().expect("no panics");
        assert_eq!(offers[0].facts.fingerprint, key.fingerprint().to_hex());
        assert_eq!(offers[0].facts.user_id, "Somebody <some@body.invalid>");
        assert_eq!((&*offers[0].repo, &*offers[0].url), ("r", &*server.url("key")));
    }
    assert_eq!(*accept.imported.lock().expect("no panics"), 1);
    // From now on the key is known.
    std::fs::remove_dir_all(metadata.dir().join("repodata")).expect("own directory");
    sync(&server, &settings, &refuse).expect("the key is there");
    assert_eq!(refuse.offers.lock().expect("no panics").len(), 1);
}

#[test]
fn bad_signatures_are_refused() {
    let (right, wrong) = (key("right"), key("wrong"));
    let accept = Prompt { accept: true, ..Prompt::default() };
    let cases = [
        ("of other bytes", Some(sign(&right, b"something else")), FailureKind::Signature),
        ("by another key", Some(sign(&wrong, &index())), FailureKind::Signature),
        ("nonsense", Some(b"nonsense".to_vec()), FailureKind::Signature),
        ("missing", None, FailureKind::NotFound),
    ];
    for (name, signature, want) in cases {
        let server = server(signature, &right);
        let dir = tempfile::tempdir().expect("temporary directory");
        let error = sync(&server, &settings(dir.path()), &accept).expect_err(name);
        assert_eq!(error.kind(), want, "{name}: {error:?}");
        assert!(!server.paths().iter().any(|path| path.contains("primary")), "nothing unsigned is fetched");
    }
}

#[test]
fn metadata_from_before_the_check_is_not_trusted() {
    let key = key("k");
    let server = server(None, &key);
    let dir = tempfile::tempdir().expect("temporary directory");
    let settings = settings(dir.path());
    let unchecked = repo("r", &[&server.url("")]);
    let log = Log::default();
    fetcher(&log).sync(std::slice::from_ref(&unchecked), &settings).remove(0).1.expect("no check");
    let error = sync(&server, &settings, &Prompt::default()).expect_err("there is no signature");
    assert_eq!(error.kind(), FailureKind::NotFound);
    assert!(RepoCache::new(&settings, &unchecked).repomd().exists(), "the old state stays");
}

#[test]
fn keys_that_are_over_are_refused() {
    // witness: `dnf5 makecache` with repo_gpgcheck and such a key; for packages, made once and for all, it is enough
    // that the key was good when it signed.
    let day = std::time::Duration::from_secs(24 * 3600);
    let made = std::time::SystemTime::now() - 30 * day;
    let (expired, _) = CertBuilder::general_purpose(Some("k"))
        .set_creation_time(made)
        .set_validity_period(10 * day)
        .generate()
        .expect("keys can be made");
    let policy = StandardPolicy::new();
    let keypair = expired.keys().with_policy(&policy, made).for_signing().secret().next().expect("can sign");
    let keypair = keypair.key().clone().into_keypair().expect("not encrypted");
    let mut signature = Vec::new();
    let message = Armorer::new(Message::new(&mut signature)).kind(openpgp::armor::Kind::Signature);
    let message = message.build().expect("memory is writable");
    let signer = Signer::new(message, keypair).expect("signing key").creation_time(made + 5 * day).detached();
    let mut signer = signer.build().expect("memory is writable");
    signer.write_all(&index()).expect("memory is writable");
    signer.finalize().expect("memory is writable");
    let server = server(Some(signature), &expired);
    let dir = tempfile::tempdir().expect("temporary directory");
    let accept = Prompt { accept: true, ..Prompt::default() };
    let error = sync(&server, &settings(dir.path()), &accept).expect_err("the key has expired");
    assert!(matches!(*error.fault, RepoFault::Signature { kind: IndexSignature::Expired, .. }), "{error:?}");
}
