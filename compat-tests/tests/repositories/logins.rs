//! Logins at servers.

use oxidnf_testkit::http::Server;
use oxidnf_testkit::login::Scheme;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, World, rpm};

fn place(conf: &str) -> (World, Server) {
    let world = World::new().repo("base", [rpm("foo"), rpm("bar")]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), &format!("gpgcheck=0\n{conf}"));
    (world, server)
}

#[test]
fn names_and_passwords_as_they_are() {
    let (world, server) = place("username=u\npassword=p\n");
    for schemes in [&[Scheme::Basic][..], &[Scheme::Digest, Scheme::Basic]] {
        server.demand(schemes);
        world.both("clean all").exits(0);
        world.both("install -y --downloadonly foo").exits(0);
    }
    let (world, server) = place("username=u\npassword=no\n");
    server.demand(&[Scheme::Basic]);
    world.both("makecache").exits(1).says("Status code: 401");
    let (world, server) = place("");
    server.demand(&[Scheme::Basic]);
    world.both("makecache").exits(1).says("Status code: 401");
}

/// dnf5 knows no digests for servers; oxidnf answers who asks for one.
#[test]
fn digests() {
    for schemes in [&[Scheme::Digest][..], &[Scheme::DigestSha256], &[Scheme::Digest, Scheme::DigestSha256]] {
        let (world, server) = place("username=u\npassword=p\n");
        server.demand(schemes);
        let output = world.run(Side::Real, "makecache");
        assert_eq!(output.status.code(), Some(1), "dnf5 has learned it");
        server.forget();
        let output = world.run(Side::Ours, "makecache");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Vec<_> = server.seen().into_iter().filter_map(|seen| seen.authorization).collect();
        // The password is told once, as dnf5 tells it, and never again in this run.
        assert_eq!(told.iter().filter(|told| told.starts_with("Basic ")).count(), 1, "{told:?}");
        assert!(told[1..].iter().all(|told| told.starts_with("Digest username=\"u\"")), "{told:?}");
        assert!(told.len() > 2, "{told:?}");
        let output = world.run(Side::Ours, "install -y --downloadonly foo bar");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn digests_with_a_wrong_password() {
    let (world, server) = place("username=u\npassword=no\n");
    server.demand(&[Scheme::Digest]);
    world.both("makecache").exits(1).says("Status code: 401");
    let world = world.ignoring(Axis::Stderr, "the password is told");
    server.demand(&[]);
    world.both("makecache").exits(0);
}

/// A password is for the server that the configuration names, not for those that it redirects to.
#[test]
fn passwords_stay_with_their_server() {
    let (world, server) = place("username=u\npassword=p\n");
    let other = Server::start(&world.repos_dir());
    server.fault("primary", oxidnf_testkit::http::Fault::Redirect(other.url()));
    world.both("makecache").exits(0);
    assert_eq!(other.seen().len(), 2);
    assert!(other.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", other.seen());
    other.demand(&[Scheme::Basic]);
    world.edit(|root| std::fs::remove_dir_all(root.join("var/cache/libdnf5")).expect("there"));
    let world =
        world.ignoring(Axis::Stderr, "dnf5 names the URL that was redirected to, oxidnf the one that is listed");
    world.both("makecache").exits(1).says("Status code: 401");
}
