//! HTTP clients, one for each way of connecting that the configuration asks for.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use oxidnf_core::conf::{IpResolve, ProxyAuth, ProxyAuthMethods, Seconds};
use reqwest::{Certificate, Client, Identity, NoProxy, Proxy, redirect};

use crate::config::{RepoOptions, Secret};

use super::error::{DownloadError, FailureKind};
use super::url::redact_text;

/// Proxies named by the environment, which hold where the configuration names none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProxyEnvironment {
    /// `http_proxy`.
    pub http: Option<String>,
    /// `https_proxy`.
    pub https: Option<String>,
    /// `all_proxy`.
    pub all: Option<String>,
    /// `no_proxy`.
    pub none_for: Option<String>,
}

/// The options that decide how to connect; equal ones share a client and its open connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    ip_resolve: IpResolve,
    proxy: String,
    proxy_auth: ProxyAuthMethods,
    proxy_username: Option<String>,
    proxy_password: Option<Secret>,
    proxy_tls: Tls,
    tls: Tls,
    user_agent: String,
    timeout: Option<Duration>,
    max_idle: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Tls {
    verify: bool,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Tls {
    fn new(verify: bool, ca: &str, certificate: &str, key: &str) -> Self {
        let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        Tls { verify, ca: path(ca), certificate: path(certificate), key: path(key) }
    }
}

impl Connection {
    pub(super) fn of(options: &RepoOptions) -> Self {
        Connection {
            ip_resolve: options.ip_resolve,
            proxy: options.proxy.clone(),
            proxy_auth: options.proxy_auth_method.clone(),
            proxy_username: options.proxy_username.clone(),
            proxy_password: options.proxy_password.clone(),
            proxy_tls: Tls::new(
                options.proxy_sslverify,
                &options.proxy_sslcacert,
                &options.proxy_sslclientcert,
                &options.proxy_sslclientkey,
            ),
            tls: Tls::new(options.sslverify, &options.sslcacert, &options.sslclientcert, &options.sslclientkey),
            user_agent: options.user_agent.clone(),
            timeout: timeout(options),
            max_idle: options.max_parallel_downloads.max(options.max_downloads_per_mirror) as usize,
        }
    }
}

/// Returns how long to wait; `None` for ever.
pub(super) fn timeout(options: &RepoOptions) -> Option<Duration> {
    match options.timeout {
        Seconds::Of(0) | Seconds::Never => None,
        Seconds::Of(seconds) => Some(Duration::from_secs(seconds)),
    }
}

/// The clients of a run.
#[derive(Default)]
pub(super) struct Clients {
    made: Mutex<HashMap<Connection, Result<Client, DownloadError>>>,
    environment: ProxyEnvironment,
}

impl Clients {
    pub(super) fn new(environment: ProxyEnvironment) -> Self {
        Clients { made: Mutex::default(), environment }
    }

    /// Returns the client for a way of connecting, made on first use.
    pub(super) fn get(&self, connection: &Connection) -> Result<Client, DownloadError> {
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = made.get(connection) {
            return client.clone();
        }
        let client = build(connection, &self.environment);
        made.insert(connection.clone(), client.clone());
        client
    }
}

fn build(connection: &Connection, environment: &ProxyEnvironment) -> Result<Client, DownloadError> {
    let mut builder = Client::builder()
        .user_agent(&connection.user_agent)
        // Redirects are followed by hand: what may be sent and accepted depends on the file.
        .redirect(redirect::Policy::none())
        .referer(false)
        // The environment is read by the program, not by a library.
        .no_proxy()
        .pool_max_idle_per_host(connection.max_idle)
        // curl gives up after five minutes where nothing is configured.
        .connect_timeout(connection.timeout.unwrap_or(Duration::from_secs(300)));
    // A local address of one family restricts the addresses of the server to the same family.
    builder = match connection.ip_resolve {
        IpResolve::Whatever => builder,
        IpResolve::V4 => builder.local_address(IpAddr::from(Ipv4Addr::UNSPECIFIED)),
        IpResolve::V6 => builder.local_address(IpAddr::from(Ipv6Addr::UNSPECIFIED)),
    };
    for proxy in proxies(connection, environment)? {
        builder = builder.proxy(proxy);
    }
    if !connection.tls.verify {
        builder = builder.tls_danger_accept_invalid_certs(true).tls_danger_accept_invalid_hostnames(true);
    }
    if let Some(path) = &connection.tls.ca {
        let unusable = |error: DownloadError| DownloadError { kind: FailureKind::Authorities, ..error };
        builder = builder.tls_certs_only(authorities(path).map_err(unusable)?);
    }
    if let Some(path) = &connection.tls.certificate {
        let unusable = |error: DownloadError| DownloadError { kind: FailureKind::Identity, ..error };
        builder = builder.identity(identity(path, connection.tls.key.as_deref()).map_err(unusable)?);
    }
    builder.build().map_err(|error| failed("client", FailureKind::Tls, &super::failure::cause(&error)))
}

fn proxies(connection: &Connection, environment: &ProxyEnvironment) -> Result<Vec<Proxy>, DownloadError> {
    let shown = |text: &str| redact_text(text);
    let made = |text: &str, proxy: reqwest::Result<Proxy>| {
        proxy.map_err(|error| failed(&shown(text), FailureKind::Proxy, &super::failure::cause(&error.without_url())))
    };
    if !connection.proxy.is_empty() {
        let text = &connection.proxy;
        let proxy = made(text, Proxy::all(text.as_str()))?;
        let Some(user) = &connection.proxy_username else { return Ok(vec![proxy]) };
        let methods = &connection.proxy_auth.0;
        if methods.iter().any(|method| matches!(method, ProxyAuth::Any | ProxyAuth::Basic)) {
            let password = connection.proxy_password.as_ref().map_or("", Secret::reveal);
            return Ok(vec![proxy.basic_auth(user, password)]);
        }
        return match methods.iter().find(|method| **method != ProxyAuth::None) {
            None => Ok(vec![proxy]),
            Some(other) => Err(failed(&shown(text), FailureKind::Proxy, &format!("login by {other} is not supported"))),
        };
    }
    let none_for = environment.none_for.as_deref().and_then(NoProxy::from_string);
    let mut proxies = Vec::new();
    if let Some(text) = environment.http.as_deref().filter(|text| !text.is_empty()) {
        proxies.push(made(text, Proxy::http(text))?.no_proxy(none_for.clone()));
    }
    if let Some(text) = environment.https.as_deref().filter(|text| !text.is_empty()) {
        proxies.push(made(text, Proxy::https(text))?.no_proxy(none_for.clone()));
    }
    if let Some(text) = environment.all.as_deref().filter(|text| !text.is_empty()) {
        proxies.push(made(text, Proxy::all(text))?.no_proxy(none_for));
    }
    Ok(proxies)
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, DownloadError> {
    Certificate::from_pem_bundle(&read(path)?)
        .map_err(|error| failed(&path.display().to_string(), FailureKind::Tls, &super::failure::cause(&error)))
}

/// Reads a client certificate and its key, which may be in the same file.
fn identity(certificate: &Path, key: Option<&Path>) -> Result<Identity, DownloadError> {
    let key_path = key.unwrap_or(certificate);
    let bad = |path: &Path, error: &dyn std::fmt::Display| {
        failed(&path.display().to_string(), FailureKind::Tls, &error.to_string())
    };
    // Keys come in several PEM forms, of which the TLS library takes only PKCS #8. An encrypted key must not ask for
    // its password on the terminal.
    let key = openssl::pkey::PKey::private_key_from_pem_callback(&read(key_path)?, |_| Ok(0))
        .and_then(|key| key.private_key_to_pem_pkcs8())
        .map_err(|error| bad(key_path, &error))?;
    Identity::from_pkcs8_pem(&read(certificate)?, &key).map_err(|error| bad(certificate, &error))
}

fn read(path: &Path) -> Result<Vec<u8>, DownloadError> {
    std::fs::read(path).map_err(|error| DownloadError::io("certificates", path, &error))
}

fn failed(what: &str, kind: FailureKind, reason: &str) -> DownloadError {
    DownloadError::new(what, kind, reason)
}
