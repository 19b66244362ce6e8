//! Whether the network is there: whether one of the servers that will be asked takes a connection.

use std::net::{TcpStream, ToSocketAddrs};
use std::thread::sleep;
use std::time::{Duration, Instant};

use url::Url;

use crate::config::RepoConfig;

/// How long one address may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits until a server of the enabled repositories takes a connection, for this long at most; tells whether one did.
///
/// Where a repository has a proxy, that is the server. Without any server there is nothing to wait for.
pub fn wait_for_network(repos: &[RepoConfig], most: Duration) -> bool {
    let servers = servers(repos);
    if servers.is_empty() || most.is_zero() {
        return true;
    }
    let started = Instant::now();
    loop {
        if servers.iter().any(|(host, port)| takes_connection(host, *port)) {
            return true;
        }
        if started.elapsed() + PATIENCE >= most {
            return false;
        }
        sleep(PATIENCE);
    }
}

/// Returns hosts and ports of the servers that the enabled repositories name.
fn servers(repos: &[RepoConfig]) -> Vec<(String, u16)> {
    let mut servers = Vec::new();
    for repo in repos.iter().filter(|repo| repo.enabled) {
        let proxy = Some(&repo.options.proxy).filter(|proxy| !proxy.is_empty());
        let lists = repo.mirrorlist.iter().chain(&repo.metalink).chain(&repo.baseurl);
        let urls: Vec<&String> = proxy.map_or_else(|| lists.collect(), |proxy| vec![proxy]);
        for url in urls {
            let Some(server) = server(url) else { continue };
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
    }
    servers
}

fn server(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url.port_or_known_default().or_else(|| url.scheme().starts_with("socks").then_some(1080))?;
    Some((host.trim_matches(['[', ']']).to_owned(), port))
}

fn takes_connection(host: &str, port: u16) -> bool {
    let Ok(addresses) = (host, port).to_socket_addrs() else { return false };
    addresses.into_iter().any(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::config::RepoDefaults;

    fn repo(urls: &[String]) -> RepoConfig {
        let mut repo = RepoConfig::new("one", &RepoDefaults::default());
        repo.baseurl = urls.to_vec();
        repo
    }

    #[test]
    fn one_server_is_enough() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a loopback device");
        let port = listener.local_addr().expect("it is bound").port();
        let closed = TcpListener::bind("127.0.0.1:0").expect("there is a loopback device");
        let nobody = closed.local_addr().expect("it is bound").port();
        drop(closed);
        let urls = [format!("http://127.0.0.1:{nobody}/x"), format!("http://127.0.0.1:{port}/y")];
        assert!(wait_for_network(&[repo(&urls)], Duration::from_secs(1)));
        assert!(!wait_for_network(&[repo(&urls[..1])], Duration::from_secs(1)));
        assert!(wait_for_network(&[repo(&urls[..1])], Duration::ZERO));
        let mut disabled = repo(&urls[..1]);
        disabled.enabled = false;
        assert!(wait_for_network(&[disabled], Duration::from_secs(1)));
    }

    #[test]
    fn names_of_servers() {
        assert_eq!(server("https://a.example:8080/x"), Some(("a.example".to_owned(), 8080)));
        assert_eq!(server("https://user:pw@a.example/x"), Some(("a.example".to_owned(), 443)));
        assert_eq!(server("http://[::1]/x"), Some(("::1".to_owned(), 80)));
        assert_eq!(server("file:///srv/repo"), None);
        assert_eq!(server("/srv/repo"), None);
    }
}
