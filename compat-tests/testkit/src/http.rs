//! A file server on loopback that can misbehave on purpose.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens to requests whose path contains a given text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status and no body.
    Status(u16),
    /// Announces the whole length and closes after this many bytes.
    CloseAfter(u64),
    /// Waits before answering.
    Delay(Duration),
    /// Sends the right number of bytes, some of them changed.
    Corrupt,
    /// Closes the connection without an answer.
    Hangup,
}

#[derive(Default)]
struct Shared {
    faults: Mutex<BTreeMap<String, Fault>>,
    requests: Mutex<Vec<String>>,
    stop: AtomicBool,
    served: AtomicUsize,
}

/// A running server; it stops when dropped.
pub struct Server {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Serves the files below `root` on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn start(root: &Path) -> Self {
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
                let (shared, root) = (Arc::clone(&for_thread), root.clone());
                std::thread::spawn(move || {
                    // A client that goes away is not the server's problem.
                    let _ = serve(&stream, &root, &shared);
                });
            }
        });
        Server { address, shared }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes requests whose path contains `part` fail in this way.
    pub fn fault(&self, part: &str, fault: Fault) {
        lock(&self.shared.faults).insert(part.to_owned(), fault);
    }

    /// Makes all requests succeed again.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Returns the paths asked for so far.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.requests).clone()
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
    path: String,
    range: Option<(u64, Option<u64>)>,
    keep_alive: bool,
}

fn serve(stream: &TcpStream, root: &Path, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader)? {
        lock(&shared.requests).push(request.path.clone());
        let fault = lock(&shared.faults)
            .iter()
            .find(|(part, _)| request.path.contains(part.as_str()))
            .map(|(_, fault)| fault.clone());
        answer(stream, root, &request, fault.as_ref())?;
        shared.served.fetch_add(1, Ordering::Relaxed);
        if !request.keep_alive || matches!(fault, Some(Fault::CloseAfter(_) | Fault::Hangup)) {
            return stream.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let head_only = words.next() == Some("HEAD");
    let path = percent_decode(words.next().unwrap_or("/").split('?').next().unwrap_or("/"));
    let mut request = Request { head_only, path, range: None, keep_alive: true };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(Some(request));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "connection" => request.keep_alive = !value.trim().eq_ignore_ascii_case("close"),
            "range" => request.range = parse_range(value.trim()),
            _ => {}
        }
    }
}

fn parse_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (start, end) = value.strip_prefix("bytes=")?.split_once('-')?;
    Some((start.parse().ok()?, end.parse().ok()))
}

fn answer(mut stream: &TcpStream, root: &Path, request: &Request, fault: Option<&Fault>) -> std::io::Result<()> {
    match fault {
        Some(Fault::Hangup) => return Ok(()),
        Some(Fault::Status(status)) => {
            return write!(stream, "HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\n\r\n");
        }
        Some(Fault::Delay(time)) => std::thread::sleep(*time),
        _ => {}
    }
    let Some(mut file) = open(root, &request.path) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let size = file.metadata()?.len();
    let (start, length) = match request.range {
        Some((start, end)) if start < size => (start, end.map_or(size, |end| (end + 1).min(size)) - start),
        _ => (0, size),
    };
    if request.range.is_some() {
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
        Some(Fault::CloseAfter(bytes)) => (*bytes).min(length),
        _ => length,
    };
    let mut body = file.take(sent);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            return stream.flush();
        }
        if matches!(fault, Some(Fault::Corrupt)) {
            buffer[count / 2] ^= 0x55;
        }
        stream.write_all(&buffer[..count])?;
    }
}

fn open(root: &Path, path: &str) -> Option<File> {
    let relative = PathBuf::from(path.trim_start_matches('/'));
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
