//! Proxies on loopback: HTTP with and without encryption, SOCKS 4 and 5. Names below `example.org` lead to 127.0.0.1.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, PoisonError};

use crate::login::{self, Scheme};
use crate::tls::{Acceptor, Identity};

/// A running proxy; it ends with the process.
pub struct Proxy {
    address: std::net::SocketAddr,
    seen: Seen,
}

type Seen = Arc<Mutex<Vec<String>>>;

/// What a proxy asks for and refuses.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// The ways of logging in, of which one must be used.
    pub schemes: Vec<Scheme>,
    /// Whether nothing is connected to.
    pub refusing: bool,
    /// Whether the connection is closed behind each answer that lets nobody in.
    pub closing: bool,
}

impl Proxy {
    /// Starts a proxy that speaks HTTP.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn http(manner: Manner) -> Self {
        Self::start(move |stream, seen| http(BufReader::new(stream.try_clone()?), &stream, &manner, seen))
    }

    /// Starts a proxy that speaks HTTP over TLS.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn https(manner: Manner, identity: &Identity) -> Self {
        let acceptor = identity.acceptor();
        Self::start(move |stream, seen| encrypted(&acceptor, stream, &manner, seen))
    }

    /// Starts a proxy that speaks SOCKS, of whichever version it is asked in.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn socks(manner: Manner) -> Self {
        Self::start(move |stream, seen| socks(stream, &manner, seen))
    }

    fn start(serve: impl Fn(TcpStream, &Seen) -> Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (seen, serve) = (Seen::default(), Arc::new(serve));
        let for_thread = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serve, seen) = (Arc::clone(&serve), Arc::clone(&for_thread));
                // A client that goes away is not the proxy's problem.
                std::thread::spawn(move || drop(serve(stream, &seen)));
            }
        });
        Proxy { address, seen }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn place(&self) -> String {
        self.address.to_string()
    }

    /// Returns what it was asked for since the last time, in order.
    pub fn take_seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn note(seen: &Seen, line: String) {
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// Connects to a host; names of examples are here.
fn reach(host: &str, port: u16) -> Result<TcpStream> {
    let here = host == "example.org" || host.ends_with(".example.org");
    TcpStream::connect((if here { "127.0.0.1" } else { host }, port))
}

/// Answers requests until one is a tunnel or leads the connection on.
fn http(mut reader: impl BufRead, writer: impl Write + Send, manner: &Manner, seen: &Seen) -> Result<()> {
    let mut writer = writer;
    loop {
        let Some(request) = read_request(&mut reader)? else { return Ok(()) };
        let Request { method, target, headers } = &request;
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let authorization = header("proxy-authorization");
        note(seen, format!("{method} {target} {}", login::described(authorization)));
        if !login::accepts(&manner.schemes, authorization, method) {
            let offers = login::challenges(&manner.schemes);
            let offers: String = offers.iter().map(|offer| format!("Proxy-Authenticate: {offer}\r\n")).collect();
            let end = if manner.closing { "Connection: close\r\n" } else { "" };
            // dnf5 takes the text of a refused file for a part of it.
            let text = if method == "CONNECT" { "log in" } else { "" };
            let length = text.len();
            write!(writer, "HTTP/1.1 407 Who are you\r\n{offers}{end}Content-Length: {length}\r\n\r\n{text}")?;
            writer.flush()?;
            if manner.closing {
                return Ok(());
            }
            continue;
        }
        let place = if method == "CONNECT" { target.as_str() } else { place(target) };
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "80"));
        let server = if manner.refusing { None } else { reach(host, port.parse().unwrap_or(0)).ok() };
        let Some(server) = server else {
            write!(writer, "HTTP/1.1 502 Nobody there\r\nContent-Length: 0\r\n\r\n")?;
            writer.flush()?;
            continue;
        };
        if method == "CONNECT" {
            write!(writer, "HTTP/1.1 200 Connected\r\n\r\n")?;
            writer.flush()?;
            return both_ways(reader, writer, &server);
        }
        pass_on(&request, place, &server, &mut writer)?;
    }
}

/// Asks the server in the client's place, and brings its answer.
fn pass_on(request: &Request, place: &str, mut server: &TcpStream, writer: &mut impl Write) -> Result<()> {
    let path = request.target.split_once(place).map_or("/", |(_, path)| path);
    let mut text = format!("{} {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n", request.method);
    for (name, value) in &request.headers {
        if !name.starts_with("proxy-") && name != "host" && name != "connection" {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    write!(server, "{text}\r\n")?;
    std::io::copy(&mut server, writer)?;
    writer.flush()
}

struct Request {
    method: String,
    target: String,
    /// Names are in lower case.
    headers: Vec<(String, String)>,
}

fn read_request(reader: &mut impl BufRead) -> Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(Some(Request { method, target, headers }));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
}

/// Returns host and port of a URL.
fn place(url: &str) -> &str {
    url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

/// Carries bytes between two streams of which one can be read by a thread of its own.
fn both_ways(mut from: impl Read, mut to: impl Write + Send, server: &TcpStream) -> Result<()> {
    let mut back = server.try_clone()?;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let _ = std::io::copy(&mut back, &mut to);
            let _ = to.flush();
        });
        let mut server = server;
        let result = std::io::copy(&mut from, &mut server);
        let _ = server.shutdown(Shutdown::Both);
        result.map(drop)
    })
}

/// A TLS stream cannot be read and written by two threads, so what comes out of it is carried over a pair of plain ones.
fn encrypted(acceptor: &Acceptor, stream: TcpStream, manner: &Manner, seen: &Seen) -> Result<()> {
    let mut outer = acceptor.accept(&stream)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut inner = TcpStream::connect(listener.local_addr()?)?;
    let plain = listener.accept()?.0;
    let (manner, seen) = (manner.clone(), Arc::clone(seen));
    let serving = std::thread::spawn(move || {
        let _ = plain.try_clone().and_then(|read| http(BufReader::new(read), &plain, &manner, &seen));
        let _ = plain.shutdown(Shutdown::Both);
    });
    stream.set_nonblocking(true)?;
    inner.set_nonblocking(true)?;
    let mut block = vec![0; 64 * 1024];
    loop {
        let mut idle = true;
        idle &= !carried(&mut outer, &mut inner, &mut block)?;
        idle &= !carried(&mut inner, &mut outer, &mut block)?;
        if idle {
            let mut waiting = [&stream, &inner]
                .map(|stream| rustix::event::PollFd::from_borrowed_fd(stream.as_fd(), rustix::event::PollFlags::IN));
            rustix::event::poll(&mut waiting, None)?;
        }
        if serving.is_finished() {
            // What was said last is still to be carried.
            while carried(&mut inner, &mut outer, &mut block).unwrap_or(false) {}
            return outer.shutdown().map(drop).map_err(|error| std::io::Error::other(error.to_string()));
        }
    }
}

/// Carries what is there now; an error when the stream has ended.
fn carried(from: &mut impl Read, to: &mut impl Write, block: &mut [u8]) -> Result<bool> {
    let count = match from.read(block) {
        Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
        Ok(count) => count,
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut rest = &block[..count];
    while !rest.is_empty() {
        match to.write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(error) => return Err(error),
        }
    }
    to.flush().map(|()| true)
}

fn socks(mut stream: TcpStream, manner: &Manner, seen: &Seen) -> Result<()> {
    match byte(&mut stream)? {
        4 => socks4(stream, manner, seen),
        5 => socks5(stream, manner, seen),
        _ => Ok(()),
    }
}

fn socks4(mut stream: TcpStream, manner: &Manner, seen: &Seen) -> Result<()> {
    byte(&mut stream)?;
    let port = u16::from_be_bytes(bytes(&mut stream)?);
    let address: [u8; 4] = bytes(&mut stream)?;
    let user = until_nul(&mut stream)?;
    let named = address[..3] == [0; 3] && address[3] != 0;
    let host = if named { until_nul(&mut stream)? } else { Ipv4Addr::from(address).to_string() };
    note(seen, format!("SOCKS4 {host}:{port} {user}"));
    if manner.refusing {
        return stream.write_all(&[0, 91, 0, 0, 0, 0, 0, 0]);
    }
    let server = reach(&host, port)?;
    stream.write_all(&[0, 90, 0, 0, 0, 0, 0, 0])?;
    both_ways(stream.try_clone()?, stream, &server)
}

fn socks5(mut stream: TcpStream, manner: &Manner, seen: &Seen) -> Result<()> {
    let mut methods = vec![0; usize::from(byte(&mut stream)?)];
    stream.read_exact(&mut methods)?;
    let mut who = "nobody".to_owned();
    if manner.schemes.is_empty() {
        stream.write_all(&[5, 0])?;
    } else if methods.contains(&2) {
        stream.write_all(&[5, 2])?;
        byte(&mut stream)?;
        let (user, password) = (short(&mut stream)?, short(&mut stream)?);
        who = format!("{user}:{password}");
        if who != format!("{}:{}", login::USER, login::PASSWORD) {
            note(seen, format!("SOCKS5 refused {who}"));
            return stream.write_all(&[1, 1]);
        }
        stream.write_all(&[1, 0])?;
    } else {
        note(seen, "SOCKS5 refused".to_owned());
        return stream.write_all(&[5, 255]);
    }
    let [_, _, _, kind]: [u8; 4] = bytes(&mut stream)?;
    let host = match kind {
        1 => Ipv4Addr::from(bytes::<4>(&mut stream)?).to_string(),
        3 => short(&mut stream)?,
        _ => std::net::Ipv6Addr::from(bytes::<16>(&mut stream)?).to_string(),
    };
    let port = u16::from_be_bytes(bytes(&mut stream)?);
    note(seen, format!("SOCKS5 {kind} {host}:{port} {who}"));
    let server = if manner.refusing { None } else { reach(&host, port).ok() };
    let Some(server) = server else {
        return stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]);
    };
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    both_ways(stream.try_clone()?, stream, &server)
}

fn byte(stream: &mut TcpStream) -> Result<u8> {
    bytes::<1>(stream).map(|[byte]| byte)
}

fn bytes<const N: usize>(stream: &mut TcpStream) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn until_nul(stream: &mut TcpStream) -> Result<String> {
    let mut text = String::new();
    loop {
        match byte(stream)? {
            0 => return Ok(text),
            byte => text.push(char::from(byte)),
        }
    }
}

/// Reads a text behind its length.
fn short(stream: &mut TcpStream) -> Result<String> {
    let mut text = vec![0; usize::from(byte(stream)?)];
    stream.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
