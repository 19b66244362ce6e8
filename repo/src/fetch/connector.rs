//! Connections: the way to a server, through proxies where there are any, and encryption on top.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use oxidnf_core::conf::IpResolve;
use oxidnf_core::event::TransferFault;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::digest::{Logins, Methods};
use super::error::FailureKind;
use super::failure::{Failure, classify_tls};
use super::proxy::{Protocol, Proxy, Routes};
use super::socks::{self, Destination};
use super::tls::LazyConnector;
use super::tunnel;

/// An address that does not answer holds up the next one for so long, as with curl.
const NEXT_ADDRESS: Duration = Duration::from_millis(200);

/// A failed connection, on its way through the HTTP library.
#[derive(Debug)]
pub(super) struct ConnectError(pub(super) Failure);

impl std::fmt::Display for ConnectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.reason)
    }
}

impl std::error::Error for ConnectError {}

/// The address that a connection leads to: the server's or the proxy's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What decides how connections are made.
pub(super) struct Ways {
    pub(super) ip_resolve: IpResolve,
    pub(super) routes: Routes,
    pub(super) methods: Methods,
    /// What proxies are known to want.
    pub(super) logins: Logins,
    pub(super) tls: LazyConnector,
    pub(super) proxy_tls: LazyConnector,
    /// Time for all that is needed until a request can be sent.
    pub(super) timeout: Duration,
    pub(super) user_agent: String,
}

/// Makes connections for the HTTP library.
#[derive(Clone)]
pub(super) struct Connector(pub(super) Arc<Ways>);

impl tower_service::Service<Uri> for Connector {
    type Response = Link;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let ways = Arc::clone(&self.0);
        Box::pin(async move {
            let started = Instant::now();
            let connecting = ways.connect(&uri, started);
            let result = tokio::time::timeout(ways.timeout, connecting).await.unwrap_or_else(|_| {
                let fault = TransferFault::Timeout { millis: millis(started) };
                Err(Failure::told(FailureKind::Timeout, fault, "no connection in time"))
            });
            result.map_err(ConnectError)
        })
    }
}

/// A stream of bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection with what the HTTP library must know of it.
pub(super) struct Link {
    io: TokioIo<Box<dyn Duplex>>,
    peer: Option<Peer>,
    /// Whether requests go to a proxy, which is told whole URLs.
    proxied: bool,
    /// Whether HTTP/2 was agreed on.
    second: bool,
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.proxied);
        let connected = if self.second { connected.negotiated_h2() } else { connected };
        match self.peer {
            Some(peer) => connected.extra(peer),
            None => connected,
        }
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// A server as a URL names it.
#[derive(Clone, Copy)]
struct Server<'u> {
    encrypted: bool,
    /// Without brackets.
    host: &'u str,
    port: u16,
}

impl<'u> Server<'u> {
    fn of(uri: &'u Uri) -> Result<Self, Failure> {
        let encrypted = uri.scheme_str() == Some("https");
        let host = uri.host().ok_or_else(|| Failure::new(FailureKind::Url, "the URL names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        Ok(Server { encrypted, host, port })
    }

    fn place(self) -> String {
        place(self.host, self.port)
    }
}

/// Returns host and port as URLs write them.
fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl Ways {
    async fn connect(&self, uri: &Uri, started: Instant) -> Result<Link, Failure> {
        let server = Server::of(uri)?;
        let scheme = uri.scheme_str().unwrap_or("http");
        let Some(proxy) = self.routes.of(scheme, server.host) else {
            let stream = self.tcp(server.host, server.port, started).await?;
            return self.finish(server, peer(&stream), Box::new(stream)).await;
        };
        let (stream, peer) = self.to_proxy(proxy, server, started).await?;
        match proxy.protocol {
            Protocol::Http { .. } if !server.encrypted => {
                Ok(Link { io: TokioIo::new(stream), peer, proxied: true, second: false })
            }
            Protocol::Http { .. } => {
                let stream = self.tunnel(proxy, server, stream, started).await?;
                self.finish(server, peer, stream).await
            }
            Protocol::Socks4 { remote } => {
                let mut stream = stream;
                let to = self.destination(server, remote).await?;
                socks::version4(&mut stream, to, proxy.login.as_ref()).await?;
                self.finish(server, peer, stream).await
            }
            Protocol::Socks5 { remote } => {
                let mut stream = stream;
                let to = self.destination(server, remote).await?;
                socks::version5(&mut stream, to, proxy.login.as_ref()).await?;
                self.finish(server, peer, stream).await
            }
        }
    }

    /// Encrypts a connection that leads to the server, where the URL asks for it.
    async fn finish(&self, server: Server<'_>, peer: Option<Peer>, stream: Box<dyn Duplex>) -> Result<Link, Failure> {
        if !server.encrypted {
            return Ok(Link { io: TokioIo::new(stream), peer, proxied: false, second: false });
        }
        let stream = self.tls.get()?.connect(server.host, stream).await.map_err(|error| classify_tls(&error))?;
        let second = stream.get_ref().negotiated_alpn().ok().flatten().as_deref() == Some(b"h2");
        Ok(Link { io: TokioIo::new(Box::new(stream)), peer, proxied: false, second })
    }

    /// Connects to a proxy.
    async fn to_proxy(
        &self,
        proxy: &Proxy,
        server: Server<'_>,
        started: Instant,
    ) -> Result<(Box<dyn Duplex>, Option<Peer>), Failure> {
        let stream = self.tcp(&proxy.host, proxy.port, started).await;
        let stream = stream.map_err(|failure| proxy_failure(failure, proxy, server))?;
        let peer = peer(&stream);
        if proxy.protocol != (Protocol::Http { encrypted: true }) {
            return Ok((Box::new(stream), peer));
        }
        let stream = self.proxy_tls.get()?.connect(&proxy.host, stream).await.map_err(|error| classify_tls(&error))?;
        Ok((Box::new(stream), peer))
    }

    /// Lets a proxy lead the connection on to the server, and logs in there if it asks for it.
    async fn tunnel(
        &self,
        proxy: &Proxy,
        server: Server<'_>,
        stream: Box<dyn Duplex>,
        started: Instant,
    ) -> Result<Box<dyn Duplex>, Failure> {
        let (place, mut stream) = (server.place(), stream);
        let mut ask = tunnel::Ask { place: &place, user_agent: &self.user_agent, authorization: None };
        // Once without, once with what was asked for, and once with a new nonce.
        for _ in 0..2 {
            ask.authorization = self.authorization(proxy, &place);
            let Some(refusal) = tunnel::open(&mut stream, &ask).await? else { return Ok(stream) };
            let offers = refusal.offers.iter().map(String::as_str);
            if proxy.login.is_none() || !self.logins.refused(self.methods, offers, ask.authorization.as_deref()) {
                return Err(tunnel::refused(refusal.status));
            }
            if !refusal.goes_on {
                stream = self.to_proxy(proxy, server, started).await?.0;
            }
        }
        ask.authorization = self.authorization(proxy, &place);
        match tunnel::open(&mut stream, &ask).await? {
            None => Ok(stream),
            Some(refusal) => Err(tunnel::refused(refusal.status)),
        }
    }

    fn authorization(&self, proxy: &Proxy, place: &str) -> Option<String> {
        let login = proxy.login.as_ref()?;
        self.logins.header(login, self.methods, super::digest::Asked { method: "CONNECT", uri: place })
    }

    /// Returns where a SOCKS proxy is to connect to; an address needs nobody to look it up.
    async fn destination<'s>(&self, server: Server<'s>, remote: bool) -> Result<Destination<'s>, Failure> {
        if remote && server.host.parse::<IpAddr>().is_err() {
            return Ok(Destination::Name(server.host, server.port));
        }
        let addresses = self.resolve(server.host, server.port).await?;
        Ok(Destination::Address(addresses[0]))
    }

    /// Looks up a name; the addresses are those that may be used, at least one.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        if let Ok(address) = host.parse() {
            // Whoever names an address means it, whatever ip_resolve says, as with curl.
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let unknown = |reason: String| Failure::told(FailureKind::Resolve, TransferFault::Resolve, reason);
        let found = tokio::net::lookup_host((host, port)).await.map_err(|error| unknown(error.to_string()))?;
        let usable: Vec<SocketAddr> = found
            .filter(|address| match self.ip_resolve {
                IpResolve::Whatever => true,
                IpResolve::V4 => address.is_ipv4(),
                IpResolve::V6 => address.is_ipv6(),
            })
            .collect();
        if usable.is_empty() {
            return Err(unknown(format!("{host} has no address of the kind that ip_resolve asks for")));
        }
        Ok(usable)
    }

    /// Connects to the first address that answers; each further one is tried when those before it take long or fail.
    async fn tcp(&self, host: &str, port: u16, started: Instant) -> Result<TcpStream, Failure> {
        let addresses = alternating(self.resolve(host, port).await?);
        let mut waiting = addresses.into_iter();
        let mut running = JoinSet::new();
        let mut last = None;
        loop {
            if let Some(address) = waiting.next() {
                running.spawn(TcpStream::connect(address));
            } else if running.is_empty() {
                break;
            }
            let patience = if waiting.len() == 0 { self.timeout } else { NEXT_ADDRESS };
            match tokio::time::timeout(patience, running.join_next()).await {
                Ok(Some(Ok(Ok(stream)))) => {
                    // Small requests are not to wait for the answers to earlier ones.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Some(Ok(Err(error)))) => last = Some(error),
                // A connection that panicked, none, or one that takes long: the next.
                Ok(_) | Err(_) => {}
            }
        }
        let fault = TransferFault::Connect { millis: millis(started) };
        let kind = match last.as_ref().map(std::io::Error::kind) {
            Some(std::io::ErrorKind::ConnectionRefused) => FailureKind::Refused,
            _ => FailureKind::Connect,
        };
        Err(Failure::told(kind, fault, last.map_or_else(|| "no answer".to_owned(), |error| error.to_string())))
    }
}

/// Puts addresses of both families in turn, beginning with that of the first one.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().map(SocketAddr::is_ipv6);
    let (own, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| Some(address.is_ipv6()) == first);
    let mut mixed = Vec::new();
    let (mut own, mut other) = (own.into_iter(), other.into_iter());
    loop {
        let (one, two) = (own.next(), other.next());
        if one.is_none() && two.is_none() {
            return mixed;
        }
        mixed.extend(one);
        mixed.extend(two);
    }
}

/// Tells of a failure on the way to a proxy that it was the proxy's.
fn proxy_failure(failure: Failure, proxy: &Proxy, server: Server<'_>) -> Failure {
    match failure.fault {
        // No server is reached without it, and no other one has another proxy.
        TransferFault::Resolve => {
            let fault = TransferFault::ProxyName(proxy.host.clone());
            Failure { fault, ..Failure::local(FailureKind::ProxyName, failure.reason) }
        }
        TransferFault::Connect { millis } => {
            // As curl words it: a plain proxy is all that is connected to.
            let to = if proxy.is_http() && !server.encrypted { place(&proxy.host, proxy.port) } else { server.place() };
            Failure { fault: TransferFault::ProxyConnect { to, proxy: proxy.host.clone(), millis }, ..failure }
        }
        _ => failure,
    }
}

fn peer(stream: &TcpStream) -> Option<Peer> {
    stream.peer_addr().ok().map(|address| Peer(address.ip()))
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let read = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("an address")).collect::<Vec<_>>();
        let given = read(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        assert_eq!(alternating(given), read(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
        assert_eq!(alternating(Vec::new()), []);
    }
}
