//! A small HTTP server with bad manners on demand, and what the tests of downloads have in common.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "every test file uses a part of it")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use oxidnf_core::event::{Event, Reporter};
use oxidnf_core::{Checksum, ChecksumKind};
use oxidnf_repo::cache::CacheSettings;
use oxidnf_repo::config::{RepoConfig, RepoDefaults};
use oxidnf_repo::fetch::{FetchOptions, Fetcher};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Sends a file.
    File(Vec<u8>),
    /// Sends a file without telling its length; the end of the connection ends it.
    Unsized(Vec<u8>),
    /// Tells the length of the file and sends this many bytes less.
    Truncated(Vec<u8>, usize),
    /// Sends a file from this byte on.
    Part(Vec<u8>, usize),
    /// Sends a file in pieces with a pause before each.
    Slow(Vec<u8>, usize, Duration),
    /// Sends a status and no file.
    Status(u16),
    /// Sends a status with a header.
    Header(u16, &'static str, String),
    /// Cuts the connection.
    Reset,
    /// Says nothing for long.
    Silent,
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub headers: HashMap<String, String>,
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server on a free port of the loopback device; it ends with the test.
pub struct Server {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    handler: Box<Handler>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    active: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            handler: Box::new(handler),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                state.connections.fetch_add(1, Ordering::SeqCst);
                // A client that goes away is no failure of the server.
                thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Server { address, state }
    }

    /// Serves files by path; everything else is not found.
    pub fn files(files: &[(&str, &[u8])]) -> Self {
        let files: HashMap<String, Vec<u8>> =
            files.iter().map(|(path, bytes)| (format!("/{path}"), bytes.to_vec())).collect();
        Server::start(move |request| files.get(&request.path).cloned().map_or(Reply::Status(404), Reply::File))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Paths of all requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().expect("no panics").clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were answered at the same time.
    pub fn most_parallel(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let Some(request) = read_request(&mut reader)? else { return Ok(()) };
        state.requests.lock().expect("no panics").push(request.clone());
        let active = state.active.fetch_add(1, Ordering::SeqCst) + 1;
        state.most.fetch_max(active, Ordering::SeqCst);
        let reply = match (state.handler)(&request) {
            Reply::Slow(bytes, 1, pause) => {
                thread::sleep(pause);
                Reply::File(bytes)
            }
            reply => reply,
        };
        // Before the last byte goes out, because whoever has that may ask again.
        state.active.fetch_sub(1, Ordering::SeqCst);
        let result = answer(&stream, reply);
        if !result? {
            let _ = stream.shutdown(Shutdown::Both);
            return Ok(());
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None => return Ok(Some(Request { path, headers })),
        }
    }
}

/// Answers; tells whether the connection stays open.
fn answer(mut stream: &TcpStream, reply: Reply) -> std::io::Result<bool> {
    let ok = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    match reply {
        Reply::File(bytes) => {
            stream.write_all(&[ok(bytes.len()).as_bytes(), &bytes].concat())?;
            return Ok(true);
        }
        Reply::Unsized(bytes) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(&bytes)?;
        }
        Reply::Truncated(bytes, less) => {
            stream.write_all(ok(bytes.len()).as_bytes())?;
            stream.write_all(&bytes[..bytes.len() - less])?;
        }
        Reply::Part(bytes, start) => {
            let (end, all) = (bytes.len() - 1, bytes.len());
            let length = all - start;
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{end}/{all}\r\nContent-Length: {length}\r\n\r\n"
            );
            stream.write_all(&[head.as_bytes(), &bytes[start..]].concat())?;
            return Ok(true);
        }
        Reply::Slow(bytes, pieces, pause) => {
            stream.write_all(ok(bytes.len()).as_bytes())?;
            for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
                thread::sleep(pause);
                stream.write_all(piece)?;
            }
            return Ok(true);
        }
        Reply::Status(status) => {
            stream.write_all(format!("HTTP/1.1 {status} Sorry\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
            return Ok(true);
        }
        Reply::Header(status, name, value) => {
            let text = format!("HTTP/1.1 {status} See\r\n{name}: {value}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(text.as_bytes())?;
            return Ok(true);
        }
        Reply::Reset => {}
        Reply::Silent => {
            // Ends when the client does.
            let _ = stream.read(&mut [0]);
        }
    }
    Ok(false)
}

/// Returns the URL of a port on which nobody listens.
pub fn refused() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    drop(listener);
    url
}

/// Keeps what was reported, in a short form.
#[derive(Default)]
pub struct Log(Mutex<Vec<String>>);

impl Log {
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panics").clone()
    }

    pub fn text(&self) -> String {
        self.lines().join("\n")
    }
}

impl Reporter for Log {
    fn report(&self, event: Event<'_>) {
        self.0.lock().expect("no panics").push(format!("{event:?}"));
    }
}

/// Settings with which failures come quickly.
pub fn quick() -> FetchOptions {
    FetchOptions { backoff: Duration::from_millis(5), max_parallel_downloads: 6, ..FetchOptions::default() }
}

pub fn fetcher(log: &Log) -> Fetcher<'_> {
    Fetcher::new(quick(), log).expect("threads can be started")
}

pub fn settings(dir: &Path) -> CacheSettings {
    CacheSettings::new(dir, SystemTime::now())
}

pub fn repo(id: &str, baseurl: &[&str]) -> RepoConfig {
    let mut repo = RepoConfig::new(id, &RepoDefaults::default());
    repo.baseurl = baseurl.iter().map(|url| (*url).to_owned()).collect();
    repo
}

pub fn sha256(bytes: &[u8]) -> Checksum {
    Checksum::of(ChecksumKind::Sha256, bytes).expect("SHA-256 is always there")
}

/// A repository made of the given metadata files.
pub struct Fixture {
    pub repomd: Vec<u8>,
    /// Location and content of each file.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Fixture {
    /// Makes files of these types; the content says which state of the repository it is.
    pub fn new(types: &[&str], state: &str) -> Self {
        let content = |kind: &&str| (kind.to_string(), format!("{kind} of {state}").into_bytes());
        Self::of(types.iter().map(content))
    }

    /// Makes files of these types and contents.
    pub fn of(types: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut text = String::from("<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>1</revision>");
        let mut files = Vec::new();
        for (kind, content) in types {
            let sum = sha256(&content).hex();
            let href = format!("repodata/{sum}-{kind}.xml");
            text.push_str(&format!(
                "<data type=\"{kind}\"><checksum type=\"sha256\">{sum}</checksum><location href=\"{href}\"/>\
                 <timestamp>1</timestamp><size>{}</size></data>",
                content.len()
            ));
            files.push((href, content));
        }
        text.push_str("</repomd>");
        Fixture { repomd: text.into_bytes(), files }
    }

    /// Returns the file at a location, if there is one.
    pub fn get(&self, location: &str) -> Option<&[u8]> {
        if location == "repodata/repomd.xml" {
            return Some(&self.repomd);
        }
        self.files.iter().find(|(href, _)| href == location).map(|(_, content)| &**content)
    }

    /// Answers for a repository at the server's root.
    pub fn reply(&self, request: &Request) -> Reply {
        let location = request.path.trim_start_matches('/');
        self.get(location).map_or(Reply::Status(404), |bytes| Reply::File(bytes.to_vec()))
    }

    /// Makes a metalink for it.
    pub fn metalink(&self, mirrors: &[String]) -> Vec<u8> {
        let urls: String = mirrors
            .iter()
            .enumerate()
            .map(|(index, url)| format!("<url preference=\"{}\">{url}repodata/repomd.xml</url>", 100 - index))
            .collect();
        format!(
            "<metalink><files><file name=\"repomd.xml\"><size>{}</size><verification>\
             <hash type=\"sha256\">{}</hash></verification><resources>{urls}</resources></file></files></metalink>",
            self.repomd.len(),
            sha256(&self.repomd).hex()
        )
        .into_bytes()
    }

    /// Writes it below a directory.
    pub fn write_to(&self, dir: &Path) {
        std::fs::create_dir_all(dir.join("repodata")).expect("temporary directory is writable");
        std::fs::write(dir.join("repodata/repomd.xml"), &self.repomd).expect("temporary directory is writable");
        for (href, content) in &self.files {
            std::fs::write(dir.join(href), content).expect("temporary directory is writable");
        }
    }
}
