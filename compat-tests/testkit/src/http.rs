//! A file server on loopback that can misbehave on purpose.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek as _, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::login::{Scheme, accepts, challenges};
use crate::tls::{Acceptor, Identity};

/// What happens to requests whose path contains a given text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status and no body.
    Status(u16),
    /// Answers with this status so many times, and then as it should.
    StatusTimes(u16, usize),
    /// Announces the whole length and closes after this many bytes.
    CloseAfter(u64),
    /// Announces the whole length, sends this many bytes and then nothing more, with the connection open.
    HangAfter(u64),
    /// Waits before answering.
    Delay(Duration),
    /// Sends so many bytes a second.
    Slow(u64),
    /// Sends the right number of bytes, some of them changed.
    Corrupt,
    /// Sends half of the file as if that were all.
    Half,
    /// Closes the connection without an answer.
    Hangup,
    /// Resets the connection without an answer.
    Reset,
    /// Redirects to the same path below another URL.
    Redirect(String),
    /// Redirects to itself.
    RedirectLoop,
    /// Sends the whole file whatever part is asked for.
    NoRanges,
}

#[derive(Default)]
struct Shared {
    faults: Mutex<BTreeMap<String, Fault>>,
    requests: Mutex<Vec<Seen>>,
    demand: Mutex<Vec<Scheme>>,
    stop: AtomicBool,
    served: AtomicUsize,
    /// Answers under way now, and the most at a time so far.
    busy: Mutex<(usize, usize)>,
}

/// A request as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path without the query, decoded.
    pub path: String,
    /// The query.
    pub query: String,
    /// First byte that was asked for, if not the whole file was.
    pub start: Option<u64>,
    /// `User-Agent`.
    pub user_agent: String,
    /// `Authorization` or `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// A running server; it stops when dropped.
pub struct Server {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    scheme: &'static str,
}

impl Server {
    /// Serves the files below `root` on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn start(root: &Path) -> Self {
        Self::start_with(root, None)
    }

    /// Does the same over TLS, with a certificate of its own authority.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn start_tls(root: &Path, identity: &Identity) -> Self {
        Self::start_with(root, Some(identity.acceptor()))
    }

    fn start_with(root: &Path, acceptor: Option<Acceptor>) -> Self {
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let root = root.to_owned();
        let for_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_thread.stop.load(Ordering::Relaxed) {
                    return;
                }
                let (shared, root, acceptor) = (Arc::clone(&for_thread), root.clone(), acceptor.clone());
                std::thread::spawn(move || {
                    // A client that goes away is not the server's problem.
                    let _ = match acceptor {
                        None => serve(&stream, &stream, &root, &shared),
                        Some(acceptor) => acceptor.accept(&stream).and_then(|tls| serve(tls, &stream, &root, &shared)),
                    };
                });
            }
        });
        Server { address, shared, scheme }
    }

    /// Returns `http://127.0.0.1:PORT`, or `https:`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Makes requests whose path contains `part` fail in this way.
    pub fn fault(&self, part: &str, fault: Fault) {
        lock(&self.shared.faults).insert(part.to_owned(), fault);
    }

    /// Answers only those who log in, in one of these ways; nobody has to where there is none.
    pub fn demand(&self, schemes: &[Scheme]) {
        *lock(&self.shared.demand) = schemes.to_vec();
    }

    /// Makes all requests succeed again.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Returns the paths asked for so far.
    pub fn requests(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// Returns the requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.requests).clone()
    }

    /// Returns how many answers were under way at a time at most.
    pub fn most_at_a_time(&self) -> usize {
        lock(&self.shared.busy).1
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.shared.requests).clear();
        lock(&self.shared.busy).1 = 0;
    }

    /// Returns the number of answers sent so far.
    pub fn served(&self) -> usize {
        self.shared.served.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes the accepting thread, which then sees the flag.
        let _ = TcpStream::connect(self.address);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Request {
    head_only: bool,
    seen: Seen,
    range: Option<(u64, Option<u64>)>,
    keep_alive: bool,
}

/// Answers the requests of a connection; `socket` is what lies below the stream.
fn serve(stream: impl Read + Write, socket: &TcpStream, root: &Path, shared: &Shared) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        lock(&shared.requests).push(request.seen.clone());
        let demand = lock(&shared.demand).clone();
        if !accepts(&demand, request.seen.authorization.as_deref(), "GET") {
            let offers = challenges(&demand).into_iter().map(|offer| format!("WWW-Authenticate: {offer}\r\n"));
            let offers: String = offers.collect();
            write!(stream.get_mut(), "HTTP/1.1 401 Who are you\r\n{offers}Content-Length: 0\r\n\r\n")?;
            continue;
        }
        let fault = shared.fault(&request.seen.path);
        shared.begin();
        let answered = answer(stream.get_mut(), root, &request, fault.as_ref());
        shared.end();
        answered?;
        shared.served.fetch_add(1, Ordering::Relaxed);
        if fault == Some(Fault::Reset) {
            // Closing with data unsent or a linger of nothing sends a reset.
            return rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO)).map_err(Into::into);
        }
        if !request.keep_alive || matches!(fault, Some(Fault::CloseAfter(_) | Fault::Hangup)) {
            return socket.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

impl Shared {
    fn begin(&self) {
        let mut busy = lock(&self.busy);
        busy.0 += 1;
        busy.1 = busy.1.max(busy.0);
    }

    fn end(&self) {
        lock(&self.busy).0 -= 1;
    }

    /// Returns the fault of a path, and counts it where it passes.
    fn fault(&self, path: &str) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let (_, fault) = faults.iter_mut().find(|(part, _)| path.contains(part.as_str()))?;
        match fault {
            Fault::StatusTimes(_, 0) => None,
            Fault::StatusTimes(status, left) => {
                *left -= 1;
                Some(Fault::Status(*status))
            }
            fault => Some(fault.clone()),
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let head_only = words.next() == Some("HEAD");
    let mut target = words.next().unwrap_or("/");
    // A proxy is asked with the whole URL.
    if let Some(rest) = target.strip_prefix("http://") {
        target = rest.find('/').map_or("/", |slash| &rest[slash..]);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let seen = Seen {
        path: percent_decode(path),
        query: query.to_owned(),
        start: None,
        user_agent: String::new(),
        authorization: None,
    };
    let mut request = Request { head_only, seen, range: None, keep_alive: true };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(Some(request));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "connection" => request.keep_alive = !value.eq_ignore_ascii_case("close"),
            "range" => {
                request.range = parse_range(value);
                request.seen.start = request.range.map(|(start, _)| start);
            }
            "user-agent" => value.clone_into(&mut request.seen.user_agent),
            "authorization" | "proxy-authorization" => request.seen.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
}

fn parse_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (start, end) = value.strip_prefix("bytes=")?.split_once('-')?;
    Some((start.parse().ok()?, end.parse().ok()))
}

fn answer(stream: &mut impl Write, root: &Path, request: &Request, fault: Option<&Fault>) -> std::io::Result<()> {
    let path = &request.seen.path;
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    match fault {
        Some(Fault::Hangup | Fault::Reset) => return Ok(()),
        Some(Fault::Status(status)) => {
            return write!(stream, "HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\n\r\n");
        }
        Some(Fault::Redirect(base)) => return stream.write_all(redirect(&format!("{base}{path}")).as_bytes()),
        Some(Fault::RedirectLoop) => return stream.write_all(redirect(path).as_bytes()),
        Some(Fault::Delay(time)) => std::thread::sleep(*time),
        _ => {}
    }
    let Some(mut file) = open(root, path) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let whole = file.metadata()?.len();
    let size = if fault == Some(&Fault::Half) { whole / 2 } else { whole };
    let range = request.range.filter(|_| fault != Some(&Fault::NoRanges));
    let (start, length) = match range {
        Some((start, end)) if start < size => (start, end.map_or(size, |end| (end + 1).min(size)) - start),
        Some(_) => {
            return write!(stream, "HTTP/1.1 416 No\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n\r\n");
        }
        None => (0, size),
    };
    if range.is_some() {
        let end = (start + length).saturating_sub(1);
        write!(stream, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{end}/{size}\r\n")?;
    } else {
        write!(stream, "HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\n")?;
    }
    write!(stream, "Content-Length: {length}\r\n\r\n")?;
    if request.head_only {
        return Ok(());
    }
    file.seek(SeekFrom::Start(start))?;
    let sent = match fault {
        Some(Fault::CloseAfter(bytes) | Fault::HangAfter(bytes)) => (*bytes).min(length),
        _ => length,
    };
    send(stream, &mut file.take(sent), fault)?;
    if matches!(fault, Some(Fault::HangAfter(_))) {
        std::thread::sleep(Duration::from_secs(3600));
    }
    Ok(())
}

fn send(stream: &mut impl Write, body: &mut impl Read, fault: Option<&Fault>) -> std::io::Result<()> {
    let mut buffer = vec![0; if let Some(Fault::Slow(_)) = fault { 4 * 1024 } else { 256 * 1024 }];
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            return stream.flush();
        }
        match fault {
            Some(Fault::Corrupt) => buffer[count / 2] ^= 0x55,
            Some(Fault::Slow(rate)) => {
                std::thread::sleep(Duration::from_secs_f64(count as f64 / (*rate).max(1) as f64));
            }
            _ => {}
        }
        stream.write_all(&buffer[..count])?;
        stream.flush()?;
    }
}

fn open(root: &Path, path: &str) -> Option<File> {
    let relative = PathBuf::from(path.trim_matches('/'));
    let safe = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let file = safe.then(|| File::open(root.join(relative)).ok()).flatten()?;
    file.metadata().is_ok_and(|meta| meta.is_file()).then_some(file)
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
