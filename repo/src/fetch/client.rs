//! HTTP clients, one for each way of connecting that the configuration asks for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Empty;
use hyper::Uri;
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use oxidnf_core::conf::{IpResolve, ProxyAuthMethods, Seconds};
use url::Url;

use crate::config::{RepoOptions, Secret};

use super::connector::{Connector, Ways};
use super::digest::{Asked, Login, Logins, LoginsByServer};
use super::failure::Failure;
use super::proxy::{ProxyEnvironment, Routes, methods};
use super::tls::{LazyConnector, Tls};

/// How long a connection that nobody uses stays open.
const IDLE: Duration = Duration::from_secs(90);

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

    fn proxy_login(&self) -> Option<Login> {
        let user = self.proxy_username.clone()?;
        Some(Login { user, password: self.proxy_password.clone().unwrap_or_default() })
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
    made: Mutex<HashMap<Connection, Result<Arc<Http>, Failure>>>,
    environment: ProxyEnvironment,
}

impl Clients {
    pub(super) fn new(environment: ProxyEnvironment) -> Self {
        Clients { made: Mutex::default(), environment }
    }

    /// Returns the client for a way of connecting, made on first use.
    pub(super) fn get(&self, connection: &Connection) -> Result<Arc<Http>, Failure> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(connection) {
            return client.clone();
        }
        let client = Http::new(connection, &self.environment).map(Arc::new);
        made.insert(connection.clone(), client.clone());
        client
    }
}

/// Sends requests and keeps connections open for the next ones.
pub(super) struct Http {
    client: Client<Connector, Empty<Bytes>>,
    ways: Arc<Ways>,
    /// What servers are known to want for a login.
    logins: LoginsByServer,
}

impl Http {
    fn new(connection: &Connection, environment: &ProxyEnvironment) -> Result<Self, Failure> {
        let ways = Ways {
            ip_resolve: connection.ip_resolve,
            routes: Routes::new(&connection.proxy, connection.proxy_login(), environment)?,
            methods: methods(&connection.proxy_auth)?,
            logins: Logins::default(),
            tls: LazyConnector::new(connection.tls.clone(), &["h2", "http/1.1"]),
            proxy_tls: LazyConnector::new(connection.proxy_tls.clone(), &["http/1.1"]),
            // curl gives up after five minutes where nothing is configured.
            timeout: connection.timeout.unwrap_or(Duration::from_secs(300)),
            user_agent: connection.user_agent.clone(),
        };
        let ways = Arc::new(ways);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(connection.max_idle)
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            // Names of headers as curl writes them: not everything on the way reads them as it should.
            .http1_title_case_headers(true)
            .build(Connector(Arc::clone(&ways)));
        Ok(Http { client, ways, logins: LoginsByServer::default() })
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &self,
        request: hyper::Request<Empty<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, hyper_util::client::legacy::Error> {
        self.client.request(request).await
    }

    pub(super) fn user_agent(&self) -> &str {
        &self.ways.user_agent
    }

    /// Returns what the server of a URL is known to want of somebody.
    pub(super) fn logins(&self, url: &Url, login: &Login) -> Arc<Logins> {
        self.logins.of(&url[..url::Position::BeforePath], login)
    }

    /// Returns who a request for this URL tells its proxy that it comes from; encrypted ones tell it when they connect.
    pub(super) fn proxy_authorization(&self, url: &Url, uri: &Uri) -> Option<String> {
        let login = self.plain_proxy_login(url)?;
        // As curl does, the path alone, although the request names the whole URL.
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        self.ways.logins.header(login, self.ways.methods, Asked { method: "GET", uri: path })
    }

    /// Learns from a refusal by the proxy; tells whether another request may do better.
    pub(super) fn proxy_refused<'v>(
        &self,
        url: &Url,
        offers: impl Iterator<Item = &'v str>,
        sent: Option<&str>,
    ) -> bool {
        self.plain_proxy_login(url).is_some() && self.ways.logins.refused(self.ways.methods, offers, sent)
    }

    /// Returns the login for an HTTP proxy that sees the requests for this URL.
    fn plain_proxy_login(&self, url: &Url) -> Option<&Login> {
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
        let proxy = self.ways.routes.of(url.scheme(), host)?;
        proxy.login.as_ref().filter(|_| proxy.is_http() && url.scheme() == "http")
    }
}
