//! The face of tdnf: how files come over the network, and which of curl's numbers tell why they do not (tdnf.md,
//! sections 1.2, 3.1, 5.1 and 5.2).

mod photon;

use std::time::{Duration, Instant};

use oxidnf_testkit::Machine;
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::tls::Identity;
use photon::machine;

fn serve(machine: &Machine) -> Server {
    Server::start(&machine.root().join("srv/repos"))
}

/// Defines the repository at a URL, with more lines.
fn at(machine: &Machine, url: &str, lines: &str) {
    machine.define("photon-test", &format!("baseurl={url}/photon-test\nenabled=1\ngpgcheck=0\n{lines}"));
}

/// Returns what a failed refresh says when it says it as tdnf does: the error, the repository, the error.
fn told(number: u32, text: &str) -> String {
    let error = format!("Error({number}) : {text}\n");
    format!("{error}Error: Failed to synchronize cache for repo 'photon-test packages'\n{error}")
}

// 1.2: 1201 and curl's number, for metadata and for packages; the status is that modulo 256.
#[test]
fn numbers_of_curl() {
    let machine = machine();
    let server = serve(&machine);
    let cases = [
        (Fault::CloseAfter(10), 1219, "Transferred a partial file"),
        (Fault::HangAfter(5), 1229, "Timeout was reached"),
        (Fault::RedirectLoop, 1248, "Number of redirects hit maximum amount"),
        (Fault::Hangup, 1253, "Server returned nothing (no headers, no data)"),
        (Fault::Reset, 1257, "Failure when receiving data from the peer"),
    ];
    for (fault, number, text) in cases {
        at(&machine, &server.url(), "timeout=1\nretries=0\n");
        let status = i32::try_from(number % 256).expect("a byte");
        server.fault("repomd.xml", fault.clone());
        machine.tdnf("-q --refresh list one").exits(status).err(&told(number, text));
        server.heal();
        server.fault("tool-1-1", fault);
        machine
            .tdnf("-q -y install tool")
            .exits(status)
            .err(&format!("Error processing package: tool-1-1.noarch.rpm\nError({number}) : {text}\n"));
        server.heal();
    }
}

// 1.2: schemes and URLs that cannot be used: 1202, and 1524 for what is no URL.
#[test]
fn places_that_are_none() {
    let machine = machine();
    at(&machine, "gopher://127.0.0.1", "");
    machine.tdnf("-q list one").exits(178).err(&told(1202, "Curl doesn't Support this protocol"));
    at(&machine, "ftp://127.0.0.1", "");
    machine.tdnf("-q list one").exits(178).err(&told(1202, "Curl doesn't Support this protocol"));
    at(&machine, "http://[", "");
    let ran = machine.tdnf("-q list one");
    assert!(ran.exits(244).err.ends_with("Error(1524) : URL is invalid.\n"), "{ran}");
}

// 1.2: 1524: a package whose path leads out of the cache.
#[test]
fn a_path_that_escapes() {
    let machine = machine();
    photon::change_primary(&machine, "sed -i 's,href=\"tool-1-1,href=\"../../../../../../etc/tool-1-1,' primary.xml");
    let ran = machine.tdnf("-q -y install tool");
    assert!(ran.exits(244).err.ends_with("Error(1524) : URL is invalid.\n"), "{ran}");
    assert!(!machine.has("/etc/tool-1-1.noarch.rpm"));
}

// 3.1 and 5.2: retries, ten unless the repository says otherwise, each told; an answer of the server is none.
#[test]
fn retries() {
    let machine = machine();
    let server = serve(&machine);
    at(&machine, &server.url(), "");
    server.fault("repomd.xml", Fault::Hangup);
    let ran = machine.tdnf("list one");
    let lines: Vec<&str> = ran.exits(229).out.lines().collect();
    let want: Vec<String> = (1..=10).map(|k| format!("retrying {k}/10")).collect();
    assert_eq!(lines[1..], want, "{ran}");
    assert_eq!(server.requests().len(), 11);
    machine.tdnf("-q list one").exits(229).out("");
    for (retries, requests) in [(0, 1), (1, 2), (3, 4)] {
        at(&machine, &server.url(), &format!("retries={retries}\n"));
        server.forget();
        let ran = machine.tdnf("list one");
        let told = ran.exits(229).out.lines().filter(|line| line.starts_with("retrying ")).count();
        assert_eq!((told, server.requests().len()), (retries, requests), "{ran}");
    }
    at(&machine, &server.url(), "");
    server.fault("repomd.xml", Fault::Status(404));
    server.forget();
    machine.tdnf("list one").exits(86).lacks("retrying");
    assert_eq!(server.requests().len(), 1);
    // A server that comes back is as good as any.
    server.fault("repomd.xml", Fault::StatusTimes(503, 2));
    let ran = machine.tdnf("-q list one");
    let twice = ran.exits(0).err.matches("Error: 503 when downloading").count();
    assert_eq!(twice, 1, "{ran}");
}

// 5.2: timeout; none is waited for without end, which nobody has time to test.
#[test]
fn timeout() {
    let machine = machine();
    let server = serve(&machine);
    server.fault("repomd.xml", Fault::HangAfter(5));
    at(&machine, &server.url(), "timeout=1\nretries=0\n");
    let began = Instant::now();
    machine.tdnf("-q list one").exits(205);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(20), "{took:?}");
}

// 5.2: minrate: a transfer that is slower for the time of timeout; the default is no least rate.
#[test]
fn minrate() {
    let machine = machine();
    let server = serve(&machine);
    at(&machine, &server.url(), "");
    machine.tdnf("-q makecache").exits(0);
    server.fault("tool-1-1", Fault::Slow(3000));
    at(&machine, &server.url(), "timeout=2\nretries=0\nminrate=100000\n");
    machine.tdnf("-q -y install tool").exits(205);
    at(&machine, &server.url(), "timeout=2\nretries=0\n");
    machine.tdnf("-q -y install tool").exits(0);
}

// 5.2: throttle: bytes per second at most.
#[test]
fn throttle() {
    let machine = machine();
    let server = serve(&machine);
    at(&machine, &server.url(), "");
    machine.tdnf("-q makecache").exits(0);
    let size = std::fs::metadata(machine.repo_dir("photon-test").join("tool-1-1.noarch.rpm")).expect("is there").len();
    at(&machine, &server.url(), &format!("throttle={}\n", size / 3));
    let began = Instant::now();
    machine.tdnf("-q -y install tool").exits(0);
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

// 5.2: mirrorlist: mirrors in order, the next one when the first has nothing.
#[test]
fn mirrorlist() {
    let machine = machine();
    let server = serve(&machine);
    let list = format!("# mirrors\n{0}/nothing\n{0}/photon-test\n", server.url());
    machine.write("/srv/repos/mirrors", &list);
    let define =
        |url: &str| machine.define("photon-test", &format!("mirrorlist={url}\nenabled=1\ngpgcheck=0\nretries=0\n"));
    define(&format!("{}/mirrors", server.url()));
    machine.tdnf("-q -y install one").exits(0);
    let requests = server.requests();
    let asked = |path: &str| requests.iter().position(|seen| seen == path);
    assert!(asked("/nothing/repodata/repomd.xml") < asked("/photon-test/repodata/repomd.xml"), "{requests:?}");
    define(&format!("{}/no-mirrors", server.url()));
    let ran = machine.tdnf("-q --refresh list one");
    assert!(ran.exits(86).err.starts_with("Error: 404 when downloading "), "{ran}");
}

// 5.2: username and password.
#[test]
fn login() {
    let machine = machine();
    let server = serve(&machine);
    at(&machine, &server.url(), "username=somebody\npassword=secret\n");
    let ran = machine.tdnf("-q list one");
    assert!(!format!("{}", ran.exits(0)).contains("secret"), "{ran}");
    // printf somebody:secret | base64
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.authorization.as_deref() == Some("Basic c29tZWJvZHk6c2VjcmV0")), "{seen:?}");
}

// 5.2: the user agent: tdnf's version, and what os-release says.
#[test]
fn user_agent() {
    let machine = machine();
    let server = serve(&machine);
    at(&machine, &server.url(), "");
    machine.write("/etc/os-release", "NAME=\"Azure\"\nID=azurelinux\nVERSION_ID=\"3.0\"\n");
    machine.tdnf("-q list one").exits(0);
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.user_agent == "tdnf/3.6.0 azurelinux/3.0"), "{seen:?}");
}

// 5.1: proxy with its user; both user and password are needed. 5.5: libcurl's variables where nothing is configured.
#[test]
fn proxies() {
    let machine = machine();
    let proxy = serve(&machine);
    // Nobody but the proxy knows this host.
    at(&machine, "http://repos.invalid", "retries=0\n");
    machine.configure(&format!("proxy={}", proxy.url()));
    machine.tdnf("-q list one").exits(0);
    assert!(proxy.seen().iter().all(|seen| seen.authorization.is_none()));
    machine.tdnf("-q clean all").exits(0);
    for lines in ["proxy_username=somebody", "proxy_password=secret"] {
        proxy.forget();
        machine.configure(&format!("proxy={}\n{lines}", proxy.url()));
        machine.tdnf("-q --refresh list one").exits(0);
        assert!(proxy.seen().iter().all(|seen| seen.authorization.is_none()), "{lines}");
    }
    proxy.forget();
    machine.configure(&format!("proxy={}\nproxy_username=somebody\nproxy_password=secret", proxy.url()));
    machine.tdnf("-q --refresh list one").exits(0);
    let seen = proxy.seen();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|seen| seen.authorization.as_deref() == Some("Basic c29tZWJvZHk6c2VjcmV0")), "{seen:?}");
    machine.configure("");
    machine.tdnf("-q --refresh list one").exits(183);
    let with = |line: &str| {
        machine.write("/jobs/run.sh", &format!("{line} tdnf -q --refresh list one\n"));
        machine.run("sh", "/jobs/run.sh", "")
    };
    with(&format!("http_proxy={}", proxy.url())).exits(0);
    with(&format!("https_proxy={}", proxy.url())).exits(183);
    with(&format!("http_proxy={} no_proxy=repos.invalid", proxy.url())).exits(183);
    // Nobody listens there; an address is nobody's name.
    machine.configure("proxy=http://127.0.0.1:9");
    machine.tdnf("-q --refresh list one").exits(184).err(&told(1208, "Could not connect to server"));
}

// 5.1 and 5.2: sslverify in both files, sslcacert, sslclientcert and sslclientkey; 1261 (60), 1259 (58), 1278 (77).
#[test]
fn certificates() {
    let machine = machine();
    let (own, client) = (Identity::new("server"), Identity::new("client"));
    let server = Server::start_tls(&machine.root().join("srv/repos"), &own);
    let refresh = |lines: &str| {
        at(&machine, &server.url(), &format!("retries=0\n{lines}"));
        machine.tdnf("-q --refresh list one")
    };
    let bad = told(1261, "SSL peer certificate or SSH remote key was not OK");
    refresh("").exits(237).err(&bad);
    refresh("sslverify=0\n").exits(0);
    machine.configure("sslverify=0");
    refresh("").exits(0);
    refresh("sslverify=1\n").exits(237).err(&bad);
    machine.configure("");
    machine.write("/etc/pki/own.pem", &own.certificate_pem());
    refresh("sslcacert=/etc/pki/own.pem\n").exits(0);
    let text = "Problem with the SSL CA cert (path? access rights?)";
    refresh("sslcacert=/etc/pki/missing.pem\n").exits(254).err(&told(1278, text));
    let picky = Server::start_tls(&machine.root().join("srv/repos"), &Identity::new("picky").asking_for(&client));
    let refresh = |lines: &str| {
        at(&machine, &picky.url(), &format!("retries=0\nsslverify=0\n{lines}"));
        machine.tdnf("-q --refresh list one")
    };
    machine.write("/etc/pki/client.pem", &client.certificate_pem());
    machine.write("/etc/pki/client.key", &client.key_pem());
    refresh("sslclientcert=/etc/pki/client.pem\nsslclientkey=/etc/pki/client.key\n").exits(0);
    assert_ne!(refresh("").status, Some(0));
    let text = "Problem with the local SSL certificate";
    for lines in [
        "sslclientcert=/etc/pki/missing.pem\n",
        "sslclientcert=/etc/pki/client.pem\nsslclientkey=/etc/pki/missing.key\n",
        "sslclientcert=/etc/pki/client.pem\nsslclientkey=/etc/os-release\n",
    ] {
        machine.write("/etc/os-release", "ID=none\n");
        refresh(lines).exits(235).err(&told(1259, text));
    }
}
