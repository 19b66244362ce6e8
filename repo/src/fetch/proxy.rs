//! Which proxy a URL goes through, if any.

use std::net::IpAddr;

use oxidnf_core::conf::{ProxyAuth, ProxyAuthMethods};
use oxidnf_core::event::TransferFault;
use url::Url;

use super::digest::{Login, Methods};
use super::error::FailureKind;
use super::failure::Failure;
use super::url::{percent_decode, redact_text};
use crate::config::Secret;

/// Proxies named by the environment, which hold where the configuration names none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProxyEnvironment {
    /// `http_proxy`.
    pub http: Option<String>,
    /// `https_proxy`.
    pub https: Option<String>,
    /// `all_proxy`.
    pub all: Option<String>,
    /// `no_proxy`, which also holds for proxies of the configuration, as with curl.
    pub none_for: Option<String>,
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP, encrypted or not.
    Http { encrypted: bool },
    /// SOCKS 4; with `remote` the proxy looks up names.
    Socks4 { remote: bool },
    /// SOCKS 5; with `remote` the proxy looks up names.
    Socks5 { remote: bool },
}

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) protocol: Protocol,
    /// Host name or address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<Login>,
}

impl Proxy {
    /// Reads a proxy as curl does: without a scheme it is HTTP, without a port 1080 (443 where it is encrypted).
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let bad = |reason: &str| {
            let reason = format!("{}: {reason}", redact_text(text));
            Failure::local(FailureKind::Proxy, reason)
        };
        let (scheme, place) = text.split_once("://").unwrap_or(("http", text));
        let protocol = match scheme.to_ascii_lowercase().as_str() {
            "http" => Protocol::Http { encrypted: false },
            "https" => Protocol::Http { encrypted: true },
            "socks4" | "socks" => Protocol::Socks4 { remote: false },
            "socks4a" => Protocol::Socks4 { remote: true },
            "socks5" => Protocol::Socks5 { remote: false },
            "socks5h" => Protocol::Socks5 { remote: true },
            _ => {
                let reason = "proxies are http, https, socks4, socks4a, socks5 or socks5h";
                let fault = TransferFault::ProxyScheme(redact_text(text));
                return Err(Failure { fault, local: false, ..bad(reason) });
            }
        };
        // Under a scheme that nobody knows, a port is kept even where it is the usual one.
        let url = Url::parse(&format!("proxy://{place}")).map_err(|error| bad(&error.to_string()))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("no host is named"))?;
        let usual = if protocol == (Protocol::Http { encrypted: true }) { 443 } else { 1080 };
        let given = !url.username().is_empty() || url.password().is_some();
        let plain = |text: &str| percent_decode(text).to_string_lossy().into_owned();
        let login = given.then(|| Login {
            user: plain(url.username()),
            password: Secret::new(plain(url.password().unwrap_or_default())),
        });
        let host = plain(host.trim_start_matches('[').trim_end_matches(']'));
        Ok(Proxy { protocol, host, port: url.port().unwrap_or(usual), login })
    }

    pub(super) fn is_http(&self) -> bool {
        matches!(self.protocol, Protocol::Http { .. })
    }
}

/// Returns how logins at proxies may be made; an error for those that are asked for by name and not there.
///
/// `negotiate` is told by a ticket that is not to be had here, so nothing is told, as by curl without a ticket.
pub(super) fn methods(wanted: &ProxyAuthMethods) -> Result<Methods, Failure> {
    let has = |method| wanted.0.contains(&method);
    let any = has(ProxyAuth::Any);
    let methods = Methods {
        basic: any || has(ProxyAuth::Basic),
        digest: any || has(ProxyAuth::Digest) || has(ProxyAuth::DigestIe),
    };
    let unknown = wanted.0.iter().find(|method| matches!(method, ProxyAuth::Ntlm | ProxyAuth::NtlmWb));
    match unknown.filter(|_| !methods.basic && !methods.digest) {
        Some(method) => {
            let reason = format!("proxy_auth_method={method} is not supported; use digest or basic");
            Err(Failure::local(FailureKind::Proxy, reason))
        }
        None => Ok(methods),
    }
}

/// Decides which proxy a URL goes through.
#[derive(Debug, Default)]
pub(super) struct Routes {
    http: Option<Proxy>,
    https: Option<Proxy>,
    none_for: Vec<Exception>,
}

/// Hosts that are reached without a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    All,
    /// This name and all names below it.
    Name(String),
    /// Addresses whose first bits are these.
    Network(IpAddr, u32),
}

impl Routes {
    /// Makes the routes; a proxy of the configuration holds for every scheme.
    pub(super) fn new(configured: &str, login: Option<Login>, environment: &ProxyEnvironment) -> Result<Self, Failure> {
        let none_for = environment.none_for.as_deref().map(exceptions).unwrap_or_default();
        if !configured.is_empty() {
            let mut proxy = Proxy::parse(configured)?;
            proxy.login = login.or(proxy.login);
            return Ok(Routes { http: Some(proxy.clone()), https: Some(proxy), none_for });
        }
        let read = |own: &Option<String>| {
            let text = own.as_deref().or(environment.all.as_deref()).filter(|text| !text.is_empty());
            let mut proxy = text.map(Proxy::parse).transpose()?;
            if let Some(proxy) = &mut proxy {
                proxy.login = login.clone().or(proxy.login.take());
            }
            Ok::<_, Failure>(proxy)
        };
        Ok(Routes { http: read(&environment.http)?, https: read(&environment.https)?, none_for })
    }

    /// Returns the proxy for a host, named without brackets.
    pub(super) fn of(&self, scheme: &str, host: &str) -> Option<&Proxy> {
        let proxy = if scheme == "https" { self.https.as_ref() } else { self.http.as_ref() };
        proxy.filter(|_| !self.none_for.iter().any(|exception| exception.covers(host)))
    }
}

/// Reads `no_proxy`: names and addresses between commas and blanks; a star stands for all, alone.
fn exceptions(text: &str) -> Vec<Exception> {
    if text.trim() == "*" {
        return vec![Exception::All];
    }
    let items = text.split([',', ' ', '\t']).filter(|item| !item.is_empty());
    items.filter_map(exception).collect()
}

fn exception(item: &str) -> Option<Exception> {
    let (address, bits) = item.split_once('/').unwrap_or((item, ""));
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = if bits.is_empty() { most } else { bits.parse().ok().filter(|bits| *bits <= most)? };
        return Some(Exception::Network(address, bits));
    }
    let name = item.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(Exception::Name(name))
}

impl Exception {
    fn covers(&self, host: &str) -> bool {
        match self {
            Exception::All => true,
            Exception::Name(name) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Exception::Network(network, bits) => match (network, host.parse()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(host))) => {
                    let differing = network.to_bits() ^ host.to_bits();
                    differing.checked_shr(32 - bits).unwrap_or(0) == 0
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(host))) => {
                    let differing = network.to_bits() ^ host.to_bits();
                    differing.checked_shr(128 - bits).unwrap_or(0) == 0
                }
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const PLAIN: Protocol = Protocol::Http { encrypted: false };

    #[rstest]
    #[case("http://p:80", PLAIN, "p", 80)]
    #[case("http://p", PLAIN, "p", 1080)]
    #[case("p:3128", PLAIN, "p", 3128)]
    #[case("https://p", Protocol::Http { encrypted: true }, "p", 443)]
    #[case("HTTP://[::1]:8/", PLAIN, "::1", 8)]
    #[case("socks://p", Protocol::Socks4 { remote: false }, "p", 1080)]
    #[case("socks4a://p:9", Protocol::Socks4 { remote: true }, "p", 9)]
    #[case("socks5://p", Protocol::Socks5 { remote: false }, "p", 1080)]
    #[case("socks5h://p", Protocol::Socks5 { remote: true }, "p", 1080)]
    fn proxies(#[case] text: &str, #[case] protocol: Protocol, #[case] host: &str, #[case] port: u16) {
        let proxy = Proxy::parse(text).expect("a proxy");
        assert_eq!((proxy.protocol, proxy.host.as_str(), proxy.port), (protocol, host, port));
        assert_eq!(proxy.login, None);
    }

    #[test]
    fn logins_and_mistakes() {
        let proxy = Proxy::parse("socks5://me:se%40cret@p").expect("a proxy");
        let login = Login { user: "me".to_owned(), password: Secret::new("se@cret") };
        assert_eq!(proxy.login, Some(login));
        for text in ["ftp://me:secret@p", "http://", "http://me:secret@p:99999"] {
            let failure = Proxy::parse(text).expect_err(text);
            assert!(!failure.reason.contains("secret"), "{}", failure.reason);
        }
    }

    #[rstest]
    #[case("*", "any.where", true)]
    #[case("example.org", "example.org", true)]
    #[case("example.org", "a.example.org", true)]
    #[case(".example.org", "a.EXAMPLE.org", true)]
    #[case("example.org.", "example.org", true)]
    #[case("example.org", "badexample.org", false)]
    #[case("a.org, b.org c.org", "c.org", true)]
    #[case("127.0.0.1", "127.0.0.1", true)]
    #[case("127.0.0.0/8", "127.9.9.9", true)]
    #[case("127.0.0.0/8", "128.0.0.1", false)]
    #[case("10.0.0.0/33", "10.0.0.0", false)]
    #[case("0.0.0.0/0", "1.2.3.4", true)]
    #[case("[::1]", "::1", true)]
    #[case("fe80::/10", "fe81::2", true)]
    #[case("fe80::/10", "10.0.0.1", false)]
    #[case("", "example.org", false)]
    fn hosts_without_proxy(#[case] none_for: &str, #[case] host: &str, #[case] covered: bool) {
        let environment = ProxyEnvironment { none_for: Some(none_for.to_owned()), ..ProxyEnvironment::default() };
        let routes = Routes::new("http://p", None, &environment).expect("good routes");
        assert_eq!(routes.of("http", host).is_none(), covered);
    }

    #[test]
    fn configuration_before_environment() {
        let name = |name: &str| Some(format!("http://{name}"));
        let environment = ProxyEnvironment { http: name("plain"), https: None, all: name("all"), none_for: None };
        let routes = Routes::new("", None, &environment).expect("good routes");
        let host = |scheme| routes.of(scheme, "h").map(|proxy| proxy.host.as_str());
        assert_eq!((host("http"), host("https")), (Some("plain"), Some("all")));
        let routes = Routes::new("socks5://own", None, &environment).expect("good routes");
        assert_eq!(routes.of("https", "h").map(|proxy| proxy.host.as_str()), Some("own"));
        assert!(Routes::new("", None, &ProxyEnvironment::default()).expect("good routes").of("http", "h").is_none());
    }

    #[test]
    fn ways_of_logging_in() {
        let of = |methods: &[ProxyAuth]| methods_of(methods).map(|methods| (methods.basic, methods.digest));
        assert_eq!(of(&[ProxyAuth::Any]), Ok((true, true)));
        assert_eq!(of(&[ProxyAuth::Basic, ProxyAuth::Ntlm]), Ok((true, false)));
        assert_eq!(of(&[ProxyAuth::DigestIe]), Ok((false, true)));
        assert_eq!(of(&[ProxyAuth::Negotiate]), Ok((false, false)));
        assert!(of(&[ProxyAuth::Ntlm]).expect_err("not there").contains("ntlm"));
    }

    fn methods_of(methods: &[ProxyAuth]) -> Result<Methods, String> {
        super::methods(&ProxyAuthMethods(methods.to_vec())).map_err(|failure| failure.reason)
    }
}
