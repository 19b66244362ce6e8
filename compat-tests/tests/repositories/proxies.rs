//! Proxies of all kinds: what they are told, and what is said when they do not do it.

use oxidnf_testkit::http::Server;
use oxidnf_testkit::login::Scheme;
use oxidnf_testkit::proxy::{Manner, Proxy};
use oxidnf_testkit::tls::Identity;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};
use rstest::rstest;

const LOGIN: &str = "proxy_username=u\nproxy_password=p\n";
const WRONG: &str = "proxy_username=u\nproxy_password=no\n";

/// A repository behind a proxy.
struct Place {
    world: World,
    server: Server,
}

impl Place {
    fn new() -> Self {
        let world = World::new().repo("base", [rpm("foo")]);
        let server = Server::start(&world.repos_dir());
        Place { world, server }
    }

    fn encrypted() -> Self {
        let world = World::new().repo("base", [rpm("foo")]);
        let server = Server::start_tls(&world.repos_dir(), &Identity::new("server"));
        Place { world, server }
    }

    /// Returns the URL of the repository by a name that only the proxy knows.
    fn behind(&self) -> String {
        format!("{}/base", self.server.url().replace("127.0.0.1", "far.example.org"))
    }

    fn here(&self) -> String {
        format!("{}/base", self.server.url())
    }

    /// Lets both programs fetch the repository; returns how they ended, after all that they said was compared, and what
    /// the proxy saw of each of them.
    fn fetch(&self, proxy: &Proxy, url: &str, conf: &str) -> (i32, [Vec<String>; 2]) {
        let conf = format!("gpgcheck=0\nsslverify=0\n{conf}");
        self.world.repo_at("base", url, &conf);
        self.world.both("clean all").exits(0);
        let mut seen = Vec::new();
        let runs = [Side::Real, Side::Ours].map(|side| {
            let output = self.world.run(side, "makecache");
            seen.push(proxy.take_seen());
            output
        });
        let differences = self.world.differences(&runs[0], &runs[1]);
        assert!(differences.is_empty(), "{conf}{}", differences.concat());
        let ours = seen.pop().expect("two sides");
        let real = seen.pop().expect("two sides");
        (runs[1].status.code().unwrap_or(-1), [real, ours])
    }

    /// The same, and the proxy has to see the same, but that oxidnf asks once for what it asks again and again.
    fn same(&self, proxy: &Proxy, url: &str, conf: &str) -> i32 {
        let (status, seen) = self.fetch(proxy, url, conf);
        let [real, ours] = seen.map(|lines| {
            let mut once: Vec<String> = Vec::new();
            for line in lines {
                if !once.contains(&line) {
                    once.push(line);
                }
            }
            once
        });
        assert!(!ours.is_empty(), "{conf}");
        assert_eq!(real, ours, "{conf}");
        status
    }
}

fn asking(schemes: &[Scheme]) -> Manner {
    Manner { schemes: schemes.to_vec(), ..Manner::default() }
}

#[rstest]
#[case::nothing(&[], "", 0)]
#[case::a_login_that_nobody_asks_for(&[], LOGIN, 0)]
#[case::no_login(&[Scheme::Basic], "", 1)]
#[case::basic_before_it_is_asked(&[Scheme::Basic], "proxy_username=u\nproxy_password=p\nproxy_auth_method=basic\n", 0)]
#[case::wrong_basic(&[Scheme::Basic], "proxy_username=u\nproxy_password=no\nproxy_auth_method=basic\n", 1)]
#[case::not_allowed(&[Scheme::Basic], "proxy_username=u\nproxy_password=p\nproxy_auth_method=none\n", 1)]
#[case::not_that_way(&[Scheme::Basic], "proxy_username=u\nproxy_password=p\nproxy_auth_method=digest\n", 1)]
#[case::no_ticket(&[Scheme::Basic], "proxy_username=u\nproxy_password=p\nproxy_auth_method=negotiate\n", 1)]
fn tunnels(#[case] schemes: &[Scheme], #[case] conf: &str, #[case] status: i32) {
    let place = Place::encrypted();
    let proxy = Proxy::http(asking(schemes));
    let conf = format!("proxy=http://{}\n{conf}", proxy.place());
    assert_eq!(place.same(&proxy, &place.behind(), &conf), status);
}

#[rstest]
#[case::nothing(&[], "", 0)]
#[case::a_login_that_nobody_asks_for(&[], LOGIN, 0)]
#[case::no_login(&[Scheme::Basic], "", 1)]
#[case::basic_before_it_is_asked(&[Scheme::Basic], "proxy_username=u\nproxy_password=p\nproxy_auth_method=basic\n", 0)]
#[case::not_allowed(&[Scheme::Digest], "proxy_username=u\nproxy_password=p\nproxy_auth_method=none\n", 1)]
#[case::not_that_way(&[Scheme::Digest], "proxy_username=u\nproxy_password=p\nproxy_auth_method=basic\n", 1)]
fn plain(#[case] schemes: &[Scheme], #[case] conf: &str, #[case] status: i32) {
    let place = Place::new();
    let proxy = Proxy::http(asking(schemes));
    let conf = format!("proxy=http://{}\n{conf}", proxy.place());
    assert_eq!(place.same(&proxy, &place.behind(), &conf), status);
}

/// What is told after the proxy has asked: the way that it asks for, the best where it offers several.
#[rstest]
#[case::basic(&[Scheme::Basic], "", "Basic dTpw")]
#[case::digest(&[Scheme::Digest], "", "Digest u")]
#[case::digest_alone(&[Scheme::Digest], "proxy_auth_method=digest\n", "Digest u")]
#[case::digest_of_old_explorers(&[Scheme::Digest], "proxy_auth_method=digest_ie\n", "Digest u")]
#[case::digest_before_basic(&[Scheme::Basic, Scheme::Digest], "", "Digest u")]
#[case::better_digest(&[Scheme::DigestSha256], "", "Digest u")]
fn logins(#[case] schemes: &[Scheme], #[case] conf: &str, #[case] told: &str, #[values(true, false)] closing: bool) {
    for place in [Place::new(), Place::encrypted()] {
        let proxy = Proxy::http(Manner { closing, ..asking(schemes) });
        let conf = format!("proxy=http://{}\n{LOGIN}{conf}", proxy.place());
        let (status, seen) = place.fetch(&proxy, &place.behind(), &conf);
        assert_eq!(status, 0, "{seen:?}");
        // Each asks without a login first, and with the same afterwards.
        for seen in &seen {
            assert!(seen[0].ends_with(" nobody") && seen[1].contains(told), "{seen:?}");
        }
        assert_eq!(seen[0][..2], seen[1][..2]);
    }
}

#[test]
fn wrong_passwords() {
    for place in [Place::new(), Place::encrypted()] {
        for schemes in [&[Scheme::Basic], &[Scheme::Digest]] {
            let proxy = Proxy::http(asking(schemes));
            let conf = format!("proxy=http://{}\n{WRONG}", proxy.place());
            let (status, _) = place.fetch(&proxy, &place.behind(), &conf);
            assert_eq!(status, 1);
        }
    }
}

#[test]
fn in_the_url() {
    let place = Place::encrypted();
    let proxy = Proxy::http(asking(&[Scheme::Digest]));
    let conf = format!("proxy=http://u:p@{}\n", proxy.place());
    let (status, seen) = place.fetch(&proxy, &place.behind(), &conf);
    assert_eq!((status, &seen[0][..2]), (0, &seen[1][..2]));
    // Without a scheme it is HTTP.
    let conf = format!("proxy=u:p@{}\n", proxy.place());
    assert_eq!(place.fetch(&proxy, &place.behind(), &conf).0, 0);
}

#[test]
fn proxies_that_are_none() {
    let proxy = Proxy::http(Manner { refusing: true, ..Manner::default() });
    for place in [Place::new(), Place::encrypted()] {
        for conf in [
            "proxy=http://127.0.0.1:9\n",
            "proxy=https://127.0.0.1:9\n",
            "proxy=socks5h://127.0.0.1:9\n",
            "proxy=socks4://127.0.0.1:9\n",
            "proxy=http://no.such.invalid:80\n",
            "proxy=foo://127.0.0.1:9\n",
        ] {
            assert_eq!(place.fetch(&proxy, &place.behind(), conf).0, 1, "{conf}");
        }
        let conf = format!("proxy=http://{}\n", proxy.place());
        assert_eq!(place.same(&proxy, &place.behind(), &conf), 1);
    }
}

#[rstest]
#[case("socks4", "")]
#[case("socks4", LOGIN)]
#[case("socks4a", "")]
#[case("socks5", "")]
#[case("socks5h", "")]
#[case("socks5h", LOGIN)]
fn socks(#[case] scheme: &str, #[case] login: &str) {
    for place in [Place::new(), Place::encrypted()] {
        let manner = if login.is_empty() || scheme == "socks4" { asking(&[]) } else { asking(&[Scheme::Basic]) };
        let proxy = Proxy::socks(manner);
        let conf = format!("proxy={scheme}://{}\n{login}", proxy.place());
        assert_eq!(place.same(&proxy, &place.here(), &conf), 0);
        // Names are for the proxy only where it is asked to look them up.
        let remote = matches!(scheme, "socks4a" | "socks5h");
        let (status, seen) = place.fetch(&proxy, &place.behind(), &conf);
        assert_eq!(status, i32::from(!remote), "{scheme}");
        assert_eq!(seen.iter().flatten().any(|line| line.contains("far.example.org")), remote, "{seen:?}");
    }
}

#[test]
fn socks_that_refuse() {
    let place = Place::new();
    for (manner, conf) in [
        (asking(&[Scheme::Basic]), ""),
        (asking(&[Scheme::Basic]), WRONG),
        (Manner { refusing: true, ..Manner::default() }, ""),
    ] {
        let proxy = Proxy::socks(manner);
        let conf = format!("proxy=socks5h://{}\n{conf}", proxy.place());
        assert_eq!(place.same(&proxy, &place.here(), &conf), 1);
    }
    let proxy = Proxy::socks(Manner { refusing: true, ..Manner::default() });
    let conf = format!("proxy=socks4://{}\n", proxy.place());
    assert_eq!(place.same(&proxy, &place.here(), &conf), 1);
}

/// Proxies that are spoken to over TLS have options of their own.
#[test]
fn encrypted_proxies() {
    let identity = Identity::new("proxy");
    let proxy = Proxy::https(Manner::default(), &identity);
    for place in [Place::new(), Place::encrypted()] {
        place.world.write("/etc/proxy.pem", &identity.certificate_pem());
        place.world.write("/etc/other.pem", &Identity::new("other").certificate_pem());
        for (conf, status) in [
            ("proxy_sslverify=0\n", 0),
            ("proxy_sslcacert=/srv/t/root/etc/proxy.pem\n", 0),
            ("proxy_sslcacert=/srv/t/root/etc/other.pem\n", 1),
            ("proxy_sslcacert=/srv/t/root/etc/nothing.pem\n", 1),
        ] {
            let conf = format!("proxy=https://{}\n{conf}", proxy.place());
            let (ended, seen) = place.fetch(&proxy, &place.behind(), &conf);
            assert_eq!(ended, status, "{conf}");
            assert_eq!(seen[1].is_empty(), status == 1, "{conf}");
        }
    }
}

#[test]
fn encrypted_proxies_that_ask_for_a_certificate() {
    let (identity, client) = (Identity::new("proxy"), Identity::new("client"));
    let place = Place::new();
    place.world.write("/etc/client.pem", &client.certificate_pem());
    place.world.write("/etc/client.key", &client.key_pem());
    let proxy = Proxy::https(Manner::default(), &identity.asking_for(&client));
    let shown = "proxy_sslclientcert=/srv/t/root/etc/client.pem\nproxy_sslclientkey=/srv/t/root/etc/client.key\n";
    let conf = format!("proxy=https://{}\nproxy_sslverify=0\n{shown}", proxy.place());
    assert_eq!(place.same(&proxy, &place.behind(), &conf), 0);
}

/// Who has no proxy of its own takes that of the environment, but for hosts that are excepted.
#[rstest]
#[case::http("http_proxy=http://PLACE", "", true)]
#[case::without_scheme("http_proxy=PLACE", "", true)]
#[case::capitals_are_not_trusted("HTTP_PROXY=http://PLACE", "", false)]
#[case::all("all_proxy=http://PLACE", "", true)]
#[case::all_in_capitals("ALL_PROXY=http://PLACE", "", true)]
#[case::socks_for_others("https_proxy=http://PLACE", "", false)]
#[case::nearer_first("http_proxy=http://PLACE all_proxy=http://127.0.0.1:9", "", true)]
#[case::empty("http_proxy= all_proxy=http://PLACE", "", true)]
#[case::excepted("http_proxy=http://PLACE no_proxy=example.org,127.0.0.1", "", false)]
#[case::excepted_network("http_proxy=http://PLACE no_proxy=127.0.0.0/8", "", false)]
#[case::excepted_everything("http_proxy=http://PLACE no_proxy=*", "", false)]
#[case::excepted_in_capitals("http_proxy=http://PLACE NO_PROXY=127.0.0.1", "", false)]
#[case::others_excepted("http_proxy=http://PLACE no_proxy=7.0.0.1,localhost", "", true)]
#[case::configured_empty("http_proxy=http://PLACE", "proxy=\n", true)]
#[case::configured_none("http_proxy=http://PLACE", "proxy=_none_\n", true)]
#[case::configured_another("http_proxy=http://127.0.0.1:9", "proxy=http://PLACE\n", true)]
#[case::configured_and_excepted("no_proxy=127.0.0.1", "proxy=http://PLACE\n", false)]
fn of_the_environment(#[case] environment: &str, #[case] conf: &str, #[case] used: bool) {
    let place = Place::new();
    let proxy = Proxy::http(Manner::default());
    let with = |text: &str| text.replace("PLACE", &proxy.place());
    let environment = with(environment);
    place.world.repo_at("base", &place.here(), &format!("gpgcheck=0\n{}", with(conf)));
    let seen = [Side::Real, Side::Ours].map(|side| {
        place.server.forget();
        let output = place.world.run_apart(side, &format!("{environment} $DNF makecache"));
        assert!(output.status.success(), "{side:?} {}", String::from_utf8_lossy(&output.stderr));
        assert!(!place.server.requests().is_empty());
        proxy.take_seen()
    });
    assert_eq!(!seen[1].is_empty(), used, "{environment} {conf}");
    assert_eq!(seen[0], seen[1], "{environment} {conf}");
}
