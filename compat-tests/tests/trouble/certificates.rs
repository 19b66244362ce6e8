//! Servers whose certificates are not good, and clients without one.

use oxidnf_testkit::http::Server;
use oxidnf_testkit::tls::Identity;
use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

/// Whose certificates are trusted.
const TRUSTED: &str = "gpgcheck=0\nsslcacert=/srv/t/root/etc/server.pem\n";

fn behind(identity: &Identity) -> (World, Server) {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start_tls(&world.repos_dir(), identity);
    world.write("/etc/server.pem", &identity.certificate_pem());
    (world, server)
}

#[rstest]
#[case::good(Identity::new("server"), 0)]
#[case::expired(Identity::lasting("server", -3, -1), 1)]
#[case::not_yet_good(Identity::lasting("server", 1, 3), 1)]
#[case::another_name(Identity::for_host("server", "elsewhere.example.org"), 1)]
fn of_servers(#[case] identity: Identity, #[case] status: i32) {
    let (world, server) = behind(&identity);
    world.repo_at("base", &format!("{}/base", server.url()), TRUSTED);
    world.both("makecache").exits(status);
    world.both("clean all").exits(0);
    world.repo_at("base", &format!("{}/base", server.url()), &format!("{TRUSTED}skip_if_unavailable=1\n"));
    world.both("makecache").exits(0);
    world.both("clean all").exits(0);
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\nsslverify=0\n");
    world.both("makecache").exits(0);
}

#[test]
fn signed_by_nobody() {
    let (world, server) = behind(&Identity::new("server"));
    // The oracle has no authorities of its own, so others are named.
    world.write("/etc/others.pem", &Identity::new("others").certificate_pem());
    const OTHERS: &str = "gpgcheck=0\nsslcacert=/srv/t/root/etc/others.pem\n";
    world.repo_at("base", &format!("{}/base", server.url()), OTHERS);
    world.both("makecache").exits(1).says("Curl error (60)");
    for list in ["mirrorlist", "metalink"] {
        let conf = format!("[base]\nname=base\n{list}={}/list\n{OTHERS}", server.url());
        world.write("/etc/yum.repos.d/base.repo", &conf);
        world.both("makecache").exits(1).says("Curl error (60)");
    }
}

#[test]
fn of_clients() {
    let client = Identity::new("client");
    let (world, server) = behind(&Identity::new("server").asking_for(&client));
    let place = format!("{}/base", server.url());
    // The oracle's curl stands on GnuTLS, which finds a bad key when it connects: 35, and tried again. On OpenSSL, as on
    // the systems that dnf5 comes from, it is 58 at once, and so it is here.
    let world = world.ignoring(Axis::Stderr, "GnuTLS and OpenSSL find bad keys at different steps");
    world.write("/etc/client.pem", &client.certificate_pem());
    world.write("/etc/client.key", &client.key_pem());
    world.write("/etc/other.key", &Identity::new("other").key_pem());
    let with = |conf: &str| world.repo_at("base", &place, &format!("{TRUSTED}{conf}"));
    with("sslclientcert=/srv/t/root/etc/nothing.pem\nsslclientkey=/srv/t/root/etc/client.key\n");
    world.both("makecache").exits(1);
    with("sslclientcert=/srv/t/root/etc/client.pem\nsslclientkey=/srv/t/root/etc/nothing.key\n");
    world.both("makecache").exits(1);
    with("sslclientcert=/srv/t/root/etc/client.pem\nsslclientkey=/srv/t/root/etc/other.key\n");
    world.both("makecache").exits(1);
    with("sslclientcert=/srv/t/root/etc/client.pem\nsslclientkey=/srv/t/root/etc/client.key\n");
    world.both("makecache").exits(0);
}
